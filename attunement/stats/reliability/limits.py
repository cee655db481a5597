"""Bland-Altman: how far two raters, or methods, differ in the units of the scale."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from attunement.errors import ReliabilityError
from attunement.stats.reliability.ratings import (
    NAN_POLICIES,
    check_same_rows,
    group_codes,
    rating_matrix,
    refuse_missing,
)
from attunement.stats.reliability.results import (
    check_choice,
    check_share,
    normal_interval,
    result_table,
    two_sided,
)

Array = NDArray[np.float64]


def bland_altman(
    a: Any,
    b: Any,
    *,
    groups: Any = None,
    truth: str = "varying",
    limits: float = 0.95,
    confidence: float = 0.95,
    nan_policy: str = "raise",
    missing_values: Sequence[Any] | None = None,
) -> pd.DataFrame:
    """Bias and limits of agreement of two raters (or a score and a rating) on one scale.

    Parameters
    ----------
    a, b : sequence of numbers, shape (n_pairs,)
        Ratings of the same things by both, paired by position, in the same units.
    groups : sequence, shape (n_pairs,), optional
        Dyad (infant, target) of every pair, where a dyad was rated more than once.
    truth : {"varying", "constant"}
        With `groups`: whether what is rated changes between the repeats of a group, so that the
        pairs belong together (sessions of a dyad), or stays the same, so that the repeats of each
        rater are interchangeable (one clip rated several times by each).
    limits : float
        Share of differences that the limits of agreement are to hold.
    confidence : float
        Of the intervals of bias and limits.
    nan_policy : {"raise", "omit"}
        What to do with a pair for which a rating is missing: an error, or leave it out and count
        it in ``n_left_out``.
    missing_values
        As in `cohen_kappa`.

    Returns
    -------
    DataFrame
        Four rows: ``bias`` (mean of a - b, tested against 0), ``lower_limit``, ``upper_limit``,
        and ``trend`` (slope of a - b on the mean of both, over groups, tested against 0: limits say
        little where it is not 0). Columns: term, estimate, std_error, ci_low, ci_high, statistic,
        df, p, n_targets (groups, or pairs), n_pairs, n_raters, n_left_out, sd (of a difference),
        reason.

    Raises
    ------
    ReliabilityError
        For unequal lengths, text, infinity, missing ratings under "raise", fewer than three pairs
        or groups, or groups none of which repeats.

    Notes
    -----
    Limits: mean +- z sd (Bland & Altman 1986). Their intervals are exact under normality, from the
    noncentral t (Carkeet 2015); their std_error is that of Bland & Altman (1999),
    sd sqrt(1 / n + z^2 / (2 (n - 1))).

    Repeated measures (Bland & Altman 1999, 5; Zou 2013): groups count alike, whatever their number
    of pairs. Variance of one difference, varying truth: s_B^2 + (1 - 1 / m) s_W^2, with s_B^2 the
    variance of the groups' mean differences, s_W^2 that within groups and m the harmonic mean of
    the numbers of pairs; constant truth: likewise with the variance within groups of each rater.
    Limits' intervals by Zou's recovery of variance estimates; there, std_error is missing.

    Examples
    --------
    >>> from attunement.stats.reliability import bland_altman
    >>> coder = [3.0, 4.5, 2.0, 5.0, 4.0, 3.5, 1.5, 4.0]
    >>> score = [2.8, 4.9, 2.4, 4.6, 4.3, 3.1, 2.0, 4.1]
    >>> print(bland_altman(coder, score)[["term", "estimate", "ci_low", "ci_high"]].round(2))
              term  estimate  ci_low  ci_high
    0         bias     -0.09   -0.40     0.22
    1  lower_limit     -0.82   -1.67    -0.49
    2  upper_limit      0.64    0.32     1.49
    3        trend      0.11   -0.20     0.42
    """
    check_choice(truth, "truth", ("varying", "constant"))
    check_choice(nan_policy, "nan_policy", NAN_POLICIES)
    z = float(stats.norm.ppf((1 + check_share(limits, "limits")) / 2))
    confidence = check_share(confidence, "confidence")
    check_same_rows(a, b)
    pairs = pd.DataFrame({"a": _plain(a), "b": _plain(b)})
    values = rating_matrix(pairs, missing_values=missing_values)
    kept = np.asarray(np.isfinite(values).all(axis=1), dtype=np.bool_)
    refuse_missing(int((~kept).sum()), len(kept), nan_policy, what="pairs")
    codes = None if groups is None else group_codes(groups, kept)
    values = values[kept]
    common = {"n_pairs": len(values), "n_raters": 2, "n_left_out": int((~kept).sum())}
    if codes is None:
        centres = values
        _need(len(values), "pairs")
        rows = _independent(values[:, 0] - values[:, 1], z, confidence)
    else:
        centres = np.stack([_group_mean(values[:, i], codes) for i in (0, 1)], axis=1)
        _need(len(centres), "groups")
        if len(centres) == len(values):
            raise ReliabilityError(
                "No group has two pairs, so nothing is repeated.", "Leave groups out."
            )
        rows = _repeated(values, codes, truth, z, confidence)
    rows.append(_trend(centres, confidence))
    return result_table([{**row, "n_targets": len(centres), **common} for row in rows])


def _plain(values: Any) -> Any:
    return values.reset_index(drop=True) if isinstance(values, pd.Series) else values


def _need(n: int, what: str) -> None:
    if n < 3:
        raise ReliabilityError(f"Limits of agreement need at least 3 {what}; found {n}.")


def _group_mean(values: Array, codes: NDArray[np.int64]) -> Array:
    return np.bincount(codes, values) / np.bincount(codes)


def _bias(differences: Array, confidence: float) -> dict[str, Any]:
    n = len(differences)
    mean, std_error = float(differences.mean()), float(differences.std(ddof=1) / np.sqrt(n))
    row = {
        "term": "bias",
        "estimate": mean,
        "df": n - 1,
        **normal_interval(mean, std_error, confidence=confidence, df=n - 1),
    }
    if std_error > 0:
        row |= {"statistic": mean / std_error, "p": two_sided(mean / std_error, n - 1)}
    else:
        row["reason"] = "all differences are the same"
    return row


def _independent(differences: Array, z: float, confidence: float) -> list[dict[str, Any]]:
    n, sd = len(differences), float(differences.std(ddof=1))
    bias = _bias(differences, confidence)
    near, far = (
        float(stats.nct.ppf(q, n - 1, z * np.sqrt(n)) / np.sqrt(n))
        for q in ((1 - confidence) / 2, (1 + confidence) / 2)
    )
    std_error = sd * float(np.sqrt(1 / n + z**2 / (2 * (n - 1))))
    rows = [bias]
    for term, sign in (("lower_limit", -1), ("upper_limit", 1)):
        ends = sorted(bias["estimate"] + sign * sd * width for width in (near, far))
        rows.append(
            {
                "term": term,
                "estimate": bias["estimate"] + sign * z * sd,
                "std_error": std_error,
                "ci_low": ends[0],
                "ci_high": ends[1],
            }
        )
    return [{**row, "sd": sd} for row in rows]


def _repeated(
    values: Array, codes: NDArray[np.int64], truth: str, z: float, confidence: float
) -> list[dict[str, Any]]:
    sizes = np.bincount(codes)
    differences = values[:, 0] - values[:, 1]
    means = _group_mean(differences, codes)
    bias = _bias(means, confidence)
    inner = [differences] if truth == "varying" else [values[:, 0], values[:, 1]]
    df_within = len(values) - len(sizes)
    parts = [(float(means.var(ddof=1)), len(sizes) - 1)]
    for series in inner:
        within = float(np.sum((series - _group_mean(series, codes)[codes]) ** 2)) / df_within
        parts.append(((1 - float(np.mean(1 / sizes))) * within, df_within))
    variance = sum(part for part, _ in parts)
    sd = float(np.sqrt(variance))
    low, high = _variance_limits(parts, variance, confidence)
    # Distance of a limit's ends from it: that of the bias and that of z * sd, added as variances.
    half = bias["ci_high"] - bias["estimate"]
    inwards = float(np.hypot(half, z * (sd - np.sqrt(low))))
    outwards = float(np.hypot(half, z * (np.sqrt(high) - sd)))
    lower, upper = bias["estimate"] - z * sd, bias["estimate"] + z * sd
    rows = [
        bias,
        {"term": "lower_limit", "estimate": lower}
        | {"ci_low": lower - outwards, "ci_high": lower + inwards},
        {"term": "upper_limit", "estimate": upper}
        | {"ci_low": upper - inwards, "ci_high": upper + outwards},
    ]
    return [{**row, "sd": sd} for row in rows]


def _variance_limits(
    parts: Sequence[tuple[float, int]], total: float, confidence: float
) -> tuple[float, float]:
    """Return limits of a sum of variances from those of its independent parts."""
    below = above = 0.0
    for part, df in parts:
        below += (part * (1 - df / stats.chi2.ppf((1 + confidence) / 2, df))) ** 2
        above += (part * (df / stats.chi2.ppf((1 - confidence) / 2, df) - 1)) ** 2
    return max(0.0, total - float(np.sqrt(below))), total + float(np.sqrt(above))


def _trend(centres: Array, confidence: float) -> dict[str, Any]:
    means, differences = centres.mean(axis=1), centres[:, 0] - centres[:, 1]
    row: dict[str, Any] = {"term": "trend", "sd": np.nan}
    if np.ptp(means) == 0:
        return {**row, "reason": "undefined: all means of the two ratings are the same"}
    df = len(means) - 2
    fit = stats.linregress(means, differences)
    row |= {"estimate": float(fit.slope), "df": df}
    if not fit.stderr > 0:
        return {**row, "reason": "no interval: the differences lie on a straight line"}
    interval = normal_interval(float(fit.slope), float(fit.stderr), confidence=confidence, df=df)
    statistic = float(fit.slope / fit.stderr)
    return {**row, **interval, "statistic": statistic, "p": two_sided(statistic, df)}
