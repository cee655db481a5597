"""Two series, and the lengths a measure of them is asked for: checked, as arrays and samples."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from attunement.errors import TableError
from attunement.scoring.series.recording import check_grid

Array = NDArray[np.float64]


def n_samples(seconds: float, sampling_hz: float) -> int:
    """Return the whole number of samples nearest to `seconds`."""
    return round(seconds * sampling_hz)


def whole_samples(
    seconds: float, sampling_hz: float, *, name: str, what: str, least: int = 0
) -> int:
    """Return a length that must be `least` samples or more.

    Raises
    ------
    TableError
        For a length or a rate that is no finite number, a rate that is not positive, or less.
    """
    try:
        found = float(seconds), float(sampling_hz)
    except (TypeError, ValueError):
        found = float("nan"), float("nan")
    if np.isfinite(found).all() and found[1] > 0 and n_samples(*found) >= least:
        return n_samples(*found)
    raise TableError(
        f"{name} of {what} must be at least {least} sample{'' if least == 1 else 's'} long, at a "
        f"rate above 0; found {seconds} s at {sampling_hz} Hz."
    )


def as_pair(
    infant: ArrayLike, caregiver: ArrayLike, *, what: str, sampling_hz: float
) -> tuple[Array, Array]:
    """Return two series as arrays.

    Raises
    ------
    TableError
        Not numbers, not one-dimensional, of different length, with infinities, or with an index
        that `_check_index` refuses.
    """
    _check_index(infant, caregiver, what, sampling_hz)
    try:
        i, c = (np.asarray(series, dtype=float) for series in (infant, caregiver))
    except (TypeError, ValueError) as error:
        raise TableError(f"The two series of {what} must be numbers ({error}).") from None
    if i.ndim != 1 or i.shape != c.shape:
        raise TableError(
            f"The two series of {what} must be one-dimensional and equally long; "
            f"found shapes {i.shape} and {c.shape}."
        )
    if np.isinf(i).any() or np.isinf(c).any():
        raise TableError(
            f"The two series of {what} must not hold infinities.",
            "Write missing values as NaN.",
        )
    return i, c


def _check_index(infant: ArrayLike, caregiver: ArrayLike, what: str, sampling_hz: float) -> None:
    """Raise unless an index of times is the grid, and one of whole numbers goes up row by row."""
    where = f"A series of {what}"
    clocks = []
    for series in (infant, caregiver):
        if not isinstance(series, pd.Series):
            continue
        if series.index.dtype.kind in "iu" and not (np.diff(series.index.to_numpy()) > 0).all():
            raise TableError(
                f"{where}: the rows are unsorted or doubled, by their index.",
                "Sort them by time, or give arrays where the index means nothing.",
            )
        time_s = _index_s(series.index)
        # What is no rate is refused where windows are counted.
        if time_s is not None and np.isfinite(sampling_hz) and sampling_hz > 0:
            advice = "Give the rate of the series, or resample them."
            check_grid(where, time_s, sampling_hz, asked="sampling_hz is", advice=advice)
            clocks.append(time_s)
    if len(clocks) == 2 and len(clocks[0]) == len(clocks[1]) > 0:
        apart_s = np.abs(clocks[0] - clocks[1]).max()
        if apart_s > 0.5 / sampling_hz:
            raise TableError(
                f"The two series of {what} must have the same times; they are up to {apart_s:g} s "
                "apart."
            )


def _index_s(index: pd.Index) -> Array | None:
    """Return an index of floats, durations or dates in seconds; None for any other."""
    if index.dtype.kind == "f":
        return index.to_numpy(dtype=float, na_value=np.nan)
    if isinstance(index, pd.DatetimeIndex):
        index = (index if index.tz is None else index.tz_convert(None)) - pd.Timestamp(0)
    if isinstance(index, pd.TimedeltaIndex):
        return index.total_seconds().to_numpy(dtype=float)
    return None


def in_samples(
    *, sampling_hz: float, window_s: float, step_s: float, max_lag_s: float, what: str
) -> tuple[int, int, int]:
    """Return window, step and longest lag in samples.

    Raises
    ------
    TableError
        For lengths that are not finite, a window under two samples, a step under one, a negative
        lag.
    """
    lengths = (sampling_hz, window_s, step_s, max_lag_s)
    if np.isfinite(lengths).all() and sampling_hz > 0:
        window, step = n_samples(window_s, sampling_hz), n_samples(step_s, sampling_hz)
        max_lag = n_samples(max_lag_s, sampling_hz)
        if window >= 2 and step >= 1 and max_lag >= 0:
            return window, step, max_lag
    raise TableError(
        f"In {what} at {sampling_hz} Hz a window needs two samples, a step one and a lag none or "
        f"more; found window_s {window_s}, step_s {step_s}, max_lag_s {max_lag_s}."
    )
