"""Restricted maximum likelihood of linear mixed models, to the limit of floating-point numbers.

The covariance of the outcome is linear in the variances and covariances of the random parts:
V / s^2 = I + sum over k of phi_k K_k, where phi are the entries of each part's covariance over the
residual variance s^2 and K_k says which rows share which products of its columns. The fixed effects
and s^2 are profiled out; what is searched are Cholesky factors of the parts, scaled to columns of
unit size, so that every covariance on the way is one (Bates, Maechler, Bolker & Walker 2015,
Fitting linear mixed-effects models using lme4, J. Statistical Software 67, section 3).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

Array = NDArray[np.floating]

_STARTS = (1.0, 0.1)
_GRADIENT = 1e-6
_MOST_NEWTON = 50
_STEP = 1e-5


@dataclass(frozen=True)
class Part:
    """One random part of a model.

    Attributes
    ----------
    name : str
        Whose effects vary.
    columns : ndarray, shape (n, r)
        What has an effect of its own for each of them; a one for intercepts.
    owners : ndarray of int, shape (n,)
        Number of the one that each row belongs to.
    independent : bool
        Whether the effects of one are uncorrelated.
    """

    name: str
    columns: Array
    owners: NDArray[np.int64]
    independent: bool = False


@dataclass(frozen=True)
class Reml:
    """The maximum of the restricted likelihood.

    Attributes
    ----------
    beta : ndarray, shape (p,)
        Fixed effects.
    cov : ndarray, shape (p, p)
        Their covariance at the variances found, (X' V^-1 X)^-1.
    residual : float
        Residual variance.
    covariances : tuple of ndarray
        Of each part, shape (r, r).
    log_likelihood : float
        Restricted.
    converged : bool
        Whether the gradient is at zero.
    crossproducts : tuple of ndarray
        X' V^-1 X and X' V^-1 y of every block of rows, shapes (b, p, p) and (b, p).
    """

    beta: Array
    cov: Array
    residual: float
    covariances: tuple[Array, ...]
    log_likelihood: float
    converged: bool
    crossproducts: tuple[Array, Array]


def fit_reml(y: Array, x: Array, blocks: NDArray[np.int64], parts: Sequence[Part]) -> Reml:
    """Maximise the restricted likelihood.

    Parameters
    ----------
    y : ndarray, shape (n,)
        Outcome, without missing values.
    x : ndarray, shape (n, p)
        Columns of the fixed effects, the intercept included, of full rank.
    blocks : ndarray of int, shape (n,)
        Rows of different blocks share no random effect.
    parts : sequence of Part
        Random parts; owners lie within blocks.

    Returns
    -------
    Reml
        A variance at zero, or a correlation of one, is a maximum as any other.
    """
    model = _Model(y, x, blocks, parts)
    theta, value = min((_search(model, size) for size in _STARTS), key=lambda found: found[1])
    theta, converged = _settle(model, theta, value)
    return _result(model, theta, converged)


class _Model:
    """Rows by block, padded to one length: what is padded has neither columns nor outcome."""

    def __init__(
        self, y: Array, x: Array, blocks: NDArray[np.int64], parts: Sequence[Part]
    ) -> None:
        _, number = np.unique(blocks, return_inverse=True)
        sizes = np.bincount(number)
        order = np.argsort(number, kind="stable")
        place = np.empty(len(y), dtype=np.int64)
        place[order] = np.concatenate([np.arange(size) for size in sizes])
        shape = (len(sizes), int(sizes.max()))
        self.spread = float(y.std()) or 1.0
        self.n, self.p = x.shape
        self.x = np.zeros((*shape, self.p))
        self.y = np.zeros((*shape, 1))
        self.x[number, place] = x
        self.y[number, place, 0] = y / self.spread
        self.scales: list[Array] = []
        self.entries: list[tuple[int, int, int]] = []
        shared = []
        self.sizes = [part.columns.shape[1] for part in parts]
        for at, part in enumerate(parts):
            scale = np.sqrt((part.columns**2).mean(0))
            z = np.zeros((*shape, part.columns.shape[1]))
            z[number, place] = part.columns / scale
            owner = np.full(shape, -1)
            owner[number, place] = part.owners
            same = (owner[:, :, None] == owner[:, None, :]) & (owner[:, :, None] >= 0)
            self.scales.append(scale)
            for i in range(z.shape[2]):
                for j in range(i + 1):
                    if i != j and part.independent:
                        continue
                    product = z[:, :, None, i] * z[:, None, :, j]
                    if i != j:
                        product = product + product.transpose(0, 2, 1)
                    shared.append(same * product)
                    self.entries.append((at, i, j))
        self.shared = np.array(shared)

    def factors(self, theta: Array) -> list[Array]:
        """Return the Cholesky factor of each part."""
        factors = [np.zeros((size, size)) for size in self.sizes]
        for value, (at, i, j) in zip(theta, self.entries, strict=True):
            factors[at][i, j] = value
        return factors

    def solved(self, theta: Array) -> tuple[Array, float, Array, Array]:
        """Return V^-1 (padded), log|V|, and the crossproducts with X and y by block."""
        covariances = [factor @ factor.T for factor in self.factors(theta)]
        phi = np.array([covariances[at][i, j] for at, i, j in self.entries])
        m = self.y.shape[1]
        v = np.eye(m) + np.einsum("k,kgij->gij", phi, self.shared)
        lower = np.linalg.cholesky(v)
        log_det = 2 * float(np.log(np.diagonal(lower, axis1=1, axis2=2)).sum())
        inverse = np.linalg.inv(v)
        weighted = self.x.transpose(0, 2, 1) @ inverse
        return inverse, log_det, weighted @ self.x, (weighted @ self.y)[:, :, 0]

    def deviance(self, theta: Array) -> tuple[float, Array]:
        """Return minus twice the restricted log-likelihood but for a constant, and its gradient."""
        inverse, log_det, xx, xy = self.solved(theta)
        total = np.linalg.inv(xx.sum(0))
        beta = total @ xy.sum(0)
        residual = self.y[:, :, 0] - self.x @ beta
        pulled = np.einsum("gij,gj->gi", inverse, residual)
        rest = float((residual * pulled).sum())
        df = self.n - self.p
        value = log_det - float(np.linalg.slogdet(total)[1]) + df * np.log(rest)
        weighted = inverse @ self.x
        # P = V^-1 - V^-1 X (X' V^-1 X)^-1 X' V^-1, of which only the blocks of K are needed.
        projected = inverse - weighted @ total @ weighted.transpose(0, 2, 1)
        slopes = np.einsum("kgij,gij->k", self.shared, projected)
        slopes -= df / rest * np.einsum("kgij,gi,gj->k", self.shared, pulled, pulled)
        of_parts = [np.zeros((size, size)) for size in self.sizes]
        for slope, (at, i, j) in zip(slopes, self.entries, strict=True):
            of_parts[at][i, j] = of_parts[at][j, i] = slope if i == j else slope / 2
        by_factor = [
            2 * of_part @ factor
            for of_part, factor in zip(of_parts, self.factors(theta), strict=True)
        ]
        return value, np.array([by_factor[at][i, j] for at, i, j in self.entries])


def _search(model: _Model, size: float) -> tuple[Array, float]:
    """Return the factors that a line search from one start leads to, and their deviance."""
    theta = np.array([size if i == j else 0.0 for _, i, j in model.entries])
    found = minimize(model.deviance, theta, jac=True, method="BFGS", options={"gtol": 1e-5})
    return found.x, float(found.fun)


def _settle(model: _Model, theta: Array, value: float) -> tuple[Array, bool]:
    """Go on by Newton's method, and say whether the gradient is zero.

    Line searches end where differences of the deviance drown in rounding; its gradient does not.
    """
    slope = model.deviance(theta)[1]
    for _ in range(_MOST_NEWTON):
        step = np.linalg.lstsq(_curvature(model, theta), -slope, rcond=1e-10)[0]
        step *= min(1.0, 0.5 / max(float(np.abs(step).max()), 1e-300))
        trial, there = model.deviance(theta + step)
        if not np.abs(there).max() < np.abs(slope).max() or trial > value + 1e-7 * abs(value):
            break
        theta, value, slope = theta + step, trial, there
    return theta, bool(np.abs(slope).max() < _GRADIENT * model.n)


def _curvature(model: _Model, theta: Array) -> Array:
    columns = []
    for k in range(len(theta)):
        shift = np.zeros(len(theta))
        shift[k] = _STEP
        ahead, behind = model.deviance(theta + shift)[1], model.deviance(theta - shift)[1]
        columns.append((ahead - behind) / (2 * _STEP))
    curvature = np.array(columns)
    return (curvature + curvature.T) / 2


def _result(model: _Model, theta: Array, converged: bool) -> Reml:
    value, _ = model.deviance(theta)
    inverse, _, xx, xy = model.solved(theta)
    total = np.linalg.inv(xx.sum(0))
    beta = total @ xy.sum(0)
    left = model.y[:, :, 0] - model.x @ beta
    df = model.n - model.p
    scale = float(np.einsum("gi,gij,gj->", left, inverse, left)) / df * model.spread**2
    covariances = tuple(
        scale * (factor @ factor.T) / np.outer(unit, unit)
        for factor, unit in zip(model.factors(theta), model.scales, strict=True)
    )
    constant = df * (1 + np.log(2 * np.pi / df) + 2 * np.log(model.spread))
    return Reml(
        beta=beta * model.spread,
        cov=scale * total,
        residual=scale,
        covariances=covariances,
        log_likelihood=-(value + constant) / 2,
        converged=converged,
        crossproducts=(xx, xy * model.spread),
    )
