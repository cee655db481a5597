"""Values that look like undeclared codes of missing values: named, never taken out."""

import math
import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement.scoring.columns import score_types
from attunement.stats.association.design import require_columns
from attunement.stats.association.missing_codes import (
    MissingValues,
    codes_of,
    declared_cells,
    holds_values_only,
)
from attunement.written_numbers import not_coded_words, plain_number

COLUMNS = ("column", "value", "n", "n_other", "low", "high", "why")

# Repeated digits and the last numbers below a power of ten, as codebooks use them: 77, 88, 99, 997.
_CODES = re.compile(r"(?:66+|77+|88+|99+|9+[5-8]|9+\.9+|1e\+(?:[3-9]\d|[12]\d\d))")
_LIMITS = (32767, 32768, 65535, 2147483647, 2147483648)
_ONE_DIGIT = (6, 7, 8, 9)
_FEWEST_OTHERS = 4
_FEW_VALUES = 20
_MOST_NEGATIVE_CODES = 2
_HEAP = 4  # times as many cells as any other value
_IDS = ("session", "dyad", "family")

_Counted = list[tuple[float, int]]  # values and in how many cells each stands, ascending


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
      occurs once) and d >= 2 g;
    - one positive digit from 6 to 9: d >= R / 2 and d >= 3 g in two cells or more; or d >= 6 R; or
      d >= R where it is whole and others are not;
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
            found = _among_numbers(known.to_numpy(float))
        else:
            found = _among_texts(known)
        rows += [{"column": name, **row} for row in found]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _among_numbers(values: NDArray[np.floating]) -> list[dict[str, object]]:
    distinct, counts = np.unique(values[np.isfinite(values)], return_counts=True)
    upper: _Counted = list(zip(distinct.tolist(), counts.tolist(), strict=True))
    lower: _Counted = [(-value, n) for value, n in reversed(upper)]
    # From either side, without the codes of the other one: -99 must not widen the range of 1 to 5.
    low = _beyond(lower)
    high = _beyond([cell for cell in upper if (-cell[0], cell[1]) not in low])
    low = _beyond([cell for cell in lower if (-cell[0], cell[1]) not in high])
    found = {-value: n for value, n in reversed(low)} | dict(high)
    others = [(value, n) for value, n in upper if value not in found]
    if not others:
        return []
    heaps = [] if found else _heaps(others)
    why = f"all other values lie from {others[0][0]:g} to {others[-1][0]:g}"
    if heaps:
        found, others = dict(heaps), [cell for cell in others if cell not in heaps]
        why = f"no other value stands in more than {max(n for _, n in others)} cells"
    about = {"n_other": sum(n for _, n in others), "low": others[0][0], "high": others[-1][0]}
    return [{"value": value, "n": n, **about, "why": why} for value, n in found.items()]


def _heaps(counted: _Counted) -> _Counted:
    """Return codes within the range of the others that stand in far more cells than any other."""
    codes = [c for c in counted[1:-1] if abs(c[0]) >= 10 and _is_code(abs(c[0]), below=c[0] < 0)]
    most = max((n for value, n in counted if (value, n) not in codes), default=0)
    return [(value, n) for value, n in codes if n >= _HEAP * max(most, 1)]


def _is_code(value: float, *, below: bool) -> bool:
    """Tell whether a value, mirrored where it lies `below` zero, is written as codes are."""
    if value <= 0:
        return False
    if below and value in range(1, 10):
        return True
    if value in _ONE_DIGIT or value in _LIMITS or value >= 1e30:
        return True
    return bool(_CODES.fullmatch(f"{value:.10g}"))


def _beyond(counted: _Counted) -> _Counted:
    """Return, of ascending values, the outermost codes from the first that stands apart."""
    below = counted[0][0] < 0 if counted else False
    first = len(counted)
    while first > 0 and _is_code(counted[first - 1][0], below=below):
        first -= 1
    rest = [value for value, n in counted[:first] for _ in range(n)]
    for k in range(first, len(counted)):
        if len(rest) >= _FEWEST_OTHERS and _apart(rest, counted[k:]):
            return counted[k:]
        rest += [counted[k][0]] * counted[k][1]
    return []


def _apart(rest: list[float], codes: _Counted) -> bool:
    """Tell whether codes, ascending, stand apart from `rest`.

    Of codes below, all numbers come mirrored: then `rest` lies below zero where no other value is
    negative.
    """
    value, n = codes[0][0], sum(n for _, n in codes)
    distinct = sorted(set(rest))
    spread, distance = distinct[-1] - distinct[0], value - distinct[-1]
    below = distinct[-1] <= 0
    near_half = distinct[len(distinct) // 2 - 1 :] if below else distinct
    step = max((b - a for a, b in pairwise(near_half)), default=0.0)
    if value >= 10 or value % 1:
        least = spread / 4 if below or n > 1 else spread / 2
        return distance >= max(least, 2 * step)
    if below and len(codes) <= _MOST_NEGATIVE_CODES:
        scale = step <= 1 and distance >= spread / 4
        far = scale or distance >= spread / 2 or value >= min(_ONE_DIGIT)
        # A difference that falls below zero would do so by more than this in a range as wide.
        wide = len(codes) == 1 and len(rest) >= _FEW_VALUES and spread >= 40 * value
        return (far and distance >= max(2 * step, 2)) or wide
    if below or spread == 0:
        return False
    whole_among_decimals = distance >= spread and any(v % 1 for v in distinct)
    repeated = n > 1 and distance >= max(spread / 2, 3 * step)
    return whole_among_decimals or repeated or distance >= 6 * spread


def _among_texts(column: pd.Series) -> list[dict[str, object]]:
    counts = {str(text): int(n) for text, n in column.astype(str).value_counts().items()}
    found = dict.fromkeys(not_coded_words(counts), "a usual way to write that nothing was coded")
    numbers = {text: n for text in counts if not math.isnan(n := plain_number(text))}
    as_numbers = 2 * sum(counts[text] for text in numbers) > len(column)
    if not as_numbers:
        for text, number in numbers.items():
            if abs(number) >= 9 and _is_code(abs(number), below=number < 0):
                found[text] = "a number among words"
    n_other = len(column) - sum(counts[text] for text in found)
    rows: list[dict[str, object]] = [
        {"value": text, "n": counts[text], "n_other": n_other, "why": why}
        for text, why in found.items()
    ]
    if as_numbers:
        cells = [number for text, number in numbers.items() for _ in range(counts[text])]
        rows += _among_numbers(np.array(cells))
    return rows
