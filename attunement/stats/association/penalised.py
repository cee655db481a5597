"""Jeffreys' penalty for every kind of outcome but a quantity: finite estimates under separation.

Half the logarithm of the information's determinant is added to the log-likelihood. It falls where
the likelihood alone would rise for ever. For unordered outcomes and counts this is Firth's
correction of bias; for times Heinze & Schemper's. For ordered outcomes Firth's correction has no
likelihood of its own, and the penalty is used for what it does: it keeps estimates finite.

Sources: Firth (1993), Bias reduction of maximum likelihood estimates, Biometrika 80; Bull, Mak &
Greenwood (2002), A modified score function estimator for multinomial logistic regression in small
samples, Computational Statistics & Data Analysis 39; Heinze & Schemper (2001), A solution to the
problem of monotone likelihood in Cox regression, Biometrics 57.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize
from scipy.stats import chi2

from attunement.stats.association.likelihoods import Likelihood

Array = NDArray[np.floating]

_DIFFERENCE = 1e-6
# Its square is what is left in the log-likelihood, which is all that a held fit is asked for.
_GRADIENT, _GRADIENT_HELD = 1e-6, 1e-4
_FIRST_STEP = 1.5  # standard errors
_PRECISION = 1e-3
_FURTHEST = 400.0
_FLAT = 1e-3


@dataclass(frozen=True)
class Penalised:
    """Parameters at the maximum, the penalised log-likelihood there, and whether it was found."""

    params: Array
    log_likelihood: float
    converged: bool


def fit_penalised(
    model: Likelihood,
    *,
    start: Array | None = None,
    held: tuple[Array, float] | None = None,
) -> Penalised:
    """Maximise the log-likelihood plus half the log-determinant of the information.

    Parameters
    ----------
    model : Likelihood
        From `likelihood`.
    start : ndarray, optional
        Parameters to start from.
    held : (ndarray, float), optional
        A row of ``model.reported`` and the value that this coefficient is held at; the penalty
        keeps all columns, as Heinze & Schemper ask.
    """
    begin = model.start if start is None else np.asarray(start, dtype=float)
    base, basis = begin, np.eye(len(begin))
    if held is not None:
        row, value = held
        # One parameter follows from the others; the row of a slope has one entry.
        pivot = int(np.argmax(np.abs(row)))
        basis = np.delete(np.eye(len(begin)), pivot, axis=1)
        basis[pivot] = -np.delete(row, pivot) / row[pivot]
        base = np.zeros(len(begin))
        base[pivot] = value / row[pivot]
        begin = np.delete(begin, pivot)
    else:
        base = np.zeros(len(begin))
    if not basis.shape[1]:
        return Penalised(base, -_cost(model, base)[0], True)

    def of_free(values: Array) -> tuple[float, Array]:
        cost, slope = _cost(model, base + basis @ values)
        return cost, slope @ basis

    with np.errstate(all="ignore"):
        least = _GRADIENT if held is None else _GRADIENT_HELD
        options = {"gtol": least, "hess_inv0": _spread_at(model, base + basis @ begin, basis)}
        done = minimize(of_free, begin, jac=True, method="BFGS", options=options)
        if np.abs(done.jac).max() > _FLAT:
            again = minimize(of_free, done.x, jac=True, method="BFGS", options={"gtol": least})
            done = again if again.fun <= done.fun else done
    params = base + basis @ done.x
    return Penalised(params, -float(done.fun), bool(np.abs(done.jac).max() < _FLAT))


def covariance(model: Likelihood, fit: Penalised) -> Array:
    """Return the inverse information of the reported coefficients."""
    inverse = np.linalg.pinv(model.information(fit.params))
    return np.asarray(model.reported @ inverse @ model.reported.T)


def profile_penalised(
    model: Likelihood, fit: Penalised, index: int, *, spread: float, alpha: float
) -> tuple[float, float, float, float]:
    """Return interval, likelihood-ratio chi2 (1 df) and p of a coefficient.

    The interval holds the values that the penalised likelihood-ratio test does not reject; an end
    that is not found is infinite.

    Parameters
    ----------
    spread : float
        A standard error, as the length of the first step.
    """
    row = model.reported[index]
    best = float(row @ fit.params)
    half = chi2.ppf(1 - alpha, 1) / 2

    nearest = [fit.params]

    @cache  # the root finder asks for its ends again, which must not come out otherwise
    def below(value: float) -> float:
        held = fit_penalised(model, start=nearest[-1], held=(row, value))
        for start in (fit.params, model.start):
            if not held.converged:
                again = fit_penalised(model, start=start, held=(row, value))
                held = max(held, again, key=lambda each: (each.converged, each.log_likelihood))
        nearest.append(held.params)
        return fit.log_likelihood - held.log_likelihood - half

    ends = []
    for side in (-1, 1):
        nearest.append(fit.params)
        ends.append(_end(below, best, side * _FIRST_STEP * spread))
    statistic = max(0.0, 2 * (below(0.0) + half))
    return ends[0], ends[1], statistic, float(chi2.sf(statistic, 1))


def _end(below: Callable[[float], float], inner: float, step: float) -> float:
    """Return where `below` rises through zero, going from `inner` in steps that grow."""
    furthest = _FURTHEST * abs(step)
    while abs(step) < furthest:
        outer = inner + step
        if below(outer) > 0:
            if below(inner) >= 0:
                return inner
            return float(brentq(below, inner, outer, xtol=_PRECISION * abs(step), rtol=1e-9))
        inner, step = outer, 1.6 * step
    return math.copysign(math.inf, step)


def _cost(model: Likelihood, params: Array) -> tuple[float, Array]:
    value, slope = model.value(params)
    penalty = _penalty(model, params)
    if not np.isfinite(value + penalty):
        return 1e10, np.zeros_like(params)
    if model.penalty_slope is not None:
        of_penalty = model.penalty_slope(params)
    else:
        of_penalty = np.empty_like(params)
        for k in range(len(params)):
            step = np.zeros_like(params)
            step[k] = _DIFFERENCE
            of_penalty[k] = (_penalty(model, params + step) - penalty) / _DIFFERENCE
    if not np.isfinite(of_penalty).all():
        return 1e10, np.zeros_like(params)
    return -(value + penalty), -(slope + of_penalty)


def _spread_at(model: Likelihood, params: Array, basis: Array) -> Array | None:
    """Return the inverse curvature along the columns of `basis`, for the optimiser's first step."""
    curvature = model.information(params)
    if model.turn is not None:
        derivatives = model.turn(params)
        curvature = derivatives.T @ curvature @ derivatives
    along = basis.T @ curvature @ basis
    if not np.isfinite(along).all() or np.linalg.cond(along) > 1e10:
        return None
    inverse = np.linalg.inv(along)
    inverse = (inverse + inverse.T) / 2
    try:
        np.linalg.cholesky(inverse)
    except np.linalg.LinAlgError:  # rounding, where the likelihood is nearly flat one way
        return None
    return inverse


def _penalty(model: Likelihood, params: Array) -> float:
    sign, log_det = np.linalg.slogdet(model.information(params))
    return float(log_det / 2) if sign > 0 else -math.inf
