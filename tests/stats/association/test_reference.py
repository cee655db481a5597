"""Estimates and standard errors against R: tests/reference/association.R, numbers committed."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from attunement.stats.association import fit_association
from attunement.stats.association.cox_permutation import CoxScores
from attunement.stats.association.design import build_design
from attunement.stats.association.estimators import fit_point
from attunement.stats.association.firth import fit_firth
from attunement.stats.association.model_rows import select_rows
from attunement.stats.association.request import make_request

R = json.loads((Path(__file__).resolve().parents[2] / "reference" / "association.json").read_text())
BOTH = ["mirroring", "markedness"]


def fit(table, name, kind, **options):
    return fit_association(
        table, outcome=name, kind=kind, predictors=BOTH, n_permutations=0, **options
    )


def alone(table: pd.DataFrame) -> pd.DataFrame:
    return table.drop(columns="family")


def agrees(result, reference):
    np.testing.assert_allclose(result.table["estimate"], reference["estimate"], rtol=1e-6)
    np.testing.assert_allclose(result.table["std_error"], reference["std_error"], rtol=1e-6)


def test_least_squares_with_hc3(coded):
    result = fit(alone(coded), "rating", "continuous")
    agrees(result, R["hc3"])
    assert result.diagnostics["std_error"] == "HC3"
    assert (result.table["df"] == 87).all()


def test_jackknife_of_families_is_cr3_with_its_own_factor(coded):
    result = fit(coded, "rating", "continuous")
    factor = np.sqrt(44 / 45)
    np.testing.assert_allclose(
        result.table["std_error"], np.array(R["cr3"]["std_error"]) * factor, rtol=1e-8
    )
    assert (result.table["df"] == 44).all()


def test_logistic(coded):
    agrees(fit(alone(coded), "secure", "binary"), R["logistic"])


def test_firth(coded):
    x = np.column_stack([np.ones(len(coded)), coded[BOTH]])
    done = fit_firth(coded["rare"].to_numpy(float), x)
    np.testing.assert_allclose(done.beta, R["firth"]["estimate"], rtol=1e-6)
    np.testing.assert_allclose(np.sqrt(np.diag(done.cov)), R["firth"]["std_error"], rtol=1e-6)


def test_proportional_odds(coded):
    result = fit(alone(coded), "level", "ordered")
    agrees(result, R["ordered"])
    np.testing.assert_allclose(
        list(result.diagnostics["thresholds"].values()), R["ordered"]["thresholds"], rtol=1e-6
    )


def test_wines_are_those_of_ordinal(known):
    result = fit_association(
        known.wine(), outcome="rating", kind="ordered", predictors=["warm", "contact"],
        n_permutations=0,
    )  # fmt: skip
    agrees(result, R["wine"])
    assert result.table["estimate"].round(6).tolist() == [2.503102, 1.527798]
    for name in ("thresholds", "thresholds_std_error"):
        found = list(result.diagnostics[name].values())
        np.testing.assert_allclose(found, R["wine"][name], rtol=1e-6, err_msg=name)
    assert result.diagnostics["log_likelihood"] == pytest.approx(
        R["wine"]["log_likelihood"], abs=1e-9
    )


def test_ordered_outcomes_end_where_the_gradient_is_zero(coded):
    # Columns of unlike size and far from zero, as ages in days are.
    table = alone(coded).assign(age=6000 + 900 * coded["mirroring"])
    far = fit_association(
        table, outcome="level", kind="ordered", predictors=["age", "markedness"], n_permutations=0
    )
    np.testing.assert_allclose(
        far.table["estimate"] * [900, 1], R["ordered"]["estimate"], rtol=1e-6
    )
    cuts = np.array(list(far.diagnostics["thresholds"].values()))
    shifted = np.array(R["ordered"]["thresholds"]) + far.table["estimate"][0] * 6000
    np.testing.assert_allclose(cuts, shifted, rtol=1e-6)


def test_multinomial(coded):
    agrees(fit(alone(coded), "cls", "unordered"), R["unordered"])


def test_poisson_with_exposure(coded):
    result = fit(alone(coded), "smiles", "count", exposure="minutes", std_error="model")
    agrees(result, R["count"])


def test_penalised_likelihoods_are_those_of_brglm2(coded):
    agrees(fit(alone(coded), "cls", "unordered", firth=True), R["unordered_penalised"])
    result = fit(alone(coded), "smiles", "count", exposure="minutes", std_error="model", firth=True)
    agrees(result, R["count_penalised"])


@pytest.mark.parametrize(
    ("name", "kind", "reference", "options"),
    [
        ("smiles", "count", "count_jackknife", {"exposure": "minutes"}),
        ("secure", "binary", "binary_jackknife", {}),
    ],
)
def test_jackknife_of_other_kinds_is_that_of_geepack(coded, name, kind, reference, options):
    result = fit(coded, name, kind, **options)
    # geepack's fully iterated jackknife has the factor (G - p - 1) / G, its scale counted too.
    factor = np.sqrt((45 - 1) / (45 - 3 - 1))
    np.testing.assert_allclose(
        result.table["std_error"], np.array(R[reference]["std_error"]) * factor, rtol=1e-6
    )


def test_cox_with_efrons_ties(coded):
    result = fit(alone(coded), "wait", "time", event="ended")
    agrees(result, R["time"])


def test_intercepts_without_slopes_are_those_of_lme4(coded):
    # Two rows a family leave no slopes, so that standard errors are those of left-out families.
    result = fit(coded.assign(dyad=coded["family"]), "rating", "continuous", repeated="mixed")
    np.testing.assert_allclose(result.table["estimate"], R["mixed"]["estimate"], rtol=1e-6)
    variances = result.diagnostics["variances"]
    assert variances["family"] == pytest.approx(R["mixed"]["family"], rel=1e-6)
    assert variances["residual"] == pytest.approx(R["mixed"]["residual"], rel=1e-6)


def test_strangers_are_crossed_with_families(coded):
    result = fit(
        coded.assign(dyad=coded["family"]), "warmth", "continuous", repeated="mixed",
        partner="stranger",
    )  # fmt: skip
    agrees(result, R["crossed"])
    for name in ("family", "partner", "residual"):
        assert result.diagnostics["variances"][name] == pytest.approx(
            R["crossed"][name], rel=1e-6
        ), name


def test_every_kind_starts_again_from_where_it_ended(coded):
    # The jackknife starts every fit without a family from the fit with all.
    for name, kind, event in [
        ("rating", "continuous", ""), ("secure", "binary", ""), ("level", "ordered", ""),
        ("cls", "unordered", ""), ("smiles", "count", ""), ("wait", "time", "ended"),
    ]:  # fmt: skip
        request = make_request(
            coded, outcome=name, predictors=BOTH, covariates=(), kind=kind, family="family",
            dyad="dyad", session="session", partner="", repeated="mean", std_error="auto",
            levels=(), kinds={}, event=event, exposure="", firth=None, squares=True,
            nan_policy="raise", alpha=0.05,
        )  # fmt: skip
        design = build_design(select_rows(coded, request), request)
        first = fit_point(design)
        again = fit_point(design, start=first.state)
        np.testing.assert_allclose(again.beta, first.beta, atol=1e-3, err_msg=kind)


def test_scores_of_times_are_those_of_survival(coded):
    def of(predictors, term, slopes=()):
        request = make_request(
            coded, outcome="wait", predictors=predictors, covariates=(), kind="time",
            family="family", dyad="dyad", session="session", partner="", repeated="mean",
            std_error="auto", levels=(), kinds={}, event="ended", exposure="", firth=None,
            squares=True, nan_policy="raise", alpha=0.05,
        )  # fmt: skip
        design = build_design(select_rows(coded, request), request)
        tested = np.array([name == term for name in design.terms])
        scores = CoxScores(design.without(tested), np.array(slopes))
        return scores.statistic(scores.apart(design.x[:, tested])[None])[0]

    expected = R["cox_scores"]
    assert of(["mirroring"], "mirroring") == pytest.approx(expected["one"], rel=1e-9)
    assert of(["cls"], "cls") == pytest.approx(expected["two"], rel=1e-9)
    found = of(BOTH, "mirroring", [expected["slope"]])
    assert found == pytest.approx(expected["beside"], rel=1e-6)
