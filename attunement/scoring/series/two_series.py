"""Two series that a measure is asked of: checked, as arrays."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from attunement.errors import TableError
from attunement.scoring.series.recording import check_grid

Array = NDArray[np.float64]


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
