"""Which surrogates an episode is compared with, laid out on one circle of columns.

A statistic of window and column is computed once; a surrogate is a shift of that circle, as the
observed pair is shift 0. With all circular shifts enumerated the columns are the displacements
themselves, and shift s at lag tau is column tau - s (n + s - tau for the side that is anchored on
the caregiver). Surrogates that are drawn have a block of columns each, one a lag from 0 to the
longest, and their shift of the circle leads to that block.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from attunement.config import Scoring
from attunement.samples import nearest_samples
from attunement.scoring.chance.shifts import admissible_shifts, least_shift
from attunement.scoring.chance.surrogates import SEGMENT_S, phase_increments, segment_orders

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True)
class Plan:
    """The surrogates of one episode.

    Attributes
    ----------
    n : int
        Columns of the circle.
    shifts : ndarray, shape (b,)
        Of the circle: the surrogates that scores are compared with.
    tested : ndarray, shape (t,)
        Of the circle: the surrogates that the session's p counts.
    circular : ndarray, shape (b,)
        In samples: the circular shifts that displace onsets in surrogate b.
    circular_tested : ndarray, shape (t,)
        In samples: the same for the surrogates that p counts.
    run : int
        Columns of each block: 1, or the lags from 0 to the longest.
    columns : tuple of (ndarray or None), shape (n,)
        Displacement of each column in samples, for the side anchored on the infant and on the
        caregiver, increasing within a block; None where column d is displacement d.
    orders : ndarray, shape (b, n samples), optional
        Which sample stands at each place, for shuffled segments.
    increments : ndarray, shape (b, frequencies), optional
        Phases to add, for randomised phases.
    """

    n: int
    shifts: Index
    tested: Index
    circular: Index
    circular_tested: Index
    run: int = 1
    columns: tuple[Index | None, Index | None] = (None, None)
    orders: Index | None = None
    increments: Array | None = None

    @property
    def drawn(self) -> bool:
        """Whether the surrogates are series of their own rather than shifts."""
        return self.orders is not None or self.increments is not None

    def blocks(self, shifts: Index) -> Index:
        """Return the block that each shift leads to, of a statistic that has one number a block."""
        return -(shifts // self.run) % (self.n // self.run)


def plan_shifts(n: int, sampling_hz: float, *, max_lag: int, max_shifts: int, seed: int) -> Plan:
    """Plan the circular shifts of an episode of `n` samples.

    All of them, up to `max_shifts` admissible ones; of more, `max_shifts` are drawn with `seed`,
    in pairs s and n - s, so that swapping the partners leaves the set as it is.

    Notes
    -----
    Scores are compared with shifts of at least min(10 s, a quarter of the episode), which hold
    nothing of the observed alignment. The session's p counts every shift of the circle, near ones
    too: all shifts of the circle are a group, which makes the test exact where the series have no
    beginning. Without the near ones a session whose curve has its highest peak anywhere within
    reach of the observed alignment never meets that peak among its surrogates, and p is too small.
    """
    admissible = admissible_shifts(n, sampling_hz)
    if len(admissible) <= max_shifts:
        every = np.arange(min(1, n - 1), n, dtype=np.int64)
        return Plan(n, admissible, every, admissible, every)
    least = least_shift(n, sampling_hz)
    half = np.arange(1, (n + 1) // 2, dtype=np.int64)
    # As many near ones as their share of the circle.
    share = max_shifts / (2 * np.count_nonzero(half >= least))
    drawn = np.sort(np.random.default_rng(seed).permutation(half)[: round(share * len(half))])
    drawn = np.concatenate([drawn, n - drawn[::-1]])
    far = np.minimum(drawn, n - drawn) >= least
    if (1 + len(drawn)) * (max_lag + 1) >= n:
        return Plan(n, drawn[far], drawn, drawn[far], drawn)
    shifts = block_shifts(len(drawn), max_lag)
    run = max_lag + 1
    # On the side anchored on the caregiver the shifts lead to the blocks in the opposite order.
    after, before = (
        ((np.concatenate([[0], each]) % n)[:, None] + np.arange(run)).ravel()
        for each in (-drawn, drawn[::-1])
    )
    return Plan(len(after), shifts[far], shifts, drawn[far], drawn, run, (after, before))


def plan_episode(n: int, sampling_hz: float, *, max_lag: int, settings: Scoring, at: int) -> Plan:
    """Plan the surrogates that the configuration asks for, of a session's episode number `at`."""
    # Episodes are displaced independently of each other.
    seed = settings.seed + at
    if settings.surrogate == "circular":
        return plan_shifts(
            n, sampling_hz, max_lag=max_lag, max_shifts=settings.max_shifts, seed=seed
        )
    return plan_drawn(
        n,
        sampling_hz,
        surrogate=settings.surrogate,
        max_lag=max_lag,
        n_surrogates=settings.n_surrogates,
        seed=seed,
    )


def plan_drawn(
    n: int,
    sampling_hz: float,
    *,
    surrogate: Literal["segment", "phase"],
    max_lag: int,
    n_surrogates: int,
    seed: int,
) -> Plan:
    """Plan surrogate series of an episode of `n` samples, drawn with `seed`.

    They come in pairs, of which one undoes what the other does, so that swapping the partners
    leaves the set as it is; an odd `n_surrogates` is rounded up. Segments last min(10 s, a quarter
    of the episode). Onsets are displaced by circular shifts, which keep their distances.
    """
    rng = np.random.default_rng(seed)
    half = (n_surrogates + 1) // 2
    circular = rng.choice(admissible_shifts(n, sampling_hz), half)
    circular = _paired(circular, n - circular)
    shifts = block_shifts(2 * half, max_lag)
    run = max_lag + 1
    size = (1 + 2 * half) * run
    if surrogate == "segment":
        segment = max(2, min(nearest_samples(SEGMENT_S, sampling_hz), n // 4))
        orders = segment_orders(n, segment, n_surrogates=half, rng=rng)
        orders = _paired(orders, np.argsort(orders, axis=1))
        return Plan(size, shifts, shifts, circular, circular, run, orders=orders)
    increments = phase_increments(n, n_surrogates=half, rng=rng)
    both = _paired(increments, -increments)
    return Plan(size, shifts, shifts, circular, circular, run, increments=both)


def _paired(one: NDArray[Any], other: NDArray[Any]) -> NDArray[Any]:
    return np.stack([one, other], axis=1).reshape(-1, *one.shape[1:])


def block_shifts(n_surrogates: int, max_lag: int) -> Index:
    """Return the shifts of the circle that lead to each drawn surrogate's block of columns."""
    size = max_lag + 1
    return np.arange(n_surrogates, 0, -1, dtype=np.int64) * size
