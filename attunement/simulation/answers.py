"""The infant's planted events one by one, and which of them the caregiver answers, when and how."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attunement.samples import nearest_samples

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]

EVENT_S = (2.0, 4.5)
AMPLITUDE = (0.5, 1.5)
SMOOTHING_S = 1.1


@dataclass(frozen=True)
class Planted:
    """The infant's events.

    Attributes
    ----------
    onsets, lengths : ndarray of int, shape (k,)
        In samples.
    amplitudes : ndarray, shape (k,)
    """

    onsets: Index
    lengths: Index
    amplitudes: Array

    def only(self, chosen: Mask, later: Index) -> "Planted":
        """Return some of the events, each moved."""
        moved = (self.onsets + later)[chosen]
        return Planted(moved, self.lengths[chosen], self.amplitudes[chosen])

    def series(self, n: int, sampling_hz: float) -> Array:
        """Return the smoothed series of the events."""
        series = np.zeros(n)
        for at, length, height in zip(self.onsets, self.lengths, self.amplitudes, strict=True):
            series[max(0, at) : max(0, at + length)] = height
        window = hann(SMOOTHING_S, sampling_hz)
        return np.convolve(series, window / window.sum(), mode="same")


@dataclass(frozen=True)
class Answers:
    """Which events are answered, and how much later than usual, in samples; shape (k,) each."""

    mirrored: Mask
    marked: Mask
    mirrored_later: Index
    marked_later: Index


def plant(
    rng: np.random.Generator, n: int, *, sampling_hz: float, gap_s: tuple[float, float]
) -> Planted:
    """Draw the infant's events over `n` samples."""
    onsets: list[int] = []
    lengths: list[int] = []
    amplitudes: list[float] = []
    at = nearest_samples(rng.uniform(0, gap_s[1]), sampling_hz)
    while at < n:
        onsets.append(at)
        lengths.append(nearest_samples(rng.uniform(*EVENT_S), sampling_hz))
        amplitudes.append(rng.uniform(*AMPLITUDE))
        at += max(1, nearest_samples(rng.uniform(*gap_s), sampling_hz))
    return Planted(np.array(onsets, np.int64), np.array(lengths, np.int64), np.array(amplitudes))


def all_answered(n_events: int) -> Answers:
    """Return answers to every event, each at its usual time."""
    every, never = np.ones(n_events, bool), np.zeros(n_events, np.int64)
    return Answers(every, every, never, never)


def draw_answers(
    rng: np.random.Generator,
    n_events: int,
    *,
    mirrored_share: float,
    marked_share: float,
    jitter_s: float,
    sampling_hz: float,
) -> Answers:
    """Draw which events are mirrored and which are marked, independently of each other."""
    later = np.round(rng.uniform(-jitter_s, jitter_s, (2, n_events)) * sampling_hz)
    mirrored, marked = rng.random((2, n_events)) < [[mirrored_share], [marked_share]]
    return Answers(mirrored, marked, *later.astype(np.int64))


def hann(seconds: float, sampling_hz: float) -> Array:
    """Return a Hann window that ends half a sample beside zero."""
    n = max(1, nearest_samples(seconds, sampling_hz))
    return 0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(n) + 0.5) / n)
