"""Prediction claims: how well scores tell a binary outcome of families not used to learn."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit
from scipy.stats import norm

from attunement.errors import AssociationError
from attunement.stats.association.design import Design
from attunement.stats.association.entered import read_entered
from attunement.stats.association.fit import Fit, prepare
from attunement.stats.association.missing_codes import MissingValues
from attunement.stats.association.rendering import number, p_value
from attunement.stats.association.request import make_request
from attunement.stats.association.result import Result

Array = NDArray[np.floating]
Index = NDArray[np.int64]

PENALTIES = (0.01, 0.1, 1.0, 10.0, 100.0)


def cross_validate(
    scores: pd.DataFrame,
    *,
    outcome: str,
    predictors: str | Sequence[str],
    family: str = "family",
    dyad: str = "dyad",
    session: str = "session",
    levels: Sequence[object] = (),
    kinds: Mapping[str, str] | None = None,
    missing_values: MissingValues = (),
    nan_policy: str = "raise",
    n_folds: int = 5,
    n_repeats: int = 5,
    n_bootstrap: int = 200,
    n_permutations: int = 0,
    seed: int = 0,
    alpha: float = 0.05,
) -> Result:
    """Say how well a ridge logistic model predicts a binary outcome of new families.

    Parameters
    ----------
    scores, predictors, family, dyad, session, levels, kinds, missing_values, nan_policy, alpha
        As for `fit_association`; sessions of a dyad are averaged.
    outcome : str
        A binary outcome.
    n_folds : int
        Families are dealt into so many folds, those with a case evenly. The penalty is chosen by
        a second cross-validation by family within the families learnt from; columns are scaled
        with their mean and sd only.
    n_repeats : int
        Dealings; the AUC is the mean over them.
    n_bootstrap : int
        Draws of families for the interval; each goes through the whole procedure once.
    n_permutations : int
        Outcomes exchanged between families with equally many dyads, all repeated, for p; 0 for
        none.
    seed : int
        Of everything drawn.

    Returns
    -------
    Result
        One row ``AUC``: the mean over folds of the chance that a dyad with the outcome is predicted
        above one without, held out together. ``diagnostics["predictions"]`` holds the held-out
        probabilities.

    Raises
    ------
    AssociationError
        When a category has fewer families than folds, and as `fit_association`.

    Notes
    -----
    Pairs are compared within a fold only: predictions of different folds come from different
    models, and pooling them biases the AUC below .5 where nothing is predictable.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from attunement.stats.association import cross_validate
    >>> x, noise = np.random.default_rng(0).normal(size=(2, 60))
    >>> scores = pd.DataFrame({"dyad": range(60), "mirroring": x, "secure": x + noise > 0})
    >>> result = cross_validate(
    ...     scores, outcome="secure", predictors="mirroring", n_repeats=1, n_bootstrap=5
    ... )
    >>> print(result.table[["term", "estimate"]].round(1))
      term  estimate
    0  AUC       0.8
    """
    request = make_request(
        scores, outcome=outcome, predictors=predictors, covariates=(), kind="binary", family=family,
        dyad=dyad, session=session, partner="", repeated="mean", std_error="auto",
        levels=tuple(levels), kinds=dict(kinds or {}), event="", exposure="", firth=None,
        squares=True, nan_policy=nan_policy, alpha=alpha,
    )  # fmt: skip
    scores, suspected = read_entered(scores, request, missing_values)
    rows, design = prepare(Fit(scores, request, 0, seed))
    with_case = np.unique(design.clusters[design.y == 1])
    without_case = np.setdiff1d(np.unique(design.clusters), with_case)
    if min(len(with_case), len(without_case)) < n_folds:
        raise AssociationError(
            f"{len(with_case)} families have a case and {len(without_case)} have none: too few for "
            f"{n_folds} folds.",
            "Use fewer folds, or collect more families.",
        )
    rng = np.random.default_rng(seed)
    folds = [_deal(design, n_folds, rng) for _ in range(n_repeats)]
    held = np.array([_held_out(design, fold, rng) for fold in folds])
    auc = _mean_auc(design.y, list(held), folds)
    draws = _bootstrap(design, n_folds, n_bootstrap, rng)
    # On the log-odds scale, around the estimate: draws learn from fewer different families, so
    # that their own quantiles lie too low.
    half = norm.ppf(1 - alpha / 2) * logit(draws).std(ddof=1)
    centre = logit(np.clip(auc, 0.001, 0.999))
    low, high = float(expit(centre - half)), float(expit(centre + half))
    p = np.nan
    if n_permutations:
        p = _permutation_p(design, auc, n_folds, n_repeats, n_permutations, rng)
    table = pd.DataFrame(
        [
            {
                "term": "AUC", "estimate": auc, "std_error": draws.std(ddof=1), "ci_low": low,
                "ci_high": high, "statistic": np.nan, "df": np.nan, "p": p,
                "n_dyads": rows.n_dyads, "n_sessions": rows.n_sessions,
                "n_left_out": len(rows.left_out), "role": "prediction",
            }
        ]
    )  # fmt: skip
    text = (
        f"Prediction of {outcome} in families not learnt from ({n_folds}-fold nested "
        f"cross-validation by family, {n_repeats} times, {rows.n_dyads} dyads): AUC = "
        f"{number(auc, bounded=True)}, {100 * (1 - alpha):g}% CI [{number(low, bounded=True)}, "
        f"{number(high, bounded=True)}]" + (f", *p* {p_value(p)}." if n_permutations else ".")
    )
    predictions = rows.ids[["dyad", "family"]].assign(
        outcome=design.y.astype(int), probability=held.mean(0)
    )
    diagnostics = {
        "model": "ridge logistic regression, nested cross-validation by family",
        "predictions": predictions,
        "left_out": rows.left_out,
        "levels": design.levels,
        "n_families": rows.n_families,
        "seed": seed,
        "notes": (
            *suspected,
            *rows.notes,
            f"Predicted: {design.levels[1]} against {design.levels[0]}.",
        ),
    }
    return Result(f"Prediction of {outcome}", table, (text,), MappingProxyType(diagnostics))


def fit_ridge(y: Array, x: Array, penalty: float) -> Array:
    """Return intercept and slopes that maximise log L - penalty / 2 * |slopes|^2.

    The intercept is not penalised. Newton steps; the problem is strictly concave.
    """
    full = np.column_stack([np.ones(len(x)), x])
    ridge = np.full(full.shape[1], penalty)
    ridge[0] = 1e-8
    beta = np.zeros(full.shape[1])
    for _ in range(100):
        p = expit(full @ beta)
        score = full.T @ (y - p) - ridge * beta
        information = full.T @ ((p * (1 - p))[:, None] * full) + np.diag(ridge)
        step = np.linalg.solve(information, score)
        beta = beta + step * min(1.0, 4.0 / max(float(np.abs(step).max()), 1e-12))
        if np.abs(step).max() < 1e-8:
            break
    return beta


def _deal(design: Design, n_folds: int, rng: np.random.Generator) -> Index:
    """Return the fold of each row; families stay whole, those with a case are dealt evenly."""
    families = np.unique(design.clusters)
    has_case = np.isin(families, design.clusters[design.y == 1])
    fold = np.empty(len(families), dtype=np.int64)
    start = 0
    for group in (np.flatnonzero(has_case), np.flatnonzero(~has_case)):
        fold[rng.permutation(group)] = (start + np.arange(len(group))) % n_folds
        start += len(group)
    return fold[np.searchsorted(families, design.clusters)]


def _held_out(design: Design, fold: Index, rng: np.random.Generator) -> Array:
    score = np.empty(design.n)
    for k in np.unique(fold):
        learn = design.take(fold != k)
        penalty = _choose_penalty(learn, rng)
        score[fold == k] = _predict(learn.y, learn.x, design.x[fold == k], penalty)
    return score


def _choose_penalty(learn: Design, rng: np.random.Generator) -> float:
    n_families = len(np.unique(learn.clusters))
    inner = _deal(learn, min(4, n_families), rng)
    loss = np.zeros(len(PENALTIES))
    for k in np.unique(inner):
        here, there = inner != k, inner == k
        if np.ptp(learn.y[here]) == 0:
            continue
        for j, penalty in enumerate(PENALTIES):
            p = _predict(learn.y[here], learn.x[here], learn.x[there], penalty)
            p = np.clip(p, 1e-9, 1 - 1e-9)
            y = learn.y[there]
            loss[j] -= float((y * np.log(p) + (1 - y) * np.log(1 - p)).sum())
    return PENALTIES[int(np.argmin(loss))]


def _predict(y: Array, x: Array, new: Array, penalty: float) -> Array:
    mean, sd = x.mean(0), x.std(0)
    sd = np.where(sd > 0, sd, 1)
    beta = fit_ridge(y, (x - mean) / sd, penalty)
    return expit(beta[0] + (new - mean) / sd @ beta[1:])


def _mean_auc(y: Array, held: Sequence[Array], folds: Sequence[Index]) -> float:
    """Return the share of pairs in the right order, pairs within a fold."""
    right = pairs = 0.0
    for score, fold in zip(held, folds, strict=True):
        for k in np.unique(fold):
            rows = fold == k
            case, other = rows & (y == 1), rows & (y == 0)
            difference = score[case][:, None] - score[other][None, :]
            order = (difference > 0) + 0.5 * (difference == 0)
            right += float(order.sum())
            pairs += order.size
    return right / pairs if pairs else np.nan


def _bootstrap(design: Design, n_folds: int, n: int, rng: np.random.Generator) -> Array:
    """Return the AUC of the whole procedure on draws of families.

    Only drawing the held-out predictions anew was measured to cover .5 in 78 % of studies where
    nothing is predictable: what is learnt and what it is tested on depend on each other. A family
    drawn twice stays in one fold.
    """
    families = np.unique(design.clusters)
    rows_of = {c: np.flatnonzero(design.clusters == c) for c in families}
    draws: list[float] = []
    while len(draws) < n:
        chosen = rng.choice(families, size=len(families))
        drawn = design.take(np.concatenate([rows_of[c] for c in chosen]))
        with_case = np.unique(drawn.clusters[drawn.y == 1])
        if min(len(with_case), len(np.unique(drawn.clusters)) - len(with_case)) < 2:
            continue
        fold = _deal(drawn, n_folds, rng)
        if any(np.ptp(drawn.y[fold != k]) == 0 for k in np.unique(fold)):
            continue
        draws.append(_mean_auc(drawn.y, [_held_out(drawn, fold, rng)], [fold]))
    return np.clip(draws, 0.001, 0.999)


def _permutation_p(
    design: Design, auc: float, n_folds: int, n_repeats: int, n: int, rng: np.random.Generator
) -> float:
    families = np.unique(design.clusters)
    rows_of = {c: np.flatnonzero(design.clusters == c) for c in families}
    sizes = np.array([len(rows_of[c]) for c in families])
    reached = 0
    for _ in range(n):
        y = design.y.copy()
        for size in np.unique(sizes):
            group = families[sizes == size]
            for target, source in zip(group, rng.permutation(group), strict=True):
                y[rows_of[target]] = design.y[rows_of[source]]
        shuffled = replace(design, y=y)
        folds = [_deal(shuffled, n_folds, rng) for _ in range(n_repeats)]
        held = np.array([_held_out(shuffled, fold, rng) for fold in folds])
        reached += _mean_auc(y, list(held), folds) >= auc - 1e-12
    return (1 + reached) / (n + 1)
