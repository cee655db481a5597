"""Columns that people entered: missing codes made missing, codes labelled, numbers read."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from attunement.errors import TableError
from attunement.stats.association.missing_codes import (
    MissingValues,
    as_number,
    code_text,
    codes_of,
    declared_cells,
)
from attunement.written_numbers import read_numbers, reads_two_ways, tidy

BY_CODE = ("column", "code", "n")
WRONG = ("column", "place", "found", "expected", "advice")


@dataclass(frozen=True)
class Cleaned:
    """Cleaned columns and what was met on the way.

    Attributes
    ----------
    table : pandas.DataFrame
        Same rows and columns.
    by_code : pandas.DataFrame
        column, code (as declared, or the word that a program writes for a missing number), n.
    wrong : pandas.DataFrame
        column, place (number of the row from 0), found, expected, advice: cells that are no number
        in a column of numbers, or that labels do not name. Their columns stay text.
    both_marks : tuple of str
        Columns in which both points and commas mark decimals.
    """

    table: pd.DataFrame
    by_code: pd.DataFrame
    wrong: pd.DataFrame
    both_marks: tuple[str, ...]


def clean_columns(
    table: pd.DataFrame,
    *,
    missing_values: MissingValues = (),
    labels: Mapping[str, Mapping[str, str]] | None = None,
    keep: Collection[str] = (),
    numbers: Collection[str] = (),
    categories: Collection[str] = (),
    decimal_comma: bool = False,
) -> Cleaned:
    """Clean every column but those to `keep`; nothing is refused, what is wrong is listed.

    A column of text is one of numbers where it is among `numbers`, or holds numbers in more than
    half of its cells and is not among `categories`.
    """
    labels = dict(labels or {})
    columns: dict[str, pd.Series] = {}
    by_code: list[dict[str, object]] = []
    wrong: list[dict[str, object]] = []
    both_marks = []
    for name in table.columns:
        column = table[name]
        if name in keep:
            columns[name] = column
            continue
        codes = declared_cells(column, codes_of(name, missing_values))
        numeric = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
        tally = Counter(code_text(code) for code in codes.dropna())
        gone = column.isna() | codes.notna()
        if pd.api.types.is_bool_dtype(column) and name not in labels:
            columns[name] = column  # true and false have an order, and no code is among them
        elif numeric and name not in labels:
            columns[name] = column.astype(float).mask(gone)
        else:
            texts = column.map(as_id, na_action="ignore").astype(object)
            gone |= texts.eq("")
            texts = texts.mask(gone)
            if name in labels:
                columns[name], faults = _labelled(texts, labels[name])
            else:
                read, tally_words, faults, both = _numbers_or_text(
                    texts,
                    column,
                    surely=name in numbers,
                    never=name in categories,
                    comma=decimal_comma,
                )
                columns[name] = read
                tally += tally_words
                both_marks += [name] * both
            wrong += [{"column": name, **fault} for fault in faults]
        by_code += [{"column": name, "code": code, "n": n} for code, n in tally.items()]
    return Cleaned(
        pd.DataFrame(columns, index=table.index),
        pd.DataFrame(by_code, columns=list(BY_CODE)),
        pd.DataFrame(wrong, columns=list(WRONG)),
        tuple(both_marks),
    )


def clean_outcomes(
    table: pd.DataFrame,
    *,
    missing_values: MissingValues = (),
    labels: Mapping[str, Mapping[str, str]] | None = None,
    keep: Collection[str] = (),
) -> pd.DataFrame:
    """Return a table with missing codes missing, codes labelled, numbers as numbers.

    Parameters
    ----------
    table : pandas.DataFrame
        As read; cells may be text. Numbers may have decimal commas and thousands in groups.
    missing_values : sequence of str or float, or mapping of str to such a sequence
        Codes of missing values: those of every column, such as ``[-99, 999]``, or by column, such
        as ``{"*": [-99], "age_days": [999]}``, where ``*`` stands for the columns not named. A
        number stands for every way to write it ("-99", "-99.0", " -99 "), any other text is
        compared as it is, without outer blanks.
    labels : mapping of str to mapping of str to str
        Names of categories by column and code; ``{"attachment": {"1": "secure"}}``.
    keep : sequence of str
        Columns that stay as they are, such as ids.

    Returns
    -------
    pandas.DataFrame
        Same rows and columns. A column of text is made one of numbers where every cell is a number
        or missing (empty, ``NA``, ``N/A``, ``NaN``); otherwise it stays text.

    Raises
    ------
    TableError
        When a labelled column holds a code without a name, or labels name no column.

    Examples
    --------
    >>> import pandas as pd
    >>> from attunement.stats.association import clean_outcomes
    >>> table = pd.DataFrame({"sensitivity": ["5", "999", "6.5"], "attachment": ["1", "2", "1"]})
    >>> labels = {"attachment": {"1": "secure", "2": "insecure"}}
    >>> print(clean_outcomes(table, missing_values=["999"], labels=labels))
       sensitivity attachment
    0          5.0     secure
    1          NaN   insecure
    2          6.5     secure
    """
    labels = dict(labels or {})
    unknown = [name for name in labels if name not in table.columns]
    if unknown:
        raise TableError(f"labels names {unknown[0]!r}, which is no column of the outcomes.")
    cleaned = clean_columns(table, missing_values=missing_values, labels=labels, keep=keep)
    strange = cleaned.wrong[cleaned.wrong["column"].isin(labels)]
    if len(strange):
        name = strange["column"].iloc[0]
        found = dict.fromkeys(strange.loc[strange["column"] == name, "found"])
        raise TableError(
            f"{name!r} holds {', '.join(map(repr, sorted(found)[:8]))}, which labels does not "
            "name.",
            "Name every code, or list it in missing_values.",
        )
    return cleaned.table


def as_id(value: object) -> str:
    """Return an id as text; a whole number without its decimals, a text without outer spaces."""
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value).strip()


def _labelled(
    column: pd.Series, names: Mapping[str, str]
) -> tuple[pd.Series, list[dict[str, object]]]:
    # A cell may already hold the label.
    known = {label: label for label in names.values()}
    known |= {as_id(code): label for code, label in names.items()}
    by_number = {n: label for code, label in names.items() if (n := as_number(as_id(code))) == n}
    named = {
        cell: known.get(cell, known.get(tidy(cell), by_number.get(as_number(cell))))
        for cell in column.dropna().unique()
    }
    faults: list[dict[str, object]] = [
        {"place": place, "found": cell, "expected": "a code that labels names",
         "advice": "Name it in labels, or list it under missing_values."}
        for place, cell in enumerate(column)
        if isinstance(cell, str) and named[cell] is None
    ]  # fmt: skip
    if faults:
        return column, faults
    return column.map(named, na_action="ignore").astype(object), []


def _numbers_or_text(
    column: pd.Series, given: pd.Series, *, surely: bool, never: bool, comma: bool
) -> tuple[pd.Series, Counter[str], list[dict[str, object]], bool]:
    """Return the column as numbers or as text, words for missing, wrong cells, both marks."""
    cells = ["" if cell is None or cell != cell else str(cell) for cell in column]
    # A number that is none of text has no mark to be doubted: 2 beside 1.154 is 2.0.
    cells = [
        f"{cell}.0" if isinstance(one, (float, np.floating)) and cell.isdigit() else cell
        for cell, one in zip(cells, given, strict=True)
    ]
    read = read_numbers(cells, decimal_comma=comma)
    n_filled = sum(bool(cell) for cell in cells)
    n_numbers = n_filled - len(read.wrong) - len(read.words)
    if not read.wrong and (n_numbers or not n_filled or surely):
        values = pd.Series(read.values, index=column.index, dtype=float)
        return values, Counter(read.words.values()), [], read.both_marks
    n_numbers += sum(reads_two_ways(cells[place]) for place in read.wrong)
    if never or not (surely or 2 * n_numbers > n_filled):
        return column, Counter(), [], False
    kinds = f' Where these are categories, say so: kinds = {{{column.name} = "categorical"}}.'
    faults: list[dict[str, object]] = [
        {
            "place": place,
            "found": cells[place],
            "expected": "a number",
            "advice": advice + kinds * (not surely),
        }
        for place, advice in read.wrong.items()
    ]
    return column, Counter(), faults, False
