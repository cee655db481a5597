"""The study's tables, collected from its sessions."""

import dataclasses
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pandas as pd

from attunement import provenance, schema
from attunement.errors import OutputError
from attunement.pipeline import stages
from attunement.pipeline.failure import Failure
from attunement.pipeline.places import Places
from attunement.pipeline.stage import Table
from attunement.study import Session, Study
from attunement.study.files import read_joined_parquet, write_csv, write_json, write_parquet


def collect(study: Study, out: Path, failures: Sequence[Failure]) -> dict[str, pd.DataFrame]:
    """Write the study's tables into `out`; failed sessions are in none but one.

    Returns
    -------
    dict of str to pandas.DataFrame
        The study's tables by name: those that stages have collected, those of
        ``stages.STUDY_TABLES``, and ``failures``.

    Raises
    ------
    OutputError
        When a table cannot be replaced, as when a spreadsheet program has it open; the others are.
    """
    failed = {failure.session for failure in failures}
    finished = [session for session in study.sessions if session.session not in failed]
    of_sessions = _gather(finished, out)
    tables = {
        table.name: of_sessions[table.name] for table in stages.session_tables() if table.collected
    }
    for made in stages.STUDY_TABLES:
        read = {name: of_sessions[name] for name in made.reads}
        tables[made.name] = made.compute(read, finished, study.config.scoring.seed)
    rows = [dataclasses.asdict(failure) for failure in failures]
    tables["failures"] = schema.conform(
        pd.DataFrame(rows, columns=list(schema.FAILURES)), schema.FAILURES
    )
    places = Places(out)
    writes = {"parquet": write_parquet, "csv": write_csv}
    _write_all(
        *(
            partial(writes[stages.study_files()[name].ending], table, places.path(name))
            for name, table in tables.items()
        ),
        partial(write_json, _describe(study, tables["reliability"]), places.path("study")),
    )
    return tables


def _gather(sessions: Sequence[Session], out: Path) -> dict[str, pd.DataFrame]:
    """Return the tables that the study needs of its sessions, each with the rows of all."""
    read = {name for made in stages.STUDY_TABLES for name in made.reads}
    return {
        table.name: _with_manifest(joined, sessions) if table.collected == "csv" else joined
        for table in stages.session_tables()
        if table.collected or table.name in read
        for joined in [_joined(table, sessions, out)]
    }


def _joined(declared: Table, sessions: Sequence[Session], out: Path) -> pd.DataFrame:
    paths = [Places(out).session(one.session).path(declared.name) for one in sessions]
    table = read_joined_parquet(paths)
    columns = declared.types
    return schema.conform(table, columns) if len(table) else schema.empty(columns)


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
    # Not needed before the last session is finished, and slow to load.
    from attunement.stats.reliability import reliability_sentence

    sections = {stage.section for stage in stages.STAGES if stage.section} | {"association"}
    return {
        "sessions": [session.session for session in study.sessions],
        "about_the_scores": reliability_sentence(reliability),
        "config": study.config.model_dump(mode="json", include=sections),
        "versions": provenance.versions(),
    }
