"""What is missing and with what it goes; multiple imputation of dyad summaries."""

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.imputation.mice import MICEData

from attunement.errors import AssociationError
from attunement.stats.association.cleaning import as_id
from attunement.stats.association.design import build_design, require_columns
from attunement.stats.association.entered import read_auxiliary, without_codes
from attunement.stats.association.fit import Fit
from attunement.stats.association.fit_table import make_table
from attunement.stats.association.inference import Inference, infer
from attunement.stats.association.missing_codes import MissingValues
from attunement.stats.association.model_rows import Rows, select_rows
from attunement.stats.association.result import Result, describe_row


def report_missing(
    scores: pd.DataFrame,
    *,
    columns: Sequence[str],
    against: Sequence[str] = (),
    coverage: Sequence[str] = ("coverage_caregiver", "coverage_infant"),
    missing_values: MissingValues = (),
) -> pd.DataFrame:
    """Return how much is missing, and whether missing values and low coverage go with something.

    Parameters
    ----------
    scores : pandas.DataFrame
        One row a session.
    columns : sequence of str
        Scores and outcomes whose missing values are counted.
    against : sequence of str
        Columns of numbers that missing values might go with: the outcome, infant crying.
    coverage : sequence of str
        Coverage columns, compared with `against` too; those not there are left out.
    missing_values
        Codes of missing values in the columns that people entered, as for `clean_outcomes`.

    Returns
    -------
    pandas.DataFrame
        term, n_missing, n, share, against, estimate, ci_low, ci_high, p: the rank correlation
        (Spearman; interval by Fisher's z with Fieller's variance) of being missing, or of the
        coverage, with `against`. One row a column, then one a pair. Rows are sessions: where
        dyads repeat, p is too small.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from attunement.stats.association import report_missing
    >>> x, noise = np.random.default_rng(0).normal(size=(2, 60))
    >>> scores = pd.DataFrame({"dyad": range(60), "mirroring": x, "sensitivity": x + noise})
    >>> scores.loc[:5, "mirroring"] = np.nan
    >>> table = report_missing(scores, columns=["mirroring"], against=["sensitivity"], coverage=())
    >>> print(table[["term", "against", "n_missing", "n", "share", "estimate"]].round(2))
                    term      against  n_missing   n  share  estimate
    0          mirroring          NaN        6.0  60    0.1       NaN
    1  mirroring missing  sensitivity        NaN  60    NaN     -0.04
    """
    require_columns(scores, [*columns, *against])
    scores = without_codes(scores, [*columns, *against], missing_values)
    rows: list[dict[str, object]] = []
    for name in columns:
        gone = scores[name].isna()
        rows.append(
            {"term": name, "n_missing": int(gone.sum()), "n": len(scores), "share": gone.mean()}
        )
    for name in [*columns, *(c for c in coverage if c in scores.columns)]:
        gone = scores[name].isna()
        values = scores[name] if name in coverage else gone.astype(float)
        words = name if name in coverage else f"{name} missing"
        for other in against:
            if other == name:
                continue
            known = values.notna() & scores[other].notna()
            rows.append({"term": words, "n": int(known.sum()), "against": other}
                        | _rank_correlation(values[known], scores.loc[known, other]))  # fmt: skip
    names = ["term", "n_missing", "n", "share", "against", "estimate", "ci_low", "ci_high", "p"]
    return pd.DataFrame(rows).reindex(columns=names)


def _rank_correlation(a: pd.Series, b: pd.Series) -> dict[str, float]:
    n = len(a)
    if n < 5 or a.min() == a.max() or b.min() == b.max():
        return {}
    r, p = stats.spearmanr(a.to_numpy(float), b.to_numpy(float))
    half = stats.norm.ppf(0.975) * np.sqrt(1.06 / (n - 3))
    centre = np.arctanh(np.clip(r, -0.999999, 0.999999))
    return {
        "estimate": float(r),
        "ci_low": float(np.tanh(centre - half)),
        "ci_high": float(np.tanh(centre + half)),
        "p": float(p),
    }


def impute(
    result: Result,
    *,
    auxiliary: Sequence[str] = (),
    missing_values: MissingValues = (),
    n_imputations: int = 20,
    n_burn: int = 10,
    seed: int = 0,
) -> Result:
    """Fit again with missing dyad summaries imputed many times, and pool.

    Sessions are averaged to dyads first. Numbers are imputed by chained equations with predictive
    mean matching (statsmodels' MICEData) from all columns of the model and the auxiliary ones;
    covariates and outcomes that are text are never imputed, and their rows stay left out.

    Parameters
    ----------
    result : Result
        Of `fit_association` with ``nan_policy="omit"`` and the default ``repeated="mean"``.
    auxiliary : sequence of str
        Further columns of numbers that tell something about what is missing, read as those of the
        model are; one of text is not used, and a note says so.
    missing_values
        Codes of missing values in them, as for `clean_outcomes`; the model's own columns are clean.
    n_imputations, n_burn, seed
        Imputed data sets, rounds before the first, seed.

    Returns
    -------
    Result
        Estimates pooled by Rubin's rules with the degrees of freedom of Barnard & Rubin (1999);
        column ``fraction_missing`` is the share of variance that imputing adds. ``n_left_out``
        counts sessions of dyads that could not be imputed.

    Raises
    ------
    AssociationError
        When rows are sessions, nothing is missing, or a cell of an auxiliary column of numbers is
        none.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from attunement.stats.association import fit_association, impute
    >>> x, noise = np.random.default_rng(0).normal(size=(2, 60))
    >>> scores = pd.DataFrame({"dyad": range(60), "mirroring": x, "sensitivity": x + noise})
    >>> scores.loc[:5, "mirroring"] = np.nan
    >>> model = {"outcome": "sensitivity", "kind": "continuous", "predictors": "mirroring"}
    >>> result = fit_association(scores, nan_policy="omit", **model)
    >>> print(impute(result, n_imputations=3, n_burn=2).table[["term", "n_dyads", "n_left_out"]])
            term  n_dyads  n_left_out
    0  intercept       60           0
    1  mirroring       60           0
    """
    request = result.refit.request
    scores = result.refit.scores
    if result.diagnostics["unit"] != "dyad":
        raise AssociationError("Only dyad summaries are imputed.", "Use repeated='mean'.")
    require_columns(scores, list(auxiliary))
    scores, left_aside = read_auxiliary(
        scores,
        [name for name in auxiliary if name not in request.columns],
        missing_values=missing_values,
        ids=(request.dyad, request.session),
    )
    table, rows = _dyads(scores, result, auxiliary)
    numbers = [c for c in table.columns if pd.api.types.is_numeric_dtype(table[c])]
    if not table[numbers].isna().to_numpy().any():
        raise AssociationError("No number is missing: there is nothing to impute.")
    safe = {name: f"v{k}" for k, name in enumerate(numbers)}
    data = MICEData(table[numbers].rename(columns=safe).astype(float), rng=seed)
    data.update_all(n_burn)
    fits = []
    for _ in range(n_imputations):
        data.update_all()
        filled = table.copy()
        for name, short in safe.items():
            filled[name] = data.data[short].to_numpy()
        again = replace(rows, table=filled)
        design = build_design(again, request)
        fits.append(
            infer(design, std_error=request.std_error, firth=request.firth, mixed=False,
                  alpha=request.alpha)
        )  # fmt: skip
    pooled, fraction = _pool(fits, request.alpha, design.n)
    final = make_table(rows, design, pooled, {}).drop(columns="p_permutation")
    final["fraction_missing"] = fraction
    said = final[final["role"].isin(("predictor", "added"))].to_dict("records")
    opening = (
        f"{pooled.point.label[0].upper()}{pooled.point.label[1:]} of {request.outcome} in "
        f"{rows.n_dyads} dyads, pooled over {n_imputations} imputations of missing dyad summaries."
    )
    sentences = (opening, *(
        describe_row(row, outcome=request.outcome, kind=request.kind, alpha=request.alpha)
        for row in said
    ))  # fmt: skip
    note = f"{n_imputations} imputations by predictive mean matching, pooled by Rubin's rules."
    diagnostics = {
        **result.diagnostics,
        "notes": (*result.notes, note, *left_aside),
        "left_out": rows.left_out,
        "n_left_out": len(rows.left_out),
        "n_dyads": rows.n_dyads,
        "n_imputations": n_imputations,
        "seed": seed,
        "covariance": pd.DataFrame(
            pooled.cov, index=pooled.point.names, columns=pooled.point.names
        ),
    }
    title = f"{result.title}, multiply imputed"
    return Result(title, final, sentences, MappingProxyType(diagnostics))


def _dyads(
    scores: pd.DataFrame, result: Result, auxiliary: Sequence[str]
) -> tuple[pd.DataFrame, Rows]:
    """Return one row a dyad, numbers averaged over the sessions that have them, some missing."""
    fit: Fit = result.refit
    request = fit.request
    wanted = [*request.columns, *(a for a in auxiliary if a not in request.columns)]
    numbers = [c for c in wanted if pd.api.types.is_numeric_dtype(scores[c])]
    # A stand-in for missing numbers lets ids, repeats and constancy be checked by the one function
    # that knows them; the averages are then taken over what is there.
    stand_in = scores.assign(**dict.fromkeys(numbers, 0.0))
    rows = select_rows(stand_in, request)
    kept = scores.reset_index(drop=True)
    key = rows.ids["dyad"]
    dyad_column = next(c for c in (request.dyad, request.session, request.family) if c in kept)
    groups = kept.groupby(kept[dyad_column].map(as_id).astype("str"), sort=False)
    table = rows.table.copy()
    categorical = request.kind in ("binary", "ordered", "unordered")
    for name in numbers:
        if name == request.outcome and categorical:
            table[name] = key.map(groups[name].first())
        else:
            table[name] = key.map(groups[name].mean())
    return table, rows


def _pool(
    fits: Sequence[Inference], alpha: float, n: int
) -> tuple[Inference, np.ndarray[tuple[int, ...], np.dtype[np.floating]]]:
    betas = np.array([fit.point.beta for fit in fits])
    m = len(fits)
    within = np.mean([fit.cov for fit in fits], axis=0)
    between = np.cov(betas, rowvar=False).reshape(within.shape)
    total = within + (1 + 1 / m) * between
    spread = np.sqrt(np.diag(total))
    share = (1 + 1 / m) * np.diag(between) / np.diag(total)
    complete = min(fits[0].df, n - betas.shape[1])
    old = (m - 1) / np.maximum(share, 1e-12) ** 2
    seen = (complete + 1) / (complete + 3) * complete * (1 - share)
    df = 1 / (1 / old + 1 / seen)
    beta = betas.mean(0)
    statistic = beta / spread
    half = stats.t.ppf(1 - alpha / 2, df) * spread
    pooled = replace(
        fits[0],
        point=replace(fits[0].point, beta=beta, cov=total),
        cov=total,
        df=df,
        ci_low=beta - half,
        ci_high=beta + half,
        statistic=statistic,
        p=2 * stats.t.sf(np.abs(statistic), df),
        std_error_kind=f"{fits[0].std_error_kind}, pooled",
    )
    return pooled, share
