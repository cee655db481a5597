"""Both partners' channels of an episode, cut into windows and correlated at every displacement.

Positive lags anchor a window on the infant and displace the caregiver; negative lags anchor it on
the caregiver and displace the infant by the opposite shift. The relative displacement is the same
for all lags of one surrogate, each lag is correlated once per displacement whatever the number of
surrogates, and swapping the partners swaps the two sides exactly.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attunement import schema
from attunement.scoring.chance.plan import Plan
from attunement.scoring.matching.circular_windows import Circle, all_windows, pieces
from attunement.scoring.matching.correlation import correlate_windows
from attunement.scoring.matching.stillness import flat_windows
from attunement.scoring.series.gaps import bridge, mean_sd
from attunement.scoring.series.recording import Episode, Recording

Array = NDArray[np.float64]
Small = NDArray[np.float32]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]
# What is taken out of a channel of an episode before it is correlated.
Straighten = Callable[[Array], Array]

CLIP_R = 0.97
# A detrended window that varies by no more is a straight line up to rounding.
_ROUNDING_SD = 1e-9
SCORED = (*schema.MIRRORED_CHANNELS, "head_movement")


@dataclass(frozen=True)
class Side:
    """One partner's channel in an episode, with all its circular windows.

    Attributes
    ----------
    circle : Circle
        Detrended, with straight lines over its gaps. A window's mean and sd from what is left of
        it would be those of a shorter window, in which faces are less alike (docs/scoring.md,
        "Gaps").
    flat : ndarray of bool, shape (n,)
    seen : ndarray, shape (n, w), or None
        1 where a window has a value of its own; None where nothing is missing.
    """

    circle: Circle
    flat: Mask
    seen: Small | None


@dataclass(frozen=True)
class EpisodeSides:
    """Both partners' channels of one episode, ready to be correlated."""

    plan: Plan
    window: int
    max_lag: int
    infant: dict[str, Side]
    caregiver: dict[str, Side]

    def correlate(self, name: str, starts: Index) -> tuple[Array, Array]:
        """Return z of a channel by window and column, anchored on the infant and the caregiver."""
        infant, caregiver = self.infant[name], self.caregiver[name]
        before = self.plan.columns[1]
        return (
            self.following(name, starts),
            _displaced(caregiver, infant, starts, before, lead_is_infant=False),
        )

    def following(self, name: str, starts: Index) -> Array:
        """Return z of a channel by window and column, anchored on the infant."""
        after = self.plan.columns[0]
        infant, caregiver = self.infant[name], self.caregiver[name]
        return _displaced(infant, caregiver, starts, after, lead_is_infant=True)


def prepare(
    recording: Recording,
    episode: Episode,
    plan: Plan,
    *,
    window: int,
    max_lag: int,
    straighten: Straighten | None = None,
) -> EpisodeSides:
    """Detrend the scored channels that both partners have in an episode, or `straighten` them."""
    sides: tuple[dict[str, Side], dict[str, Side]] = ({}, {})
    for name in SCORED:
        if name not in recording.infant or name not in recording.caregiver:
            continue
        for person, of_person in zip((recording.infant, recording.caregiver), sides, strict=True):
            series = person[name][episode.lo : episode.hi]
            of_person[name] = prepare_side(series, window, straighten)
    infant, caregiver = sides
    return EpisodeSides(plan, window, max_lag, infant, caregiver)


def line(series: Array) -> Array:
    """Return the straight line through what is there of a series; 0 with under three values."""
    seen = np.isfinite(series)
    if np.count_nonzero(seen) < 3:
        return np.zeros_like(series)
    time = np.arange(len(series), dtype=float)
    time -= time[seen].mean()
    mean = series[seen].mean()
    slope = (time[seen] @ (series[seen] - mean)) / (time[seen] @ time[seen])
    return np.asarray(mean + slope * time)


def detrend(series: Array) -> Array:
    """Return the series minus its straight line, fitted on what is there; NaN stays NaN."""
    return series - line(series)


def prepare_side(series: Array, window: int, straighten: Straighten | None = None) -> Side:
    """Detrend one channel and see in which of its windows it is flat."""
    known = np.isfinite(series)
    circle = Circle.of(bridge((straighten or detrend)(series)), window)
    # Whether a face moves is asked of the channel as it is: a slope taken out of a still face
    # is no movement.
    whole = bridge(series)
    around = np.concatenate([whole, whole[: window - 1]])
    flat = flat_windows(around[None], window)[0]
    for cut in pieces(len(series)):
        flat[cut] |= mean_sd(circle.windows[cut])[1] <= _ROUNDING_SD
    seen = None if known.all() else all_windows(known.astype(np.float32), window)
    return Side(circle, flat, seen)


def _displaced(
    lead: Side, partner: Side, starts: Index, columns: Index | None, *, lead_is_infant: bool
) -> Array:
    """Return z = atanh(r), clipped, by window and column of displacement, shape (k, columns).

    A flat infant makes z missing, a flat caregiver beside a moving infant makes it 0. Without
    `columns`, column d is displacement d.
    """
    n, width = partner.circle.windows.shape
    leads, enough = lead.circle[starts], (width + 1) // 2
    infant, caregiver = (lead, partner) if lead_is_infant else (partner, lead)
    by_position = np.empty((len(starts), n))
    for cut in pieces(n):
        partners = partner.circle[cut]
        r = correlate_windows(leads, partners, min_pairs=enough)
        few = _too_few(lead, partner, starts, cut, enough)
        if few is not None:
            np.copyto(r, np.nan, where=few)
        still, unmoved = (
            one.flat[starts, None] if one is lead else one.flat[None, cut]
            for one in (caregiver, infant)
        )
        if still.any():
            np.copyto(r, 0.0, where=still if few is None else still & ~few)
        if unmoved.any():
            np.copyto(r, np.nan, where=unmoved)
        np.clip(r, -CLIP_R, CLIP_R, out=by_position[:, cut])
    if columns is None:
        z = np.empty_like(by_position)
        for start, row, turned in zip(starts, by_position, z, strict=True):
            np.arctanh(row[start:], out=turned[: n - start])
            np.arctanh(row[:start], out=turned[n - start :])
        return z
    z = np.empty((len(starts), len(columns)))
    for start, row, turned in zip(starts, by_position, z, strict=True):
        displace(row, start, columns, out=turned)
    return np.arctanh(z, out=z)


def displace(series: Array, start: int, columns: Index, *, out: Array) -> None:
    """Fill `out` with what stands at `start` + each of `columns`, around the circle."""
    # One copy turned by `start` is cheaper than a remainder for every column.
    np.take(np.concatenate([series[start:], series[:start]]), columns, out=out, mode="wrap")


def to_z(r: Array) -> Array:
    """Turn r into z = atanh(r) clipped at the largest r that is told apart, in place."""
    np.clip(r, -CLIP_R, CLIP_R, out=r)
    return np.arctanh(r, out=r)


def _too_few(lead: Side, partner: Side, starts: Index, cut: slice, least: int) -> Mask | None:
    """Return where both have fewer than `least` values at once; None where nothing is missing."""
    if lead.seen is None and partner.seen is None:
        return None
    one, other = (
        np.ones((1, side.circle.windows.shape[1]), np.float32)
        if side.seen is None
        else side.seen[rows]
        for side, rows in ((lead, starts), (partner, cut))
    )
    return np.asarray(one @ other.T < least)
