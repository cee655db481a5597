"""How far a run is, told to whoever listens."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    Attributes
    ----------
    sessions_total, sessions_done, sessions_failed : int
        Sessions of the study; `sessions_done` includes those found finished from an earlier run.
    recorded_total_s, recorded_done_s : float
        Seconds of recording whose faces this run has to extract, and has extracted. The total
        grows while recordings are being opened.
    frames_done : int
        Rows of faces that this run has extracted.
    step : str
        What was just finished, in words.
    """

    sessions_total: int
    sessions_done: int
    sessions_failed: int
    recorded_total_s: float
    recorded_done_s: float
    frames_done: int
    step: str


Listener = Callable[[Progress], None]
