"""Congruence: how close both partners' levels of valence are, against surrogates."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attunement.columns import WINDOW, Column, Value
from attunement.scoring.chance.plan import Plan
from attunement.scoring.chance.shifts import FEW, Index, ahead_sum, enough, midrank_p
from attunement.scoring.matching.displaced_windows import displace
from attunement.scoring.matching.matched import Matching, weighted
from attunement.scoring.series.gaps import mean_known, mean_of
from attunement.scoring.series.windows import sliding

Array = NDArray[np.float64]

_SOURCE = "distance of valence over lags in (0, 2 s] against surrogates"
_MISSING = f"no valence in either; {FEW}"
WINDOW_COLUMNS = (
    Column(
        "congruence", "share",
        "How close both partners' valence is within 2 s, above chance: 1 is no distance.",
        "score", needs=(WINDOW,), chance_level="0", missing_when=_MISSING, source=_SOURCE,
    ),
)  # fmt: skip
COLUMNS = (
    Column(
        "congruence", "share",
        "State of this occasion: how close both partners' valence is within 2 s, above chance; 1 "
        "is no distance, 0 as far apart as at other times.",
        "score", needs=(WINDOW,), chance_level="0", missing_when=_MISSING, source=_SOURCE,
        not_for="mirroring: it says that affect is shared, not that anyone follows; a lasting "
        "difference between dyads: of what it is in a session, nothing is left months later",
    ),
    Column(
        "congruence_p", "",
        "p of `congruence`: how often chance alone gives as much.",
        "p", needs=(WINDOW, "minute"),
        missing_when=_MISSING,
        source="upper-tail mid-rank p over every shift of the circle",
    ),
)  # fmt: skip


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
        later = sliding(caregiver, max_lag + 1)
        return lambda rows: np.moveaxis(later[:, rows], 0, 1).reshape(-1, plan.n)
    columns = plan.columns[0]
    if columns is None:
        around = np.concatenate([caregiver, caregiver[:-1]])
        return sliding(around, plan.n).__getitem__

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


def scores(matching: Matching) -> dict[str, Value]:
    """Return `COLUMNS` over the given episodes; distances are averaged over windows first."""
    weighted_scores, chosen, parts = [], [], []
    for one, which in matching.scored():
        weight = float(one.distance_count[0])
        if not weight:
            continue
        with np.errstate(divide="ignore", invalid="ignore"):
            distance = one.distance_sum / one.distance_count
        displaced = distance[one.plan.blocks(one.plan.shifts)]
        usual = mean_of(displaced)
        if not usual > 0 or not enough(displaced):
            continue
        congruence = 1 - distance / usual
        weighted_scores.append((float(congruence[0]), weight))
        if matching.is_long(one):
            chosen.append((one, which))
            parts.append(weight * congruence)
    p = float("nan")
    if parts:
        null = sum(
            part[one.plan.blocks(shifts)]
            for part, (one, _), shifts in zip(parts, chosen, matching.tested(chosen), strict=True)
        )
        if enough(np.asarray(null)):
            p = midrank_p(float(sum(part[0] for part in parts)), np.asarray(null))
    return {"congruence": weighted(weighted_scores), "congruence_p": p}
