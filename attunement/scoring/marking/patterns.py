"""Markedness of windows: how far cues rise after the events they hold, against shifted events."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from attunement import schema
from attunement.columns import Column
from attunement.samples import nearest_samples
from attunement.scoring.chance.shifts import (
    MIN_SURROGATES,
    Index,
)
from attunement.scoring.marking.markedness import BOX_S, Cue
from attunement.scoring.series.gaps import RunningMean, mean_sd
from attunement.scoring.series.recording import Episode

Array = NDArray[np.float64]
Axis = NDArray[np.int8]

MARKED_QUANTILE = 0.90
# In units of the cue's residual: less than this is no rise, however still the face is otherwise.
MIN_MARKED = 0.25
ANSWER_S = (0.5, 3.0)
_UNIT = "residual sd"
_SOURCE = "residual after the infant's events (`cue_<name>` of scores), against shifted events"
_MISSING = "no infant event in the window; the caregiver seen in under half of the frames after it"
WINDOW_COLUMNS = (
    Column(
        "marking_z", _UNIT,
        "How far the caregiver's cues rise after the infant's events of this window, above chance.",
        "score", chance_level="0", missing_when=_MISSING, source=_SOURCE,
        not_for="a score of the session: a single window says little",
    ),
    *(
        Column(f"cue_{name}", _UNIT, f"`marking_z` of the cue {name} alone.", "score",
               chance_level="0", missing_when=_MISSING, source=_SOURCE)
        for name in schema.CUES
    ),
    Column(
        "pattern", "",
        "The pattern of the first infant event with one that starts in the window; `not_scorable` "
        "without such an event.",
        "description", "str", source="marked mirroring (Fonagy et al. 2002); of events",
        not_for="a diagnosis, or a judgement of a person: it labels a few seconds",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class MarkednessBlock:
    """Markedness of some windows: mean residual after their onsets minus its surrogate mean.

    Attributes
    ----------
    observed : ndarray, shape (k,)
    by_cue : dict of str to ndarray, shape (k,)
    has_onset : ndarray of bool, shape (k,)
    """

    observed: Array
    by_cue: dict[str, Array]
    has_onset: NDArray[np.bool_]


def markedness_block(
    cues: dict[str, Cue],
    episode: Episode,
    onsets: Index,
    starts: Index,
    shifts: Index,
    *,
    window: int,
    max_lag: int,
    sampling_hz: float,
) -> MarkednessBlock:
    """Score the windows at `starts` by the residual (0.5, 3] s after the onsets they hold.

    The samples counted lie within the window's W + max_lag; a shift moves the caregiver's
    residual under them, so that every surrogate has the same number of frames.
    """
    k, n = len(starts), episode.n
    lo, hi = (nearest_samples(edge, sampling_hz) for edge in ANSWER_S)
    answered = np.zeros((k, n))
    has_onset = np.zeros(k, bool)
    for row, start in enumerate(starts):
        inside = onsets[(onsets >= start) & (onsets < start + window)]
        has_onset[row] = len(inside) > 0
        for onset in inside:
            answered[row, onset + lo : min(onset + hi, start + window + max_lag)] = 1.0
    rows = np.flatnonzero(answered.sum(1) >= nearest_samples(BOX_S, sampling_hz))
    needed = answered[rows].sum(1)[:, None]
    spectrum = np.conj(fft.rfft(answered[rows]))
    index = np.concatenate([[0], -shifts % n])
    over_cues = RunningMean((len(rows),))
    by_cue = {}
    for name, cue in cues.items():
        partial = cue.partial[episode.lo : episode.hi]
        seen = np.isfinite(partial)
        summed = fft.irfft(spectrum * fft.rfft(np.where(seen, partial, 0.0)), n=n)[:, index]
        frames = fft.irfft(spectrum * fft.rfft(seen.astype(float)), n=n)[:, index]
        enough = frames > needed / 2 - 1e-6
        value = np.where(enough, summed / np.maximum(frames, 1), np.nan)
        usual, _ = mean_sd(value[:, 1:], least=MIN_SURROGATES)
        value = value[:, 0] - usual
        by_cue[name] = _spread(value, rows, k)
        over_cues.add(value)
    return MarkednessBlock(
        observed=_spread(over_cues.value(), rows, k), by_cue=by_cue, has_onset=has_onset
    )


def _spread(values: Array, rows: NDArray[np.int64], k: int) -> Array:
    all_windows = np.full(k, np.nan)
    all_windows[rows] = values
    return all_windows
