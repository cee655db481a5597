"""Windowed cross-correlation: Pearson r of two moving windows, with missing samples left out."""

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement.errors import TableError

Array = NDArray[np.float64]

# A window whose sd is under this share of its series' largest value is constant up to rounding.
_ROUNDING = 1e-13
# The same where samples were left out: the part of the sum of squares that is left by rounding.
_CANCELLED = 1e-12


def n_samples(seconds: float, sampling_hz: float) -> int:
    """Return the whole number of samples nearest to `seconds`."""
    return round(seconds * sampling_hz)


def n_windows(n: int, *, window: int, step: int, max_lag: int) -> int:
    """Return how many windows fit: ceil((n - window - max_lag + 1) / step), all in samples."""
    return max(0, math.ceil((n - window - max_lag + 1) / step))


def pair_correlation(
    lead: Array, partner: Array, *, min_pairs: int = 2, lead_level: float, partner_level: float
) -> Array:
    """Correlate every lead window with every partner window.

    Parameters
    ----------
    lead : ndarray, shape (..., p, w)
        Windows of one series; NaN is missing.
    partner : ndarray, shape (..., q, w)
        Windows of the other.
    min_pairs : int
        Fewer samples that both have: missing.
    lead_level, partner_level : float
        Largest absolute value of each whole series, against which "constant" is judged.

    Returns
    -------
    ndarray, shape (..., p, q)
        r in [-1, 1]; NaN where a window is constant over the pairs or has too few of them.
    """
    a, a_seen = _centred(lead)
    b, b_seen = _centred(partner)
    a_floor, b_floor = (_ROUNDING * lead_level) ** 2, (_ROUNDING * partner_level) ** 2
    if a_seen.all() and b_seen.all():
        if lead.shape[-1] < min_pairs:
            return np.full((*lead.shape[:-1], partner.shape[-2]), np.nan)
        r = _unit(a, a_floor) @ np.swapaxes(_unit(b, b_floor), -1, -2)
        return np.clip(r, -1.0, 1.0, out=r)
    # Each window is centred on the mean of what it has, so what pairwise deletion changes is small
    # and the one-pass formulas lose nothing.
    b_t = np.swapaxes(b, -1, -2)
    a_mask, b_mask = a_seen.astype(float), np.swapaxes(b_seen.astype(float), -1, -2)
    pairs = a_mask @ b_mask
    with np.errstate(divide="ignore", invalid="ignore"):
        a_sum, b_sum = a @ b_mask, a_mask @ b_t
        a_sq, b_sq = (a * a) @ b_mask, a_mask @ (b_t * b_t)
        each = 1.0 / pairs
        a_var = a_sq - a_sum * a_sum * each
        b_var = b_sq - b_sum * b_sum * each
        r = (a @ b_t - a_sum * b_sum * each) / np.sqrt(a_var * b_var)
    varies = (a_var > np.maximum(a_floor * pairs, _CANCELLED * a_sq)) & (
        b_var > np.maximum(b_floor * pairs, _CANCELLED * b_sq)
    )
    r[~varies | (pairs < min_pairs)] = np.nan
    return np.clip(r, -1.0, 1.0, out=r)


def _unit(centred: Array, floor: float) -> Array:
    """Return centred windows at length 1; NaN where constant up to rounding."""
    squares = np.einsum("...w,...w->...", centred, centred)[..., None]
    varies = squares > floor * centred.shape[-1]
    return np.where(varies, centred, np.nan) / np.sqrt(np.where(varies, squares, 1.0))


def _centred(windows: Array) -> tuple[Array, NDArray[np.bool_]]:
    seen = np.isfinite(windows)
    if seen.all():
        return windows - windows.mean(axis=-1, keepdims=True), seen
    filled = np.where(seen, windows, 0.0)
    mean = filled.sum(-1, keepdims=True) / np.maximum(seen.sum(-1, keepdims=True), 1)
    return np.where(seen, windows - mean, 0.0), seen


def level(series: Array) -> float:
    """Return the largest absolute value of a series; 0 where nothing is there."""
    seen = series[np.isfinite(series)]
    return float(np.abs(seen).max()) if seen.size else 0.0


def sliding(series: Array, window: int) -> Array:
    """Return the view of all windows of a series, shape (n - window + 1, window)."""
    return np.lib.stride_tricks.sliding_window_view(series, window)


def windowed_cross_correlation(
    infant: NDArray[np.floating] | pd.Series,
    caregiver: NDArray[np.floating] | pd.Series,
    *,
    sampling_hz: float,
    window_s: float,
    step_s: float,
    max_lag_s: float,
) -> pd.DataFrame:
    r"""Correlate windows of the infant's series with displaced windows of the caregiver's.

    For a window that starts at sample t and has W samples, and a lag of \(\tau\) samples,

    - :math:`\tau \ge 0`: r of I[t .. t+W) with C[t+tau .. t+tau+W);
    - :math:`\tau < 0`: r of I[t+|tau| .. t+|tau|+W) with C[t .. t+W),

    so that each lag uses W full samples. A positive lag means that the caregiver follows.

    Parameters
    ----------
    infant, caregiver : array_like, shape (n,)
        Two series on the same even grid, in any unit; NaN is missing.
    sampling_hz : float
        Samples a second.
    window_s, step_s, max_lag_s : float
        Length of a window, distance of window starts, longest lag, in seconds; each is rounded to
        whole samples.

    Returns
    -------
    DataFrame
        r, one row a window (index `start_s`, seconds from the first sample), one column a lag
        (`lag_s`, ascending from -max_lag_s to max_lag_s). Number of rows:
        ceil((n - W - max_lag + 1) / step) in samples. Missing where a window is constant, and
        the whole row where more than half of its W + max_lag samples are missing in either series;
        other pairs with a missing value are left out.

    Raises
    ------
    TableError
        Series of different length, infinities, or lengths that are less than a sample.

    Notes
    -----
    Windowed cross-correlation after Boker et al. (2002), with the window rule of rMEA
    (Kleinbub & Ramseyer 2021), whose published figures it reproduces. It returns r itself; rMEA's
    indices are means of abs(arctanh(r)).
    """
    i, c = np.asarray(infant, float), np.asarray(caregiver, float)
    if i.ndim != 1 or i.shape != c.shape:
        raise TableError(
            "The two series of a cross-correlation must be one-dimensional and equally long; "
            f"found shapes {i.shape} and {c.shape}."
        )
    if np.isinf(i).any() or np.isinf(c).any():
        raise TableError("The two series of a cross-correlation must not hold infinities.")
    window, step = n_samples(window_s, sampling_hz), n_samples(step_s, sampling_hz)
    max_lag = n_samples(max_lag_s, sampling_hz)
    if window < 2 or step < 1 or max_lag < 0:
        raise TableError(
            f"At {sampling_hz} Hz a window needs two samples, a step one and a lag none or more; "
            f"found window_s {window_s}, step_s {step_s}, max_lag_s {max_lag_s}."
        )
    starts = np.arange(n_windows(len(i), window=window, step=step, max_lag=max_lag)) * step
    lags = np.arange(-max_lag, max_lag + 1)
    r = np.full((len(starts), len(lags)), np.nan)
    if len(starts):
        i_windows, c_windows = sliding(i, window), sliding(c, window)
        span = starts[:, None] + np.arange(max_lag + 1)
        i_level, c_level = level(i), level(c)
        after = pair_correlation(
            i_windows[starts, None], c_windows[span], lead_level=i_level, partner_level=c_level
        )
        before = pair_correlation(
            c_windows[starts, None], i_windows[span], lead_level=c_level, partner_level=i_level
        )
        r[:, max_lag:], r[:, :max_lag] = after[:, 0], before[:, 0, :0:-1]
        needed = window + max_lag
        for series in (i, c):
            missing = sliding(np.isnan(series).astype(float), needed)[starts].sum(-1)
            r[missing > needed / 2] = np.nan
    return pd.DataFrame(
        r,
        index=pd.Index(starts / sampling_hz, name="start_s"),
        columns=pd.Index(lags / sampling_hz, name="lag_s"),
    )
