"""Checks of what each model assumes; they inform and never switch anything."""

import warnings

import numpy as np
import pandas as pd
import statsmodels.api as sm
from numpy.typing import NDArray
from scipy import stats
from scipy.special import expit

from attunement.stats.association.design import Design
from attunement.stats.association.estimators import Point
from attunement.stats.association.separation import is_separated

Array = NDArray[np.floating]

_ALONE = 1 - 1e-9  # leverage of a row whose residual is zero whatever its outcome
COLUMNS = ("check", "statistic", "df", "p", "note")


def check_assumptions(design: Design, point: Point) -> pd.DataFrame:
    """Return one row a check: proportional odds, proportional hazards, dispersion, influence.

    A check that cannot be computed has no statistic and a note that says why.
    """
    if design.kind == "ordered":
        rows = [_proportional_odds(design)]
    elif design.kind == "time":
        rows = _proportional_hazards(design, point)
    elif design.kind == "count":
        rows = [_dispersion(design, point)]
    elif design.kind == "continuous":
        rows = [_influence(design)]
    else:
        rows = []
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _row(check: str, statistic: float, df: float, p: float, note: str) -> dict[str, object]:
    return dict(zip(COLUMNS, (check, statistic, df, p, note), strict=True))


def _proportional_odds(design: Design) -> dict[str, object]:
    """Compare slopes at every cut of the outcome.

    Source: Brant (1990), Assessing proportionality in the proportional odds model for ordinal
    logistic regression, Biometrics 46. Rows are taken for independent.
    """
    name = "proportional odds (Brant)"
    z = design.with_intercept()
    k = design.x.shape[1]
    slopes, probabilities, inverses = [], [], []
    for cut in range(len(design.levels) - 1):
        above = (design.y > cut).astype(float)
        if is_separated(design, above):
            text = f"not computed: {design.levels[cut]!r} against the higher ones is separated"
            return _row(name, np.nan, np.nan, np.nan, text)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            done = sm.Logit(above, z).fit(disp=0)
        if not done.mle_retvals["converged"]:
            text = f"not computed: no fit of {design.levels[cut]!r} against the higher ones"
            return _row(name, np.nan, np.nan, np.nan, text)
        p = expit(z @ done.params)
        slopes.append(done.params[1:])
        probabilities.append(p)
        inverses.append(np.linalg.inv(z.T @ ((p * (1 - p))[:, None] * z)))
    m = len(slopes)
    cov = np.empty((m * k, m * k))
    for i in range(m):
        for j in range(i, m):
            weights = probabilities[j] * (1 - probabilities[i])
            block = (inverses[i] @ (z.T @ (weights[:, None] * z)) @ inverses[j])[1:, 1:]
            cov[i * k : (i + 1) * k, j * k : (j + 1) * k] = block
            cov[j * k : (j + 1) * k, i * k : (i + 1) * k] = block.T
    contrasts = np.kron(np.column_stack([np.ones(m - 1), -np.eye(m - 1)]), np.eye(k))
    differences = contrasts @ np.concatenate(slopes)
    statistic = float(differences @ np.linalg.solve(contrasts @ cov @ contrasts.T, differences))
    df = (m - 1) * k
    p = float(stats.chi2.sf(statistic, df))
    note = "the slopes differ between cuts: consider kind='unordered'" if p < 0.05 else ""
    return _row(name, statistic, df, p, note)


def _proportional_hazards(design: Design, point: Point) -> list[dict[str, object]]:
    """Correlate Schoenfeld residuals with the rank of the event times.

    Source: Grambsch & Therneau (1994), Proportional hazards tests and diagnostics based on
    weighted residuals, Biometrika 81; here column by column with ranks as time.
    """
    events = np.flatnonzero(design.event == 1)
    if point.penalised:
        text = "not computed: the likelihood is penalised"
        return [_row("proportional hazards", np.nan, np.nan, np.nan, text)]
    if len(events) < 5:
        text = f"not computed: 5 events are needed, there are {len(events)}"
        return [_row("proportional hazards", np.nan, np.nan, np.nan, text)]
    risk = np.exp(design.x @ point.beta)
    residuals = np.empty((len(events), design.x.shape[1]))
    for row, i in enumerate(events):
        at_risk = design.y >= design.y[i]
        weights = risk[at_risk] / risk[at_risk].sum()
        residuals[row] = design.x[i] - weights @ design.x[at_risk]
    ranks = stats.rankdata(design.y[events])
    rows = []
    for k, name in enumerate(design.names):
        if np.ptp(ranks) == 0 or np.ptp(residuals[:, k]) == 0:
            text = "not computed: all events or all residuals are alike"
            rows.append(_row(f"proportional hazards: {name}", np.nan, np.nan, np.nan, text))
            continue
        r, p = stats.pearsonr(ranks, residuals[:, k])
        note = "the effect changes with time" if p < 0.05 else ""
        rows.append(_row(f"proportional hazards: {name}", float(r), np.nan, float(p), note))
    return rows


def _dispersion(design: Design, point: Point) -> dict[str, object]:
    if point.penalised:
        text = "not computed: the likelihood is penalised"
        return _row("dispersion (Pearson)", np.nan, np.nan, np.nan, text)
    value = float(point.extras["dispersion"])
    df = design.n - design.n_parameters
    p = float(stats.chi2.sf(value * df, df))
    note = "more spread than Poisson; the jackknife's standard errors allow for it"
    return _row("dispersion (Pearson)", value, df, p, note if value > 1.5 else "")


def _influence(design: Design) -> dict[str, object]:
    influence = sm.OLS(design.y, design.with_intercept()).fit().get_influence()
    with np.errstate(all="ignore"):
        cook = np.asarray(influence.cooks_distance[0])
    alone = np.flatnonzero(influence.hat_matrix_diag > _ALONE)
    if len(alone) or not np.isfinite(cook).any():
        text = f"not computed: row {alone[0]} alone decides a coefficient" if len(alone) else ""
        return _row("largest Cook's distance", np.nan, np.nan, np.nan, text or "not computed")
    worst = int(np.nanargmax(cook))
    note = f"row {worst} weighs much; see leave_one_family_out" if cook[worst] > 1 else ""
    return _row("largest Cook's distance", float(cook[worst]), np.nan, np.nan, note)
