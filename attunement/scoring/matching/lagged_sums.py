"""Correlation at every lag of overlapping windows, through sums that the windows share."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attunement.scoring.series.gaps import variation

Array = NDArray[np.float64]
Index = NDArray[np.int64]

# Running sums lose digits where a window varies little within its neighbourhood: under this share
# of the neighbourhood's sum of squares a window must be computed on its own.
LITTLE = 1e-3
# More pieces to a window than this are no gain over the window as a whole.
_MOST_PIECES = 12


@dataclass(frozen=True)
class Running:
    """A complete series about its mean, with running sums: what overlapping windows share."""

    centred: Array  # (n,)
    total: Array  # (n + 1,)
    squares: Array  # (n + 1,)

    @classmethod
    def of(cls, series: Array) -> "Running | None":
        """Prepare a series; None where something is missing."""
        mean = series.mean() if len(series) else math.nan
        if not math.isfinite(mean):
            return None
        total, squares = np.zeros(len(series) + 1), np.zeros(len(series) + 1)
        centred = series - mean
        np.cumsum(centred, out=total[1:])
        np.cumsum(centred * centred, out=squares[1:])
        return cls(centred, total, squares)

    def windows(self, starts: Index, window: int) -> tuple[Array, Array | None]:
        """Return sum and squares about the mean of each window; None where digits are lost."""
        sums = self.total[starts + window] - self.total[starts]
        held = self.squares[starts + window] - self.squares[starts]
        left = variation(held, sums, window)
        least = np.maximum(LITTLE * held, LITTLE**2 * self.squares[-1])
        return sums, left if (left > least).all() else None


def running_correlation(
    lead: Running | None, partner: Running | None, starts: Index, *, window: int, max_lag: int
) -> Array | None:
    """Correlate as `lagged_correlation`, summing the pieces that windows share once.

    None where windows share nothing worth it, something is missing, or running sums over the whole
    series would lose digits in some window.
    """
    piece = math.gcd(window, int(starts[1] - starts[0])) if len(starts) > 1 else window
    if lead is None or partner is None or not 1 < window // piece <= _MOST_PIECES:
        return None
    a_sum, a_left = lead.windows(starts, window)
    b_sum, b_left = partner.windows(starts[:, None] + np.arange(max_lag + 1), window)
    if a_left is None or b_left is None:
        return None
    a, b = lead.centred, partner.centred
    edges = range(0, int(starts[-1]) + window, piece)
    products = np.array(
        [np.correlate(b[at : at + piece + max_lag], a[at : at + piece]) for at in edges]
    )
    first = starts // piece
    total = products[first]
    for further in range(1, window // piece):
        total += products[first + further]
    total -= (a_sum / window)[:, None] * b_sum
    total /= np.sqrt(a_left[:, None] * b_left)
    return np.clip(total, -1.0, 1.0, out=total)


def toeplitz(window: Array, n_lags: int) -> Array:
    """Return the matrix that takes the sliding sums of products with a window."""
    width = len(window)
    matrix = np.zeros((width + n_lags - 1, n_lags))
    size = matrix.itemsize
    diagonals = np.lib.stride_tricks.as_strided(
        matrix, (n_lags, width), ((n_lags + 1) * size, n_lags * size)
    )
    diagonals[:] = window
    return matrix
