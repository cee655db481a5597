"""Log-likelihoods with gradient and information over standardised columns, for `penalised`.

All are written so that they stay exact where probabilities are near 0 or 1, as they are under
separation.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import qr, solve_triangular
from scipy.special import expit, log_expit, log_softmax, logsumexp

from attunement.stats.association.design import Design

Array = NDArray[np.floating]

_MOST_GAP = 30.0


@dataclass(frozen=True)
class Likelihood:
    """A log-likelihood; parameters are those of standardised columns.

    Attributes
    ----------
    value : callable
        Parameters to log-likelihood and gradient.
    information : callable
        Parameters to the information matrix (expected; of Cox's model, observed).
    start : ndarray, shape (m,)
        Where to start.
    reported : ndarray, shape (p, m)
        Times the parameters: the coefficients of the fit, in its order.
    root : callable
        Parameters to a matrix whose crossproduct is the information. Under separation the
        information's eigenvalues lie further apart than its own numbers can hold.
    penalty_slope : callable, optional
        Gradient of half the logarithm of the information's determinant, where it is known.
    thresholds : callable, optional
        Parameters to the cuts of an ordered outcome, on the scale of the fit.
    turn : callable, optional
        Where the information is of other parameters than those that are optimised: their
        derivatives by these, shape (m, m).
    scaled : callable, optional
        Parameters and a factor to those of coefficients (and cuts) so many times as large; by
        default all are multiplied.
    """

    value: Callable[[Array], tuple[float, Array]]
    information: Callable[[Array], Array]
    start: Array
    reported: Array
    root: Callable[[Array], Array]
    penalty_slope: Callable[[Array], Array] | None = None
    thresholds: Callable[[Array], Array] | None = None
    turn: Callable[[Array], Array] | None = None
    scaled: Callable[[Array, float], Array] | None = None


def factored(root: Array) -> tuple[float, Array]:
    """Return half the log-determinant of ``root.T @ root`` and its inverse, from `root` itself.

    Rows may differ by hundreds of powers of ten: sorted, and with columns pivoted, Householder's
    reflections keep each row's own precision (Cox & Higham 1998, Stability of Householder QR
    factorization for weighted least squares problems).
    """
    m = root.shape[1]
    if not np.isfinite(root).all() or len(root) < m:
        return -np.inf, np.full((m, m), np.nan)
    rows = np.argsort(-np.abs(root).max(axis=1), kind="stable")
    upper, order = qr(root[rows], mode="r", pivoting=True, check_finite=False)
    upper = upper[:m]
    sizes = np.abs(np.diag(upper))
    if not (sizes > 0).all():
        return -np.inf, np.full((m, m), np.nan)
    turned = np.empty((m, m))
    turned[order] = solve_triangular(upper, np.eye(m), check_finite=False)
    return float(np.log(sizes).sum()), turned @ turned.T


def likelihood(design: Design) -> Likelihood:
    """Return the likelihood of an ordered, unordered, count or time outcome."""
    return _LIKELIHOODS[design.kind](design)


def _standardised(x: Array) -> tuple[Array, Array, Array]:
    centre, spread = x.mean(0), x.std(0)
    return (x - centre) / spread, centre, spread


def _with_intercept(x: Array) -> tuple[Array, Array]:
    """Return standardised columns with a one, and what turns their coefficients into the fit's."""
    scaled, centre, spread = _standardised(x)
    turned = np.diag(np.concatenate([[1.0], 1 / spread]))
    turned[0, 1:] = -centre / spread
    return np.column_stack([np.ones(len(x)), scaled]), turned


def _ordered(design: Design) -> Likelihood:
    """Cuts are the first one and logarithms of the gaps, so that they stay in order."""
    x, centre, spread = _standardised(design.x)
    codes, n_cuts, k = design.y.astype(int), len(design.levels) - 1, design.x.shape[1]
    shares = np.cumsum(np.bincount(codes, minlength=n_cuts + 1) / design.n)[:-1]
    logits = np.log(shares / (1 - shares))
    has_upper, has_lower = codes < n_cuts, codes > 0
    inside = has_upper & has_lower
    # Rows of dp / d(upper) and dp / d(lower) per category, over the root of p.
    of_cut = np.eye(n_cuts)

    def cuts_of(params: Array) -> tuple[Array, Array]:
        gaps = np.exp(np.minimum(params[1:n_cuts], _MOST_GAP))
        return params[0] + np.concatenate([[0.0], np.cumsum(gaps)]), gaps

    def value(params: Array) -> tuple[float, Array]:
        cuts, gaps = cuts_of(params)
        eta = x @ params[n_cuts:]
        upper = np.where(has_upper, cuts[np.minimum(codes, n_cuts - 1)] - eta, np.inf)
        lower = np.where(has_lower, cuts[np.maximum(codes - 1, 0)] - eta, -np.inf)
        # log(F(u) - F(l)) = log F(u) + log F(-l) + log(1 - e^(l - u)), without cancellation.
        total = -np.logaddexp(0, -upper) - np.logaddexp(0, lower)
        gap = gaps[codes[inside] - 1]
        total[inside] += np.log(-np.expm1(-gap))
        near = np.zeros(len(codes))
        near[inside] = 1 / np.expm1(np.minimum(gap, 500))
        at_upper = np.where(has_upper, expit(-upper) + near, 0.0)
        at_lower = np.where(has_lower, -expit(lower) - near, 0.0)
        of_cuts = np.zeros(n_cuts)
        np.add.at(of_cuts, codes[has_upper], at_upper[has_upper])
        np.add.at(of_cuts, codes[has_lower] - 1, at_lower[has_lower])
        after = np.cumsum(of_cuts[::-1])[::-1]
        of_slopes = -x.T @ (at_upper + at_lower)
        return float(total.sum()), np.concatenate([[after[0]], after[1:] * gaps, of_slopes])

    def root(params: Array) -> Array:
        """With cuts, not gaps, as parameters: the penalty is that of the model as it is known."""
        cuts, gaps = cuts_of(params)
        above = cuts[None, :] - (x @ params[n_cuts:])[:, None]
        # All by logarithms: far out, a probability and its slope vanish while their ratio does not.
        low = np.column_stack([np.full(len(x), -np.inf), above])
        high = np.column_stack([above, np.full(len(x), np.inf)])
        log_p = log_expit(high) + log_expit(-low)
        log_p[:, 1:-1] += np.log(-np.expm1(-gaps))
        log_dense = log_expit(above) + log_expit(-above)
        by_cut = np.zeros((len(x), n_cuts + 1, n_cuts))
        upper = np.exp(log_dense - log_p[:, :-1] / 2)
        lower = np.exp(log_dense - log_p[:, 1:] / 2)
        by_cut[:, :-1] += upper[:, :, None] * of_cut
        by_cut[:, 1:] -= lower[:, :, None] * of_cut
        # F' at one cut less F' at the other is p (1 - F(high) - F(low)).
        between = np.exp(log_p / 2) * (expit(-high) - expit(low))
        by_slope = -between[:, :, None] * x[:, None, :]
        return np.concatenate([by_cut, by_slope], axis=2).reshape(-1, n_cuts + k)

    def information(params: Array) -> Array:
        rows = root(params)
        return rows.T @ rows

    def scaled(params: Array, factor: float) -> Array:
        gaps = params[1:n_cuts] + np.log(factor)
        return np.concatenate([params[:1] * factor, gaps, params[n_cuts:] * factor])

    def turn(params: Array) -> Array:
        _, gaps = cuts_of(params)
        derivatives = np.eye(len(params))
        derivatives[:n_cuts, :n_cuts] = np.tril(np.ones((n_cuts, n_cuts)))
        derivatives[:n_cuts, 1:n_cuts] *= gaps
        return derivatives

    start = np.concatenate([logits[:1], np.log(np.diff(logits)), np.zeros(k)])
    reported = np.hstack([np.zeros((k, n_cuts)), np.diag(1 / spread)])
    return Likelihood(
        value, information, start, reported, root,
        thresholds=lambda params: cuts_of(params)[0] + (centre / spread) @ params[n_cuts:],
        turn=turn, scaled=scaled,
    )  # fmt: skip


def _unordered(design: Design) -> Likelihood:
    z, turned = _with_intercept(design.x)
    n_others, k = len(design.levels) - 1, z.shape[1]
    is_in = np.eye(n_others + 1)[design.y.astype(int)]

    def logs(params: Array) -> Array:
        eta = z @ params.reshape(n_others, k).T
        return np.asarray(log_softmax(np.column_stack([np.zeros(len(z)), eta]), axis=1))

    def value(params: Array) -> tuple[float, Array]:
        log_p = logs(params)
        slope = (is_in - np.exp(log_p))[:, 1:].T @ z
        return float((is_in * log_p).sum()), slope.ravel()

    def weights(params: Array) -> tuple[Array, Array]:
        p = np.exp(logs(params))[:, 1:]
        return p, p[:, :, None] * np.eye(n_others) - p[:, :, None] * p[:, None, :]

    def information(params: Array) -> Array:
        _, w = weights(params)
        blocks = np.einsum("iab,ic,id->acbd", w, z, z)
        return np.asarray(blocks.reshape(n_others * k, n_others * k))

    def root(params: Array) -> Array:
        log_p = logs(params)
        p = np.exp(log_p)
        # Each category's own row less the mean of all; 1 - p is the sum of the others.
        apart = np.eye(n_others + 1) - p[:, None, :]
        others = p @ (1 - np.eye(n_others + 1))
        apart[:, range(n_others + 1), range(n_others + 1)] = others
        rows = np.exp(log_p / 2)[:, :, None] * apart
        return np.einsum("ija,ic->ijac", rows[:, :, 1:], z).reshape(-1, n_others * k)

    def penalty_slope(params: Array) -> Array:
        p, w = weights(params)
        inverse = factored(root(params))[1].reshape(n_others, k, n_others, k)
        b = np.einsum("ic,acbd,id->iab", z, inverse, z)
        inner = np.einsum("iaa->ia", b) - 2 * np.einsum("iab,ib->ia", b, p)
        return np.asarray((0.5 * np.einsum("iab,ib->ia", w, inner)).T @ z).ravel()

    shares = is_in.mean(0)
    start = np.zeros((n_others, k))
    start[:, 0] = np.log(shares[1:] / shares[0])
    reported = np.kron(np.eye(n_others), turned)
    return Likelihood(value, information, start.ravel(), reported, root, penalty_slope)


def _count(design: Design) -> Likelihood:
    z, turned = _with_intercept(design.x)

    def mean(params: Array) -> Array:
        return np.exp(np.clip(design.offset + z @ params, -500, 300))

    def value(params: Array) -> tuple[float, Array]:
        mu = mean(params)
        eta = design.offset + z @ params
        return float(design.y @ eta - mu.sum()), z.T @ (design.y - mu)

    def information(params: Array) -> Array:
        return z.T @ (mean(params)[:, None] * z)

    def root(params: Array) -> Array:
        return np.asarray(np.sqrt(mean(params))[:, None] * z)

    def penalty_slope(params: Array) -> Array:
        inverse = factored(root(params))[1]
        leverage = np.einsum("ij,jk,ik->i", z, inverse, z) * mean(params)
        return z.T @ leverage / 2

    start = np.zeros(z.shape[1])
    start[0] = np.log(design.y.sum() / np.exp(design.offset).sum())
    return Likelihood(value, information, start, turned, root, penalty_slope)


def _time(design: Design) -> Likelihood:
    """Cox's partial likelihood; one row of weights for each event, ties as Efron has them."""
    x, _, spread = _standardised(design.x)
    rows, watched = [], []
    for time in np.unique(design.y[design.event == 1]):
        ended = (design.y == time) & (design.event == 1)
        at_risk = (design.y >= time).astype(float)
        n_ended = int(ended.sum())
        for number in range(n_ended):
            watched.append(at_risk - ended * (number / n_ended))
        rows += np.flatnonzero(ended).tolist()
    with np.errstate(divide="ignore"):
        log_weights = np.log(np.array(watched))

    def parts(params: Array) -> tuple[Array, Array, Array, Array]:
        eta = x @ params
        log_risk = log_weights + eta
        log_total = logsumexp(log_risk, axis=1)
        shares = np.exp(log_risk - log_total[:, None])
        return eta, log_total, shares, shares @ x

    def value(params: Array) -> tuple[float, Array]:
        eta, log_total, _, means = parts(params)
        return float(eta[rows].sum() - log_total.sum()), (x[rows] - means).sum(0)

    def information(params: Array) -> Array:
        _, _, shares, means = parts(params)
        second = np.einsum("ei,ia,ib->ab", shares, x, x)
        return np.asarray(second - means.T @ means)

    def root(params: Array) -> Array:
        _, _, shares, means = parts(params)
        rows_apart = np.sqrt(shares)[:, :, None] * (x[None, :, :] - means[:, None, :])
        return np.asarray(rows_apart.reshape(-1, x.shape[1]))

    k = x.shape[1]
    return Likelihood(value, information, np.zeros(k), np.diag(1 / spread), root)


_LIKELIHOODS: dict[str, Callable[[Design], Likelihood]] = {
    "ordered": _ordered,
    "unordered": _unordered,
    "count": _count,
    "time": _time,
}
