"""Taking out of a measure what the pose of the head still explains in a neutral face."""

import numpy as np
from numpy.typing import NDArray

MIN_NEUTRAL_FRAMES = 50
# From the 5th to the 95th percentile of the neutral frames: below, a slope is a guess.
MIN_RANGE_DEG = 5.0
# Two angles that move together tell no slopes apart: only the one that moves more is used.
MAX_CORRELATION = 0.9


def correct_pose(
    values: NDArray[np.float64], angles_deg: NDArray[np.float64], neutral: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return a measure without the linear effect of pose that its neutral frames show.

    ``x - slopes . (clip(angles) - median angles)``: slopes by least squares over the neutral
    frames, where nothing but pose is supposed to move; angles clipped to the 5th to 95th
    percentile of the neutral frames, so that no effect is extrapolated beyond what was seen; the
    level at the median neutral pose stays as it is.

    Parameters
    ----------
    values : ndarray, shape (n,)
        A measure, one value a frame.
    angles_deg : ndarray, shape (n, k)
        Pose angles (yaw and pitch; geometry and blendshapes do not change with roll).
    neutral : ndarray of bool, shape (n,)
        Usable frames in which the face is declared neutral.

    Returns
    -------
    ndarray, shape (n,)
        `values` as they are where fewer than 50 neutral frames are complete or no angle covers
        5 degrees in them: that slope is 0. A frame without pose keeps its value.
    """
    fit = neutral & np.isfinite(values) & np.isfinite(angles_deg).all(axis=1)
    if fit.sum() < MIN_NEUTRAL_FRAMES:
        return values
    low, middle, high = np.percentile(angles_deg[fit], [5, 50, 95], axis=0)
    moving = np.flatnonzero(high - low >= MIN_RANGE_DEG)
    if len(moving) > 1 and _entangled(angles_deg[fit][:, moving]):
        moving = moving[[np.argmax((high - low)[moving])]]
    if not len(moving):
        return values
    turn_deg = np.clip(angles_deg, low, high)[:, moving] - middle[moving]
    design = np.column_stack([np.ones(fit.sum()), turn_deg[fit]])
    slopes = np.linalg.lstsq(design, values[fit], rcond=None)[0][1:]
    return values - np.nan_to_num(turn_deg @ slopes)


def _entangled(angles_deg: NDArray[np.float64]) -> bool:
    together = np.abs(np.corrcoef(angles_deg, rowvar=False))
    return bool(np.max(np.triu(together, 1)) > MAX_CORRELATION)
