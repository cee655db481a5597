"""In which windows a face is still: too little movement to say what goes with it."""

import numpy as np
from numpy.typing import NDArray

from attunement.scoring.series.gaps import centred, variation
from attunement.scoring.series.windows import window_sums

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

FLAT_SD = 0.25


def flat_windows(rows: Array, window: int) -> Mask:
    """Return whether the sd is under `FLAT_SD` in each window of each row, (b, n - w + 1).

    Of what a window has; one with under two values is not called still.
    """
    filled, _ = centred(rows)
    count = window_sums(np.isfinite(rows).astype(float), window)
    total, squares = window_sums(filled, window), window_sums(filled * filled, window)
    about_mean = np.maximum(variation(squares, total, np.maximum(count, 1)), 0.0)
    return np.asarray((count > 1) & (about_mean < FLAT_SD**2 * (count - 1)))
