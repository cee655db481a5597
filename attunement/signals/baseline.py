"""A person's own zero and unit for every measure."""

import numpy as np
from numpy.typing import NDArray

BASELINE_PERCENTILE = 20
# A declared neutral span with fewer usable frames than this says nothing: the percentile is used.
MIN_NEUTRAL_FRAMES = 10


def baseline(values: NDArray[np.float64], neutral: NDArray[np.bool_]) -> float:
    """Return the value of the resting face.

    Parameters
    ----------
    values : ndarray, shape (n,)
        A measure, one value a frame; missing values are left out.
    neutral : ndarray of bool, shape (n,)
        Frames in which the face was declared neutral.

    Returns
    -------
    float
        The median over neutral frames where at least `MIN_NEUTRAL_FRAMES` are there, else the 20th
        percentile of all; missing where no value is.
    """
    finite = np.isfinite(values)
    declared = finite & neutral
    if declared.sum() >= MIN_NEUTRAL_FRAMES:
        return float(np.median(values[declared]))
    if not finite.any():
        return float("nan")
    return float(np.percentile(values[finite], BASELINE_PERCENTILE))


def rest_and_unit(finite: NDArray[np.float64], *, floor: float) -> tuple[float, float]:
    """Return the 20th percentile P20 and the unit, max(1.4826 MAD, (P95 - P20) / 2, floor).

    The MAD alone is the noise of a face that is still most of the time; the percentiles see sparse
    expressions and the floor keeps a still face still. Of finite values, one or more; all
    percentiles at once, since each is dear.
    """
    low, middle, high = np.percentile(finite, [BASELINE_PERCENTILE, 50, 95])
    mad = float(np.median(np.abs(finite - middle)))
    return float(low), max(1.4826 * mad, float(high - low) / 2, floor)


def standardise(
    values: NDArray[np.float64], neutral: NDArray[np.bool_], *, floor: float
) -> NDArray[np.float64]:
    """Return z = (values - baseline) / unit, shape (n,); missing stays missing."""
    finite = np.isfinite(values)
    if not finite.any():
        return np.full(len(values), np.nan)
    rest, unit = rest_and_unit(values[finite], floor=floor)
    if (finite & neutral).sum() >= MIN_NEUTRAL_FRAMES:
        rest = baseline(values, neutral)
    return (values - rest) / unit
