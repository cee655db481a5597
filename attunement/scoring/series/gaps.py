"""Values with gaps: what is summed, averaged and correlated is what is there; NaN is missing.

Where nothing is missing each function takes the shorter way, with the same digits.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


def totals(values: Array, *, axis: int = -1) -> tuple[Array, Array]:
    """Return, along an axis, the sum of what is there and how many that are."""
    total = values.sum(axis)
    if np.isfinite(total).all():
        return total, np.full(total.shape, float(values.shape[axis]))
    known = np.isfinite(values)
    return np.where(known, values, 0.0).sum(axis), known.sum(axis).astype(float)


def mean_known(values: Array, *, axis: int = -1) -> Array:
    """Return the mean of what is there along an axis; NaN where nothing is."""
    total, count = totals(values, axis=axis)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))


def mean_of(values: Array) -> float:
    """Return the mean of all that is there; NaN where nothing is."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else float("nan")


def centred(values: Array, known: Mask | None = None) -> tuple[Array, Array]:
    """Return rows minus the mean of what each (..., w) has, and how many that are, (...).

    0 stands where something is missing, or outside `known` if that is given (it must be missing
    where the values are).
    """
    away, _, count = _about_mean(values, np.isfinite(values) if known is None else known)
    return away, count


def _about_mean(values: Array, known: Mask) -> tuple[Array, Array, Array]:
    count = known.sum(-1)
    mean = np.where(known, values, 0.0).sum(-1) / np.maximum(count, 1)
    return np.where(known, values - mean[..., None], 0.0), mean, count


def mean_sd(values: Array, *, least: int = 2) -> tuple[Array, Array]:
    """Return mean and sample sd of what each row (..., w) has; NaN with fewer than `least`."""
    n = values.shape[-1]
    total = values.sum(-1)
    if np.isfinite(total).all():
        if n < least:
            return np.full_like(total, np.nan), np.full_like(total, np.nan)
        mean = total / n
        away = values - mean[..., None]
        return mean, np.sqrt(np.einsum("...i,...i->...", away, away) / (n - 1))
    away, mean, count = _about_mean(values, np.isfinite(values))
    enough = count >= least
    sd = np.sqrt((away * away).sum(-1) / np.maximum(count - 1, 1))
    return np.where(enough, mean, np.nan), np.where(enough, sd, np.nan)


def bridge(series: Array) -> Array:
    """Return a series (n,) with straight lines over its gaps; the nearest value at its ends.

    For what needs a series without gaps, such as the mean and sd of a window: what stands in a gap
    is a guess and counts as no value. NaN stays where nothing is there at all.
    """
    known = np.isfinite(series)
    if known.all() or not known.any():
        return series
    return np.interp(np.arange(len(series)), np.flatnonzero(known), series[known])


class RunningMean:
    """The mean of what is there over arrays of one shape that come one after the other."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.total = np.zeros(shape)
        self.count: Array | float = 0.0

    def add(self, values: Array) -> None:
        """Add an array."""
        known = np.isfinite(values)
        if known.all():
            self.total += values
            self.count = self.count + 1.0
            return
        self.total += np.where(known, values, 0.0)
        self.count = self.count + known.astype(float)

    def value(self) -> Array:
        """Return the mean; NaN where nothing was."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(self.total / self.count)


def variation(squares: Array, total: Array, count: Array | float) -> Array:
    """Return the sum of squares about the mean, from the sum of squares and the sum."""
    return np.asarray(squares - total * total / count)


def pearson(
    count: Array,
    sums: tuple[Array, Array],
    squares: tuple[Array, Array],
    products: Array,
    *,
    min_pairs: int,
    rounding: float,
    floors: tuple[float, float] = (0.0, 0.0),
) -> Array:
    """Return r from sums over the samples that both series have.

    The series should be centred on about the mean of what they have, so that what leaving samples
    out changes is small and the difference of sums loses nothing.

    Parameters
    ----------
    count : ndarray
        Samples that both have; all other sums are over these.
    sums, squares : tuple of ndarray
        Sum and sum of squares of either series.
    products : ndarray
        Sum of products; overwritten with r.
    min_pairs : int
        With fewer samples r is missing.
    rounding : float
        The share of the sum of squares that is rounding: with less about the mean a series is
        constant and r missing.
    floors : tuple of float
        The same of either series, as a sum of squares a sample.

    Returns
    -------
    ndarray
        In [-1, 1] up to rounding.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        each = 1.0 / count  # one division, and products that are faster than three
        a_var, b_var = (
            square - total * total * each for square, total in zip(squares, sums, strict=True)
        )
        products -= sums[0] * sums[1] * each
        products /= np.sqrt(a_var * b_var)
    missing = count < min_pairs
    for var, floor, square in zip((a_var, b_var), floors, squares, strict=True):
        least = rounding * square
        if floor:
            np.maximum(floor * count, least, out=least)
        missing |= ~(var > least)
    products[missing] = np.nan
    return products
