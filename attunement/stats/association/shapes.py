"""Is the middle best? Two lines, not a square: a saturating curve has a significant square too."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import pandas as pd
from scipy import stats

from attunement.errors import AssociationError
from attunement.stats.association.covariates import OFFERED, offered_covariates
from attunement.stats.association.fit import fit_association, prepare
from attunement.stats.association.fit_table import make_table
from attunement.stats.association.missing_codes import MissingValues
from attunement.stats.association.rendering import number, p_value
from attunement.stats.association.result import Result, describe_row
from attunement.stats.association.two_lines import cross_fitted, two_lines

NOT_SHOWN = "not shown"


def good_enough(
    scores: pd.DataFrame,
    *,
    outcome: str,
    predictor: str,
    covariates: str | Sequence[str] = (),
    family: str = "family",
    dyad: str = "dyad",
    session: str = "session",
    kinds: Mapping[str, str] | None = None,
    missing_values: MissingValues = (),
    nan_policy: str = "raise",
    alpha: float = 0.05,
    n_splits: int = 10,
    seed: int = 0,
) -> Result:
    """Ask whether an outcome rises and then falls (or falls and then rises) with a score.

    Fits the square, as the literature does, and two lines that meet at a point found from the
    data. Only two significant slopes of opposite sign are called a midrange, and only where they
    stay so when the meeting point comes from the other half of the families. In simulated studies
    whose truth rises and levels off, the square finds a midrange in 30 / 58 / 90 % of studies with
    60 / 134 / 300 dyads; ``docs/association.md`` has what two lines find.

    Parameters
    ----------
    scores, covariates, family, dyad, session, kinds, missing_values, nan_policy
        As for `fit_association`; sessions of a dyad are averaged.
    outcome : str
        A continuous outcome.
    predictor : str
        Column of a score.
    alpha : float
        Both slopes must have p below it.
    n_splits, seed : int
        Random halvings of the families.

    Returns
    -------
    Result
        Rows ``square``, ``slope below`` and ``slope above`` the meeting point. ``diagnostics``
        holds ``shape`` (``midrange best``, ``midrange worst``, ``not shown``) and ``meets_at``.

    Raises
    ------
    AssociationError
        With fewer than 16 dyads or three different values on a side, and as `fit_association`.
        From 16 dyads on there are two lines; below about 32 they cannot be cross-fitted, which a
        note says, and ``shape`` is ``not shown``.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from attunement.stats.association import good_enough
    >>> x, noise = np.random.default_rng(0).normal(size=(2, 60))
    >>> scores = pd.DataFrame({"dyad": range(60), "mirroring": x, "sensitivity": x + noise})
    >>> scores["sensitivity"] = noise - x**2
    >>> result = good_enough(scores, outcome="sensitivity", predictor="mirroring")
    >>> print(result.diagnostics["shape"])
    midrange best
    >>> print(result.table[["term", "estimate"]].round(1))
              term  estimate
    0       square      -1.0
    1  slope below       1.4
    2  slope above      -2.3
    """
    if covariates == OFFERED:
        scores, covariates = offered_covariates(scores)
    squared = fit_association(
        scores, outcome=outcome, kind="continuous", predictors=[predictor, f"{predictor}^2"],
        covariates=covariates, family=family, dyad=dyad, session=session, kinds=kinds,
        missing_values=missing_values, nan_policy=nan_policy, n_permutations=0, alpha=alpha,
    )  # fmt: skip
    rows, design = prepare(squared.refit)
    square_term = f"{predictor}^2"
    plain = design.without(np.array([term == square_term for term in design.terms]))
    meets_at, lines = two_lines(plain, predictor, alpha=alpha)
    table = make_table(rows, lines[0], lines[1], {})
    chosen = table[table["term"].isin(("slope below", "slope above"))]
    square = squared.table[squared.table["term"] == square_term].assign(term="square")
    table = pd.concat([square, chosen], ignore_index=True).drop(columns="p_permutation")
    below, above = (table[table["term"] == name].iloc[0] for name in ("slope below", "slope above"))
    notes = [*squared.notes]
    try:
        t = cross_fitted(plain, predictor, n_splits=n_splits, seed=seed)
    except AssociationError as error:
        t = np.full(2, np.nan)
        notes.append(
            f"Not cross-fitted, and so no best middle is claimed: half of the {rows.n_dyads} dyads "
            f"are too few. {error.reason}"
        )
    p_crossed = 2 * stats.t.sf(np.abs(t), lines[1].df)
    agree = (
        np.isfinite(t).all()
        and max(below["p"], above["p"], *p_crossed) < alpha
        and below["estimate"] * above["estimate"] < 0
        and np.sign(below["estimate"]) == np.sign(t[0])
        and np.sign(above["estimate"]) == np.sign(t[1])
    )
    table["p_cross_fitted"] = [np.nan, *p_crossed]
    shape = NOT_SHOWN
    if agree:
        shape = "midrange best" if below["estimate"] > 0 else "midrange worst"
    said = {
        "midrange best": f"The middle of {predictor} goes with the highest {outcome}",
        "midrange worst": f"The middle of {predictor} goes with the lowest {outcome}",
        NOT_SHOWN: f"Two lines do not agree that the middle of {predictor} is best or worst for "
        f"{outcome}",
    }[shape]
    sentences = [f"{said} (lines meet at {number(meets_at)})."] + [
        describe_row(row, outcome=outcome, kind="continuous", alpha=alpha)
        for row in table.to_dict("records")
    ]
    square_p = float(square["p"].iloc[0])
    if square_p < alpha and not agree:
        notes.append(
            f"The square alone (p {p_value(square_p)}) shows a bend, such as levelling off; it is "
            "no evidence that the middle is best."
        )
    diagnostics = {
        **squared.diagnostics, "notes": tuple(notes), "shape": shape, "meets_at": meets_at,
        "n_splits": n_splits, "seed": seed,
        "checks": squared.diagnostics["checks"].iloc[:0],
    }  # fmt: skip
    title = f"{outcome} and {predictor}: square and two lines"
    return Result(title, table, tuple(sentences), MappingProxyType(diagnostics))
