"""How alike two sound tracks are, piece by piece, at lags a fraction of a millisecond apart.

Generalised cross-correlation with the phase transform: the cross-spectrum of two pieces is divided
by (most of) its own size before it is transformed back, so that every frequency says equally where
the peak is, whatever room and microphone do to its loudness (Knapp & Carter 1976, IEEE
Transactions on Acoustics, Speech and Signal Processing 24, 320-327).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attunement.clock.candidates import Line

Array = NDArray[np.float64]

SEARCH_S = 0.15
_BAND_HZ = (120.0, 1900.0)
_WHITENING = 0.8
_MOST_SD = 8.0
_EVEN_S = 0.05
_LEAST_HEARD = 0.5


@dataclass(frozen=True)
class Pieces:
    """The correlation of each piece of the second track with the first, one row a piece.

    Attributes
    ----------
    time_s : ndarray, shape (n_pieces,)
        The piece's middle, in the second track's time.
    line : Line
        What they were cut along.
    beside_s : ndarray, shape (n_pieces,)
        The lag in the middle of its curve minus that of the line: part of a sample.
    curves : ndarray, shape (n_pieces, n_lags), float32
        Correlation at lags from 0.15 s before to 0.15 s after the middle, over its own spread, or
        so that its peak is 8, so that no single bang decides; 0 where a track has no sound.
    step_s : float
        From one lag to the next.
    """

    time_s: Array
    line: Line
    beside_s: Array
    curves: NDArray[np.float32]
    step_s: float


def correlate(
    first: NDArray[np.floating],
    second: NDArray[np.floating],
    line: Line,
    *,
    rate_hz: int,
    piece_s: float,
    most: int,
    upsampled: int,
) -> Pieces:
    """Correlate pieces of the second track with the first, within 0.15 s of `line`.

    Parameters
    ----------
    first, second : ndarray, shape (n_samples,)
        Sound from each recording's first picture on; missing stretches NaN.
    line : Line
        About where the second track lies on the first.
    rate_hz : int
        Samples a second of both.
    piece_s : float
        Length of a piece.
    most : int
        How many pieces at most, spread evenly over the time that both tracks have.
    upsampled : int
        Lags a sample.
    """
    start_s, end_s = overlap_s(len(first) / rate_hz, len(second) / rate_hz, line)
    n_pieces = max(0, int(min(most, (end_s - start_s) // piece_s)))
    n_lags = 2 * round(SEARCH_S * rate_hz) * upsampled + 1
    time_s = np.linspace(start_s + piece_s / 2, end_s - piece_s / 2, n_pieces)
    curves = np.zeros((n_pieces, n_lags), np.float32)
    beside_s = np.zeros(n_pieces)
    for k, middle_s in enumerate(time_s):
        beside_s[k] = _correlate(
            first, second, line, float(middle_s), piece_s, rate_hz, upsampled, curves[k]
        )
    return Pieces(time_s, line, beside_s, curves, 1 / (rate_hz * upsampled))


def overlap_s(first_s: float, second_s: float, line: Line) -> tuple[float, float]:
    """Return where, in the second track's time, both tracks run."""
    start_s = max(0.0, -line.offset_s / (1 + line.drift))
    end_s = min(second_s, (first_s - line.offset_s) / (1 + line.drift))
    return start_s, max(start_s, end_s)


def _correlate(
    first: NDArray[np.floating],
    second: NDArray[np.floating],
    line: Line,
    time_s: float,
    piece_s: float,
    rate_hz: int,
    upsampled: int,
    curve: NDArray[np.float32],
) -> float:
    """Write the curve of one piece; return how far the lag in its middle lies beside the line."""
    n, margin = round(piece_s * rate_hz), round(SEARCH_S * rate_hz)
    from_second = round((time_s - piece_s / 2) * rate_hz)
    # The piece is stretched about its first sample, so the middle moves by drift * n / 2.
    before_s = time_s - from_second / rate_hz
    from_first = round((time_s + float(line.at(time_s)) - before_s * (1 + line.drift)) * rate_hz)
    around_s = (from_first - from_second) / rate_hz + line.drift * before_s
    wanted = _cut(second, from_second, n)
    around = _cut(first, from_first - margin, n + 2 * margin)
    if wanted is not None and around is not None:
        wanted = _evened(stretched(wanted, line.drift), rate_hz)
        correlation = _correlation(_evened(around, rate_hz), wanted, 2 * margin, rate_hz, upsampled)
        spread = 1.4826 * float(np.median(np.abs(correlation)))
        if spread > 0:
            curve[:] = correlation / max(spread, float(np.abs(correlation).max()) / _MOST_SD)
    return around_s - float(line.at(time_s))


def _cut(samples: NDArray[np.floating], start: int, n: int) -> Array | None:
    """Return `n` samples, 0 where there are none; None where most are missing or all are alike."""
    cut = np.zeros(n)
    lo, hi = max(start, 0), min(start + n, len(samples))
    if hi <= lo:
        return None
    part = samples[lo:hi].astype(np.float64)
    there = np.isfinite(part)
    if there.sum() < _LEAST_HEARD * n or not part[there].std() > 0:
        return None
    cut[lo - start : hi - start] = np.where(there, part - part[there].mean(), 0.0)
    return cut


def _evened(samples: Array, rate_hz: int) -> Array:
    """Return the samples with what is louder than usual for 50 ms brought down to the usual."""
    width = round(_EVEN_S * rate_hz)
    power = np.cumsum(np.concatenate([[0.0], samples**2]))
    ends = np.arange(len(samples))
    lo, hi = np.maximum(ends - width // 2, 0), np.minimum(ends + width // 2 + 1, len(samples))
    around = (power[hi] - power[lo]) / (hi - lo)
    return np.asarray(samples / np.sqrt(around + power[-1] / len(samples)))


def stretched(samples: Array, drift: float) -> Array:
    """Return the samples as a clock takes them that is faster by `drift`; the first one stays."""
    if abs(drift) * len(samples) < 0.2:
        return samples
    n, fine = len(samples), 8
    dense = np.fft.irfft(np.fft.rfft(samples), n * fine) * fine
    return np.interp(np.arange(n) / (1 + drift), np.arange(n * fine) / fine, dense)


def _correlation(around: Array, wanted: Array, n_lags: int, rate_hz: int, upsampled: int) -> Array:
    """Return the correlation at lags from 0 to `n_lags` samples of `wanted` within `around`."""
    from scipy.fft import irfft, next_fast_len, rfft

    size = int(next_fast_len(len(around) + len(wanted), real=True))
    window = np.hanning(len(wanted))
    cross = rfft(around, size) * np.conj(rfft(wanted * window, size))
    strength = np.abs(cross)
    frequency = np.arange(len(cross)) * (rate_hz / size)
    in_band = (frequency >= _BAND_HZ[0]) & (frequency <= _BAND_HZ[1])
    floor = 1e-6 * float(strength[in_band].max(initial=0.0)) + 1e-300
    whitened = np.where(in_band, cross / (strength + floor) ** _WHITENING, 0.0)
    return np.asarray(irfft(whitened, size * upsampled)[: n_lags * upsampled + 1])
