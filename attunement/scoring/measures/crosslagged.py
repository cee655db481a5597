"""Windowed cross-lagged regression: what one partner's past adds to the other's own past."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement.samples import nearest_samples, whole_samples, window_samples
from attunement.scoring.matching.lagged_sums import toeplitz
from attunement.scoring.series.gaps import centred
from attunement.scoring.series.two_series import as_pair
from attunement.scoring.series.windows import n_windows, sliding, window_sums

Array = NDArray[np.float64]
Index = NDArray[np.int64]

OWN_LAG_S = 0.1
# Three coefficients, and five residual samples beyond them.
LEAST_SAMPLES = 8
# The share of a variance that is rounding: less of it is left where one series explains another.
_ROUNDING = 1e-10
_BLOCK_NUMBERS = 2_000_000


def windowed_cross_lagged_regression(
    infant: NDArray[np.floating] | pd.Series,
    caregiver: NDArray[np.floating] | pd.Series,
    *,
    sampling_hz: float,
    window_s: float,
    step_s: float,
    max_lag_s: float,
    own_lag_s: float | None = None,
) -> pd.DataFrame:
    r"""Return how much a partner's earlier values add to the prediction from the own past.

    In a window that starts at sample t and has W samples, two ordinary regressions with intercept
    are compared, o being `own_lag_s`:

    - :math:`\tau > 0`, the caregiver follows: C over [t+tau .. t+tau+W) on itself o earlier, with
      and without I over [t .. t+W);
    - :math:`\tau < 0`, the infant follows: I over [t+|tau| .. t+|tau|+W) on itself o earlier, with
      and without C over [t .. t+W).

    The estimate is the gain in R2 with the sign of the added coefficient. There is no lag 0: what
    happens at once has no past.

    Parameters
    ----------
    infant, caregiver : array_like, shape (n,)
        Two series on the same even grid, in any unit; NaN is missing.
    sampling_hz : float
        Samples a second.
    window_s, step_s, max_lag_s : float
        Length of a window, distance of window starts, longest lag, in seconds.
    own_lag_s : float, optional
        How far back the own past lies, at least one sample; 0.1 s by default, or one sample where
        that is longer.

    Returns
    -------
    DataFrame
        Signed gain in R2 in [-1, 1], one row a window (index `start_s`), one column a lag
        (`lag_s`, from -max_lag_s to max_lag_s without 0). Windows and their number are those of
        `windowed_cross_correlation`. Samples that lack one of the three values are left out; under
        half a window of them, or where the outcome, the own past given nothing, or the partner's
        past given the own past does not vary, the gain is missing.

    Raises
    ------
    TableError
        As `windowed_cross_correlation`, or for an own past under one sample.

    Notes
    -----
    Cross-lagged regression in moving windows, as the "windowed cross-lagged regression" of Altmann
    (2013) and Schoenherr et al. (2019). The gain is computed as the squared semipartial
    correlation, which it equals.

    Examples
    --------
    >>> import numpy as np
    >>> from attunement.scoring import windowed_cross_lagged_regression
    >>> infant = np.random.default_rng(0).normal(size=600)
    >>> caregiver = np.roll(infant, 5)  # half a second later
    >>> gain = windowed_cross_lagged_regression(
    ...     infant, caregiver, sampling_hz=10, window_s=5, step_s=1, max_lag_s=2
    ... )
    >>> print(gain.shape, float(gain.mean().idxmax()))
    (54, 40) 0.5
    """
    what = "a cross-lagged regression"
    i, c = as_pair(infant, caregiver, what=what, sampling_hz=sampling_hz)
    window, step, max_lag = window_samples(
        sampling_hz=sampling_hz,
        window_s=window_s,
        step_s=step_s,
        max_lag_s=max_lag_s,
        where=f" of {what}",
    )
    own = own_lag(sampling_hz)
    if own_lag_s is not None:
        own = whole_samples(own_lag_s, sampling_hz, name=f"own_lag_s of {what}", least=1)
    starts = np.arange(n_windows(len(i), window=window, step=step, max_lag=max_lag)) * step
    after = signed_gain(i, c, starts, window=window, max_lag=max_lag, own=own)
    before = signed_gain(c, i, starts, window=window, max_lag=max_lag, own=own)
    lags = np.arange(1, max_lag + 1)
    return pd.DataFrame(
        np.concatenate([before[:, ::-1], after], axis=1),
        index=pd.Index(starts / sampling_hz, name="start_s"),
        columns=pd.Index(np.concatenate([-lags[::-1], lags]) / sampling_hz, name="lag_s"),
    )


def own_lag(sampling_hz: float) -> int:
    """Return how many samples back the own past lies where nobody says."""
    return max(1, nearest_samples(OWN_LAG_S, sampling_hz))


def signed_gain(
    lead: Array, follower: Array, starts: Index, *, window: int, max_lag: int, own: int
) -> Array:
    """Return the signed gain of the lead's past by window and lag from 1, (k, max_lag)."""
    gains = np.full((len(starts), max_lag), np.nan)
    if not len(starts) or not max_lag:
        return gains
    past = np.concatenate([np.full(own, np.nan), follower[:-own]])
    leads, outcomes, pasts = (sliding(series, window) for series in (lead, follower, past))
    per_block = max(1, _BLOCK_NUMBERS // (window * max_lag))
    for first in range(0, len(starts), per_block):
        at = starts[first : first + per_block]
        later = at[:, None] + np.arange(1, max_lag + 1)
        x = np.broadcast_to(leads[at][:, None], (len(at), max_lag, window))
        gains[first : first + len(at)] = _gain(x, outcomes[later], pasts[later])
    return gains


def _gain(x: Array, y: Array, past: Array) -> Array:
    """Return the signed squared semipartial correlation of y with x given its past."""
    seen = np.isfinite(x) & np.isfinite(y) & np.isfinite(past)
    (x, count), (y, _), (past, _) = (centred(values, seen) for values in (x, y, past))

    def dot(a: Array, b: Array) -> Array:
        return np.asarray(np.einsum("...w,...w->...", a, b))

    xx, yy, pp = dot(x, x), dot(y, y), dot(past, past)
    with np.errstate(divide="ignore", invalid="ignore"):
        rest = x - (dot(x, past) / pp)[..., None] * past
        free = dot(rest, rest)
        together = dot(rest, y)
        gain = np.sign(together) * np.minimum(together * together / (free * yy), 1.0)
    least = np.maximum((x.shape[-1] + 1) // 2, LEAST_SAMPLES)
    size = count * np.finfo(float).eps ** 2
    enough = (count >= least) & (free > _ROUNDING * xx)
    for squares, values in ((xx, x), (yy, y), (pp, past)):
        enough &= squares > size * np.abs(values).max(-1) ** 2
    return np.where(enough, gain, np.nan)


def stack_gain(lead: Array, partners: Array, *, own: int) -> Array:
    """Return the signed gain of one window's lead for many partners at once.

    Parameters
    ----------
    lead : ndarray, shape (w,)
        The lead's window.
    partners : ndarray, shape (b, w + max_lag)
        The followers from the window's start on.
    own : int
        How far back a follower's own past lies, in samples. Where that is more than a lag, the
        first samples of that lag have no past and are left out.

    Returns
    -------
    ndarray, shape (b, max_lag)
        For lags 1 to max_lag.
    """
    width, max_lag = len(lead), partners.shape[1] - len(lead)
    past = np.concatenate([np.full((len(partners), own), np.nan), partners[:, :-own]], axis=1)
    if np.isfinite(lead.sum() + partners.sum()) and own <= 1:
        return _gain_by_moments(lead, partners, max_lag)
    outcome, before = sliding(partners, width)[:, 1:], sliding(past, width)[:, 1:]
    return _gain(np.broadcast_to(lead, outcome.shape), outcome, before)


def _gain_by_moments(lead: Array, partners: Array, max_lag: int) -> Array:
    """Return `_gain` of complete windows with the own past one sample back."""
    width = len(lead)
    if width < LEAST_SAMPLES:
        return np.full((len(partners), max_lag), np.nan)
    x = lead - lead.mean()
    y = partners - partners.mean(1, keepdims=True)

    mean = window_sums(y, width) / width
    squares = window_sums(y * y, width) - width * mean * mean
    step = window_sums(y[:, 1:] * y[:, :-1], width) - width * mean[:, 1:] * mean[:, :-1]
    with_x = y @ toeplitz(x, max_lag + 1)
    xx, yy, pp, xp, xy = x @ x, squares[:, 1:], squares[:, :-1], with_x[:, :-1], with_x[:, 1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        free = xx - xp * xp / pp
        together = xy - xp * step / pp
        gain = np.sign(together) * np.minimum(together * together / (free * yy), 1.0)
    scale = (y * y).sum(1, keepdims=True)
    fit = (free > _ROUNDING * xx) & (yy > _ROUNDING * scale) & (pp > _ROUNDING * scale)
    return np.where(fit & (xx > 0), gain, np.nan)
