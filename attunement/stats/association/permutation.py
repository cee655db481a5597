"""Permutation tests of a term in any model, through the scores of the model without it.

The model without the term is fitted once. Its residuals r (score residuals: observed minus
expected, of categories, of ranks or of events) carry what it leaves unexplained; x is the term's
columns with the other columns projected out. Under the null the sum over rows of x r is near zero.

One row a family: rows of r are exchanged between dyads (exact where there is no covariate; with
covariates as Freedman & Lane, 1983). Several rows a family: families are the independent units and
have different make-up, so the signs of their sums are flipped instead (Hemerik, Goeman & Finos,
2020, Robust testing in generalized linear models by sign flipping score contributions, JRSS B 82).
The statistic is studentised, so that unequal spread does not inflate the test (DiCiccio & Romano,
2017, Robust permutation tests for correlation and regression coefficients, JASA 112). Of times
the columns are exchanged, and their spread among those still watched is found for each order.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, softmax

from attunement.stats.association.cox_permutation import CoxScores
from attunement.stats.association.design import Design
from attunement.stats.association.estimators import Point, fit_point
from attunement.stats.association.separation import find_separation

Array = NDArray[np.floating]
Index = NDArray[np.int64]

_BATCH = 250


def permutation_p(design: Design, *, term: str, n_permutations: int, seed: int) -> float:
    """Return the p-value of a term (all its columns and all outcome categories together).

    Parameters
    ----------
    design : Design
        The model with the term.
    term : str
        Name of the term.
    n_permutations : int
        Drawn; p = (1 + number at least as large as observed) / (n_permutations + 1).
    seed : int
        Of the draws.

    Returns
    -------
    float
        NaN where the statistic is not defined, as where no residual is left.

    Raises
    ------
    AssociationError
        When the model without the term cannot be fitted.
    """
    rng = np.random.default_rng(seed)
    if design.one_row_a_cluster:
        statistic = _exchanged(design, term)
        observed = statistic(np.arange(design.n)[None])
        drawn = []
        for first in range(0, n_permutations, _BATCH):
            size = min(_BATCH, n_permutations - first)
            orders = rng.permuted(np.tile(np.arange(design.n), (size, 1)), axis=1)
            drawn.append(statistic(orders))
    else:
        x, residuals = score_parts(design, term)
        rows = (x[:, :, None] * residuals[:, None, :]).reshape(design.n, -1)
        sums = np.zeros((design.n_clusters, rows.shape[1]))
        np.add.at(sums, np.unique(design.clusters, return_inverse=True)[1], rows)
        observed = _flipped(sums, np.ones((1, len(sums))))
        signs = rng.choice((-1.0, 1.0), size=(n_permutations, len(sums)))
        drawn = [_flipped(sums, signs)]
    if not np.isfinite(observed[0]):
        return float("nan")
    # A draw whose statistic is not defined counts against the term.
    reached = ~(np.concatenate(drawn) < observed[0] * (1 - 1e-10))
    return float((1 + reached.sum()) / (n_permutations + 1))


def _exchanged(design: Design, term: str) -> Callable[[Index], Array]:
    """Return the statistic of a term as a function of orders of the dyads (b, n)."""
    if design.kind != "time":
        x, residuals = score_parts(design, term)
        return lambda orders: _studentised(x, residuals[orders])
    tested = np.array([name == term for name in design.terms])
    null = design.without(tested)
    scores = CoxScores(null, _fitted(null).beta if null.x.shape[1] else np.empty(0))
    columns = scores.apart(design.x[:, tested])
    return lambda orders: scores.statistic(columns[orders])


def score_parts(design: Design, term: str) -> tuple[Array, Array]:
    """Return a term's columns with the others projected out (n, q), and score residuals (n, m)."""
    tested = np.array([name == term for name in design.terms])
    null = design.without(tested)
    residuals, weights, leverage = _RESIDUALS[design.kind](null)
    z = null.with_intercept()
    root = np.sqrt(weights)[:, None]
    x = design.x[:, tested]
    x = x - z @ np.linalg.lstsq(root * z, root * x, rcond=None)[0]
    if leverage:
        basis, _ = np.linalg.qr(root * z)
        spare = 1 - (basis**2).sum(1)
        residuals = residuals / np.sqrt(np.clip(spare, 0.1, 1))[:, None]
    return x, residuals


def _studentised(x: Array, residuals: Array) -> Array:
    """Return U' V^-1 U for batches of residuals (b, n, m)."""
    if x.shape[1] == 1 and residuals.shape[2] == 1:
        r = residuals[:, :, 0]
        with np.errstate(invalid="ignore", divide="ignore"):
            return (r @ x[:, 0]) ** 2 / (r**2 @ x[:, 0] ** 2)
    rows = (x[None, :, :, None] * residuals[:, :, None, :]).reshape(*residuals.shape[:2], -1)
    sums = rows.sum(1)
    spread = np.einsum("bni,bnj->bij", rows, rows)
    return np.einsum("bi,bij,bj->b", sums, np.linalg.pinv(spread), sums)


def _flipped(sums: Array, signs: Array) -> Array:
    inverse = np.linalg.pinv(sums.T @ sums)
    totals = signs @ sums
    return np.einsum("bi,ij,bj->b", totals, inverse, totals)


def _linear(null: Design) -> tuple[Array, Array, bool]:
    z = null.with_intercept()
    fitted = z @ np.linalg.lstsq(z, null.y, rcond=None)[0]
    return (null.y - fitted)[:, None], np.ones(null.n), True


def _binary(null: Design) -> tuple[Array, Array, bool]:
    p = np.full(null.n, null.y.mean())
    if null.x.shape[1]:
        # The penalty keeps the model without the term defined where its cells are sparse.
        p = expit(null.with_intercept() @ fit_point(null, firth=True).beta)
    return (null.y - p)[:, None], p * (1 - p), True


def _fitted(null: Design) -> Point:
    """Fit the model without the term; the penalty keeps it defined where the rest separates."""
    return fit_point(null, firth=find_separation(null) is not None)


def _ordered(null: Design) -> tuple[Array, Array, bool]:
    codes = null.y.astype(int)
    if null.x.shape[1]:
        point = _fitted(null)
        cuts = np.array(list(point.extras["thresholds"].values()))
        below = expit(cuts[None, :] - (null.x @ point.beta)[:, None])
    else:
        shares = np.bincount(codes) / null.n
        below = np.tile(np.cumsum(shares)[:-1], (null.n, 1))
    ends = np.column_stack([np.zeros(null.n), below, np.ones(null.n)])
    # d log P / d eta of the cumulative logit: 1 - F(upper) - F(lower), with the sign of eta.
    all_scores = ends[:, 1:] + ends[:, :-1] - 1
    weights = (np.diff(ends, axis=1) * all_scores**2).sum(1)
    residuals = all_scores[np.arange(null.n), codes]
    return residuals[:, None], weights, False


def _unordered(null: Design) -> tuple[Array, Array, bool]:
    codes = null.y.astype(int)
    n_levels = len(null.levels)
    if null.x.shape[1]:
        beta = _fitted(null).beta.reshape(n_levels - 1, -1)
        eta = null.with_intercept() @ beta.T
        p = softmax(np.column_stack([np.zeros(null.n), eta]), axis=1)
    else:
        p = np.tile(np.bincount(codes, minlength=n_levels) / null.n, (null.n, 1))
    residuals = np.eye(n_levels)[codes] - p
    return residuals[:, 1:], np.ones(null.n), False


def _count(null: Design) -> tuple[Array, Array, bool]:
    rate = null.y.sum() / np.exp(null.offset).sum()
    mean = rate * np.exp(null.offset)
    if null.x.shape[1]:
        mean = np.exp(null.offset + null.with_intercept() @ _fitted(null).beta)
    return (null.y - mean)[:, None], mean, True


def _time(null: Design) -> tuple[Array, Array, bool]:
    risk = np.ones(null.n)
    if null.x.shape[1]:
        risk = np.exp(null.x @ _fitted(null).beta)
    hazard = np.zeros(null.n)
    for time in np.unique(null.y[null.event == 1]):
        step = null.event[null.y == time].sum() / risk[null.y >= time].sum()
        hazard[null.y >= time] += step
    expected = hazard * risk
    return (null.event - expected)[:, None], np.maximum(expected, 1e-12), False


_RESIDUALS = {
    "continuous": _linear,
    "binary": _binary,
    "ordered": _ordered,
    "unordered": _unordered,
    "count": _count,
    "time": _time,
}
