"""Patterns: whether windows are matched, marked, or both."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from attunement import schema
from attunement.columns import WINDOW, Column
from attunement.samples import nearest_samples
from attunement.scoring.chance.shifts import (
    MIN_SURROGATE_SD,
    MIN_SURROGATES,
    Index,
    row_quantile,
)
from attunement.scoring.marking.markedness import BOX_S, Cue
from attunement.scoring.matching.congruence import CongruenceBlock
from attunement.scoring.matching.mirroring import MirroringBlock
from attunement.scoring.series.gaps import RunningMean, mean_sd
from attunement.scoring.series.recording import Episode

Array = NDArray[np.float64]
Axis = NDArray[np.int8]

NO, UNCLEAR, YES, UNKNOWN = -1, 0, 1, 2
BAND_SD = 0.25
MARKED_QUANTILE = 0.90
# In units of the cue's residual: less than this is no rise, however still the face is otherwise.
MIN_MARKED = 0.25
ANSWER_S = (0.5, 3.0)
NAMES = {
    (YES, YES): "attuned",
    (YES, NO): "merged",
    (NO, YES): "marked_only",
    (NO, NO): "neither",
}
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
        "Whether the window is matched, marked, both or neither; `indeterminate` near a limit.",
        "description", "str", needs=(WINDOW,), source="marked mirroring (Fonagy et al. 2002)",
        not_for="a diagnosis, or a judgement of a person: it labels a few seconds",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class MarkednessBlock:
    """Markedness of some windows: mean residual after their onsets minus its surrogate mean.

    Attributes
    ----------
    observed : ndarray, shape (k,)
    surrogate : ndarray, shape (k, b)
    by_cue : dict of str to ndarray, shape (k,)
    cut, sd : ndarray, shape (k,)
        What a marked window exceeds, and the sd of its surrogates.
    has_onset : ndarray of bool, shape (k,)
    """

    observed: Array
    surrogate: Array
    by_cue: dict[str, Array]
    cut: Array
    sd: Array
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
    over_cues = RunningMean((len(rows), len(index)))
    by_cue = {}
    for name, cue in cues.items():
        partial = cue.partial[episode.lo : episode.hi]
        seen = np.isfinite(partial)
        summed = fft.irfft(spectrum * fft.rfft(np.where(seen, partial, 0.0)), n=n)[:, index]
        frames = fft.irfft(spectrum * fft.rfft(seen.astype(float)), n=n)[:, index]
        enough = frames > needed / 2 - 1e-6
        value = np.where(enough, summed / np.maximum(frames, 1), np.nan)
        usual, _ = mean_sd(value[:, 1:], least=MIN_SURROGATES)
        value = value - usual[:, None]
        by_cue[name] = _spread(value[:, 0], rows, k)
        # A cue that is missing in the observed window must not enter its surrogates.
        over_cues.add(np.where(np.isfinite(value[:, :1]), value, np.nan))
    mean = over_cues.value()
    _, sd = mean_sd(mean[:, 1:], least=MIN_SURROGATES)
    cut = np.maximum(row_quantile(mean[:, 1:], MARKED_QUANTILE), MIN_MARKED)
    surrogate = np.full((k, len(shifts)), np.nan)
    surrogate[rows] = mean[:, 1:]
    return MarkednessBlock(
        observed=_spread(mean[:, 0], rows, k),
        surrogate=surrogate,
        by_cue=by_cue,
        cut=_spread(cut, rows, k),
        sd=_spread(np.maximum(sd, MIN_SURROGATE_SD), rows, k),
        has_onset=has_onset,
    )


def _spread(values: Array, rows: NDArray[np.int64], k: int) -> Array:
    all_windows = np.full(k, np.nan)
    all_windows[rows] = values
    return all_windows


def axis(value: Array, cut: Array, sd: Array) -> Axis:
    """Return YES above the cut, NO below, UNCLEAR within a quarter sd of it, UNKNOWN if missing."""
    away = value - cut
    known = np.isfinite(away) & np.isfinite(sd)
    side = np.where(away > 0, YES, NO)
    side = np.where(np.abs(away) <= BAND_SD * sd, UNCLEAR, side)
    return np.where(known, side, UNKNOWN).astype(np.int8)


def both(first: Axis, second: Axis) -> Axis:
    """Return the conjunction: NO if either is NO, else UNCLEAR if either is, else YES."""
    lower = np.minimum(first, second)
    unknown = (first == UNKNOWN) | (second == UNKNOWN)
    return np.where(unknown, UNKNOWN, lower).astype(np.int8)


def matched_axes(
    mirroring: MirroringBlock, congruence: CongruenceBlock | None
) -> tuple[Axis, Axis]:
    """Return whether windows are matched: observed (k,) and under surrogates (k, b).

    Mirroring above the 95th percentile of its surrogates and, where valence is there, congruence
    above 0.
    """
    total = mirroring.following
    observed = axis(total.observed, mirroring.cut, mirroring.sd)
    surrogate = axis(total.surrogate, mirroring.cut[:, None], mirroring.sd[:, None])
    if congruence is None:
        return observed, surrogate
    _, sd = mean_sd(congruence.surrogate, least=MIN_SURROGATES)
    zero = np.zeros_like(sd)
    return (
        both(observed, axis(congruence.observed, zero, sd)),
        both(surrogate, axis(congruence.surrogate, zero[:, None], sd[:, None])),
    )


def marked_axes(marking: MarkednessBlock) -> tuple[Axis, Axis]:
    """Return whether windows are marked: observed (k,) and under surrogates (k, b)."""
    return (
        axis(marking.observed, marking.cut, marking.sd),
        axis(marking.surrogate, marking.cut[:, None], marking.sd[:, None]),
    )


def name_patterns(matched: Axis, marked: Axis) -> list[str]:
    """Return the pattern of every window."""
    return [_name(int(a), int(b)) for a, b in zip(matched, marked, strict=True)]


def _name(matched: int, marked: int) -> str:
    if UNKNOWN in (matched, marked):
        return "not_scorable"
    return NAMES.get((matched, marked), "indeterminate")
