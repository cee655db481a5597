"""Where the times of a table of another program come from, as plain facts."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

# Lengths of which one is so many times the other, and the units that were taken for each other.
_FACTORS = {
    24.0: "days for hours",
    60.0: "minutes for seconds",
    1000.0: "milliseconds for seconds",
    3600.0: "hours for seconds",
    86400.0: "days for seconds",
}
_CAMERA_HZ = (24.0, 25.0, 30.0, 50.0, 60.0)
_SAME_LENGTH = 0.02
_EXACT = 0.005


@dataclass(frozen=True)
class TableClock:
    """Where the times of a table come from.

    Attributes
    ----------
    file : str
        The table's name.
    source : str
        In words, such as ``column timestamp, in seconds``.
    frames_hz : float
        Frames a second by their numbers; NaN where there is one row only.
    lasts_s : float
        From 0 to the end of its last frame.
    notes : tuple of str
        Sentences on what was not as the program documents it.
    value_notes : tuple of str
        The same of the table's intensities, which are told in one breath with its times.
    is_open : bool
        Whether a note asks what only the user can tell.
    """

    file: str
    source: str
    frames_hz: float
    lasts_s: float
    notes: tuple[str, ...] = ()
    value_notes: tuple[str, ...] = ()
    is_open: bool = False

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> "TableClock":
        """Return it from its `facts`."""
        rate_hz = facts["frames_hz"]
        return cls(**{**facts, "frames_hz": np.nan if rate_hz is None else rate_hz})

    def facts(self) -> dict[str, Any]:
        """Return it as plain values for JSON, without what is said of intensities."""
        rate_hz = round(self.frames_hz, 6) if np.isfinite(self.frames_hz) else None
        of_values = ("value_notes", "is_open")
        facts = {name: value for name, value in asdict(self).items() if name not in of_values}
        return {
            **facts,
            "frames_hz": rate_hz,
            "lasts_s": round(self.lasts_s, 6),
            "notes": list(self.notes),
        }


def unlike_lengths(clock: TableClock, other: str, other_s: float) -> str:
    """Return a sentence on the rate or unit that would make a table as long as the partner's.

    Empty where there is none. Lengths within 2 % are those of cameras started by hand.
    """
    factor, rate_hz = _explained(clock.lasts_s, other_s, clock.frames_hz)
    if not factor and not rate_hz:
        return ""
    lasts = (
        f"{clock.file} lasts {_length(clock.lasts_s)} and {other} {_length(other_s)}, which is"
        f" {other_s / clock.lasts_s:.4g} times as long"
    )
    if factor:
        units = _FACTORS[factor]
        return f"{lasts}, as where the one is counted in {units}: correct one of them."
    return (
        f"{lasts}. At {rate_hz:g} frames a second instead of {clock.frames_hz:.4g} they would be"
        " alike: if both ran from beginning to end, the rate of one is wrong."
    )


def _length(seconds: float) -> str:
    return f"{seconds:.3g} s" if seconds < 10 else f"{seconds:.0f} s"


def _explained(lasts_s: float, other_s: float, rate_hz: float) -> tuple[float, float]:
    """Return the factor of two units, or else the camera's rate, that makes two lengths alike.

    0 stands for none. A rate explains a length where the table's own is a camera's, too.
    """
    if lasts_s <= 0 or other_s <= 0 or abs(other_s / lasts_s - 1) < _SAME_LENGTH:
        return 0.0, 0.0
    ratio = other_s / lasts_s
    factor = next((one for one in _FACTORS if abs(ratio / one - 1) < _EXACT), 0.0)
    is_camera = any(abs(rate_hz / one - 1) < _EXACT for one in _CAMERA_HZ)
    wanted = (one for one in _CAMERA_HZ if abs(rate_hz / ratio / one - 1) < _EXACT)
    return factor, next(wanted, 0.0) if is_camera and not factor else 0.0
