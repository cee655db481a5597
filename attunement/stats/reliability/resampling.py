"""Uncertainty where rows are not independent: delete one group at a time, or draw groups anew."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attunement.stats.reliability.results import fisher_interval, normal_interval, two_sided


def jackknife(
    estimate: float,
    without: Callable[[int], float],
    n_groups: int,
    *,
    confidence: float,
    symmetric: bool = False,
) -> dict[str, Any]:
    """Return the delete-one-group jackknife interval of `estimate`, from t with n_groups - 1 df.

    Parameters
    ----------
    without : callable
        Estimate with group i (0 to n_groups - 1) left out.
    symmetric : bool
        Whether the limits are symmetric in the estimate, or in its Fisher's z.

    Returns
    -------
    dict
        std_error, ci_low, ci_high, statistic and p (of estimate = 0), df; or a reason alone, where
        the estimate does not exist without one of the groups or does not change at all.

    Notes
    -----
    SE = sqrt((G - 1) / G * sum (estimate_i - mean)^2) (Efron & Tibshirani 1993, chapter 11).
    """
    left = np.array([without(i) for i in range(n_groups)], dtype=float)
    if not np.isfinite(left).all():
        return {"reason": "no interval: the estimate does not exist without one of the groups"}
    std_error = float(np.sqrt((n_groups - 1) / n_groups * np.sum((left - left.mean()) ** 2)))
    if std_error < 1e-12:
        return {"reason": "no interval: the estimate is the same whichever group is left out"}
    df = n_groups - 1
    interval = normal_interval if symmetric else fisher_interval
    return {
        **interval(estimate, std_error, confidence=confidence, df=df),
        "statistic": estimate / std_error,
        "df": df,
        "p": two_sided(estimate / std_error, df),
    }


def draw_counts(n_groups: int, n_resamples: int, seed: int) -> NDArray[np.float64]:
    """Return how often each group is drawn in each bootstrap sample, (n_resamples, n_groups)."""
    rng = np.random.default_rng(seed)
    return rng.multinomial(n_groups, np.full(n_groups, 1 / n_groups), size=n_resamples).astype(
        float
    )


def bootstrap_interval(
    estimate: float,
    replicates: NDArray[np.float64],
    *,
    confidence: float,
    percentile: bool,
    df: float,
) -> dict[str, Any]:
    """Return standard error and limits from bootstrap replicates of a coefficient.

    Replicates for which the coefficient does not exist are NaN; they are left out, and
    ``n_resamples`` holds the number used. With fewer than half of them left there is no interval
    but a reason.
    """
    finite = replicates[np.isfinite(replicates)]
    figures: dict[str, Any] = {"n_resamples": len(finite)}
    if len(finite) < max(2, len(replicates) / 2):
        return {**figures, "reason": "no interval: most bootstrap samples hold a single value"}
    std_error = float(finite.std(ddof=1))
    if std_error < 1e-12:
        return {**figures, "reason": "no interval: every bootstrap sample gives the same"}
    if percentile:
        low, high = np.quantile(finite, [(1 - confidence) / 2, (1 + confidence) / 2])
        return {**figures, "std_error": std_error, "ci_low": float(low), "ci_high": float(high)}
    return figures | fisher_interval(estimate, std_error, confidence=confidence, df=df)
