"""What to read beside kappa: percent agreement, kappa's ceiling, and PABAK."""

import numbers
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from statsmodels.stats.inter_rater import cohens_kappa
from statsmodels.stats.proportion import proportion_confint

from attunement.errors import ReliabilityError
from attunement.stats.reliability.kappa import ONE_LABEL, cohen_kappa, kappa_value
from attunement.stats.reliability.ratings import PairedLabels, paired_labels
from attunement.stats.reliability.results import check_share, result_table, stack_tables


def percent_agreement(
    a: Any,
    b: Any,
    *,
    within: float = 0,
    labels: Sequence[Any] | None = None,
    confidence: float = 0.95,
    nan_policy: str = "raise",
    missing_values: Sequence[Any] | None = None,
) -> pd.DataFrame:
    """Share of targets on which two coders agree, from 0 to 1, with Wilson's interval.

    Parameters
    ----------
    a, b, labels, confidence, nan_policy, missing_values
        As in `cohen_kappa`.
    within : float
        Ratings (numbers) that differ by no more than this count as agreement.

    Returns
    -------
    DataFrame
        One row; std_error is sqrt(p (1 - p) / n).

    Raises
    ------
    ReliabilityError
        As `cohen_kappa`; also for `within` above 0 where labels are not numbers.

    Notes
    -----
    No correction for chance: two coders who both say "neutral" nearly always agree nearly always.

    Examples
    --------
    >>> from attunement.stats.reliability import percent_agreement
    >>> a = ["smile", "smile", "neutral", "cry", "neutral", "smile", "cry", "smile"]
    >>> b = ["smile", "neutral", "neutral", "cry", "neutral", "smile", "cry", "smile"]
    >>> row = percent_agreement(a, b).loc[0]
    >>> print(f"{row['estimate']:.3f} [{row['ci_low']:.2f}, {row['ci_high']:.2f}]")
    0.875 [0.53, 0.98]
    """
    pair = paired_labels(a, b, labels=labels, nan_policy=nan_policy, missing_values=missing_values)
    agreed = _agreed(pair, within)
    return result_table([{**_share_row(agreed, confidence), "n_left_out": pair.n_left_out}])


def pabak(
    a: Any,
    b: Any,
    *,
    labels: Sequence[Any] | None = None,
    confidence: float = 0.95,
    nan_policy: str = "raise",
    missing_values: Sequence[Any] | None = None,
) -> pd.DataFrame:
    """Prevalence-adjusted bias-adjusted kappa: agreement beyond 1 / (number of categories).

    Parameters
    ----------
    a, b, confidence, nan_policy, missing_values
        As in `cohen_kappa`.
    labels : sequence, optional
        All categories that the coders could have used. The figure depends on their number, so pass
        it where some were used by nobody.

    Returns
    -------
    DataFrame
        One row, with ``n_categories``; missing with a reason where there is one category only.

    Notes
    -----
    (k p - 1) / (k - 1), with p the share of agreement: Byrt, Bishop & Carlin (1993) for k = 2,
    Bennett's S for more. Standard error and Wilson's limits are those of p times k / (k - 1).

    Examples
    --------
    >>> from attunement.stats.reliability import pabak
    >>> a = ["cry", "no", "no", "no", "no", "no", "no", "no", "no", "no"]
    >>> b = ["no", "no", "no", "no", "no", "no", "no", "no", "no", "cry"]
    >>> row = pabak(a, b).loc[0]
    >>> print(round(float(row["estimate"]), 2), "with", int(row["n_categories"]), "categories")
    0.6 with 2 categories
    """
    pair = paired_labels(a, b, labels=labels, nan_policy=nan_policy, missing_values=missing_values)
    row, k = _share_row(_agreed(pair, 0), confidence), len(pair.labels)
    row |= {"term": "pabak", "n_categories": k, "n_left_out": pair.n_left_out}
    if k < 2:
        for name in ("estimate", "std_error", "ci_low", "ci_high"):
            row[name] = np.nan
        row["reason"] = "undefined: one category only; pass labels with all that could be used"
        return result_table([row])
    for name in ("estimate", "ci_low", "ci_high"):
        row[name] = (k * row[name] - 1) / (k - 1)
    row["std_error"] *= k / (k - 1)
    return result_table([row])


def maximum_kappa(
    a: Any,
    b: Any,
    *,
    labels: Sequence[Any] | None = None,
    nan_policy: str = "raise",
    missing_values: Sequence[Any] | None = None,
) -> pd.DataFrame:
    """Largest kappa that the two coders' own label frequencies allow.

    Parameters
    ----------
    a, b, labels, nan_policy, missing_values
        As in `cohen_kappa`.

    Returns
    -------
    DataFrame
        One row without an interval: it is a function of the margins, not an estimate of agreement.

    Notes
    -----
    (sum min(p_i., p_.i) - e) / (1 - e), e the agreement expected by chance (Umesh, Peterson &
    Sauber 1989); by statsmodels.

    Examples
    --------
    >>> from attunement.stats.reliability import maximum_kappa
    >>> a = ["smile", "smile", "neutral", "cry", "neutral", "smile", "cry", "smile"]
    >>> b = ["smile", "neutral", "neutral", "cry", "neutral", "smile", "cry", "smile"]
    >>> print(round(float(maximum_kappa(a, b).loc[0, "estimate"]), 2))
    0.81
    """
    pair = paired_labels(a, b, labels=labels, nan_policy=nan_policy, missing_values=missing_values)
    row: dict[str, Any] = {
        "term": "maximum_kappa",
        "n_targets": len(pair.a),
        "n_raters": 2,
        "n_left_out": pair.n_left_out,
    }
    if np.isfinite(kappa_value(pair.counts, None)):
        # The variances, which can be 0 / 0 here, are computed alongside and not used.
        with np.errstate(divide="ignore", invalid="ignore"):
            row["estimate"] = float(cohens_kappa(pair.counts).kappa_max)
    else:
        row["reason"] = ONE_LABEL
    return result_table([row])


def agreement(
    a: Any,
    b: Any,
    *,
    weights: Any = None,
    labels: Sequence[Any] | None = None,
    groups: Any = None,
    confidence: float = 0.95,
    nan_policy: str = "raise",
    missing_values: Sequence[Any] | None = None,
) -> pd.DataFrame:
    """Percent agreement, Cohen's kappa, its maximum, PABAK and, with weights, weighted kappa.

    Parameters
    ----------
    a, b, weights, labels, groups, confidence, nan_policy, missing_values
        As in `cohen_kappa`. `groups` is used by the rows of kappa.

    Returns
    -------
    DataFrame
        One row a statistic, in the columns of the single functions.

    Examples
    --------
    >>> from attunement.stats.reliability import agreement
    >>> a = ["smile", "smile", "neutral", "cry", "neutral", "smile", "cry", "smile"]
    >>> b = ["smile", "neutral", "neutral", "cry", "neutral", "smile", "cry", "smile"]
    >>> table = agreement(a, b)
    >>> print(table[["term", "estimate", "ci_low", "ci_high"]].round(2))
                    term  estimate  ci_low  ci_high
    0  percent_agreement      0.88    0.53     0.98
    1        cohen_kappa      0.81   -0.08     0.98
    2      maximum_kappa      0.81     NaN      NaN
    3              pabak      0.81    0.29     0.97
    """
    reading: dict[str, Any] = {
        "labels": labels,
        "nan_policy": nan_policy,
        "missing_values": missing_values,
    }
    common: dict[str, Any] = {**reading, "confidence": confidence}
    tables = [
        percent_agreement(a, b, **common),
        cohen_kappa(a, b, groups=groups, **common),
        maximum_kappa(a, b, **reading),
        pabak(a, b, **common),
    ]
    if weights is not None:
        tables.insert(2, cohen_kappa(a, b, weights=weights, groups=groups, **common))
    return stack_tables(tables)


def _agreed(pair: PairedLabels, within: float) -> Any:
    if within == 0:
        return pair.a == pair.b
    if within < 0 or not all(isinstance(label, numbers.Real) for label in pair.labels):
        raise ReliabilityError("within must be 0, or above 0 with labels that are numbers.")
    values = np.array([float(label) for label in pair.labels])
    return np.abs(values[pair.a] - values[pair.b]) <= within + 1e-9


def _share_row(agreed: Any, confidence: float) -> dict[str, Any]:
    n, share = len(agreed), float(np.mean(agreed))
    low, high = proportion_confint(
        int(np.sum(agreed)), n, alpha=1 - check_share(confidence, "confidence"), method="wilson"
    )
    return {
        "term": "percent_agreement",
        "estimate": share,
        "std_error": float(np.sqrt(share * (1 - share) / n)),
        "ci_low": float(low),
        "ci_high": float(high),
        "n_targets": n,
        "n_raters": 2,
    }
