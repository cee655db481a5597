"""The columns that the models of a study use: joined, cleaned as declared, described, doubted.

What is found here is told before anything is fitted: how many values each column has, which cells
are no numbers where numbers are needed, and which values look like undeclared missing codes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from attunement.cards import listed
from attunement.config import Association
from attunement.errors import AssociationError
from attunement.fitting.changed import changed_words
from attunement.fitting.entered_sources import Source, Sources, declared_codes, read_sources
from attunement.fitting.entered_words import MOST_CELLS, cell_sentences, code_words
from attunement.fitting.names import check_settings
from attunement.fitting.outcomes_file import ID_COLUMNS
from attunement.pipeline.places import Places
from attunement.stats.association import declare_line, suspect_codes
from attunement.stats.association.cleaning import Cleaned, as_id
from attunement.stats.association.covariates import OFFERED, offered_covariates
from attunement.stats.association.describing import DESCRIBED, describe_cleaned
from attunement.stats.association.missing_codes import MissingValues, values_line
from attunement.stats.association.terms import parse_terms
from attunement.study import Study
from attunement.study.files import read_csv
from attunement.study.finding import find_results

WRONG_CELLS = ("file", "row", "column", "id", "found", "expected", "advice")


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
        return listed(cell_sentences(cells), at_most=MOST_CELLS, between=" ")


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
    read = read_sources(study, scores)
    names = _used(settings, read.table)
    codes = declared_codes(settings)
    doubted = _doubted(read.sources, names, codes)
    in_files = {name for source in read.sources for name in source.cleaned.table.columns}
    cells = _wrong_cells(read.sources)
    declare = keep = ""
    if len(doubted):
        entered = read.table[[name for name in names if name in in_files]]
        declare = declare_line(doubted, settings.missing_values, table=entered)
        keep = values_line(doubted["column"].iloc[0], settings.missing_values)
    return EnteredColumns(
        table=read.table,
        columns=_described(read, names),
        suspects=doubted,
        wrong_cells=cells[cells["column"].isin(names)].reset_index(drop=True),
        notes=(*code_words([s.cleaned for s in read.sources], codes, names), *read.told),
        declare=declare,
        keep=keep,
        unmatched=read.unmatched,
        sources=read.hashes,
        unjoined=read.unjoined,
        changed=tuple(changed_words(study, scores, columns=names)),
    )


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


def _used(settings: Association, table: pd.DataFrame) -> list[str]:
    """Return the columns of a table that any model uses."""
    offered = offered_covariates(table)[1] if OFFERED in settings.covariates else []
    used = [
        name
        for outcome in settings.outcomes
        for predictor in settings.predictors
        for name in model_columns(settings, outcome, predictor, list(table.columns))
    ]
    return [name for name in dict.fromkeys([*used, *offered]) if name in table.columns]


def _described(read: Sources, names: Sequence[str]) -> pd.DataFrame:
    tables = [describe_cleaned(source.cleaned).assign(file=source.file) for source in read.sources]
    in_files = {name for source in read.sources for name in source.cleaned.table.columns}
    first = read.sources[0].cleaned
    scores = Cleaned(
        read.table[[name for name in names if name not in in_files]],
        first.by_code[:0], first.wrong[:0], (),
    )  # fmt: skip
    tables.append(describe_cleaned(scores).assign(file="scores.csv"))
    columns = pd.concat(tables, ignore_index=True).set_index("column").loc[names].reset_index()
    return columns[["file", *DESCRIBED]]


def _doubted(sources: Sequence[Source], names: Sequence[str], codes: MissingValues) -> pd.DataFrame:
    tables = []
    for source in sources:
        clean = source.cleaned.table
        here = [name for name in names if name in clean.columns]
        if here:
            found = suspect_codes(clean, columns=here, missing_values=codes)
            tables.append(found.assign(file=source.file))
    doubted = pd.concat(tables, ignore_index=True) if tables else suspect_codes(pd.DataFrame())
    return doubted.reindex(columns=["file", *(n for n in doubted.columns if n != "file")])


def _wrong_cells(sources: Sequence[Source]) -> pd.DataFrame:
    wrong = []
    for source in sources:
        for cell in source.cleaned.wrong.to_dict("records"):
            place = int(cell.pop("place"))
            of = f"{source.ids.name} {as_id(source.ids.iloc[place])!r}"
            if there := source.corrected_in.get(str(cell["column"])):
                cell["advice"] = (
                    f"{cell['advice']} It comes from {there}: correct it there, and run."
                )
            wrong.append({**cell, "file": source.file, "row": source.rows[place], "id": of})
    return pd.DataFrame(wrong, columns=list(WRONG_CELLS))
