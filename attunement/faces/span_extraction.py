"""Extracting the faces of one span, in whatever process it is run."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from attunement import schema
from attunement.config import Config
from attunement.errors import FacesError
from attunement.faces.backends.protocol import Backend
from attunement.faces.backends.table import read_table_and_clock
from attunement.faces.backends.table_clock import TableClock
from attunement.faces.choice import backend_for
from attunement.faces.linking import link_spans
from attunement.faces.parts import Parts
from attunement.faces.people import People
from attunement.faces.plan import SpanTask, track_of
from attunement.faces.same_faces import same_faces
from attunement.faces.track_rows import BOTH, Rows
from attunement.faces.tracking import Follower
from attunement.study.sessions import Session, Span
from attunement.video import Frame, read_frames
from attunement.video.ahead import read_ahead
from attunement.workers import threads_here


def extract_span(task: SpanTask, config: Config, *, model: Path | None = None) -> pd.DataFrame:
    """Extract the faces of one span.

    The backend is made once in a process and kept.

    Parameters
    ----------
    task : SpanTask
        From `plan_faces`.
    config : Config
        Section ``faces`` is used.
    model : Path, optional
        The face model; None: as `ensure_model` finds it.

    Returns
    -------
    pandas.DataFrame
        ``schema.TRACKS``: a row per frame and face, or per frame and view where there is none.
        Tracks of a view of both are numbered from 0 in every span. Frames that could not be
        decoded have the status ``error``.

    Raises
    ------
    VideoError
        When the recording cannot be read.
    FacesError
        When a table of another program cannot be read, or the backend cannot be made.

    Examples
    --------
    >>> import attunement
    >>> from attunement.faces import extract_span, plan_faces
    >>> session = attunement.read_study("study.toml").sessions[0]
    >>> tracks = extract_span(plan_faces(session, session.config)[0], session.config)
    >>> print(len(tracks), tracks["status"].unique().tolist())
    60 ['ok']
    """
    if task.table is not None:
        return read_rows(task, task.table)[0]
    backend_of = partial(backend_for, config, model)
    keep = config.faces.keep_landmarks
    times_s = dict(zip(task.frames, task.times_s, strict=True))
    delivered: set[int] = set()
    with ThreadPoolExecutor(1, "second face") as beside:
        observer = (
            _Together(task, backend_of(), keep)
            if task.together
            else _Apart(task, backend_of, keep, beside)
        )
        for frame in _wanted_frames(task, times_s):
            delivered.add(frame.index)
            observer.step(frame, task.session_s(times_s[frame.index]))
    observer.finish()
    for index, time_s in times_s.items():
        if index not in delivered:
            status = "excluded" if is_excluded(task.session_s(time_s), task.exclude) else "error"
            for row in observer.rows:
                row.add_blank(index, task.session_s(time_s), status)
    return _sorted(pd.concat([row.table() for row in observer.rows], ignore_index=True))


def read_rows(task: SpanTask, table: Path) -> tuple[pd.DataFrame, TableClock]:
    """Return the tracks of the task of a table of another program, and how its times were told."""
    faces, clock = read_table_and_clock(
        table,
        session=task.session,
        person=task.watched[0].person,
        offset_s=task.offset_s,
        drift_ppm=task.drift_ppm,
        exclude=task.exclude,
        rate_hz=task.rate_hz,
        table_id=task.table_id,
        table_scale=task.table_scale,
    )
    told_later = ["role_confidence", schema.CLOCK_UNCERTAINTY]
    renamed = faces.rename(columns={"person": "view"}).drop(columns=told_later)
    return schema.conform(renamed, schema.TRACKS), clock


def join_spans(session: Session, parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Join the spans of a session, and in a view of both its tracks from span to span.

    Returns
    -------
    pandas.DataFrame
        ``schema.TRACKS``; the caregiver's view first, each by frame.

    Raises
    ------
    FacesError
        When there is no part, a part belongs to another session, or the tables of both partners
        hold one face.

    Examples
    --------
    >>> import attunement
    >>> from attunement.faces import extract_span, join_spans, plan_faces
    >>> session = attunement.read_study("study.toml").sessions[0]
    >>> tasks = plan_faces(session, session.config)
    >>> tracks = join_spans(session, [extract_span(task, session.config) for task in tasks])
    >>> print(len(tasks), "spans,", len(tracks), "rows")
    4 spans, 240 rows
    """
    if not parts:
        raise FacesError(f"Session {session.session} has no span of frames.")
    others = sorted({name for part in parts for name in part["session"]} - {session.session})
    if others:
        raise FacesError(f"Tracks of session {', '.join(others)} given for {session.session}.")
    by_view = {str(part["view"].iloc[0]): part for part in parts if len(part)}
    if fault := same_faces(session, by_view):
        raise FacesError(f"Session {session.session}: {fault}")
    return _sorted(pd.concat(link_spans(parts), ignore_index=True))


def is_excluded(time_s: float, exclude: Sequence[Span]) -> bool:
    """Return whether a session time lies in one of the spans, ends left out."""
    return any(span.start_s <= time_s < span.end_s for span in exclude)


def _wanted_frames(task: SpanTask, times_s: dict[int, float]) -> Iterator[Frame]:
    """Yield the decoded frames to analyse; others are not even decoded if possible."""
    analysed = {
        index
        for index, time_s in times_s.items()
        if not is_excluded(task.session_s(time_s), task.exclude)
    }
    if not analysed:
        return
    yield from read_ahead(
        read_frames(
            task.videos,
            start_s=task.start_s,
            end_s=task.end_s,
            indices=analysed,
            rotation_deg=task.rotation_deg,
        )
    )


class _Apart:
    """Each partner in a region of its own: the layout tells who is who.

    Where a core is free, the second of two partners is looked for in another thread: the networks
    run outside Python's lock, and neither partner's result depends on the other's.
    """

    def __init__(
        self,
        task: SpanTask,
        backend_of: Callable[..., Backend],
        keep_landmarks: bool,
        beside: ThreadPoolExecutor,
    ) -> None:
        in_threads = len(task.watched) > 1 and threads_here() > 1
        self._beside = beside if in_threads else None
        self._followers = [
            Follower(backend_of(number=k if in_threads else 0), w.region, w.hint)
            for k, w in enumerate(task.watched)
        ]
        self._tracks = [track_of(w.person) for w in task.watched]
        self.rows = [
            Rows(task.session, w.person, keep_landmarks=keep_landmarks) for w in task.watched
        ]
        self._parts = Parts([w.region for w in task.watched], self.rows)

    def step(self, frame: Frame, time_s: float) -> None:
        if self._beside is None:
            sightings = [follower.step(frame.part, frame.time_s) for follower in self._followers]
        else:
            first, second = self._followers
            waiting = self._beside.submit(second.step, frame.part, frame.time_s)
            sightings = [first.step(frame.part, frame.time_s), waiting.result()]
        for sighting, rows, track in zip(sightings, self.rows, self._tracks, strict=True):
            if sighting is None:
                rows.add_blank(frame.index, time_s, "no_face")
            else:
                rows.add(frame.index, time_s, sighting, track=track, scale=frame.scale)
        self._parts.step(frame.part, frame.time_s, sightings)

    def finish(self) -> None:
        self._parts.finish()


class _Together:
    """Everyone in one picture (`people.People`)."""

    def __init__(self, task: SpanTask, backend: Backend, keep_landmarks: bool) -> None:
        self._people = People(backend, task.watched[0].region)
        self.rows = [Rows(task.session, BOTH, keep_landmarks=keep_landmarks)]

    def step(self, frame: Frame, time_s: float) -> None:
        seen = self._people.step(frame.part, frame.time_s)
        for one in seen:
            self.rows[0].add(
                frame.index,
                time_s,
                one.sighting,
                track=one.track,
                colours=one.colours,
                scale=frame.scale,
            )
        if not seen:
            self.rows[0].add_blank(frame.index, time_s, "no_face")

    def finish(self) -> None:
        """Nothing is left to be kept."""


def _sorted(table: pd.DataFrame) -> pd.DataFrame:
    view = pd.Index((*schema.PERSONS, BOTH)).get_indexer(table["view"])
    order = np.lexsort((table["track"], table["frame"], view))
    if (np.diff(order) > 0).all():  # as all tables of one view are
        return table.reset_index(drop=True)
    return table.take(order).reset_index(drop=True)
