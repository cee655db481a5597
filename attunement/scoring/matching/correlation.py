"""Windowed cross-correlation: Pearson r of two moving windows, with missing samples left out."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement.samples import window_samples
from attunement.scoring.matching.lagged_sums import LITTLE, Running, running_correlation
from attunement.scoring.series.gaps import mean_known, pearson, variation
from attunement.scoring.series.two_series import as_pair
from attunement.scoring.series.windows import n_windows, sliding

Array = NDArray[np.float64]
Index = NDArray[np.int64]

# A window whose sd is under this share of its series' largest value is constant up to rounding.
_ROUNDING = 1e-13
# The same where samples were left out: the part of the sum of squares that is left by rounding.
_CANCELLED = 1e-12
# Numbers of one side's windows held at once.
_BLOCK_NUMBERS = 2_000_000


@dataclass(frozen=True)
class Windows:
    """Windows of one series, centred, ready to be correlated with many others.

    Attributes
    ----------
    centred : ndarray, shape (..., w)
        Minus the mean of what each window has; 0 where missing.
    seen : ndarray, shape (..., w), or None
        1 where there is a value; None where nothing is missing.
    length : ndarray, shape (..., 1), or None
        Root of the sum of squares, NaN where constant; None where something is missing.
    floor : float
        Sum of squares a sample under which a window is constant.
    """

    centred: Array
    seen: Array | None
    length: Array | None
    floor: float

    @property
    def mask(self) -> Array:
        """1 where there is a value."""
        return np.ones_like(self.centred) if self.seen is None else self.seen


def prepare_windows(windows: Array, *, series_level: float) -> Windows:
    """Centre windows; `series_level` is the largest absolute value of the whole series."""
    complete = bool(np.isfinite(windows).all())
    floor = floor_of(series_level)
    centred, seen = centre(windows, mean_known(windows)[..., None], complete=complete)
    return Windows(centred, seen, lengths(centred, floor) if complete else None, floor)


def floor_of(series_level: float) -> float:
    """Return the sum of squares a sample under which a window of a series is constant."""
    return (_ROUNDING * series_level) ** 2


def centre(windows: Array, mean: Array, *, complete: bool) -> tuple[Array, Array | None]:
    """Return windows minus their means, and what they have, as `Windows` holds them."""
    if complete:
        centred = windows.copy()  # of overlapping windows this is faster than a difference
        centred -= mean
        return centred, None
    seen = np.isfinite(windows)
    return np.where(seen, windows - mean, 0.0), seen.astype(float)


def lengths(centred: Array, floor: float) -> Array:
    """Return the root of the sum of squares of complete windows, (..., 1); NaN where constant."""
    squares = np.einsum("...w,...w->...", centred, centred)[..., None]
    return np.sqrt(np.where(squares > floor * centred.shape[-1], squares, np.nan))


def correlate_windows(lead: Windows, partner: Windows, *, min_pairs: int = 2) -> Array:
    """Correlate every lead window (..., p, w) with every partner window (..., q, w).

    Returns
    -------
    ndarray, shape (..., p, q)
        r, in [-1, 1] up to rounding, from the samples both have; NaN where a window is constant
        over them or they are fewer than `min_pairs`.
    """
    if lead.length is not None and partner.length is not None:
        if lead.centred.shape[-1] < min_pairs:
            return np.full((*lead.centred.shape[:-1], partner.centred.shape[-2]), np.nan)
        r = (lead.centred / lead.length) @ np.swapaxes(partner.centred, -1, -2)
        r /= np.swapaxes(partner.length, -1, -2)
        return np.asarray(r)
    a, b = lead.centred, np.swapaxes(partner.centred, -1, -2)
    a_mask, b_mask = lead.mask, np.swapaxes(partner.mask, -1, -2)
    return pearson(
        a_mask @ b_mask,
        (a @ b_mask, a_mask @ b),
        ((a * a) @ b_mask, a_mask @ (b * b)),
        a @ b,
        min_pairs=min_pairs,
        rounding=_CANCELLED,
        floors=(lead.floor, partner.floor),
    )


def level(series: Array) -> float:
    """Return the largest absolute value of a series; 0 where nothing is there."""
    seen = series[np.isfinite(series)]
    return float(np.abs(seen).max()) if seen.size else 0.0


def lagged_correlation(
    lead: Array, partner: Array, starts: Index, *, window: int, max_lag: int
) -> Array:
    """Correlate the lead's window at each start with the partner's, 0 to `max_lag` samples later.

    Returns
    -------
    ndarray, shape (k, max_lag + 1)
        NaN where a window is constant; other pairs with a missing value are left out.
    """
    r = np.empty((len(starts), max_lag + 1))
    levels = level(lead), level(partner)
    per_block = max(1, _BLOCK_NUMBERS // (window + max_lag))
    for first in range(0, len(starts), per_block):
        at = starts[first : first + per_block]
        leads, ahead = sliding(lead, window)[at], sliding(partner, window + max_lag)[at]
        rows = slice(first, first + len(at))
        r[rows] = _running(leads, ahead, levels)
        own = np.flatnonzero(np.isnan(r[rows]).any(1))
        # One window at a time has max_lag + 1 partners of its own: few at once.
        for some in np.array_split(own, max(1, len(own) * (max_lag + 1) // per_block)):
            if len(some):
                r[first + some] = correlate_windows(
                    prepare_windows(leads[some, None], series_level=levels[0]),
                    prepare_windows(sliding(ahead[some], window), series_level=levels[1]),
                )[:, 0]
    return np.clip(r, -1.0, 1.0, out=r)


def _running(leads: Array, ahead: Array, levels: tuple[float, float]) -> Array:
    """Correlate by running sums; whole rows NaN where values are missing or digits are lost."""
    window, n_lags = leads.shape[1], ahead.shape[1] - leads.shape[1] + 1
    r = np.full((len(leads), n_lags), np.nan)
    with np.errstate(invalid="ignore"):
        complete = np.isfinite(leads.sum(1)) & np.isfinite(ahead.sum(1))
    rows = np.flatnonzero(complete)
    if not len(rows):
        return r
    prepared = prepare_windows(leads[rows], series_level=levels[0])
    assert prepared.length is not None  # nothing is missing in these rows
    unit = prepared.centred / prepared.length
    near = ahead[rows] - ahead[rows].mean(1, keepdims=True)
    products = np.array([np.correlate(b, a, "valid") for a, b in zip(unit, near, strict=True)])
    zero = np.zeros((len(rows), 1))
    total = np.concatenate([zero, np.cumsum(near, axis=1)], axis=1)
    squares = np.concatenate([zero, np.cumsum(near * near, axis=1)], axis=1)
    sums = total[:, window:] - total[:, :n_lags]
    about_mean = variation(squares[:, window:] - squares[:, :n_lags], sums, window)
    sound = (about_mean > LITTLE * squares[:, -1:]).all(1) & np.isfinite(unit[:, 0])
    r[rows[sound]] = np.clip(products[sound] / np.sqrt(about_mean[sound]), -1.0, 1.0)
    return r


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
        Two series on the same even grid, in any unit; NaN is missing. The index of a pandas Series
        is taken for times if it holds floats (seconds), durations or dates, and for the order of
        rows if it holds whole numbers, and checked.
    sampling_hz : float
        Samples a second.
    window_s, step_s, max_lag_s : float
        Length of a window (two samples or more), distance of window starts (one or more), longest
        lag (0 or more), in seconds; each is rounded to the nearest whole number of samples.

    Returns
    -------
    DataFrame
        r, one row a window (index `start_s`, seconds from the first sample), one column a lag
        (`lag_s`, ascending from -max_lag_s to max_lag_s). Number of rows:
        ceil((n - W - max_lag + 1) / step) in samples, none for a series shorter than a window.
        Missing where a window is constant, and the whole row where more than half of its
        W + max_lag samples are missing in either series; other pairs with a missing value are left
        out. ``.attrs["reasons"]`` counts the windows without any r: `too_short`, `coverage_infant`,
        `coverage_caregiver`, `constant`.

    Raises
    ------
    TableError
        Series of different length, infinities, times that differ, are unsorted, doubled or not on
        the grid of `sampling_hz`, or lengths that come to fewer samples than stated.

    Notes
    -----
    Windowed cross-correlation after Boker et al. (2002), with the window rule of rMEA
    (Kleinbub & Ramseyer 2021), whose published figures it reproduces. It returns r itself; rMEA's
    indices are means of abs(arctanh(r)).

    Examples
    --------
    >>> import numpy as np
    >>> from attunement.scoring import windowed_cross_correlation
    >>> infant = np.random.default_rng(0).normal(size=600)
    >>> caregiver = np.roll(infant, 5)  # half a second later
    >>> r = windowed_cross_correlation(
    ...     infant, caregiver, sampling_hz=10, window_s=5, step_s=1, max_lag_s=2
    ... )
    >>> print(r.shape, float(r.mean().idxmax()))
    (54, 41) 0.5
    """
    i, c = as_pair(infant, caregiver, what="a cross-correlation", sampling_hz=sampling_hz)
    window, step, max_lag = window_samples(
        sampling_hz=sampling_hz,
        window_s=window_s,
        step_s=step_s,
        max_lag_s=max_lag_s,
        where=" of a cross-correlation",
    )
    starts = np.arange(n_windows(len(i), window=window, step=step, max_lag=max_lag)) * step
    r = np.full((len(starts), 2 * max_lag + 1), np.nan)
    reasons = {} if len(starts) else {"too_short": 1}
    if len(starts):
        i_running, c_running = Running.of(i), Running.of(c)
        after = running_correlation(i_running, c_running, starts, window=window, max_lag=max_lag)
        if after is None:
            after = lagged_correlation(i, c, starts, window=window, max_lag=max_lag)
        before = running_correlation(c_running, i_running, starts, window=window, max_lag=max_lag)
        if before is None:
            before = lagged_correlation(c, i, starts, window=window, max_lag=max_lag)
        r[:, max_lag + 1 :], r[:, :max_lag] = after[:, 1:], before[:, :0:-1]
        # Lag 0 is on both sides; their mean makes swapping the people exact to the last digit.
        r[:, max_lag] = (after[:, 0] + before[:, 0]) / 2
        needed = window + max_lag
        dropped = np.zeros(len(starts), bool)
        for name, series, whole in (("infant", i, i_running), ("caregiver", c, c_running)):
            if whole is not None:
                continue
            missing = np.concatenate([[0], np.cumsum(np.isnan(series))])
            lost = missing[starts + needed] - missing[starts] > needed / 2
            reasons[f"coverage_{name}"] = int((lost & ~dropped).sum())
            dropped |= lost
        r[dropped] = np.nan
        reasons["constant"] = int((np.isnan(r).all(1) & ~dropped).sum())
    table = pd.DataFrame(
        r,
        index=pd.Index(starts / sampling_hz, name="start_s"),
        columns=pd.Index(np.arange(-max_lag, max_lag + 1) / sampling_hz, name="lag_s"),
    )
    table.attrs["reasons"] = {name: count for name, count in reasons.items() if count}
    return table
