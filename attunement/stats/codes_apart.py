"""Numbers that are written as codes of missing values are and stand apart from all others."""

import re
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

# Repeated digits and the last numbers below a power of ten, as codebooks use them: 77, 88, 99, 997.
_CODES = re.compile(r"(?:66+|77+|88+|99+|9+[5-8]|9+\.9+|1e\+(?:[3-9]\d|[12]\d\d))")
_REPEATED = re.compile(r"(\d)\1+")
_LIMITS = (32767, 32768, 65535, 2147483647, 2147483648)
_ONE_DIGIT = (6, 7, 8, 9)
_FEWEST_OTHERS = 4
_FEW_VALUES = 20
_MOST_NEGATIVE_CODES = 2
_MOST_STEPS = 5  # of a scale of whole numbers
_ABSENT_STEPS = 3  # between such a scale and a code
_HEAP = 4  # times as many cells as any other value

_Counted = list[tuple[float, int]]  # values and in how many cells each stands, ascending


def codes_apart(values: NDArray[np.floating]) -> list[dict[str, object]]:
    """Return the values of a column that look like codes of missing values; see `suspect_codes`.

    One mapping a value: value, n, n_other, low, high, why.
    """
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
    codes = [c for c in counted[1:-1] if abs(c[0]) >= 10 and is_code(abs(c[0]), below=c[0] < 0)]
    most = max((n for value, n in counted if (value, n) not in codes), default=0)
    return [(value, n) for value, n in codes if n >= _HEAP * max(most, 1)]


def is_code(value: float, *, below: bool) -> bool:
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
    while first > 0 and is_code(counted[first - 1][0], below=below):
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
        if below and len(rest) >= _FEW_VALUES and any(map(_is_repeated, codes)):
            return True
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
    beyond_scale = value == max(_ONE_DIGIT) and distance > _ABSENT_STEPS and _is_scale(rest)
    return whole_among_decimals or repeated or distance >= 6 * spread or beyond_scale


def _is_repeated(code: tuple[float, int]) -> bool:
    return bool(_REPEATED.fullmatch(f"{code[0]:.10g}"))


def _is_scale(rest: list[float]) -> bool:
    """Tell whether values are the steps of a rating: all of 1 to 5, the last as well in use.

    Counts of events thin out instead, so that a 9 beyond them is no surprise.
    """
    steps = sorted(set(rest))
    n_steps, n_last = len(steps), rest.count(steps[-1])
    return (
        steps in ([*range(1, n_steps + 1)], [*range(n_steps)])
        and 2 < n_steps <= _MOST_STEPS
        and len(rest) >= _FEW_VALUES
        and 2 * n_last * n_steps >= len(rest)
    )
