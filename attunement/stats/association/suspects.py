"""Values that look like undeclared codes of missing values: named, never taken out."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from attunement.scoring.columns import score_types
from attunement.stats.association.design import require_columns
from attunement.stats.association.missing_codes import (
    MissingValues,
    codes_of,
    declared_cells,
    holds_values_only,
)
from attunement.stats.codes_apart import codes_apart, is_code
from attunement.written_numbers import not_coded_words, plain_number

COLUMNS = ("column", "value", "n", "n_other", "low", "high", "why")
_IDS = ("session", "dyad", "family")


def suspect_codes(
    table: pd.DataFrame,
    *,
    columns: Sequence[str] = (),
    missing_values: MissingValues = (),
) -> pd.DataFrame:
    """Name values that look like codes of missing values and were not declared as such.

    Nothing is changed: whether 999 is a code or a number of days is for people to say. Two things
    must come together: the value is written as codes are (-9, -99, 77, 88, 99, 998, 999, 99.9, a
    program's largest number), and it stands apart from everything else in its column, or, among
    other values, in many more cells than any of them. In columns of text, numbers written as codes
    and words such as ``NA`` or ``.`` are named.

    Parameters
    ----------
    table : pandas.DataFrame
        As people entered it; missing cells and declared codes do not count.
    columns : sequence of str
        Which columns; all but ids and those that attunement computes, by default.
    missing_values : sequence of str or float, or mapping
        What is declared already, as for `clean_outcomes`. A column that a mapping names with an
        empty list holds values only, and is not looked at.

    Returns
    -------
    pandas.DataFrame
        One row a value: column, value (float; text in columns of text), n (how many cells hold it),
        n_other (cells with other values), low, high (range of the others; missing for text), why.

    Notes
    -----
    With R the range of the other values, d the distance to the nearest of them and g the largest
    distance between two neighbours among them:

    - codes of two digits and more, or with decimals: d >= R / 4 (R / 2 for a positive one that
      occurs once) and d >= 2 g; or digits repeated, such as -99, the only negative value beside 20;
    - one positive digit from 6 to 9: d >= R / 2 and d >= 3 g in two cells or more; or d >= 6 R; or
      d >= R where it is whole and others are not; or it is 9, d >= 4, and 20 others are the steps
      of a rating (all whole numbers from 0 or 1 to at most 5, and the last does not thin out);
    - one negative digit, or two, where no other value is negative: d >= 2 and d >= 2 g, g among
      the lower half, and besides d >= R / 2, or R / 4 where g is 1, or a digit from 6 to 9; or
      alone in a column with R >= 40 times its size;
    - a code among other values: in four cells, and four times as many as any other value.

    Examples
    --------
    >>> import pandas as pd
    >>> from attunement.stats.association import suspect_codes
    >>> table = pd.DataFrame({"age_days": [99, 85, 118, 102, 91], "rating": [4, 2, -99, 5, 3]})
    >>> print(suspect_codes(table)[["column", "value", "n", "low", "high"]])
       column  value  n  low  high
    0  rating  -99.0  1  2.0   5.0
    """
    require_columns(table, list(columns))
    scored = score_types()
    wanted = columns or [name for name in table.columns if name not in scored and name not in _IDS]
    rows: list[dict[str, object]] = []
    for name in wanted:
        if holds_values_only(name, missing_values):
            continue
        declared = declared_cells(table[name], codes_of(name, missing_values))
        known = table[name][declared.isna()].dropna()
        if pd.api.types.is_bool_dtype(known) or known.empty:
            continue
        if pd.api.types.is_numeric_dtype(known):
            found = codes_apart(known.to_numpy(float))
        else:
            found = _among_texts(known)
        rows += [{"column": name, **row} for row in found]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _among_texts(column: pd.Series) -> list[dict[str, object]]:
    counts = {str(text): int(n) for text, n in column.astype(str).value_counts().items()}
    found = dict.fromkeys(not_coded_words(counts), "a usual way to write that nothing was coded")
    numbers = {text: n for text in counts if not math.isnan(n := plain_number(text))}
    codes = [text for text, n in numbers.items() if abs(n) >= 9 and is_code(abs(n), below=n < 0)]
    # Codes do not make numbers of a column of words, however many cells they fill.
    values = [text for text in numbers if text not in codes]
    only_codes = bool(codes) and not values and len(numbers) + len(found) < len(counts)
    as_numbers = 2 * sum(counts[text] for text in numbers) > len(column) and not only_codes
    if not as_numbers:
        found |= dict.fromkeys(codes, "a number among words")
    n_other = len(column) - sum(counts[text] for text in found)
    rows: list[dict[str, object]] = [
        {"value": text, "n": counts[text], "n_other": n_other, "why": why}
        for text, why in found.items()
    ]
    if as_numbers:
        cells = [number for text, number in numbers.items() for _ in range(counts[text])]
        rows += codes_apart(np.array(cells))
    return rows
