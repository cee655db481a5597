"""Peak picking: the lag at which the correlation of each window is highest, as a local maximum."""

import numpy as np
import pandas as pd

from attunement.errors import TableError
from attunement.samples import whole_samples
from attunement.scoring.series.windows import sliding

COLUMNS = {"lag_s": "float64", "r": "float64", "reason": "str"}


def pick_peaks(
    correlations: pd.DataFrame, *, region_s: float = 0.5, smooth_s: float = 0.0
) -> pd.DataFrame:
    """Find in every window the peak of the correlation that is nearest to lag 0.

    A lag is a peak where its correlation is positive and the greatest of those within `region_s`
    on both sides, strictly greater than the outermost of them, so that a slope or a plateau at the
    edge of the search is none. From lag 0 the search goes outward both ways; of two peaks at the
    same distance the higher is taken, and none where they are equal.

    Parameters
    ----------
    correlations : DataFrame
        From `windowed_cross_correlation`: one row a window, one column an evenly spaced lag in
        seconds.
    region_s : float
        Half the width of the region a peak must dominate; at least one lag.
    smooth_s : float
        Width of a running mean over lags that is taken first, at least two lags, an even number
        made odd by one more; 0 for none.

    Returns
    -------
    DataFrame
        One row a window, with the index of `correlations`: `lag_s` (positive where the caregiver
        follows) and `r` of the peak, missing where there is none; `reason` then says why:
        `missing` (a correlation at some lag is missing), `no_peak`, `tie`.

    Raises
    ------
    TableError
        Lags that are not numbers in ascending even steps around 0, a region or smoothing wider than
        the lags, or of fewer of them than stated.

    Notes
    -----
    After the peak-picking algorithm of Boker, Rotondo, Xu and King (2002): the peak nearest to lag
    0 rather than the highest one, because far lags align other events.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from attunement.scoring import pick_peaks
    >>> lags_s = np.arange(-20, 21) / 10
    >>> correlations = pd.DataFrame([np.exp(-((lags_s - 0.7) ** 2))], columns=lags_s)
    >>> print(float(pick_peaks(correlations).loc[0, "lag_s"]))
    0.7
    """
    lags, region, width = _checked(correlations, region_s, smooth_s)
    values = correlations.to_numpy(float)
    if width > 1:
        kernel = np.ones(width) / width
        values = np.array([np.convolve(row, kernel, mode="valid") for row in values])
        values = values.reshape(len(correlations), len(lags) - width + 1)
        lags = lags[width // 2 : len(lags) - width // 2]
    rows = [_nearest_peak(row, lags, region) for row in values]
    peaks = pd.DataFrame(rows, columns=list(COLUMNS), index=correlations.index)
    return peaks.astype(COLUMNS)


def _checked(
    correlations: pd.DataFrame, region_s: float, smooth_s: float
) -> tuple[np.ndarray, int, int]:
    try:
        lags = correlations.columns.to_numpy(float)
    except (TypeError, ValueError):
        lags = np.zeros(0)
    steps = np.diff(lags)
    even = len(steps) > 1 and np.all(steps > 0) and np.allclose(steps, steps[0])
    if not even or np.abs(lags).min() > 1e-9:
        raise TableError(
            "Peaks are picked over lags in even ascending steps through 0; found the columns "
            f"{list(correlations.columns[:3])} ...",
            "Give the table of windowed_cross_correlation.",
        )
    step = float(steps[0])
    rate = 1 / step
    region = whole_samples(region_s, rate, name="region_s of peaks", least=1)
    # A mean over one lag would smooth nothing.
    least = 0 if smooth_s == 0 else 2
    half = whole_samples(smooth_s, rate, name="smooth_s of peaks", least=least) // 2
    if 2 * (region + half) + 1 > len(lags):
        raise TableError(
            f"A region of {region_s:g} s and a smoothing of {smooth_s:g} s do not fit into lags "
            f"from {lags[0]:g} to {lags[-1]:g} s in steps of {step:g} s."
        )
    return lags, region, 2 * half + 1


def _nearest_peak(row: np.ndarray, lags: np.ndarray, region: int) -> tuple[float, float, str]:
    missing = float("nan")
    if not np.isfinite(row).all():
        return missing, missing, "missing"
    around = sliding(row, 2 * region + 1)
    centre = row[region : len(row) - region]
    outer = np.maximum(around[:, 0], around[:, -1])
    at = region + np.flatnonzero((centre > 0) & (centre >= around.max(1)) & (centre > outer))
    if not len(at):
        return missing, missing, "no_peak"
    distance = np.abs(lags[at])
    nearest = at[distance <= distance.min() + 1e-9]
    nearest = nearest[np.argsort(-row[nearest], kind="stable")]
    if len(nearest) > 1 and row[nearest[0]] == row[nearest[1]]:
        return missing, missing, "tie"
    return float(lags[nearest[0]]), float(row[nearest[0]]), ""
