"""The caregiver's onsets: when a smile, a distress or an anger face starts or steps up.

They are found once in the whole recording, without regard to the infant, so that an answer and
what chance would give are counted on the same onsets.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attunement.scoring.answering.events import expressions, spans
from attunement.scoring.series.recording import Recording
from attunement.scoring.series.windows import stretches

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Index = NDArray[np.int64]

STEP_Z = 1.0
# A rise belongs to one step when it takes no longer than this.
STEP_S = 1.0
# What rises on within this time of an onset is still that onset.
DEAD_S = 0.5


@dataclass(frozen=True)
class Expressed:
    """One expression of the caregiver.

    Attributes
    ----------
    series : ndarray, shape (n,)
        Its z.
    onsets : ndarray of bool, shape (n,)
        Where it starts or steps up.
    showing : ndarray of bool, shape (n,)
        Where it is shown.
    """

    series: Array
    onsets: Mask
    showing: Mask


def caregiver_expressions(recording: Recording) -> dict[str, Expressed]:
    """Return the caregiver's smile, distress and anger, as far as the channels are there.

    Where none of the three is there, valence stands in by its sign. An expression is shown by the
    rules of infant events (up through 1.0, down through 0.5, at least 0.5 s, merged when closer
    than 0.5 s) but for the refractory second. It steps up where, while shown, it has risen by at
    least 1.0 above its lowest value of the second before, at least 0.5 s after its last onset.
    """
    expressed = {}
    for name, series in expressions(recording.caregiver).items():
        showing, onsets = np.zeros(len(series), bool), np.zeros(len(series), bool)
        for first, last in stretches(np.isfinite(series)):
            # A neutral sample before each stretch lets an expression begin with it.
            height = np.concatenate([[0.0], series[first:last]])
            for start, stop in spans(height, recording.sampling_hz, refractory_s=0.0):
                begin, end = first + start - 1, first + stop - 1
                showing[begin:end] = True
                onsets[begin] = begin > first
                onsets[_steps(series, begin, end, recording)] = True
        expressed[name] = Expressed(series, onsets, showing)
    return expressed


def _steps(series: Array, start: int, stop: int, recording: Recording) -> list[int]:
    """Return the samples in which an expression shown in [start, stop) has stepped up."""
    memory, dead = recording.samples(STEP_S), recording.samples(DEAD_S)
    stepped_up: list[int] = []
    since = start + dead
    for at in range(since + 1, stop):
        low = series[max(since, at - memory) : at]
        if low.size and series[at] - low.min() >= STEP_Z:
            stepped_up.append(at)
            since = at + dead
    return stepped_up


def samples_until(marks: Mask, *, first: int, last: int) -> Index:
    """Return, from every sample of a circle, how many samples later a mark comes.

    Parameters
    ----------
    marks : ndarray of bool, shape (n,)
        One episode, taken as a circle.
    first, last : int
        Marks from `first` to `last` samples later count.

    Returns
    -------
    ndarray of int, shape (n,)
        ``last + 1`` where none comes.
    """
    delay = np.full(len(marks), last + 1, dtype=np.int64)
    for lag in range(last, first - 1, -1):
        delay[np.roll(marks, -lag)] = lag
    return delay
