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

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from attunement.stats.association.likelihoods import Likelihood, factored

Array = NDArray[np.floating]

_DIFFERENCE, _FINE_DIFFERENCE = 1e-6, 1e-4
_MOST_STEPS, _SETTLED = 30, 1e-10
# Its square is what is left in the log-likelihood, which is all that a held fit is asked for.
_GRADIENT, _GRADIENT_HELD = 1e-6, 1e-4
_FLAT = 1e-3
_HOPELESS = 1e3  # a gradient so steep that the optimiser was never on its way
# The cost where the likelihood cannot be computed; optimisers do not take infinity.
_FAILED = 1e10
# The penalised likelihood may have a second maximum further out on the ridge of separation.
_SCALES = (3.0, 10.0)


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
    base, basis = np.zeros(len(begin)), np.eye(len(begin))
    if held is not None:
        row, value = held
        # One parameter follows from the others; the row of a slope has one entry.
        pivot = int(np.argmax(np.abs(row)))
        basis = np.delete(np.eye(len(begin)), pivot, axis=1)
        basis[pivot] = -np.delete(row, pivot) / row[pivot]
        base[pivot] = value / row[pivot]
        begin = np.delete(begin, pivot)
    if not basis.shape[1]:
        cost = _cost(model, base)[0]
        return Penalised(base, -cost, cost < _FAILED)

    def of_free(values: Array) -> tuple[float, Array]:
        cost, slope = _cost(model, base + basis @ values)
        return cost, slope @ basis

    with np.errstate(all="ignore"):
        least = _GRADIENT if held is None else _GRADIENT_HELD
        options = {
            "gtol": least,
            "maxiter": 300,
            "hess_inv0": _spread_at(model, base + basis @ begin, basis),
        }
        done = minimize(of_free, begin, jac=True, method="BFGS", options=options)
        if _FLAT < np.abs(done.jac).max() < _HOPELESS:
            again = minimize(of_free, done.x, jac=True, method="BFGS", options={"gtol": least})
            done = again if again.fun <= done.fun else done
    params = base + basis @ done.x
    # Where nothing can be computed the slope is 0 as well, which is no maximum.
    found = done.fun < _FAILED and np.abs(done.jac).max() < _FLAT
    if found and held is None:
        return Penalised(_settled(model, params), -float(done.fun), True)
    return Penalised(params, -float(done.fun), bool(found))


def best_penalised(
    model: Likelihood, starts: Sequence[Array], *, held: tuple[Array, float] | None = None
) -> Penalised:
    """Return the highest maximum found from several starts.

    It counts as found only where the highest of all is itself a maximum.
    """
    fits = [fit_penalised(model, start=start, held=held) for start in starts]
    return max(fits, key=lambda each: (each.log_likelihood > -_FAILED, each.log_likelihood))


def search_penalised(model: Likelihood) -> Penalised:
    """Return the highest maximum of the penalised likelihood, near and far out on its ridge."""
    near = fit_penalised(model)
    far = [scaled(model, near.params, factor) for factor in _SCALES]
    found = best_penalised(model, [model.start, *far])
    return near if near.log_likelihood >= found.log_likelihood - 1e-7 else found


def scaled(model: Likelihood, params: Array, factor: float) -> Array:
    """Return parameters whose coefficients are `factor` times as large."""
    return params * factor if model.scaled is None else model.scaled(params, factor)


def covariance(model: Likelihood, fit: Penalised) -> Array:
    """Return the inverse information of the reported coefficients."""
    inverse = np.linalg.pinv(model.information(fit.params))
    return np.asarray(model.reported @ inverse @ model.reported.T)


def _cost(model: Likelihood, params: Array) -> tuple[float, Array]:
    value, slope = model.value(params)
    penalty = _penalty(model, params)
    if not np.isfinite(value + penalty):
        return _FAILED, np.zeros_like(params)
    if model.penalty_slope is not None:
        of_penalty = model.penalty_slope(params)
    else:
        of_penalty = np.empty_like(params)
        for k in range(len(params)):
            step = np.zeros_like(params)
            step[k] = _DIFFERENCE
            of_penalty[k] = (_penalty(model, params + step) - penalty) / _DIFFERENCE
    if not np.isfinite(of_penalty).all():
        return _FAILED, np.zeros_like(params)
    return -(value + penalty), -(slope + of_penalty)


def _settled(model: Likelihood, params: Array) -> Array:
    """Go on from where the optimiser stopped, by scoring steps as long as the gradient falls."""
    with np.errstate(all="ignore"):
        slope = _fine_slope(model, params)
        for _ in range(_MOST_STEPS):
            spread = _spread_at(model, params, np.eye(len(params)))
            if spread is None or not np.abs(slope).max() > _SETTLED:
                break
            trial = params + spread @ slope
            there = _fine_slope(model, trial)
            if not np.abs(there).max() < np.abs(slope).max():
                break
            params, slope = trial, there
    return params


def _fine_slope(model: Likelihood, params: Array) -> Array:
    _, slope = model.value(params)
    if model.penalty_slope is not None:
        return slope + model.penalty_slope(params)
    steps = _FINE_DIFFERENCE * np.eye(len(params))
    ends = [(_penalty(model, params + step), _penalty(model, params - step)) for step in steps]
    return slope + np.array([ahead - behind for ahead, behind in ends]) / (2 * _FINE_DIFFERENCE)


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
    return factored(model.root(params))[0]
