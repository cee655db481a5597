"""One property that must hold: what is required, what was found, and whether that is enough.

With as many dyads as the property asks for, the figure itself decides. With fewer, the figure is
little worth and its intervals decide: ``yes`` where all of the 95 % interval is as required, ``no``
where none of the 99.9 % interval is, else ``open``. Of sixty rows, three 95 % intervals lie beside
the truth by chance, and a ``no`` is an accusation.
"""

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from scipy import stats

COLUMNS = ("property", "required", "found", "low", "high", "n", "passed", "note")
_SHOWN, _SURE = 0.95, 0.999

Interval = tuple[float, float]


@dataclass(frozen=True)
class Row:
    """A line of the table.

    Attributes
    ----------
    property, required : str
    found, low, high : float
        The figure and its 95 % interval; NaN where there is none.
    n : int
        Dyads (or sessions) that the figure rests on.
    passed : str
        ``yes``, ``no``, ``open`` (too few dyads to say) or ``-`` (nothing is required).
    note : str
        What else to know, such as how many were left out.

    Examples
    --------
    >>> from attunement.validation import Row
    >>> row = Row("lag: found, s", "within .1 of 1.0", 1.02, 0.98, 1.05, n=40, passed="yes")
    >>> print(row.property, row.found, row.passed)
    lag: found, s 1.02 yes
    """

    property: str
    required: str
    found: float
    low: float
    high: float
    n: int
    passed: str
    note: str = ""


def table(rows: list[Row]) -> pd.DataFrame:
    """Return the rows as a table."""
    return pd.DataFrame([asdict(row) for row in rows], columns=list(COLUMNS))


def _verdict(
    found: float, shown: Interval, sure: Interval, bounds: Interval, *, enough: bool
) -> str:
    least, most = bounds
    if not np.isfinite(found):
        return "open"
    if enough or not np.isfinite(shown).all():
        return "yes" if least <= found <= most else "no"
    if least <= shown[0] and shown[1] <= most:
        return "yes"
    return "no" if sure[1] < least or sure[0] > most else "open"


def _wilson(hits: int, n: int) -> tuple[Interval, Interval]:
    """Return the 95 % and the 99.9 % interval of a share; NaN of none."""
    if not n:
        return (np.nan, np.nan), (np.nan, np.nan)
    test = stats.binomtest(hits, n)
    shown, sure = (test.proportion_ci(level, method="wilson") for level in (_SHOWN, _SURE))
    return (float(shown.low), float(shown.high)), (float(sure.low), float(sure.high))


def share_row(
    name: str, values: pd.Series, *, bounds: tuple[float, float] | None, wanted: int, note: str = ""
) -> Row:
    """Judge the share of p-values of at most .05; missing ones are left out and counted."""
    known = values.dropna()
    n, hits = len(known), int((known <= 0.05).sum())
    found = hits / n if n else np.nan
    left = len(values) - n
    note = "; ".join(part for part in (f"{left} without p" if left else "", note) if part)
    return _row(name, found, _wilson(hits, n), n, bounds, enough=n >= wanted, note=note)


def rate_row(name: str, hits: pd.Series, *, bounds: tuple[float, float] | None, wanted: int) -> Row:
    """Judge how often something is so, over events, with its Wilson interval."""
    n, found = len(hits), float(hits.mean()) if len(hits) else np.nan
    intervals = _wilson(int(hits.sum()), n)
    return _row(name, found, intervals, n, bounds, enough=n >= wanted, note="events")


def correlation_row(
    name: str,
    x: pd.Series,
    y: pd.Series,
    *,
    bounds: tuple[float, float] | None,
    wanted: int,
    absolute: bool = False,
) -> Row:
    """Judge a correlation over dyads, with its Fisher interval."""
    known = x.notna() & y.notna()
    n = int(known.sum())
    r = float(np.corrcoef(x[known], y[known])[0, 1]) if n > 3 else np.nan
    shown, sure = (_fisher(r, n, level, absolute=absolute) for level in (_SHOWN, _SURE))
    r = abs(r) if absolute else r
    left = len(x) - n
    note = f"{left} left out" if left else ""
    return _row(name, r, (shown, sure), n, bounds, enough=n >= wanted, note=note)


def _fisher(r: float, n: int, level: float, *, absolute: bool) -> Interval:
    half = stats.norm.ppf((1 + level) / 2) / np.sqrt(n - 3) if n > 3 else np.nan
    z = np.arctanh(np.clip(r, -0.9999999, 0.9999999))
    low, high = float(np.tanh(z - half)), float(np.tanh(z + half))
    if absolute:
        return (0.0 if low <= 0 <= high else min(abs(low), abs(high))), max(-low, high)
    return low, high


def mean_row(name: str, values: pd.Series, *, required_zero: bool, wanted: int) -> Row:
    """Judge whether the 95 % interval of a mean holds 0.

    Under `wanted` values an interval beside 0 leaves it open: a share that is nearly always 0 is
    so skewed that the t interval of a few holds its mean too seldom.
    """
    known = values.dropna()
    n = len(known)
    mean = float(known.mean()) if n else np.nan
    half = float(stats.t.ppf(0.975, n - 1) * known.std() / np.sqrt(n)) if n > 1 else np.nan
    low, high = mean - half, mean + half
    left = len(values) - n
    note = f"{left} left out" if left else ""
    if not required_zero:
        return Row(name, "reported", mean, low, high, n, "-", note)
    passed = "no" if n >= wanted else "open"
    if low <= 0 <= high:
        passed = "yes"
    return Row(name, "interval holds 0", mean, low, high, n, passed, note)


def figure_row(
    name: str, found: float, *, required: str, good: bool | None, n: int, note: str = ""
) -> Row:
    """Give a figure without an interval."""
    passed = "-" if good is None else "yes" if good else "no"
    return Row(name, required, float(found), np.nan, np.nan, n, passed, note)


def _row(
    name: str,
    found: float,
    intervals: tuple[Interval, Interval],
    n: int,
    bounds: Interval | None,
    *,
    enough: bool,
    note: str,
) -> Row:
    (low, high), _ = intervals
    if bounds is None:
        return Row(name, "reported", found, low, high, n, "-", note)
    least, most = bounds
    if not np.isfinite(least):
        required = f"< {_short(most)}"
    elif most >= 1:
        required = f">= {_short(least)}"
    else:
        required = f"{_short(least)} to {_short(most)}"
    passed = _verdict(found, *intervals, bounds, enough=enough)
    return Row(name, required, found, low, high, n, passed, note)


def _short(value: float) -> str:
    digits = 2 if abs(value - round(value, 2)) < 1e-9 else 3
    return f"{value:.{digits}f}".replace("0.", ".", 1)
