"""Mirroring: windowed cross-correlation of both partners' channels, against circular shifts.

Positive lags anchor a window on the infant and displace the caregiver; negative lags anchor it on
the caregiver and displace the infant by the opposite shift. The relative displacement is the same
for all lags of one surrogate, each lag is correlated once per displacement whatever the number of
surrogates, and swapping the partners swaps the two sides exactly.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attunement import schema
from attunement.scoring.correlation import level, pair_correlation, sliding
from attunement.scoring.recording import Episode, Recording
from attunement.scoring.shifts import (
    MIN_SURROGATE_SD,
    Index,
    ahead_max,
    midrank_p_rows,
    row_mean_sd,
    row_quantile,
)

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

CLIP_R = 0.97
FLAT_SD = 0.25
_CLIP_Z = np.arctanh(CLIP_R)
MATCHED_QUANTILE = 0.95
SCORED = (*schema.MIRRORED_CHANNELS, "head_movement")


@dataclass(frozen=True)
class Side:
    """One partner's channel in an episode, cut into all its circular windows."""

    windows: Array  # (n, w), detrended
    level: float
    flat: Mask  # (n,)


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
    p, lag, cut, sd : ndarray, shape (k,)
        Of F: mid-rank p, lag of the window's own peak in samples, the 95th percentile of the
        surrogates and their sd.
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
    cut: Array
    sd: Array
    infant_still: Mask
    caregiver_flat: Mask
    clipped: Mask


class CurveSum:
    """Running sum over windows of z by displacement: all an episode's mean curves need."""

    def __init__(self, n: int) -> None:
        self.total = np.zeros((2, n))
        self.count = np.zeros((2, n))

    def add(self, after: Array, before: Array) -> None:
        """Add windows: z by displacement, anchored on the infant and on the caregiver."""
        for side, values in enumerate((after, before)):
            known = np.isfinite(values)
            self.total[side] += np.where(known, values, 0.0).sum(0)
            self.count[side] += known.sum(0)

    def curves(self, shifts: Index, max_lag: int) -> Array:
        """Return the mean curve of every shift, shape (len(shifts), 2 max_lag + 1)."""
        n = self.total.shape[1]
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = self.total / self.count
        lags = np.arange(1, max_lag + 1)
        after = mean[0][(np.arange(max_lag + 1) - shifts[:, None]) % n]
        before = mean[1][(lags + shifts[:, None]) % n]
        return np.concatenate([before[:, ::-1], after], axis=1)


@dataclass(frozen=True)
class EpisodeSides:
    """Both partners' channels of one episode, ready to be correlated."""

    n: int
    window: int
    max_lag: int
    infant: dict[str, Side]
    caregiver: dict[str, Side]


def prepare(recording: Recording, episode: Episode, *, window: int, max_lag: int) -> EpisodeSides:
    """Detrend and cut the scored channels that both partners have in an episode."""
    infant, caregiver = {}, {}
    for name in SCORED:
        if name in recording.infant and name in recording.caregiver:
            infant[name] = _side(recording.infant[name][episode.lo : episode.hi], window)
            caregiver[name] = _side(recording.caregiver[name][episode.lo : episode.hi], window)
    return EpisodeSides(episode.n, window, max_lag, infant, caregiver)


def detrend(series: Array) -> Array:
    """Return the series minus its straight line, fitted on what is there; NaN stays NaN."""
    seen = np.isfinite(series)
    if np.count_nonzero(seen) < 3:
        return series
    time = np.arange(len(series), dtype=float)
    time -= time[seen].mean()
    centred = series - series[seen].mean()
    slope = (time[seen] @ centred[seen]) / (time[seen] @ time[seen])
    return centred - slope * time


def _side(series: Array, window: int) -> Side:
    straight = detrend(series)
    raw = _circular(series, window)
    windows = _circular(straight, window)
    # Whether a face moves is asked of the channel as it is: a slope taken out of a still face
    # is no movement.
    flat = _sd(raw) < FLAT_SD
    return Side(windows, level(straight), flat | (_sd(windows) <= 1e-9))


def _circular(series: Array, window: int) -> Array:
    return sliding(np.concatenate([series, series[: window - 1]]), window)


def _sd(windows: Array) -> Array:
    seen = np.isfinite(windows)
    count = seen.sum(-1)
    filled = np.where(seen, windows, 0.0)
    mean = filled.sum(-1) / np.maximum(count, 1)
    away = np.where(seen, windows - mean[:, None], 0.0)
    return np.where(count > 1, np.sqrt((away * away).sum(-1) / np.maximum(count - 1, 1)), np.nan)


def correlate(lead: Side, partner: Side, starts: Index, *, lead_is_infant: bool) -> Array:
    """Return z = atanh(r), clipped, by window and displacement, shape (k, n).

    A flat infant makes z missing, a flat caregiver beside a moving infant makes it 0.
    """
    n, width = partner.windows.shape
    windows = lead.windows[starts]
    z = pair_correlation(
        windows,
        partner.windows,
        min_pairs=(width + 1) // 2,
        lead_level=lead.level,
        partner_level=partner.level,
    )
    np.clip(z, -CLIP_R, CLIP_R, out=z)
    np.arctanh(z, out=z)
    infant, caregiver = (lead, partner) if lead_is_infant else (partner, lead)
    if caregiver.flat.any():
        still = lead.flat[starts, None] if caregiver is lead else partner.flat[None, :]
        z[still & _enough_pairs(windows, partner.windows)] = 0.0
    if infant.flat.any():
        z[np.broadcast_to(lead.flat[starts, None] if infant is lead else partner.flat, z.shape)] = (
            np.nan
        )
    return np.take_along_axis(z, (starts[:, None] + np.arange(n)) % n, 1)


def _enough_pairs(lead: Array, partner: Array) -> Mask:
    a, b = np.isfinite(lead), np.isfinite(partner)
    if a.all() and b.all():
        return np.ones((len(a), len(b)), bool)
    return a.astype(float) @ b.astype(float).T >= (lead.shape[1] + 1) // 2


def score_block(
    sides: EpisodeSides,
    starts: Index,
    shifts: Index,
    scorable: Mask,
    sums: dict[str, CurveSum],
) -> MirroringBlock:
    """Score the windows at `starts` and add the scorable ones to the episode's curves.

    `sums` holds one `CurveSum` per scored channel and one, ``all``, of the mean over the mirrored
    channels that are defined in a window.
    """
    n, max_lag, k = sides.n, sides.max_lag, len(starts)
    after_mean, before_mean = _Mean((k, n)), _Mean((k, n))
    following, leading, simultaneous = _MeanStandardised(), _MeanStandardised(), _MeanStandardised()
    by_channel: dict[str, Array] = {}
    direction = _Mean((k,))
    clipped, caregiver_flat = np.zeros(k, bool), np.zeros(k, bool)
    moving = np.zeros(k, bool)
    for name, infant in sides.infant.items():
        caregiver = sides.caregiver[name]
        after = correlate(infant, caregiver, starts, lead_is_infant=True)
        before = correlate(caregiver, infant, starts, lead_is_infant=False)
        for values in (after, before):
            values[~scorable] = np.nan
        f = _standardise(ahead_max(after, max_lag), shifts, n, forward=True)
        by_channel[name] = f.observed
        sums[name].add(after, before)
        if name not in schema.MIRRORED_CHANNELS:
            continue
        after_mean.add(after)
        before_mean.add(before)
        l_ = _standardise(ahead_max(before, max_lag), shifts, n, forward=False)
        following.add(f)
        leading.add(l_)
        simultaneous.add(_standardise(after, shifts, n, forward=True))
        direction.add(f.observed - l_.observed)
        for values in (after, before):
            clipped |= (np.abs(values[:, : max_lag + 1]) >= _CLIP_Z).any(1)
        moving |= ~infant.flat[starts]
        caregiver_flat |= caregiver.flat[starts] & ~infant.flat[starts]
    after, before = after_mean.value(), before_mean.value()
    sums["all"].add(after, before)
    total = following.value((k, len(shifts)))
    _, sd = row_mean_sd(total.surrogate)
    return MirroringBlock(
        following=total,
        by_channel=by_channel,
        direction=direction.value(),
        simultaneity=simultaneous.value((k, len(shifts))).observed,
        p=midrank_p_rows(total.observed, total.surrogate),
        lag=_peak_lag(after, before, max_lag),
        cut=row_quantile(total.surrogate, MATCHED_QUANTILE),
        sd=sd,
        infant_still=~moving,
        caregiver_flat=caregiver_flat & scorable,
        clipped=clipped & scorable,
    )


def _standardise(values: Array, shifts: Index, n: int, *, forward: bool) -> Standardised:
    surrogate = values[:, (-shifts if forward else shifts) % n]
    mean, sd = row_mean_sd(surrogate)
    sd = np.where(sd >= MIN_SURROGATE_SD, sd, np.nan)
    return Standardised((values[:, 0] - mean) / sd, (surrogate - mean[:, None]) / sd[:, None])


def _peak_lag(after: Array, before: Array, max_lag: int) -> Array:
    curve = np.concatenate([before[:, max_lag:0:-1], after[:, : max_lag + 1]], axis=1)
    known = np.isfinite(curve)
    peak = np.where(known, curve, -np.inf).argmax(1) - max_lag
    return np.where(known.any(1), peak.astype(float), np.nan)


class _Mean:
    """Mean over channels of what is defined."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.total = np.zeros(shape)
        self.count = np.zeros(shape)

    def add(self, values: Array) -> None:
        known = np.isfinite(values)
        self.total += np.where(known, values, 0.0)
        self.count += known

    def value(self) -> Array:
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.total / self.count


class _MeanStandardised:
    """Mean over channels of a standardised statistic, the same channels in every surrogate."""

    def __init__(self) -> None:
        self.parts: tuple[_Mean, _Mean] | None = None

    def add(self, part: Standardised) -> None:
        if self.parts is None:
            self.parts = (_Mean(part.observed.shape), _Mean(part.surrogate.shape))
        # A channel that is missing in the observed window must not enter its surrogates.
        here = np.isfinite(part.observed)
        self.parts[0].add(part.observed)
        self.parts[1].add(np.where(here[:, None], part.surrogate, np.nan))

    def value(self, shape: tuple[int, int]) -> Standardised:
        if self.parts is None:
            return Standardised(np.full(shape[0], np.nan), np.full(shape, np.nan))
        return Standardised(self.parts[0].value(), self.parts[1].value())
