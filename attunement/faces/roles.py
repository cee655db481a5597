"""Who the tracks of a session are."""

from itertools import combinations

import numpy as np
import pandas as pd

from attunement import schema
from attunement.errors import FacesError
from attunement.faces.assign import overlay
from attunement.faces.places import CONFIDENCE, EXCHANGED, UNKNOWN, stretches
from attunement.faces.together import Named, name_tracks
from attunement.faces.track_rows import BOTH, NO_TRACK
from attunement.study.sessions import Role, Session

_EXPRESSION = frozenset((*schema.GEOMETRY, *schema.BLENDSHAPES, "landmarks"))


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

    Raises
    ------
    FacesError
        Lists the user's rows that no track is there for, or by which someone has two faces at a
        time.

    Examples
    --------
    >>> import attunement
    >>> from attunement.faces import extract_tracks, propose_roles
    >>> session = attunement.read_study("study.toml").sessions[0]
    >>> roles = propose_roles(session, extract_tracks(session))
    >>> print(roles[["track", "person", "role_confidence"]])
       track     person  role_confidence
    0      0  caregiver              1.0
    1      1     infant              1.0
    """
    # Without the many columns that tell nothing of who it is.
    kept = [name for name in tracks.columns if name not in _EXPRESSION]
    seen = tracks.loc[tracks["track"] != NO_TRACK, kept]
    _check_given(session, seen)
    together = seen["view"] == BOTH
    named = name_tracks(session, seen[together]) if together.any() else {}
    moved = [] if together.any() else stretches(tracks)
    rows = []
    for track, of in seen.groupby("track"):
        view = str(of["view"].iloc[0])
        if not moved:
            rows.append(_row(session, int(track), of, named.get(int(track)) or _by_layout(view)))
        for k, stretch in enumerate(moved):
            end_s = moved[k + 1].start_s if k + 1 < len(moved) else np.inf
            inside = (of["time_s"] >= stretch.start_s) & (of["time_s"] < end_s)
            if inside.any():
                rows.append(_row(session, int(track), of[inside], _moved(view, stretch.state)))
    roles = schema.conform(pd.DataFrame(rows, columns=list(schema.ROLES)), schema.ROLES)
    return overlay(roles, session)


def _check_given(session: Session, seen: pd.DataFrame) -> None:
    known = sorted(int(track) for track in seen["track"].unique())
    faults = [
        f"roles.csv, row {role.row}, column track: found '{role.track}'; expected a track of"
        f" session {session.session}: {_listed(known)}."
        for role in session.roles
        if role.track not in known
    ]
    held = {role: _frames(seen, role) for role in session.roles}
    for before, after in combinations(session.roles, 2):
        if session.layout == "two_files" and before.track != after.track:
            # Frames of two recordings have nothing to do with each other.
            time_s = _common_s(seen, before, after)
        else:
            shared = held[before] & held[after]
            at = seen.loc[seen["frame"] == min(shared), "time_s"] if shared else pd.Series([np.nan])
            time_s = float(at.iloc[0])
        if np.isnan(time_s):
            continue
        where = f"at {time_s:.2f} s, as row {before.row} has it"
        if before.track == after.track:
            faults.append(
                f"roles.csv, row {after.row}, column track: found '{after.track}'; expected every "
                f"track once at a time, but it is {before.person} {where}."
            )
        elif before.person == after.person != schema.OTHER:
            faults.append(
                f"roles.csv, row {after.row}, column person: found {after.person!r}; expected "
                f"everyone once at a time, but {after.person} is track {before.track} {where}."
            )
    if faults:
        raise FacesError("\n".join(faults), "Correct these rows; roles.csv in the results helps.")


def _frames(seen: pd.DataFrame, role: Role) -> frozenset[int]:
    rows = seen[seen["track"] == role.track]
    inside = (rows["time_s"] >= role.start_s) & (rows["time_s"] < role.end_s)
    return frozenset(rows.loc[inside, "frame"].tolist())


def _common_s(seen: pd.DataFrame, before: Role, after: Role) -> float:
    """Return the first time at which two rows both hold; NaN where none is."""
    held = []
    for role in (before, after):
        times_s = seen.loc[seen["track"] == role.track, "time_s"]
        held.append(times_s[(times_s >= role.start_s) & (times_s < role.end_s)])
    if any(times_s.empty for times_s in held):
        return float("nan")
    start_s = max(times_s.min() for times_s in held)
    return float(start_s) if start_s <= min(times_s.max() for times_s in held) else float("nan")


def _listed(tracks: list[int]) -> str:
    if len(tracks) > 12:
        return f"{', '.join(map(str, tracks[:10]))}, … {tracks[-1]}"
    return ", ".join(map(str, tracks)) or "none was found"


def _by_layout(view: str) -> Named:
    return Named(view, 1.0, "layout")


def _moved(view: str, state: str) -> Named:
    """Return who a view shows where the partners do not keep their places."""
    if state == EXCHANGED:
        return Named(schema.PARTNER_OF[view], CONFIDENCE[state], "places exchanged, a guess")
    if state == UNKNOWN:
        return Named(view, CONFIDENCE[state], "another picture, not known whose")
    return _by_layout(view)


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
