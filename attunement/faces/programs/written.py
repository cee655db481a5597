"""Times as programs and spreadsheets write them in a column of a table."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_CLOCK = (
    r"^(?P<sign>-?)(?:(?P<days>\d+) days?,? \+?)?(?:(?P<h>\d+):)?(?P<m>\d+):(?P<s>\d+(?:\.\d*)?)"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?$"
)


@dataclass(frozen=True)
class Written:
    """A column of times as it is written.

    Attributes
    ----------
    text : pandas.Series
        Its cells, without spaces around them.
    seconds_or_number : ndarray of float
        Numbers as they stand, and seconds where a cell has colons; NaN where it is neither.
    in_seconds : bool
        Whether the cells have colons, so that their unit is known.
    has_hours : bool
        Whether they say hours.
    step : float
        The last decimal place that any cell has: .001 of "0.033", 1 of "12".
    """

    text: "pd.Series[str]"
    seconds_or_number: NDArray[np.float64]
    in_seconds: bool
    has_hours: bool
    step: float


def read_times(cells: "pd.Series[str]") -> Written:
    """Read a column of times: numbers, or [[h:]m:]s, with AM or PM, or with days before them.

    Of hours, minutes and seconds none needs to have two digits; decimals stand after a point or a
    comma. Twelve o'clock AM is 0, as a spreadsheet shows the first second of a recording.
    """
    found = cells.str.strip()
    text = found.str.replace(",", ".", regex=False)
    # Minutes and seconds of more than 59 are read as they stand: 75:03 are 75 minutes.
    numbers = pd.to_numeric(text, errors="coerce").to_numpy("float64", copy=True)
    numbers[~np.isfinite(numbers)] = np.nan
    parts = text.str.extract(_CLOCK)
    is_clock = parts["s"].notna().to_numpy(bool)
    if is_clock.any():
        value = {k: pd.to_numeric(parts[k]).fillna(0.0) for k in ("days", "h", "m", "s")}
        half = parts["half"].fillna("").str[:1].str.lower()
        hours = value["h"].where(half == "", value["h"] % 12) + 12.0 * (half == "p")
        seconds = ((value["days"] * 24 + hours) * 60 + value["m"]) * 60 + value["s"]
        seconds = seconds.where(parts["sign"].fillna("") == "", -seconds)
        numbers = np.where(is_clock, seconds.to_numpy(float), np.nan)
    decimals = text.str.extract(r"\.(\d+)\D*$")[0].str.len().max()
    small = text.str.contains("e", case=False, regex=False).any() and not is_clock.any()
    return Written(
        text=found,
        seconds_or_number=numbers,
        in_seconds=bool(is_clock.any()),
        has_hours=bool(parts["h"].notna().any()),
        step=0.0 if small else 10.0 ** -(0 if pd.isna(decimals) else int(decimals)),
    )
