"""Linear mixed models: sessions within dyads within families, partners crossed with families."""

import warnings

import numpy as np
from numpy.typing import NDArray
from statsmodels.regression.mixed_linear_model import MixedLM, VCSpec

from attunement.errors import AssociationError
from attunement.stats.association.design import Design
from attunement.stats.association.estimators import Point

Array = NDArray[np.floating]

_AT_ZERO = 1e-4


def fit_mixed(design: Design, *, crossed: bool) -> tuple[Point, list[str]]:
    """Fit by REML with a random intercept for every family.

    A dyad within a family with several dyads has an intercept of its own where its sessions
    repeat. With `crossed`, a partner who meets several families (a stranger) has one too, crossed
    with the families.

    Returns
    -------
    Point, list of str
        ``extras["variances"]`` holds the variance of each intercept and of the residual. The notes
        say where a variance is at zero.
    """
    if design.n_clusters < 3:
        raise AssociationError("A mixed model needs at least three families.")
    if design.n_clusters == design.n:
        raise AssociationError(
            "No family has several rows: there is nothing for a mixed model to separate.",
            "Use repeated='mean' or 'cluster'.",
        )
    x = design.with_intercept()
    dyads_repeat = len(np.unique(design.dyads)) < design.n
    several_dyads = len(np.unique(design.dyads)) > design.n_clusters
    sources = {"dyad": design.dyads} if dyads_repeat and several_dyads else {}
    if crossed:
        sources = {"family": design.clusters, **sources, "partner": design.partners}
    # Partners cross families, so that all rows make one group; families are a component then.
    groups = np.zeros(design.n, dtype=int) if crossed else design.clusters
    model = MixedLM(
        design.y,
        x,
        groups,
        exog_re=None if crossed else np.ones((design.n, 1)),
        exog_vc=_components(sources, groups) if sources else None,
    )
    done = None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for method in ("bfgs", "lbfgs", "powell"):
            try:
                done = model.fit(reml=True, method=method)
            except (np.linalg.LinAlgError, ValueError):
                continue
            if done.converged:
                break
    if done is None or not done.converged:
        raise AssociationError(
            "The mixed model did not converge.", "Use repeated='mean' or 'cluster'."
        )
    residual = float(done.scale)
    variances = {"residual": residual}
    if not crossed:
        variances["family"] = float(np.asarray(done.cov_re)[0, 0])
    variances |= dict(zip(sorted(sources), map(float, done.vcomp), strict=True))
    notes = [
        f"The variance between {name} intercepts is at zero."
        for name, value in variances.items()
        if name != "residual" and value < _AT_ZERO * residual
    ]
    cov = _fixed_cov(x, groups, {"family": design.clusters, **sources}, variances)
    return Point(
        "linear mixed model (REML)",
        names=("intercept", *design.names),
        terms=("intercept", *design.terms),
        roles=("intercept", *design.roles),
        beta=np.asarray(done.fe_params),
        cov=cov,
        log_likelihood=float(done.llf),
        state=np.asarray(done.fe_params),
        extras={"variances": variances},
    ), notes


def _fixed_cov(
    x: Array,
    groups: NDArray[np.int64],
    sources: dict[str, NDArray[np.int64]],
    variances: dict[str, float],
) -> Array:
    """Return (X' V^-1 X)^-1 at the variances found, as lme4 and nlme report it."""
    information = np.zeros((x.shape[1], x.shape[1]))
    for group in np.unique(groups):
        rows = groups == group
        spread = variances["residual"] * np.eye(int(rows.sum()))
        for name, codes in sources.items():
            spread += variances[name] * (codes[rows][:, None] == codes[rows][None, :])
        information += x[rows].T @ np.linalg.solve(spread, x[rows])
    return np.linalg.inv(information)


def _components(sources: dict[str, NDArray[np.int64]], groups: NDArray[np.int64]) -> VCSpec:
    names = sorted(sources)
    labels = sorted(set(groups.tolist()))
    columns, matrices = [], []
    for name in names:
        of_groups, columns_of_groups = [], []
        for label in labels:
            codes = sources[name][groups == label]
            present = np.unique(codes)
            of_groups.append((codes[:, None] == present).astype(float))
            columns_of_groups.append([f"{name} {code}" for code in present])
        matrices.append(of_groups)
        columns.append(columns_of_groups)
    return VCSpec(names, columns, matrices)
