"""What the windows of an episode leave for the matching scores of its session."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement.columns import MOVEMENT_WINDOW, WINDOW
from attunement.scoring.chance.plan import Plan
from attunement.scoring.chance.shifts import MIN_SURROGATES, Index, combinations
from attunement.scoring.matching.mirroring import CurveSum
from attunement.scoring.series.gaps import mean_of

Array = NDArray[np.float64]

# Under a minute false positives rise: such an episode has scores, and takes no part in a p.
MIN_EPISODE_S = 60.0


def is_long_enough(n_samples: int, sampling_hz: float) -> bool:
    """Return whether an episode of so many samples takes part in a p."""
    return n_samples >= MIN_EPISODE_S * sampling_hz - 1e-9


@dataclass(frozen=True)
class MatchedEpisode:
    """Windows of one episode, and the sums that scores of matching are made of.

    Attributes
    ----------
    n : int
        Samples of the episode.
    windows : DataFrame
        One row a window.
    plan : Plan
        Its surrogates.
    curves : dict of str to CurveSum
        Mean z by column, ``all`` and by channel.
    distance_sum, distance_count : ndarray, shape (n / run,)
        Sum over windows of the mean valence distance, by block of the plan; number of windows.
    concordance : tuple of float
        Excess share and its weight.
    """

    n: int
    windows: pd.DataFrame
    plan: Plan
    curves: dict[str, CurveSum]
    distance_sum: Array
    distance_count: Array
    concordance: tuple[float, float]

    @property
    def weight(self) -> int:
        """Number of windows that entered the mean curve."""
        return int(self.curves["all"].count[:, 0].max())

    @cached_property
    def has(self) -> frozenset[str]:
        """Whether there is a window, and a window of movement, to make scores of.

        Such a window has `following_z` (or `movement_matching`), or the caregiver is still in it
        beside a moving infant, which counts as 0. Sums over windows can be defined where no single
        window has a score.
        """
        known = {
            name: bool(np.isfinite(self.windows[name].to_numpy(float)).any())
            for name in ("following_z", "movement_matching")
        }
        if known["following_z"] or self.windows["caregiver_flat"].to_numpy(bool).any():
            return frozenset((WINDOW, MOVEMENT_WINDOW))
        return frozenset((MOVEMENT_WINDOW,)) if known["movement_matching"] else frozenset()


@dataclass(frozen=True)
class Matching:
    """The episodes that a row of scores is made of.

    Attributes
    ----------
    sampling_hz : float
    episodes : list of MatchedEpisode
        All of them.
    shift_of_surrogate : list of ndarray of int, shape (b,)
        Of every episode, which of its surrogates belongs to each surrogate of the row.
    max_lag : int
        Samples.
    seed : int
        Of the combinations of shifts that p counts.
    """

    sampling_hz: float
    episodes: list[MatchedEpisode]
    shift_of_surrogate: list[Index]
    max_lag: int
    seed: int

    def scored(self, need: str = WINDOW) -> list[tuple[MatchedEpisode, Index]]:
        """Return the episodes that have a window to make scores of, and each one's shifts."""
        pairs = zip(self.episodes, self.shift_of_surrogate, strict=True)
        return [(one, which) for one, which in pairs if need in one.has]

    def is_long(self, episode: MatchedEpisode) -> bool:
        """Return whether an episode takes part in a p."""
        return is_long_enough(episode.n, self.sampling_hz)

    def longest_s(self, *, scored: bool = False) -> float:
        """Return the length of the longest episode, of all or of those with a window."""
        episodes = [one for one, _ in self.scored()] if scored else self.episodes
        return max((one.n for one in episodes), default=0) / self.sampling_hz

    def tested(self, chosen: list[tuple[MatchedEpisode, Index]]) -> list[Index]:
        """Return the shifts that p counts, of each episode one for every surrogate of the row."""
        indices = combinations(
            [len(one.plan.tested) for one, _ in chosen],
            n_surrogates=len(chosen[0][1]),
            seed=self.seed,
            paired=any(one.plan.drawn for one, _ in chosen),
        )
        return [one.plan.tested[which] for (one, _), which in zip(chosen, indices, strict=True)]

    def curves(self, episode: MatchedEpisode, name: str) -> tuple[Array, float] | None:
        """Return an episode's curves, the observed one first, and its weight.

        None where it has no window of that name, or no surrogates enough to compare with.
        """
        curve = episode.curves[name]
        weight = float(curve.count[:, 0].max()) if curve.count.size else 0.0
        if not weight:
            return None
        curves = curve.curves(np.concatenate([[0], episode.plan.shifts]), self.max_lag)
        enough = np.isfinite(curves[1:]).all(1).sum() >= MIN_SURROGATES
        return (curves, weight) if enough else None


def weighted(pairs: list[tuple[float, float]]) -> float:
    """Return the mean of values by their weights; missing where none is known."""
    known = [(value, weight) for value, weight in pairs if np.isfinite(value) and weight > 0]
    if not known:
        return float("nan")
    values, weights = np.array(known).T
    return float(values @ weights / weights.sum())


def excess(values: Array) -> float:
    """Return the first value minus the mean of the others."""
    return float(values[0]) - mean_of(values[1:])
