"""What a figure of a model needs: points, the fitted line with its interval, names and numbers.

The room of figures draws it; here stands what it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from scipy.special import expit, softmax

from attunement.errors import AssociationError
from attunement.stats.association.design import Design
from attunement.stats.association.fit import prepare
from attunement.stats.association.terms import Term
from attunement.stats.association.wording import interval_level

if TYPE_CHECKING:
    from attunement.stats.association.result import Result

Array = NDArray[np.floating]

_N_GRID = 100


@dataclass(frozen=True)
class Drawing:
    """A model along one predictor.

    Attributes
    ----------
    outcome, predictor, kind : str
        Columns, and the kind of the outcome.
    points : pandas.DataFrame
        One row a dyad (or session): dyad, x, y (numbers; the category's number for outcomes of
        categories, a rate where there is an exposure), seen (whether a time ended in an event).
    line : pandas.DataFrame
        x, estimate, ci_low, ci_high: the fitted mean (continuous), probability of the last category
        (binary), rate (count) or hazard against the mean predictor (time); empty for others. The
        interval is point by point, missing where the model has none.
    shares : pandas.DataFrame
        x, category, estimate: fitted probabilities of ordered and unordered outcomes.
    groups : tuple of str
        Names of x where the predictor has categories, 0, 1, ...
    levels : tuple of str
        Names of y where the outcome has categories.
    held : tuple of str
        Other columns of the model, held at their means.
    n : str
        Who went in, as ``58 dyads of 30 families``.
    level : str
        Of the interval, ``95%``.
    said : str
        What the model says of the predictor, in words.
    """

    outcome: str
    predictor: str
    kind: str
    points: pd.DataFrame
    line: pd.DataFrame
    shares: pd.DataFrame
    groups: tuple[str, ...]
    levels: tuple[str, ...]
    held: tuple[str, ...]
    n: str
    level: str
    said: str


def make_drawing(result: Result, predictor: str = "") -> Drawing:
    """Return what a figure of a fitted model needs.

    Parameters
    ----------
    result : Result
        From `fit_association`.
    predictor : str, optional
        Which column to draw along; the first predictor that is a column by default.

    Raises
    ------
    AssociationError
        When the result has no rows of its own (`good_enough`, `bootstrap`), or the predictor is not
        a column of the model.
    """
    if result.refit is None:
        raise AssociationError(
            f"{result.title!r} holds no points to draw.", "Draw the result of fit_association."
        )
    request = result.refit.request
    columns = [name for term in request.predictors for name in term.columns]
    chosen = predictor or columns[0]
    names = {name for term in request.terms for name in term.columns}
    if chosen not in names:
        raise AssociationError(
            f"{chosen!r} is no column of this model.", f"Columns are {', '.join(sorted(names))}."
        )
    rows, design = prepare(result.refit)
    x, groups = _along(rows.table[chosen], design, chosen)
    y = design.y / np.exp(design.offset) if design.kind == "count" else design.y
    points = pd.DataFrame(
        {"dyad": rows.ids["dyad"], "x": x, "y": y, "seen": design.event.astype(bool)}
    )
    grid = np.arange(len(groups), dtype=float) if groups else np.linspace(x.min(), x.max(), _N_GRID)
    filled = _filled(design, request.terms, chosen, grid, groups)
    return Drawing(
        outcome=request.outcome,
        predictor=chosen,
        kind=design.kind,
        points=points,
        line=_line(result, design, grid, filled, request.alpha),
        shares=_shares(result, design, grid, filled),
        groups=groups,
        levels=design.levels,
        held=tuple(sorted(names - {chosen})),
        n=str(result.n_text),
        level=interval_level(result.diagnostics),
        said=" ".join(result.in_words(chosen)),
    )


def _along(column: pd.Series, design: Design, name: str) -> tuple[Array, tuple[str, ...]]:
    labels = design.categories.get(name)
    if labels is None:
        return column.to_numpy(float), ()
    # In sorted order, as the columns of the design are; labels may be written otherwise.
    return pd.factorize(column, sort=True)[0].astype(float), labels


def _filled(
    design: Design, terms: tuple[Term, ...], chosen: str, grid: Array, groups: tuple[str, ...]
) -> Array:
    """Return the columns of the design along the grid, the other columns at their means.

    Columns within products are centred, so that a product with another column at its mean is zero.
    """
    filled = np.tile(design.x.mean(0), (len(grid), 1))
    by_name = {term.name: term for term in terms}
    for k, (name, owner) in enumerate(zip(design.names, design.terms, strict=True)):
        term = by_name.get(owner, Term(((owner.removesuffix("^2"), 2),)))
        powers = dict(term.factors)
        if chosen not in powers:
            continue
        if len(powers) > 1:
            if not set(powers) & set(design.categories):
                filled[:, k] = 0.0
        elif groups:
            filled[:, k] = [float(name == f"{chosen}[{group}]") for group in groups]
        else:
            centre = 0.0 if term.plain else design.centres.get(chosen, 0.0)
            filled[:, k] = (grid - centre) ** powers[chosen]
    return filled


def _line(result: Result, design: Design, grid: Array, filled: Array, alpha: float) -> pd.DataFrame:
    if design.kind not in ("continuous", "binary", "count", "time"):
        return pd.DataFrame(columns=["x", "estimate", "ci_low", "ci_high"])
    beta = result.table["estimate"].to_numpy(float)
    cov = result.diagnostics["covariance"].to_numpy(float)
    if design.kind == "time":
        full = filled - design.x.mean(0)
    else:
        full = np.column_stack([np.ones(len(grid)), filled])
    eta = full @ beta
    with np.errstate(all="ignore"):
        error = np.sqrt(np.einsum("ij,jk,ik->i", full, cov, full))
        half = stats.t.ppf(1 - alpha / 2, float(result.table["df"].iloc[0])) * error
        turn: Any = {"continuous": np.asarray, "binary": expit}.get(design.kind, np.exp)
        drawn = {"estimate": turn(eta), "ci_low": turn(eta - half), "ci_high": turn(eta + half)}
    return pd.DataFrame({"x": grid, **drawn})


def _shares(result: Result, design: Design, grid: Array, filled: Array) -> pd.DataFrame:
    beta = result.table["estimate"].to_numpy(float)
    if design.kind == "ordered":
        cuts = np.array(list(result.diagnostics["thresholds"].values()))
        below = expit(cuts[None, :] - (filled @ beta)[:, None])
        edges = np.column_stack([np.zeros(len(grid)), below, np.ones(len(grid))])
        shares = np.diff(edges, axis=1)
    elif design.kind == "unordered":
        by_level = beta.reshape(len(design.levels) - 1, -1)
        eta = np.column_stack([np.ones(len(grid)), filled]) @ by_level.T
        shares = softmax(np.column_stack([np.zeros(len(grid)), eta]), axis=1)
    else:
        return pd.DataFrame(columns=["x", "category", "estimate"])
    return pd.concat(
        [
            pd.DataFrame({"x": grid, "category": level, "estimate": shares[:, k]})
            for k, level in enumerate(design.levels)
        ],
        ignore_index=True,
    )
