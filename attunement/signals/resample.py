"""From frames with true time stamps to samples on an even grid."""

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from attunement.signals.times_in_spans import episode_names
from attunement.study.sessions import Episode, Span

# Containers round time stamps to as little as a millisecond.
TOLERANCE_S = 1e-3
NO_RUN = -1


def grid_times(end_s: float, *, sampling_hz: float) -> NDArray[np.float64]:
    """Return k / sampling_hz for k = 0, 1, ... up to `end_s`."""
    last = int(np.floor((end_s + TOLERANCE_S) * sampling_hz))
    return np.arange(max(last + 1, 0)) / sampling_hz


def longest_episode(last_s: float, episodes: Sequence[Episode], *, sampling_hz: float) -> int:
    """Return how many samples the longest episode has in signals of frames up to `last_s`."""
    names = episode_names(grid_times(last_s, sampling_hz=sampling_hz), episodes)
    return max(Counter(names[names != ""]).values(), default=0)


def frame_interval(times_s: NDArray[np.float64]) -> float:
    """Return the median time between frames in seconds; missing with fewer than two frames."""
    return float(np.median(np.diff(times_s))) if len(times_s) > 1 else float("nan")


def find_runs(
    times_s: NDArray[np.float64],
    usable: NDArray[np.bool_],
    *,
    max_gap_s: float,
    exclude: Sequence[Span] = (),
) -> NDArray[np.int64]:
    """Return the number of the run each frame is in, shape (n,); `NO_RUN` where not usable.

    A run is a chain of usable frames of which no two neighbours are further apart than `max_gap_s`
    and none are parted by an excluded stretch.
    """
    runs = np.full(len(times_s), NO_RUN, dtype=np.int64)
    at_s = times_s[usable]
    breaks = np.diff(at_s) > max_gap_s + TOLERANCE_S
    for span in exclude:
        breaks |= (at_s[:-1] < span.end_s) & (at_s[1:] >= span.start_s)
    runs[usable] = np.concatenate([[0], np.cumsum(breaks)])[: len(at_s)]
    return runs


def bracket(
    grid_s: NDArray[np.float64], times_s: NDArray[np.float64], runs: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Return the usable frames before and after each grid time, and whether they enclose it.

    Parameters
    ----------
    grid_s : ndarray, shape (m,)
    times_s, runs : ndarray, shape (n,)

    Returns
    -------
    before, after : ndarray of int, shape (m,)
        Rows of the last usable frame at or before and the first at or after; the same row where the
        grid time is a frame's (to a millisecond); -1 and n where there is none.
    inside : ndarray of bool, shape (m,)
        Whether both are there and in the same run: nowhere else a sample is defined.
    """
    rows = np.flatnonzero(runs != NO_RUN)
    at_s = times_s[rows]
    nth_before = np.searchsorted(at_s, grid_s, side="right")
    nth_after = np.searchsorted(at_s, grid_s, side="left") + 1
    rows = np.concatenate([[-1], rows, [len(times_s)]])
    at_s = np.concatenate([[-np.inf], at_s, [np.inf]])
    early_s, late_s = grid_s - at_s[nth_before], at_s[nth_after] - grid_s
    nth_before = np.where((late_s <= TOLERANCE_S) & (late_s < early_s), nth_after, nth_before)
    nth_after = np.where((early_s <= TOLERANCE_S) & (early_s <= late_s), nth_before, nth_after)
    before, after = rows[nth_before], rows[nth_after]
    there = (before >= 0) & (after < len(times_s))
    inside = np.zeros(len(grid_s), dtype=bool)
    inside[there] = runs[before[there]] == runs[after[there]]
    return before, after, inside


def resampler(
    times_s: NDArray[np.float64],
    runs: NDArray[np.int64],
    grid_s: NDArray[np.float64],
    *,
    sampling_hz: float,
) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """Return what puts values on the grid: the weighted local line through frames of their run.

    The weight of a frame at distance u is 1 + cos(pi u / h), |u| < h, with h = 1 / sampling_hz or
    the distance of the two enclosing frames where that is larger. This is the anti-alias filter
    (symmetric, so it shifts nothing; gain .98, .90, .50, .12, .00 at .1, .2, .5, .8, 1.0 times
    `sampling_hz` from dense frames) and the interpolation in one: between frames further apart
    than the grid it is linear interpolation. The line, in place of a mean, keeps uneven frames and
    the ends of runs from shifting anything in time.

    Parameters
    ----------
    times_s : ndarray, shape (n,)
        Strictly increasing.
    runs : ndarray of int, shape (n,)
        From `find_runs`.
    grid_s : ndarray, shape (m,)
    sampling_hz : float

    Returns
    -------
    callable
        Takes one value a frame, shape (n,), of which only those of frames in a run are read and
        must be finite. Returns one a grid time, shape (m,): missing wherever that is not enclosed
        by frames of one run. No frame of another run is used. The weights are the same for all
        values of these frames and runs.

    References
    ----------
    Fan & Gijbels (1996), Local Polynomial Modelling and Its Applications, ch. 3.
    """
    before, after, inside = bracket(grid_s, times_s, runs)
    if not inside.any():
        return lambda values: np.full(len(grid_s), np.nan)  # noqa: ARG005
    rows = np.flatnonzero(runs != NO_RUN)
    at_s, of_run = times_s[rows], runs[rows]
    before, after = before[inside], after[inside]
    # A grid time up to the tolerance outside its run is read at the run's end.
    aim_s = np.clip(grid_s[inside], times_s[before], times_s[after])
    reach_s = np.maximum(1 / sampling_hz, times_s[after] - times_s[before])

    run = runs[before]
    first = np.maximum(
        np.searchsorted(at_s, aim_s - reach_s, "left"), np.searchsorted(of_run, run, "left")
    )
    stop = np.minimum(
        np.searchsorted(at_s, aim_s + reach_s, "right"), np.searchsorted(of_run, run, "right")
    )
    count = stop - first
    start = np.concatenate([[0], np.cumsum(count)[:-1]])
    pair = np.arange(count.sum()) - np.repeat(start - first, count)

    distance = (at_s[pair] - np.repeat(aim_s, count)) / np.repeat(reach_s, count)
    weight = 1 + np.cos(np.pi * np.clip(distance, -1, 1))
    total = np.add.reduceat(weight, start)
    first_moment = np.add.reduceat(weight * distance, start)
    second_moment = np.add.reduceat(weight * distance**2, start)
    spread = total * second_moment - first_moment**2
    # One frame, or frames next to each other in time, carry no line: their mean is taken.
    line = spread > 1e-9 * total**2
    slope = np.where(line, first_moment / np.where(line, second_moment, 1.0), 0.0)
    weight *= 1 - np.repeat(slope, count) * distance
    whole = np.add.reduceat(weight, start)
    read = rows[pair]

    def on_grid(values: NDArray[np.float64]) -> NDArray[np.float64]:
        result = np.full(len(grid_s), np.nan)
        result[inside] = np.add.reduceat(weight * values[read], start) / whole
        return result

    return on_grid
