"""Where two sound tracks could lie on each other, to some hundredths of a second: candidates.

Pieces of the shorter track are looked for in the whole of the other one by the loudness of their
bands. What a piece is most like is a guess; guesses of several pieces that lie on a line make a
candidate. Nothing is decided here (`attunement.clock.sound_clock`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attunement.clock.loudness import FRAME_HZ

Array = NDArray[np.float64]

MAX_DRIFT = 1e-3
_PIECE_S = (4.0, 40.0)
_N_PIECES = 40
_N_GUESSES = 6
_APART_S = 0.15
_ON_LINE_S = 0.06
_LEAST_Z = 3.0
_BLOCK = 200  # lines tried at a time


@dataclass(frozen=True)
class Line:
    """What is added to a time of the second track to give that of the first: a + drift * time."""

    offset_s: float
    drift: float = 0.0

    def at(self, time_s: Array | float) -> Array | float:
        """Return what is to be added at `time_s` of the second track."""
        return self.offset_s + self.drift * time_s


def candidates(first: NDArray[np.float32], second: NDArray[np.float32], *, most: int) -> list[Line]:
    """Return lines that could put the second track on the first, the likeliest first.

    Parameters
    ----------
    first, second : ndarray, shape (n_bands, n_frames)
        From `loudness`; 50 frames a second.
    most : int
        How many at most.

    Returns
    -------
    list of Line
        More than 0.15 s apart in the middle of the shorter track; drifts up to 1000 parts per
        million. Empty where a track is too short or silent.
    """
    swapped = second.shape[1] > first.shape[1]
    long, short = (second, first) if swapped else (first, second)
    guesses = _guesses(long, short)
    if not len(guesses):
        return []
    piece, short_s, long_s, z = guesses.T
    time_s, lag_s = (long_s, short_s - long_s) if swapped else (short_s, long_s - short_s)
    offsets, drifts = _lines(piece, time_s, lag_s)
    scores = np.concatenate(
        [
            _scores(offsets[k : k + _BLOCK], drifts[k : k + _BLOCK], piece, time_s, lag_s, z)
            for k in range(0, len(offsets), _BLOCK)
        ]
    )
    middle_s = float(np.median(time_s))
    lines: list[Line] = []
    # Of equal scores the smaller drift first, so that the order does not hang on rounding.
    for k in np.lexsort((np.abs(drifts), -np.round(scores, 6))):
        line = Line(float(offsets[k]), float(drifts[k]))
        if all(abs(float(line.at(middle_s) - one.at(middle_s))) > _APART_S for one in lines):
            lines.append(line)
        if len(lines) == most:
            break
    return lines


def _guesses(long: NDArray[np.float32], short: NDArray[np.float32]) -> Array:
    """Return rows of (piece, its time in the short track, its time in the long one, z)."""
    n_short, n_long = short.shape[1], long.shape[1]
    least, most = (round(s * FRAME_HZ) for s in _PIECE_S)
    length = min(n_short, max(least, min(most, n_short // 4)))
    if length < FRAME_HZ:
        return np.empty((0, 4))
    n_pieces = max(1, min(_N_PIECES, n_short // length))
    starts = np.linspace(0, n_short - length, n_pieces).astype(int)
    size = 1 << int(np.ceil(np.log2(n_long + length)))
    spectra = np.fft.rfft(long, size).astype(np.complex64)
    energy = np.concatenate([[0.0], np.cumsum((long.astype(np.float64) ** 2).sum(0))])
    rows = []
    for number, start in enumerate(starts):
        piece = short[:, start : start + length]
        own = float((piece.astype(np.float64) ** 2).sum())
        if not own > 0:
            continue
        product = (spectra * np.conj(np.fft.rfft(piece, size))).sum(0)
        likeness = np.fft.irfft(product, size)
        # A piece may begin before the long track does, or end after it.
        shifts = np.arange(-length + 1, n_long)
        likeness = likeness[shifts % size]
        under = energy[np.clip(shifts + length, 0, n_long)] - energy[np.clip(shifts, 0, n_long)]
        likeness = likeness / np.sqrt(own * np.maximum(under, 0.3 * own))
        sd = 1.4826 * float(np.median(np.abs(likeness - np.median(likeness))))
        if not sd > 0:
            continue
        middle = start + length / 2
        for at, height in _peaks(likeness):
            if height / sd >= _LEAST_Z:
                where = shifts[at] + length / 2
                rows.append((number, middle / FRAME_HZ, where / FRAME_HZ, height / sd))
    return np.array(rows).reshape(-1, 4)


def _peaks(values: Array) -> list[tuple[int, float]]:
    values = values.copy()
    apart = round(_APART_S * FRAME_HZ)
    peaks = []
    for _ in range(_N_GUESSES):
        at = int(values.argmax())
        if not values[at] > 0:
            break
        peaks.append((at, float(values[at])))
        values[max(0, at - apart) : at + apart + 1] = -1.0
    return peaks


def _lines(piece: Array, time_s: Array, lag_s: Array) -> tuple[Array, Array]:
    """Return offsets and drifts of the lines through one guess (no drift), and through two."""
    one, other = np.triu_indices(len(piece), 1)
    gap_s = time_s[other] - time_s[one]
    apart = (piece[one] != piece[other]) & (np.abs(gap_s) > 1.0)
    one, other, gap_s = one[apart], other[apart], gap_s[apart]
    drift = (lag_s[other] - lag_s[one]) / gap_s
    kept = np.abs(drift) <= MAX_DRIFT
    one, drift = one[kept], drift[kept]
    offsets = np.concatenate([lag_s, lag_s[one] - drift * time_s[one]])
    return offsets, np.concatenate([np.zeros(len(lag_s)), drift])


def _scores(
    offsets: Array, drifts: Array, piece: Array, time_s: Array, lag_s: Array, z: Array
) -> Array:
    """Return the sum over pieces of the highest z among guesses that lie on each line."""
    distance = np.abs(lag_s - offsets[:, None] - drifts[:, None] * time_s)
    near = np.where(distance <= _ON_LINE_S, z * (1 - 0.5 * distance / _ON_LINE_S), 0.0)
    starts = np.flatnonzero(np.diff(piece, prepend=-1.0))
    return np.maximum.reduceat(near, starts, axis=1).sum(1)
