"""Times of frames that were rounded or lost, and what the frames' numbers tell of them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_Array = NDArray[np.float64]

_STRETCH = 31
_STEPS = 30  # over so many rows a period is measured, so that three decimals do not matter
# Where the first frame's time is not 0, it is known to half of what the times are rounded to.
_MOST_ROUNDED_S = 0.25
_FEW_FRAMES = 6


def between_numbers(times: _Array, numbers: _Array) -> float:
    """Return the usual time from one number to the next; NaN of fewer than two of them.

    The median over stretches of rows: pauses do not count, and neither does rounding.
    """
    there = np.isfinite(times)
    times, numbers = times[there], numbers[there]
    if len(times) < 2 or numbers[-1] == numbers[0]:
        return float("nan")
    k = max(1, min(_STEPS, len(times) // 10))  # so that one pause is in few of the stretches
    steps = numbers[k:] - numbers[:-k]
    apart = steps > 0
    usual = float(np.median((times[k:] - times[:-k])[apart] / steps[apart])) if apart.any() else 0.0
    # Times in whole seconds may not change over a stretch.
    return usual or float((times[-1] - times[0]) / (numbers[-1] - numbers[0]))


def change_of_pace(times: _Array, numbers: _Array) -> tuple[float, int]:
    """Return how many times as fast times pass in one part as in another, and where that changes.

    By medians of 31 steps, in which neither pauses nor single frames count; 1 of a few rows.
    """
    steps = np.diff(numbers)
    each = np.where(steps > 0, np.diff(times) / np.maximum(steps, 1), np.nan)
    usual = pd.Series(each).rolling(_STRETCH, min_periods=5, center=True).median().to_numpy()
    usual = np.where(usual > 0, usual, np.nan)
    changes = np.abs(np.diff(np.log(usual)))
    if not np.isfinite(changes).any():
        return 1.0, 0
    return float(np.nanmax(usual) / np.nanmin(usual)), int(np.nanargmax(changes))


def find_lost(times: _Array) -> NDArray[np.bool_]:
    """Return which rows have no time: empty, or 0 amidst later ones or at the end.

    The 0 with which another recording begins is a time.
    """
    lost = ~np.isfinite(times)
    highest = np.fmax.accumulate(np.where(lost, -np.inf, times))
    zero = ~lost & (times == 0) & (highest > 0)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], zero.astype(int), [0]])))
    for first, end in zip(edges[::2], edges[1::2], strict=True):
        after = times[end] if end < len(times) else np.inf
        lost[first:end] |= after > highest[first]
    return lost


@dataclass(frozen=True)
class Rounded:
    """What times are rounded to, in their own unit, and what they were, if that can be told."""

    grain: float
    times: _Array | None


def find_rounded(times: _Array, numbers: _Array, *, step: float, unit_s: float) -> Rounded | None:
    """Return what times are rounded to where frames share them, and what they were.

    Parameters
    ----------
    times, numbers : ndarray
        Of the frames, in the order of the numbers.
    step : float
        The last decimal place that any time has.
    unit_s : float
        What a time of 1 is in seconds.

    Returns
    -------
    Rounded or None
        None where no two frames share a time, or do so for another reason than rounding: frames
        then come less often than the steps of the times. The times are those on the line through
        them, if every one lies within a step of it, so that rounding is all that happened; a first
        frame of time 0 keeps it. They are missing where there is no such line, or too much was
        rounded off to know when the first frame was.
    """
    if not shared(times, numbers).any():
        return None
    grains = np.diff(np.unique(times))
    grain = float(grains.min()) if grains.size else step
    in_grains = (times - times[0]) / grain if grain > 0 else np.zeros(1)
    if grain <= 0 or np.abs(in_grains - np.round(in_grains)).max() > 1e-3:
        grain = step
    if grain <= 1.02 * between_numbers(times, np.arange(len(times), dtype=float)):
        return None
    slope, at_0 = np.polyfit(numbers - numbers[0], times, 1)
    line = at_0 + slope * (numbers - numbers[0])
    is_line = slope > 0 and np.abs(times - line).max() <= 0.75 * grain
    if times[0] == 0:
        line = line - line[0]
    elif grain * unit_s > _MOST_ROUNDED_S:
        is_line = False
    return Rounded(grain, line if is_line else None)


def shared(times: _Array, numbers: _Array) -> NDArray[np.bool_]:
    """Return, of every row but the first, whether its time is that of another frame before it."""
    return (np.diff(times) == 0) & (np.diff(numbers) > 0)


def fill_lost(times: _Array, numbers: _Array, lost: NDArray[np.bool_]) -> _Array | None:
    """Return the times with those that are lost told from the frame numbers, where that can be.

    On the line of the others, if none of them is further from it than a quarter of the time from
    one frame to the next. Otherwise between their neighbours, if these are a few frames apart.
    """
    kept = ~lost
    if np.count_nonzero(kept) < 3:
        return None
    slope, at_0 = np.polyfit(numbers[kept] - numbers[0], times[kept], 1)
    line = at_0 + slope * (numbers - numbers[0])
    if slope > 0 and np.abs(times - line)[kept].max() <= 0.25 * slope:
        return np.where(lost, line, times)
    known = np.flatnonzero(kept)
    after = np.searchsorted(known, np.flatnonzero(lost))
    if (after == 0).any() or (after == len(known)).any():
        return None
    if (numbers[known[after]] - numbers[known[after - 1]]).max() > _FEW_FRAMES:
        return None
    return np.where(lost, np.interp(numbers, numbers[kept], times[kept]), times)
