"""Both partners' channels against surrogate series that are drawn rather than shifted."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attunement.scoring.chance.plan import Plan
from attunement.scoring.chance.surrogates import iaaft
from attunement.scoring.matching.displaced_windows import (
    SCORED,
    EpisodeSides,
    Straighten,
    detrend,
    prepare_side,
    to_z,
)
from attunement.scoring.matching.lagged_sums import toeplitz
from attunement.scoring.matching.stillness import flat_windows
from attunement.scoring.series.gaps import bridge, centred, pearson, variation
from attunement.scoring.series.recording import Episode, Recording

Array = NDArray[np.float64]
Small = NDArray[np.float32]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]

# Variance under this share of what the samples hold is rounding.
_ROUNDING = 1e-5


@dataclass(frozen=True)
class Moved:
    """One partner's channel as it is and in every surrogate (rows), the first row observed."""

    straight: Small  # (1 + b, n), detrended and bridged; half the memory suffices to compare
    flat: Mask  # (1 + b, n - w + 1)
    seen: Mask | None  # (1 + b, n), None where nothing is missing


@dataclass(frozen=True)
class DrawnSides(EpisodeSides):
    """An episode whose surrogates are series of their own.

    For lags from 0 on the caregiver is moved and the infant stands, for lags before 0 the infant
    is moved the opposite way and the caregiver stands; so swapping the people swaps the sides.
    """

    moved_infant: dict[str, Moved]
    moved_caregiver: dict[str, Moved]

    def correlate(self, name: str, starts: Index) -> tuple[Array, Array]:
        """Return z of a channel by window and column, anchored on the infant and the caregiver."""
        infant, caregiver = self.moved_infant[name], self.moved_caregiver[name]
        before = self._lagged(caregiver, infant, starts, lead_is_infant=False)
        # On this side the shifts of the circle lead to the blocks in the opposite order.
        before = np.concatenate([before[:, :1], before[:, :0:-1]], axis=1)
        return self.following(name, starts), before.reshape(len(starts), -1)

    def following(self, name: str, starts: Index) -> Array:
        """Return z of a channel by window and column, anchored on the infant."""
        infant, caregiver = self.moved_infant[name], self.moved_caregiver[name]
        return self._lagged(infant, caregiver, starts, lead_is_infant=True).reshape(len(starts), -1)

    def _lagged(self, lead: Moved, partner: Moved, starts: Index, *, lead_is_infant: bool) -> Array:
        width, n_lags = self.window, self.max_lag + 1
        r = np.empty((len(starts), len(partner.straight), n_lags))
        for of_start, t in zip(r, starts, strict=True):
            of_start[:] = lagged_r(
                lead.straight[0, t : t + width].astype(float),
                partner.straight[:, t : t + width + n_lags - 1].astype(float),
            )
            still, own = partner.flat[:, t : t + n_lags], lead.flat[0, t]
            infant, caregiver = (own, still) if lead_is_infant else (still, own)
            enough = self._enough(lead, partner, t)
            if enough is not None:
                of_start[~enough] = np.nan
            if caregiver.any():
                still_beside = np.broadcast_to(caregiver, of_start.shape)
                of_start[still_beside if enough is None else still_beside & enough] = 0.0
            if infant.any():
                of_start[np.broadcast_to(infant, of_start.shape)] = np.nan
        return to_z(r)

    def _enough(self, lead: Moved, partner: Moved, t: int) -> Mask | None:
        """Return where both have half a window of values; None where nothing is missing."""
        if lead.seen is None and partner.seen is None:
            return None
        ends = t + self.window, t + self.window + self.max_lag
        own = np.ones(self.window) if lead.seen is None else lead.seen[0, t : ends[0]].astype(float)
        there = (
            np.ones((1, self.window + self.max_lag)) if partner.seen is None
            else partner.seen[:, t : ends[1]].astype(float)
        )  # fmt: skip
        least = (self.window + 1) // 2
        enough = there @ toeplitz(own, self.max_lag + 1) >= least
        return np.broadcast_to(enough, (len(partner.straight), self.max_lag + 1))


def prepare_drawn(
    recording: Recording,
    episode: Episode,
    plan: Plan,
    *,
    window: int,
    max_lag: int,
    straighten: Straighten | None = None,
) -> DrawnSides:
    """Move and detrend the scored channels that both partners have, or `straighten` them."""
    sides: tuple[dict, dict, dict, dict] = ({}, {}, {}, {})  # type: ignore[type-arg]
    for name in SCORED:
        if name in recording.infant and name in recording.caregiver:
            for person, opposite, side, moved in (
                (recording.infant, True, sides[0], sides[2]),
                (recording.caregiver, False, sides[1], sides[3]),
            ):
                series = person[name][episode.lo : episode.hi]
                side[name] = prepare_side(series, window, straighten)
                straight, raw = move(series, plan, opposite=opposite, straighten=straighten)
                seen = np.isfinite(straight)
                gapless = bool(seen.all())
                if not gapless:
                    straight, raw = (np.array([bridge(row) for row in rows])
                                     for rows in (straight, raw))  # fmt: skip
                moved[name] = Moved(
                    straight.astype(np.float32),
                    flat_windows(raw, window),
                    None if gapless else seen,
                )
    return DrawnSides(plan, window, max_lag, *sides)


def move(
    series: Array, plan: Plan, *, opposite: bool, straighten: Straighten | None = None
) -> tuple[Array, Array]:
    """Return the series detrended and as it is, observed and in every surrogate, (1 + b, n)."""
    straight = (straighten or detrend)(series)
    trend = series - straight
    if plan.orders is not None:
        orders = np.argsort(plan.orders, axis=1) if opposite else plan.orders
        return (
            np.concatenate([straight[None], straight[orders]]),
            np.concatenate([series[None], series[orders]]),
        )
    assert plan.increments is not None  # a plan without orders has phases
    turned = iaaft(straight, -plan.increments if opposite else plan.increments)
    both = np.concatenate([straight[None], turned])
    return both, both + trend


def lagged_r(lead: Array, partner: Array) -> Array:
    """Correlate one window (w,) with those at every later lag of each row of (b, w + max_lag).

    Returns
    -------
    ndarray, shape (b, max_lag + 1)
        From the samples both have, at least half a window; NaN where a window is constant.
    """
    width = len(lead)
    n_lags = partner.shape[1] - width + 1
    if np.isfinite(lead.sum()) and np.isfinite(partner.sum()):
        own = lead - lead.mean()
        other = partner - partner.mean(1, keepdims=True)
        mask = toeplitz(np.ones(width), n_lags)
        a_var, b, b_sq = own @ own, other @ mask, (other * other) @ mask
        b_var = variation(b_sq, b, width)
        with np.errstate(divide="ignore", invalid="ignore"):
            r = other @ toeplitz(own, n_lags) / np.sqrt(a_var * b_var)
        return np.where((b_var > _ROUNDING * b_sq) & (a_var > 0), r, np.nan)
    seen, there = np.isfinite(lead), np.isfinite(partner)
    if np.count_nonzero(seen) < (width + 1) // 2:
        return np.full((len(partner), n_lags), np.nan)
    own, other = centred(lead)[0], centred(partner)[0]
    own_there, other_there = toeplitz(seen.astype(float), n_lags), there.astype(float)
    products = toeplitz(own, n_lags)
    return pearson(
        other_there @ own_there,
        (other_there @ products, other @ own_there),
        (other_there @ toeplitz(own * own, n_lags), (other * other) @ own_there),
        other @ products,
        min_pairs=(width + 1) // 2,
        rounding=_ROUNDING,
    )
