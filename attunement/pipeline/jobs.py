"""The three kinds of work a worker process does for a session: open, extract a span, finish.

Each returns a value, a `Failure` included, so that one bad session never stops the others.
"""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from attunement import faces as faces_stage
from attunement import provenance, scoring, signals
from attunement.errors import AttunementError, StudyError
from attunement.pipeline.keys import STAGES, stage_keys
from attunement.study import Session, check_times
from attunement.study.files import read_parquet, write_json, write_parquet
from attunement.study.places import Places, SessionPlaces
from attunement.video import probe_video

T = TypeVar("T")


@dataclass(frozen=True)
class Failure:
    """Why a session could not be finished, and what to do about it."""

    session: str
    stage: str
    reason: str
    advice: str


@dataclass(frozen=True)
class Opened:
    """What has to be done for a session.

    Attributes
    ----------
    keys : dict
        The key of each stage.
    done : tuple of str
        The stages whose results on disk still hold.
    tasks : tuple of SpanTask
        The spans whose faces are needed; empty where the faces are done.
    """

    session: str
    fingerprint: dict[str, Any]
    keys: dict[str, str]
    done: tuple[str, ...]
    tasks: tuple[faces_stage.SpanTask, ...]


def open_session(session: Session, out: Path, model: Path | None) -> Opened | Failure:
    """Find out which stages of a session have to be computed, and cut its recording into spans."""

    def opened() -> Opened:
        places = Places(out).session(session.session)
        fingerprint = faces_stage.faces_fingerprint(session, session.config, model=model)
        keys = stage_keys(session, fingerprint)
        done = _stages_done(places, keys)
        tasks: tuple[faces_stage.SpanTask, ...] = ()
        if "faces" not in done:
            tasks = faces_stage.plan_faces(session, session.config)
            if session.caregiver.videos:
                duration_s = probe_video(session.caregiver.videos).duration_s
                infant = session.infant.videos
                infant_s = probe_video(infant).duration_s if infant else None
                faults = check_times(session, duration_s, infant_duration_s=infant_s)
                if faults:
                    raise StudyError(faults)
        return Opened(session.session, fingerprint, keys, done, tasks)

    return _guarded(session.session, "video", opened)


def extract_part(
    session: Session, task: faces_stage.SpanTask, path: Path, model: Path | None
) -> int | Failure:
    """Extract the faces of one span into `path`, unless they are there; return the rows."""

    def extracted() -> int:
        if not path.exists():
            part = faces_stage.extract_span(task, session.config, model=model)
            write_parquet(part, path)
            return len(part)
        return len(read_parquet(path))

    return _guarded(session.session, "faces", extracted)


def finish_session(session: Session, opened: Opened, out: Path) -> Failure | None:
    """Bring a session whose spans are extracted to its scores, stage by stage, on disk.

    Each stage is on record only after its files are whole, so that a run that is stopped at any
    moment takes up again from the last finished stage.
    """
    places = Places(out).session(session.session)
    stages: dict[str, Callable[[], None]] = {
        "faces": lambda: _finish_faces(session, opened, places),
        "signals": lambda: _finish_signals(session, places),
        "scoring": lambda: _finish_scoring(session, places),
    }
    done = list(opened.done)
    for stage, finish in stages.items():
        if stage in done:
            continue

        def whole(stage: str = stage, finish: Callable[[], None] = finish) -> None:
            finish()
            done.append(stage)
            _record(session, opened, places, done)

        failure = _guarded(session.session, stage, whole)
        if failure is not None:
            return failure
    shutil.rmtree(parts_folder(out, session.session), ignore_errors=True)
    return None


def parts_folder(out: Path, session: str) -> Path:
    """Return the folder that holds the extracted spans of a session until its faces are whole."""
    return Places(out).session(session).provenance.parent / ".parts"


def part_path(out: Path, opened: Opened, number: int) -> Path:
    """Return where the faces of one span are kept; another key is another folder."""
    return parts_folder(out, opened.session) / opened.keys["faces"][:16] / f"{number:05d}.parquet"


def _finish_faces(session: Session, opened: Opened, places: SessionPlaces) -> None:
    out = places.faces.parents[2]
    parts = [read_parquet(part_path(out, opened, k)) for k in range(len(opened.tasks))]
    write_parquet(faces_stage.join_spans(session, parts), places.faces)


def _finish_signals(session: Session, places: SessionPlaces) -> None:
    table = signals.compute_signals(read_parquet(places.faces), session, session.config)
    write_parquet(table, places.signals)


def _finish_scoring(session: Session, places: SessionPlaces) -> None:
    scores = scoring.score_session(read_parquet(places.signals), session.config)
    write_parquet(scores.windows, places.windows)
    write_parquet(scores.events, places.events)
    write_parquet(_with_ids(scores.by_session, session), places.scores)
    write_parquet(_with_ids(scores.by_episode, session), places.scores_by_episode)


def _with_ids(table: pd.DataFrame, session: Session) -> pd.DataFrame:
    # The manifest's further columns are joined when the study's tables are collected, so that a
    # new covariate recomputes nothing.
    return table.assign(session=session.session, dyad=session.dyad)


def _stages_done(places: SessionPlaces, keys: dict[str, str]) -> tuple[str, ...]:
    try:
        recorded = json.loads(places.provenance.read_text(encoding="utf-8"))["keys"]
    except (OSError, ValueError, KeyError):
        return ()
    files = {
        "faces": (places.faces,),
        "signals": (places.signals,),
        "scoring": (places.windows, places.events, places.scores, places.scores_by_episode),
    }
    done: list[str] = []
    for stage in STAGES:
        if recorded.get(stage) != keys[stage] or not all(file.exists() for file in files[stage]):
            break
        done.append(stage)
    return tuple(done)


def _record(session: Session, opened: Opened, places: SessionPlaces, done: list[str]) -> None:
    sections = {"faces", "signals", "scoring"}
    write_json(
        {
            "session": session.session,
            "keys": {stage: opened.keys[stage] for stage in done},
            "inputs": opened.fingerprint,
            "config": session.config.model_dump(mode="json", include=sections),
            "seed": session.config.scoring.seed,
            "versions": provenance.versions(),
        },
        places.provenance,
    )


def _guarded(session: str, stage: str, work: Callable[[], T]) -> T | Failure:
    try:
        return work()
    except AttunementError as error:
        return Failure(session, stage, error.reason, error.advice)
    except MemoryError:
        return Failure(session, stage, "Memory ran out.", "Use fewer workers (--workers 1).")
    except Exception as error:  # a defect in one session must not cost the others
        return Failure(
            session,
            stage,
            f"Unexpected {type(error).__name__}: {error}".replace("\n", " "),
            "This is a defect of attunement: please report it with the line above.",
        )
