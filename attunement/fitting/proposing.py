"""Proposes the ``[association]`` of a study from its outcomes: ``attunement fit --propose``."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from attunement.cards import Card, Carded, count, listed
from attunement.errors import StudyError
from attunement.fitting.columns import Proposed, propose_columns
from attunement.fitting.keys import Key, declared_names, match_key, usable_rows
from attunement.fitting.outcomes_file import ID_COLUMNS
from attunement.fitting.outcomes_search import (
    files_of_programs,
    find_outcomes_file,
    read_fitting_sheet,
)
from attunement.fitting.predictors import proposed_predictors
from attunement.fitting.proposal_text import proposal_toml
from attunement.pipeline.places import Places
from attunement.scoring.columns import score_types
from attunement.study import Study
from attunement.study.files import read_csv
from attunement.study.finding import MANIFESTS, find_results
from attunement.study.manifest import COLUMNS
from attunement.study.sheets import sheet_names


@dataclass(frozen=True, repr=False)
class Proposal(Carded):
    """What `propose_association` proposes.

    Attributes
    ----------
    text : str
        The section, as it may stand in ``study.toml``.
    source : Path
        The file of outcomes, or the manifest.
    key : Key or None
        How its ids match; None where the outcomes are the manifest's own columns.
    columns : tuple of Proposed
        What every column may be.
    to_correct : tuple of str
        What must be corrected in the file of outcomes before a fit can be made.

    Examples
    --------
    >>> import attunement
    >>> import pandas as pd
    >>> from attunement.fitting import propose_association
    >>> coded = pd.DataFrame({"ID": [f"D{k}" for k in range(40)], "secure": [0, 1] * 20})
    >>> coded.to_csv("outcomes.csv", index=False)
    >>> proposal = propose_association(attunement.read_study("study.toml"), out="pilot")
    >>> print(proposal.source.name, proposal.key.n_found, proposal.key.alike["D1"])
    outcomes.csv 40 d1
    """

    text: str
    source: Path
    key: Key | None
    columns: tuple[Proposed, ...]
    to_correct: tuple[str, ...]

    def _card(self) -> Card:
        """Return what it holds, in a few lines."""
        outcomes = [f"{one.name} ({one.kind})" for one in self.columns if one.role == "outcome"]
        return Card(
            f"Proposed [association] from {self.source.name}: {count(len(outcomes), 'outcome')}",
            (
                ("outcomes", ", ".join(outcomes)),
                ("to correct", " ".join(self.to_correct)),
                ("section", ".text"),
            ),
        )


def propose_association(
    study: Study, *, outcomes: str | Path | None = None, out: str | Path | None = None
) -> Proposal:
    """Propose what ``[association]`` may say of the outcomes of a study.

    Every line is a guess from how a column is named and filled, for people to correct; nothing of
    it holds before it stands in ``study.toml``. No outcome is proposed as primary.

    Parameters
    ----------
    study : Study
        From `read_study`.
    outcomes : str or Path, optional
        The file of outcomes (``.csv``, ``.xlsx``). By default the one that ``[association]`` names,
        else the table beside ``study.toml`` whose ids are those of the study, else the further
        columns of the manifest.
    out : str or Path, optional
        The folder of a finished run, whose dyads are then the ones that ids are matched with; else
        those of the manifest.

    Returns
    -------
    Proposal
        With the section as text. Missing cells stay missing; suspected codes of missing values are
        proposed as such and named.

    Raises
    ------
    StudyError
        When there is nothing to propose from, when several files may be meant, or when the file
        cannot be read.
    OutputError
        When `out` holds no scores.

    Examples
    --------
    >>> import attunement
    >>> import pandas as pd
    >>> from attunement.fitting import propose_association
    >>> coded = pd.DataFrame({"ID": [f"D{k}" for k in range(40)], "secure": [0, 1] * 20})
    >>> coded.to_csv("outcomes.csv", index=False)
    >>> proposal = propose_association(attunement.read_study("study.toml"), out="pilot")
    >>> print(proposal)
    Proposed [association] from outcomes.csv: 1 outcome
      outcomes  secure (binary)
      section   .text
    """
    scores = _scores(study, out)
    folder = study.path.parent
    named = study.config.association.outcomes_file
    others = ""
    if outcomes is not None:
        source: Path | None = Path(outcomes)
    elif named:
        source = folder / named
    else:
        source, others = find_outcomes_file(study, scores)
    if source is None:
        return _of_manifest(study, scores)
    sheet, cells, key = read_fitting_sheet(
        source, scores, sheet=study.config.association.outcomes_sheet
    )
    table = cells.table
    key = _declared_key(study, scores, table) or key
    if key is None:
        raise StudyError(
            f"No column of {source.name} holds the ids of this study "
            f"(such as {', '.join(scores['dyad'].head(3))}); found "
            f"{', '.join(map(repr, table.columns[:12]))}.",
            f"{_other_sheets(source, sheet)} Add a column with the ids as the manifest has them, "
            "or give another --outcomes FILE.".strip(),
        )
    taken = [*score_types(), *scores.columns]
    ids = [name for name in table.columns if name == key.outcomes or name in ID_COLUMNS]
    clash = [name for name in table.columns if name in taken and name not in ids]
    declared, of_predictors = proposed_predictors(study.config.association, scores)
    joined = usable_rows(key, scores, table, predictors=declared.predictors)
    columns = propose_columns(
        table.drop(columns=[*ids, *clash]), matched=joined, decimal_comma=cells.decimal_comma
    )
    columns = (
        *columns,
        *(Proposed(n, why="the scores have a column of this name: rename it") for n in clash),
    )
    asked = [name for name in clash if name in declared.predictors]
    to_correct = _to_correct(source, key, cells.rows, asked)
    return Proposal(
        text=proposal_toml(
            columns,
            source=_beside(source, folder),
            key=key,
            declared=declared,
            to_correct=to_correct,
            sheet=sheet,
            note=" ".join(filter(None, (others, _other_sheets(source, sheet)))),
            of_predictors=of_predictors,
        ),
        source=source,
        key=key,
        columns=columns,
        to_correct=to_correct,
    )


def _of_manifest(study: Study, scores: pd.DataFrame) -> Proposal:
    further = [name for name in study.table.columns if name not in COLUMNS]
    if not further:
        others = files_of_programs(study.path.parent)
        raise StudyError(
            f"There are no outcomes: no table lies beside {study.path.name}, and the manifest has "
            "no further columns.",
            " ".join(others)
            or "Put the file of outcomes (.csv or .xlsx) there, or give --outcomes FILE.",
        )
    table = study.table[further].mask(study.table[further] == "")
    columns = propose_columns(
        table,
        matched=pd.Series(True, index=table.index),
        decimal_comma=False,
    )
    source = next(p for name in MANIFESTS if (p := study.path.parent / name).is_file())
    declared, of_predictors = proposed_predictors(study.config.association, scores)
    text = proposal_toml(
        columns,
        source="",
        key=None,
        declared=declared,
        to_correct=(),
        of_predictors=of_predictors,
    )
    return Proposal(text=text, source=source, key=None, columns=columns, to_correct=())


def _scores(study: Study, out: str | Path | None) -> pd.DataFrame:
    if out is not None:
        return read_csv(Places(find_results(out)).path("scores"), text=ID_COLUMNS)
    rows = [{name: getattr(s, name) for name in ID_COLUMNS} for s in study.sessions]
    further = {name: study.table[name] for name in study.table.columns if name not in COLUMNS}
    return pd.DataFrame(rows).assign(**further)


def _declared_key(study: Study, scores: pd.DataFrame, table: pd.DataFrame) -> Key | None:
    ours, theirs = declared_names(study.config.association)
    if ours in scores.columns and theirs in table.columns:
        return match_key(scores, table, ours, theirs)
    return None


def _to_correct(
    source: Path, key: Key, rows: Sequence[int], clash: Sequence[str]
) -> tuple[str, ...]:
    told = [
        f"{source.name} has a column {name!r}, as the scores have: rename it there."
        for name in clash
    ]
    if key.rows_without:
        numbers = listed([str(rows[place]) for place in key.rows_without])
        told.append(
            f"{source.name}, row {numbers}, has no {key.outcomes}: give an id there, or delete "
            "what else stands in the row."
        )
    if key.repeated:
        told.append(
            f"{count(len(key.repeated), 'id')} more than once in {key.outcomes!r} of "
            f"{source.name} ({', '.join(key.repeated[:5])}): leave one row for each id."
        )
    return tuple(told)


def _other_sheets(source: Path, sheet: str) -> str:
    first, *others = sheet_names(source) or [""]
    names = [name for name in (first, *others) if name != (sheet or first)]
    if not names:
        return ""
    return (
        f"Of the workbook the sheet {sheet or first!r} was read, not {', '.join(map(repr, names))}."
    )


def _beside(source: Path, folder: Path) -> str:
    try:
        return Path(os.path.relpath(source, folder)).as_posix()
    except ValueError:  # another drive of Windows
        return Path(os.path.abspath(source)).as_posix()
