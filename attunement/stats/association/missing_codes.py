"""Declared codes of missing values: which hold for a column, and which cells hold one."""

import math
import re
from collections.abc import Mapping, Sequence

import pandas as pd

from attunement.written_numbers import plain_number, tidy

MissingValues = Sequence[str | float] | Mapping[str, Sequence[str | float]]
EVERY_OTHER = "*"


def codes_of(name: str, missing_values: MissingValues) -> Sequence[str | float]:
    """Return the declared codes of a column."""
    if not isinstance(missing_values, Mapping):
        return missing_values
    return missing_values.get(name, missing_values.get(EVERY_OTHER, ()))


def holds_values_only(name: str, missing_values: MissingValues) -> bool:
    """Tell whether a column, by itself or with all others, is declared to have no code at all."""
    if not isinstance(missing_values, Mapping):
        return False
    return not missing_values.get(name, missing_values.get(EVERY_OTHER, ("not named",)))


def declared_cells(column: pd.Series, codes: Sequence[str | float]) -> pd.Series:
    """Return the code that each cell holds, as it was declared; None where it holds none.

    A number, declared as a number or as text, stands for every way to write it.
    """
    by_number = {n: code for code in codes if not math.isnan(n := as_number(code))}
    by_text = {tidy(str(code)): code for code in codes}

    def code(cell: object) -> str | float | None:
        if cell is None or cell is pd.NA or cell != cell:
            return None
        found = by_text.get(tidy(str(cell)))
        return by_number.get(as_number(cell)) if found is None else found

    known = {cell: code(cell) for cell in column.dropna().unique()} if codes else {}
    cells = zip(column, column.isna(), strict=True)
    found = [None if gone else known.get(cell) for cell, gone in cells]
    return pd.Series(found, index=column.index, dtype=object)


def declare_line(
    suspects: pd.DataFrame,
    missing_values: MissingValues = (),
    *,
    table: pd.DataFrame | None = None,
) -> str:
    """Return the line of study.toml that declares suspected codes beside what is declared.

    One list serves all columns, unless codes are declared by column already, a suspect is a single
    digit, or stands in another column of `table` that is not suspected: 9 may be a code in one
    column and a count in the next.

    Parameters
    ----------
    suspects : pandas.DataFrame
        Rows of `suspect_codes` (columns column, value).
    missing_values : sequence of str or float, or mapping
        What is declared already.
    table : pandas.DataFrame, optional
        The columns for which the line is to hold.

    Returns
    -------
    str
        A line for ``[association]``.

    Examples
    --------
    >>> import pandas as pd
    >>> from attunement.stats.association import declare_line, suspect_codes
    >>> table = pd.DataFrame({"rating": [4, 2, -99, 5, 3, 1], "age": [101, 93, 99, 88, 97, 90]})
    >>> print(declare_line(suspect_codes(table), [999], table=table))
    missing_values = [999, -99]
    >>> table = pd.DataFrame({"rating": [4, 2, 99, 5, 3, 1], "age": [101, 93, 99, 88, 97, 90]})
    >>> print(declare_line(suspect_codes(table), [999], table=table))
    missing_values = {"*" = [999], rating = [999, 99]}
    """
    found = [(str(row["column"]), row["value"]) for row in suspects.to_dict("records")]
    by_column: dict[str, list[object]] = {}
    if isinstance(missing_values, Mapping):
        by_column = {name: list(codes) for name, codes in missing_values.items()}
    elif any(_is_digit(value) or _elsewhere(value, found, table) for _, value in found):
        by_column = {EVERY_OTHER: list(missing_values)} if missing_values else {}
    else:
        return f"missing_values = {_listed([*missing_values, *(value for _, value in found)])}"
    for name, value in found:
        others = by_column.get(name, by_column.get(EVERY_OTHER, []))
        by_column[name] = [*others, value]
    return _by_column_line(by_column)


def _is_digit(value: object) -> bool:
    return abs(as_number(value)) < 10


def _elsewhere(
    value: object, found: Sequence[tuple[str, object]], table: pd.DataFrame | None
) -> bool:
    """Tell whether another column, in which the value is not suspected, holds it."""
    if table is None:
        return False
    code = value if isinstance(value, str) else float(str(value))
    return any(
        declared_cells(column, [code]).notna().any()
        for name, column in table.items()
        if (name, value) not in found
    )


def _by_column_line(by_column: Mapping[str, Sequence[object]]) -> str:
    cells = [f"{_key(name)} = {_listed(codes)}" for name, codes in by_column.items()]
    return f"missing_values = {{{', '.join(cells)}}}"


def values_line(column: str, missing_values: MissingValues) -> str:
    """Return the line of study.toml that says that a column holds values and no codes."""
    by_column: dict[str, Sequence[object]] = {}
    if isinstance(missing_values, Mapping):
        by_column |= missing_values
    elif missing_values:
        by_column[EVERY_OTHER] = missing_values
    return _by_column_line({**by_column, column: ()})


def as_number(value: object) -> float:
    """Return the number that a declared code or a cell stands for; NaN where it is none."""
    if isinstance(value, str):
        return plain_number(value)
    try:
        return float(str(value))
    except ValueError:
        return math.nan


def code_text(code: object) -> str:
    """Return a code as a codebook prints it: 999, -99.5, NA."""
    return code if isinstance(code, str) else f"{float(str(code)):.15g}"


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _quoted(name)


def _listed(codes: Sequence[object]) -> str:
    shown = dict.fromkeys(
        _quoted(code) if isinstance(code, str) else code_text(code) for code in codes
    )
    return f"[{', '.join(shown)}]"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
