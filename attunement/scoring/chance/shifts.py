"""Circular shifts: what chance looks like when the two partners are displaced against each other.

A surrogate moves one partner's whole series (all channels and gaps together) by one shift within
an episode. A statistic of window and displacement then needs to be computed once per displacement
d: shift s at lag tau is displacement tau - s.
"""

import numpy as np
from numpy.typing import NDArray

from attunement.samples import nearest_samples
from attunement.scoring.series.gaps import mean_of

Array = NDArray[np.float64]
Index = NDArray[np.int64]

MIN_SHIFT_S = 10.0
# The least number of defined surrogates, and their least sd, that a score is standardised by.
MIN_SURROGATES = 50
FEW = f"under {MIN_SURROGATES} defined surrogates"  # as tables of columns say it
MIN_SURROGATE_SD = 0.05
# Numbers gone through again and again at once: few enough for the processor's cache.
_PIECE_NUMBERS = 40_000


def admissible_shifts(n: int, sampling_hz: float) -> Index:
    """Return every circular shift of at least min(10 s, a quarter of the episode), in samples.

    The set holds n - s with every s, so that swapping the partners leaves it as it is. A single
    sample goes round to itself: its one shift is 0.
    """
    if n == 1:
        return np.zeros(1, np.int64)
    least = least_shift(n, sampling_hz)
    return np.arange(least, n - least + 1, dtype=np.int64)


def least_shift(n: int, sampling_hz: float) -> int:
    """Return the shortest admissible shift in samples, whichever way round."""
    return max(1, min(nearest_samples(MIN_SHIFT_S, sampling_hz), n // 4))


def combinations(
    sizes: list[int], *, n_surrogates: int, seed: int, paired: bool = False
) -> list[Index]:
    """Return which of its surrogates every episode contributes to each surrogate of the session.

    One episode: all of them, in order. Several are shifted independently of each other and have
    too many combinations to enumerate: `n_surrogates` are drawn, an odd number rounded up. Every
    second one takes from each episode the opposite of what the one before took, so that swapping
    the partners leaves the set as it is: of shifts in ascending order the opposite of the first is
    the last; where they are `paired`, that of 0 is 1.
    """
    if len(sizes) == 1:
        return [np.arange(sizes[0], dtype=np.int64)]
    rng = np.random.default_rng(seed)
    indices = []
    for size in sizes:
        drawn = rng.integers(0, size, (n_surrogates + 1) // 2)
        opposite = drawn ^ 1 if paired else size - 1 - drawn
        indices.append(np.stack([drawn, opposite], axis=1).ravel())
    return indices


def enough(surrogates: Array) -> bool:
    """Tell whether there are surrogates enough to compare with."""
    return int(np.count_nonzero(np.isfinite(surrogates))) >= MIN_SURROGATES


def mean_defined(surrogates: Array) -> float:
    """Return the mean of the defined surrogates; missing where they are too few."""
    return mean_of(surrogates) if enough(surrogates) else float("nan")


def midrank_p(observed: float, surrogates: Array) -> float:
    """Return the upper-tail p = (1 + #{T* > T} + half the ties) / (B + 1).

    Missing surrogates are left out; NaN where `observed` is missing or nothing is left.
    """
    known = surrogates[np.isfinite(surrogates)]
    if not np.isfinite(observed) or not known.size:
        return float("nan")
    # Sums in another order differ by rounding, which must count as a tie.
    slack = 1e-12 * max(1.0, abs(observed))
    above = np.count_nonzero(known > observed + slack)
    ties = np.count_nonzero(np.abs(known - observed) <= slack)
    return (1 + above + 0.5 * ties) / (known.size + 1)


def midrank_p_rows(observed: Array, surrogates: Array) -> Array:
    """Return `midrank_p` of every row of `surrogates` (shape (k, b)) against `observed` (k,)."""
    value = observed[:, None]
    slack = 1e-12 * np.maximum(1.0, np.abs(value))
    with np.errstate(invalid="ignore"):
        above = (surrogates > value + slack).sum(1)
        ties = (np.abs(surrogates - value) <= slack).sum(1)
    known = np.isfinite(surrogates).sum(1)
    p = (1 + above + 0.5 * ties) / (known + 1)
    return np.where(np.isfinite(observed) & (known > 0), p, np.nan)


def ahead_max(values: Array, width: int, *, run: int = 1) -> Array:
    """Return, for every d, the maximum of the `width` values after it, around the circle.

    Where the circle is laid out in blocks of `run` = `width` + 1, only for the first of each.

    Parameters
    ----------
    values : ndarray, shape (k, n)
        By displacement; NaN is missing and is passed over.
    width : int
        Number of displacements d + 1 .. d + width.

    Returns
    -------
    ndarray, shape (k, n / run)
        NaN where all of them are missing.
    """
    if run > 1:
        maxima = np.empty((len(values), values.shape[1] // run))
        for row, out in zip(_blocks(values, run), maxima, strict=True):
            # Many numbers from one place in memory to the next, rather than few.
            np.fmax.reduce(row.T[1:].copy(), axis=0, out=out)
        return maxima
    maxima = np.empty_like(values)
    rows = max(1, _PIECE_NUMBERS // max(1, values.shape[-1]))
    for first in range(0, len(values), rows):
        part = slice(first, first + rows)
        maxima[part] = _ahead_max(values[part], width)
    return maxima


def _ahead_max(values: Array, width: int) -> Array:
    # Maxima of 1, 2, 4, ... values, then two overlapping ones: log2(width) passes.
    highest = np.concatenate([values[:, 1:], values[:, :width]], axis=1)
    covered = 1
    while covered < width:
        step = min(covered, width - covered)
        highest = np.fmax(highest[:, :-step], highest[:, step:])
        covered += step
    return highest[:, : values.shape[1]]


def ahead_sum(values: Array, width: int, *, run: int = 1) -> Array:
    """Return, for every d, the sum of the `width` values after it, around the circle.

    Where the circle is laid out in blocks of `run` = `width` + 1, only for the first of each.
    """
    if run > 1:
        return np.asarray(_blocks(values, run)[..., 1:].sum(-1))
    around = np.concatenate([values, values[..., :width]], axis=-1)
    total = np.cumsum(around, axis=-1)
    return total[..., width:] - total[..., :-width]


def _blocks(values: Array, run: int) -> Array:
    return values.reshape(*values.shape[:-1], -1, run)
