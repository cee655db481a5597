"""The tables that people entered, in the manifest and beside it: cleaned, and joined to scores."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement import provenance
from attunement.config import Association
from attunement.fitting.entered_words import alike_words, unjoined_words
from attunement.fitting.keys import join_keys, match_key, usable_rows, without_clashes
from attunement.fitting.names import check_columns
from attunement.fitting.outcomes_file import ID_COLUMNS, OutcomeCells, read_outcome_cells
from attunement.scoring.columns import score_types
from attunement.stats.association import join_outcomes
from attunement.stats.association.cleaning import Cleaned, clean_columns
from attunement.stats.association.missing_codes import EVERY_OTHER, MissingValues
from attunement.stats.association.request import ALIASES
from attunement.study import Study

_QUANTITIES = ("continuous", "count", "time")


@dataclass(frozen=True)
class Source:
    """A file with entered columns: cleaned, with the number and id of every row.

    `corrected_in` names, by column, the file that people correct where it is another one.
    """

    file: str
    cleaned: Cleaned
    rows: Sequence[int]
    ids: pd.Series
    corrected_in: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Sources:
    """Scores and outcomes in one table, and the files that it comes from.

    Attributes
    ----------
    table : pandas.DataFrame
        The scores with the outcomes joined and missing codes missing, one row a session.
    sources : tuple of Source
        ``scores.csv``, then the file of outcomes where there is one.
    unmatched : pandas.DataFrame
        id, found_in, hint: ids that are on one side only.
    hashes : dict of str to str
        sha256 of the file of outcomes, by its name.
    told : tuple of str
        Cells that no model reads, rows without a score, ids that were joined though written
        otherwise.
    unjoined : str
        Which ids have no partner, and what to do.
    """

    table: pd.DataFrame
    sources: tuple[Source, ...]
    unmatched: pd.DataFrame
    hashes: dict[str, str] = field(default_factory=dict)
    told: tuple[str, ...] = ()
    unjoined: str = ""


def declared_codes(settings: Association) -> MissingValues:
    """Return the declared codes; an empty list that was written says that all are values."""
    if "missing_values" in settings.model_fields_set and settings.missing_values == ():
        return {EVERY_OTHER: ()}
    return settings.missing_values


def read_sources(study: Study, scores: pd.DataFrame) -> Sources:
    """Clean what people entered, as ``[association]`` declares it, and join it to the scores."""
    settings = study.config.association
    scored = score_types()
    own = [name for name in scores.columns if name not in scored and name not in ID_COLUMNS]
    if not settings.outcomes_file:
        entered = [name for name in scores.columns if name in study.table.columns]
        check_columns(settings, list(scores.columns), entered=entered)
    ids = scores[next(n for n in ("dyad", "session", "family", *scores.columns) if n in scores)]
    labels = {name: names for name, names in settings.labels.items() if name in own}
    source = Source(
        "scores.csv",
        _clean(scores[own], settings, labels=labels, decimal_comma=False),
        range(2, len(scores) + 2),
        ids,
        corrected_in=dict.fromkeys(map(str, study.table.columns), "the manifest"),
    )
    table = scores.assign(**{name: source.cleaned.table[name] for name in own})
    if settings.outcomes_file:
        return _with_outcomes(study, scores, table, source)
    return Sources(table, (source,), pd.DataFrame(columns=["id", "found_in", "hint"]))


def _with_outcomes(
    study: Study, scores: pd.DataFrame, table: pd.DataFrame, source: Source
) -> Sources:
    settings = study.config.association
    path = study.path.parent / settings.outcomes_file
    read = read_outcome_cells(path, sheet=settings.outcomes_sheet)
    check_columns(settings, [*read.table.columns, *scores.columns], entered=read.table.columns)
    scores_key, key = join_keys(settings, scores, read.table, file=path.name)
    outcomes = without_clashes(read.table, scores, settings, key)
    pairs = match_key(scores, outcomes, scores_key, key)
    if settings.ids != "alike":
        pairs = replace(pairs, alike={})
    used = usable_rows(pairs, scores, outcomes, predictors=settings.predictors)
    names = [name for name in outcomes.columns if name != key]
    cleaned, told = _clean_outcomes(outcomes[names], settings, read, path, used=used.to_numpy())
    joined = join_outcomes(
        table,
        cleaned.table.assign(**{key: outcomes[key]}),
        key=key,
        scores_key=scores_key,
        ids_alike=settings.ids == "alike",
    )
    return Sources(
        joined.table,
        (source, Source(path.name, cleaned, read.rows, outcomes[key])),
        joined.unmatched,
        hashes={path.name: provenance.file_sha256(path)},
        told=(*told, *alike_words(joined.alike)),
        unjoined=unjoined_words(
            joined.unmatched, scores[scores_key], key=scores_key, file=path.name, study=study.table
        ),
    )


def _clean_outcomes(
    entered: pd.DataFrame,
    settings: Association,
    read: OutcomeCells,
    path: Path,
    *,
    used: NDArray[np.bool_],
) -> tuple[Cleaned, list[str]]:
    """Clean the outcomes; what stands in rows without a score is told and then left out."""
    labels = {name: given for name, given in settings.labels.items() if name in entered.columns}
    told: list[str] = []
    while True:
        found = _clean(entered, settings, labels=labels, decimal_comma=read.decimal_comma)
        idle = found.wrong[~used[found.wrong["place"].astype(int)]]
        if idle.empty:
            break
        # A cell that no model reads is no reason to refuse the models of its column.
        entered = _without_cells(entered, idle)
        told += [
            f"{path.name}, row {read.rows[cell['place']]}, column {cell['column']}: found "
            f"{cell['found']!r}, expected {cell['expected']}; the row has no score and is not "
            "used."
            for cell in idle.to_dict("records")
        ]
    if not used.all():
        told.append(
            f"{path.name}: n, missing and what follows count all {len(used)} rows of the file; "
            f"{int(used.sum())} of them have a score."
        )
    return found, told


def _without_cells(table: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Return a table with these cells missing."""
    table = table.copy()
    for name, places in cells.groupby("column")["place"]:
        gone = np.zeros(len(table), dtype=bool)
        gone[places.to_numpy(int)] = True
        table[name] = table[name].mask(gone)
    return table


def _clean(
    table: pd.DataFrame,
    settings: Association,
    *,
    labels: dict[str, dict[str, str]],
    decimal_comma: bool,
) -> Cleaned:
    kinds = {name: ALIASES.get(kind, kind) for name, kind in settings.kinds.items()}
    numbers = {*settings.events.values(), *settings.exposures.values()}
    numbers |= {name for name, kind in kinds.items() if kind in _QUANTITIES}
    return clean_columns(
        table,
        missing_values=declared_codes(settings),
        labels=labels,
        numbers=numbers,
        categories=set(kinds) - numbers,
        decimal_comma=decimal_comma,
    )
