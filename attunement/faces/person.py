"""What is known of whom a track shows: when, where, with which colours, how long a nose."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement.faces.areas import Box
from attunement.faces.likeness import N_COLOURS, N_ZONE, unlike
from attunement.schema import BOX

# Noses of two infants .366 and .384 eye distances long, of seven adults .456 to .506, each with a
# spread over time of .003 to .021.
NOSE_MIDDLE, NOSE_SCALE = 0.42, 0.02
_MOST_COLOURS = 40


@dataclass(frozen=True)
class Portrait:
    """A track in short.

    Attributes
    ----------
    frames : frozenset of int
        In which it shows a face, believed or not.
    start_s, end_s : float
        Its first and last face.
    first_box : Box
        Where it begins.
    colours : ndarray, shape (n, N_COLOURS)
        As kept about twice a second.
    nose : float
        Median length of the nose (`likeness.nose_length`); NaN where it was never seen frontal.
    """

    frames: frozenset[int] = field(repr=False)
    start_s: float
    end_s: float
    first_box: Box
    colours: NDArray[np.float32] = field(repr=False)
    nose: float


def portraits(seen: pd.DataFrame) -> dict[int, Portrait]:
    """Return the portrait of every track that has a believed face, by number."""
    by_track = {}
    for track, rows in seen.groupby("track", sort=True):
        sure = rows[rows["status"] == "ok"]
        if not len(sure):
            continue
        first = sure.iloc[0]
        colours = np.array([*sure["colours"].dropna()], np.float32).reshape(-1, N_COLOURS)
        by_track[int(track)] = Portrait(
            frames=frozenset(rows["frame"].tolist()),
            start_s=float(rows["time_s"].min()),
            end_s=float(rows["time_s"].max()),
            first_box=Box(*(float(first[name]) for name in BOX)),
            colours=colours,
            nose=float(sure["nose_length"].median()),
        )
    return by_track


def distance(one: Portrait, others: Iterable[Portrait]) -> tuple[float, int]:
    """Return how far the colours of a track are from those known of a person.

    Returns
    -------
    distance : float
        Median over the track of the distance to the nearest kept colours of the person; NaN where
        one of the two has none.
    n_zones : int
        Zones that take part, median.
    """
    known = [other.colours for other in others if len(other.colours)]
    if not known or not len(one.colours):
        return float("nan"), 0
    pool = _thinned(np.concatenate(known))
    distances = []
    zones = []
    for colours in _thinned(one.colours):
        away = [unlike(colours, other) for other in pool]
        nearest = int(np.argmin(away))
        distances.append(away[nearest])
        zones.append((np.isfinite(colours) & np.isfinite(pool[nearest])).sum() / N_ZONE)
    return float(np.median(distances)), int(np.median(zones))


def infant_score(nose: float) -> float:
    """Return how likely an infant's a nose of this length is, 0 to 1; .5 where it is not known.

    A logistic curve between the infants and the adults that were measured. Two infants are no
    sample: the score is a guess to be confirmed.
    """
    if not np.isfinite(nose):
        return 0.5
    return float(1 / (1 + np.exp((nose - NOSE_MIDDLE) / NOSE_SCALE)))


def _thinned(colours: NDArray[np.float32]) -> NDArray[np.float32]:
    if len(colours) <= _MOST_COLOURS:
        return colours
    return colours[np.linspace(0, len(colours) - 1, _MOST_COLOURS).round().astype(int)]
