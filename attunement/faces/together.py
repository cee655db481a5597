"""Who the tracks are that one picture shows together."""

from dataclasses import dataclass

import pandas as pd

from attunement import schema
from attunement.faces.areas import area_box
from attunement.study.sessions import Session

HINT_WITHIN_S = 2.0  # a starting region speaks for faces that are there this early
GUESSED = 0.5


@dataclass(frozen=True)
class Named:
    """Who a track is said to be, how sure that is, and what it rests on."""

    person: str
    confidence: float
    evidence: str


def name_tracks(session: Session, seen: pd.DataFrame) -> dict[int, Named]:
    """Return who every track of a view of both is."""
    if not len(seen):
        return {}
    named: dict[int, Named] = {}
    starts = seen.groupby("track")["time_s"].min()
    early = seen[seen["time_s"] < starts.min() + HINT_WITHIN_S]
    for partner in session.partners:
        if partner.roi is None:
            continue
        x, y = area_box(partner.roi).middle
        first = early.groupby("track").first()
        middle_x = first["box_x_px"] + first["box_width_px"] / 2
        middle_y = first["box_y_px"] + first["box_height_px"] / 2
        left, top, width, height = partner.roi
        inside = middle_x.between(left, left + width) & middle_y.between(top, top + height)
        away = (middle_x - x) ** 2 + (middle_y - y) ** 2
        near = away[inside].drop(index=list(named), errors="ignore")
        if len(near):
            named[int(near.idxmin())] = Named(partner.person, 1.0, "starting region")
    sizes = seen.groupby("track")["interocular_px"].median().sort_values(ascending=False)
    free = [p for p in schema.PERSONS if p not in {one.person for one in named.values()}]
    for track in sizes.index:
        if int(track) not in named:
            person = free.pop(0) if free else schema.OTHER
            named[int(track)] = Named(person, GUESSED, "size")
    return named
