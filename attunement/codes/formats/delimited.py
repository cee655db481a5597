"""A plain table of codes: text with commas, semicolons or tabs, a row a span or a time unit."""

import csv
from pathlib import Path

import pandas as pd

from attunement.codes.formats.format import Format
from attunement.errors import TableError

_DELIMITERS = ",;\t"
_TEXT = ("session", "person", "code")


def read_delimited(path: Path) -> pd.DataFrame:
    """Return the table as it is written; ids and codes stay text, an empty cell is missing.

    A file of semicolons has decimal commas, as spreadsheets of those languages write it.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise TableError("is not text in UTF-8.", "Save it again as CSV UTF-8.") from None
    rows = [line for line in lines if line.strip()]
    if len(rows) < 2:
        raise TableError("has no row below its header.")
    delimiter = max(_DELIMITERS, key=rows[0].count)
    header, *cells = csv.reader(rows, delimiter=delimiter)
    header = [name.strip().lower() for name in header]
    uneven = [number for number, row in enumerate(cells, 2) if len(row) != len(header)]
    if uneven:
        raise TableError(
            f"has {len(cells[uneven[0] - 2])} cells in row {uneven[0]} where the header has"
            f" {len(header)}.",
            "Put texts that hold the separating sign in double quotes.",
        )
    table = pd.DataFrame(cells, columns=header, dtype="str")
    table = table.apply(lambda column: column.str.strip().replace("", None))
    decimal = "," if delimiter == ";" else "."
    for name in table.columns.difference(_TEXT):
        numbers = pd.to_numeric(table[name].str.replace(decimal, "."), errors="coerce")
        if (numbers.notna() == table[name].notna()).all():
            table[name] = numbers
    return table


FORMAT = Format("plain table", (".csv", ".tsv", ".txt"), read_delimited)
