"""One estimator for each kind of outcome: coefficients, covariance, likelihood, convergence."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import statsmodels.api as sm
from numpy.typing import NDArray

from attunement.errors import AssociationError
from attunement.stats.association.design import Design
from attunement.stats.association.firth import fit_firth
from attunement.stats.association.likelihoods import likelihood
from attunement.stats.association.penalised import covariance, fit_penalised, search_penalised
from attunement.stats.association.proportional_odds import fit_proportional_odds
from attunement.stats.association.separation import find_separation
from attunement.stats.association.sparse import separation_words

Array = NDArray[np.floating]

# Changes of the logarithm of odds or risks by one standard deviation; what is larger is looked at.
SUSPICIOUS = 5.0


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
    penalised : bool
        Whether the likelihood was penalised.
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
    penalised: bool = False


def fit_point(design: Design, *, firth: bool = False, start: Array | None = None) -> Point:
    """Fit the model that the kind of outcome names.

    continuous: least squares. binary: logistic, or with Firth's penalty. ordered: proportional
    odds. unordered: multinomial logistic against the first category. count: Poisson
    pseudo-likelihood (its covariance assumes no overdispersion; use the jackknife). time: Cox with
    Efron's ties.

    Raises
    ------
    AssociationError
        When the fit does not converge, or the predictors separate the outcome, which is then
        said with the predictor and the categories.
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
        return _firth(design, start) if design.kind == "binary" else _penalised(design, start)
    try:
        point = _FITS[design.kind](design, start)
    except AssociationError:
        _refuse_separated(design)
        raise
    if design.kind != "continuous" and largest_change(design, point) > SUSPICIOUS:
        # Optimisers stop somewhere on the way to infinity and call it convergence.
        _refuse_separated(design)
    return point


def largest_change(design: Design, point: Point) -> float:
    """Return the largest change that one standard deviation of a column makes."""
    slopes = point.beta
    if design.kind in ("binary", "count", "unordered"):
        of_levels = len(design.levels) - 1 if design.kind == "unordered" else 1
        slopes = slopes.reshape(of_levels, -1)[:, 1:]
    return float(np.abs(slopes * design.x.std(0)).max())


def _refuse_separated(design: Design) -> None:
    found = find_separation(design)
    if found is not None:
        raise AssociationError(
            f"{design.outcome} is separated by the predictors, so that maximum likelihood has no "
            f"finite estimate: {separation_words(design, found)}.",
            "Leave firth to its default, join rare categories, or leave that predictor out.",
        )


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
        cov=done.cov, log_likelihood=done.log_likelihood, state=done.beta, penalised=True,
    )  # fmt: skip


def _penalised(design: Design, start: Array | None) -> Point:
    """Fit with Jeffreys' penalty; the names are those of the fit without it."""
    model = likelihood(design)
    done = search_penalised(model) if start is None else fit_penalised(model, start=start)
    what = _LABELS[design.kind]
    beta, cov = model.reported @ done.params, covariance(model, done)
    if not done.converged or not np.isfinite(beta).all():
        raise AssociationError(
            f"The penalised {what} did not converge.",
            "Use fewer predictors, rescale them, or check for categories with few cases.",
        )
    names = _of_levels(design) if design.kind == "unordered" else _labelled(design)
    if design.kind in ("ordered", "time"):
        names = {"names": design.names, "terms": design.terms, "roles": design.roles}
    extras: dict[str, Any] = {}
    if model.thresholds is not None:
        extras["thresholds"] = _thresholds(design, model.thresholds(done.params))
    return Point(
        f"{what} with a penalised likelihood", **names, beta=beta, cov=cov,
        log_likelihood=done.log_likelihood, state=done.params, extras=extras, penalised=True,
    )  # fmt: skip


def _thresholds(design: Design, cuts: Array) -> dict[str, float]:
    between = zip(design.levels[:-1], design.levels[1:], strict=True)
    return {f"{a}|{b}": float(c) for (a, b), c in zip(between, cuts, strict=True)}


def _of_levels(design: Design) -> Any:
    """Return names, terms and roles of an unordered outcome: those of each category in turn."""
    reference, *others = design.levels
    one = _labelled(design)
    return {
        "names": tuple(f"{n} [{level} vs {reference}]" for level in others for n in one["names"]),
        "terms": one["terms"] * len(others),
        "roles": one["roles"] * len(others),
    }


def _ordered(design: Design, start: Array | None) -> Point:
    # Unit scale, so that the gradient's tolerance means the same for every column.
    centre, scale = design.x.mean(0), design.x.std(0)
    x = (design.x - centre) / scale
    done = fit_proportional_odds(design.y.astype(np.int64), x, start=start)
    n_cuts, k = len(done.cuts), design.x.shape[1]
    beta = done.slopes / scale
    turn = np.eye(n_cuts + k)
    turn[n_cuts:, n_cuts:] = np.diag(1 / scale)
    turn[:n_cuts, n_cuts:] = centre / scale
    cov = turn @ done.cov @ turn.T
    _checked(done.converged and np.abs(done.slopes).max() < 25, beta, cov, "ordered")
    spread = np.sqrt(np.diag(cov)[:n_cuts])
    return Point(
        _LABELS["ordered"], names=design.names, terms=design.terms,
        roles=design.roles, beta=beta, cov=cov[n_cuts:, n_cuts:],
        log_likelihood=done.log_likelihood, state=np.concatenate([done.cuts, done.slopes]),
        extras={
            "thresholds": _thresholds(design, done.cuts + beta @ centre),
            "thresholds_std_error": _thresholds(design, spread),
        },
    )  # fmt: skip


def _unordered(design: Design, start: Array | None) -> Point:
    model = sm.MNLogit(design.y.astype(int), design.with_intercept())
    done = _quiet(lambda: model.fit(disp=0, start_params=start, maxiter=200), "multinomial")
    beta = np.asarray(done.params).T.ravel()
    cov = np.asarray(done.cov_params())
    _checked(done.mle_retvals["converged"] and np.abs(beta).max() < 1e4, beta, cov, "multinomial")
    return Point(
        _LABELS["unordered"], **_of_levels(design), beta=beta, cov=cov,
        log_likelihood=float(done.llf),
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
        _LABELS["count"], **_labelled(design), beta=done.params, cov=done.cov_params(),
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
        _LABELS["time"], names=design.names, terms=design.terms, roles=design.roles,
        beta=beta / scale, cov=cov / np.outer(scale, scale), log_likelihood=float(done.llf),
        state=beta,
    )  # fmt: skip


_LABELS = {
    "ordered": "proportional-odds regression",
    "unordered": "multinomial logistic regression",
    "count": "Poisson regression",
    "time": "Cox regression",
}
_FITS: dict[str, Callable[[Design, Array | None], Point]] = {
    "continuous": _linear,
    "binary": _logistic,
    "ordered": _ordered,
    "unordered": _unordered,
    "count": _count,
    "time": _time,
}
