"""Stretches and windows of a series: how many fit, views and sums, how much of them is seen."""

import math

import numpy as np
from numpy.typing import NDArray

from attunement import schema
from attunement.scoring.series.recording import Episode, Recording

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]


def n_windows(n: int, *, window: int, step: int, max_lag: int) -> int:
    """Return how many windows fit: ceil((n - window - max_lag + 1) / step), all in samples."""
    return max(0, math.ceil((n - window - max_lag + 1) / step))


def stretches(mask: Mask) -> list[tuple[int, int]]:
    """Return (first, after the last) of every run of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]


def sliding(series: Array, window: int) -> Array:
    """Return all windows along the last axis as a view, shape (..., n - window + 1, window)."""
    return np.lib.stride_tricks.sliding_window_view(series, window, axis=-1)


def window_sums(rows: Array, window: int) -> Array:
    """Return the sum over every window of each row, shape (b, n - window + 1)."""
    total = np.cumsum(rows, axis=1)
    total[:, window:] -= total[:, :-window].copy()
    return total[:, window - 1 :]


def coverage(recording: Recording, episode: Episode, starts: Index, width: int) -> Array:
    """Return the share of the `width` samples from each start with a value: caregiver, infant."""
    shares = np.zeros((len(schema.PERSONS), len(starts)))
    for share, person in zip(shares, schema.PERSONS if len(starts) else (), strict=False):
        seen = recording.seen(person)[episode.lo : episode.hi].astype(float)
        share[:] = sliding(seen, width)[starts].mean(1)
    return shares
