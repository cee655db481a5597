"""One property that must hold: what is required, what was found, and whether that is enough.

With as many dyads as the property asks for, the figure itself decides. With fewer, the figure is
little worth and its 95 % interval decides: ``yes`` where all of it is as required, ``no`` where
none of it is, else ``open``.
"""

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from scipy import stats

COLUMNS = ("property", "required", "found", "low", "high", "n", "passed", "note")


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
    found: float, low: float, high: float, bounds: tuple[float, float], *, enough: bool
) -> str:
    least, most = bounds
    if not np.isfinite(found):
        return "open"
    if enough or not np.isfinite([low, high]).all():
        return "yes" if least <= found <= most else "no"
    if least <= low and high <= most:
        return "yes"
    return "no" if high < least or low > most else "open"


def share_row(
    name: str, values: pd.Series, *, bounds: tuple[float, float] | None, wanted: int, note: str = ""
) -> Row:
    """Judge the share of p-values of at most .05; missing ones are left out and counted."""
    known = values.dropna()
    n, hits = len(known), int((known <= 0.05).sum())
    found = hits / n if n else np.nan
    low, high = (np.nan, np.nan)
    if n:
        interval = stats.binomtest(hits, n).proportion_ci(method="wilson")
        low, high = float(interval.low), float(interval.high)
    left = len(values) - n
    note = "; ".join(part for part in (f"{left} without p" if left else "", note) if part)
    return _row(name, found, low, high, n, bounds, enough=n >= wanted, note=note)


def rate_row(name: str, hits: pd.Series, *, bounds: tuple[float, float] | None, wanted: int) -> Row:
    """Judge how often something is so, over events, with its Wilson interval."""
    n, found = len(hits), float(hits.mean()) if len(hits) else np.nan
    low, high = (np.nan, np.nan)
    if n:
        interval = stats.binomtest(int(hits.sum()), n).proportion_ci(method="wilson")
        low, high = float(interval.low), float(interval.high)
    return _row(name, found, low, high, n, bounds, enough=n >= wanted, note="events")


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
    half = 1.96 / np.sqrt(n - 3) if n > 3 else np.nan
    z = np.arctanh(np.clip(r, -0.9999999, 0.9999999))
    low, high = float(np.tanh(z - half)), float(np.tanh(z + half))
    if absolute:
        low, high = (0.0 if low <= 0 <= high else min(abs(low), abs(high))), max(-low, high)
        r = abs(r)
    left = len(x) - n
    note = f"{left} left out" if left else ""
    return _row(name, r, low, high, n, bounds, enough=n >= wanted, note=note)


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
    low: float,
    high: float,
    n: int,
    bounds: tuple[float, float] | None,
    *,
    enough: bool,
    note: str,
) -> Row:
    if bounds is None:
        return Row(name, "reported", found, low, high, n, "-", note)
    least, most = bounds
    if not np.isfinite(least):
        required = f"< {_short(most)}"
    elif most >= 1:
        required = f">= {_short(least)}"
    else:
        required = f"{_short(least)} to {_short(most)}"
    passed = _verdict(found, low, high, bounds, enough=enough)
    return Row(name, required, found, low, high, n, passed, note)


def _short(value: float) -> str:
    digits = 2 if abs(value - round(value, 2)) < 1e-9 else 3
    return f"{value:.{digits}f}".replace("0.", ".", 1)
