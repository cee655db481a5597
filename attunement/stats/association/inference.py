"""From coefficients to intervals and p-values: which covariance, which reference distribution."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from attunement.errors import AssociationError
from attunement.stats.association.design import Design
from attunement.stats.association.estimators import SUSPICIOUS, Point, fit_point, largest_change
from attunement.stats.association.firth import FirthFit, profile
from attunement.stats.association.likelihoods import likelihood
from attunement.stats.association.mixed import fit_mixed
from attunement.stats.association.penalised import Penalised
from attunement.stats.association.profiles import profile_penalised
from attunement.stats.association.separation import Separation, find_separation
from attunement.stats.association.sparse import (
    rare_levels,
    separated_terms,
    separation_words,
    sparse_warnings,
)
from attunement.stats.association.terms import shown_term

Array = NDArray[np.floating]

# Cases of the rarer category for each coefficient under which Firth's penalty is used.
_CASES_PER_COEFFICIENT = 5
_FEW_CLUSTERS = 10
_LEAST_CLUSTERS = 2


@dataclass(frozen=True)
class Inference:
    """Coefficients with their uncertainty; arrays have one entry a coefficient.

    Attributes
    ----------
    point : Point
        The fit.
    cov : ndarray, shape (p, p)
        The covariance that intervals rest on.
    std_error_kind : str
        In words.
    df : float
        Degrees of freedom of t; infinite for a normal reference.
    ci_low, ci_high, statistic, p : ndarray, shape (p,)
        Two-sided.
    notes : tuple of str
        What was decided from the data.
    warnings : tuple of str
        What makes some of it unsure: separation, single cases, sparse cells.
    separated : tuple of str
        Names of the coefficients that have no finite estimate without a penalty.
    marks : tuple of str, shape (p,)
        The same of each coefficient, in few words; empty: of all what `notes` say.
    """

    point: Point
    cov: Array
    std_error_kind: str
    df: float
    ci_low: Array
    ci_high: Array
    statistic: Array
    p: Array
    notes: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    separated: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()

    @property
    def std_error(self) -> Array:
        """Standard errors."""
        return np.sqrt(np.diag(self.cov))


def infer(
    design: Design,
    *,
    std_error: str,
    firth: bool | None,
    mixed: bool,
    alpha: float,
    crossed: bool = False,
) -> Inference:
    """Fit and judge a design.

    ``std_error="auto"`` is HC3 with t(n - k) for a continuous outcome with one row a family, the
    leave-one-family-out jackknife with t(G - 1) wherever a family has several rows and for counts,
    and the model's own covariance otherwise.
    """
    notes: list[str] = []
    if mixed:
        point, mixed_notes = fit_mixed(design, crossed=crossed)
        return _wald(
            point, point.cov, str(point.extras["std_error_kind"]),
            max(1.0, design.n_clusters - len(point.beta)), alpha, tuple(mixed_notes),
        )  # fmt: skip
    found = find_separation(design)
    use_firth = _use_firth(design, firth, found, notes)
    kind = _choose(design, std_error)
    try:
        point = fit_point(design, firth=use_firth)
    except AssociationError:
        if use_firth or firth is False or design.kind == "continuous":
            raise
        # Near separation the maximum is finite, but far out on a ridge so flat that it is missed.
        point, use_firth = fit_point(design, firth=True), True
        notes.append(
            "Penalised likelihood, because the maximum of the likelihood was not found: the "
            f"predictors nearly separate {design.outcome}, or categories have few cases."
        )
    result = _judge(design, point, kind, alpha, firth=use_firth, notes=notes)
    apart = separated_terms(design) if found else ()
    if found is not None and kind == "jackknife":
        result = _without_intervals(result, found, notes)
    return replace(
        result,
        notes=tuple(notes),
        warnings=(
            *_separated(design, found),
            *_nearly_separated(design, result),
            *sparse_warnings(design, told=apart),
        ),
        separated=tuple(
            name
            for name, direction in zip(
                point.names, found.directions if found else (0,) * len(point.names), strict=True
            )
            if direction
        ),
        marks=_marks(design, result, found, apart, notes),
    )


def _judge(
    design: Design, point: Point, kind: str, alpha: float, *, firth: bool, notes: list[str]
) -> Inference:
    if kind == "hc3":
        cov = np.asarray(point.extras["hc3"])
        return _wald(point, cov, "HC3", design.n - len(point.beta), alpha, ())
    if kind == "jackknife":
        if design.n_clusters < _FEW_CLUSTERS:
            notes.append(
                f"Only {design.n_clusters} families: standard errors between families are unsure."
            )
        cov = jackknife_cov(design, point, firth=firth)
        return _wald(point, cov, "leave-one-family-out jackknife", design.n_clusters - 1, alpha, ())
    df = design.n - len(point.beta) if design.kind == "continuous" else np.inf
    result = _wald(point, point.cov, "model", float(df), alpha, ())
    return _profiled(result, design, alpha, notes) if firth else result


def _without_intervals(result: Inference, found: Separation, notes: list[str]) -> Inference:
    """Leave out what a jackknife says of coefficients that the data do not bound.

    Families that all agree give the same penalised estimate whichever is left out, so that its
    spread between them would pass for precision.
    """
    apart = np.array(found.directions) != 0
    notes.append(
        "No standard error, interval and p of the separated coefficients: families that all agree "
        "do not tell how far an estimate varies between families. The permutation p holds."
    )
    cov = result.cov.copy()
    cov[apart], cov[:, apart] = np.nan, np.nan

    def emptied(values: Array) -> Array:
        return np.where(apart, np.nan, values)

    return replace(
        result,
        cov=cov,
        ci_low=emptied(result.ci_low),
        ci_high=emptied(result.ci_high),
        statistic=emptied(result.statistic),
        p=emptied(result.p),
    )


def _separated(design: Design, found: Separation | None) -> tuple[str, ...]:
    if found is None:
        return ()
    how = "complete" if found.complete else "quasi-complete"
    return (
        f"Separation ({how}): {separation_words(design, found)}. Maximum likelihood has no finite "
        "estimate there; how strong the association is, the data bound on one side only, and the "
        "size of the penalised estimate rests on the penalty.",
    )


def _nearly_separated(design: Design, result: Inference) -> tuple[str, ...]:
    """Wald's test loses its power where estimates are far out (Hauck & Donner 1977)."""
    far = design.kind != "continuous" and not result.point.penalised
    if not far or largest_change(design, result.point) <= SUSPICIOUS:
        return ()
    return (
        f"The predictors nearly separate {design.outcome}: an estimate is beyond {SUSPICIOUS:g} a "
        "standard deviation. Wald's p and interval are not to be trusted here: standard errors "
        "grow faster than such estimates. See the permutation p, or use firth=True.",
    )


def _marks(
    design: Design,
    result: Inference,
    found: Separation | None,
    apart: tuple[str, ...],
    notes: list[str],
) -> tuple[str, ...]:
    """Return for each coefficient what a reader of its row must know."""
    whole = [note for note in notes if note.startswith("Only ")]
    if result.point.penalised:
        name = "Firth's correction" if design.kind == "binary" else "penalised likelihood"
        why = f": separated by {', '.join(map(shown_term, apart))}" if found else ""
        few = any("rarer category" in note for note in notes)
        whole.append(name + (why or ": few cases of the rarer category" * few))
    if _nearly_separated(design, result):
        whole.append("nearly separated: Wald's p is not to be trusted")
    rare = rare_levels(design) if design.kind == "unordered" else {}
    marks = []
    for k, name in enumerate(result.point.names):
        said = [*whole, *([result.marks[k]] if result.marks and result.marks[k] else [])]
        if found is not None and found.directions[k] == 2:
            said.append("the data leave its sign open")
        said += [
            f"{level} has {n} case{'s' * (n != 1)}"
            for level, n in rare.items()
            if name.endswith(f" [{level} vs {design.levels[0]}]") or level == design.levels[0]
        ]
        marks.append("; ".join(said))
    return tuple(marks)


def jackknife_cov(design: Design, point: Point, *, firth: bool) -> Array:
    """Return (G - 1) / G times the sum over families of (b without it - b) squared.

    Source: Efron (1981); as CV3 for clusters MacKinnon, Nielsen & Webb (2023), Cluster-robust
    inference: a guide to empirical practice.
    """
    if design.n_clusters < _LEAST_CLUSTERS:
        raise AssociationError(
            f"Standard errors between families need at least {_LEAST_CLUSTERS} families; there is "
            "1.",
            "From one family nothing follows for others.",
        )
    deviations = []
    for cluster in np.unique(design.clusters):
        rest = design.take(design.clusters != cluster)
        try:
            again = fit_point(rest, firth=firth, start=point.state)
        except AssociationError as error:
            raise AssociationError(
                "Leaving one family out makes the model impossible to fit, so that it rests on "
                f"that family ({error.reason})",
                "Join rare categories, or use fewer predictors.",
            ) from None
        deviations.append(again.beta - point.beta)
    g = len(deviations)
    stacked = np.array(deviations)
    return (g - 1) / g * stacked.T @ stacked


def _choose(design: Design, std_error: str) -> str:
    if std_error == "hc3" and design.kind != "continuous":
        raise AssociationError("std_error='hc3' is for a continuous outcome.", "Use 'auto'.")
    if std_error in ("hc3", "model") and not design.one_row_a_cluster:
        raise AssociationError(
            f"std_error={std_error!r} takes rows for independent, but families have several.",
            "Use 'auto' or 'jackknife'.",
        )
    if std_error != "auto":
        return std_error
    if not design.one_row_a_cluster or design.kind == "count":
        return "jackknife"
    return "hc3" if design.kind == "continuous" else "model"


def _use_firth(
    design: Design, firth: bool | None, found: Separation | None, notes: list[str]
) -> bool:
    if design.kind == "continuous":
        if firth:
            raise AssociationError("firth=True is for outcomes other than continuous ones.")
        return False
    if firth is False:
        if found is not None:
            raise AssociationError(
                f"{design.outcome} is separated by the predictors: maximum likelihood has no "
                f"finite estimate, because {separation_words(design, found)}.",
                "Leave firth to its default, join rare categories, or leave that predictor out.",
            )
        return False
    if firth:
        return True
    if found is not None:
        name = "Firth's correction" if design.kind == "binary" else "Jeffreys' penalty"
        notes.append(f"{name}, because the predictors separate {design.outcome}.")
        return True
    if design.kind != "binary":
        return False
    rarer = int(min(design.y.sum(), design.n - design.y.sum()))
    k = design.x.shape[1] + 1
    if rarer < _CASES_PER_COEFFICIENT * k:
        notes.append(
            f"Firth's correction, because the rarer category has {rarer} cases for {k} "
            "coefficients."
        )
        return True
    return False


def _wald(
    point: Point, cov: Array, kind: str, df: float, alpha: float, notes: tuple[str, ...]
) -> Inference:
    with np.errstate(invalid="ignore"):
        error = np.sqrt(np.diag(cov))
    if not np.isfinite(error).all() or (error <= 0).any():
        raise AssociationError(
            "Some standard errors are zero or not finite.", "Simplify the model."
        )
    statistic = point.beta / error
    half = stats.t.ppf(1 - alpha / 2, df) * error
    return Inference(
        point, cov, kind, float(df), point.beta - half, point.beta + half, statistic,
        2 * stats.t.sf(np.abs(statistic), df), notes,
    )  # fmt: skip


def _profiled(result: Inference, design: Design, alpha: float, notes: list[str]) -> Inference:
    """Replace Wald's intervals and tests by those of the penalised likelihood."""
    point = result.point
    count = range(len(point.beta))
    if design.kind == "binary":
        x = design.with_intercept()
        binary = FirthFit(point.beta, point.cov, point.log_likelihood, True)
        rows = [(*profile(design.y, x, binary, k, alpha=alpha), "") for k in count]
    else:
        model = likelihood(design)
        fit = Penalised(point.state, point.log_likelihood, True)
        rows = [
            profile_penalised(model, fit, k, spread=float(result.std_error[k]), alpha=alpha)
            for k in count
        ]
    low, high, square, p = np.array([row[:4] for row in rows], dtype=float).T
    why = tuple(row[4] for row in rows)
    for reason in sorted(set(why) - {""}):
        of_it = ", ".join(name for name, w in zip(point.names, why, strict=True) if w == reason)
        notes.append(
            f"No interval or no p of {of_it}: {reason}. The permutation p does not rest on it."
        )
    return replace(
        result,
        std_error_kind="penalised likelihood",
        ci_low=low,
        ci_high=high,
        statistic=np.sign(point.beta) * np.sqrt(square),
        p=p,
        marks=tuple(f"not computed: {reason}" if reason else "" for reason in why),
    )
