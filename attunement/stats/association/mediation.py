"""Mediation: the product of two paths, its interval from drawing families."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement.errors import AssociationError
from attunement.stats.association.design import Design
from attunement.stats.association.entered import without_codes
from attunement.stats.association.estimators import fit_point
from attunement.stats.association.fit import fit_association, prepare
from attunement.stats.association.missing_codes import MissingValues
from attunement.stats.association.rendering import number, p_value
from attunement.stats.association.request import check_kind
from attunement.stats.association.result import STATISTICS, Result

Array = NDArray[np.floating]

SAME_TIME = "same time"
_MOST_FAILED = 0.1


def fit_mediation(
    scores: pd.DataFrame,
    *,
    predictor: str,
    mediator: str,
    outcome: str,
    order: str | Sequence[str],
    kind: str = "continuous",
    covariates: str | Sequence[str] = (),
    family: str = "family",
    dyad: str = "dyad",
    session: str = "session",
    levels: Sequence[object] = (),
    kinds: Mapping[str, str] | None = None,
    missing_values: MissingValues = (),
    nan_policy: str = "raise",
    n_bootstrap: int = 1999,
    seed: int = 0,
    alpha: float = 0.05,
) -> Result:
    """Ask how much of an association runs through a mediator.

    Parameters
    ----------
    scores, covariates, family, dyad, session, levels, kinds, missing_values, nan_policy, alpha
        As for `fit_association`; sessions of a dyad are averaged.
    predictor, mediator : str
        Columns of numbers.
    outcome : str
        Continuous or binary (then paths to it are log odds, and no total effect is given, because
        log odds of different models do not add up).
    order : sequence of str, or "same time"
        The three columns in the order in which they were *measured*. It has to be stated; where it
        is not predictor, mediator, outcome, the text says that no mediation can be read from it.
    kind : {"continuous", "binary"}
        Of the outcome.
    n_bootstrap, seed
        Draws of whole families, and their seed.

    Returns
    -------
    Result
        Rows ``a`` (predictor to mediator), ``b`` (mediator to outcome beside the predictor),
        ``direct``, ``total`` (continuous) and ``indirect`` (a x b). a, b, direct and total have
        the standard errors of `fit_association`, the indirect effect a percentile interval; its p
        is twice the smaller share of draws on one side of zero.

    Raises
    ------
    AssociationError
        For an order that names other columns, and as `fit_association`.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from attunement.stats.association import fit_mediation
    >>> x, noise = np.random.default_rng(0).normal(size=(2, 60))
    >>> scores = pd.DataFrame({"dyad": range(60), "mirroring": x, "sensitivity": x + noise})
    >>> scores["security"] = scores["sensitivity"] + np.sin(range(60))
    >>> result = fit_mediation(
    ...     scores, predictor="mirroring", mediator="sensitivity", outcome="security",
    ...     order=["mirroring", "sensitivity", "security"], n_bootstrap=199,
    ... )
    >>> print(result.table[["term", "estimate"]].round(2))
           term  estimate
    0         a      0.87
    1         b      1.01
    2    direct     -0.10
    3     total      0.77
    4  indirect      0.88
    """
    kind = check_kind(kind)
    if kind not in ("continuous", "binary"):
        raise AssociationError(f"Mediation takes a continuous or binary outcome; found {kind!r}.")
    warning = _check_order(order, (predictor, mediator, outcome))
    more = [covariates] if isinstance(covariates, str) else list(covariates)
    needed = [predictor, mediator, outcome]
    plain = [name for name in [*needed, *more] if name in scores.columns]
    complete = without_codes(scores, plain, missing_values)
    if nan_policy == "omit":
        # One set of rows for both paths, or their product mixes two samples.
        complete = complete.dropna(subset=plain)
    common = {
        "family": family, "dyad": dyad, "session": session, "kinds": kinds,
        "missing_values": missing_values, "n_permutations": 0, "alpha": alpha,
        "nan_policy": nan_policy,
    }  # fmt: skip

    def fitted(outcome: str, kind: str, predictors: list[str], *, coded: bool) -> Result:
        options = {**common, "levels": levels} if coded else common
        return fit_association(
            complete, outcome=outcome, kind=kind, predictors=predictors, covariates=more, **options
        )

    first = fitted(mediator, "continuous", [predictor], coded=False)
    second = fitted(outcome, kind, [mediator, predictor], coded=True)
    rows = [_row(first, predictor, "a"), _row(second, mediator, "b")]
    rows.append(_row(second, predictor, "direct"))
    if kind == "continuous":
        total = fitted(outcome, kind, [predictor], coded=True)
        rows.append(_row(total, predictor, "total"))
    table = pd.concat(rows, ignore_index=True)
    draws, failed = _draws(
        prepare(first.refit)[1], prepare(second.refit)[1], predictor, mediator,
        firth=bool(second.diagnostics["penalised"]), n=n_bootstrap, seed=seed,
    )  # fmt: skip
    a, b = (float(table["estimate"].iloc[k]) for k in (0, 1))
    low, high = np.quantile(draws, [alpha / 2, 1 - alpha / 2])
    side = min((draws <= 0).mean(), (draws >= 0).mean())
    p = min(1.0, 2 * max(float(side), 1 / len(draws)))
    indirect = {
        **table.iloc[0][["n_dyads", "n_sessions"]].to_dict(),
        "n_left_out": len(scores) - len(complete), "term": "indirect", "estimate": a * b,
        "std_error": draws.std(ddof=1), "ci_low": low, "ci_high": high,
        "statistic": np.nan, "df": np.nan, "p": p,
    }  # fmt: skip
    table = pd.concat([table, pd.DataFrame([indirect])], ignore_index=True)[list(STATISTICS)]
    table["n_left_out"] = len(scores) - len(complete)
    table["role"] = "predictor"
    level = f"{100 * (1 - alpha):g}% CI"
    text = (
        f"Indirect association of {predictor} with {outcome} through {mediator}: *ab* = "
        f"{number(a * b)}, {level} [{number(float(low))}, {number(float(high))}], "
        f"*p* {p_value(p)} ({len(draws)} draws of families)."
    )
    measured = order if isinstance(order, str) else ", then ".join(order)
    notes = (*second.notes, f"Measured: {measured}.", *([warning] if warning else []))
    diagnostics = {
        **second.diagnostics, "notes": notes, "n_draws": len(draws), "n_failed": failed,
        "seed": seed, "order": order,
    }  # fmt: skip
    title = f"{predictor} to {outcome} through {mediator}"
    sentences = (text, *([warning] if warning else []))
    return Result(title, table, sentences, MappingProxyType(diagnostics))


def _check_order(order: str | Sequence[str], names: tuple[str, str, str]) -> str:
    if order == SAME_TIME:
        return "All were measured at the same time: this is no evidence of a path."
    if isinstance(order, str) or sorted(order) != sorted(names):
        raise AssociationError(
            f"order must name {', '.join(names)} in the order in which they were measured, or be "
            f"{SAME_TIME!r}; found {order!r}."
        )
    if tuple(order) != names:
        return (
            f"They were measured in the order {', '.join(order)}, so that {names[1]} cannot be "
            "what carries the association."
        )
    return ""


def _row(result: Result, term: str, name: str) -> pd.DataFrame:
    return result.table[result.table["term"] == term].assign(term=name)


def _draws(
    first: Design, second: Design, predictor: str, mediator: str, *, firth: bool, n: int, seed: int
) -> tuple[Array, int]:
    rng = np.random.default_rng(seed)
    rows_of = [np.flatnonzero(second.clusters == c) for c in np.unique(second.clusters)]
    x_first = first.with_intercept()
    x_second = second.with_intercept()
    at_a = 1 + list(first.names).index(predictor)
    at_b = 1 + list(second.names).index(mediator)
    products, failed = [], 0
    for _ in range(n):
        chosen = rng.integers(len(rows_of), size=len(rows_of))
        rows = np.concatenate([rows_of[k] for k in chosen])
        a = np.linalg.lstsq(x_first[rows], first.y[rows], rcond=None)[0][at_a]
        if second.kind == "continuous":
            b = np.linalg.lstsq(x_second[rows], second.y[rows], rcond=None)[0][at_b]
        else:
            try:
                b = fit_point(second.take(rows), firth=firth).beta[at_b]
            except AssociationError:
                failed += 1
                continue
        products.append(a * b)
    if failed > _MOST_FAILED * n:
        raise AssociationError(
            f"{failed} of {n} draws of families cannot be fitted.",
            "The rarer category is too rare.",
        )
    return np.array(products), failed
