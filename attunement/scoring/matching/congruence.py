"""Scores beside the correlation: congruence of affective level, and concordance of change."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attunement import schema
from attunement.scoring.chance.plan import Plan
from attunement.scoring.chance.shifts import Index, ahead_sum
from attunement.scoring.matching.displaced_windows import displace
from attunement.scoring.series.gaps import mean_known
from attunement.scoring.series.recording import Episode, Recording

Array = NDArray[np.float64]

Mover = Callable[[Array], Array]

CHANGE_S = 1.0


@dataclass(frozen=True)
class CongruenceBlock:
    """Congruence of some windows: 1 - mean distance / its mean under shifts.

    Attributes
    ----------
    observed : ndarray, shape (k,)
    surrogate : ndarray, shape (k, b)
    distance : ndarray, shape (k, n / run)
        Mean absolute difference of valence, by block of the plan.
    """

    observed: Array
    surrogate: Array
    distance: Array


def congruence_block(
    infant: Array,
    caregiver: Array,
    starts: Index,
    plan: Plan,
    *,
    window: int,
    max_lag: int,
) -> CongruenceBlock:
    """Compare the infant's valence in each window with the caregiver's over the lags (0, max_lag].

    Parameters
    ----------
    infant : ndarray, shape (n,)
        Valence in one episode; NaN is missing.
    caregiver : ndarray, shape (n,), or (1 + b, n) where the plan's surrogates are drawn
        Valence; of drawn surrogates the series of each, after the observed one.
    starts : ndarray, shape (k,)
        Neighbouring window starts in samples.
    """
    complete = bool(np.isfinite(infant.sum() + caregiver.sum()))
    ahead = _ahead(caregiver, plan, max_lag)
    total, count = _window_sums(infant, ahead, plan.n, starts, window, complete=complete)
    total = ahead_sum(total, max_lag, run=plan.run)
    if count is None:
        mean = total / (window * max_lag)
    else:
        count = ahead_sum(count, max_lag, run=plan.run)
        enough = count >= window * max_lag / 2
        mean = np.where(enough, total / np.maximum(count, 1), np.nan)
    displaced = mean[:, plan.blocks(plan.shifts)]
    usual = mean_known(displaced)
    usual = np.where(usual > 0, usual, np.nan)
    displaced /= usual[:, None]
    return CongruenceBlock(1 - mean[:, 0] / usual, 1 - displaced, mean)


def _ahead(caregiver: Array, plan: Plan, max_lag: int) -> Callable[[slice], Array]:
    """Return what gives the caregiver's value at every column of the plan, for some samples."""
    if plan.drawn:
        later = np.lib.stride_tricks.sliding_window_view(caregiver, max_lag + 1, axis=1)
        return lambda rows: np.moveaxis(later[:, rows], 0, 1).reshape(-1, plan.n)
    columns = plan.columns[0]
    if columns is None:
        around = np.concatenate([caregiver, caregiver[:-1]])
        return np.lib.stride_tricks.sliding_window_view(around, plan.n).__getitem__

    def gathered(rows: slice) -> Array:
        ahead = np.empty((rows.stop - rows.start, plan.n))
        for start, row in enumerate(ahead, rows.start):
            displace(caregiver, start, columns, out=row)
        return ahead

    return gathered


def _window_sums(
    infant: Array,
    ahead: Callable[[slice], Array],
    n_columns: int,
    starts: Index,
    window: int,
    *,
    complete: bool,
) -> tuple[Array, Array | None]:
    """Return, by window and column, the sum of distances and how many; None where all are there."""
    # Window edges are a multiple of `size` apart: the pieces between them are summed once each, and
    # while they are still in the processor's cache.
    size = math.gcd(window, *(starts - starts[0]).tolist())
    first, length = (starts - starts[0]) // size, window // size
    shape = (int(first[-1]) + length, n_columns)
    totals, near = np.empty(shape), np.empty((size, n_columns))
    counts = None if complete else np.empty(shape)
    for piece in range(shape[0]):
        at = int(starts[0]) + piece * size
        rows = slice(at, at + size)
        np.subtract(infant[rows, None], ahead(rows), out=near)
        np.abs(near, out=near)
        if counts is not None:
            known = np.isfinite(near)
            near[~known] = 0.0
            counts[piece] = known.sum(0)
        near.sum(0, out=totals[piece])
    summed = [np.zeros((len(starts), shape[1])) for _ in range(1 if counts is None else 2)]
    for piece in range(length):
        summed[0] += totals[first + piece]
        if counts is not None:
            summed[1] += counts[first + piece]
    return summed[0], None if counts is None else summed[1]


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
            excesses.append(float(share[0] - np.nanmean(share[1:])))
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
