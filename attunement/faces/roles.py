"""Who the tracks of a session are."""

import numpy as np
import pandas as pd

from attunement import schema
from attunement.faces.assign import overlay
from attunement.faces.rows import BOTH, NO_TRACK
from attunement.faces.together import Named, name_tracks
from attunement.study.sessions import Session

ROLES_VERSION = 1


def propose_roles(session: Session, tracks: pd.DataFrame) -> pd.DataFrame:
    """Say who every track of a session is, how sure that is, and what it rests on.

    Parameters
    ----------
    session : Session
        Its layout, its starting regions and its rows of ``roles.csv`` are used.
    tracks : pandas.DataFrame
        ``schema.TRACKS`` of the session.

    Returns
    -------
    pandas.DataFrame
        ``schema.ROLES`` by track; the user's rows come after, so that they win where they hold.
    """
    seen = tracks[tracks["track"] != NO_TRACK]
    together = seen["view"] == BOTH
    named = name_tracks(session, seen[together])
    rows = [
        _row(session, int(track), of, named.get(int(track)) or _by_layout(str(of["view"].iloc[0])))
        for track, of in seen.groupby("track")
    ]
    roles = schema.conform(pd.DataFrame(rows, columns=list(schema.ROLES)), schema.ROLES)
    return overlay(roles, session)


def _by_layout(view: str) -> Named:
    return Named(view, 1.0, "layout")


def _row(session: Session, track: int, of: pd.DataFrame, named: Named) -> dict[str, object]:
    return {
        "session": session.session,
        "track": track,
        # Outward to whole milliseconds: the last frame lies before the end.
        "start_s": np.floor(of["time_s"].min() * 1000) / 1000,
        "end_s": np.floor(of["time_s"].max() * 1000 + 1) / 1000,
        "person": named.person,
        "role_confidence": named.confidence,
        "evidence": named.evidence,
        "x_px": round((of["box_x_px"] + of["box_width_px"] / 2).median(), 1),
        "y_px": round((of["box_y_px"] + of["box_height_px"] / 2).median(), 1),
    }
