"""What makes dyads difficult: gaps, shared trends, codes in steps, people swapped."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.signal import lfilter

# The share of the infant's valence that is hidden.
HIDDEN = {"crying": 0.15, "lowest tenth": 0.1, "lowest quarter": 0.25, "outer quarter": 0.25}
# What a caregiver follows who follows one half of the infant's states only.
_HALVES = {"follows positive": np.maximum, "follows negative": np.minimum}
_FOLLOWS, _DELAY_S = 0.4, 1.0
HOW = (
    "", *HIDDEN, *_HALVES, "trend", "rhythm", "steps", "codes", "heavy", "bursty",
    "slow_cue", "swap",
)  # fmt: skip
_LEVEL_S = 1.7  # how long a coded level lasts on average
_SLOW, _WANDERS, _WARM_UP = 0.99, 0.8, 1000  # from sample to sample at 10 Hz; z; samples
# One person's channel in its own sd, made into another kind of series.
_RESHAPED: dict[str, Callable[[NDArray[np.float64]], NDArray[np.floating[Any]]]] = {
    "codes": lambda z: 2.0 * (z > 0.7),
    "heavy": lambda z: np.sign(z) * np.abs(z) ** 3,
    "bursty": lambda z: np.where(z > 1.5, np.exp(2 * (z - 1.5)), 0.0),
}


def change(signals: pd.DataFrame, how: str, *, seed: int) -> pd.DataFrame:
    """Return the signals of a dyad with a difficulty added.

    ``crying``: the infant's lowest 15 % of valence are missing, as a face that cries is turned away
    or squeezed shut; ``lowest tenth``, ``lowest quarter``: so much; ``outer
    quarter``: that farthest from the median. ``follows positive``, ``follows negative``: the
    caregiver's valence has .4 of the infant's 1 s earlier where that is above (below) 0, and
    nothing of the rest. ``trend``: both share a straight line of 4 sd. ``rhythm``:
    both share a slow wave of .02 Hz, from trough to crest 4 sd. ``steps``: values held for a second
    or two and cut to five levels, as people's codes are. ``codes``: on above .7 sd, else off.
    ``heavy``: the third power, with its long tails. ``bursty``: nothing under 1.5 sd, and steep
    above. ``slow_cue``: brows that wander (AR .99) besides half the
    caregiver's smile, and mark nothing. ``swap``: infant and caregiver change names.
    """
    if how == "swap":
        other = {"infant": "caregiver", "caregiver": "infant"}
        return signals.assign(person=signals["person"].map(other))
    infant = (signals["person"] == "infant").to_numpy()
    if how == "slow_cue":
        return _slow_cue(signals, ~infant, seed=seed)
    valence = signals["valence"].to_numpy(float).copy()
    if how in HIDDEN:
        order = valence
        if how == "outer quarter":
            order = -np.abs(valence - np.nanmedian(valence[infant]))
        lost = infant & (order < np.nanquantile(order[infant], HIDDEN[how]))
        return signals.assign(
            valence=np.where(lost, np.nan, valence), usable=signals["usable"] & ~lost
        )
    if how in _HALVES:
        step_s = float(np.diff(signals.loc[infant, "time_s"].to_numpy(float)[:2])[0])
        followed = _HALVES[how](valence[infant], 0.0)
        valence[~infant] += _FOLLOWS * np.roll(followed, round(_DELAY_S / step_s))
        return signals.assign(valence=valence)
    if how in ("trend", "rhythm"):
        time_s = signals["time_s"].to_numpy(float)
        line = time_s / time_s.max()
        shared = line if how == "trend" else np.sin(2 * np.pi * 0.02 * time_s) / 2
        return signals.assign(valence=valence + 4 * np.nanstd(valence) * shared)
    if how in _RESHAPED:
        for rows in (infant, ~infant):
            z = valence[rows] / np.nanstd(valence[rows])
            valence[rows] = np.where(np.isnan(z), np.nan, _RESHAPED[how](z))
        return signals.assign(valence=valence)
    if how == "steps":
        rng = np.random.default_rng(seed + 10**6)
        step_s = float(np.diff(signals.loc[infant, "time_s"].to_numpy(float)[:2])[0])
        for rows in (np.flatnonzero(infant), np.flatnonzero(~infant)):
            series, sd, held = valence[rows].copy(), np.nanstd(valence[rows]), 0
            for at in range(len(rows)):
                if rng.random() < step_s / _LEVEL_S:
                    held = at
                valence[rows[at]] = np.clip(np.round(series[held] / sd), -2, 2)
        return signals.assign(valence=valence)
    return signals


def _slow_cue(signals: pd.DataFrame, caregiver: NDArray[np.bool_], *, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed + 10**6)
    noise = rng.standard_normal(_WARM_UP + int(caregiver.sum())) * _WANDERS * np.sqrt(1 - _SLOW**2)
    wave = lfilter([1.0], [1.0, -_SLOW], noise)[_WARM_UP:]
    cue = np.full(len(signals), np.nan)
    cue[caregiver] = wave + signals.loc[caregiver, "smile"].to_numpy(float) / 2
    return signals.assign(brow_raise=cue)
