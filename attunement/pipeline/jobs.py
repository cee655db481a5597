"""The three kinds of work a worker process does for a session: open, extract a span, finish.

Each returns a value, a `Failure` included, so that one bad session never stops the others.
"""

import math
import shutil
import time
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from attunement import faces as faces_stage
from attunement import schema
from attunement.errors import StudyError, VideoError
from attunement.faces.span_extraction import read_rows
from attunement.pipeline import stages
from attunement.pipeline.clock_cache import add_table_clocks, session_clock
from attunement.pipeline.failure import Failure, guarded
from attunement.pipeline.listing import hand_on_listing, take_over_listing
from attunement.pipeline.places import Places, SessionPlaces
from attunement.pipeline.recordings import recordings_told
from attunement.pipeline.stage import Given, Stage, Table
from attunement.pipeline.state import (
    Checked,
    forget_what_follows,
    record,
    refuse_changed_sources,
    stages_done,
)
from attunement.study import Clock, Session, check_times
from attunement.study.files import read_parquet, write_csv, write_json, write_parquet
from attunement.video import probe_video

_HEAD_BYTES = 2**18
_ROW_S = 1 / 30


@dataclass(frozen=True)
class Opened:
    """The spans that a session's recordings are cut into.

    Attributes
    ----------
    recorded_s : tuple of float
        Seconds of recording in each span; of a table of another program, guessed from its size.
    kinds : tuple of str
        ``video`` or ``table``, of each span.
    extracted : frozenset of int
        Numbers of the spans whose faces an earlier run has left.
    """

    recorded_s: tuple[float, ...]
    kinds: tuple[str, ...]
    extracted: frozenset[int]


@dataclass(frozen=True)
class Extracted:
    """What extracting a span took: seconds of work, frames of recording.

    Of a table of another program, also where its times come from, under whose it is.
    """

    seconds: float
    frames: int
    table_times: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Finished:
    """What finishing a session took: seconds of work, and the stages that were computed.

    And sentences to be told of it.
    """

    seconds: float
    stages: tuple[str, ...]
    told: tuple[str, ...] = ()


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
        extracted = frozenset(k for k in range(len(tasks)) if part_path(out, checked, k).exists())
        kinds = tuple("video" if task.table is None else "table" for task in tasks)
        return Opened(tuple(_recorded_s(task) for task in tasks), kinds, extracted)

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
            told: dict[str, Any] = {}
            if task.table is None:
                part = faces_stage.extract_span(task, session.config, model=model)
            else:
                part, table_clock = read_rows(task, task.table)
                facts = table_clock.facts()
                if table_clock.value_notes:
                    facts["value_notes"] = list(table_clock.value_notes)
                told = {task.watched[0].person: facts}
        except Exception:
            refuse_changed_sources(session, checked)  # the better reason, if it is that
            raise
        refuse_changed_sources(session, checked)
        if told:  # first, so that it is there wherever the rows are
            write_json(told, table_clock_path(out, checked, number))
        write_parquet(part, part_path(out, checked, number))
        frames = len(task.frames) if task.videos else len(part)
        return Extracted(time.perf_counter() - start_s, frames, told)

    return guarded(session.session, "faces", extracted)


def finish_session(
    session: Session, checked: Checked, n_spans: int, out: Path
) -> Finished | Failure:
    """Bring a session whose spans are extracted to its scores, stage by stage, on disk.

    Each stage is on record only after its files are whole, so that a run that is stopped at any
    moment takes up again from the last finished stage.
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
    done = list(checked.done)
    told: list[str] = []
    for stage in stages.STAGES:
        if stage.name not in done:

            def whole(stage: Stage = stage) -> None:
                if len(done) == len(checked.done):
                    forget_what_follows(session, checked, out)
                given = _given(stage, session, checked, clock, n_spans, out)
                _write_tables(stage, stage.compute(given), places)
                found = None
                if stage.name == stages.TRACKS.name:
                    parts = [table_clock_path(out, checked, k) for k in range(n_spans)]
                    told.extend(add_table_clocks(parts, places))
                    found = recordings_told(session, _listing_path(out, session.session))
                done.append(stage.name)
                record(session, checked, out, done, recordings=found)

            failure = guarded(session.session, stage.name, whole)
            if failure is not None:
                return failure
        if stage.name == stages.TRACKS.name:
            # Before the last stage is on record, since a finished session is not looked at again.
            shutil.rmtree(parts_folder(out, session.session), ignore_errors=True)
    computed = tuple(done[len(checked.done) :])
    return Finished(time.perf_counter() - start_s, computed, tuple(told))


def parts_folder(out: Path, session: str) -> Path:
    """Return the folder that holds the extracted spans of a session until its tracks are whole."""
    return Places(out).session(session).folder / ".parts"


def part_path(out: Path, checked: Checked, number: int) -> Path:
    """Return where the faces of one span are kept; another key is another folder."""
    key = checked.keys["tracks"][:16]
    return parts_folder(out, checked.session) / key / f"{number:05d}.parquet"


def table_clock_path(out: Path, checked: Checked, number: int) -> Path:
    """Return where it is kept where the times of a table come from."""
    return part_path(out, checked, number).with_suffix(".json")


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
    if task.table is not None:
        return about_seconds(task.table)
    n = len(task.times_s)
    if n < 2:
        return 0.0
    lasts_s = (task.times_s[-1] - task.times_s[0]) * n / (n - 1)
    return min(lasts_s, task.end_s - task.start_s) if math.isfinite(task.end_s) else lasts_s


def about_seconds(table: Path) -> float:
    """Return about how long a table of another program lasts, from its size and first lines.

    It is weighed against other sessions by this, and reading it all would take as long as the
    work that is to be weighed.
    """
    try:
        size = table.stat().st_size
        with table.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError:
        return _ROW_S
    lines = head.splitlines(keepends=True)[1:]  # names of columns are as long as many rows
    rows = [line for line in lines if line.endswith((b"\n", b"\r"))]
    if not rows:
        return _ROW_S * max(1.0, size / _HEAD_BYTES)
    return _ROW_S * max(1.0, size / (sum(map(len, rows)) / len(rows)))


def _given(
    stage: Stage, session: Session, checked: Checked, clock: Clock, n_spans: int, out: Path
) -> Given:
    places = Places(out).session(session.session)

    def read(name: str) -> pd.DataFrame:
        if name not in stage.reads:
            raise LookupError(f"stage {stage.name} does not declare to read {name!r}")
        return read_parquet(places.path(name))

    return Given(
        replace(session, clock=clock), read, lambda: _spans(session, checked, n_spans, out)
    )


def _spans(session: Session, checked: Checked, n_spans: int, out: Path) -> list[pd.DataFrame]:
    try:
        refuse_changed_sources(session, checked, thorough=True)
    except VideoError:
        # The change may have come unseen before any of the spans was extracted.
        shutil.rmtree(part_path(out, checked, 0).parent, ignore_errors=True)
        Places(out).session(session.session).path("clock").unlink(missing_ok=True)
        raise
    return [read_parquet(part_path(out, checked, number)) for number in range(n_spans)]


def _write_tables(stage: Stage, tables: dict[str, pd.DataFrame], places: SessionPlaces) -> None:
    declared = [table.name for table in stage.writes]
    if set(tables) != set(declared):
        raise LookupError(
            f"stage {stage.name} declares {', '.join(declared) or 'no tables'}"
            f" and computes {', '.join(tables) or 'none'}"
        )
    for table in stage.writes:
        _write_table(table, tables[table.name], places.path(table.name))


def _write_table(declared: Table, table: pd.DataFrame, path: Path) -> None:
    write = {"parquet": write_parquet, "csv": write_csv}[declared.ending]
    write(schema.conform(table, declared.types), path)
