"""What was planted in a simulated dyad, to compare with what is recovered."""

from dataclasses import dataclass, field

import pandas as pd


@dataclass(frozen=True)
class Truth:
    """What was planted.

    Attributes
    ----------
    mirroring : float
        Coupling of the caregiver's content to the infant's; 0 is none.
    lag_s : float
        Delay of the caregiver's answer in seconds; positive: the caregiver follows.
    marking : float
        Height of the exaggeration that follows the infant's onsets; 0 is none.
    seed : int
        Seed of everything random.
    onsets_s : tuple of float
        Onsets of the infant's events in seconds; empty where the infant is a plain series.
    curves : pandas.DataFrame
        `time_s` and one column a planted curve, named ``<person>_<curve>``.
    speech : float
        Height of the mouth's openings in talk that answers the infant's onsets; 0 is none.
    mirrored, marked : tuple of bool
        Whether each event of `onsets_s` is mirrored, and marked; empty where that was not planted
        event by event.

    Examples
    --------
    >>> from attunement.simulation import simulate_dyad
    >>> signals, truth = simulate_dyad(duration_s=60, infant="events", mirroring=0.5, marking=1.0)
    >>> print(truth.mirroring, truth.marking, len(truth.onsets_s), "events")
    0.5 1.0 5 events
    """

    mirroring: float
    lag_s: float
    marking: float
    seed: int
    onsets_s: tuple[float, ...] = field(repr=False)
    curves: pd.DataFrame = field(repr=False)
    speech: float = 0.0
    mirrored: tuple[bool, ...] = field(default=(), repr=False)
    marked: tuple[bool, ...] = field(default=(), repr=False)
