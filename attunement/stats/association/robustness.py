"""How far a result depends on single families, on how they were drawn, and on coverage."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement.errors import AssociationError, TableError
from attunement.stats.association.design import Design, check_design
from attunement.stats.association.estimators import fit_point
from attunement.stats.association.fit import prepare, run_fit
from attunement.stats.association.mixed import fit_mixed
from attunement.stats.association.result import STATISTICS, Result

Array = NDArray[np.floating]

_MOST_FAILED = 0.1


def bootstrap(result: Result, *, n: int = 999, seed: int = 0) -> pd.DataFrame:
    """Return percentile intervals from drawing whole families with replacement.

    Parameters
    ----------
    result : Result
        Of `fit_association`.
    n : int
        Draws.
    seed : int
        Of the draws.

    Returns
    -------
    pandas.DataFrame
        The columns of a result's table; std_error is the sd over draws; statistic, df and p are
        missing. So are std_error and interval of separated coefficients: families that all agree
        give nearly the same penalised estimate in every draw. ``n_draws`` and ``n_failed`` count
        draws used and draws whose fit was impossible.

    Raises
    ------
    AssociationError
        When over a tenth of the draws cannot be fitted.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from attunement.stats.association import bootstrap, fit_association
    >>> x, noise = np.random.default_rng(0).normal(size=(2, 60))
    >>> scores = pd.DataFrame({"dyad": range(60), "mirroring": x, "sensitivity": x + noise})
    >>> result = fit_association(
    ...     scores, outcome="sensitivity", kind="continuous", predictors="mirroring"
    ... )
    >>> print(bootstrap(result, n=99)[["term", "estimate", "n_draws"]].round(2))
            term  estimate  n_draws
    0  intercept      0.10       99
    1  mirroring      0.87       99
    """
    _, design = prepare(result.refit)
    rows_of = [np.flatnonzero(design.clusters == c) for c in np.unique(design.clusters)]
    rng = np.random.default_rng(seed)
    draws, failed = [], 0
    estimate = _estimator(result)
    for _ in range(n):
        chosen = rng.integers(len(rows_of), size=len(rows_of))
        rows = np.concatenate([rows_of[k] for k in chosen])
        labels = np.concatenate([np.full(len(rows_of[k]), i) for i, k in enumerate(chosen)])
        drawn = replace(design.take(rows), clusters=labels)
        try:
            check_design(drawn)
            draws.append(estimate(drawn))
        except AssociationError:
            failed += 1
    if failed > _MOST_FAILED * n:
        raise AssociationError(
            f"{failed} of {n} draws of families cannot be fitted.",
            "Categories are too rare for a bootstrap; join some, or rely on the permutation test.",
        )
    values = np.array(draws)
    values[:, result.table["term"].isin(result.diagnostics["separated"])] = np.nan
    alpha = result.refit.request.alpha
    low, high = np.quantile(values, [alpha / 2, 1 - alpha / 2], axis=0)
    return result.table[[*STATISTICS, "role"]].assign(
        std_error=values.std(0, ddof=1),
        ci_low=low,
        ci_high=high,
        statistic=np.nan,
        df=np.nan,
        p=np.nan,
        n_draws=len(draws),
        n_failed=failed,
    )


def leave_one_family_out(result: Result) -> pd.DataFrame:
    """Return the estimates without each family in turn.

    Returns
    -------
    pandas.DataFrame
        family, term, estimate, change (from the estimate with all), changes_sign, note; one row
        a family and predictor. A fit that is impossible without a family has a note.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from attunement.stats.association import fit_association, leave_one_family_out
    >>> x, noise = np.random.default_rng(0).normal(size=(2, 60))
    >>> scores = pd.DataFrame({"dyad": range(60), "mirroring": x, "sensitivity": x + noise})
    >>> result = fit_association(
    ...     scores, outcome="sensitivity", kind="continuous", predictors="mirroring"
    ... )
    >>> left = leave_one_family_out(result)
    >>> print(left["changes_sign"].sum(), "of", len(left), "families turn the sign")
    0 of 60 families turn the sign
    """
    rows, design = prepare(result.refit)
    names = rows.ids["family"].to_numpy()
    whole = result.table["estimate"].to_numpy(float)
    kept = result.table["role"].isin(("predictor", "added")).to_numpy()
    estimate = _estimator(result)
    refitted = []
    for code in np.unique(design.clusters):
        family = names[design.clusters == code][0]
        try:
            without, note = estimate(design.take(design.clusters != code)), ""
        except AssociationError as error:
            without, note = np.full(len(whole), np.nan), error.reason
        for k in np.flatnonzero(kept):
            refitted.append(
                {
                    "family": family,
                    "term": result.table["term"].iloc[k],
                    "estimate": without[k],
                    "change": without[k] - whole[k],
                    "changes_sign": bool(without[k] * whole[k] < 0),
                    "note": note,
                }
            )
    return pd.DataFrame(refitted)


def by_coverage(result: Result, *, coverage: str, at_least: Sequence[float]) -> pd.DataFrame:
    """Return the result again for sessions with at least so much coverage.

    Parameters
    ----------
    result : Result
        Of `fit_association`.
    coverage : str
        Column of the scores, such as ``coverage_infant`` or ``n_scorable``.
    at_least : sequence of float
        Floors to compare.

    Returns
    -------
    pandas.DataFrame
        at_least, the columns of a result's table for the predictors, note. A fit that is
        impossible at a floor is a row with a note.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from attunement.stats.association import by_coverage, fit_association
    >>> x, noise = np.random.default_rng(0).normal(size=(2, 60))
    >>> scores = pd.DataFrame({"dyad": range(60), "mirroring": x, "sensitivity": x + noise})
    >>> scores["coverage_infant"] = np.linspace(0.4, 1, 60)
    >>> result = fit_association(
    ...     scores, outcome="sensitivity", kind="continuous", predictors="mirroring"
    ... )
    >>> table = by_coverage(result, coverage="coverage_infant", at_least=[0, 0.6, 0.8])
    >>> print(table[["at_least", "term", "estimate", "n_dyads"]].round(2))
       at_least       term  estimate  n_dyads
    0       0.0  mirroring      0.87       60
    1       0.6  mirroring      0.65       40
    2       0.8  mirroring      0.74       20
    """
    scores = result.refit.scores
    if coverage not in scores.columns:
        raise TableError(f"The scores have no column {coverage!r}.")
    tables = []
    for floor in at_least:
        chosen = scores[scores[coverage] >= floor]
        try:
            again = run_fit(replace(result.refit, scores=chosen)).table
            again = again[again["role"].isin(("predictor", "added"))]
            tables.append(again.assign(at_least=float(floor)))
        except (AssociationError, TableError) as error:
            tables.append(pd.DataFrame([{"at_least": float(floor), "note": error.reason}]))
    joined = pd.concat(tables, ignore_index=True)
    for name in STATISTICS:
        if name not in joined:
            joined[name] = np.nan
    first = ["at_least", *STATISTICS]
    return joined[[*first, *(name for name in joined.columns if name not in first)]]


class _estimator:
    """The point estimate of a result's model, as a function of a design."""

    def __init__(self, result: Result) -> None:
        request = result.refit.request
        self.mixed = request.repeated == "mixed" and result.diagnostics["unit"] == "session"
        self.crossed = bool(request.partner)
        self.firth = bool(result.diagnostics["penalised"])

    def __call__(self, design: Design) -> Array:
        if self.mixed:
            return fit_mixed(design, crossed=self.crossed)[0].beta
        return fit_point(design, firth=self.firth).beta
