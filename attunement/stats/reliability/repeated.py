"""A score of sessions that repeat in dyads and families: its counts and its components."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement.stats.reliability.components import family_sums, variance_components

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True)
class Repeated:
    """One score of whole sessions.

    Attributes
    ----------
    score : ndarray, shape (n,)
        NaN is left out and counted.
    family, dyad : ndarray of int, shape (n,)
    kinds : ndarray, shape (n, k)
        What is regressed out first.
    counts : ndarray, shape (1 + b, families)
        Ones, then draws of the bootstrap.
    """

    score: Array
    family: Index
    dyad: Index
    kinds: Array
    counts: Array

    @cached_property
    def known(self) -> pd.DataFrame:
        """Family and dyad of every session with the score."""
        known = np.isfinite(self.score)
        return pd.DataFrame({"family": self.family[known], "dyad": self.dyad[known]})

    @property
    def n(self) -> dict[str, int]:
        """Sessions with the score, their families, and sessions without it."""
        return {
            "n_sessions": len(self.known),
            "n_families": int(self.known["family"].nunique()),
            "n_left_out": len(self.score) - len(self.known),
        }

    @cached_property
    def components(self) -> tuple[Array, Array, Array]:
        """Variance between families, dyads and sessions, as observed and drawn, (1 + b,) each."""
        known = np.isfinite(self.score)
        sums = family_sums(
            without(self.score[known], self.kinds[known]), self.family[known], self.dyad[known]
        )
        # Families behind the last one with a known score have no sums.
        return variance_components(sums, self.counts[:, : len(sums.n)])


def without(values: Array, held: Array) -> Array:
    """Return what is left of the values after a least-squares fit on the columns of `held`."""
    return values - held @ np.linalg.lstsq(held, values, rcond=None)[0]
