"""The main call: relate scores to an outcome with the model that its declared kind names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from attunement.errors import AssociationError
from attunement.stats.association.checks import check_assumptions
from attunement.stats.association.covariates import OFFERED, offered_covariates
from attunement.stats.association.design import Design, build_design
from attunement.stats.association.entered import read_entered
from attunement.stats.association.fit_table import (
    coefficient_labels,
    fit_notes,
    make_table,
    opening_sentence,
)
from attunement.stats.association.inference import infer
from attunement.stats.association.missing_codes import MissingValues
from attunement.stats.association.model_rows import Rows, select_rows
from attunement.stats.association.permutation import permutation_p
from attunement.stats.association.request import Request, check_kind, make_request
from attunement.stats.association.result import Result, describe_row


def fit_association(
    scores: pd.DataFrame,
    *,
    outcome: str,
    kind: str,
    predictors: str | Sequence[str],
    covariates: str | Sequence[str] = (),
    family: str = "family",
    dyad: str = "dyad",
    session: str = "session",
    partner: str = "",
    repeated: str = "mean",
    std_error: str = "auto",
    levels: Sequence[object] = (),
    kinds: Mapping[str, str] | None = None,
    event: str = "",
    exposure: str = "",
    firth: bool | None = None,
    squares: bool = True,
    missing_values: MissingValues = (),
    nan_policy: str = "raise",
    n_permutations: int = 999,
    seed: int = 0,
    alpha: float = 0.05,
) -> Result:
    """Relate scores of dyads to an outcome that people coded.

    The unit is the dyad, clustered by family. Sessions of a dyad are averaged unless `repeated`
    says otherwise; rows of windows are refused.

    Parameters
    ----------
    scores : pandas.DataFrame
        One row a session (``scores.csv``) with the outcome joined, see `join_outcomes`.
    outcome : str
        Column of the outcome.
    kind : str
        ``continuous`` (least squares), ``binary`` (logistic), ``ordered`` (proportional odds),
        ``unordered`` (multinomial), ``count`` (Poisson pseudo-likelihood) or ``time`` (Cox).
        Declared, never guessed.
    predictors, covariates : str or sequence of str
        Columns, or terms ``a:b``, ``a*b``, ``a^2`` of columns. ``a*b`` of two scores is fitted
        with both squares (see `squares`). Squares and products are of centred columns.
        ``covariates="offered"`` takes those of `offered_covariates`.
    family, dyad, session : str
        Id columns. Without dyad ids each session is a dyad, without family ids each dyad a family.
    partner : str, optional
        Id of the adult, where one adult (a stranger) meets several families:
        ``repeated="mixed"`` then crosses partners with families.
    repeated : {"mean", "cluster", "mixed"}
        Sessions of a dyad: averaged; kept, with standard errors clustered by family; or a mixed
        model with intercepts, and slopes of what varies within families, by family.
    std_error : {"auto", "hc3", "jackknife", "model"}
        ``auto``: HC3 with t(n - k) for a continuous outcome with one row a family; the
        leave-one-family-out jackknife with t(G - 1) where families have several rows, and for
        counts; the model's own otherwise.
    levels : sequence, optional
        Categories of the outcome: from low to high (ordered), reference first (unordered),
        the one counted last (binary). Needed where categories are text and have an order.
    kinds : mapping of str to str, optional
        ``categorical`` or ``continuous`` for predictors and covariates that are whole numbers
        with few values.
    event : str
        For times: column with 1 where the event was seen, 0 where it was censored.
    exposure : str, optional
        For counts: column with the time or number of chances that the count comes from.
    firth : bool, optional
        A penalised likelihood (Firth's correction of a logistic model, Jeffreys' penalty for the
        other kinds but a continuous one); by default where the predictors separate the outcome,
        and for a binary one where cells are sparse, which the table and the notes then say.
    squares : bool
        Add the squares that a product of two scores needs beside it.
    missing_values : sequence of str or float, or mapping
        Codes of missing values in the columns that people entered, as for `clean_outcomes`; scores
        and ids are never looked at. Values that look like undeclared codes (`suspect_codes`) are
        named in the notes and stay in, unless a mapping names their column, or ``*``, with an empty
        list.
    nan_policy : {"raise", "omit"}
        Sessions with a missing value: an error, or left out, counted and named.
    n_permutations : int
        Of the permutation test of every predictor; 0 for none.
    seed : int
        Of the permutations.
    alpha : float
        One minus the coverage of intervals.

    Returns
    -------
    Result
        ``.table``, ``.text``, ``.diagnostics``, ``.to_html()``, ``.to_latex()``, ``.plot()``.

    Raises
    ------
    AssociationError
        Fewer than two rows a parameter; constant or collinear predictors; separation with
        ``firth=False``; no convergence; rows that are windows; a session's z or p as predictor;
        text where numbers are needed; labels that say that nothing was coded, or that differ in
        capitals or blanks only.
    TableError
        A column that is not there; missing values under ``nan_policy="raise"``.

    Notes
    -----
    Estimates come from statsmodels (OLS, Logit, MNLogit, GLM, PHReg) and, of ordered outcomes and
    mixed models, from likelihoods of the package's own, which go on to where the gradient is zero.
    ``docs/association.md`` holds measured false-positive rates and coverage of every choice.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from attunement.stats.association import fit_association
    >>> x, noise = np.random.default_rng(0).normal(size=(2, 60))
    >>> scores = pd.DataFrame({"dyad": range(60), "mirroring": x, "sensitivity": x + noise})
    >>> result = fit_association(
    ...     scores, outcome="sensitivity", kind="continuous", predictors="mirroring"
    ... )
    >>> print(result)
    sensitivity (continuous): linear regression
      analysed   60 dyads, 60 families, 60 sessions; linear regression
      left out   nobody
      mirroring  0.87 [0.53, 1.21], p < .001
      notes      Without a column of families, each dyad counts as a family of its own.
    """
    if covariates == OFFERED:
        scores, covariates = offered_covariates(scores)
    request = make_request(
        scores,
        outcome=outcome,
        kind=check_kind(kind),
        predictors=predictors,
        covariates=covariates,
        family=family,
        dyad=dyad,
        session=session,
        partner=partner,
        repeated=repeated,
        std_error=std_error,
        levels=tuple(levels),
        kinds=dict(kinds or {}),
        event=event,
        exposure=exposure,
        firth=firth,
        squares=squares,
        nan_policy=nan_policy,
        alpha=alpha,
    )
    scores, suspected = read_entered(scores, request, missing_values)
    return run_fit(Fit(scores, request, n_permutations, seed, suspected))


@dataclass(frozen=True)
class Fit:
    """A fit that can be made again on other rows.

    Attributes
    ----------
    scores : pandas.DataFrame
        The table given.
    request : Request
        The model.
    n_permutations, seed : int
        Of the permutation test.
    notes : tuple of str
        What is to be known of the columns.
    """

    scores: pd.DataFrame
    request: Request
    n_permutations: int
    seed: int
    notes: tuple[str, ...] = ()


def prepare(fit: Fit) -> tuple[Rows, Design]:
    """Return the rows and numbers of a fit."""
    rows = select_rows(fit.scores, fit.request)
    return rows, build_design(rows, fit.request)


def run_fit(fit: Fit) -> Result:
    """Fit, test and describe."""
    request = fit.request
    rows, design = prepare(fit)
    mixed = request.repeated == "mixed" and rows.unit == "session"
    inference = infer(
        design,
        std_error=request.std_error,
        firth=request.firth,
        mixed=mixed,
        alpha=request.alpha,
        crossed=bool(request.partner),
    )
    permuted, refused = _permute(fit, design)
    table = make_table(rows, design, inference, permuted)
    told = (*fit.notes, *_not_mixed(rows, request))
    table["note"] = ["; ".join((*([note] if note else []), *told)) for note in table["note"]]
    notes = (*told, *fit_notes(rows, design, inference, request, fit.scores), *refused)
    title = f"{request.outcome} ({request.kind}): {inference.point.label}"
    said = table[table["role"].isin(("predictor", "added"))]
    labels = coefficient_labels(inference, design)
    sentences = [opening_sentence(rows, inference, request)] + [
        describe_row(
            row,
            outcome=request.outcome,
            kind=request.kind,
            alpha=request.alpha,
            label=labels[row["term"]],
        )
        for row in said.to_dict("records")
    ]
    diagnostics: dict[str, Any] = {
        "model": inference.point.label,
        "penalised": inference.point.penalised,
        "separated": inference.separated,
        "outcome": request.outcome,
        "kind": request.kind,
        "alpha": request.alpha,
        "std_error": inference.std_error_kind,
        "unit": rows.unit,
        "n_rows": design.n,
        "n_dyads": rows.n_dyads,
        "n_sessions": rows.n_sessions,
        "n_families": rows.n_families,
        "n_left_out": len(rows.left_out),
        "left_out": rows.left_out,
        "levels": design.levels,
        "centred_at": dict(design.centres),
        "log_likelihood": inference.point.log_likelihood,
        "checks": check_assumptions(design, inference.point),
        "n_permutations": fit.n_permutations,
        "seed": fit.seed,
        "notes": notes,
        "warnings": inference.warnings,
        "labels": labels,
        "covariance": pd.DataFrame(
            inference.cov, index=inference.point.names, columns=inference.point.names
        ),
        **{
            name: value
            for name, value in inference.point.extras.items()
            if name not in ("hc3", "std_error_kind")
        },
    }
    return Result(title, table, tuple(sentences), MappingProxyType(diagnostics), fit)


def _not_mixed(rows: Rows, request: Request) -> tuple[str, ...]:
    if request.repeated != "mixed" or rows.unit == "session":
        return ()
    return (
        "No mixed model, though repeated='mixed' asks for one: every dyad has one session, so that "
        "nothing repeats within dyads.",
    )


def _permute(fit: Fit, design: Design) -> tuple[dict[str, float], list[str]]:
    """Return the permutation p of each predictor, and which could not be computed and why."""
    permuted: dict[str, float] = {}
    reasons: dict[str, list[str]] = {}
    for term in (t.name for t in fit.request.predictors if fit.n_permutations):
        reason = ""
        try:
            permuted[term] = permutation_p(
                design, term=term, n_permutations=fit.n_permutations, seed=fit.seed
            )
            if not np.isfinite(permuted[term]):
                reason = "No residual is left to exchange."
        except AssociationError as error:
            reason = f"The model without it cannot be fitted. {error.reason}"
        if reason:
            reasons.setdefault(reason, []).append(term)
    refused = [f"No permutation test of {', '.join(t)}: {reason}" for reason, t in reasons.items()]
    return permuted, refused
