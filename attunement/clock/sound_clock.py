"""The clock of two recordings of one session, from their sound tracks.

time in the first recording = offset + time in the second * (1 + drift), both from the recording's
first picture. Two tracks that do not belong together, or that could be put together in more than
one way, are refused. Method, sources and measured errors: ``docs/clock.md``.
"""

from dataclasses import dataclass, replace
from math import hypot

import numpy as np
from numpy.typing import NDArray

from attunement.clock.candidates import MAX_DRIFT, Line, candidates
from attunement.clock.loudness import loudness
from attunement.clock.pieces import Pieces, correlate, overlap_s
from attunement.clock.slant_stack import Stack, fit, stack

SOUND_HZ = 4000
# Raised by hand when the same sound gives another clock.
CLOCK_VERSION = 1
# What the pieces cannot show: sound takes 10 ms for 3.4 m, and speaks to one camera first.
SYSTEMATIC_S = 0.010
MIN_OVERLAP_S = 3.0
_N_CANDIDATES = 5
_LEAST_Z = 9.0
_LEAST_OTHER_Z = 6.5
_MOST_RIVAL = 0.85
_MOST_OTHER = 0.6
# Two passes: short pieces and any tilt that the candidates leave open, then long ones.
_COARSE_ERROR_S = 0.04
_FINE_ERROR_S = 0.001


@dataclass(frozen=True)
class SoundClock:
    """What two sound tracks say about the clocks of their recordings.

    Attributes
    ----------
    offset_s, drift_ppm : float
        Time in the first = `offset_s` + time in the second * (1 + `drift_ppm` * 1e-6); NaN where
        they are refused.
    uncertainty_s : float
        Half width of the 95 % interval of a time so converted, the largest over the time that both
        recordings run, and 10 ms of what cannot be seen from the sound, added in squares.
    drift_uncertainty_ppm : float
        Half width of the 95 % interval of the drift.
    z, rival, other : float
        How far the agreement of the pieces stands out, and what the next best line beside it and
        the next best candidate elsewhere reach of it.
    n_agreeing, n_stretches : int
        Stretches of the session that agree, of those that have a lag of their own.
    refused : str
        Why there is no clock; empty where there is one.
    """

    offset_s: float = float("nan")
    drift_ppm: float = float("nan")
    uncertainty_s: float = float("nan")
    drift_uncertainty_ppm: float = float("nan")
    z: float = float("nan")
    rival: float = float("nan")
    other: float = float("nan")
    n_agreeing: int = 0
    n_stretches: int = 0
    refused: str = ""


def clock_from_sound(
    first: NDArray[np.floating] | None, second: NDArray[np.floating] | None
) -> SoundClock:
    """Find the clock of two recordings from what both microphones heard.

    Parameters
    ----------
    first, second : ndarray, shape (n_samples,), or None
        From `read_sound` at 4 kHz: sound from each recording's first picture on, NaN where missing;
        None without a sound track.

    Returns
    -------
    SoundClock
        With a reason in `refused` instead of figures where a track is missing or silent, the
        tracks have less than 3 s in common, do not belong together, or repeat themselves so
        that they fit in more than one way.
    """
    if first is None or second is None:
        return SoundClock(refused="no_sound")
    if min(len(first), len(second)) < MIN_OVERLAP_S * SOUND_HZ:
        return SoundClock(refused="too_short")
    features = [loudness(track, rate_hz=SOUND_HZ) for track in (first, second)]
    if not all(np.any(feature) for feature in features):
        return SoundClock(refused="silent")
    stacks = [
        _first_look(first, second, line)
        for line in candidates(*features, most=_N_CANDIDATES)
        if _common_s(first, second, line) >= MIN_OVERLAP_S
    ]
    stacks.sort(key=lambda one: -one.likeness)
    if not stacks:
        return SoundClock(refused="unrelated")
    finer = stack(_second_look(first, second, stacks[0].line), most_end_s=_FINE_ERROR_S)
    # What lies on each other for a few pieces only is as like by chance as many are in truth.
    others = [one.likeness for one in stacks[1:] if one.z >= _LEAST_OTHER_Z]
    other = max(others, default=0.0) / stacks[0].likeness if stacks[0].likeness else 1.0
    seen = SoundClock(z=finer.z, rival=max(stacks[0].rival, finer.rival), other=other)
    if stacks[0].z < _LEAST_Z or finer.z < _LEAST_Z:
        return replace(seen, refused="unrelated")
    if seen.rival > _MOST_RIVAL or other > _MOST_OTHER:
        return replace(seen, refused="ambiguous")
    line = fit(_second_look(first, second, finer.line), z=finer.z)
    if line is None or line.n < line.n_groups / 2 or abs(line.line.drift) > MAX_DRIFT:
        return replace(seen, refused="inconsistent")
    start_s, end_s = overlap_s(len(first) / SOUND_HZ, len(second) / SOUND_HZ, line.line)
    return replace(
        seen,
        offset_s=line.line.offset_s,
        drift_ppm=line.line.drift * 1e6,
        uncertainty_s=hypot(max(line.error_s(start_s), line.error_s(end_s)), SYSTEMATIC_S),
        drift_uncertainty_ppm=line.drift_error * 1e6,
        n_agreeing=line.n,
        n_stretches=line.n_groups,
    )


def _common_s(first: NDArray[np.floating], second: NDArray[np.floating], line: Line) -> float:
    start_s, end_s = overlap_s(len(first) / SOUND_HZ, len(second) / SOUND_HZ, line)
    return end_s - start_s


def _first_look(first: NDArray[np.floating], second: NDArray[np.floating], line: Line) -> Stack:
    # A wrong drift of what the candidates leave open must not move a piece by more than 0.3 ms.
    common_s = _common_s(first, second, line)
    pieces = correlate(
        first,
        second,
        line,
        rate_hz=SOUND_HZ,
        piece_s=float(np.clip(common_s / 60, 0.5, 6.0)),
        most=60,
        upsampled=2,
    )
    return stack(pieces, most_end_s=min(_COARSE_ERROR_S, MAX_DRIFT * common_s / 2))


def _second_look(first: NDArray[np.floating], second: NDArray[np.floating], line: Line) -> Pieces:
    return correlate(
        first,
        second,
        line,
        rate_hz=SOUND_HZ,
        piece_s=float(np.clip(_common_s(first, second, line) / 24, 0.5, 6.0)),
        most=120,
        upsampled=4,
    )
