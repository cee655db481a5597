"""Intraclass correlations: reliability of ratings on a scale, in all six forms."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from attunement.errors import ReliabilityError
from attunement.stats.reliability.ratings import NAN_POLICIES, rating_matrix, refuse_missing
from attunement.stats.reliability.results import check_choice, check_share, result_table

FORMS = {
    "ICC(1,1)": ("ICC1", "one-way random, single rating"),
    "ICC(2,1)": ("ICC2", "two-way random, absolute agreement, single rater"),
    "ICC(3,1)": ("ICC3", "two-way mixed, consistency, single rater"),
    "ICC(1,k)": ("ICC1k", "one-way random, mean of k ratings"),
    "ICC(2,k)": ("ICC2k", "two-way random, absolute agreement, mean of k raters"),
    "ICC(3,k)": ("ICC3k", "two-way mixed, consistency, mean of k raters"),
}
NO_ERROR = "raters do not differ beyond their means: F has no finite value"

NO_VARIANCE = "undefined: no variance is left to share"


def icc(
    ratings: Any,
    *,
    confidence: float = 0.95,
    nan_policy: str = "raise",
    missing_values: Sequence[Any] | None = None,
) -> pd.DataFrame:
    """Intraclass correlations of ratings on a scale, all six forms of Shrout & Fleiss.

    Parameters
    ----------
    ratings : DataFrame or array of numbers, shape (n_targets, n_raters)
        One row a target (session, dyad), one column a rater; ids belong into the index.
    confidence : float
        Of the intervals.
    nan_policy : {"raise", "omit"}
        What to do with a target that lacks a rating: an error, or leave the target out and count
        it in ``n_left_out``. `krippendorff_alpha(..., level="interval")` uses partial rows.
    missing_values
        As in `cohen_kappa`.

    Returns
    -------
    DataFrame
        Six rows in the order (1,1), (2,1), (3,1), (1,k), (2,k), (3,k): term, estimate, ci_low,
        ci_high, statistic (F of targets), df and df_denominator, p (of ICC = 0, one-sided as F is),
        n_targets, n_raters, n_left_out, type (name in R's psych), description, reason. There is no
        std_error: the intervals are not symmetric.

    Raises
    ------
    ReliabilityError
        For fewer than two raters or two complete targets, missing ratings under "raise", text,
        infinity, and ratings that are one constant.

    Notes
    -----
    Form 1: raters differ between targets and their differences count as error. Form 2: the same
    raters, a sample of those who could rate; differences of their means count. Form 3: just these
    raters; differences of their means do not count. k: reliability of the raters' mean.

    From the mean squares of the two-way layout (Shrout & Fleiss 1979), with limits from F, exact
    under normality for forms 1 and 3 and by Satterthwaite's approximation for form 2 (McGraw & Wong
    1996). Estimates below 0 are reported as they are: less agreement than chance leads to expect.

    Examples
    --------
    >>> from attunement.stats.reliability import icc
    >>> by_target = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9]]
    >>> print(icc(by_target)[["term", "estimate", "ci_low", "ci_high"]].round(2))
           term  estimate  ci_low  ci_high
    0  ICC(1,1)      0.22   -0.13     0.81
    1  ICC(2,1)      0.33    0.02     0.83
    2  ICC(3,1)      0.75    0.35     0.97
    3  ICC(1,k)      0.52   -0.81     0.94
    4  ICC(2,k)      0.66    0.09     0.95
    5  ICC(3,k)      0.92    0.68     0.99
    """
    confidence = check_share(confidence, "confidence")
    check_choice(nan_policy, "nan_policy", NAN_POLICIES)
    values = rating_matrix(ratings, missing_values=missing_values)
    missing = np.isnan(values).any(axis=1)
    refuse_missing(int(missing.sum()), len(values), nan_policy, what="targets")
    values = values[~missing]
    n, k = values.shape
    if n < 2:
        raise ReliabilityError(f"An ICC needs at least 2 targets with all ratings; found {n}.")
    if np.ptp(values) == 0:
        raise ReliabilityError(
            f"An ICC needs ratings that vary; all {n * k} ratings are {values[0, 0]:g}."
        )
    squares = _mean_squares(values)
    single = _single_forms(squares, n, k, (1 + confidence) / 2)
    rows = []
    for term, (short, description) in FORMS.items():
        row = dict(single[term[:5]])
        if term.endswith("k)"):
            means = {x: _stepped_up(row[x], k) for x in ("estimate", "ci_low", "ci_high")}
            if np.isnan(list(means.values())).any() and not row.get("reason"):
                row["reason"] = f"a single rating's figure at or below -1 / {k - 1} has none here"
            row |= means
        rows.append(
            {
                "term": term,
                **row,
                "n_targets": n,
                "n_raters": k,
                "n_left_out": int(missing.sum()),
                "type": short,
                "description": description,
            }
        )
    return result_table(rows)


def _mean_squares(values: NDArray[np.float64]) -> dict[str, float]:
    """Return mean squares of targets, raters, residual and within targets."""
    n, k = values.shape
    centred = values - values.mean()
    rows, columns = centred.mean(axis=1), centred.mean(axis=0)
    # What rounding alone can leave of a sum of squares that is 0; F would be huge by accident.
    rounding = n * k * (8 * np.finfo(float).eps * float(np.abs(values).max())) ** 2
    targets, raters, residual = (
        total if total > rounding else 0.0
        for total in (
            float(k * np.sum(rows**2)),
            float(n * np.sum(columns**2)),
            float(np.sum((centred - rows[:, None] - columns) ** 2)),
        )
    )
    return {
        "targets": targets / (n - 1),
        "raters": raters / (k - 1),
        "residual": residual / ((n - 1) * (k - 1)),
        "within": (raters + residual) / (n * (k - 1)),
    }


def _single_forms(
    squares: dict[str, float], n: int, k: int, upper: float
) -> dict[str, dict[str, Any]]:
    one = _ratio_form(squares["targets"], squares["within"], n - 1, n * (k - 1), k, upper)
    three = _ratio_form(squares["targets"], squares["residual"], n - 1, (n - 1) * (k - 1), k, upper)
    two = {**three, **_absolute_agreement(squares, n, k, upper)}
    return {"ICC(1": one, "ICC(2": two, "ICC(3": three}


def _ratio_form(
    targets: float, error: float, df: int, df_error: int, k: int, upper: float
) -> dict[str, Any]:
    """Return the ICC that is a function of F = targets / error alone."""
    row: dict[str, Any] = {"df": df, "df_denominator": df_error}
    if error == 0 and targets == 0:
        return {**row, "reason": NO_VARIANCE,
                "estimate": np.nan, "ci_low": np.nan, "ci_high": np.nan}  # fmt: skip
    row["estimate"] = (targets - error) / (targets + (k - 1) * error)
    if error == 0:
        return {**row, "ci_low": 1.0, "ci_high": 1.0, "reason": NO_ERROR}
    f = targets / error
    low = f / stats.f.ppf(upper, df, df_error)
    high = f * stats.f.ppf(upper, df_error, df)
    return {
        **row,
        "ci_low": float((low - 1) / (low + k - 1)),
        "ci_high": float((high - 1) / (high + k - 1)),
        "statistic": f,
        "p": float(stats.f.sf(f, df, df_error)),
    }


def _absolute_agreement(squares: dict[str, float], n: int, k: int, upper: float) -> dict[str, Any]:
    targets, raters, error = squares["targets"], squares["raters"], squares["residual"]
    whole = targets + (k - 1) * error + k * (raters - error) / n
    if whole <= 0:
        return {"estimate": np.nan, "ci_low": np.nan, "ci_high": np.nan, "reason": NO_VARIANCE}
    estimate = (targets - error) / whole
    # Satterthwaite's degrees of freedom of the error of an absolute rating, written without a
    # division by 1 - ICC or by the residual, both of which can be 0.
    from_raters = k * estimate * raters
    from_error = (n * (1 + (k - 1) * estimate) - k * estimate) * error
    total = from_raters**2 / (k - 1) + from_error**2 / ((n - 1) * (k - 1))
    if total == 0:
        return {"estimate": estimate, "ci_low": estimate, "ci_high": estimate}
    df = (from_raters + from_error) ** 2 / total
    spread = k * raters + (k * n - k - n) * error
    if df < 1e-3 or spread <= 0:
        blank = {"estimate": estimate, "ci_low": np.nan, "ci_high": np.nan}
        return {**blank, "reason": "no interval: the approximation has no degrees of freedom left"}
    below = n * targets / stats.f.ppf(upper, n - 1, df)
    above = n * targets * stats.f.ppf(upper, df, n - 1)
    low = float((below - n * error) / (spread + below))
    high = float((above - n * error) / (spread + above))
    if not low - 1e-9 <= estimate <= high + 1e-9:
        blank = {"estimate": estimate, "ci_low": np.nan, "ci_high": np.nan}
        return {**blank, "reason": "no interval: the approximation does not hold the estimate"}
    return {"estimate": estimate, "ci_low": low, "ci_high": high}


def _stepped_up(single: float, k: int) -> float:
    """Return the reliability of the mean of k ratings from that of one (Spearman-Brown)."""
    below = 1 + (k - 1) * single
    # A single ICC at its lower bound -1 / (k - 1) has no counterpart for means.
    return float(k * single / below) if below > 1e-12 else float("nan")
