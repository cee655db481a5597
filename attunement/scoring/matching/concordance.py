"""Concordance: whether both partners' faces change in the same direction, against surrogates."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from attunement import schema
from attunement.columns import WINDOW, Column, Value
from attunement.scoring.chance.plan import Plan
from attunement.scoring.chance.shifts import FEW, ahead_sum
from attunement.scoring.matching.matched import Matching, weighted
from attunement.scoring.series.gaps import mean_of
from attunement.scoring.series.recording import Episode, Recording

Array = NDArray[np.float64]

Mover = Callable[[Array], Array]

CHANGE_S = 1.0
COLUMNS = (
    Column(
        "concordance", "share",
        "Of the infant's changes over 1 s, the share that the caregiver's change within 2 s shares "
        "in sign, minus that share by chance.",
        "score", needs=(WINDOW,), chance_level="0",
        missing_when=f"{FEW} (an episode of some 10 s); gaps that go with affect (`gaps_affect_p`)",
        source="sign concordance of changes, against surrogates",
    ),
)  # fmt: skip


def scores(matching: Matching) -> dict[str, Value]:
    """Return `COLUMNS` over the given episodes."""
    scored = [one for one, _ in matching.scored() if matching.curves(one, "all") is not None]
    return {"concordance": weighted([one.concordance for one in scored])}


def concordance(
    recording: Recording, episode: Episode, plan: Plan, moved: Mover, *, max_lag: int
) -> tuple[float, float]:
    """Return the share of 1 s changes of the same sign, minus its surrogate mean, and its weight.

    Of the infant's changes over 1 s in a mirrored channel, the share that the caregiver's change
    at a lag in (0, max_lag] shares in sign (no change of the caregiver: not shared), averaged over
    lags and channels. The weight is the number of the infant's changes. `moved` gives the series
    of the caregiver's surrogates, the observed first, where the plan draws them.
    """
    n, change = episode.n, recording.samples(CHANGE_S)
    index = np.concatenate([[0], -plan.circular % n])
    excesses, weights = [], []
    for name in schema.MIRRORED_CHANNELS:
        if name not in recording.infant or name not in recording.caregiver or change >= n:
            continue
        infant = _signs(recording.infant[name][episode.lo : episode.hi], change)
        series = recording.caregiver[name][episode.lo : episode.hi]
        # The infant's last changes have no full range of lags after them.
        infant[n - max_lag :] = np.nan
        if plan.drawn:
            rows = moved(series)
            share = np.array([_shared(infant, _signs(row, change), max_lag)[0] for row in rows])
        else:
            share = _shared(infant, _signs(series, change), max_lag)[index]
        if np.isfinite(share[0]) and np.isfinite(share[1:]).any():
            excesses.append(float(share[0] - mean_of(share[1:])))
            weights.append(float(np.count_nonzero(np.abs(infant) == 1)))
    if not excesses:
        return float("nan"), 0.0
    return float(np.mean(excesses)), float(np.mean(weights))


def _shared(infant: Array, caregiver: Array, max_lag: int) -> Array:
    """Return the share of the infant's changes that the caregiver shares, by displacement."""
    same = _count_pairs(infant == 1, caregiver == 1) + _count_pairs(infant == -1, caregiver == -1)
    at_risk = _count_pairs(np.abs(infant) == 1, np.isfinite(caregiver))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = ahead_sum(same, max_lag) / ahead_sum(at_risk, max_lag)
    return np.where(np.isfinite(share), share, np.nan)


def _signs(series: Array, change: int) -> Array:
    signs = np.full(len(series), np.nan)
    signs[:-change] = np.sign(series[change:] - series[:-change])
    return signs


def _count_pairs(infant: NDArray[np.bool_], caregiver: NDArray[np.bool_]) -> Array:
    """Return, by displacement, how often both are true."""
    a, b = np.fft.rfft(infant.astype(float)), np.fft.rfft(caregiver.astype(float))
    return np.round(np.fft.irfft(np.conj(a) * b, n=len(infant)))
