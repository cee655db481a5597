"""Mirroring: windowed cross-correlation of both partners' channels, against surrogates."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attunement import schema
from attunement.columns import WINDOW, Column
from attunement.scoring.chance.shifts import (
    MIN_SURROGATE_SD,
    MIN_SURROGATES,
    Index,
    ahead_max,
    midrank_p_rows,
)
from attunement.scoring.matching.displaced_windows import CLIP_R, EpisodeSides
from attunement.scoring.series.clock import HARMLESS_S
from attunement.scoring.series.gaps import RunningMean, mean_sd, totals

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_CLIP_Z = np.arctanh(CLIP_R)
_UNIT = "sd of surrogates"
_SOURCE = "windowed cross-correlation (Boker et al. 2002) against surrogates"
_STILL = "a still infant, or a caregiver who is still throughout the episode"
WINDOW_COLUMNS = (
    Column(
        "following_z", _UNIT,
        "How far the caregiver follows in this window, mean over channels of the highest "
        "correlation within 2 s.",
        "score", chance_level="0", missing_when=_STILL, source=_SOURCE,
        not_for="a score of the session: a single window says little",
    ),
    *(
        Column(
            f"mirroring_{name}", _UNIT, f"`following_z` of the channel {name} alone.", "score",
            chance_level="0", missing_when=f"no {name} in either; {_STILL}",
            source=_SOURCE,
        )
        for name in schema.MIRRORED_CHANNELS
    ),
    Column("mirroring_p", "", "How often surrogates of the window have as much `following_z`.", "p",
           needs=(WINDOW,),
           missing_when="clock unknown, or the lag within an uncertainty of the clock of over "
           f"{HARMLESS_S:g} s",
           source="mid-rank p among the window's surrogates"),
    Column("mirroring_lag_s", "s",
           "Delay at which the window's correlation is highest, positive where the caregiver "
           "follows.", "description", needs=(WINDOW,),
           missing_when="within the uncertainty of the clock", source=_SOURCE),
    Column("direction", _UNIT, "Following minus leading in this window.", "score",
           needs=(WINDOW,), chance_level="0", missing_when="within the uncertainty of the clock",
           source=_SOURCE),
    Column("arousal_matching", _UNIT, "`following_z` of the channel arousal alone.", "score",
           chance_level="0", missing_when=f"no arousal in either; {_STILL}", source=_SOURCE),
    Column("movement_matching", _UNIT, "`following_z` of the channel head_movement alone.", "score",
           chance_level="0", missing_when=f"no head_movement in either; {_STILL}",
           source=_SOURCE),
    Column("simultaneity", _UNIT, "How alike both faces are at the same moment.", "score",
           needs=(WINDOW,), chance_level="0", source=_SOURCE),
    Column("caregiver_flat", "",
           "Whether the caregiver is still in a channel that the infant moves.", "description",
           "bool"),
    Column("clipped", "", "Whether a correlation reached its limit of .97.", "description",
           "bool"),
)  # fmt: skip


@dataclass(frozen=True)
class Standardised:
    """A statistic per window beside what surrogates make of it, in sd of the surrogates."""

    observed: Array  # (k,)
    surrogate: Array  # (k, b)


@dataclass(frozen=True)
class MirroringBlock:
    """Mirroring of some windows of an episode.

    Attributes
    ----------
    following, leading, simultaneous : Standardised
        F, L and lag 0, each standardised per channel and averaged over the mirrored channels.
    by_channel : dict of str to ndarray, shape (k,)
        Standardised F of every scored channel.
    direction : ndarray, shape (k,)
        Standardised F minus standardised L.
    p, lag : ndarray, shape (k,)
        Of F: mid-rank p, and lag of the window's own peak in samples.
    infant_still, caregiver_flat, clipped : ndarray of bool, shape (k,)
        The infant is flat in every mirrored channel; the caregiver is flat while the infant moves,
        in one of them; a correlation beyond the clip was met.
    """

    following: Standardised
    by_channel: dict[str, Array]
    direction: Array
    simultaneity: Array
    p: Array
    lag: Array
    infant_still: Mask
    caregiver_flat: Mask
    clipped: Mask


class CurveSum:
    """Running sum over windows of z by column: all an episode's mean curves need."""

    def __init__(self, n: int) -> None:
        self.total = np.zeros((2, n))
        self.count = np.zeros((2, n))

    def add(self, after: Array, before: Array) -> None:
        """Add windows: z by column, anchored on the infant and on the caregiver."""
        for side, values in enumerate((after, before)):
            total, count = totals(values, axis=0)
            self.total[side] += total
            self.count[side] += count

    def add_following(self, after: Array) -> None:
        """Add windows by the side anchored on the infant alone: lags after 0 are known then."""
        total, count = totals(after, axis=0)
        self.total[0] += total
        self.count[0] += count

    def curves(self, shifts: Index, max_lag: int) -> Array:
        """Return the mean curve of every shift, shape (len(shifts), 2 max_lag + 1)."""
        n = self.total.shape[1]
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = self.total / self.count
        lags = np.arange(max_lag + 1)
        after = mean[0][(lags - shifts[:, None]) % n]
        before = mean[1][(lags + shifts[:, None]) % n]
        # Lag 0 is on both sides; their mean knows no difference between the partners.
        after[:, 0] = (after[:, 0] + before[:, 0]) / 2
        return np.concatenate([before[:, :0:-1], after], axis=1)


def score_block(
    sides: EpisodeSides,
    starts: Index,
    scorable: Mask,
    sums: dict[str, CurveSum],
    *,
    some: Mapping[str, Mask] | None = None,
) -> MirroringBlock:
    """Score the windows at `starts` and add the scorable ones to the episode's curves.

    `sums` holds one `CurveSum` per scored channel and one, ``all``, of the mean over the mirrored
    channels that are defined in a window; besides, for every name in `some`, one of that mean in
    some of the windows, shape (k,).
    """
    n, run, max_lag, k = sides.plan.n, sides.plan.run, sides.max_lag, len(starts)
    shifts = sides.plan.shifts // run  # of statistics that have one number a block
    after_mean, before_mean = RunningMean((k, n)), RunningMean((k, n))
    following = _MeanStandardised()
    by_channel: dict[str, Array] = {}
    direction, simultaneity = RunningMean((k,)), RunningMean((k,))
    clipped, caregiver_flat = np.zeros(k, bool), np.zeros(k, bool)
    moving = np.zeros(k, bool)
    for name, infant in sides.infant.items():
        caregiver = sides.caregiver[name]
        after, before = sides.correlate(name, starts)
        if not scorable.all():
            after[~scorable], before[~scorable] = np.nan, np.nan
        f = _standardise(ahead_max(after, max_lag, run=run), shifts, forward=True)
        by_channel[name] = f.observed
        sums[name].add(after, before)
        if name not in schema.MIRRORED_CHANNELS:
            continue
        after_mean.add(after)
        before_mean.add(before)
        following.add(f)
        leading = ahead_max(before, max_lag, run=run)
        direction.add(f.observed - _standardised(leading, shifts, forward=False)[0])
        simultaneity.add(_standardised(after[:, ::run], shifts, forward=True)[0])
        for values in (after, before):
            clipped |= (np.abs(values[:, : max_lag + 1]) >= _CLIP_Z).any(1)
        moving |= ~infant.flat[starts]
        caregiver_flat |= caregiver.flat[starts] & ~infant.flat[starts]
    after, before = after_mean.value(), before_mean.value()
    sums["all"].add(after, before)
    for name, chosen in (some or {}).items():
        sums[name].add(after[chosen], before[chosen])
    total = following.value((k, len(shifts)))
    return MirroringBlock(
        following=total,
        by_channel=by_channel,
        direction=direction.value(),
        simultaneity=simultaneity.value(),
        p=midrank_p_rows(total.observed, total.surrogate),
        lag=_peak_lag(after, before, max_lag),
        infant_still=~moving,
        caregiver_flat=caregiver_flat & scorable,
        clipped=clipped & scorable,
    )


def _standardised(
    values: Array, shifts: Index, *, forward: bool
) -> tuple[Array, Array, Array, Array]:
    """Return what is observed in sd of its surrogates, the surrogates, their mean and sd."""
    surrogate = _at_shifts(values, shifts, forward=forward)
    mean, sd = mean_sd(surrogate, least=MIN_SURROGATES)
    sd = np.where(sd >= MIN_SURROGATE_SD, sd, np.nan)
    return (values[:, 0] - mean) / sd, surrogate, mean, sd


def _standardise(values: Array, shifts: Index, *, forward: bool) -> Standardised:
    observed, surrogate, mean, sd = _standardised(values, shifts, forward=forward)
    away = surrogate - mean[:, None]
    away /= sd[:, None]
    return Standardised(observed, away)


def _at_shifts(values: Array, shifts: Index, *, forward: bool) -> Array:
    """Return the columns that the shifts of the circle lead to."""
    n = values.shape[1]
    if len(shifts) and shifts[-1] - shifts[0] == len(shifts) - 1:  # a run: no copy is needed
        if forward:
            return values[:, n - shifts[-1] : n - shifts[0] + 1][:, ::-1]
        return values[:, shifts[0] : shifts[-1] + 1]
    return values[:, (-shifts if forward else shifts) % n]


def _peak_lag(after: Array, before: Array, max_lag: int) -> Array:
    curve = np.concatenate([before[:, max_lag:0:-1], after[:, : max_lag + 1]], axis=1)
    known = np.isfinite(curve)
    peak = np.where(known, curve, -np.inf).argmax(1) - max_lag
    return np.where(known.any(1), peak.astype(float), np.nan)


class _MeanStandardised:
    """Mean over channels of a standardised statistic, the same channels in every surrogate."""

    def __init__(self) -> None:
        self.parts: tuple[RunningMean, RunningMean] | None = None

    def add(self, part: Standardised) -> None:
        if self.parts is None:
            self.parts = (RunningMean(part.observed.shape), RunningMean(part.surrogate.shape))
        self.parts[0].add(part.observed)
        # A channel that is missing in the observed window must not enter its surrogates.
        here = np.isfinite(part.observed)
        surrogate = part.surrogate
        self.parts[1].add(surrogate if here.all() else np.where(here[:, None], surrogate, np.nan))

    def value(self, shape: tuple[int, int]) -> Standardised:
        if self.parts is None:
            return Standardised(np.full(shape[0], np.nan), np.full(shape, np.nan))
        return Standardised(self.parts[0].value(), self.parts[1].value())
