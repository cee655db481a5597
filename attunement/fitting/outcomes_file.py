"""Reads the table of outcomes that ``[association] outcomes_file`` names."""

from pathlib import Path

import pandas as pd

from attunement.errors import StudyError
from attunement.study.faults import Faults
from attunement.study.finding import near_file, tables_in
from attunement.study.sheets import read_sheet

ID_COLUMNS = ("session", "dyad", "family")


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
    faults = Faults(path.name)
    if not path.is_file():
        raise StudyError(
            f"[association] outcomes_file: {path} is not there.",
            f"{near_file(path, tables_in(path.parent))} Give it beside study.toml.".strip(),
        )
    sheet = read_sheet(path, known=ID_COLUMNS, faults=faults)
    if faults.sentences or sheet is None:
        raise StudyError(faults.sentences or f"{path.name} cannot be read.")
    rows = [cells for _, cells in sheet.rows]
    table = pd.DataFrame(rows, columns=list(sheet.columns), dtype="str")
    if not sheet.comma_separated:
        table = table.apply(
            lambda column: column.str.replace(r"^(-?\d+),(\d+)$", r"\1.\2", regex=True)
        )
    return table.mask(table == "")
