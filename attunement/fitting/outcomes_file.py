"""Reads the table of outcomes that ``[association] outcomes_file`` names."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from attunement.errors import StudyError
from attunement.study.faults import Faults
from attunement.study.finding import near_file, program_of, tables_in
from attunement.study.sheets import read_sheet
from attunement.written_numbers import read_numbers

ID_COLUMNS = ("session", "dyad", "family")


@dataclass(frozen=True)
class OutcomeCells:
    """The cells of a table of outcomes as they are written.

    Attributes
    ----------
    table : pandas.DataFrame
        Text; empty cells are missing.
    rows : tuple of int
        Number of each row as a spreadsheet shows it; the header is 1.
    decimal_comma : bool
        Whether a comma marks decimals unless the column says otherwise.
    """

    table: pd.DataFrame
    rows: tuple[int, ...]
    decimal_comma: bool


def read_outcomes(path: Path) -> pd.DataFrame:
    """Read a table of outcomes (.csv with commas, semicolons or tabs; .xlsx), every cell text.

    Empty cells are missing; decimal commas are read where commas do not separate.

    Raises
    ------
    StudyError
        Every fault of the file, with row and column.

    Examples
    --------
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> from attunement.fitting import read_outcomes
    >>> coded = pd.DataFrame({"dyad": ["d1", "d2"], "sensitivity": [5, 6.5]})
    >>> coded.to_csv("outcomes.csv", sep=";", decimal=",", index=False)
    >>> print(read_outcomes(Path("outcomes.csv")))
      dyad sensitivity
    0   d1         5.0
    1   d2         6.5
    """
    cells = read_outcome_cells(path)
    return cells.table.apply(_with_points, decimal_comma=cells.decimal_comma)


def read_outcome_cells(path: Path, *, sheet: str = "") -> OutcomeCells:
    """Read a table of outcomes without reading its numbers; `sheet` is that of a workbook.

    Raises
    ------
    StudyError
        Every fault of the file, with row and column.
    """
    faults = Faults(path.name)
    if not path.is_file():
        raise StudyError(
            f"[association] outcomes_file: {path} is not there.",
            f"{near_file(path, tables_in(path.parent))} Give it beside study.toml.".strip(),
        )
    if program := program_of(path):
        raise StudyError(
            f"{path.name} is a file of {program}, which cannot be read.",
            "Save it there as .csv or .xlsx.",
        )
    read = read_sheet(path, known=ID_COLUMNS, faults=faults, keep_errors=True, sheet=sheet)
    if faults.sentences or read is None:
        raise StudyError(faults.sentences or f"{path.name} cannot be read.")
    rows = [cells for _, cells in read.rows]
    table = pd.DataFrame(rows, columns=list(read.columns), dtype="str")
    return OutcomeCells(
        table.mask(table == ""), tuple(row for row, _ in read.rows), not read.comma_separated
    )


def _with_points(column: pd.Series, *, decimal_comma: bool) -> pd.Series:
    """Return a column of numbers with decimal points and no percent; any other as it is."""
    read = read_numbers(column.fillna("").tolist(), decimal_comma=decimal_comma)
    if read.wrong:
        return column
    rewritten = column.str.contains("[,%]", na=False)
    return column.mask(rewritten, pd.Series(read.values, index=column.index).map(repr))
