"""The share of windows that are matched and marked at once, against chance."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attunement.columns import WINDOW, Column, Value
from attunement.scoring.chance.shifts import Index, midrank_p
from attunement.scoring.marking.patterns import UNKNOWN, YES, Axis
from attunement.scoring.series.gaps import mean_of, totals

Array = NDArray[np.float64]

BOOTSTRAPS = 999
_SOURCE = "marked mirroring (Fonagy et al. 2002)"
_MISSING = "no window with a pattern"
COLUMNS = (
    Column(
        "attuned_share", "share",
        "Of the windows that have a pattern, the share in which the caregiver is matched and "
        "marked at once.",
        "score", needs=(WINDOW,), chance_level="`attuned_share_expected`", missing_when=_MISSING,
        source=_SOURCE, not_for="a level without its expectation: chance makes some too",
    ),
    Column("attuned_share_low", "share", "Lower limit of the 95 % interval of `attuned_share`.",
           "limit", needs=(WINDOW,), missing_when="under two blocks of 10 s with a pattern",
           source="moving-block bootstrap of windows"),
    Column("attuned_share_high", "share", "Upper limit of the 95 % interval of `attuned_share`.",
           "limit", needs=(WINDOW,), missing_when="under two blocks of 10 s with a pattern",
           source="moving-block bootstrap of windows"),
    Column("attuned_share_expected", "share",
           "`attuned_share` by chance: the larger of two, with mirroring or with marking shifted.",
           "expected", needs=(WINDOW,), missing_when=_MISSING),
    Column("attuned_share_excess", "share", "`attuned_share` minus what chance gives.", "score",
           needs=(WINDOW,), chance_level="0", missing_when=_MISSING, source=_SOURCE),
    Column("attuned_share_p", "",
           "p of `attuned_share`: how often chance alone gives as much; the larger of two.",
           "p",
           needs=(WINDOW,), missing_when=_MISSING, source="intersection-union test"),
)  # fmt: skip


@dataclass(frozen=True)
class Patterns:
    """What the share of attuned windows of a row is made of.

    Attributes
    ----------
    names : list of list of str
        Of every episode, its windows' patterns in order of time.
    tallies, shift_of_surrogate : list
        Of every episode; `shift_of_surrogate` is what it contributes to each surrogate of
        the row.
    block : int
        Windows in a block of the bootstrap.
    seed : int
        Of the bootstrap.
    """

    names: list[list[str]]
    tallies: list["Tally"]
    shift_of_surrogate: list[Index]
    block: int
    seed: int


class Tally:
    """How many windows are attuned and how many have a pattern, observed and under surrogates.

    Attuned means matched *and* marked, so chance can come in two ways: the mirroring is real and
    the marking falls into it by accident, or the other way round. Each way keeps one of the two as
    observed and shifts the other.
    """

    def __init__(self, n_shifts: int) -> None:
        self.attuned = np.zeros((2, n_shifts))
        self.decided = np.zeros((2, n_shifts))

    def add(self, matched: tuple[Axis, Axis], marked: tuple[Axis, Axis]) -> None:
        """Add windows that have both axes."""
        known = (matched[0] != UNKNOWN) & (marked[0] != UNKNOWN)
        ways = (
            (matched[0][known, None], marked[1][known]),
            (matched[1][known], marked[0][known, None]),
        )
        for way, (match, mark) in enumerate(ways):
            decided = (np.abs(match) == 1) & (np.abs(mark) == 1)
            self.attuned[way] += (decided & (match == YES) & (mark == YES)).sum(0)
            self.decided[way] += decided.sum(0)


def scores(patterns: Patterns) -> dict[str, Value]:
    """Return `COLUMNS`: the share of attuned windows beside chance.

    Notes
    -----
    The expectation is the larger of the two that `Tally` holds and p the larger of their two
    p-values (an intersection-union test), so that dyads without mirroring and dyads without
    marking both have no excess. The interval is the percentile interval of a moving-block
    bootstrap; it is missing with fewer than two blocks of windows that have a pattern.
    """
    missing = float("nan")
    rows = [np.array([_value(name) for name in names]) for names in patterns.names]
    values = np.concatenate(rows) if rows else np.zeros(0)
    decided = np.count_nonzero(np.isfinite(values))
    if not decided:
        return {column.name: missing for column in COLUMNS}
    share = float(np.nansum(values) / decided)
    expected, p = [], []
    for way in (0, 1):
        pairs = list(zip(patterns.tallies, patterns.shift_of_surrogate, strict=True))
        attuned = sum(tally.attuned[way][which] for tally, which in pairs)
        total = sum(tally.decided[way][which] for tally, which in pairs)
        with np.errstate(divide="ignore", invalid="ignore"):
            null = np.asarray(attuned / total, float)
        expected.append(mean_of(null))
        p.append(midrank_p(share, null))
    chance = float(np.max(expected))
    low, high = missing, missing
    if decided >= 2 * patterns.block:
        low, high = _bootstrap(rows, block=patterns.block, seed=patterns.seed)
    return {
        "attuned_share": share,
        "attuned_share_low": low,
        "attuned_share_high": high,
        "attuned_share_expected": chance,
        "attuned_share_excess": share - chance,
        "attuned_share_p": float(np.max(p)),
    }


def _value(name: str) -> float:
    if name in ("indeterminate", "not_scorable"):
        return float("nan")
    return float(name == "attuned")


def _bootstrap(rows: list[Array], *, block: int, seed: int) -> tuple[float, float]:
    rng = np.random.default_rng(seed)
    total, count = np.zeros(BOOTSTRAPS), np.zeros(BOOTSTRAPS)
    for values in rows:
        n, size = len(values), min(block, len(values))
        if not n:
            continue
        firsts = rng.integers(0, n - size + 1, (BOOTSTRAPS, -(-n // size)))
        drawn = values[(firsts[..., None] + np.arange(size)).reshape(BOOTSTRAPS, -1)[:, :n]]
        drawn_total, drawn_count = totals(drawn)
        total += drawn_total
        count += drawn_count
    share = total[count > 0] / count[count > 0]
    low, high = np.quantile(share, [0.025, 0.975])
    return float(low), float(high)
