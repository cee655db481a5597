"""Whether the partners keep their parts of the picture, as far as some looks can tell.

Looks lie far apart: a place that changes and changes back between two of them is not seen. Where
looks differ, the frames between them are gone through to find the one at which the picture became
another one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf, nextafter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from attunement.faces.areas import Area
from attunement.faces.likeness import colours
from attunement.faces.parts import glimpse
from attunement.faces.places import (
    AS_TOLD,
    CONFIDENCE,
    EXCHANGED,
    UNKNOWN,
    Look,
    Moment,
    Stretch,
    follow_places,
    is_other_picture,
    pair_looks,
)
from attunement.faces.plan import Watched, track_of
from attunement.faces.tracking import Crop, Sighting
from attunement.schema import PARTNER_OF, PERSONS
from attunement.study import Session
from attunement.study.written_times import format_time
from attunement.video import read_frames

# Stretches between two looks that are gone through, so that a recording that is cut all the time
# does not have to be decoded as a whole.
_MOST_SCANS = 4
Glimpses = tuple[NDArray[np.float32], ...]


@dataclass
class Moves:
    """What looks show of the two parts of a picture.

    Parameters
    ----------
    regions : sequence of tuple of int
        x, y, width, height of the caregiver's part and the infant's.
    """

    regions: Sequence[Area]
    times_s: list[float] = field(default_factory=list)
    glimpses: list[Glimpses] = field(default_factory=list)
    colours: list[dict[str, NDArray[np.float32]]] = field(default_factory=list)

    def look(self, crop: Crop, time_s: float, sightings: Sequence[Sighting | None]) -> None:
        """Take in a look, at a time of the recording."""
        self.times_s.append(time_s)
        self.glimpses.append(_glimpses(crop, self.regions))
        self.colours.append(
            {
                person: colours(crop, sighting.mesh, region)
                for person, sighting, region in zip(PERSONS, sightings, self.regions, strict=True)
                if sighting is not None and not sighting.fault
            }
        )

    def stretches(self, videos: Sequence[Path], *, rotation_deg: int = 0) -> list[Stretch]:
        """Return where the partners are, with the frames at which it changes where they are found.

        Empty where both keep their parts throughout.
        """
        seen = [
            Moment(time_s, colours=of)
            for time_s, of in zip(self.times_s, self.colours, strict=True)
        ]
        doubtful = [
            (before, after)
            for before, after in pairwise(range(len(self.times_s)))
            if is_other_picture(self.glimpses[before], self.glimpses[after])
        ]
        jumps: list[Moment] = []
        for before, after in doubtful[:_MOST_SCANS]:
            span = (self.times_s[before], self.times_s[after])
            jumps += self._jumps(videos, *span, rotation_deg=rotation_deg)
        return follow_places([*seen, *jumps])

    def _jumps(
        self, videos: Sequence[Path], start_s: float, end_s: float, *, rotation_deg: int
    ) -> list[Moment]:
        found = []
        before: Glimpses | None = None
        until_s = nextafter(end_s, inf)
        for frame in read_frames(videos, start_s=start_s, end_s=until_s, rotation_deg=rotation_deg):
            now = _glimpses(frame.part, self.regions)
            if before is not None and is_other_picture(before, now):
                found.append(Moment(frame.time_s, glimpses=(before, now)))
            before = now
        return found


def look_at(
    crop: Crop, time_s: float, sightings: Sequence[Sighting | None], watched: Sequence[Watched]
) -> list[Look]:
    """Return the colours about the one face of a recording of one partner, if it is seen."""
    (sighting,) = sightings
    if sighting is None or sighting.fault:
        return []
    return [(time_s, colours(crop, sighting.mesh, watched[0].region))]


def across_recordings(looks: Mapping[str, Sequence[Look]]) -> list[Stretch]:
    """Return whether two partners with a recording each change places, from looks at both."""
    first, second = (looks.get(person, ()) for person in PERSONS)
    if not first or not second:
        return []
    # As far apart as one of a recording's looks is from the next.
    apart_s = max(
        np.median(np.diff([t for t, _ in of])) if len(of) > 1 else 0 for of in looks.values()
    )
    return follow_places(pair_looks(first, second, within_s=float(apart_s)))


def _glimpses(crop: Crop, regions: Sequence[Area]) -> Glimpses:
    return tuple(glimpse(crop, region).astype(np.float32).reshape(-1) for region in regions)


def confidences(
    session: Session, found: Sequence[Stretch], times_s: NDArray[np.float64]
) -> dict[str, NDArray[np.float64]]:
    """Return by person how sure it is at some times that the part shows that person.

    What the user's ``roles.csv`` says of the person's track counts before.
    """
    sure = np.ones(len(times_s))
    for stretch in found:
        sure[times_s >= stretch.start_s] = CONFIDENCE[stretch.state]
    by_person = {}
    for person in PERSONS:
        own = sure.copy()
        for role in session.roles:
            if role.track == track_of(person):
                held = (times_s >= role.start_s) & (times_s < role.end_s)
                own[held] = role.role_confidence
        by_person[person] = own
    return by_person


def exchanged(session: Session, times_s: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return at which times the user's ``roles.csv`` says of both that they are in each other's."""
    both = np.ones(len(times_s), bool)
    for person, other in PARTNER_OF.items():
        held = np.zeros(len(times_s), bool)
        for role in session.roles:
            if role.track == track_of(person):
                inside = (times_s >= role.start_s) & (times_s < role.end_s)
                held[inside] = role.person == other
        both &= held
    return both


def face_labels(
    labels: Sequence[str], found: Sequence[Stretch], time_s: float, *, confirmed: bool
) -> dict[str, str]:
    """Return what a face in each part is called: a person in doubt has a question mark."""
    state = next((one.state for one in reversed(found) if one.start_s <= time_s), AS_TOLD)
    crossed = dict(zip(labels, labels[::-1], strict=True))
    if confirmed:
        return crossed
    if state == EXCHANGED:
        return {label: f"{other}?" for label, other in crossed.items()}
    return {label: f"{label}?" if state == UNKNOWN else label for label in labels}


def move_sentences(
    session: Session, found: Sequence[Stretch], *, is_told: bool, duration_s: float
) -> list[str]:
    """Return what to say of places that change, and how to mend it."""
    said = []
    for k, stretch in enumerate(found):
        end_s = found[k + 1].start_s if k + 1 < len(found) else inf
        if stretch.state == AS_TOLD or _is_answered(session, stretch.start_s, end_s):
            continue
        until = f" up to {_time(end_s)}" if end_s < inf else ""
        once = ", in one frame," if stretch.at_once else " at the latest"
        if stretch.state == EXCHANGED:
            what = "recording" if session.layout == "two_files" else "part"
            said.append(
                f"At {_time(stretch.start_s)}{once} the two faces change places: from then{until} "
                f"each {what} shows the other partner, which is not scored."
            )
            rows = [
                f"{session.session},{track_of(one)},{other},{_seconds(stretch.start_s)},"
                f"{_seconds(end_s)}"
                for one, other in PARTNER_OF.items()
            ]
            # Tracks are numbered by person, so that the rows hold whichever side is whose.
            once_told = "" if is_told else ", whichever caregiver_side is"
            said.append(
                f"Rows for a file roles.csv beside study.toml{once_told}, under "
                f"session,track,person,start_s,end_s: {'; '.join(rows)}."
            )
        else:
            said.append(
                f"At {_time(stretch.start_s)} both parts of the picture become another one, in one "
                f"frame, as where a call shows one speaker or a screen, or somebody joins: from "
                f"then{until} it is not known whose faces they show, and nothing is scored."
            )
            close = format_time(round(min(end_s, duration_s), 2))
            said.append(
                "Leave the time out, unless roles.csv says who is to be seen: exclude = "
                f"{_time(stretch.start_s)}-{close}."
            )
    return said


def _is_answered(session: Session, start_s: float, end_s: float) -> bool:
    """Return whether the user's roles say who both are throughout a stretch."""
    return all(
        any(
            role.track == track_of(person) and role.start_s <= start_s and role.end_s >= end_s
            for role in session.roles
        )
        for person in PERSONS
    )


def _time(time_s: float) -> str:
    return format_time(round(time_s, 2))


def _seconds(time_s: float) -> str:
    # Inward to whole milliseconds, so that the frame itself is within.
    return f"{np.floor(time_s * 1000) / 1000:g}" if time_s < inf else ""
