"""Good enough, mediation, actor-partner, prediction."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from attunement.errors import AssociationError, TableError
from attunement.stats.association import (
    cross_validate,
    fit_actor_partner,
    fit_association,
    fit_mediation,
    good_enough,
)
from attunement.stats.association.prediction import fit_ridge


def shaped(curve, n, seed, noise=0.5):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    y = curve(x) + noise * rng.normal(size=n)
    return pd.DataFrame({"dyad": range(n), "mirroring": x, "security": y})


def saturating(x):
    return 1 - np.exp(-1.2 * np.maximum(x + 2, 0))


def ask(table, **options):
    return good_enough(table, outcome="security", predictor="mirroring", **options)


def test_a_true_midrange_is_found_and_named():
    best = ask(shaped(lambda x: -(x**2), 134, 0))
    assert best.diagnostics["shape"] == "midrange best"
    assert best.diagnostics["meets_at"] == pytest.approx(0, abs=0.5)
    assert best.table["term"].tolist() == ["square", "slope below", "slope above"]
    worst = ask(shaped(lambda x: x**2, 134, 0))
    assert worst.diagnostics["shape"] == "midrange worst"


def test_saturation_has_a_square_and_no_midrange():
    squares = named = 0
    for seed in range(12):
        result = ask(shaped(saturating, 134, seed), n_splits=4)
        squares += result.table["p"][0] < 0.05 and result.table["estimate"][0] < 0
        named += result.diagnostics["shape"] != "not shown"
        if result.diagnostics["shape"] == "not shown":
            everything = result.text + result.to_html() + " ".join(result.notes)
            assert "midrange" not in everything
    assert squares >= 4
    assert named <= 2


def test_lines_are_those_of_least_squares():
    table = shaped(lambda x: -(x**2), 134, 3)
    result = ask(table)
    x, point = table["mirroring"].to_numpy(), result.diagnostics["meets_at"]
    above = x > point
    columns = np.column_stack(
        [np.ones(134), np.where(above, 0, x - point), np.where(above, x - point, 0), above]
    )
    done = sm.OLS(table["security"].to_numpy(), columns).fit(cov_type="HC3", use_t=True)
    np.testing.assert_allclose(result.table["estimate"][1:], done.params[1:3])
    np.testing.assert_allclose(result.table["p"][1:], done.pvalues[1:3])


def test_too_few_dyads_for_two_lines():
    with pytest.raises(AssociationError, match="there are 14 dyads"):
        ask(shaped(saturating, 14, 0))


@pytest.fixture
def path():
    rng = np.random.default_rng(8)
    n = 120
    table = pd.DataFrame({"dyad": [f"d{k}" for k in range(n)], "mirroring": rng.normal(size=n)})
    table["trust"] = 0.6 * table["mirroring"] + rng.normal(size=n)
    table["security"] = 0.5 * table["trust"] + 0.1 * table["mirroring"] + rng.normal(size=n)
    table["secure"] = (table["security"] > 0).astype(int)
    return table


ORDER = ("mirroring", "trust", "security")


def mediate(table, **options):
    given = {"predictor": "mirroring", "mediator": "trust", "outcome": "security", "order": ORDER}
    return fit_mediation(table, **{**given, "n_bootstrap": 499, **options})


def test_paths_multiply_and_add_up(path):
    table = mediate(path).table.set_index("term")["estimate"]
    assert table["indirect"] == pytest.approx(table["a"] * table["b"])
    assert table["total"] == pytest.approx(table["direct"] + table["indirect"])
    a = fit_association(
        path, outcome="trust", kind="continuous", predictors="mirroring", n_permutations=0
    )
    assert table["a"] == pytest.approx(a.table["estimate"][1])


def test_indirect_interval_is_near_the_delta_method(path):
    table = mediate(path, n_bootstrap=1500).table.set_index("term")
    a, b = table.loc["a"], table.loc["b"]
    sobel = np.hypot(a["estimate"] * b["std_error"], b["estimate"] * a["std_error"])
    assert table.loc["indirect", "std_error"] == pytest.approx(sobel, rel=0.15)
    assert table.loc["indirect", "p"] < 0.01


def test_no_path_no_indirect_effect(path):
    path["trust"] = np.random.default_rng(0).normal(size=len(path))
    table = mediate(path).table.set_index("term")
    assert table.loc["indirect", "ci_low"] < 0 < table.loc["indirect", "ci_high"]
    assert table.loc["indirect", "p"] > 0.05


def test_the_order_of_measurement_is_stated(path):
    assert "Measured: mirroring, then trust, then security." in mediate(path).notes
    assert "no evidence of a path" in mediate(path, order="same time").text
    turned = mediate(path, order=("mirroring", "security", "trust"))
    assert "cannot be" in turned.text
    with pytest.raises(AssociationError, match="in the order in which they were measured"):
        mediate(path, order=("mirroring", "trust"))


def test_mediation_of_a_binary_outcome_and_missing_values(path):
    path.loc[4, "trust"] = np.nan
    with pytest.raises(TableError):
        mediate(path)
    result = mediate(
        path, outcome="secure", kind="binary", nan_policy="omit", n_bootstrap=99,
        order=("mirroring", "trust", "secure"),
    )  # fmt: skip
    assert result.table["term"].tolist() == ["a", "b", "direct", "indirect"]
    assert (result.table["n_left_out"] == 1).all()
    assert (result.table["n_dyads"] == 119).all()


def partners(n=400, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.multivariate_normal([0, 0], [[1, 0.4], [0.4, 1]], size=n)
    e = rng.multivariate_normal([0, 0], [[1, 0.3], [0.3, 1]], size=n)
    return pd.DataFrame(
        {
            "dyad": range(n), "smile_c": x[:, 0], "smile_i": x[:, 1],
            "mood_c": 0.5 * x[:, 0] + 0.1 * x[:, 1] + e[:, 0],
            "mood_i": 0.3 * x[:, 1] + 0.4 * x[:, 0] + e[:, 1],
        }
    )  # fmt: skip


def test_actor_and_partner_effects_are_recovered():
    table = partners()
    result = fit_actor_partner(
        table, outcomes=("mood_c", "mood_i"), predictors=("smile_c", "smile_i")
    )
    found = result.table.set_index("term")
    truth = {
        "actor: caregiver": 0.5,
        "actor: infant": 0.3,
        "partner: infant to caregiver": 0.1,
        "partner: caregiver to infant": 0.4,
        "actor difference": 0.2,
        "partner difference": -0.3,
    }
    for name, value in truth.items():
        assert abs(found.loc[name, "estimate"] - value) < 3 * found.loc[name, "std_error"], name
    assert result.diagnostics["residual_correlation"] == pytest.approx(0.3, abs=0.1)


def test_one_equation_is_least_squares_with_the_jackknife():
    table = partners(60)
    result = fit_actor_partner(
        table, outcomes=("mood_c", "mood_i"), predictors=("smile_c", "smile_i")
    )
    one = fit_association(
        table, outcome="mood_c", kind="continuous", predictors=["smile_c", "smile_i"],
        std_error="jackknife", n_permutations=0,
    )  # fmt: skip
    rows = result.table.set_index("term").loc[["actor: caregiver", "partner: infant to caregiver"]]
    for name in ("estimate", "std_error", "p"):
        np.testing.assert_allclose(rows[name], one.table[name][1:], rtol=1e-6)


def test_actor_partner_guards():
    table = partners(60)
    names = {"outcomes": ("mood_c", "mood_i"), "predictors": ("smile_c", "smile_i")}
    table.loc[2, "mood_i"] = np.nan
    with pytest.raises(TableError, match="1 of 60"):
        fit_actor_partner(table, **names)
    omitted = fit_actor_partner(table, **names, nan_policy="omit")
    assert omitted.table["n_left_out"].unique() == [1]
    with pytest.raises(AssociationError, match="windows or frames"):
        fit_actor_partner(table.assign(window=1), **names)


def test_ridge_is_statsmodels_penalised_fit(study):
    x = study[["mirroring", "markedness"]].to_numpy()
    y = study["secure"].to_numpy(float)
    # statsmodels divides the likelihood by n.
    model = sm.GLM(y, sm.add_constant(x), family=sm.families.Binomial())
    penalty = 3.0
    other = model.fit_regularized(
        alpha=np.array([0, penalty, penalty]) / len(y), L1_wt=0, maxiter=1000
    )
    np.testing.assert_allclose(fit_ridge(y, x, penalty), other.params, atol=1e-4)


def predict(table, **options):
    given = {"outcome": "secure", "predictors": ["mirroring", "markedness"], "n_repeats": 2}
    return cross_validate(table, **{**given, "n_bootstrap": 40, **options})


@pytest.mark.slow
def test_prediction_of_what_is_there_and_of_noise():
    rng = np.random.default_rng(1)
    n = 160
    table = pd.DataFrame(
        {"dyad": range(n), "mirroring": rng.normal(size=n), "markedness": rng.normal(size=n)}
    )
    table["secure"] = (2 * table["mirroring"] + rng.logistic(size=n) > 0).astype(int)
    row = predict(table).table.iloc[0]
    assert row["ci_low"] > 0.6
    assert row["ci_low"] < row["estimate"] < row["ci_high"]
    table["secure"] = rng.permutation(table["secure"])
    row = predict(table).table.iloc[0]
    assert row["ci_low"] < 0.5 < row["ci_high"]


def test_families_are_never_split_between_learning_and_testing():
    # The family's id in a column tells its outcome perfectly, but only to who has seen the family.
    rng = np.random.default_rng(0)
    family = np.repeat(np.arange(40), 3)
    label = rng.integers(0, 2, 40)
    table = pd.DataFrame(
        {"dyad": range(120), "family": family, "mirroring": rng.normal(size=40)[family]}
    )
    table["markedness"] = rng.normal(size=40)[family]
    table["secure"] = label[family]
    result = predict(table, n_repeats=2, n_bootstrap=4)
    assert 0.2 < result.table["estimate"][0] < 0.75
    assert len(result.diagnostics["predictions"]) == 120


def test_prediction_needs_families_of_both_kinds(study):
    study["secure"] = (np.arange(60) < 3).astype(int)
    with pytest.raises(AssociationError, match="too few for 5 folds"):
        predict(study)


def test_permutation_of_outcomes_gives_p(study):
    study["secure"] = (2 * study["mirroring"] > np.linspace(-1, 1, 60)).astype(int)
    row = predict(study, n_permutations=19, n_repeats=1, n_bootstrap=4).table.iloc[0]
    assert row["p"] == pytest.approx(0.05)
