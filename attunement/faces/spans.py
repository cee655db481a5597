"""Extracting the faces of one span, in whatever process it is run."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from attunement import schema
from attunement.config import Config
from attunement.errors import FacesError
from attunement.faces.backends.protocol import Backend
from attunement.faces.backends.table import read_table
from attunement.faces.choice import backend_for
from attunement.faces.one_frame import PairFollower
from attunement.faces.plan import SpanTask
from attunement.faces.rows import Rows
from attunement.faces.tracking import Crop, Follower, Sighting
from attunement.study.sessions import Session, Span
from attunement.video import Frame, read_frames

# (sighting, role confidence) of every person watched, from a crop and the frame's time.
Seen = list[tuple[Sighting | None, float]]


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
        ``schema.FACES``, one row per frame and person watched. Frames that could not be decoded
        have the status ``error``.

    Raises
    ------
    VideoError
        When the recording cannot be read.
    FacesError
        When a table of another program cannot be read, or the backend cannot be made.
    """
    if task.table is not None:
        return read_table(
            task.table,
            session=task.session,
            person=task.watched[0].person,
            offset_s=task.offset_s,
            exclude=task.exclude,
            rate_hz=config.faces.frame_rate_hz or None,
        )
    backend = backend_for(config, model)
    observer = _Together(task, backend) if task.together else _Apart(task, backend)
    keep = config.faces.keep_landmarks
    rows = [Rows(task.session, w.person, keep_landmarks=keep) for w in task.watched]
    times_s = dict(zip(task.frames, task.times_s, strict=True))
    delivered: set[int] = set()
    for frame in _wanted_frames(task, times_s):
        delivered.add(frame.index)
        seen = observer.step(frame.crop, frame.time_s)
        for row, (sighting, confidence) in zip(rows, seen, strict=True):
            time_s = times_s[frame.index] + task.offset_s
            if sighting is None:
                row.add_blank(frame.index, time_s, "no_face", role_confidence=confidence)
            else:
                row.add(frame.index, time_s, sighting, role_confidence=confidence)
    for index, time_s in times_s.items():
        if index not in delivered:
            status = "excluded" if is_excluded(time_s + task.offset_s, task.exclude) else "error"
            for row in rows:
                row.add_blank(index, time_s + task.offset_s, status)
    return _sorted(pd.concat([row.table() for row in observer.named(rows)], ignore_index=True))


def join_spans(session: Session, parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Join the spans of a session: the caregiver's rows first, each person's by frame.

    Raises
    ------
    FacesError
        When there is no part, or a part belongs to another session.
    """
    if not parts:
        raise FacesError(f"Session {session.session} has no span of frames.")
    joined = pd.concat(list(parts), ignore_index=True)
    others = sorted(set(joined["session"]) - {session.session})
    if others:
        raise FacesError(f"Faces of session {', '.join(others)} given for {session.session}.")
    return _sorted(joined)


def is_excluded(time_s: float, exclude: Sequence[Span]) -> bool:
    """Return whether a session time lies in one of the spans, ends left out."""
    return any(span.start_s <= time_s < span.end_s for span in exclude)


def _wanted_frames(task: SpanTask, times_s: dict[int, float]) -> Iterator[Frame]:
    """Yield the decoded frames to analyse; stretches that are excluded are not even converted."""
    analysed = {
        index
        for index, time_s in times_s.items()
        if not is_excluded(time_s + task.offset_s, task.exclude)
    }
    if not analysed:
        return
    for frame in read_frames(task.videos, start_s=task.start_s, end_s=task.end_s):
        if frame.index in analysed:
            yield frame


class _Apart:
    """Each partner in a region of its own: the layout tells who is who."""

    def __init__(self, task: SpanTask, backend: Backend) -> None:
        self._watched = task.watched
        self._followers = [Follower(backend, w.region, w.hint) for w in task.watched]

    def step(self, crop: Crop, time_s: float) -> Seen:
        pairs = zip(self._followers, self._watched, strict=True)
        return [(follower.step(crop, time_s), w.role_confidence) for follower, w in pairs]

    def named(self, rows: list[Rows]) -> list[Rows]:
        return rows


class _Together:
    """Both partners in one picture (`one_frame.PairFollower`)."""

    def __init__(self, task: SpanTask, backend: Backend) -> None:
        first, second = task.watched
        self._is_guess = first.hint is None and second.hint is None
        self._pair = PairFollower(backend, first.region, (first.hint, second.hint))

    def step(self, crop: Crop, time_s: float) -> Seen:
        sightings, confidences = self._pair.step(crop, time_s)
        return list(zip(sightings, confidences, strict=True))

    def named(self, rows: list[Rows]) -> list[Rows]:
        """Without hints, call the face that is larger over the span the caregiver's: a guess."""
        first, second = (row.median_interocular_px() for row in rows)
        if self._is_guess and second > first:
            rows[0].person, rows[1].person = rows[1].person, rows[0].person
        return rows


def _sorted(table: pd.DataFrame) -> pd.DataFrame:
    order = table["person"].map({person: k for k, person in enumerate(schema.PERSONS)})
    table = table.assign(_order=order).sort_values(["_order", "frame"], kind="stable")
    return table.drop(columns="_order").reset_index(drop=True)
