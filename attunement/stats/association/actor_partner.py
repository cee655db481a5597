"""Actor-partner model: what each partner's score goes with, in oneself and in the other."""

from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from attunement.errors import AssociationError, TableError
from attunement.stats.association.design import Design, check_design, require_columns
from attunement.stats.association.entered import read_quantities
from attunement.stats.association.missing_codes import MissingValues
from attunement.stats.association.rendering import number, p_value
from attunement.stats.association.request import check_rows_are_sessions
from attunement.stats.association.result import Result

Array = NDArray[np.floating]


def fit_actor_partner(
    scores: pd.DataFrame,
    *,
    outcomes: tuple[str, str],
    predictors: tuple[str, str],
    roles: tuple[str, str] = ("caregiver", "infant"),
    covariates: tuple[str, ...] = (),
    family: str = "family",
    dyad: str = "dyad",
    missing_values: MissingValues = (),
    nan_policy: str = "raise",
    alpha: float = 0.05,
) -> Result:
    """Fit the actor-partner interdependence model of distinguishable partners.

    Parameters
    ----------
    scores : pandas.DataFrame
        One row a dyad (or session: averaged), both partners' values in columns of their own.
    outcomes, predictors : tuple of two str
        Columns of numbers, of the first role and of the second.
    roles : tuple of two str
        What the partners are called.
    covariates : tuple of str
        Columns of numbers that enter both equations.
    family, dyad : str
        Id columns; without families each dyad is one.
    missing_values : sequence of str or float, or mapping
        Codes of missing values, as for `fit_association`.
    nan_policy : {"raise", "omit"}
        Missing values.
    alpha : float
        One minus the coverage of intervals.

    Returns
    -------
    Result
        Four effects: actor and partner effect of either role; then ``actor difference`` and
        ``partner difference`` (first role minus second) and, per role, ``actor minus partner``.
        ``diagnostics["residual_correlation"]`` is what the partners' outcomes share beyond them.

    Notes
    -----
    Both equations have the same columns, so that least squares of each is the joint (seemingly
    unrelated) estimate (Zellner, 1962); covariances between the equations come from leaving one
    family out at a time, with t(G - 1). Source of the model: Kenny, Kashy & Cook (2006), Dyadic
    data analysis.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from attunement.stats.association import fit_actor_partner
    >>> x, noise = np.random.default_rng(0).normal(size=(2, 60, 2))
    >>> y = 0.5 * x + 0.3 * x[:, ::-1] + noise
    >>> scores = pd.DataFrame(np.hstack([x, y]), columns=["xc", "xi", "yc", "yi"])
    >>> result = fit_actor_partner(
    ...     scores.assign(dyad=range(60)), outcomes=("yc", "yi"), predictors=("xc", "xi")
    ... )
    >>> print(result.table.loc[:3, ["term", "estimate"]].round(2))
                               term  estimate
    0              actor: caregiver      0.48
    1                 actor: infant      0.36
    2  partner: infant to caregiver      0.26
    3  partner: caregiver to infant      0.17
    """
    check_rows_are_sessions(scores)
    if len(outcomes) != 2 or len(predictors) != 2 or len(set(roles)) != 2:
        raise AssociationError("Give two outcomes, two predictors and two different roles.")
    columns = [*outcomes, *predictors, *covariates]
    require_columns(scores, [dyad, *columns])
    scores, suspected = read_quantities(
        scores, columns, missing_values=missing_values, ids=(dyad, family)
    )
    gone = scores[columns].isna().any(axis=1)
    if gone.any() and nan_policy == "raise":
        raise TableError(
            f"{int(gone.sum())} of {len(scores)} rows have missing values: "
            f"{', '.join(map(str, scores.loc[gone, dyad].head(8)))}.",
            "Say nan_policy='omit' to leave them out; they are counted.",
        )
    used = scores[~gone]
    families = used[family] if family in used.columns else used[dyad]
    # Sessions are averaged, so that a row is a dyad.
    groups = used.groupby(used[dyad].astype("str"), sort=False)
    means = groups[columns].mean()
    clusters = pd.factorize(families.groupby(used[dyad].astype("str"), sort=False).first())[0]
    x = means[[*predictors, *covariates]].to_numpy(float)
    y = means[list(outcomes)].to_numpy(float)
    names = (*predictors, *covariates)
    for side in range(2):
        check_design(_design(y[:, side], x, names, clusters))
    full = np.column_stack([np.ones(len(x)), x])
    beta = _solve(full, y)
    deviations = np.array(
        [
            (_solve(full[clusters != c], y[clusters != c]) - beta).ravel(order="F")
            for c in np.unique(clusters)
        ]
    )
    g = len(deviations)
    if g < 3:
        raise AssociationError(f"At least three families are needed; found {g}.")
    cov = (g - 1) / g * deviations.T @ deviations
    flat, k = beta.ravel(order="F"), full.shape[1]
    # Of the first role's equation: its own predictor is column 1; of the second's: column 2.
    at = {"actor 0": 1, "partner 0": 2, "partner 1": k + 1, "actor 1": k + 2}
    unit = np.eye(2 * k)
    rows = {
        f"actor: {roles[0]}": unit[at["actor 0"]],
        f"actor: {roles[1]}": unit[at["actor 1"]],
        f"partner: {roles[1]} to {roles[0]}": unit[at["partner 0"]],
        f"partner: {roles[0]} to {roles[1]}": unit[at["partner 1"]],
        "actor difference": unit[at["actor 0"]] - unit[at["actor 1"]],
        "partner difference": unit[at["partner 0"]] - unit[at["partner 1"]],
        f"actor minus partner: {roles[0]}": unit[at["actor 0"]] - unit[at["partner 0"]],
        f"actor minus partner: {roles[1]}": unit[at["actor 1"]] - unit[at["partner 1"]],
    }
    weights = np.array(list(rows.values()))
    estimate = weights @ flat
    error = np.sqrt(np.einsum("ij,jk,ik->i", weights, cov, weights))
    half = stats.t.ppf(1 - alpha / 2, g - 1) * error
    table = pd.DataFrame(
        {
            "term": list(rows),
            "estimate": estimate,
            "std_error": error,
            "ci_low": estimate - half,
            "ci_high": estimate + half,
            "statistic": estimate / error,
            "df": float(g - 1),
            "p": 2 * stats.t.sf(np.abs(estimate / error), g - 1),
            "n_dyads": len(x),
            "n_sessions": len(used),
            "n_left_out": int(gone.sum()),
            "role": ["predictor"] * 4 + ["contrast"] * 4,
        }
    )
    sentences = [f"Actor-partner model of {len(x)} dyads ({g} families)."] + [
        f"{row.term}: *b* = {number(row.estimate)}, {100 * (1 - alpha):g}% CI "
        f"[{number(row.ci_low)}, {number(row.ci_high)}], *t*({g - 1}) = {number(row.statistic)}, "
        f"*p* {p_value(row.p)}."
        for row in table.itertuples()
    ]
    residual = y - full @ beta
    left_out = scores.loc[gone, [dyad]].rename(columns={dyad: "dyad"}).reset_index(drop=True)
    diagnostics = {
        "model": "actor-partner model, least squares",
        "std_error": "leave-one-family-out jackknife",
        "residual_correlation": float(np.corrcoef(residual.T)[0, 1]),
        "n_families": g,
        "n_dyads": len(x),
        "left_out": left_out,
        "notes": (
            *suspected,
            f"First role: {roles[0]}; second role: {roles[1]}.",
        ),
    }
    title = f"Actor-partner model of {outcomes[0]} and {outcomes[1]}"
    return Result(title, table, tuple(sentences), MappingProxyType(diagnostics))


def _solve(x: Array, y: Array) -> Array:
    return np.linalg.lstsq(x, y, rcond=None)[0]


def _design(y: Array, x: Array, names: tuple[str, ...], clusters: NDArray[np.int64]) -> Design:
    n = len(y)
    return Design(
        "continuous", y, x, names, names, ("predictor",) * len(names), (), np.ones(n), np.zeros(n),
        clusters, clusters, clusters,
    )  # fmt: skip
