"""The faces of a whole session in one call, and what they depend on."""

from dataclasses import replace
from functools import partial
from math import isfinite
from pathlib import Path
from typing import Any

import pandas as pd

from attunement.clock import find_clock
from attunement.clock.sound_clock import CLOCK_VERSION
from attunement.config import Config
from attunement.errors import FacesError
from attunement.faces import guard
from attunement.faces.assign import assign_roles
from attunement.faces.backends.table import READER_VERSION
from attunement.faces.choice import backend_fingerprint, may_run_here, model_for
from attunement.faces.plan import SPAN_S, plan_faces
from attunement.faces.roles import propose_roles
from attunement.faces.span_extraction import extract_span, join_spans
from attunement.provenance import source_hash
from attunement.study.sessions import Clock, Partner, Session
from attunement.workers import open_pool


def extract_faces(
    session: Session,
    config: Config | None = None,
    workers: int = 1,
    *,
    model: Path | None = None,
) -> pd.DataFrame:
    """Extract both partners' faces from a session's recordings or tables.

    Parameters
    ----------
    session : Session
        From `attunement.read_study`.
    config : Config, optional
        Section ``faces`` is used; None: the session's own.
    workers : int
        Processes; the result is the same for any number.
    model : Path, optional
        The face model file; None: as `ensure_model` finds or fetches it.

    Returns
    -------
    pandas.DataFrame
        ``schema.FACES``, one row per decoded frame and person, the caregiver's first. Measures
        are NaN unless `status` is ``ok``; box, ``interocular_px`` and pose are kept for
        ``low_quality``. ``presence`` is NaN with ``backend = "mediapipe"``, whose Task keeps it
        to itself. `clock_uncertainty_s` tells by how much the infant's times can be wrong. With
        ``[faces] keep_landmarks`` a column ``landmarks`` holds n_points x 3 float32, flattened
        (478 points with MediaPipe's networks), or None. Angles: see `attunement.faces.geometry`.

    Raises
    ------
    VideoError
        When a recording cannot be opened.
    ModelError
        When the face model cannot be had.
    FacesError
        When a region lies outside the picture or a table cannot be read.

    Notes
    -----
    Every face is followed in an own crop, so that two are never mixed up by the order in which
    faces are listed. Recordings are cut into spans of 30 s in which following starts afresh. Where
    one picture shows both partners, `role_confidence` tells how sure it is who is who
    (``docs/roles.md``), and rows of the session in ``roles.csv`` beside ``study.toml`` win. The
    clock of two recordings is found out where the session has none (`attunement.find_clock`).
    A version of MediaPipe that sends usage metrics runs in guarded worker processes even for one
    worker (`attunement.faces.guard`).

    Examples
    --------
    >>> import attunement
    >>> study = attunement.read_study("study.toml")
    >>> faces = attunement.extract_faces(study.sessions[0])
    >>> print(faces.groupby("person")["status"].agg(lambda status: (status == "ok").sum()))
    person
    caregiver    120
    infant       120
    Name: status, dtype: int64
    """
    config = config or session.config
    clock = find_clock(session)
    session = replace(session, clock=clock)
    tracks = extract_tracks(session, config, workers, model=model)
    roles = propose_roles(session, tracks)
    return assign_roles(tracks, roles, clock_uncertainty_s=clock.uncertainty_s)


def extract_tracks(
    session: Session,
    config: Config | None = None,
    workers: int = 1,
    *,
    model: Path | None = None,
) -> pd.DataFrame:
    """Extract all faces of a session, before it is said whose they are.

    Parameters and errors are those of `extract_faces`.

    Returns
    -------
    pandas.DataFrame
        ``schema.TRACKS``, one row per face; a frame of a view without any has one row of track
        -1 and a status that says why. A view of both (``one_frame``) has the columns
        ``nose_length`` and, filled about twice a second for every track, ``colours``, by which
        people are told apart (`attunement.faces.likeness`).

    Examples
    --------
    >>> import attunement
    >>> from attunement.faces import extract_tracks
    >>> tracks = extract_tracks(attunement.read_study("study.toml").sessions[0])
    >>> print(tracks.groupby("view")["frame"].count())
    view
    caregiver    120
    infant       120
    Name: frame, dtype: int64
    """
    config = config or session.config
    tasks = plan_faces(session, config)
    has_video = any(task.videos for task in tasks)
    path = model_for(config, model) if has_video else None
    safe_here = not has_video or may_run_here(config)
    n_workers = min(workers, len(tasks))
    if n_workers <= 1 and safe_here:
        parts = [extract_span(task, config, model=path) for task in tasks]
    else:
        prepare = None if safe_here else guard.worker_initializer
        with open_pool(max(n_workers, 1), initializer=prepare) as pool:
            parts = list(pool.map(partial(extract_span, config=config, model=path), tasks))
    return join_spans(session, parts)


def tracks_fingerprint(
    session: Session,
    config: Config | None = None,
    *,
    model: Path | None = None,  # noqa: ARG001
) -> dict[str, Any]:
    """Return what the tracks of a session depend on, as plain values for JSON.

    Beside it, they depend on section ``faces`` of the configuration. No absolute path, no clock:
    the same recording elsewhere has the same fingerprint.

    Parameters
    ----------
    session : Session
        From `attunement.read_study`.
    config : Config, optional
        None: the session's own.
    model : Path, optional
        The file that the faces are extracted with. Whatever its place, only the one known bundle
        is ever used (`ensure_model`), so it changes nothing here.

    Raises
    ------
    FacesError
        When a recording or table is not there.

    Examples
    --------
    >>> import attunement
    >>> from attunement.faces import tracks_fingerprint
    >>> session = attunement.read_study("study.toml").sessions[0]
    >>> print(tracks_fingerprint(session) == tracks_fingerprint(session))
    True
    """
    config = config or session.config
    has_video = any(partner.table is None for partner in session.partners)
    return {
        "span_s": SPAN_S,
        "backend": backend_fingerprint(config) if has_video else {"backend": "table"},
        "layout": session.layout,
        "clock": _clock(session),
        "exclude": [[span.start_s, span.end_s] for span in session.exclude],
        "partners": {
            partner.person: {
                "videos": [_hash(session, video) for video in partner.videos],
                "table": _hash(session, partner.table) if partner.table else "",
                **_how_read(partner),
                "side": partner.side,
                "rotation_deg": partner.rotation_deg,
                "roi": list(partner.roi) if partner.roi and not _is_hint(session, partner) else [],
            }
            for partner in session.partners
        },
    }


def _how_read(partner: Partner) -> dict[str, Any]:
    """Return what the manifest says of a table, and the version of what reads it."""
    if partner.table is None:
        return {}
    return {
        "reader": READER_VERSION,
        "table_id": partner.table_id,
        "table_scale": partner.table_scale,
        "rate_hz": partner.rate_hz,
    }


def _clock(session: Session) -> dict[str, float]:
    # What is found out from the recordings depends on them, and on how it is found out.
    if session.clock is None and session.layout == "two_files":
        return {"version": CLOCK_VERSION}
    clock = session.clock or Clock()
    given = {"offset_s": clock.offset_s, "drift_ppm": clock.drift_ppm}
    if clock.uncertainty_s is not None:
        given["uncertainty_s"] = clock.uncertainty_s
    return given


def roles_fingerprint(session: Session) -> dict[str, Any]:
    """Return what the faces of a session depend on beside its tracks, as plain values for JSON.

    Examples
    --------
    >>> import attunement
    >>> from attunement.faces import roles_fingerprint
    >>> session = attunement.read_study("study.toml").sessions[0]
    >>> print(roles_fingerprint(session) == roles_fingerprint(session))
    True
    """
    return {
        "hints": {
            partner.person: list(partner.roi)
            for partner in session.partners
            if partner.roi and _is_hint(session, partner)
        },
        "given": [
            [
                role.track,
                role.person,
                *(time_s if isfinite(time_s) else None for time_s in (role.start_s, role.end_s)),
                role.role_confidence,
            ]
            for role in session.roles
        ],
    }


def _is_hint(session: Session, partner: Partner) -> bool:
    """Return whether a region only says where the partner's face is at the start."""
    return session.layout == "one_frame" and partner.table is None


def _hash(session: Session, path: Path) -> str:
    if path.is_dir():
        raise FacesError(
            f"Session {session.session}: {path.name} is a folder, not a file.",
            "Name the file in it.",
        )
    try:
        return source_hash(path)
    except OSError as error:
        raise FacesError(
            f"Session {session.session}: {path.name} cannot be read ({error.strerror}).",
            "Check the name in the manifest, and that the disk is connected.",
        ) from None
