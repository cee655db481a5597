"""What makes dyads difficult: gaps, shared trends, codes in steps, people swapped."""

import numpy as np
import pandas as pd

HOW = ("", "crying", "trend", "rhythm", "steps", "swap")
_LOST = 0.15  # the lowest share of the infant's valence that crying hides
_LEVEL_S = 1.7  # how long a coded level lasts on average


def change(signals: pd.DataFrame, how: str, *, seed: int) -> pd.DataFrame:
    """Return the signals of a dyad with a difficulty added.

    ``crying``: the infant's lowest 15 % of valence are missing, as a face that cries is turned away
    or squeezed shut. ``trend``: both share a straight line of 4 sd. ``rhythm``: both share a slow
    wave of .02 Hz, from trough to crest 4 sd. ``steps``: values held for a second or two and
    cut to five levels, as people's codes are. ``swap``: infant and caregiver change names.
    """
    if how == "swap":
        other = {"infant": "caregiver", "caregiver": "infant"}
        return signals.assign(person=signals["person"].map(other))
    infant = (signals["person"] == "infant").to_numpy()
    valence = signals["valence"].to_numpy(float).copy()
    if how == "crying":
        lost = infant & (valence < np.nanquantile(valence[infant], _LOST))
        return signals.assign(
            valence=np.where(lost, np.nan, valence), usable=signals["usable"] & ~lost
        )
    if how in ("trend", "rhythm"):
        time_s = signals["time_s"].to_numpy(float)
        line = time_s / time_s.max()
        shared = line if how == "trend" else np.sin(2 * np.pi * 0.02 * time_s) / 2
        return signals.assign(valence=valence + 4 * np.nanstd(valence) * shared)
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
