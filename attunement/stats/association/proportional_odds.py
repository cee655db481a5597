"""Maximum likelihood of the proportional-odds model by Newton's method.

P(y <= j) = F(a_j - x b), F the logistic function (McCullagh 1980, Regression models for ordinal
data, JRSS B 42). The log-likelihood is concave in cuts a and slopes b (Pratt 1981, Concavity of the
log likelihood, JASA 76), so that steps with the observed information, halved where they overshoot,
lead to the one maximum; R's ordinal takes the same way.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

Array = NDArray[np.floating]

_GRADIENT = 1e-9
_MOST_STEPS = 100
_MOST_HALVINGS = 40


@dataclass(frozen=True)
class ProportionalOdds:
    """The maximum of the likelihood.

    Attributes
    ----------
    cuts, slopes : ndarray
        Thresholds between categories, and coefficients.
    cov : ndarray
        Inverse of the observed information, cuts first; NaN where it is singular.
    log_likelihood : float
    converged : bool
        Whether the gradient is at zero.
    """

    cuts: Array
    slopes: Array
    cov: Array
    log_likelihood: float
    converged: bool


def fit_proportional_odds(
    codes: NDArray[np.int64], x: Array, *, start: Array | None = None
) -> ProportionalOdds:
    """Fit codes 0 to J - 1, each of which occurs, to columns of about unit scale.

    Parameters
    ----------
    codes : ndarray of int, shape (n,)
        Categories.
    x : ndarray, shape (n, k)
        Columns without intercept.
    start : ndarray, shape (J - 1 + k,), optional
        Cuts and slopes of a similar fit.
    """
    n_cuts = int(codes.max())
    shares = np.cumsum(np.bincount(codes))[:-1] / len(codes)
    params = np.concatenate([np.log(shares / (1 - shares)), np.zeros(x.shape[1])])
    if start is not None:
        params = np.array(start, dtype=float)
    value, slope, information = _parts(codes, x, params, n_cuts)
    for _ in range(_MOST_STEPS):
        if not np.abs(slope).max() > _GRADIENT * len(codes):
            break
        step = np.linalg.lstsq(information, slope, rcond=None)[0]
        for _ in range(_MOST_HALVINGS):
            there = _parts(codes, x, params + step, n_cuts)
            # Near the maximum the value drowns in rounding, and the gradient decides.
            if there[0] > value or np.abs(there[1]).max() < np.abs(slope).max():
                break
            step = step / 2
        else:
            break
        params, (value, slope, information) = params + step, there
    try:
        cov = np.linalg.inv(information)
    except np.linalg.LinAlgError:
        cov = np.full_like(information, np.nan)
    converged = bool(np.abs(slope).max() <= _GRADIENT * len(codes))
    return ProportionalOdds(params[:n_cuts], params[n_cuts:], cov, value, converged)


def _parts(
    codes: NDArray[np.int64], x: Array, params: Array, n_cuts: int
) -> tuple[float, Array, Array]:
    """Return log-likelihood, gradient and observed information by cuts and slopes."""
    cuts, eta = params[:n_cuts], x @ params[n_cuts:]
    if (np.diff(cuts) <= 0).any():
        return -np.inf, np.full(len(params), np.inf), np.eye(len(params))
    rows = np.arange(len(codes))
    ends = np.concatenate([[-np.inf], cuts, [np.inf]])
    upper, lower = ends[codes + 1] - eta, ends[codes] - eta
    # F(u) - F(l) = F(u) F(-l) (1 - e^(l - u)), which does not cancel far out.
    p = expit(upper) * expit(-lower) * -np.expm1(ends[codes] - ends[codes + 1])
    above, below = expit(upper) * expit(-upper), expit(lower) * expit(-lower)
    # Rows of the derivatives of both ends by the parameters.
    of_upper, of_lower = (np.zeros((len(codes), len(params))) for _ in range(2))
    of_upper[rows[codes < n_cuts], codes[codes < n_cuts]] = 1.0
    of_lower[rows[codes > 0], codes[codes > 0] - 1] = 1.0
    of_upper[:, n_cuts:] = of_lower[:, n_cuts:] = -x
    with np.errstate(divide="ignore", invalid="ignore"):
        by_row = (above[:, None] * of_upper - below[:, None] * of_lower) / p[:, None]
        curved_up = above * (1 - 2 * expit(upper)) / p
        curved_low = below * (1 - 2 * expit(lower)) / p
        value = float(np.log(p).sum())
    information = by_row.T @ by_row
    information -= of_upper.T @ (curved_up[:, None] * of_upper)
    information += of_lower.T @ (curved_low[:, None] * of_lower)
    if not np.isfinite(information).all() or not np.isfinite(value):
        return -np.inf, np.full(len(params), np.inf), np.eye(len(params))
    return value, by_row.sum(0), information
