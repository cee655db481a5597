"""From tracks and roles to one row a frame and person."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement import schema
from attunement.faces.track_rows import BOTH, LIKENESS, NO_TRACK
from attunement.study.sessions import Session

# What a frame has whether or not it shows the person.
_OF_FRAME = ("session", "frame", "time_s", "track", "status")


def assign_roles(
    tracks: pd.DataFrame, roles: pd.DataFrame, *, clock_uncertainty_s: float | None = None
) -> pd.DataFrame:
    """Return the faces of caregiver and infant.

    Parameters
    ----------
    tracks : pandas.DataFrame
        ``schema.TRACKS`` of one session.
    roles : pandas.DataFrame
        ``schema.ROLES``; where several rows of a track hold at a time, the last does.
    clock_uncertainty_s : float or None
        By how much the infant's times can be wrong against the caregiver's (`find_clock`); None
        where it is not known.

    Returns
    -------
    pandas.DataFrame
        ``schema.FACES``, the caregiver's rows first. In every frame of a view that can show the
        person, which is the other partner's where the roles say so, there is one row: the
        person's face with the highest role confidence (of equals the larger), else ``no_face``,
        ``excluded`` or ``error``. The confidence of a row without a face is 1 where the layout
        shows nobody else, and missing where it shows both.

    Examples
    --------
    >>> import attunement
    >>> from attunement.faces import assign_roles, extract_tracks, propose_roles
    >>> session = attunement.read_study("study.toml").sessions[0]
    >>> tracks = extract_tracks(session)
    >>> faces = assign_roles(tracks, propose_roles(session, tracks))
    >>> print(faces["person"].value_counts().to_dict())
    {'caregiver': 120, 'infant': 120}
    """
    said, confidence = _said(tracks, roles)
    apart = _are_apart(tracks)
    chosen = [
        _chosen(tracks, said, confidence, person, _away(tracks, roles, person) if apart else None)
        for person in schema.PERSONS
    ]
    rows = np.concatenate([rows for rows, _ in chosen])
    is_face = np.concatenate([is_face for _, is_face in chosen])
    person = np.repeat(schema.PERSONS, [len(rows) for rows, _ in chosen])
    view, track, status = (tracks[name].to_numpy()[rows] for name in ("view", "track", "status"))
    # Somebody else's face is nobody's here; a frame that was not looked at stays so.
    status = np.where(is_face | (track == NO_TRACK), status, "no_face")
    alone = (view == person) & (status != "error") & (status != "excluded")
    # One selection for all columns: each copies the table, which after an hour is a large one.
    faces = tracks.take(rows).reset_index(drop=True)
    del tracks
    for name in ("view", *LIKENESS):
        if name in faces:
            del faces[name]
    if not is_face.all():
        faces.loc[~is_face, [name for name in faces if name not in _OF_FRAME]] = np.nan
    faces["track"] = np.where(is_face, track, NO_TRACK)
    faces["status"] = pd.array(status, dtype=schema.TEXT)
    faces.insert(3, "person", pd.array(person, dtype=schema.TEXT))
    sure = np.where(is_face, confidence[rows], np.where(alone, 1.0, np.nan))
    faces.insert(5, "role_confidence", sure)
    uncertainty_s = np.nan if clock_uncertainty_s is None else float(clock_uncertainty_s)
    faces.insert(
        list(schema.FACES).index(schema.CLOCK_UNCERTAINTY), schema.CLOCK_UNCERTAINTY, uncertainty_s
    )
    return schema.conform(faces, schema.FACES)


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


def _are_apart(tracks: pd.DataFrame) -> bool:
    """Return whether the views are of two recordings, whose frames are not each other's."""
    times = [
        tracks.loc[tracks["view"] == person].drop_duplicates("frame").set_index("frame")["time_s"]
        for person in schema.PERSONS
    ]
    if times[0].empty or times[1].empty:
        return False
    one, other = times[0].align(times[1], join="inner")
    return one.empty or not np.array_equal(one.to_numpy(), other.to_numpy())


def _chosen(
    tracks: pd.DataFrame,
    said: NDArray[np.object_],
    confidence: NDArray[np.float64],
    person: str,
    away: Sequence[tuple[float, float]] | None,
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return a row for each frame that can show a person, and whether it is the person's face.

    `away` are the times at which the person is in the other's recording, None where both are in
    one: frames are then those of the other recording.
    """
    frame = tracks["frame"].to_numpy()
    own = np.flatnonzero(said == person)
    size = (tracks["box_width_px"] * tracks["box_height_px"]).to_numpy(float)[own]
    own = own[np.lexsort((-size, -confidence[own]))]
    rest = np.flatnonzero(tracks["view"].isin([person, BOTH]).to_numpy())
    if away is None:
        when = frame
        own = own[np.unique(frame[own], return_index=True)[1]]
        rest = rest[~np.isin(frame[rest], frame[own])]
        rest = rest[np.unique(frame[rest], return_index=True)[1]]
    else:
        when = tracks["time_s"].to_numpy(float)
        rest = rest[~np.isin(rest, own)]
        for start_s, end_s in away:
            rest = rest[(when[rest] < start_s) | (when[rest] >= end_s)]
    rows = np.concatenate([own, rest])
    order = np.argsort(when[rows], kind="stable")
    return rows[order], order < len(own)


def _away(tracks: pd.DataFrame, roles: pd.DataFrame, person: str) -> list[tuple[float, float]]:
    """Return the times at which a person is said to be in the other's recording."""
    view = tracks.drop_duplicates("track").set_index("track")["view"]
    return [
        (role.start_s, role.end_s)
        for role in roles.itertuples()
        if role.person == person and view.get(role.track, person) != person
    ]
