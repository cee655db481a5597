"""Linear mixed models: sessions within dyads within families, partners crossed with families."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from attunement.errors import AssociationError
from attunement.stats.association.design import Design
from attunement.stats.association.estimators import Point
from attunement.stats.association.rendering import number
from attunement.stats.association.variance_components import Part, Reml, fit_reml

Array = NDArray[np.floating]

MODEL_ERRORS = "mixed model"
JACKKNIFE_ERRORS = "mixed model, leave-one-family-out jackknife"

_AT_ZERO = 1e-4
_FIFTH = 1.2
# Two slopes make six variances and covariances, three would make ten.
_MOST_CORRELATED = 2
_LEAST_FAMILIES = 3


@dataclass(frozen=True)
class _Random:
    """What is random between families beside intercepts.

    Attributes
    ----------
    columns : tuple of int
        Columns of the design with a slope for every family.
    independent : bool
        Whether intercept and slopes are uncorrelated.
    """

    columns: tuple[int, ...] = ()
    independent: bool = False


def fit_mixed(design: Design, *, crossed: bool) -> tuple[Point, list[str]]:
    """Fit by REML with a random intercept for every family, and slopes of what varies within them.

    Every column that varies within at least three families has a random slope: without it, the
    sessions of a family count as so many independent witnesses of one slope (Barr, Levy, Scheepers
    & Tily 2013, Random effects structure for confirmatory hypothesis testing: keep it maximal, J.
    Memory and Language 68). One or two slopes are correlated with the intercept and each other;
    more are independent, of columns centred at their means. A dyad within a family with several
    dyads has an intercept of its own where its sessions repeat. With `crossed`, a partner who meets
    several families (a stranger) has one too, crossed with the families.

    Where the rows are too few for slopes, or the models with them do not converge, intercepts alone
    are fitted; standard errors are then those of the leave-one-family-out jackknife, which lets
    slopes differ, or of the model where partners are crossed.

    Returns
    -------
    Point, list of str
        ``extras``: ``variances`` of intercepts, slopes and residual, ``correlations`` between
        intercept and slopes (at 0 of each column, as lme4 has them), ``std_error_kind``. The notes
        say why there are no slopes, which variance is at zero, and which standard error differs by
        more than a fifth from the jackknife's.

    Raises
    ------
    AssociationError
        For fewer than three families, for families without several rows, and where not even the
        model of intercepts converges.
    """
    if design.n_clusters < _LEAST_FAMILIES:
        raise AssociationError("A mixed model needs at least three families.")
    if design.n_clusters == design.n:
        raise AssociationError(
            "No family has several rows: there is nothing for a mixed model to separate.",
            "Use repeated='mean' or 'cluster'.",
        )
    varying = _varying(design)
    done, random, notes = _fit(design, varying, crossed=crossed)
    parts = _parts(design, random, crossed=crossed)
    point = _point(design, done, random, parts)
    notes += _singular(design, done, random, parts)
    if crossed:
        return point, notes
    jackknife = _jackknife(done)
    if varying and not random.columns and jackknife is not None:
        extras = {**point.extras, "std_error_kind": JACKKNIFE_ERRORS}
        return replace(point, cov=jackknife, extras=extras), notes
    if jackknife is not None:
        notes += _differing(point, jackknife)
    return point, notes


def _varying(design: Design) -> tuple[int, ...]:
    """Return the columns that vary within enough families for their slopes to be compared."""
    codes = np.unique(design.clusters, return_inverse=True)[1]
    low = np.full((design.n_clusters, design.x.shape[1]), np.inf)
    high = -low
    np.minimum.at(low, codes, design.x)
    np.maximum.at(high, codes, design.x)
    varies = high - low > 1e-9 * np.ptp(design.x, axis=0)
    return tuple(np.flatnonzero(varies.sum(0) >= _LEAST_FAMILIES).tolist())


def _fit(
    design: Design, varying: tuple[int, ...], *, crossed: bool
) -> tuple[Reml, _Random, list[str]]:
    """Fit the fullest model that the rows allow and that converges; say what had to be left out."""
    tries = [_Random()]
    why = ""
    if design.n_clusters * (1 + len(varying)) >= design.n:
        why = (
            f"{design.n} rows do not tell {1 + len(varying)} effects in each of "
            f"{design.n_clusters} families from noise"
        )
    elif varying:
        tries.insert(0, _Random(varying, independent=True))
        if len(varying) <= _MOST_CORRELATED:
            tries.insert(0, _Random(varying))
        why = "the model with them did not converge"
    groups = np.zeros(design.n, dtype=np.int64) if crossed else design.clusters
    for random in tries:
        parts = _parts(design, random, crossed=crossed)
        done = fit_reml(design.y, design.with_intercept(), groups, parts)
        if done.converged:
            break
    else:
        raise AssociationError(
            "The mixed model did not converge.", "Use repeated='mean' or 'cluster'."
        )
    if random.independent and random != tries[0]:
        return done, random, [
            "The model with correlated intercepts and slopes did not converge: they are "
            "independent here."
        ]  # fmt: skip
    if not varying or random.columns:
        return done, random, []
    meaning = (
        "its standard error takes the slope as alike in all families"
        if crossed
        else "standard errors come from leaving out each family in turn, which lets slopes differ"
    )
    return done, random, [f"No random slopes of {_names(design, varying)}: {why}; {meaning}."]


def _parts(design: Design, random: _Random, *, crossed: bool) -> list[Part]:
    slopes = design.x[:, list(random.columns)]
    columns = np.column_stack([np.ones(design.n), slopes - slopes.mean(0)])
    parts = [Part("family", columns, design.clusters, random.independent)]
    # A family that was drawn twice has the same dyads twice.
    pairs = np.column_stack([design.clusters, design.dyads])
    unique, dyads = np.unique(pairs, axis=0, return_inverse=True)
    if design.n_clusters < len(unique) < design.n:
        parts.append(Part("dyad", np.ones((design.n, 1)), dyads.ravel().astype(np.int64)))
    if crossed:
        parts.append(Part("partner", np.ones((design.n, 1)), design.partners))
    return parts


def _point(design: Design, done: Reml, random: _Random, parts: list[Part]) -> Point:
    label = "linear mixed model (REML)"
    if random.columns:
        how = "independent random slopes" if random.independent else "random slopes"
        label += f", {how} of {_names(design, random.columns)}"
    variances = {
        part.name: float(found[0, 0]) for part, found in zip(parts, done.covariances, strict=True)
    }
    correlations: dict[str, float] = {}
    if random.columns:
        family = _at_origin(design, done, random)
        names = ["intercept", *(design.names[k] for k in random.columns)]
        spread = np.sqrt(np.diag(family))
        variances["family"] = float(family[0, 0])
        for i, name in enumerate(names[1:], start=1):
            variances[f"slope of {name}"] = float(family[i, i])
            for j in range(i):
                if not random.independent and spread[i] > 0 and spread[j] > 0:
                    r = float(family[i, j] / (spread[i] * spread[j]))
                    correlations[f"{names[j]}, {name}"] = r
    variances["residual"] = done.residual
    return Point(
        label,
        names=("intercept", *design.names),
        terms=("intercept", *design.terms),
        roles=("intercept", *design.roles),
        beta=done.beta,
        cov=done.cov,
        log_likelihood=done.log_likelihood,
        state=done.beta,
        extras={
            "variances": variances, "correlations": correlations, "std_error_kind": MODEL_ERRORS
        },
    )  # fmt: skip


def _at_origin(design: Design, done: Reml, random: _Random) -> Array:
    """Return the families' covariance with intercepts at 0 of each column, not at its mean."""
    found = done.covariances[0]
    if random.independent:
        return found
    turn = np.eye(len(found))
    turn[0, 1:] = -design.x[:, list(random.columns)].mean(0)
    return np.asarray(turn @ found @ turn.T)


def _singular(design: Design, done: Reml, random: _Random, parts: list[Part]) -> list[str]:
    """Say which variance, or which combination of intercept and slopes, is at zero."""
    notes = [
        f"The variance between {part.name} intercepts is at zero."
        for part, covariance in zip(parts[1:], done.covariances[1:], strict=True)
        if covariance[0, 0] < _AT_ZERO * done.residual
    ]
    found = done.covariances[0]
    unit = np.concatenate([[1.0], design.x[:, list(random.columns)].std(0)])
    scaled = found * np.outer(unit, unit) / done.residual
    zero = np.diag(scaled) < _AT_ZERO
    if zero[0]:
        notes.append("The variance between family intercepts is at zero.")
    if zero[1:].any():
        names = _names(design, tuple(np.array(random.columns)[zero[1:]].tolist()))
        notes.append(
            f"The variance between slopes of {names} is at zero: the families' slopes differ no "
            "more than chance has it, and the standard error is that of a model without them."
        )
    rest = scaled[np.ix_(~zero, ~zero)]
    if len(rest) > 1 and np.linalg.eigvalsh(rest)[0] < _AT_ZERO:
        notes.append(
            "The fit is singular: intercepts and slopes are fully correlated, which few families "
            "cannot tell apart from weaker correlations; estimates and standard errors hold."
        )
    return notes


def _jackknife(done: Reml) -> Array | None:
    """Return the covariance from leaving out each family, at the variances of all.

    None where some coefficient rests on a single family.
    """
    xx, xy = done.crossproducts
    changes = []
    for without_xx, without_xy in zip(xx.sum(0) - xx, xy.sum(0) - xy, strict=True):
        scale = np.sqrt(np.diag(without_xx))
        if not (scale > 0).all() or np.linalg.cond(without_xx / np.outer(scale, scale)) > 1e12:
            return None
        changes.append(np.linalg.solve(without_xx, without_xy) - done.beta)
    change = np.array(changes)
    return np.asarray((len(change) - 1) / len(change) * change.T @ change)


def _differing(point: Point, jackknife: Array) -> list[str]:
    of_model, of_families = np.sqrt(np.diag(point.cov)), np.sqrt(np.diag(jackknife))
    said = [
        f"{name} {number(by_families)} instead of {number(by_model)}"
        for name, role, by_model, by_families in zip(
            point.names, point.roles, of_model, of_families, strict=True
        )
        if role != "intercept" and max(by_model, by_families) > _FIFTH * min(by_model, by_families)
    ]
    if not said:
        return []
    return [
        "Standard errors from leaving out each family differ from the model's by more than a fifth "
        f"({'; '.join(said)}): compare repeated='cluster', and the permutation p."
    ]


def _names(design: Design, columns: tuple[int, ...]) -> str:
    names = [design.names[k] for k in columns]
    return f"{', '.join(names[:-1])} and {names[-1]}" if names[1:] else names[0]
