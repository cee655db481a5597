"""Looking at both partners in the frames chosen, with the pipeline's own regions and gates."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import nan
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement.checking.looks import MAX_PIXELS, choose_looks, keyframes, read_looks
from attunement.checking.pair import PairFollower
from attunement.config import Config, Signals
from attunement.faces.backends.protocol import Backend
from attunement.faces.choice import backend_for
from attunement.faces.plan import SpanTask, Watched, track_of
from attunement.faces.span_extraction import extract_span
from attunement.faces.track_rows import Rows
from attunement.faces.tracking import SAME_FACE, Follower, Sighting, look
from attunement.signals.gates import gate_frames
from attunement.signals.measures import take_measures
from attunement.study import Span
from attunement.video import Frame, VideoInfo, frame_times, probe_video, read_frames

COMPANY_EVERY = 8
N_PICTURES = 4
CONFIDENCE_GUESSED = 0.5  # of who is who where nothing tells
_N_TIMED_FRAMES = 24


@dataclass(frozen=True)
class Footage:
    """One source of a session: a recording of one or both partners, or a table of one.

    Attributes
    ----------
    tasks : tuple of SpanTask
        The spans that a run would cut it into.
    duration_s, rate_hz : float
        Of the source; the rate is that of the frames a run would analyse.
    table : pandas.DataFrame or None
        The faces of a table of another program.
    info : VideoInfo or None
        What the recording is.
    """

    tasks: tuple[SpanTask, ...]
    duration_s: float
    rate_hz: float
    table: pd.DataFrame | None = None
    info: VideoInfo | None = None

    @property
    def watched(self) -> tuple[Watched, ...]:
        """Who is to be seen in it."""
        return self.tasks[0].watched

    @property
    def offset_s(self) -> float:
        """Added to its time to give session time."""
        return self.tasks[0].offset_s

    @property
    def name(self) -> str:
        """The name of its first file."""
        path = self.tasks[0].table or self.tasks[0].videos[0]
        return path.name


@dataclass(frozen=True)
class Seen:
    """What was seen of one partner.

    Attributes
    ----------
    frames : pandas.DataFrame
        `schema.FACES`, a row a frame that was looked at and decoded (or a row of the table), and
        a column ``fault``: why a mesh is not believed.
    reasons : ndarray of str
        Why each of these frames cannot be scored, or the empty text.
    n_looks : int
        Frames looked at, those that do not decode among them.
    n_company, n_company_looks : int
        Looks in which more faces are seen than there should be, and looks at which that was asked.
    """

    footage: Footage
    person: str
    frames: pd.DataFrame
    reasons: NDArray[np.object_]
    n_looks: int
    n_company: int = 0
    n_company_looks: int = 0


@dataclass(frozen=True)
class Pictured:
    """A look that is kept to be drawn: its picture, and who was seen where."""

    time_s: float
    rgb: NDArray[np.uint8]
    sightings: dict[str, tuple[Sighting | None, str]] = field(default_factory=dict)
    regions: dict[str, tuple[int, int, int, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Watching:
    """What watching one source gave, and what a run over all of it would cost in seconds."""

    seen: list[Seen]
    pictures: list[Pictured]
    run_s: float


def group_footage(tasks: Sequence[SpanTask], config: Config) -> list[Footage]:
    """Put the spans of a session together to its sources, and measure their length."""
    groups: dict[tuple[object, ...], list[SpanTask]] = {}
    for task in tasks:
        groups.setdefault((task.videos, task.table, task.watched), []).append(task)
    return [_footage(tuple(group), config) for group in groups.values()]


def _footage(tasks: tuple[SpanTask, ...], config: Config) -> Footage:
    first = tasks[0]
    if first.table is None:
        info = probe_video(first.videos)
        limit_hz = config.faces.frame_rate_hz or info.rate_hz
        rate_hz = min(info.rate_hz, limit_hz) if info.n_frames > 1 else nan
        return Footage(tasks, info.duration_s, rate_hz, info=info)
    table = extract_span(first, config)
    times_s = first.recorded_s(table["time_s"].to_numpy(float))
    interval_s = float(np.median(np.diff(times_s))) if len(times_s) > 1 else 0.0
    duration_s = float(times_s.max()) + interval_s if len(times_s) else 0.0
    return Footage(tasks, duration_s, 1 / interval_s if interval_s else nan, table)


def read_rows(footage: Footage, settings: Signals, spans: Sequence[Span]) -> Watching:
    """Judge the rows of a table of another program in the given session time."""
    table = footage.table
    if table is None:
        raise TypeError("read_rows was given a recording, which watch is for")
    times_s = table["time_s"].to_numpy(float)
    reasons = _reasons(table, settings)
    inside = np.zeros(len(times_s), bool)
    for span in spans:
        inside |= (times_s >= span.start_s) & (times_s < span.end_s)
    frames = table[inside].assign(fault="").reset_index(drop=True)
    person = footage.watched[0].person
    return Watching([Seen(footage, person, frames, reasons[inside], len(frames))], [], 0.0)


def watch(
    footage: Footage,
    config: Config,
    spans: Sequence[Span],
    *,
    model: Path | None,
    n_pictures: int,
) -> Watching:
    """Look for the partners' faces in some sixty frames of the given session time.

    A face is first looked for where the look before had it, however long ago, and then in the
    whole region: the pipeline too holds a small face in a crop once it has found it. Leaps between
    looks are not judged, and neither is a change of place taken for a change of person.
    """
    backend = backend_for(config, model)
    videos = footage.tasks[0].videos
    times_s = frame_times(videos)
    keys = keyframes(videos)
    recorded_s = footage.tasks[0].recorded_s
    own = [Span(recorded_s(span.start_s), recorded_s(span.end_s)) for span in spans]
    info = probe_video(videos)
    max_frames = MAX_PIXELS // (info.width_px * info.height_px)
    looks = choose_looks(times_s, keys, own, max_frames=max_frames)
    shown = (np.arange(n_pictures) + 0.5) * len(looks) / max(n_pictures, 1)
    drawn = set(looks[np.unique(shown.astype(int))].tolist()) if len(looks) else set()
    observer = _Observer(footage, backend)
    pictured: list[tuple[int, NDArray[np.uint8], list[Sighting | None]]] = []
    for number, frame in enumerate(read_looks(videos, times_s, looks, keys)):
        sightings = observer.step(frame)
        if number % COMPANY_EVERY == 0:
            observer.count_company(frame)
        if frame.index in drawn:
            pictured.append((number, frame.rgb(), sightings))
    names = observer.names()
    seen = []
    for k, (name, rows) in enumerate(zip(names, observer.rows, strict=True)):
        frames = rows.table().assign(
            fault=observer.faults[k], role_confidence=role_confidence(footage, name)
        )
        reasons = _reasons(frames, config.signals)
        # Looks lie far apart, so a leap between two of them says nothing.
        reasons[reasons == "jump"] = ""
        seen.append(Seen(footage, name, frames, reasons, len(looks), *observer.company(k)))
    pictures = [
        Pictured(
            time_s=float(seen[0].frames["time_s"].iloc[number]),
            rgb=rgb,
            sightings={
                one.person: (sighting, str(one.reasons[number]))
                for one, sighting in zip(seen, sightings, strict=True)
            },
            regions={one.person: w.region for one, w in zip(seen, footage.watched, strict=True)},
        )
        for number, rgb, sightings in pictured
    ]
    n_frames = sum(_n_analysed(task) for task in footage.tasks)
    decode_s = _decode_s(videos, times_s, keys)
    run_s = len(times_s) * decode_s + n_frames * observer.mean_step_s()
    return Watching(seen, pictures, run_s)


def role_confidence(footage: Footage, person: str) -> float:
    """Return how sure it can be who a face is when following begins."""
    watched = next(w for w in footage.watched if w.person == person)
    is_told = not footage.tasks[0].together or watched.hint is not None
    return 1.0 if is_told else CONFIDENCE_GUESSED


def _n_analysed(task: SpanTask) -> int:
    times_s = task.session_s(np.array(task.times_s))
    excluded = np.zeros(len(times_s), bool)
    for span in task.exclude:
        excluded |= (times_s >= span.start_s) & (times_s < span.end_s)
    return int((~excluded).sum())


class _Observer:
    """Follows the partners of one source from look to look."""

    def __init__(self, footage: Footage, backend: Backend) -> None:
        task = footage.tasks[0]
        self._backend = backend
        self._task = task
        self.rows = [Rows(task.session, w.person, keep_landmarks=False) for w in task.watched]
        self.faults: list[list[str]] = [[] for _ in task.watched]
        self._company = dict.fromkeys((w.region for w in task.watched), 0)
        self._n_company_looks = 0
        self._seconds: list[float] = []
        hints = [w.hint for w in task.watched]
        if task.together:
            self._pair = PairFollower(backend, task.watched[0].region, (hints[0], hints[1]))
        else:
            self._followers = [Follower(backend, w.region, w.hint) for w in task.watched]

    def step(self, frame: Frame) -> list[Sighting | None]:
        start = time.perf_counter()
        # Every look has the time 0, so that no place is ever too long ago to look at first.
        if self._task.together:
            sightings: list[Sighting | None] = list(self._pair.step(frame.crop, 0.0))
        else:
            sightings = [follower.step(frame.crop, 0.0) for follower in self._followers]
        self._seconds.append(time.perf_counter() - start)
        time_s = self._task.session_s(frame.time_s)
        for k, (watched, sighting) in enumerate(zip(self._task.watched, sightings, strict=True)):
            self.faults[k].append(sighting.fault if sighting else "")
            if sighting is None:
                self.rows[k].add_blank(frame.index, time_s, "no_face")
            else:
                track = track_of(watched.person)
                self.rows[k].add(frame.index, time_s, sighting, track=track)
        return sightings

    def count_company(self, frame: Frame) -> None:
        """Count whether a region shows more believable faces than partners."""
        self._n_company_looks += 1
        for region in self._company:
            expected = sum(w.region == region for w in self._task.watched)
            sightings = look(self._backend, frame.crop, region, n_faces=expected + 1)
            apart: list[Sighting] = []
            for sighting in sightings:
                if not sighting.fault and all(
                    sighting.box.distance(other.box) > SAME_FACE for other in apart
                ):
                    apart.append(sighting)
            self._company[region] += len(apart) > expected

    def company(self, k: int) -> tuple[int, int]:
        return self._company[self._task.watched[k].region], self._n_company_looks

    def names(self) -> list[str]:
        """Return who each is; without hints the face that is larger is called the caregiver's."""
        names = [w.person for w in self._task.watched]
        if self._task.together and all(w.hint is None for w in self._task.watched):
            first, second = (_median_interocular_px(row.table()) for row in self.rows)
            if second > first:
                names.reverse()
        return names

    def mean_step_s(self) -> float:
        """Return the mean time of a look; the first ones warm up."""
        times = self._seconds[2:] or self._seconds
        return float(np.mean(times)) if times else 0.0


def _median_interocular_px(table: pd.DataFrame) -> float:
    return float(table.loc[table["status"] == "ok", "interocular_px"].median())


def _reasons(frames: pd.DataFrame, settings: Signals) -> NDArray[np.object_]:
    measures, _ = take_measures(frames)
    measured = np.any([np.isfinite(values) for values in measures.values()], axis=0)
    return gate_frames(frames, measured=measured, settings=settings)


def _decode_s(
    videos: Sequence[Path], times_s: NDArray[np.float64], keys: NDArray[np.int64]
) -> float:
    """Return how long a frame takes to decode, from some that follow each other in the middle."""
    first = int(keys[len(keys) // 2]) if len(keys) else 0
    last = min(first + _N_TIMED_FRAMES, len(times_s) - 1)
    frames = read_frames(videos, start_s=float(times_s[first]), end_s=float(times_s[last]))
    if next(frames, None) is None:
        return 0.0
    start = time.perf_counter()
    n = sum(1 for _ in frames)
    return (time.perf_counter() - start) / n if n else 0.0
