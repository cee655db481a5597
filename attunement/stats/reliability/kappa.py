"""Cohen's kappa of two coders: plain, linear, quadratic or with any weights."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from statsmodels.stats.inter_rater import cohens_kappa

from attunement.errors import ReliabilityError
from attunement.stats.reliability.ratings import PairedLabels, group_codes, paired_labels
from attunement.stats.reliability.resampling import jackknife
from attunement.stats.reliability.results import (
    check_choice,
    check_share,
    fisher_interval,
    normal_interval,
    result_table,
    two_sided,
)

Array = NDArray[np.float64]

ROUNDING = 1e-15
INTERVALS = ("fisher", "symmetric")

ONE_LABEL = "undefined: one label throughout, so that chance alone gives full agreement"
BY_CONSTRUCTION = (
    "a coder used a single label, so kappa is 0 whatever the other did; it has no interval"
)
PERFECT = "the coders agree on every target; the interval is that of percent agreement, rescaled"


def cohen_kappa(
    a: Any,
    b: Any,
    *,
    weights: Any = None,
    labels: Sequence[Any] | None = None,
    groups: Any = None,
    interval: str = "fisher",
    confidence: float = 0.95,
    nan_policy: str = "raise",
    missing_values: Sequence[Any] | None = None,
) -> pd.DataFrame:
    """Cohen's kappa: agreement of two coders on the same targets beyond chance.

    Parameters
    ----------
    a, b : sequence of labels, shape (n_targets,)
        What each coder said, paired by position. Labels that one coder alone used are fine.
    weights : None, "linear", "quadratic", array or DataFrame, optional
        None counts every disagreement alike. "linear" and "quadratic" count the distance of two
        labels' positions in the order of the categories, or its square. A matrix (k x k, in the
        order of the categories; a DataFrame is matched by its index and columns) holds weights of
        disagreement when its diagonal is 0, weights of agreement when its diagonal holds its
        largest value; the column ``weights`` says how it was read.
    labels : sequence, optional
        The complete scale, in order. Needed for weights when labels are text, and when a number of
        the scale was used by nobody; ordered categoricals bring it along.
    groups : sequence, shape (n_targets,), optional
        Dyad (family) of every target. Standard error, interval and test are then from leaving out
        one group at a time, with t on n_groups - 1 degrees of freedom. Without groups the targets
        are taken as independent, which windows or time units of one recording are not.
    interval : {"fisher", "symmetric"}
        Limits by Fisher's z and t on n_targets - 1 degrees of freedom, which hold the truth more
        often where targets are few, or estimate +- z * std_error as older programs print them.
    confidence : float
        Of the interval.
    nan_policy : {"raise", "omit"}
        What to do with a target for which a label is missing: an error, or leave it out and count
        it in ``n_left_out``.
    missing_values : sequence, optional
        Codes that mean that nothing was coded (-99, "NA"); they count as missing, as empty texts
        do. Without it, what looks like such a code is asked for; an empty list says that there is
        none.

    Returns
    -------
    DataFrame
        One row: term, estimate, std_error, ci_low, ci_high, statistic and p (of kappa = 0),
        df, n_targets, n_raters, n_left_out, weights, reason. The estimate is missing, with a
        reason, where both coders gave one and the same label throughout.

    Raises
    ------
    ReliabilityError
        For unequal lengths, fewer than two targets, missing labels under "raise", labels of
        different kinds, weights that do not fit, or an order of categories that is not known.

    Notes
    -----
    kappa = 1 - sum(v * p) / sum(v * e), with p the shares of the table, e the products of its
    margins and v the weights of disagreement (Cohen 1960, 1968); standard errors after Fleiss,
    Cohen & Everitt (1969): the one of the interval does not assume kappa = 0, the one of the test
    does. Both by statsmodels.

    Examples
    --------
    >>> from attunement.stats.reliability import cohen_kappa
    >>> a = ["smile", "smile", "neutral", "cry", "neutral", "smile", "cry", "smile"]
    >>> b = ["smile", "neutral", "neutral", "cry", "neutral", "smile", "cry", "smile"]
    >>> row = cohen_kappa(a, b).loc[0]
    >>> print(f"{row['estimate']:.2f} [{row['ci_low']:.2f}, {row['ci_high']:.2f}]")
    0.81 [-0.08, 0.98]
    """
    confidence = check_share(confidence, "confidence")
    check_choice(interval, "interval", INTERVALS)
    pair = paired_labels(
        a,
        b,
        labels=labels,
        nan_policy=nan_policy,
        missing_values=missing_values,
    )
    disagreement, name = read_weights(weights, pair)
    row = kappa_row(pair.counts, disagreement, name, interval=interval, confidence=confidence)
    if groups is not None:
        codes = group_codes(groups, pair.kept)
        row = {**row, **_grouped(pair, disagreement, codes, row, interval, confidence)}
    return result_table([{**row, "n_left_out": pair.n_left_out}])


def kappa_from_counts(
    counts: Any, *, weights: Any = None, interval: str = "fisher", confidence: float = 0.95
) -> pd.DataFrame:
    """Cohen's kappa of a printed table: targets by label of one coder (rows) and of the other.

    Parameters
    ----------
    counts : array, shape (k, k)
        Whole numbers, categories in order.
    weights, interval, confidence
        As in `cohen_kappa`.

    Returns
    -------
    DataFrame
        As of `cohen_kappa`.

    Examples
    --------
    >>> from attunement.stats.reliability import kappa_from_counts
    >>> counts = [[20, 3, 1], [2, 15, 4], [0, 2, 9]]
    >>> row = kappa_from_counts(counts, weights="linear").loc[0]
    >>> print(f"{row['estimate']:.2f} [{row['ci_low']:.2f}, {row['ci_high']:.2f}]")
    0.72 [0.54, 0.84]
    """
    confidence = check_share(confidence, "confidence")
    check_choice(interval, "interval", INTERVALS)
    table = np.asarray(counts, dtype=float)
    if table.ndim != 2 or table.shape[0] != table.shape[1] or len(table) < 2:
        raise ReliabilityError(f"counts must be a square table; found shape {table.shape}.")
    if not np.isfinite(table).all() or (table < 0).any() or (table != np.round(table)).any():
        raise ReliabilityError("counts must be whole numbers from 0 up.")
    if table.sum() < 2:
        raise ReliabilityError(f"Agreement needs at least 2 targets; found {table.sum():.0f}.")
    frame = isinstance(counts, pd.DataFrame)
    disagreement, name = _disagreement(weights, list(counts.index if frame else range(len(table))))
    row = kappa_row(table, disagreement, name, interval=interval, confidence=confidence)
    return result_table([{**row, "n_left_out": 0}])


def kappa_row(
    counts: Array, disagreement: Array | None, name: str, *, interval: str, confidence: float
) -> dict[str, Any]:
    """Return kappa of a table of counts with its asymptotic interval, as a row of results."""
    n = float(counts.sum())
    row: dict[str, Any] = {
        "term": "cohen_kappa" if disagreement is None else "cohen_kappa_weighted",
        "weights": name,
        "n_targets": int(n),
        "n_raters": 2,
    }
    estimate = kappa_value(counts, disagreement)
    if not np.isfinite(estimate):
        return {**row, "reason": ONE_LABEL}
    row["estimate"] = estimate
    if (counts.sum(axis=0) == n).any() or (counts.sum(axis=1) == n).any():
        return {**row, "reason": BY_CONSTRUCTION}
    # A variance that is 0 can come out just below it, of which statsmodels takes the root.
    with np.errstate(invalid="ignore", divide="ignore"):
        kappa = cohens_kappa(counts, weights=disagreement)
    if kappa.var_kappa0 > ROUNDING:
        row["statistic"] = estimate / float(np.sqrt(kappa.var_kappa0))
        row["p"] = two_sided(row["statistic"])
    if np.isclose(estimate, 1, rtol=0, atol=1e-12):
        low = _perfect_low(counts, disagreement, confidence)
        return {**row, "std_error": 0.0, "ci_low": low, "ci_high": 1.0, "reason": PERFECT}
    if kappa.var_kappa <= ROUNDING:
        return {**row, "reason": "no interval: the standard error is 0"}
    std_error = float(np.sqrt(kappa.var_kappa))
    if interval == "symmetric":
        return row | normal_interval(estimate, std_error, confidence=confidence)
    return row | fisher_interval(estimate, std_error, confidence=confidence, df=n - 1)


def kappa_value(counts: Array, disagreement: Array | None) -> float:
    """Return kappa of a table of counts; NaN where chance leaves no room for disagreement."""
    n = counts.sum()
    if n == 0:
        return float("nan")
    v = 1 - np.eye(len(counts)) if disagreement is None else disagreement
    expected = np.sum(v * np.outer(counts.sum(axis=1), counts.sum(axis=0))) / n**2
    if expected <= 1e-15 * v.max():
        return float("nan")
    return float(cohens_kappa(counts, weights=disagreement, return_results=False))


def read_weights(weights: Any, pair: PairedLabels) -> tuple[Array | None, str]:
    """Return the weights of disagreement for the labels of `pair`, and what they are called."""
    if weights is None or isinstance(weights, pd.DataFrame) or len(pair.labels) < 2:
        return _disagreement(weights, pair.labels)
    if isinstance(weights, str):
        if weights in ("linear", "quadratic") and len(pair.labels) > 2 and not pair.evenly_spaced:
            raise ReliabilityError(
                f"{weights} weights need the order and steps of the scale, which the labels "
                f"{pair.labels!r} alone do not tell.",
                "Pass labels=[...], the complete scale from lowest to highest.",
            )
    elif not pair.order_known:
        raise ReliabilityError(
            f"A matrix of weights needs the order of the labels {pair.labels!r}.",
            "Pass labels=[...], or the matrix as a DataFrame with labels as index and columns.",
        )
    return _disagreement(weights, pair.labels)


def _disagreement(weights: Any, labels: list[Any]) -> tuple[Array | None, str]:
    k = len(labels)
    if weights is None:
        return None, "none"
    if isinstance(weights, str):
        if weights not in ("linear", "quadratic"):
            raise ReliabilityError(
                f"weights must be None, linear, quadratic or a matrix; found {weights!r}."
            )
        distance = np.abs(np.subtract.outer(np.arange(k), np.arange(k))) / max(k - 1, 1)
        return distance if weights == "linear" else distance**2, weights
    if isinstance(weights, pd.DataFrame):
        lacking = [x for x in labels if x not in weights.index or x not in weights.columns]
        if lacking:
            raise ReliabilityError(f"weights has no row and column for the label {lacking[0]!r}.")
        weights = weights.loc[labels, labels]
    matrix = np.asarray(weights, dtype=float)
    if matrix.shape != (k, k):
        raise ReliabilityError(
            f"weights must be a {k} x {k} matrix for the labels {labels!r}; found shape "
            f"{matrix.shape}.",
            "Pass labels=[...] if the scale has labels that nobody used.",
        )
    diagonal, largest = np.diag(matrix), float(matrix.max())
    if not np.isfinite(matrix).all() or (matrix < 0).any() or largest == matrix.min():
        raise ReliabilityError("weights must be finite, not negative, and not all the same.")
    if (diagonal == 0).all():
        # kappa does not depend on the scale of the weights, and rounding is least near 1.
        return matrix / largest, "disagreement matrix"
    if (diagonal == largest).all():
        return 1 - matrix / largest, "agreement matrix"
    raise ReliabilityError(
        "The diagonal of weights must be 0 throughout (weights of disagreement) or hold the "
        "largest weight throughout (weights of agreement)."
    )


def _perfect_low(counts: Array, disagreement: Array | None, confidence: float) -> float:
    """Return the lower limit of kappa where everybody agrees.

    The exact one-sided limit of the share of agreement, (alpha / 2)^(1 / n), with chance
    disagreement held at its estimate and every disagreement at its mean expected size.
    """
    n = float(counts.sum())
    share = ((1 - confidence) / 2) ** (1 / n)
    v = 1 - np.eye(len(counts)) if disagreement is None else disagreement
    products = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / n**2
    off = products.sum() - np.trace(products)
    mean_size = float(np.sum(v * products) / off)
    return 1 - (1 - share) * mean_size / float(np.sum(v * products))


def _grouped(
    pair: PairedLabels,
    disagreement: Array | None,
    codes: NDArray[np.int64],
    row: dict[str, Any],
    interval: str,
    confidence: float,
) -> dict[str, Any]:
    n_groups = int(codes.max()) + 1
    blank = dict.fromkeys(("std_error", "ci_low", "ci_high", "statistic", "p"), np.nan)
    changed: dict[str, Any] = {**blank, "n_groups": n_groups, "reason": row.get("reason", "")}
    if not np.isfinite(row.get("estimate", np.nan)) or changed["reason"] == BY_CONSTRUCTION:
        return changed
    k = len(pair.labels)
    cells = np.zeros((n_groups, k, k))
    np.add.at(cells, (codes, pair.a, pair.b), 1)
    total = cells.sum(axis=0)
    figures = jackknife(
        row["estimate"],
        lambda i: kappa_value(total - cells[i], disagreement),
        n_groups,
        confidence=confidence,
        symmetric=interval == "symmetric",
    )
    return {**changed, "reason": "", **figures}
