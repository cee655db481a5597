"""The stages of a session and the tables of a study, each declared once.

Keys, places, whether a stage is done, what is collected for the whole study, ``provenance.json``
and the list of files in ``docs/outputs.md`` follow from what stands here. A further table of a
stage is declared here and computed in the room of the stage; nothing else has to know of it.

Functions load the room of their stage when they are called: scipy.signal and scipy.stats take
longer to load than all else, and only a process that finishes a session needs them.
"""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from attunement import faces as faces_stage
from attunement import schema
from attunement.columns import Column
from attunement.pipeline.stage import File, Given, Stage, StudyTable, Table
from attunement.study import Session

# What halves have even where no session could be split; their scores follow.
HALVES = {
    "session": schema.TEXT,
    "split": schema.TEXT,
    "half": schema.TEXT,
    "minutes": "float64",
}


def _scored(table: str) -> Callable[[], Sequence[Column]]:
    """Return what gives the columns of a table of scores."""

    def declared() -> Sequence[Column]:
        from attunement.scoring.columns import columns

        return columns()[table]

    return declared


def _tracks(given: Given) -> dict[str, pd.DataFrame]:
    return {"tracks": faces_stage.join_spans(given.session, given.spans())}


def _faces(given: Given) -> dict[str, pd.DataFrame]:
    tracks = [given.read("tracks")]
    roles = faces_stage.propose_roles(given.session, tracks[0])
    clock = given.session.clock
    faces = faces_stage.assign_roles(
        tracks.pop(),  # handed over, so that it is gone as soon as its rows are taken
        roles,
        clock_uncertainty_s=clock.uncertainty_s if clock else None,
    )
    return {"roles": roles, "faces": faces}


def _signals(given: Given) -> dict[str, pd.DataFrame]:
    from attunement.signals import compute_signals

    table = compute_signals(given.read("faces"), given.session, given.session.config)
    return {"signals": table}


def _signals_inputs(session: Session) -> dict[str, Any]:
    return {
        "episodes": [dataclasses.asdict(episode) for episode in session.episodes],
        "exclude": [dataclasses.asdict(span) for span in session.exclude],
        "neutral": {
            partner.person: [dataclasses.asdict(span) for span in partner.neutral]
            for partner in session.partners
        },
    }


def _scoring(given: Given) -> dict[str, pd.DataFrame]:
    from attunement.scoring import score_halves, score_session

    session, signals = given.session, given.read("signals")
    scores = score_session(signals, session.config)
    # The manifest's further columns are joined when the study's tables are collected, so that a
    # new covariate recomputes nothing.
    ids = {"session": session.session, "dyad": session.dyad}
    return {
        "windows": scores.windows,
        "events": scores.events,
        "states": scores.states,
        "contingency": scores.contingency,
        "scores": scores.by_session.assign(**ids),
        "scores_by_episode": scores.by_episode.assign(**ids),
        "halves": score_halves(signals, session.config),
    }


# The one stage whose work is cut into spans: `join_spans` is what is left to do when they are
# there. It alone needs the recordings.
TRACKS = Stage(
    name="tracks",
    version=7,
    reads=(),
    section="faces",
    inputs=lambda session: faces_stage.tracks_fingerprint(session, session.config),
    writes=(
        Table(
            "tracks",
            "parquet",
            "One row a face found, before it is said whose it is.",
            schema.TRACKS,
        ),
    ),
    compute=_tracks,
)
FACES = Stage(
    name="faces",
    version=3,
    reads=("tracks", "clock"),
    section="",
    inputs=lambda session: faces_stage.roles_fingerprint(session),
    writes=(
        Table("roles", "csv", "Who every track is, as a table to copy and edit.", schema.ROLES),
        Table(
            "faces",
            "parquet",
            "One row a decoded frame and person, with what became of the frame.",
            schema.FACES,
        ),
    ),
    compute=_faces,
)
SIGNALS = Stage(
    name="signals",
    version=3,
    reads=("faces",),
    section="signals",
    inputs=_signals_inputs,
    writes=(
        Table(
            "signals",
            "parquet",
            "One row a grid time and person: the channels, on an even time grid.",
            schema.SIGNALS,
        ),
    ),
    compute=_signals,
)
SCORING = Stage(
    name="scoring",
    version=10,
    reads=("signals",),
    section="scoring",
    inputs=lambda session: {"dyad": session.dyad},  # written into the session's scores
    writes=(
        Table(
            "windows",
            "parquet",
            "One row a window: following, lag, marking and its cues, pattern, or the reason "
            "why not.",
            _scored("windows"),
            collected="parquet",
        ),
        Table(
            "events",
            "parquet",
            "One row an expression of the infant: whether, when and how the caregiver answered, "
            "and its pattern.",
            schema.EVENTS,
            collected="parquet",
        ),
        Table(
            "states",
            "parquet",
            "One row a second of an episode: both partners' states, matched or not.",
            schema.STATES,
            collected="parquet",
        ),
        Table(
            "contingency",
            "parquet",
            "How often the session's shifts gave which share answered.",
            schema.CONTINGENCY,
        ),
        Table(
            "scores",
            "parquet",
            "One row a session: its scores.",
            _scored("scores"),
            collected="csv",
        ),
        Table(
            "scores_by_episode",
            "parquet",
            "One row a session and episode: the scores of the episode.",
            _scored("scores_by_episode"),
            collected="csv",
        ),
        Table(
            "halves",
            "parquet",
            "The scores of the session's halves, from which their reliability is estimated.",
            HALVES,
        ),
    ),
    compute=_scoring,
)

# In the order in which a session goes through them.
STAGES = (TRACKS, FACES, SIGNALS, SCORING)


def _contingency_by_family(
    tables: dict[str, pd.DataFrame], sessions: Sequence[Session], seed: int
) -> pd.DataFrame:
    from attunement.scoring import pooled_contingency

    families = {session.session: session.family for session in sessions}
    return pooled_contingency(tables["contingency"], families, seed=seed)


def _reliability(
    tables: dict[str, pd.DataFrame], _sessions: Sequence[Session], seed: int
) -> pd.DataFrame:
    from attunement.scoring import score_names
    from attunement.stats.reliability import reliability_of_scores

    scores, halves = tables["scores"], tables["halves"]
    names = score_names(scores)
    halves = halves.reindex(columns=list(dict.fromkeys([*halves.columns, *names])))
    return reliability_of_scores(halves, scores, scores=names, seed=seed)


def _columns(
    _tables: dict[str, pd.DataFrame], sessions: Sequence[Session], _seed: int
) -> pd.DataFrame:
    from attunement.dictionary import data_dictionary

    names = (name for session in sessions for name, _ in session.covariates)
    return data_dictionary(dict.fromkeys(names))


STUDY_TABLES = (
    StudyTable(
        "contingency_by_family",
        "csv",
        "One row a family: answers above chance, pooled over its sessions.",
        reads=("contingency",),
        compute=_contingency_by_family,
    ),
    StudyTable(
        "reliability",
        "csv",
        "One row a score and term: how reliable it is of the occasion (split halves, minutes "
        "needed) and of the dyad (stability over its sessions, sessions needed), shares of "
        "variance.",
        reads=("scores", "halves"),
        compute=_reliability,
    ),
    StudyTable(
        "columns",
        "csv",
        "What every column of every table means, its unit, level by chance, when it is missing, "
        "and what it must not be used as.",
        reads=(),
        compute=_columns,
    ),
)
# What is written beside the tables.
SESSION_NOTES = (
    File(
        "clock",
        "json",
        "How the infant's recording lies on the caregiver's, and where the times of tables of "
        "other programs come from.",
    ),
    File("provenance", "json", "What the files beside it were made from: keys, hashes, settings."),
)
STUDY_NOTES = (
    File("failures", "csv", "Sessions that could not be finished, why, and what to do."),
    File("study", "json", "Versions and configuration of the tables of the study."),
    File(
        "log",
        "jsonl",
        "What every run did and when, one JSON object a line; the one file that differs between "
        "two runs.",
    ),
)


def session_tables() -> tuple[Table, ...]:
    """Return the tables of a session, in the order in which they are written."""
    return tuple(table for stage in STAGES for table in stage.writes)


def session_files() -> dict[str, File]:
    """Return the files of a session by name."""
    return {file.name: file for file in (*session_tables(), *SESSION_NOTES)}


def study_files() -> dict[str, File]:
    """Return the files of a study by name."""
    collected = [
        File(table.name, table.collected, table.says)
        for table in session_tables()
        if table.collected
    ]
    return {file.name: file for file in (*collected, *STUDY_TABLES, *STUDY_NOTES)}


def needed_stages(stage: Stage) -> tuple[Stage, ...]:
    """Return the stages whose tables a stage reads."""
    return tuple(
        before for before in STAGES if {table.name for table in before.writes} & set(stage.reads)
    )
