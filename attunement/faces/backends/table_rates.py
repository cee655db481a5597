"""Rates of tables of other programs: units of times, and what else in a table tells the rate."""

import numpy as np
from numpy.typing import NDArray

from attunement.faces.backends.cells import Cells
from attunement.faces.programs.written import read_times
from attunement.study.sessions import MAX_RATE_HZ

UNITS_S = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "day": 86400.0}
UNIT_NAMES = {"us": "microseconds", "ms": "milliseconds", "s": "seconds", "day": "days"}
# Two rates within this of each other are one: 29.97 and 30.
_SAME = 0.02
# Slower than this, another unit is thought of; which rates then speak for one.
_SLOW_HZ = 0.5
_ORDINARY_HZ = (7.5, 260.0)
# A day is so long that what a recording of no rate counts can look like one of its fractions.
_LEAST_HZ = {"day": 4.0}


def same_rate(one_hz: float, other_hz: float) -> bool:
    """Return whether two rates are those of one camera."""
    return other_hz > 0 and abs(one_hz / other_hz - 1) <= _SAME


def tell_unit(period: float, documented: str, *, has_numbers: bool) -> tuple[str, str]:
    """Return the unit of times of which so much passes from one frame to the next, and a doubt.

    Parameters
    ----------
    period : float
        In the column's own unit.
    documented : str
        The unit that the program says, which stands unless it makes a rate that no camera has and
        one other unit alone makes one that cameras have; or a rate so slow that nobody films at
        it, and the frames are numbered.
    has_numbers : bool
        Whether the rows say the numbers of their frames.

    Returns
    -------
    tuple of str
        The unit, and another that the times may be in as well; empty where there is none.
    """
    if not np.isfinite(period) or period <= 0:
        return documented, ""
    rates_hz = {unit: 1 / (period * unit_s) for unit, unit_s in UNITS_S.items()}
    if _SLOW_HZ <= rates_hz[documented] <= MAX_RATE_HZ:
        return documented, ""
    is_slow = rates_hz[documented] < _SLOW_HZ
    others = [
        unit
        for unit, rate_hz in rates_hz.items()
        if unit != documented and _LEAST_HZ.get(unit, 1.0) <= rate_hz <= MAX_RATE_HZ
    ]
    if len(others) != 1:
        return documented, ""
    is_ordinary = _ORDINARY_HZ[0] <= rates_hz[others[0]] <= _ORDINARY_HZ[1]
    if is_slow and not (has_numbers and is_ordinary):
        return documented, others[0]
    return others[0], ""


def approximate_s(raw: Cells) -> NDArray[np.float64] | None:
    """Return the whole seconds that Py-Feat writes beside its frames, rounded down."""
    if not raw.has("approx_time"):
        return None
    whole_s = read_times(raw.cells["approx_time"]).seconds_or_number
    if not whole_s.size or not np.isfinite(whole_s).all() or whole_s.max() <= 0:
        return None
    # A spreadsheet takes minutes and seconds for hours and minutes.
    if np.median(np.diff(np.unique(whole_s))) == 60 and (whole_s % 60 == 0).all():
        return whole_s / 60
    return whole_s


def off_approximate(times_s: NDArray[np.float64], whole_s: NDArray[np.float64]) -> int | None:
    """Return the last row whose time is not within its whole second; None where few are off."""
    # A rate of 30 for 29.97 is a second off after a quarter of an hour.
    slack_s = _SAME * np.maximum(times_s, whole_s)
    off = (times_s < whole_s - slack_s - 1e-6) | (times_s > whole_s + 1 + slack_s)
    return int(np.flatnonzero(off)[-1]) if np.count_nonzero(off) > 0.02 * len(off) else None


def approximate_rate_hz(numbers: NDArray[np.float64], whole_s: NDArray[np.float64]) -> str:
    """Return the rate that frames and their whole seconds come to, in words; empty if unclear."""
    later = whole_s > 0
    least = float((numbers / (whole_s + 1)).max())
    most = float((numbers[later] / whole_s[later]).min())
    if not 0 < least <= most * (1 + 1e-9) or most / least > 1.1:
        return ""
    usual = [hz for hz in (24, 25, 30, 50, 60) if least < hz * 1.001 and hz <= most * 1.001]
    return f"{usual[0]}" if len(usual) == 1 else f"{(least + most) / 2:.4g}"
