"""How much a head moves: the energy of fast changes of pose."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from attunement.samples import nearest_samples

LOW_HZ, HIGH_HZ = 1.0, 5.0
WINDOW_S = 0.5
# A run must hold one period of the slowest movement asked for.
MIN_RUN_S = 1.0
# 5 Hz from 12 frames a second on; below that the band ends at 5/12 of the rate, and under 4.8
# frames a second (2 Hz) there is no band worth the name.
HIGH_SHARE_OF_RATE = 5 / 12
MIN_RATE_HZ = 2.0 / HIGH_SHARE_OF_RATE


def head_movement(
    times_s: NDArray[np.float64],
    angles_deg: NDArray[np.float64],
    runs: NDArray[np.int64],
    *,
    rate_hz: float,
) -> NDArray[np.float64]:
    """Return the root mean square of the pose angles' fast part over 0.5 s, in degrees.

    Each run is interpolated evenly at `rate_hz`, band-passed from 1 to 5 Hz (Butterworth of order
    2, forwards and backwards, hence no delay), squared, summed over the angles, averaged over the
    0.5 s around each sample (over what exists of them at a run's ends), and its root is read off
    at the frames.

    Parameters
    ----------
    times_s : ndarray, shape (n,)
        Strictly increasing.
    angles_deg : ndarray, shape (n, k)
        Pose angles without turns of 360 degrees in them.
    runs : ndarray of int, shape (n,)
        Number of the run a frame is in, negative where it is in none.
    rate_hz : float
        The video's own frame rate.

    Returns
    -------
    ndarray, shape (n,)
        Missing outside runs, in runs shorter than 1 s, and throughout below 4.8 frames a second.
        Below 12 frames a second the band ends at 5/12 of the rate: values of two cameras then
        cover different bands.
    """
    energy = np.full(len(times_s), np.nan)
    if not rate_hz >= MIN_RATE_HZ:
        return energy
    band = _band(rate_hz)
    width = 2 * nearest_samples(WINDOW_S / 2, rate_hz) + 1
    for run in np.unique(runs[runs >= 0]):
        rows = np.flatnonzero(runs == run)
        start_s, end_s = times_s[rows[0]], times_s[rows[-1]]
        if end_s - start_s < MIN_RUN_S or not np.isfinite(angles_deg[rows]).all():
            continue
        even_s = np.linspace(start_s, end_s, nearest_samples(end_s - start_s, rate_hz) + 1)
        even_deg = np.column_stack(
            [np.interp(even_s, times_s[rows], a) for a in angles_deg[rows].T]
        )
        pad = min(int(rate_hz), len(even_s) - 1)
        fast_deg = signal.sosfiltfilt(band, even_deg, axis=0, padlen=pad)
        power = np.sum(fast_deg**2, axis=1)
        ones = np.ones(width)
        mean = np.convolve(power, ones, "same") / np.convolve(np.ones(len(power)), ones, "same")
        energy[rows] = np.interp(times_s[rows], even_s, np.sqrt(np.maximum(mean, 0.0)))
    return energy


@lru_cache(maxsize=8)
def _band(rate_hz: float) -> NDArray[np.float64]:
    high_hz = min(HIGH_HZ, rate_hz * HIGH_SHARE_OF_RATE)
    return np.asarray(
        signal.butter(2, (LOW_HZ, high_hz), btype="bandpass", fs=rate_hz, output="sos")
    )
