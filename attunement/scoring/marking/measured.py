"""Which of the caregiver's cues were measured: a cue that never moves beside ones that do was not.

A face that is still is unmarked, so cues that rest all count, with 0. A single channel that holds
one value through a session in which the others move is what a program writes that cannot see it;
counted as a cue, it would take its share of every mean over cues.
"""

import numpy as np
from numpy.typing import NDArray

from attunement import schema
from attunement.scoring.series.recording import Recording

# z: far under what a camera's noise makes of a face at rest, far over rounding.
MIN_SD = 0.01


def measured_cues(recording: Recording) -> list[str]:
    """Return the caregiver's cues of which anything moves in the session; all where none does."""
    present = [name for name in schema.CUES if name in recording.caregiver]
    moving = [name for name in present if _moves(recording.caregiver[name])]
    return moving or present


def constant_cues(recording: Recording) -> list[str]:
    """Return the caregiver's cues that are left out since they never move beside ones that do."""
    measured = measured_cues(recording)
    return [name for name in schema.CUES if name in recording.caregiver and name not in measured]


def _moves(series: NDArray[np.float64]) -> bool:
    return float(np.std(series[np.isfinite(series)])) >= MIN_SD
