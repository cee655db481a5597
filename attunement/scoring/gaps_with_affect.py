"""Whether the infant's face is lost more often at some affect than at other: then scores shift."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from attunement.columns import Column, Value
from attunement.scoring.answering.events import OFFSET_Z
from attunement.scoring.chance.shifts import midrank_p
from attunement.scoring.coverage import Seen
from attunement.scoring.series.windows import stretches

Array = NDArray[np.float64]

REASON, REASON_BY_STATE = "gaps_with_affect", "gaps_in_one_state"
MIN_GAPS = 5
MIN_GAP_S = 0.5
BEFORE_S = 1.0
# Both measured (docs/scoring.md, "Gaps"): at a p of .02 gaps that hide a tenth or more of the
# valence from below are found in nearly every session of three minutes; with less than that
# missing `mirroring` moves by under a tenth whatever the gaps go with.
WITHHOLD_P = 0.02
WITHHOLD_SHARE = 0.10
# Sums that a transform makes differ by rounding.
_DIGITS = 9
_FEW = f"under {MIN_GAPS} gaps of the infant's valence of {MIN_GAP_S:g} s or more"
_SOURCE = "missing not at random (Little & Rubin 2019), asked of the level before each gap"
COLUMNS = (
    Column(
        "n_infant_gaps", "",
        f"Gaps of the infant's valence of {MIN_GAP_S:g} s or more that begin after a value.",
        "count",
    ),
    Column(
        "gaps_negative_share", "share",
        "Share of those gaps that begin in negative affect (mean valence of the second before at "
        f"-{OFFSET_Z:g} or below).",
        "description", chance_level="`gaps_negative_expected`", missing_when=_FEW, source=_SOURCE,
    ),
    Column(
        "gaps_negative_expected", "share",
        "The same by chance: the share of the time seen that is negative.", "expected",
        missing_when=_FEW, source=_SOURCE,
    ),
    Column(
        "gaps_affect_p", "",
        "How often gaps placed by chance begin at valence as unusual: low, high, both or neither.",
        "p",
        missing_when=_FEW, source=f"two-sided mid-rank p over every shift of the gaps; {_SOURCE}",
    ),
)  # fmt: skip
# What says how much: a p asks whether there is any, which gaps of either partner leave valid.
BY_STATE = ("mirroring_positive", "mirroring_negative")
WITHHELD = (
    "mirroring", "mirroring_z", *BY_STATE, "simultaneity", "direction", "concordance",
    "arousal_matching",
)  # fmt: skip


class Gaps(NamedTuple):
    """The infant's gaps in some episodes.

    Attributes
    ----------
    level : ndarray, shape (m,)
        Mean valence of the second up to every sample that has a value, episode after episode.
    onsets : ndarray of int, shape (g,)
        Places in `level` of the last value before each gap.
    missing_share : float
        Of the episodes' samples, without a value.
    """

    level: Array
    onsets: NDArray[np.int64]
    missing_share: float


def scores(seen: Seen) -> dict[str, Value]:
    """Return `COLUMNS` over the episodes that have windows."""
    gaps = find_gaps(seen)
    n = len(gaps.onsets)
    row: dict[str, Value] = dict.fromkeys([one.name for one in COLUMNS], float("nan"))
    row["n_infant_gaps"] = n
    if n < MIN_GAPS:
        return row
    negative = gaps.level <= -OFFSET_Z
    return row | {
        "gaps_negative_share": float(negative[gaps.onsets].mean()),
        "gaps_negative_expected": float(negative.mean()),
        "gaps_affect_p": affect_p(gaps),
    }


def find_gaps(seen: Seen) -> Gaps:
    """Return the gaps of the infant's valence in the episodes that have windows."""
    recording = seen.recording
    valence = recording.infant.get("valence")
    wanted = set(seen.windows["episode"])
    levels: list[Array] = []
    onsets: list[int] = []
    n = n_seen = 0
    for episode in recording.episodes:
        if valence is None or episode.name not in wanted:
            continue
        series = valence[episode.lo : episode.hi]
        known = np.isfinite(series)
        count = np.cumsum(known)
        onsets += [
            n_seen + int(count[first - 1]) - 1
            for first, last in stretches(~known)
            if first and last - first >= recording.samples(MIN_GAP_S)
        ]
        levels.append(_level(series, known, recording.samples(BEFORE_S)))
        n, n_seen = n + episode.n, n_seen + int(known.sum())
    level = np.concatenate(levels) if levels else np.empty(0)
    return Gaps(level, np.array(onsets, np.int64), 1 - n_seen / n if n else float("nan"))


def affect_p(gaps: Gaps) -> float:
    """Return how often the gaps, all shifted alike, begin as far from the usual level.

    Two statistics: the mean rank r, in (0, 1], of the level before each gap (gaps at one end), and
    the mean of abs(r - its mean) (gaps at both ends, or in the middle). Each is taken from its
    mean over the shifts in units of its sd over them, without sign, and the larger of the two is
    compared with the larger of the two under every shift, so that asking twice costs no error.
    The time that is seen is laid end to end and goes round, and the gaps' beginnings are shifted
    along it by every number of samples: their distances stay, what they follow does not.
    """
    m = len(gaps.level)
    rank = rankdata(gaps.level) / m
    at = np.zeros(m)
    np.add.at(at, gaps.onsets, 1.0 / len(gaps.onsets))
    gaps_f = np.conj(np.fft.rfft(at))
    away = np.zeros(m)
    for unusual in (rank, np.abs(rank - rank.mean())):
        # Over every shift the mean of these is that of `unusual`.
        mean = np.fft.irfft(np.fft.rfft(unusual) * gaps_f, m) - unusual.mean()
        sd = float(np.std(mean))
        if sd > 10.0**-_DIGITS:
            away = np.maximum(away, np.round(np.abs(mean) / sd, _DIGITS))
    return midrank_p(float(away[0]), away[1:])


def withheld(seen: Seen, row: Mapping[str, Value]) -> tuple[str, tuple[str, ...]]:
    """Return why, and which scores of a row gaps that go with affect would shift by over a tenth.

    None where the gaps are too few to tell or where chance makes them as one-sided in over
    `WITHHOLD_P`. Following by state is withheld whatever is missing, since the gaps take away one
    of the states; the others from `WITHHOLD_SHARE` of the infant's valence missing on.
    """
    if not float(row["gaps_affect_p"]) <= WITHHOLD_P:
        return "", ()
    if find_gaps(seen).missing_share >= WITHHOLD_SHARE:
        return REASON, WITHHELD
    return REASON_BY_STATE, BY_STATE


def _level(series: Array, known: NDArray[np.bool_], width: int) -> Array:
    """Return the mean of what is there of the `width` samples up to every known one."""
    total = np.concatenate([[0.0], np.cumsum(np.where(known, series, 0.0))])
    count = np.concatenate([[0], np.cumsum(known)])
    last = np.flatnonzero(known) + 1
    first = np.maximum(last - max(1, width), 0)
    return np.asarray((total[last] - total[first]) / (count[last] - count[first]))
