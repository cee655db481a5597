"""From coefficients to intervals and p-values: which covariance, which reference distribution."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from attunement.errors import AssociationError
from attunement.stats.association.design import Design
from attunement.stats.association.estimators import Point, fit_point, separation
from attunement.stats.association.firth import FirthFit, profile
from attunement.stats.association.mixed import fit_mixed

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
            point, point.cov, "mixed model", max(1.0, design.n_clusters - len(point.beta)),
            alpha, tuple(mixed_notes),
        )  # fmt: skip
    use_firth = _use_firth(design, firth, notes)
    kind = _choose(design, std_error)
    point = fit_point(design, firth=use_firth)
    if kind == "hc3":
        cov = np.asarray(point.extras["hc3"])
        return _wald(point, cov, "HC3", design.n - len(point.beta), alpha, tuple(notes))
    if kind == "jackknife":
        if design.n_clusters < _FEW_CLUSTERS:
            notes.append(
                f"Only {design.n_clusters} families: standard errors between families are unsure."
            )
        cov = jackknife_cov(design, point, firth=use_firth)
        return _wald(
            point, cov, "leave-one-family-out jackknife", design.n_clusters - 1, alpha, tuple(notes)
        )
    df = design.n - len(point.beta) if design.kind == "continuous" else np.inf
    result = _wald(point, point.cov, "model", float(df), alpha, tuple(notes))
    return _profiled(result, design, alpha) if use_firth else result


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
            again = fit_point(rest, firth=firth, start=point.state, with_cov=False)
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


def _use_firth(design: Design, firth: bool | None, notes: list[str]) -> bool:
    if design.kind != "binary":
        if firth:
            raise AssociationError("firth=True is for a binary outcome.")
        return False
    apart = separation(design)
    rarer = int(min(design.y.sum(), design.n - design.y.sum()))
    k = design.x.shape[1] + 1
    if firth is False:
        if apart:
            raise AssociationError(
                f"The outcome is separated ({apart}) by the predictors: maximum likelihood has no "
                "finite estimate.",
                "Leave firth to its default, or use fewer predictors.",
            )
        return False
    if firth:
        return True
    if apart:
        notes.append(f"Firth's correction, because the outcome is separated ({apart}).")
        return True
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


def _profiled(result: Inference, design: Design, alpha: float) -> Inference:
    """Replace Wald's intervals and tests by those of the penalised likelihood."""
    point = result.point
    x = design.with_intercept()
    fit = FirthFit(point.beta, point.cov, point.log_likelihood, True)
    rows = np.array([profile(design.y, x, fit, k, alpha=alpha) for k in range(len(point.beta))])
    signed = np.sign(point.beta) * np.sqrt(rows[:, 2])
    return replace(
        result,
        std_error_kind="penalised likelihood",
        ci_low=rows[:, 0],
        ci_high=rows[:, 1],
        statistic=signed,
        p=rows[:, 3],
    )
