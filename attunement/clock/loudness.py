"""What of a sound track survives another microphone: how loud each band is, moment by moment."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

FRAME_HZ = 50
_BANDS_HZ = (100.0, 200.0, 320.0, 450.0, 620.0, 850.0, 1150.0, 1500.0, 1900.0)
_WINDOW = 160  # samples, 40 ms at 4 kHz
_LEVEL_S = 1.0
_MOST_SD = 3.0
_BLOCK = 50_000  # frames worked on at a time, which bounds memory


def loudness(samples: NDArray[np.floating], *, rate_hz: int) -> Array:
    """Return how far each band is above or below its own level, 50 times a second.

    Logarithms of the power in 8 bands from 100 Hz to 1.9 kHz, minus their mean over the second
    around, over their standard deviation and cut at three of them: what a room, a microphone or an
    automatic gain does to a band for longer than a second is gone, and no single bang rules.

    Parameters
    ----------
    samples : ndarray, shape (n_samples,)
        Missing stretches NaN.
    rate_hz : int
        A multiple of 50.

    Returns
    -------
    ndarray, shape (8, n_frames), float32
        0 where there is no sound, and everywhere in a track that is silent throughout.
    """
    hop = rate_hz // FRAME_HZ
    n = max(0, (len(samples) - _WINDOW) // hop + 1)
    power = np.zeros((len(_BANDS_HZ) - 1, n), np.float32)
    window = np.hanning(_WINDOW).astype(np.float32)
    edges = np.searchsorted(np.fft.rfftfreq(_WINDOW, 1 / rate_hz), _BANDS_HZ)
    for first in range(0, n, _BLOCK):
        count = min(_BLOCK, n - first)
        part = samples[first * hop : (first + count - 1) * hop + _WINDOW].astype(np.float32)
        frames = np.lib.stride_tricks.sliding_window_view(part, _WINDOW)[::hop]
        spectrum = np.abs(np.fft.rfft(frames * window, axis=1).astype(np.complex64)) ** 2
        for band, (lo, hi) in enumerate(pairwise(edges)):
            power[band, first : first + count] = spectrum[:, lo:hi].sum(1)
    return np.stack([_levelled(band) for band in power]) if n else power


def _levelled(power: Array) -> Array:
    there = np.isfinite(power) & (power > 0)
    if not there.any():
        return np.zeros_like(power)
    # What is 50 dB under the loud parts is the noise of the recorder, not of the room.
    floor = float(np.quantile(power[there], 0.99)) * 1e-5
    level = np.log(np.where(there, power, 0.0) + floor)
    mean = level[there].mean()
    level = np.where(there, level, mean)
    width = int(_LEVEL_S * FRAME_HZ) | 1
    around = np.convolve(level, np.full(width, 1 / width), "same")
    weight = np.convolve(np.ones(len(level)), np.full(width, 1 / width), "same")
    change = np.where(there, level - around / weight, 0.0)
    sd = float(change.std())
    if not sd > 0:
        return np.zeros_like(power)
    return np.clip(change / sd, -_MOST_SD, _MOST_SD).astype(np.float32)
