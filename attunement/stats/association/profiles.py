"""Intervals and tests from the profile of a penalised likelihood.

Each point of a profile is a maximum with one coefficient held. Under separation the likelihood has
ridges and at times two maxima, so that every point that a number rests on is searched from several
starts, and what is not found is left out and said.
"""

import math
from bisect import bisect

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import chi2

from attunement.stats.association.likelihoods import Likelihood
from attunement.stats.association.penalised import Penalised, best_penalised, scaled

Array = NDArray[np.floating]

_FIRST_STEP = 1.5  # standard errors
_FURTHEST = 400.0  # first steps
_GROWTH = 1.6
_PRECISION = 1e-3
# Half a chi2 above the border: what lies further out is not searched for a second maximum.
_HOPELESS = 3.0
# Two maxima of one likelihood, from different starts, agree to this (half a chi2).
_AGREES = 1e-3
_ON_BORDER = 0.02
_TRIES = 5

NOT_FOUND = "the maximum of the likelihood with this coefficient held was not found"
NOT_HIGHEST = "the estimate is not the maximum of its penalised likelihood"
DISAGREE = "its penalised likelihood has two maxima, so that interval and p do not agree"


class _NotFound(ArithmeticError):
    """No number can be told; the argument is why, in words."""


def profile_penalised(
    model: Likelihood, fit: Penalised, index: int, *, spread: float, alpha: float
) -> tuple[float, float, float, float, str]:
    """Return interval, likelihood-ratio chi2 (1 df), p of a coefficient, and what is wrong.

    The interval runs from the lowest to the highest value that the penalised likelihood-ratio
    test does not reject; an end is infinite where no value is rejected on that side. What was not
    found is NaN, and the last entry says why in words (else it is empty).

    Parameters
    ----------
    spread : float
        A standard error, as the length of the first step.
    """
    half = float(chi2.ppf(1 - alpha, 1) / 2)
    profile = _Profile(model, fit, index, half)
    statistic = p = math.nan
    why = ""
    try:
        for share in (0.75, 0.5, 0.25):  # continuation: each start is the next point of the path
            profile.below(share * profile.best, False)
        statistic = max(0.0, 2 * (profile.below(0.0, True) + half))
        p = float(chi2.sf(statistic, 1))
    except _NotFound as error:
        statistic, why = math.nan, str(error)
    ends = [math.nan, math.nan]
    for k, side in enumerate((-1, 1)):
        try:
            ends[k] = _end(profile, side * _FIRST_STEP * spread)
        except _NotFound as error:
            why = why or f"{'lower' if side < 0 else 'upper'} end: {error}"
    low, high = ends
    if why.endswith(NOT_HIGHEST):
        low = high = statistic = p = math.nan
    rim = _AGREES + _PRECISION * max(1.0, statistic)
    at_rim = abs(statistic - 2 * half) < 2 * rim
    if not why and not at_rim and (low <= 0 <= high) != (p > alpha):
        return math.nan, math.nan, math.nan, math.nan, DISAGREE
    return low, high, statistic, p, why


class _Profile:
    """Maxima with one coefficient held, each found from those next to it and other starts."""

    def __init__(self, model: Likelihood, fit: Penalised, index: int, half: float) -> None:
        self.model, self.fit, self.half = model, fit, half
        self.row = model.reported[index]
        self.best = float(self.row @ fit.params)
        self._solved = {self.best: fit}
        self._thorough = {self.best}

    def below(self, value: float, thorough: bool) -> float:
        """Return how far the maximum at `value` lies below the border of what is not rejected."""
        known = self._solved.get(value)
        if known is None or (thorough and value not in self._thorough):
            known = self._solve(value, thorough=thorough)
            self._solved[value] = known
            if thorough:
                self._thorough.add(value)
        if not known.converged:
            raise _NotFound(NOT_FOUND)
        if known.log_likelihood > self.fit.log_likelihood + _AGREES:
            raise _NotFound(NOT_HIGHEST)
        return self.fit.log_likelihood - known.log_likelihood - self.half

    def _solve(self, value: float, *, thorough: bool) -> Penalised:
        values = sorted(self._solved)
        place = bisect(values, value)
        near = [self._solved[v].params for v in values[max(0, place - 1) : place + 1]]
        held = (self.row, value)
        if not thorough:
            found = best_penalised(self.model, near, held=held)
            if found.converged:
                return found
        own = self.fit.params
        others = [own, self.model.start]
        if value / self.best > 0:
            others.append(scaled(self.model, own, value / self.best))
        return best_penalised(self.model, [*near, *others], held=held)


def _end(profile: _Profile, step: float) -> float:
    """Return the furthest value on one side that is not rejected, in steps that grow."""
    furthest, inside, outside = _FURTHEST * abs(step), profile.best, math.nan
    value = profile.best
    direction = step
    while abs(step) < furthest:
        value += step
        step *= _GROWTH
        try:
            level = profile.below(value, False)
        except _NotFound:
            if math.isnan(outside):
                raise
            break
        if level <= 0:
            inside, outside = value, math.nan
            continue
        outside = value if math.isnan(outside) else outside
        if level > _HOPELESS:
            break
    if math.isnan(outside):
        return math.copysign(math.inf, direction)
    precision = _PRECISION * min(abs(outside - inside), abs(direction))
    for _ in range(_TRIES):
        end = float(
            brentq(profile.below, inside, outside, args=(False,), xtol=precision, rtol=1e-9)
        )
        sure = profile.below(end, True)
        if abs(sure) < _ON_BORDER:
            return end
        # Another start found a higher maximum: the border lies on the other side of this value.
        if sure > 0:
            outside = end
        else:
            inside = end
    raise _NotFound(NOT_FOUND)
