"""One estimator for each kind of outcome: coefficients, covariance, likelihood, convergence."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import statsmodels.api as sm
from numpy.typing import NDArray
from scipy.optimize import linprog
from statsmodels.miscmodels.ordinal_model import OrderedModel

from attunement.errors import AssociationError
from attunement.stats.association.design import Design
from attunement.stats.association.firth import fit_firth

Array = NDArray[np.floating]


@dataclass(frozen=True)
class Point:
    """Coefficients of one fit.

    Attributes
    ----------
    label : str
        Name of the model.
    names, terms, roles : tuple of str
        Of each coefficient; role ``intercept`` where it belongs to no term.
    beta : ndarray, shape (p,)
        Coefficients.
    cov : ndarray, shape (p, p)
        Covariance as the model has it.
    log_likelihood : float
        At the solution (penalised under Firth's correction).
    state : ndarray
        All parameters of the optimiser, to start a similar fit from.
    extras : dict
        What else is reported: thresholds, dispersion.
    """

    label: str
    names: tuple[str, ...]
    terms: tuple[str, ...]
    roles: tuple[str, ...]
    beta: Array
    cov: Array
    log_likelihood: float
    state: Array
    extras: dict[str, Any] = field(default_factory=dict)


def fit_point(
    design: Design, *, firth: bool = False, start: Array | None = None, with_cov: bool = True
) -> Point:
    """Fit the model that the kind of outcome names.

    continuous: least squares. binary: logistic, or with Firth's penalty. ordered: proportional
    odds. unordered: multinomial logistic against the first category. count: Poisson
    pseudo-likelihood (its covariance assumes no overdispersion; use the jackknife). time: Cox with
    Efron's ties.

    Without `with_cov` the covariance may be left at zero where it takes long (ordered).

    Raises
    ------
    AssociationError
        When the fit does not converge, or categories are separated.
    """
    if design.levels and len(np.unique(design.y)) < len(design.levels):
        raise AssociationError("A category of the outcome has no case among the rows fitted.")
    k = design.x.shape[1]
    if design.n <= k or (design.x == design.x[:1]).all(0).any():
        raise AssociationError(
            f"{design.n} rows cannot tell {k} predictors apart, or one is constant.",
            "Use fewer predictors.",
        )
    if not design.event.any():
        raise AssociationError("No time ended in an event among the rows fitted.")
    if firth:
        return _firth(design, start)
    if design.kind == "ordered":
        return _ordered(design, start, with_cov=with_cov)
    return _FITS[design.kind](design, start)


def separation(design: Design, y: Array | None = None) -> str:
    """Return ``"complete"``, ``"quasi"`` or ``""`` for a binary outcome, by linear programming.

    Source: Konis (2007), Linear programming algorithms for detecting separated data in binary
    logistic regression models.
    """
    signs = 2 * (design.y if y is None else y) - 1
    x = design.with_intercept()
    x = x / np.abs(x).max(0)
    signed = signs[:, None] * x
    solution = linprog(-signed.sum(0), A_ub=-signed, b_ub=np.zeros(design.n), bounds=(-1, 1))
    margins = signed @ solution.x
    if margins.sum() < 1e-6:
        return ""
    return "complete" if margins.min() > 1e-8 else "quasi"


def _quiet(fit: Callable[[], Any], what: str) -> Any:
    """Run a statsmodels fit; what it warns of is either checked afterwards or an error here."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return fit()
        except (np.linalg.LinAlgError, ValueError, FloatingPointError) as error:
            raise AssociationError(
                f"The {what} model cannot be fitted ({error}).",
                "Use fewer predictors, or check for categories with few cases.",
            ) from None


def _checked(converged: bool, beta: Array, cov: Array, what: str) -> None:
    finite = np.isfinite(beta).all() and np.isfinite(cov).all()
    if not converged or not finite or np.abs(cov).max() > 1e8:
        raise AssociationError(
            f"The {what} model did not converge.",
            "Use fewer predictors, rescale them, or check for categories with few cases.",
        )


def _labelled(design: Design) -> Any:
    return {
        "names": ("intercept", *design.names),
        "terms": ("intercept", *design.terms),
        "roles": ("intercept", *design.roles),
    }


def _linear(design: Design, start: Array | None) -> Point:
    del start
    done = _quiet(lambda: sm.OLS(design.y, design.with_intercept()).fit(), "linear")
    if done.model.rank < design.x.shape[1] + 1:
        raise AssociationError("The linear model is singular.", "Use fewer predictors.")
    # A row with a leverage of 1, or a perfect fit: what is not finite is refused with the errors.
    with np.errstate(all="ignore"):
        extras = {
            "r_squared": float(done.rsquared),
            "hc3": done.get_robustcov_results("HC3").cov_params(),
        }
        return Point(
            "linear regression", **_labelled(design), beta=done.params, cov=done.cov_params(),
            log_likelihood=float(done.llf), state=done.params, extras=extras,
        )  # fmt: skip


def _logistic(design: Design, start: Array | None) -> Point:
    model = sm.Logit(design.y, design.with_intercept())
    done = _quiet(lambda: model.fit(disp=0, start_params=start, maxiter=100), "logistic")
    _checked(done.mle_retvals["converged"], done.params, done.cov_params(), "logistic")
    return Point(
        "logistic regression", **_labelled(design), beta=done.params, cov=done.cov_params(),
        log_likelihood=float(done.llf), state=done.params,
    )  # fmt: skip


def _firth(design: Design, start: Array | None) -> Point:
    done = fit_firth(design.y, design.with_intercept(), start=start)
    _checked(done.converged, done.beta, done.cov, "penalised logistic")
    return Point(
        "logistic regression with Firth's correction", **_labelled(design), beta=done.beta,
        cov=done.cov, log_likelihood=done.log_likelihood, state=done.beta,
    )  # fmt: skip


def _ordered(design: Design, start: Array | None, *, with_cov: bool = True) -> Point:
    # Unit scale: the optimiser works on gradients that are alike, and results are scaled back.
    scale = design.x.std(0)
    model = OrderedModel(design.y.astype(int), design.x / scale, distr="logit")
    done = _quiet(
        lambda: model.fit(
            method="bfgs", disp=0, start_params=start, maxiter=500, skip_hessian=True
        ),
        "ordered",
    )
    k = design.x.shape[1]
    beta = np.asarray(done.params)[:k] / scale
    # The Hessian is numeric and takes longer than the fit.
    cov = np.zeros((k, k))
    if with_cov:
        inverse = _quiet(lambda: np.linalg.inv(-model.hessian(done.params)), "ordered")
        cov = inverse[:k, :k] / np.outer(scale, scale)
    # BFGS reports failure at the limit of floating-point precision; the gradient tells.
    flat = np.abs(model.score(done.params)).max() < 1e-3 * design.n
    _checked(bool(flat) and np.abs(done.params[:k]).max() < 25, beta, cov, "ordered")
    cuts = model.transform_threshold_params(done.params)[1:-1]
    between = zip(design.levels[:-1], design.levels[1:], strict=True)
    thresholds = {f"{a}|{b}": float(c) for (a, b), c in zip(between, cuts, strict=True)}
    return Point(
        "proportional-odds regression", names=design.names, terms=design.terms,
        roles=design.roles, beta=beta, cov=cov, log_likelihood=float(done.llf),
        state=np.asarray(done.params), extras={"thresholds": thresholds},
    )  # fmt: skip


def _unordered(design: Design, start: Array | None) -> Point:
    model = sm.MNLogit(design.y.astype(int), design.with_intercept())
    state = None if start is None else start
    done = _quiet(lambda: model.fit(disp=0, start_params=state, maxiter=200), "multinomial")
    beta = np.asarray(done.params).T.ravel()
    cov = np.asarray(done.cov_params())
    _checked(done.mle_retvals["converged"] and np.abs(beta).max() < 1e4, beta, cov, "multinomial")
    reference, *others = design.levels
    one = _labelled(design)
    return Point(
        "multinomial logistic regression",
        names=tuple(f"{n} [{level} vs {reference}]" for level in others for n in one["names"]),
        terms=one["terms"] * len(others),
        roles=one["roles"] * len(others),
        beta=beta, cov=cov, log_likelihood=float(done.llf),
        state=np.asarray(done.params).ravel(order="F"),
    )  # fmt: skip


def _count(design: Design, start: Array | None) -> Point:
    model = sm.GLM(
        design.y, design.with_intercept(), family=sm.families.Poisson(), offset=design.offset
    )
    done = _quiet(lambda: model.fit(start_params=start, maxiter=100), "Poisson")
    _checked(bool(done.converged), done.params, done.cov_params(), "Poisson")
    dispersion = float(done.pearson_chi2 / done.df_resid) if done.df_resid else float("nan")
    return Point(
        "Poisson regression", **_labelled(design), beta=done.params, cov=done.cov_params(),
        log_likelihood=float(done.llf), state=done.params, extras={"dispersion": dispersion},
    )  # fmt: skip


def _time(design: Design, start: Array | None) -> Point:
    scale = design.x.std(0)
    model = sm.PHReg(design.y, design.x / scale, status=design.event, ties="efron")
    done = _quiet(lambda: model.fit(disp=0, start_params=start), "Cox")
    beta = np.asarray(done.params)
    score = np.asarray(model.score(beta))
    cov = np.asarray(done.cov_params())
    _checked(bool(np.abs(score).max() < 1e-2) and np.abs(beta).max() < 15, beta, cov, "Cox")
    return Point(
        "Cox regression", names=design.names, terms=design.terms, roles=design.roles,
        beta=beta / scale, cov=cov / np.outer(scale, scale), log_likelihood=float(done.llf),
        state=beta,
    )  # fmt: skip


_FITS: dict[str, Callable[[Design, Array | None], Point]] = {
    "continuous": _linear,
    "binary": _logistic,
    "ordered": _ordered,
    "unordered": _unordered,
    "count": _count,
    "time": _time,
}
