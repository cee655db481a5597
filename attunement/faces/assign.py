"""From tracks and roles to one row a frame and person."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement import schema
from attunement.faces.rows import BOTH, LIKENESS, NO_TRACK
from attunement.study.sessions import Session


def assign_roles(tracks: pd.DataFrame, roles: pd.DataFrame) -> pd.DataFrame:
    """Return the faces of caregiver and infant.

    Parameters
    ----------
    tracks : pandas.DataFrame
        ``schema.TRACKS`` of one session.
    roles : pandas.DataFrame
        ``schema.ROLES``; where several rows of a track hold at a time, the last does.

    Returns
    -------
    pandas.DataFrame
        ``schema.FACES``, the caregiver's rows first. In every frame of a view that can show the
        person there is one row: the person's face with the highest role confidence (of equals the
        larger), else ``no_face``, ``excluded`` or ``error``. The confidence of a row without a
        face is 1 where the layout shows nobody else, and missing where it shows both.
    """
    person, confidence = _said(tracks, roles)
    named = tracks.assign(person=person, role_confidence=confidence)
    named = named.drop(columns=[name for name in LIKENESS if name in named])
    parts = [_of(named, name) for name in schema.PERSONS]
    del tracks, named  # of an hour each table is as large as the result
    filled = [part for part in parts if len(part)] or parts[:1]
    joined = pd.concat(filled, ignore_index=True).drop(columns="view")
    del parts, filled
    return schema.conform(joined, schema.FACES)


def overlay(roles: pd.DataFrame, session: Session) -> pd.DataFrame:
    """Return the roles with a user's rows after them, so that these win where they hold."""
    kept = [
        {
            "session": session.session,
            "track": role.track,
            "start_s": role.start_s,
            "end_s": role.end_s,
            "person": role.person,
            "role_confidence": role.role_confidence,
            "evidence": "roles.csv",
        }
        for role in session.roles
    ]
    added = schema.conform(pd.DataFrame(kept), schema.ROLES) if kept else None
    return roles if added is None else pd.concat([roles, added], ignore_index=True)


def _said(
    tracks: pd.DataFrame, roles: pd.DataFrame
) -> tuple[NDArray[np.object_], NDArray[np.float64]]:
    """Return who each row is and how sure that is."""
    person = np.full(len(tracks), schema.OTHER, dtype=object)
    confidence = np.full(len(tracks), np.nan)
    track, time_s = tracks["track"].to_numpy(), tracks["time_s"].to_numpy(float)
    order = np.argsort(track, kind="stable")
    ordered = track[order]
    for role in roles.itertuples():
        first, last = np.searchsorted(ordered, [role.track, role.track + 1])
        rows = order[first:last]
        rows = rows[(time_s[rows] >= role.start_s) & (time_s[rows] < role.end_s)]
        person[rows], confidence[rows] = role.person, role.role_confidence
    person[track == NO_TRACK] = ""
    return person, confidence


def _of(named: pd.DataFrame, person: str) -> pd.DataFrame:
    seen = named[named["view"].isin([person, BOTH])]
    own = seen[seen["person"] == person]
    if own["frame"].duplicated().any():
        area = -own["box_width_px"] * own["box_height_px"]
        own = own.assign(_area=area).sort_values(
            ["role_confidence", "_area"], ascending=[False, True], kind="stable"
        )
        own = own.drop_duplicates("frame").drop(columns="_area")
    rest = seen[~seen["frame"].isin(own["frame"])].drop_duplicates("frame")
    if len(own) and not len(rest):
        return own.sort_values("frame", kind="stable")
    alone = (rest["view"] == person) & (rest["status"] != "error") & (rest["status"] != "excluded")
    blank = rest[["session", "frame", "time_s", "view"]].assign(
        person=person,
        track=NO_TRACK,
        status=rest["status"].where(rest["track"] == NO_TRACK, "no_face"),
        role_confidence=np.where(alone, 1.0, np.nan),
    )
    parts = [part for part in (own, blank) if len(part)]
    if not parts:
        return own
    return pd.concat(parts, ignore_index=True).sort_values("frame", kind="stable")
