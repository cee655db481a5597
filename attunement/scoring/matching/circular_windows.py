"""All windows of a series that goes round, cut when they are asked for.

Held as a table they would take as many times the memory of the series as a window has samples. To
cut them again for every multiplication takes about as long as the multiplication itself.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attunement.scoring.matching.correlation import (
    Windows,
    centre,
    floor_of,
    lengths,
    level,
)
from attunement.scoring.series.gaps import mean_known
from attunement.scoring.series.windows import sliding

Array = NDArray[np.float64]
Index = NDArray[np.int64]

# Windows cut at once: few enough for the processor's cache. A multiple of the columns that matrix
# multiplications of today's processors take at once.
_PIECE = 1920


@dataclass(frozen=True)
class Circle:
    """The windows that begin at every sample of a series; the last ones go on at its beginning.

    Attributes
    ----------
    windows : ndarray, shape (n, w)
        A view of the series and its beginning once more; NaN is missing.
    mean : ndarray, shape (n, 1)
        Of what each window has.
    length : ndarray, shape (n, 1), or None
        As that of `Windows`.
    floor : float
        As that of `Windows`.
    """

    windows: Array
    mean: Array
    length: Array | None
    floor: float

    @classmethod
    def of(cls, series: Array, width: int) -> "Circle":
        """Take the windows of a series of at least `width` samples."""
        windows, floor = all_windows(series, width), floor_of(level(series))
        complete = bool(np.isfinite(series).all())
        cuts = pieces(len(series))
        mean = np.concatenate([mean_known(windows[cut]) for cut in cuts])[:, None]
        length = None
        if complete:
            length = np.concatenate([lengths(windows[cut] - mean[cut], floor) for cut in cuts])
        return cls(windows, mean, length, floor)

    def __getitem__(self, rows: Index | slice) -> Windows:
        """Return some of the windows, ready to be correlated."""
        length = None if self.length is None else self.length[rows]
        centred, seen = centre(self.windows[rows], self.mean[rows], complete=length is not None)
        return Windows(centred, seen, length, self.floor)


def all_windows(series: NDArray[Any], width: int) -> NDArray[Any]:
    """Return the windows from every sample of a series that goes round, a view (n, w)."""
    return sliding(np.concatenate([series, series[: width - 1]]), width)


def pieces(n: int) -> list[slice]:
    """Cut `n` windows into parts that are worked on one by one; the last takes the rest too.

    What multiplies matrices works through a round number of columns at a time and sums the few
    that are left over in another order. Parts of a round number leave over what the whole would,
    so that the digits are those of the whole.
    """
    edges = [*range(0, max(n - _PIECE, 0) + 1, _PIECE), n]
    return [slice(lo, hi) for lo, hi in pairwise(edges)]
