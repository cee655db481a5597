"""Simulated dyads, scored: one job a dyad, in any number of workers, kept on disk when asked."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

import attunement
from attunement.scoring import score_halves, score_session
from attunement.simulation import simulate_dyad
from attunement.study.files import read_parquet, write_parquet
from attunement.validation.difficulties import change
from attunement.validation.planted_events import planted_events
from attunement.workers import open_pool

Job = dict[str, Any]
Runner = Callable[[Sequence[Job]], pd.DataFrame]

# What the figures depend on: the source of these rooms.
_ROOMS = ("scoring", "simulation", "signals", "codes", "validation")
_CHUNK = 4


def score_dyad(job: Job) -> pd.DataFrame:
    """Simulate one dyad and return what was found and planted.

    Parameters
    ----------
    job : dict
        Arguments of `simulate_dyad`, and `how` (see `change`) and `halves` (bool: the scores of
        the dyad's halves instead of its own) or `events` ("each": its events and what was planted
        for each; "shares": `attuned_share` and what goes with it alone, see `planted_events`).

    Returns
    -------
    DataFrame
        One row (four with `halves`): scores, `rho`, `kappa`, `seed`; with `events` see
        `planted_events`.
    """
    settings = dict(job)
    if what := settings.pop("events", ""):
        return planted_events(settings, shares=what == "shares")
    how, halves = str(settings.pop("how", "")), bool(settings.pop("halves", False))
    signals, truth = simulate_dyad(**settings)
    signals = change(signals, how, seed=truth.seed)
    scores = score_halves(signals) if halves else score_session(signals).by_session
    return scores.assign(rho=truth.mirroring, kappa=truth.marking, seed=truth.seed)


def score_dyads(jobs: Sequence[Job]) -> pd.DataFrame:
    """Score several dyads in turn."""
    return pd.concat([score_dyad(job) for job in jobs], ignore_index=True)


@contextmanager
def open_runner(*, workers: int, cache: Path | None) -> Iterator[Runner]:
    """Give a function that scores many dyads, in the order of their jobs.

    Parameters
    ----------
    workers : int
        Worker processes; 1 works in this process.
    cache : Path, optional
        Folder in which the scores of every finished set of jobs are kept, under a name that
        depends on the jobs and on the source that scores them.
    """

    def runner(pool: Executor | None) -> Runner:
        def run(jobs: Sequence[Job]) -> pd.DataFrame:
            kept = None if cache is None else cache / f"{_key(jobs)}.parquet"
            if kept is not None and kept.exists():
                return read_parquet(kept)
            parts = [jobs[at : at + _CHUNK] for at in range(0, len(jobs), _CHUNK)]
            tables = pool.map(score_dyads, parts) if pool else map(score_dyads, parts)
            scores = pd.concat(list(tables), ignore_index=True)
            if kept is not None:
                kept.parent.mkdir(parents=True, exist_ok=True)
                write_parquet(scores, kept)
            return scores

        return run

    if workers == 1:
        yield runner(None)
        return
    with open_pool(workers) as pool:
        yield runner(pool)


def _key(jobs: Sequence[Job]) -> str:
    digest = hashlib.sha256(json.dumps(list(jobs), sort_keys=True).encode())
    root = Path(attunement.__file__).parent
    for room in _ROOMS:
        for file in sorted((root / room).rglob("*.py")):
            digest.update(file.read_bytes())
    return digest.hexdigest()[:24]
