"""Mirroring without what is slow: the p that a rhythm which both partners share leaves alone.

Two people in one room go through the same protocol, tire together, turn to the same toy: waves
slower than an answer can be, in which neither follows the other. A straight line takes out only the
slowest of them.
"""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from attunement import schema
from attunement.scoring.chance.plan import Plan
from attunement.scoring.chance.shifts import MIN_SURROGATES, Index, midrank_p
from attunement.scoring.matching.displaced_windows import EpisodeSides, detrend, prepare
from attunement.scoring.matching.drawn_surrogates import prepare_drawn
from attunement.scoring.matching.matched import MatchedEpisode, is_long_enough
from attunement.scoring.matching.mirroring import CurveSum
from attunement.scoring.series.gaps import RunningMean
from attunement.scoring.series.recording import Episode, Recording

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

SLOW_HZ = 0.04
WITHOUT_SLOW = "without_slow"  # among the curves of an episode


def high_pass(series: Array, *, sampling_hz: float, above_hz: float = SLOW_HZ) -> Array:
    """Return the series minus its straight line and the cosines slower than `above_hz`.

    Parameters
    ----------
    series : ndarray, shape (n,)
        One channel of one person in one episode. NaN is missing: it is left out of the fit, and
        stays.
    sampling_hz : float
        Samples a second.
    above_hz : float
        What is slower goes: the cosines of k half waves an episode with k / (2 n / sampling_hz)
        under it (those of a discrete cosine transform), by least squares.

    Returns
    -------
    ndarray, shape (n,)
    """
    n = len(series)
    straight = detrend(series)
    seen = np.isfinite(straight)
    half_waves = np.arange(1, int(np.ceil(2 * n / sampling_hz * above_hz)))
    if np.count_nonzero(seen) <= len(half_waves) + 2:
        return straight
    time = (np.arange(n) + 0.5) / n
    waves = np.column_stack([np.ones(n), time - 0.5, np.cos(np.pi * half_waves * time[:, None])])
    fitted = np.linalg.lstsq(waves[seen], straight[seen])[0]
    return np.asarray(straight - waves @ fitted)


def prepare_without_slow(
    recording: Recording, episode: Episode, plan: Plan, *, window: int, max_lag: int
) -> EpisodeSides | None:
    """Take what is slow out of the channels of an episode, if that is long enough for a p."""
    if not is_long_enough(episode.n, recording.sampling_hz):
        return None
    return (prepare_drawn if plan.drawn else prepare)(
        recording, episode, plan, window=window, max_lag=max_lag,
        straighten=partial(high_pass, sampling_hz=recording.sampling_hz),
    )  # fmt: skip


def add_without_slow(
    sides: EpisodeSides | None, starts: Index, scorable: Mask, curve: CurveSum
) -> None:
    """Add the windows at `starts` to a curve of the lags at which the caregiver follows."""
    if sides is None:
        return
    mean = RunningMean((len(starts), sides.plan.n))
    for name in schema.MIRRORED_CHANNELS:
        if name in sides.infant:
            after = sides.following(name, starts)
            after[~scorable] = np.nan
            mean.add(after)
    curve.add_following(mean.value())


def without_slow_p(chosen: list[MatchedEpisode], tested: list[Index], max_lag: int) -> float:
    """Return the p of the highest lag in (0, max_lag] of the episodes' weighted mean curve."""
    curves = np.sum(
        [
            one.weight
            * one.curves[WITHOUT_SLOW].curves(np.concatenate([[0], shifts]), max_lag)[
                :, max_lag + 1 :
            ]
            for one, shifts in zip(chosen, tested, strict=True)
        ],
        axis=0,
    ) / sum(one.weight for one in chosen)
    null = curves[1:][np.isfinite(curves[1:]).all(1)]
    if len(null) < MIN_SURROGATES or not np.isfinite(curves[0]).all():
        return float("nan")
    return midrank_p(float(curves[0].max()), null.max(1))
