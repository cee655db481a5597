"""Times to an event of which some are cut off before it: the product-limit (Kaplan-Meier) estimate.

Averaging only the times that ended would call slow partners quick; a time that was cut off says
that nothing had happened until then, and is counted as that.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def share_waiting(at_risk: Array, ended: Array) -> Array:
    """Return the product-limit estimate of the share still waiting, from counts.

    Parameters
    ----------
    at_risk, ended : ndarray, shape (..., k)
        At every time, in order: how many were still observed and waiting, and how many of them
        ended then.

    Returns
    -------
    ndarray, shape (..., k)
        Share still waiting after each time; NaN from where nobody was observed any more, but for
        those who had all ended before.

    Notes
    -----
    Kaplan & Meier (1958): the product over times of 1 - ended / at risk.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        waiting = np.cumprod(1 - ended / at_risk, axis=-1, dtype=np.float64)
    # Once everyone has ended nobody is left at risk, and the curve stays at 0.
    done = np.maximum.accumulate(np.where(np.isfinite(waiting), waiting <= 0, False), axis=-1)
    return np.where(done, 0.0, waiting)


def restricted_mean(waiting: Array, *, first: int) -> Array:
    """Return the mean time waited up to the last step: the area under the curve, in steps.

    Parameters
    ----------
    waiting : ndarray, shape (..., k)
        From `share_waiting`, for the steps from `first` to the last one that counts.
    first : int
        Nobody can have ended before it: the whole time up to it is waited.

    Returns
    -------
    ndarray, shape (...)
        Missing where the curve is unknown before the last step.
    """
    return np.asarray(first + waiting[..., :-1].sum(-1))


def product_limit(time_s: ArrayLike, ended: ArrayLike) -> tuple[Array, Array]:
    """Return the product-limit estimate of the share still waiting, from times.

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
    """
    time, done = np.asarray(time_s, float), np.asarray(ended, bool)
    known = np.isfinite(time)
    time, done = time[known], done[known]
    times, events = np.unique(time[done], return_counts=True)
    at_risk = len(time) - np.searchsorted(np.sort(time), times, side="left")
    return times, share_waiting(at_risk.astype(float), events.astype(float))


def median_s(time_s: ArrayLike, ended: ArrayLike) -> float:
    """Return the first time by which half no longer wait; missing where the curve stays above."""
    times, waiting = product_limit(time_s, ended)
    # Products of fractions reach a half only up to rounding.
    below = np.flatnonzero(waiting <= 0.5 + 1e-12)
    return float(times[below[0]]) if below.size else float("nan")
