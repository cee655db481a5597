"""The columns that the models of a study use: joined, cleaned as declared, described, doubted.

What is found here is told before anything is fitted: how many values each column has, which cells
are no numbers where numbers are needed, and which values look like undeclared missing codes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from attunement import provenance
from attunement.cards import count, listed
from attunement.config import Association
from attunement.errors import AssociationError
from attunement.fitting.changed import changed_words
from attunement.fitting.entered_words import cell_sentences, unjoined_words
from attunement.fitting.keys import join_keys, match_key, usable_rows, without_clashes
from attunement.fitting.names import check_columns, check_settings
from attunement.fitting.outcomes_file import ID_COLUMNS, read_outcome_cells
from attunement.pipeline.places import Places
from attunement.scoring.columns import score_types
from attunement.stats.association import declare_line, join_outcomes, suspect_codes
from attunement.stats.association.cleaning import Cleaned, as_id, clean_columns
from attunement.stats.association.covariates import OFFERED, offered_covariates
from attunement.stats.association.describing import DESCRIBED, describe_cleaned
from attunement.stats.association.missing_codes import (
    EVERY_OTHER,
    MissingValues,
    as_number,
    code_text,
    codes_of,
    values_line,
)
from attunement.stats.association.request import ALIASES
from attunement.stats.association.terms import parse_terms
from attunement.study import Study
from attunement.study.files import read_csv
from attunement.study.finding import find_results

WRONG_CELLS = ("file", "row", "column", "id", "found", "expected", "advice")
_QUANTITIES = ("continuous", "count", "time")
_MOST_CELLS = 5


@dataclass(frozen=True)
class EnteredColumns:
    """What the models of a study have before them.

    Attributes
    ----------
    table : pandas.DataFrame
        The scores with the outcomes joined and missing codes missing, one row a session.
    columns : pandas.DataFrame
        One row a column that a model uses: file, then as `describe_columns` gives it, with n and
        missing counted in the rows of that file.
    suspects : pandas.DataFrame
        file, then as `suspect_codes` gives them: values that look like undeclared missing codes.
    wrong_cells : pandas.DataFrame
        file, row (as a spreadsheet counts, the header is 1), column, id, found, expected, advice:
        cells that are no number where numbers are needed, or that labels do not name. The models
        that use such a column are not fitted.
    notes : tuple of str
        Declared codes that occur nowhere, codes that lie among the values of a column, decimal
        points beside commas, ids that were joined though written otherwise.
    declare : str
        The line of study.toml that declares the suspects; empty where there are none.
    keep : str
        The line that says that the first column with a suspect holds values only.
    unmatched : pandas.DataFrame
        Ids that are in the scores or in the outcomes only.
    sources : dict of str to str
        sha256 of the file of outcomes, by its name.
    changed : tuple of str
        What the manifest says otherwise than the scores, which are older.
    unjoined : str
        Which ids have no partner on either side, and what to do; empty where one side has all.

    Examples
    --------
    >>> import attunement
    >>> from attunement.fitting import read_entered
    >>> entered = read_entered(attunement.read_study("study.toml"), "pilot")
    >>> print(len(entered.table), len(entered.suspects), len(entered.wrong_cells))
    40 0 0
    """

    table: pd.DataFrame
    columns: pd.DataFrame
    suspects: pd.DataFrame
    wrong_cells: pd.DataFrame
    notes: tuple[str, ...]
    declare: str
    keep: str
    unmatched: pd.DataFrame
    sources: dict[str, str]
    unjoined: str = ""
    changed: tuple[str, ...] = ()

    def refusal(self, columns: Sequence[str]) -> str:
        """Return why a model of these columns cannot be fitted; empty where it can."""
        cells = self.wrong_cells[self.wrong_cells["column"].isin(columns)]
        return listed(cell_sentences(cells), at_most=_MOST_CELLS, between=" ")


@dataclass(frozen=True)
class _Source:
    """A file with entered columns: cleaned, with the number and id of every row.

    `corrected_in` names, by column, the file that people correct where it is another one.
    """

    file: str
    cleaned: Cleaned
    rows: Sequence[int]
    ids: pd.Series
    corrected_in: Mapping[str, str] = field(default_factory=dict)


def read_entered(study: Study, out: str | Path) -> EnteredColumns:
    """Read what the models of ``[association]`` are to be fitted to, and say what is in it.

    Parameters
    ----------
    study : Study
        From `read_study`.
    out : str or Path
        The output folder of `run_study`.

    Returns
    -------
    EnteredColumns
        Declared missing codes are missing in every column that people entered, in
        ``sessions.csv`` and in the file of outcomes; scores and ids are never looked at.

    Raises
    ------
    ConfigError, TableError, StudyError, OutputError
        As `fit_study`.

    Examples
    --------
    >>> import attunement
    >>> from attunement.fitting import read_entered
    >>> entered = read_entered(attunement.read_study("study.toml"), "pilot")
    >>> print(entered.columns[["column", "kind", "n", "missing"]])
            column     kind   n  missing
    0  sensitivity  numbers  40        0
    1    mirroring  numbers  40        0
    """
    settings = study.config.association
    check_settings(settings)
    scores = read_csv(Places(find_results(out)).path("scores"), text=ID_COLUMNS)
    codes = declared_codes(settings)
    scored = score_types()
    own = [name for name in scores.columns if name not in scored and name not in ID_COLUMNS]
    if not settings.outcomes_file:
        entered = [name for name in scores.columns if name in study.table.columns]
        check_columns(settings, list(scores.columns), entered=entered)
    ids = scores[next(n for n in ("dyad", "session", "family", *scores.columns) if n in scores)]
    labels = {name: names for name, names in settings.labels.items() if name in own}
    source = _Source(
        "scores.csv",
        _clean(scores[own], settings, codes, labels=labels, decimal_comma=False),
        range(2, len(scores) + 2),
        ids,
        corrected_in=dict.fromkeys(map(str, study.table.columns), "the manifest"),
    )
    table = scores.assign(**{name: source.cleaned.table[name] for name in own})
    sources, unmatched = [source], pd.DataFrame(columns=["id", "found_in", "hint"])
    hashes: dict[str, str] = {}
    alike: dict[str, str] = {}
    told: list[str] = []
    unjoined = ""
    if settings.outcomes_file:
        path = study.path.parent / settings.outcomes_file
        read = read_outcome_cells(path, sheet=settings.outcomes_sheet)
        check_columns(settings, [*read.table.columns, *scores.columns], entered=read.table.columns)
        scores_key, key = join_keys(settings, scores, read.table, file=path.name)
        outcomes = without_clashes(read.table, scores, settings, key)
        names = [name for name in outcomes.columns if name != key]
        labels = {name: given for name, given in settings.labels.items() if name in names}
        pairs = match_key(scores, outcomes, scores_key, key)
        if settings.ids != "alike":
            pairs = replace(pairs, alike={})
        used = usable_rows(pairs, scores, outcomes, predictors=settings.predictors)
        entered, cleaned = outcomes[names], None
        while cleaned is None:
            found = _clean(
                entered, settings, codes, labels=labels, decimal_comma=read.decimal_comma
            )
            idle = found.wrong[~used.to_numpy()[found.wrong["place"].astype(int)]]
            # A cell that no model reads is no reason to refuse the models of its column.
            entered = _without_cells(entered, idle)
            told += [
                f"{path.name}, row {read.rows[cell['place']]}, column {cell['column']}: found "
                f"{cell['found']!r}, expected {cell['expected']}; the row has no score and is not "
                "used."
                for cell in idle.to_dict("records")
            ]
            cleaned = found if idle.empty else None
        if not used.all():
            told.append(
                f"{path.name}: n, missing and what follows count all {len(used)} rows of the file; "
                f"{int(used.sum())} of them have a score."
            )
        joined = join_outcomes(
            table,
            cleaned.table.assign(**{key: outcomes[key]}),
            key=key,
            scores_key=scores_key,
            ids_alike=settings.ids == "alike",
        )
        table, unmatched, alike = joined.table, joined.unmatched, joined.alike
        sources.append(_Source(path.name, cleaned, read.rows, outcomes[key]))
        unjoined = unjoined_words(
            unmatched, scores[scores_key], key=scores_key, file=path.name, study=study.table
        )
        hashes = {path.name: provenance.file_sha256(path)}
    all_found = _entered(table, sources, settings, codes, unmatched=unmatched, hashes=hashes)
    return replace(
        all_found,
        notes=(*all_found.notes, *told, *_alike_notes(alike)),
        unjoined=unjoined,
        changed=tuple(changed_words(study, scores, columns=list(all_found.columns["column"]))),
    )


def _without_cells(table: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Return a table with these cells missing."""
    table = table.copy()
    for name, places in cells.groupby("column")["place"]:
        gone = np.zeros(len(table), dtype=bool)
        gone[places.to_numpy(int)] = True
        table[name] = table[name].mask(gone)
    return table


def _alike_notes(alike: dict[str, str]) -> list[str]:
    if not alike:
        return []
    pairs = [f"{theirs!r} as {ours!r}" for theirs, ours in alike.items()]
    return [
        f'ids = "alike": {count(len(alike), "id")} written otherwise in the outcomes were taken '
        f"for those of the study: {listed(pairs, at_most=_MOST_CELLS)}."
    ]


def declared_codes(settings: Association) -> MissingValues:
    """Return the declared codes; an empty list that was written says that all are values."""
    if "missing_values" in settings.model_fields_set and settings.missing_values == ():
        return {EVERY_OTHER: ()}
    return settings.missing_values


def model_columns(
    settings: Association, outcome: str, predictor: str, columns: Sequence[str]
) -> list[str]:
    """Return every column that the model of an outcome and a predictor uses."""
    terms = [predictor, *(name for name in settings.covariates if name != OFFERED)]
    try:
        of_terms = [name for term in parse_terms(terms, columns) for name in term.columns]
    except AssociationError:
        of_terms = []  # the fit says what is wrong with the term
    further = (settings.events.get(outcome, ""), settings.exposures.get(outcome, ""))
    return list(dict.fromkeys([outcome, *(name for name in further if name), *of_terms]))


def _clean(
    table: pd.DataFrame,
    settings: Association,
    codes: MissingValues,
    *,
    labels: dict[str, dict[str, str]],
    decimal_comma: bool,
) -> Cleaned:
    kinds = {name: ALIASES.get(kind, kind) for name, kind in settings.kinds.items()}
    numbers = {*settings.events.values(), *settings.exposures.values()}
    numbers |= {name for name, kind in kinds.items() if kind in _QUANTITIES}
    return clean_columns(
        table,
        missing_values=codes,
        labels=labels,
        numbers=numbers,
        categories=set(kinds) - numbers,
        decimal_comma=decimal_comma,
    )


def _entered(
    table: pd.DataFrame,
    sources: Sequence[_Source],
    settings: Association,
    codes: MissingValues,
    *,
    unmatched: pd.DataFrame,
    hashes: dict[str, str],
) -> EnteredColumns:
    offered = offered_covariates(table)[1] if OFFERED in settings.covariates else []
    used = dict.fromkeys(
        name
        for outcome in settings.outcomes
        for predictor in settings.predictors
        for name in model_columns(settings, outcome, predictor, list(table.columns))
    )
    names = [name for name in dict.fromkeys([*used, *offered]) if name in table.columns]
    described, suspects, wrong = [], [], []
    for source in sources:
        clean = source.cleaned.table
        described.append(describe_cleaned(source.cleaned).assign(file=source.file))
        here = [name for name in names if name in clean.columns]
        if here:
            found = suspect_codes(clean, columns=here, missing_values=codes)
            suspects.append(found.assign(file=source.file))
        for cell in source.cleaned.wrong.to_dict("records"):
            place = int(cell.pop("place"))
            of = f"{source.ids.name} {as_id(source.ids.iloc[place])!r}"
            if there := source.corrected_in.get(str(cell["column"])):
                cell["advice"] = (
                    f"{cell['advice']} It comes from {there}: correct it there, and run."
                )
            wrong.append({**cell, "file": source.file, "row": source.rows[place], "id": of})
    in_files = {name for source in sources for name in source.cleaned.table.columns}
    scores = [name for name in names if name not in in_files]
    of_scores = Cleaned(
        table[scores], sources[0].cleaned.by_code[:0], sources[0].cleaned.wrong[:0], ()
    )
    described.append(describe_cleaned(of_scores).assign(file="scores.csv"))
    columns = pd.concat(described, ignore_index=True).set_index("column").loc[names].reset_index()
    doubted = pd.concat(suspects, ignore_index=True) if suspects else suspect_codes(table[[]])
    doubted = doubted.reindex(columns=["file", *(n for n in doubted.columns if n != "file")])
    cells = pd.DataFrame(wrong, columns=list(WRONG_CELLS))
    return EnteredColumns(
        table=table,
        columns=columns[["file", *DESCRIBED]],
        suspects=doubted,
        wrong_cells=cells[cells["column"].isin(names)].reset_index(drop=True),
        notes=tuple(_notes(sources, codes, names)),
        declare=_declare(doubted, settings, table[[n for n in names if n in in_files]]),
        keep=values_line(doubted["column"].iloc[0], settings.missing_values)
        if len(doubted)
        else "",
        unmatched=unmatched,
        sources=hashes,
    )


def _declare(doubted: pd.DataFrame, settings: Association, table: pd.DataFrame) -> str:
    return declare_line(doubted, settings.missing_values, table=table) if len(doubted) else ""


def _notes(sources: Sequence[_Source], codes: MissingValues, names: Sequence[str]) -> list[str]:
    by_code = pd.concat([source.cleaned.by_code for source in sources])
    columns = {n: c for source in sources for n, c in source.cleaned.table.items()}
    notes = []
    if isinstance(codes, dict):
        declared = [(name, code) for name, given in codes.items() for code in given]
    else:
        declared = [(EVERY_OTHER, code) for code in codes]
    for name, code in declared:
        where = by_code if name == EVERY_OTHER else by_code[by_code["column"] == name]
        if code_text(code) not in set(where["code"]):
            place = "column that people entered" if name == EVERY_OTHER else f"cell of {name}"
            notes.append(f"The declared missing value {code_text(code)} is in no {place}.")
    for row in by_code.to_dict("records"):
        name, number = row["column"], as_number(row["code"])
        known = columns[name].dropna()
        if name not in names or not pd.api.types.is_numeric_dtype(known) or known.empty:
            continue
        if known.min() < number < known.max() and row["code"] in map(
            code_text, codes_of(name, codes)
        ):
            notes.append(
                f"{name}: the declared missing value {row['code']} lies among its values "
                f"({known.min():g} to {known.max():g}); {row['n']} of its cells were taken as "
                f"missing. Where it is a value there, declare codes by column: missing_values = "
                f'{{"*" = [...], {name} = [...]}}.'
            )
    notes += [
        f"{name}: decimal points and decimal commas in one column; both were read as decimal."
        for source in sources
        for name in source.cleaned.both_marks
        if name in names
    ]
    return notes
