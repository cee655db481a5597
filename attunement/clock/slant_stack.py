"""One line through the correlations of all pieces, and how far it can be trusted.

Each piece has a correlation curve over the lag. A line (offset and drift) passes every curve at one
lag; the sum of what it meets there is high only where the pieces agree (a slant stack). It finds a
line that no single piece shows, and a bang in one piece cannot make one.
"""

from dataclasses import dataclass
from math import hypot, sqrt

import numpy as np
from numpy.typing import NDArray

from attunement.clock.candidates import MAX_DRIFT, Line
from attunement.clock.pieces import Pieces

Array = NDArray[np.float64]

LOBE_S = 0.005
_N_GROUPS = 12
_MOST_APART_S = 0.012
_N_TILTS = 160  # to either side
_LEAST_GROUP_Z = 5.0
_LEAST_AGREEING = 4
_LEAST_REACH_S = 0.0003
_AGREE_S = 0.002
# Standard deviation of the drift between two cameras, before anything is heard.
USUAL_DRIFT = 1e-4


@dataclass(frozen=True)
class Stack:
    """The line that the pieces agree on most.

    Attributes
    ----------
    line : Line
        From the second track's time to what is to be added.
    z : float
        Sum of the curves along it, over the square root of how many pieces have sound: about a
        standard normal value at a lag without meaning.
    rival : float
        The same of the best line more than 5 ms away, over `z`.
    n_pieces : int
        Pieces in which both tracks have sound.
    """

    line: Line
    z: float
    rival: float
    n_pieces: int

    @property
    def likeness(self) -> float:
        """`z` that one piece contributes, whatever their number."""
        return self.z / float(np.sqrt(self.n_pieces)) if self.n_pieces else 0.0


def stack(pieces: Pieces, *, most_end_s: float) -> Stack:
    """Return the best line through the curves of `pieces`.

    Parameters
    ----------
    pieces : Pieces
        From `correlate`.
    most_end_s : float
        How far the line may leave the one that the pieces were cut along, at the first and the
        last piece against the middle.
    """
    heard = _heard(pieces)
    if len(heard) < 2:
        return Stack(pieces.line, 0.0, 1.0, len(heard))
    n_lags = pieces.curves.shape[1]
    middle_s, half_s = _span(pieces)
    place = (pieces.time_s[heard] - middle_s) / half_s
    most = max(1, round(most_end_s / pieces.step_s))
    best = np.full(n_lags, -np.inf, np.float32)
    tilt = np.zeros(n_lags, np.int64)
    # From no tilt outwards, so that of equal ones the least stays.
    for end in sorted(range(-most, most + 1, max(1, most // _N_TILTS)), key=abs):
        # A microphone may be connected the other way round: then all peaks point down.
        total = np.abs(_along(pieces, heard, end * place))
        better = total > best
        best[better] = total[better]
        tilt[better] = end
    at = int(best.argmax())
    if not best[at] > 0:
        return Stack(pieces.line, 0.0, 1.0, len(heard))
    away = np.abs(np.arange(n_lags) - at) * pieces.step_s > LOBE_S
    shift_s = (at - n_lags // 2 + vertex(best, at)) * pieces.step_s
    drift = int(tilt[at]) * pieces.step_s / half_s
    line = Line(pieces.line.offset_s + shift_s - drift * middle_s, pieces.line.drift + drift)
    return Stack(
        line=line,
        z=float(best[at]) / float(np.sqrt(len(heard))),
        rival=float(best[away].max() / best[at]),
        n_pieces=len(heard),
    )


@dataclass(frozen=True)
class Fit:
    """A line through what stretches of the session say, each for itself.

    Attributes
    ----------
    line : Line
        By least squares, its drift drawn to 0 as far as the stretches leave it open.
    spread_s : float
        Standard deviation of the stretches about it.
    drift_sd : float
        Standard deviation of its drift.
    n : int
        Stretches it goes through.
    n_groups : int
        Stretches that have a lag of their own.
    middle_s : float
        Mean of their times.
    """

    line: Line
    spread_s: float
    drift_sd: float
    n: int
    n_groups: int
    middle_s: float

    @property
    def _quantile(self) -> float:
        from scipy.special import stdtrit

        return float(stdtrit(self.n - 2, 0.975))

    def error_s(self, time_s: float) -> float:
        """Return the half width of the 95 % interval of the line at a time of the second track."""
        away_s = self.drift_sd * (time_s - self.middle_s)
        return self._quantile * hypot(self.spread_s / sqrt(self.n), away_s)

    @property
    def drift_error(self) -> float:
        """The half width of the 95 % interval of the drift."""
        return self._quantile * self.drift_sd


def fit(pieces: Pieces, *, z: float) -> Fit | None:
    """Fit a line through up to 12 stretches of the session, each with a lag of its own.

    Parameters
    ----------
    pieces : Pieces
        Cut along the line that `stack` found. A stretch's lag is where the sum of its curves is
        highest within 12 ms of that line, if it stands out (5 of the sum's own spread).
    z : float
        Of the stack: what it has for every stretch to stand out by itself limits their number.

    Returns
    -------
    Fit or None
        None where fewer than four stretches agree.
    """
    heard = _heard(pieces)
    n_groups = int(np.clip((z / _LEAST_GROUP_Z) ** 2, _LEAST_AGREEING, _N_GROUPS))
    groups = np.array_split(heard, min(n_groups, len(heard))) if len(heard) else []
    centre = pieces.curves.shape[1] // 2
    reach = round(_MOST_APART_S / pieces.step_s)
    whole = _along(pieces, heard, np.zeros(len(heard)))[centre - reach : centre + reach + 1]
    sign = 1.0 if whole.max(initial=0.0) >= -whole.min(initial=0.0) else -1.0
    times, lags = [], []
    for group in groups:
        curve = sign * _along(pieces, group, np.zeros(len(group)))
        near = curve[centre - reach : centre + reach + 1]
        at = int(near.argmax())
        spread = 1.4826 * float(np.median(np.abs(curve)))
        if 0 < at < 2 * reach and near[at] >= _LEAST_GROUP_Z * spread > 0:
            times.append(float(pieces.time_s[group].mean()))
            lags.append((at + vertex(near, at) - reach) * pieces.step_s)
    time_s, lag_s = np.array(times), np.array(lags)
    kept = _agreeing(time_s, lag_s)
    if kept.sum() < _LEAST_AGREEING:
        return None
    return _least_squares(pieces.line, time_s[kept], lag_s[kept], len(lag_s))


def _agreeing(time_s: Array, lag_s: Array) -> NDArray[np.bool_]:
    """Return which lags lie near the line that most of them lie near."""
    if len(lag_s) < _LEAST_AGREEING:
        return np.zeros(len(lag_s), bool)
    one, other = np.triu_indices(len(lag_s), 1)
    slope = (lag_s[other] - lag_s[one]) / (time_s[other] - time_s[one])
    one, slope = one[np.abs(slope) <= MAX_DRIFT], slope[np.abs(slope) <= MAX_DRIFT]
    # Lines through one of them that do not tilt, and through two.
    at = np.concatenate([lag_s, lag_s[one] - slope * time_s[one]])
    slope = np.concatenate([np.zeros(len(lag_s)), slope])
    left_s = np.abs(lag_s - at[:, None] - slope[:, None] * time_s)
    near = left_s <= _AGREE_S
    # Of lines with as many the one that they lie nearest to.
    best = np.lexsort((np.minimum(left_s, _AGREE_S).sum(1), -near.sum(1)))[0]
    kept = near[best]
    for _ in range(2):
        if kept.sum() < _LEAST_AGREEING:
            break
        tilt, base = np.polyfit(time_s[kept], lag_s[kept], 1)
        left = np.abs(lag_s - base - tilt * time_s)
        usual = 1.4826 * float(np.median(left[kept]))
        kept = left <= min(_AGREE_S, max(_LEAST_REACH_S, 3 * usual))
    return np.asarray(kept)


def _least_squares(along: Line, time_s: Array, lag_s: Array, n_groups: int) -> Fit:
    middle_s = float(time_s.mean())
    sum_squares = float(((time_s - middle_s) ** 2).sum())
    tilt = float(((time_s - middle_s) * lag_s).sum() / sum_squares)
    left_s = lag_s - lag_s.mean() - tilt * (time_s - middle_s)
    spread_s = float(np.sqrt((left_s**2).sum() / (len(left_s) - 2)))
    # Where a short session says little about the drift, that it is a camera's says more.
    variance = spread_s**2 / sum_squares
    drift = (along.drift + tilt) * USUAL_DRIFT**2 / (USUAL_DRIFT**2 + variance)
    at_middle_s = float(along.at(middle_s)) + float(lag_s.mean())
    return Fit(
        line=Line(at_middle_s - drift * middle_s, drift),
        spread_s=spread_s,
        drift_sd=float(np.sqrt(variance * USUAL_DRIFT**2 / (USUAL_DRIFT**2 + variance))),
        n=len(lag_s),
        n_groups=n_groups,
        middle_s=middle_s,
    )


def vertex(values: NDArray[np.floating], at: int) -> float:
    """Return where a parabola through `values[at]` and its neighbours is highest, against `at`."""
    if not 0 < at < len(values) - 1:
        return 0.0
    before, here, after = (float(value) for value in values[at - 1 : at + 2])
    bend = before - 2 * here + after
    return 0.5 * (before - after) / bend if bend < 0 else 0.0


def _heard(pieces: Pieces) -> NDArray[np.int64]:
    return np.flatnonzero(np.abs(pieces.curves).max(1, initial=0.0) > 0)


def _span(pieces: Pieces) -> tuple[float, float]:
    first_s, last_s = float(pieces.time_s[0]), float(pieces.time_s[-1])
    return (first_s + last_s) / 2, max((last_s - first_s) / 2, 1e-9)


def _along(pieces: Pieces, rows: NDArray[np.int64], steps: Array) -> NDArray[np.float32]:
    """Return the sum of curves, each taken `steps` further on; 0 comes in at the ends."""
    n = pieces.curves.shape[1]
    total = np.zeros(n, np.float32)
    shifts = np.round(steps - pieces.beside_s[rows] / pieces.step_s).astype(int)
    for row, shift in zip(rows, shifts.tolist(), strict=True):
        if shift >= 0:
            total[: n - shift] += pieces.curves[row, shift:]
        else:
            total[-shift:] += pieces.curves[row, : n + shift]
    return total
