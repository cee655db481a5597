"""The study's tables, collected from its sessions."""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from attunement import provenance, schema
from attunement.errors import OutputError
from attunement.pipeline.failure import Failure
from attunement.study import Session, Study
from attunement.study.files import read_joined_parquet, write_csv, write_json, write_parquet
from attunement.study.places import Places

# What halves have even where no session could be split; their scores follow.
HALVES = {
    "session": schema.TEXT,
    "split": schema.TEXT,
    "half": schema.TEXT,
    "minutes": "float64",
}
BY_EPISODE = {
    "dyad": schema.TEXT,
    "session": schema.TEXT,
    "episode": schema.TEXT,
    **{name: kind for name, kind in schema.SCORES.items() if name not in ("dyad", "session")},
}


@dataclasses.dataclass(frozen=True)
class Tables:
    """A study's tables, with the columns of ``schema`` first; `Summary` holds the same."""

    scores: pd.DataFrame
    scores_by_episode: pd.DataFrame
    reliability: pd.DataFrame
    windows: pd.DataFrame
    failures: pd.DataFrame


def collect(study: Study, out: Path, failures: Sequence[Failure]) -> Tables:
    """Write the study's tables into `out` and return them; failed sessions are in none but one.

    Raises
    ------
    OutputError
        When a table cannot be replaced, as when a spreadsheet program has it open; the others are.
    """
    places = Places(out)
    failed = {failure.session for failure in failures}
    finished = [session for session in study.sessions if session.session not in failed]

    def gather(kind: str, columns: dict[str, str]) -> pd.DataFrame:
        table = read_joined_parquet([getattr(places.session(s.session), kind) for s in finished])
        return schema.conform(table, columns) if len(table) else schema.empty(columns)

    scores = _with_manifest(gather("scores", schema.SCORES), finished)
    by_episode = _with_manifest(gather("scores_by_episode", BY_EPISODE), finished)
    windows = gather("windows", schema.WINDOWS)
    table = pd.DataFrame(
        [dataclasses.asdict(failure) for failure in failures], columns=list(schema.FAILURES)
    )
    failures_table = schema.conform(table, schema.FAILURES)
    events = gather("events", schema.EVENTS)
    states = gather("states", schema.STATES)
    contingency = _contingency(
        gather("contingency", schema.CONTINGENCY), finished, study.config.scoring.seed
    )
    reliability = _reliability(scores, gather("halves", HALVES), study.config.scoring.seed)
    _write_all(
        lambda: write_parquet(windows, places.windows),
        lambda: write_parquet(events, places.events),
        lambda: write_parquet(states, places.states),
        lambda: write_csv(contingency, places.contingency_by_family),
        lambda: write_csv(scores, places.scores),
        lambda: write_csv(by_episode, places.scores_by_episode),
        lambda: write_csv(failures_table, places.failures),
        lambda: write_csv(reliability, places.reliability),
        lambda: write_json(_describe(study, reliability), places.study),
    )
    return Tables(scores, by_episode, reliability, windows, failures_table)


def _reliability(scores: pd.DataFrame, halves: pd.DataFrame, seed: int) -> pd.DataFrame:
    # Not needed before the last session is finished, and slow to load.
    from attunement.scoring import score_names
    from attunement.stats.reliability import reliability_of_scores

    names = score_names(scores)
    halves = halves.reindex(columns=list(dict.fromkeys([*halves.columns, *names])))
    return reliability_of_scores(halves, scores, scores=names, seed=seed)


def _contingency(table: pd.DataFrame, sessions: Sequence[Session], seed: int) -> pd.DataFrame:
    # Not needed before the last session is finished, and slow to load.
    from attunement.scoring import pooled_contingency

    return pooled_contingency(table, {one.session: one.family for one in sessions}, seed=seed)


def _write_all(*writes: Callable[[], None]) -> None:
    errors = []
    for write in writes:
        try:
            write()
        except OutputError as error:
            errors.append(error)
    if errors:
        advice = "Then run the same command again: what is finished is not computed again."
        raise OutputError(
            " ".join(dict.fromkeys(error.reason for error in errors)),
            f"{errors[0].advice} {advice}".strip(),
        )


def _with_manifest(table: pd.DataFrame, sessions: Sequence[Session]) -> pd.DataFrame:
    rows = [{"session": s.session, "family": s.family, **dict(s.covariates)} for s in sessions]
    if not rows:
        return table.assign(family=pd.Series(dtype=schema.TEXT))
    return table.merge(pd.DataFrame(rows), on="session", how="left", validate="many_to_one")


def _describe(study: Study, reliability: pd.DataFrame) -> dict[str, object]:
    from attunement.stats.reliability import reliability_sentence

    sections = {"faces", "signals", "scoring", "association"}
    return {
        "sessions": [session.session for session in study.sessions],
        "about_the_scores": reliability_sentence(reliability),
        "config": study.config.model_dump(mode="json", include=sections),
        "versions": provenance.versions(),
    }
