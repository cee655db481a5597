"""Logistic regression with Firth's penalty: finite estimates where cells are sparse or separated.

Source: Firth (1993), Bias reduction of maximum likelihood estimates, Biometrika 80; Heinze &
Schemper (2002), A solution to the problem of separation in logistic regression, Statistics in
Medicine 21, for tests and profile intervals from the penalised likelihood.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit
from scipy.stats import chi2

Array = NDArray[np.floating]

_MAX_STEP = 5.0
_TOLERANCE = 1e-8
_MOST_ITERATIONS = 200


@dataclass(frozen=True)
class FirthFit:
    """Coefficients, covariance (inverse information), penalised log-likelihood, convergence."""

    beta: Array
    cov: Array
    log_likelihood: float
    converged: bool


def fit_firth(
    y: Array,
    x: Array,
    *,
    start: Array | None = None,
    fixed: dict[int, float] | None = None,
) -> FirthFit:
    """Maximise log L(beta) + log det(X'WX) / 2.

    Parameters
    ----------
    y : ndarray, shape (n,)
        0 or 1.
    x : ndarray, shape (n, p)
        Columns, the intercept included.
    start : ndarray, shape (p,), optional
        Where to start; zero by default.
    fixed : dict of int to float, optional
        Coefficients held at a value; the penalty keeps all columns, as Heinze & Schemper ask.
    """
    fixed = fixed or {}
    beta = np.zeros(x.shape[1]) if start is None else np.array(start, dtype=float)
    for index, value in fixed.items():
        beta[index] = value
    free = np.array([k not in fixed for k in range(x.shape[1])])
    level = _penalised(y, x, beta)
    for _ in range(_MOST_ITERATIONS):
        weights, information = _information(x, beta)
        inverse = np.linalg.pinv(information)
        leverage = np.einsum("ij,jk,ik->i", x, inverse, x) * weights
        probability = expit(x @ beta)
        score = x.T @ (y - probability + leverage * (0.5 - probability))
        if np.abs(score[free]).max(initial=0.0) < _TOLERANCE * len(y):
            return FirthFit(beta, inverse, level, True)
        step = np.zeros_like(beta)
        step[free] = np.linalg.lstsq(information[np.ix_(free, free)], score[free], rcond=None)[0]
        step *= min(1.0, _MAX_STEP / max(float(np.abs(step).max()), 1e-300))
        for _ in range(25):
            trial = _penalised(y, x, beta + step)
            if trial >= level - 1e-12:
                break
            step = step / 2
        beta, level = beta + step, trial
    return FirthFit(beta, np.linalg.pinv(_information(x, beta)[1]), level, False)


def profile(
    y: Array, x: Array, fit: FirthFit, index: int, *, alpha: float
) -> tuple[float, float, float, float]:
    """Return interval, likelihood-ratio chi2 (1 df) and p of one coefficient.

    The interval holds the values that the penalised likelihood-ratio test does not reject.
    """
    half = chi2.ppf(1 - alpha, 1) / 2

    def below(value: float) -> float:
        held = fit_firth(y, x, start=fit.beta, fixed={index: value})
        return fit.log_likelihood - held.log_likelihood - half

    spread = float(np.sqrt(fit.cov[index, index]))
    ends = []
    for side in (-1, 1):
        reach = 2 * spread
        while below(fit.beta[index] + side * reach) < 0 and reach < 200 * spread:
            reach *= 1.6
        inner, outer = fit.beta[index], fit.beta[index] + side * reach
        ends.append(
            float(brentq(below, inner, outer, xtol=1e-6)) if below(outer) > 0 else side * np.inf
        )
    statistic = max(0.0, 2 * (below(0.0) + half))
    return ends[0], ends[1], statistic, float(chi2.sf(statistic, 1))


def _information(x: Array, beta: Array) -> tuple[Array, Array]:
    probability = expit(x @ beta)
    weights = probability * (1 - probability)
    return weights, x.T @ (weights[:, None] * x)


def _penalised(y: Array, x: Array, beta: Array) -> float:
    eta = x @ beta
    _, log_det = np.linalg.slogdet(_information(x, beta)[1])
    return float(y @ eta - np.logaddexp(0, eta).sum() + log_det / 2)
