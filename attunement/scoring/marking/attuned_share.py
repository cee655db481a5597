"""The share of infant events that the caregiver matches and marks at once, against chance."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from attunement.columns import Column, Value
from attunement.scoring.chance.shifts import MIN_SURROGATES, Index, enough, midrank_p
from attunement.scoring.marking.event_patterns import UNKNOWN, YES, EventPatterns
from attunement.scoring.series.gaps import mean_of

Array = NDArray[np.float64]

# A share of fewer events is hardly one.
MIN_EVENTS = 5
# So many shifts say as much as all: neighbouring ones meet nearly the same.
MAX_SHIFTS = 499
_SOURCE = "marked mirroring (Fonagy et al. 2002)"
_MISSING = f"under {MIN_EVENTS} events with a pattern"
_FEW = f"{_MISSING}; under {MIN_SURROGATES} shifts (an episode of some 10 s)"
COLUMNS = (
    Column(
        "attuned_share", "share",
        "Of the infant's events that have a pattern, the share that the caregiver matches and "
        "marks at once.",
        "score", chance_level="`attuned_share_expected`", missing_when=_MISSING,
        source=_SOURCE, not_for="a level without its expectation: chance makes some too",
    ),
    Column("attuned_share_low", "share", "Lower limit of the 95 % interval of `attuned_share`.",
           "limit", missing_when=_MISSING, source="Wilson's interval, events as independent"),
    Column("attuned_share_high", "share", "Upper limit of the 95 % interval of `attuned_share`.",
           "limit", missing_when=_MISSING, source="Wilson's interval, events as independent"),
    Column("attuned_share_expected", "share",
           "`attuned_share` by chance, from matching as observed with marking shifted, the other "
           "way round, and both shifted.",
           "expected", missing_when=_FEW),
    Column("attuned_share_excess", "share", "`attuned_share` minus what chance gives.", "score",
           chance_level="0", missing_when=_FEW, source=_SOURCE),
    Column("attuned_share_p", "",
           "p of `attuned_share`: how often chance alone gives as much; the larger of two.",
           "p", missing_when=_FEW, source="intersection-union test"),
)  # fmt: skip


@dataclass(frozen=True)
class Patterns:
    """What the share of attuned events of a row is made of.

    Attributes
    ----------
    episodes : list of EventPatterns
    shifts : list of ndarray of int, shape (b,)
        Of every episode, its shift in each surrogate of the row.
    """

    episodes: list[EventPatterns]
    shifts: list[Index]


def scores(patterns: Patterns) -> dict[str, Value]:
    """Return `COLUMNS`: the share of attuned events beside chance.

    Notes
    -----
    Attuned means matched *and* marked, so chance can come in three ways: the matching is real and
    a rise of a cue falls into it by accident (share a), the other way round (b), or both are
    accidents (c; the two shifted together, since a face that moves does so in several channels).
    With the shares M and N of shifted events that are matched and marked, the expectation is

        a + b + c - 2 M N,

    which is right, on average, where nobody matches, where nobody marks, and where neither is done:
    the terms that do not belong cancel. The larger of a and b, being a maximum of two estimates,
    would lie above both. p is the larger of those against a and against b (an intersection-union
    test).
    """
    missing: dict[str, Value] = dict.fromkeys((one.name for one in COLUMNS), float("nan"))
    axes = [one.axes for one in patterns.episodes]
    matched, marked = (np.concatenate([*axis, np.zeros(0, np.int8)]) for axis in _pair(axes))
    known = (matched != UNKNOWN) & (marked != UNKNOWN)
    n = int(np.count_nonzero(known))
    if n < MIN_EVENTS:
        return missing
    match, mark = (matched[known] == YES).astype(float), (marked[known] == YES).astype(float)
    share = float(np.mean(match * mark))
    interval = stats.binomtest(int(np.sum(match * mark)), n).proportion_ci(method="wilson")
    found = missing | {
        "attuned_share": share,
        "attuned_share_low": float(interval.low),
        "attuned_share_high": float(interval.high),
    }
    shifted = [
        episode.shifted(_thinned(shifts))
        for episode, shifts in zip(patterns.episodes, patterns.shifts, strict=True)
    ]
    by_chance_match, by_chance_mark = (np.concatenate(axis)[known] for axis in _pair(shifted))
    nulls = [
        _share(match[:, None] * by_chance_mark),
        _share(by_chance_match * mark[:, None]),
        _share(by_chance_match * by_chance_mark),
    ]
    if not all(enough(null) for null in nulls):
        return found
    by_accident = mean_of(_share(by_chance_match)) * mean_of(_share(by_chance_mark))
    expected = sum(mean_of(null) for null in nulls) - 2 * by_accident
    found["attuned_share_expected"] = expected
    found["attuned_share_excess"] = share - expected
    found["attuned_share_p"] = max(midrank_p(share, null) for null in nulls[:2])
    return found


def _pair(of_episodes: list[tuple[Any, Any]]) -> tuple[list[Any], list[Any]]:
    return [one for one, _ in of_episodes], [other for _, other in of_episodes]


def _thinned(shifts: Index) -> Index:
    if len(shifts) <= MAX_SHIFTS:
        return shifts
    return shifts[np.round(np.linspace(0, len(shifts) - 1, MAX_SHIFTS)).astype(np.int64)]


def _share(called: Array) -> Array:
    """Return the mean over events of every surrogate; NaN where none is known."""
    known = np.isfinite(called)
    count = known.sum(0)
    total = np.where(known, called, 0.0).sum(0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
