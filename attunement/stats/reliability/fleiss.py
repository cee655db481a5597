"""Fleiss' kappa: any number of coders, categories without order."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from statsmodels.stats.inter_rater import fleiss_kappa as _fleiss

from attunement.errors import ReliabilityError
from attunement.stats.reliability.blanks import without_blanks
from attunement.stats.reliability.kappa import ONE_LABEL
from attunement.stats.reliability.ratings import (
    NAN_POLICIES,
    complete_labels,
    group_codes,
    ratings_table,
    refuse_missing,
)
from attunement.stats.reliability.resampling import jackknife
from attunement.stats.reliability.results import (
    check_choice,
    check_share,
    fisher_interval,
    result_table,
    two_sided,
)

Array = NDArray[np.float64]


def fleiss_kappa(
    ratings: Any,
    *,
    labels: Sequence[Any] | None = None,
    groups: Any = None,
    confidence: float = 0.95,
    nan_policy: str = "raise",
    missing_values: Sequence[Any] | None = None,
) -> pd.DataFrame:
    """Fleiss' kappa: agreement beyond chance of several coders on labels without order.

    Parameters
    ----------
    ratings : DataFrame or array of labels, shape (n_targets, n_raters)
        One row a target, one column a coder (or rating, where coders differ between targets).
    labels : sequence, optional
        The complete set of categories; a label outside it is an error.
    groups : sequence, shape (n_targets,), optional
        Dyad of every target: standard error, interval and test from leaving out one at a time.
    confidence, nan_policy, missing_values
        As in `cohen_kappa`; a target needs all its ratings. Where many miss one, use
        `krippendorff_alpha(..., level="nominal")`, which uses what is there.

    Returns
    -------
    DataFrame
        One row: term, estimate, std_error, ci_low, ci_high, statistic and p (of kappa = 0), df,
        n_targets, n_raters, n_left_out, reason; missing with a reason where one label is all
        there is.

    Raises
    ------
    ReliabilityError
        For fewer than two coders or targets, missing labels under "raise", labels of two kinds.

    Notes
    -----
    Estimate by statsmodels (Fleiss 1971). The test uses the standard error under kappa = 0 of
    Fleiss, Nee & Landis (1979); standard error and interval (t on n_targets - 1) use the one that
    does not assume it, by linearisation over targets (Gwet 2014, 5.3), and Fisher's z.

    Examples
    --------
    >>> from attunement.stats.reliability import fleiss_kappa
    >>> by_target = [["smile", "smile", "smile"], ["cry", "cry", "cry"], ["smile", "none", "smile"],
    ...              ["none", "none", "none"], ["smile", "smile", "none"]]
    >>> row = fleiss_kappa(by_target).loc[0]
    >>> print(f"{row['estimate']:.2f}: {row['n_targets']} targets, {row['n_raters']} coders")
    0.58: 5 targets, 3 coders
    """
    confidence = check_share(confidence, "confidence")
    check_choice(nan_policy, "nan_policy", NAN_POLICIES)
    table = without_blanks(ratings_table(ratings), missing_values=missing_values, labels=labels)
    missing = table.isna().any(axis=1).to_numpy()
    refuse_missing(int(missing.sum()), len(missing), nan_policy, what="targets")
    kept = table[~missing]
    if len(kept) < 2:
        raise ReliabilityError(
            f"Fleiss' kappa needs at least 2 targets with all ratings; found {len(kept)}."
        )
    order = complete_labels(kept.to_numpy().ravel().tolist(), labels)
    counts = np.column_stack([(kept == label).sum(axis=1).to_numpy(float) for label in order])
    row: dict[str, Any] = {
        "term": "fleiss_kappa",
        "n_targets": len(kept),
        "n_raters": kept.shape[1],
        "n_left_out": int(missing.sum()),
    }
    codes = None if groups is None else group_codes(groups, ~missing)
    if codes is not None:
        row["n_groups"] = int(codes.max()) + 1
    estimate = _value(counts)
    if not np.isfinite(estimate):
        return result_table([{**row, "reason": ONE_LABEL}])
    row["estimate"] = estimate
    if codes is None:
        row |= _asymptotic(counts, estimate, confidence)
    else:
        row |= jackknife(
            estimate, lambda i: _value(counts[codes != i]), row["n_groups"], confidence=confidence
        )
    return result_table([row])


def _value(counts: Array) -> float:
    if (counts.sum(axis=0) > 0).sum() < 2:
        return float("nan")
    return float(_fleiss(counts))


def _asymptotic(counts: Array, kappa: float, confidence: float) -> dict[str, Any]:
    n, m = len(counts), float(counts[0].sum())
    share = counts.sum(axis=0) / (n * m)
    spread = float(np.sum(share * (1 - share)))
    null = 2 * (spread**2 - np.sum(share * (1 - share) * (1 - 2 * share)))
    figures: dict[str, Any] = {}
    if null > 0:
        std_null = float(np.sqrt(null / (n * m * (m - 1)))) / spread
        figures = {"statistic": kappa / std_null, "p": two_sided(kappa / std_null)}
    agreed = (np.sum(counts**2, axis=1) - m) / (m * (m - 1))
    chance = counts @ share / m
    own = (agreed - (1 - spread)) / spread
    influence = own - 2 * (1 - kappa) * (chance - (1 - spread)) / spread
    std_error = float(np.sqrt(np.sum((influence - kappa) ** 2) / (n * (n - 1))))
    if std_error < 1e-12:
        return {**figures, "reason": "no interval: the standard error is 0"}
    return {**figures, **fisher_interval(kappa, std_error, confidence=confidence, df=n - 1)}
