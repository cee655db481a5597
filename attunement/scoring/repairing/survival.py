"""Times to an event of which some are cut off before it: the product-limit (Kaplan-Meier) estimate.

Averaging only the times that ended would call slow partners quick; a time that was cut off says
that nothing had happened until then, and is counted as that.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def product_limit(time_s: ArrayLike, ended: ArrayLike) -> tuple[Array, Array]:
    """Return the product-limit estimate of the share still waiting.

    Parameters
    ----------
    time_s : array_like, shape (n,)
        How long each was observed; one that is missing is left out.
    ended : array_like of bool, shape (n,)
        Whether the event happened then; otherwise the time was cut off (censored) there. Events
        come before censoring at the same time.

    Returns
    -------
    times_s : ndarray, shape (k,)
        Distinct times of events, ascending.
    waiting : ndarray, shape (k,)
        Share still waiting after each of them.

    Notes
    -----
    Kaplan & Meier (1958): the product over times t of 1 - events(t) / at risk(t).
    """
    time, done = _known(time_s, ended)
    times = np.unique(time[done])
    at_risk = len(time) - np.searchsorted(np.sort(time), times, side="left")
    events = np.searchsorted(np.sort(time[done]), times, side="right") - np.searchsorted(
        np.sort(time[done]), times, side="left"
    )
    return times, np.cumprod(1 - events / at_risk, dtype=np.float64)


def restricted_mean_s(time_s: ArrayLike, ended: ArrayLike, *, until_s: float) -> float:
    """Return the mean time waited up to `until_s`: the area under the product-limit curve.

    Missing where nothing was observed, or where everyone still waiting was cut off before
    `until_s`, since the curve is then unknown from there on.
    """
    time, done = _known(time_s, ended)
    if not time.size:
        return float("nan")
    times, waiting = product_limit(time, done)
    if time.max() < until_s and (not waiting.size or waiting[-1] > 0):
        return float("nan")
    inside = times < until_s
    edges = np.concatenate([[0.0], times[inside], [until_s]])
    return float(np.diff(edges) @ np.concatenate([[1.0], waiting[inside]]))


def median_s(time_s: ArrayLike, ended: ArrayLike) -> float:
    """Return the first time by which half no longer wait; missing where the curve stays above."""
    times, waiting = product_limit(time_s, ended)
    # Products of fractions reach a half only up to rounding.
    below = np.flatnonzero(waiting <= 0.5 + 1e-12)
    return float(times[below[0]]) if below.size else float("nan")


def _known(time_s: ArrayLike, ended: ArrayLike) -> tuple[Array, NDArray[np.bool_]]:
    time, done = np.asarray(time_s, float), np.asarray(ended, bool)
    known = np.isfinite(time)
    return time[known], done[known]
