"""Why a grid sample is missing."""

import numpy as np
from numpy.typing import NDArray

from attunement.signals.gates import FRAME_REASONS
from attunement.signals.resample import TOLERANCE_S


def missing_reasons(
    grid_s: NDArray[np.float64],
    times_s: NDArray[np.float64],
    frame_reasons: NDArray[np.object_],
    inside: NDArray[np.bool_],
    excluded: NDArray[np.bool_],
) -> NDArray[np.object_]:
    """Return for every grid time why it has no value; the empty text where it has one.

    Parameters
    ----------
    grid_s : ndarray, shape (m,)
    times_s, frame_reasons : ndarray, shape (n,)
        All frames of the person, with the gate each failed or the empty text.
    inside : ndarray of bool, shape (m,)
        Whether the grid time has a value.
    excluded : ndarray of bool, shape (m,)
        Whether it lies in an excluded stretch.

    Returns
    -------
    ndarray of str, shape (m,)
        ``excluded`` in excluded stretches; ``no_frame`` before the person's first frame and after
        the last; else the most frequent reason of the frames between the usable ones on either
        side, or ``gap`` where no frame is there.
    """
    result = np.full(len(grid_s), "", dtype=object)
    usable = np.flatnonzero(frame_reasons == "")
    nth = np.searchsorted(times_s[usable], grid_s, side="right")
    edges = np.concatenate([[-1], usable, [len(times_s)]])
    counts = np.zeros((len(times_s) + 1, len(FRAME_REASONS)), dtype=np.int64)
    for k, name in enumerate(FRAME_REASONS):
        counts[1:, k] = np.cumsum(frame_reasons == name)
    between = counts[edges[nth + 1]] - counts[edges[nth] + 1]
    names = np.array(FRAME_REASONS, dtype=object)[between.argmax(axis=1)]
    result[:] = np.where(between.any(axis=1), names, "gap")
    if len(times_s):
        outside = (grid_s < times_s[0] - TOLERANCE_S) | (grid_s > times_s[-1] + TOLERANCE_S)
    else:
        outside = np.ones(len(grid_s), dtype=bool)
    result[outside] = "no_frame"
    result[excluded] = "excluded"
    result[inside] = ""
    return result
