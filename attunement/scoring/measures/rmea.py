"""Synchrony as rMEA gives it: for figures that compare with published ones, not for inference.

rMEA's indices are means of absolute correlations: they hold no chance level and no sign. Scores of
this package (`score_session`) stand against surrogates instead.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement.errors import TableError
from attunement.samples import whole_samples
from attunement.scoring.matching.correlation import windowed_cross_correlation

Array = NDArray[np.float64]

_OUTLIER_SD = 10.0


def scale_series(
    first: Array, second: Array, *, sampling_hz: float, smoothing_s: float = 0.5
) -> tuple[Array, Array]:
    """Smooth and scale two series as rMEA 1.2 does before it correlates them.

    A moving sum over `smoothing_s` (an odd number of samples) divided by its full length, also at
    the start, where fewer samples are there; the last half length is 0. Each series is divided by
    its own sd and not centred; values above 10 sd of both scaled series pooled are missing.

    Parameters
    ----------
    first, second : ndarray, shape (n,)
        Without missing values.
    sampling_hz : float
        Samples a second.
    smoothing_s : float
        Length of the moving sum, rounded to samples.

    Returns
    -------
    tuple of ndarray, shape (n,)

    Raises
    ------
    TableError
        Series of different length, too short, constant, or with missing values; an even number of
        samples.

    Notes
    -----
    Kleinbub & Ramseyer (2021), functions MEAsmooth and MEAscale; checked against the figures that
    were published for twenty dyads (examples/published_synchrony.py).

    Examples
    --------
    >>> import numpy as np
    >>> from attunement.scoring import scale_series
    >>> rng = np.random.default_rng(0)
    >>> first, second = rng.random(601), rng.random(601)
    >>> scaled, _ = scale_series(first, second, sampling_hz=10)
    >>> print(scaled.shape, round(float(scaled.std()), 2))
    (601,) 1.0
    """
    width = whole_samples(smoothing_s, sampling_hz, name="smoothing_s of a moving sum", least=1)
    pair = [np.asarray(series, float) for series in (first, second)]
    half = width // 2
    if pair[0].ndim != 1 or pair[0].shape != pair[1].shape or len(pair[0]) <= width:
        raise TableError(
            "Two series to scale must be one-dimensional, equally long and longer than the moving "
            f"sum of {width} samples; found shapes {pair[0].shape} and {pair[1].shape}."
        )
    if width % 2 == 0:
        raise TableError(
            f"The moving sum must have an odd number of samples; {smoothing_s:g} s have {width}."
        )
    if not np.isfinite(pair).all():
        raise TableError("Series to scale must hold no missing or infinite value.")
    scaled = []
    for series in pair:
        smooth = np.convolve(series, np.ones(width))[half : half + len(series)] / width
        smooth[len(series) - half :] = 0
        sd = float(smooth.std(ddof=1))
        if not sd > 0:
            raise TableError("A series that is constant cannot be scaled by its sd.")
        scaled.append(smooth / sd)
    both = np.array(scaled)
    both[both > _OUTLIER_SD * both.std(ddof=1)] = np.nan
    return both[0], both[1]


def synchrony_indices(
    first: Array,
    second: Array,
    *,
    sampling_hz: float,
    window_s: float = 30.0,
    step_s: float = 10.0,
    max_lag_s: float = 5.0,
) -> pd.Series:
    """Return rMEA's indices of two series: means of the absolute Fisher's z of their correlations.

    Parameters
    ----------
    first, second : ndarray, shape (n,)
        The series, scaled by `scale_series` or not; NaN is missing.
    sampling_hz, window_s, step_s, max_lag_s : float
        As for `windowed_cross_correlation`.

    Returns
    -------
    Series
        `global_synchrony` (mean over windows and lags); of the mean over windows of every lag:
        `peak_synchrony` (its maximum), `peak_lag_s` (where; positive: the second follows) and
        `lag_zero`. All missing where no window has a value.

    Raises
    ------
    TableError
        As for `windowed_cross_correlation`.

    Examples
    --------
    >>> import numpy as np
    >>> from attunement.scoring import synchrony_indices
    >>> rng = np.random.default_rng(0)
    >>> first = np.convolve(rng.normal(size=1209), np.ones(10), "valid")
    >>> second = np.roll(first, 20) + rng.normal(size=1200)  # two seconds later
    >>> print(synchrony_indices(first, second, sampling_hz=10).round(2))
    global_synchrony    0.21
    peak_synchrony      1.81
    peak_lag_s          2.00
    lag_zero            0.11
    dtype: float64
    """
    r = windowed_cross_correlation(
        first,
        second,
        sampling_hz=sampling_hz,
        window_s=window_s,
        step_s=step_s,
        max_lag_s=max_lag_s,
    )
    # A perfect correlation has no finite z; it is left out like a missing one.
    z = np.abs(np.arctanh(r.where(r.abs() < 1)))
    curve = z.mean()
    known = curve.notna().any()
    return pd.Series(
        {
            "global_synchrony": float(np.nanmean(z.to_numpy())) if known else np.nan,
            "peak_synchrony": curve.max(),
            "peak_lag_s": float(curve.idxmax()) if known else np.nan,
            "lag_zero": curve[0.0],
        }
    )
