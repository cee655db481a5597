"""The three kinds of work a worker process does for a session: open, extract a span, finish.

Each returns a value, a `Failure` included, so that one bad session never stops the others.
"""

import math
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import pandas as pd
import pyarrow as pa

from attunement import faces as faces_stage
from attunement.errors import StudyError, VideoError
from attunement.pipeline.clock_cache import session_clock
from attunement.pipeline.failure import Failure, guarded
from attunement.pipeline.listing import hand_on_listing, take_over_listing
from attunement.pipeline.state import (
    Checked,
    forget_what_follows,
    record,
    refuse_changed_sources,
    stages_done,
)
from attunement.study import Session, check_times
from attunement.study.files import read_parquet, write_csv, write_parquet
from attunement.study.places import Places, SessionPlaces
from attunement.video import probe_video


@dataclass(frozen=True)
class Opened:
    """The spans that a session's recordings are cut into.

    Attributes
    ----------
    recorded_s : tuple of float
        Seconds of recording in each span; 0 for a table of another program.
    found : frozenset of int
        Numbers of the spans whose faces an earlier run has left.
    """

    recorded_s: tuple[float, ...]
    found: frozenset[int]


@dataclass(frozen=True)
class Extracted:
    """What extracting a span took: seconds of work, frames of recording."""

    seconds: float
    frames: int


def open_session(session: Session, checked: Checked, out: Path) -> Opened | Failure:
    """Cut a session's recordings into spans, and see which of them are extracted already."""
    listing = _listing_path(out, session.session)

    def opened() -> Opened:
        take_over_listing(session, listing)
        on_clock = replace(session, clock=session_clock(session, checked, out))
        tasks = _tasks(_Plan(on_clock, checked))
        if session.caregiver.videos:
            duration_s = probe_video(session.caregiver.videos).duration_s
            infant = session.infant.videos
            infant_s = probe_video(infant).duration_s if infant else None
            faults = check_times(on_clock, duration_s, infant_duration_s=infant_s)
            if faults:
                raise StudyError(faults)
        hand_on_listing(session, listing, n_frames=sum(len(task.frames) for task in tasks))
        found = frozenset(k for k in range(len(tasks)) if part_path(out, checked, k).exists())
        return Opened(tuple(_recorded_s(task) for task in tasks), found)

    return guarded(session.session, "video", opened)


def extract_part(
    session: Session, checked: Checked, number: int, out: Path, model: Path | None
) -> Extracted | Failure:
    """Extract the faces of one span; its file is there only when the sources were still the same.

    The session is cut into its spans again rather than handed over in pieces, because the time
    stamps that this needs are remembered and wanted for decoding anyway.
    """

    def extracted() -> Extracted:
        start_s = time.perf_counter()
        take_over_listing(session, _listing_path(out, session.session))
        try:
            on_clock = replace(session, clock=session_clock(session, checked, out))
            task = _tasks(_Plan(on_clock, checked))[number]
            part = faces_stage.extract_span(task, session.config, model=model)
        except Exception:
            refuse_changed_sources(session, checked)  # the better reason, if it is that
            raise
        refuse_changed_sources(session, checked)
        write_parquet(part, part_path(out, checked, number))
        frames = len(task.frames) if task.videos else len(part)
        return Extracted(time.perf_counter() - start_s, frames)

    return guarded(session.session, "faces", extracted)


def finish_session(session: Session, checked: Checked, n_spans: int, out: Path) -> float | Failure:
    """Bring a session whose spans are extracted to its scores, stage by stage, on disk.

    Each stage is on record only after its files are whole, so that a run that is stopped at any
    moment takes up again from the last finished stage. Returns the seconds that it took.
    """
    start_s = time.perf_counter()
    places = Places(out).session(session.session)
    # Arrow's own pool keeps what it frees from everything but Arrow; in an hour that is a table.
    pa.set_memory_pool(pa.system_memory_pool())
    # The worker that was at it before may have died after some of it was on record.
    checked = replace(checked, done=stages_done(places, checked.keys))
    # Before anything is put on record, since it stands there.
    clock = guarded(session.session, "video", lambda: session_clock(session, checked, out))
    if isinstance(clock, Failure):
        return clock
    stages: dict[str, Callable[[], None]] = {
        "tracks": lambda: _finish_tracks(session, checked, n_spans, out),
        "faces": lambda: _finish_faces(session, places),
        "signals": lambda: _finish_signals(session, places),
        "scoring": lambda: _finish_scoring(session, places, clock.uncertainty_s),
    }
    done = list(checked.done)
    for stage, finish in stages.items():
        if stage not in done:

            def whole(stage: str = stage, finish: Callable[[], None] = finish) -> None:
                if len(done) == len(checked.done):
                    forget_what_follows(session, checked, out)
                finish()
                done.append(stage)
                record(session, checked, out, done)

            failure = guarded(session.session, stage, whole)
            if failure is not None:
                return failure
        if stage == "tracks":
            # Before the last stage is on record, since a finished session is not looked at again.
            shutil.rmtree(parts_folder(out, session.session), ignore_errors=True)
    return time.perf_counter() - start_s


def parts_folder(out: Path, session: str) -> Path:
    """Return the folder that holds the extracted spans of a session until its tracks are whole."""
    return Places(out).session(session).folder / ".parts"


def part_path(out: Path, checked: Checked, number: int) -> Path:
    """Return where the faces of one span are kept; another key is another folder."""
    key = checked.keys["tracks"][:16]
    return parts_folder(out, checked.session) / key / f"{number:05d}.parquet"


def _listing_path(out: Path, session: str) -> Path:
    return parts_folder(out, session) / "listing.npz"


class _Plan:
    """A session to be cut into spans, known again by its key and by its source files."""

    def __init__(self, session: Session, checked: Checked) -> None:
        self.session = session
        self._identity = (session.session, checked.keys["tracks"], checked.stamps)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Plan) and self._identity == other._identity

    def __hash__(self) -> int:
        return hash(self._identity)


@lru_cache(maxsize=4)
def _tasks(plan: _Plan) -> tuple[faces_stage.SpanTask, ...]:
    return faces_stage.plan_faces(plan.session, plan.session.config)


def _recorded_s(task: faces_stage.SpanTask) -> float:
    """Return how long a span's frames last; its own end may lie far behind the last of them."""
    n = len(task.times_s)
    if n < 2:
        return 0.0
    lasts_s = (task.times_s[-1] - task.times_s[0]) * n / (n - 1)
    return min(lasts_s, task.end_s - task.start_s) if math.isfinite(task.end_s) else lasts_s


def _finish_tracks(session: Session, checked: Checked, n_spans: int, out: Path) -> None:
    try:
        refuse_changed_sources(session, checked, thorough=True)
    except VideoError:
        # The change may have come unseen before any of the spans was extracted.
        shutil.rmtree(part_path(out, checked, 0).parent, ignore_errors=True)
        Places(out).session(session.session).clock.unlink(missing_ok=True)
        raise
    parts = [read_parquet(part_path(out, checked, number)) for number in range(n_spans)]
    joined = faces_stage.join_spans(session, parts)
    del parts  # of a long session they are as large as the whole
    write_parquet(joined, Places(out).session(session.session).tracks)


def _finish_faces(session: Session, places: SessionPlaces) -> None:
    tracks = [read_parquet(places.tracks)]
    roles = faces_stage.propose_roles(session, tracks[0])
    write_csv(roles, places.roles)
    # Handed over, so that it is gone as soon as its rows are taken.
    faces = faces_stage.assign_roles(tracks.pop(), roles)
    write_parquet(faces, places.faces)


# The stages after the faces load scipy.signal and scipy.stats, which takes longer than all else:
# only a process that finishes a session does so.


def _finish_signals(session: Session, places: SessionPlaces) -> None:
    from attunement import signals

    table = signals.compute_signals(read_parquet(places.faces), session, session.config)
    write_parquet(table, places.signals)


def _finish_scoring(
    session: Session, places: SessionPlaces, clock_uncertainty_s: float | None
) -> None:
    from attunement import scoring

    signals = read_parquet(places.signals)
    uncertainty_s = math.nan if clock_uncertainty_s is None else clock_uncertainty_s
    scores = scoring.score_session(signals, session.config, clock_uncertainty_s=uncertainty_s)
    write_parquet(scores.windows, places.windows)
    write_parquet(scores.events, places.events)
    write_parquet(scores.states, places.states)
    write_parquet(scores.contingency, places.contingency)
    write_parquet(_with_ids(scores.by_session, session), places.scores)
    write_parquet(_with_ids(scores.by_episode, session), places.scores_by_episode)
    write_parquet(scoring.score_halves(signals, session.config), places.halves)


def _with_ids(table: pd.DataFrame, session: Session) -> pd.DataFrame:
    # The manifest's further columns are joined when the study's tables are collected, so that a
    # new covariate recomputes nothing.
    return table.assign(session=session.session, dyad=session.dyad)
