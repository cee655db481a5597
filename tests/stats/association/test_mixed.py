"""Mixed models against lme4 (tests/reference/association.R), and what they do where it is hard."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from attunement.errors import AssociationError
from attunement.stats.association import bootstrap, fit_association, leave_one_family_out
from attunement.stats.association import mixed as mixed_models
from attunement.stats.association.variance_components import Part, fit_reml
from attunement.validation.repeated import Repeated, judge_repeated, simulate_repeated

REFERENCE = Path(__file__).resolve().parents[2] / "reference"
R = json.loads((REFERENCE / "association.json").read_text())
JACKKNIFE = "mixed model, leave-one-family-out jackknife"


@pytest.fixture
def sessions() -> pd.DataFrame:
    """5 to 8 sessions of 24 dyads, two in each of 12 families."""
    ids = dict.fromkeys(("family", "dyad", "session"), "str")
    return pd.read_csv(REFERENCE / "repeated.csv", dtype=ids)


def fit(table, predictors, *, outcome="y", **options):
    return fit_association(
        table, outcome=outcome, kind="continuous", predictors=predictors, repeated="mixed",
        kinds={"minute": "continuous", "Days": "continuous"},
        **{"n_permutations": 0, **options},
    )  # fmt: skip


def agrees(result, reference, variances):
    np.testing.assert_allclose(result.table["estimate"], reference["estimate"], rtol=1e-6)
    np.testing.assert_allclose(result.table["std_error"], reference["std_error"], rtol=1e-6)
    found = result.diagnostics["variances"]
    np.testing.assert_allclose(
        [found[name] for name in variances], reference["variances"], rtol=1e-6
    )
    np.testing.assert_allclose(
        list(result.diagnostics["correlations"].values()), reference["correlations"], atol=1e-6
    )
    assert result.diagnostics["log_likelihood"] == pytest.approx(
        reference["log_likelihood"], abs=1e-8
    )


def test_the_sleep_study_is_that_of_lme4(known):
    result = fit(known.sleep_study(), "Days", outcome="Reaction")
    agrees(result, R["sleep"], ("family", "slope of Days", "residual"))
    days = result.table.iloc[1]
    assert round(days["std_error"], 3) == 1.546
    assert days["df"] == 16
    assert "random slopes of Days" in result.text
    assert not any("slope" in note for note in result.notes)


def test_intercepts_alone_would_halve_that_standard_error(known):
    table = known.sleep_study()
    days, people = table["Days"].to_numpy(), pd.factorize(table["dyad"])[0]
    x = np.column_stack([np.ones(len(days)), days])
    done = fit_reml(table["Reaction"].to_numpy(), x, people, [Part("family", x[:, :1], people)])
    # lme4, Reaction ~ Days + (1 | Subject).
    assert np.sqrt(done.cov[1, 1]) == pytest.approx(0.804221428546, rel=1e-7)
    assert done.covariances[0][0, 0] == pytest.approx(1378.17852778, rel=1e-7)


@pytest.mark.parametrize(
    ("name", "predictors"),
    [
        ("one_slope", ["score"]),
        ("two_slopes", ["score", "minute"]),
        ("three_slopes", ["score", "minute", "night"]),
    ],
)
def test_slopes_are_those_of_lme4(sessions, name, predictors):
    result = fit(sessions.drop(columns="family"), predictors)
    variances = ["family", *(f"slope of {one}" for one in predictors), "residual"]
    agrees(result, R[name], variances)
    assert ("independent" in result.text) == (len(predictors) > 2)


def test_dyads_of_a_family_have_intercepts_of_their_own(sessions):
    result = fit(sessions, "score")
    agrees(result, R["nested"], ("dyad", "family", "slope of score", "residual"))


def test_a_singular_fit_is_kept_and_said(sessions):
    result = fit(sessions.drop(columns="family"), "score", outcome="flat")
    agrees(result, R["singular"], ("family", "slope of score", "residual"))
    assert sum("The fit is singular" in note for note in result.notes) == 1


def test_slopes_that_do_not_differ_have_a_variance_at_zero_that_is_said():
    rng = np.random.default_rng(3)
    table = simulate_repeated(Repeated(0.0), 1)
    # The residuals of every dyad are made orthogonal to its score: all slopes are the same.
    y = []
    for _, one in table.groupby("dyad"):
        x = one["mirroring"].to_numpy()
        columns = np.column_stack([np.ones(len(x)), x])
        noise = rng.normal(size=len(x))
        y.append(rng.normal() + noise - columns @ np.linalg.lstsq(columns, noise, rcond=None)[0])
    result = fit(table.assign(y=np.concatenate(y)), "mirroring")
    said = [note for note in result.notes if "slopes of mirroring is at zero" in note]
    assert len(said) == 1
    found = result.diagnostics["variances"]
    assert found["slope of mirroring"] < 1e-4 * found["residual"]


def test_what_varies_between_dyads_only_has_no_slope(sessions):
    table = sessions.drop(columns="family")
    table["age"] = table.groupby("dyad")["score"].transform("first")
    result = fit(table, ["score", "age"])
    assert "random slopes of score" in result.title
    assert "age" not in result.title.partition("slopes of")[2]


def test_two_sessions_a_dyad_leave_out_families_instead(sessions):
    table = sessions.drop(columns="family").groupby("dyad").head(2)
    result = fit(table, "score")
    assert result.diagnostics["std_error"] == JACKKNIFE
    said = [note for note in result.notes if note.startswith("No random slopes of score: 48 rows")]
    assert len(said) == 1
    # Leaving out a family at the variances of all, one at a time.
    x = np.column_stack([np.ones(len(table)), table["score"]])
    y, dyads = table["y"].to_numpy(), pd.factorize(table["dyad"])[0]
    found = result.diagnostics["variances"]
    same = dyads[:, None] == dyads[None, :]
    weights = np.linalg.inv(found["family"] * same + found["residual"] * np.eye(len(y)))
    changes = []
    for one in range(24):
        k = dyads != one
        w = weights[np.ix_(k, k)]
        changes.append(np.linalg.solve(x[k].T @ w @ x[k], x[k].T @ w @ y[k]))
    changes = np.array(changes) - result.table["estimate"].to_numpy()
    expected = np.sqrt(23 / 24 * (changes**2).sum(0))
    np.testing.assert_allclose(result.table["std_error"], expected, rtol=1e-8)


def test_models_that_do_not_converge_give_way_to_the_next(sessions, monkeypatch):
    table = sessions.drop(columns="family")
    tried = []

    def stubborn(y, x, blocks, parts):
        tried.append((parts[0].columns.shape[1], parts[0].independent))
        done = fit_reml(y, x, blocks, parts)
        return mixed_models.replace(done, converged=tried[-1] in allowed)

    monkeypatch.setattr(mixed_models, "fit_reml", stubborn)
    allowed = {(2, True)}
    result = fit(table, "score")
    assert any("they are independent here" in note for note in result.notes)
    assert "independent random slopes of score" in result.title
    allowed = {(1, False)}
    result = fit(table, "score")
    assert any("the model with them did not converge" in note for note in result.notes)
    assert result.diagnostics["std_error"] == JACKKNIFE
    allowed = set()
    with pytest.raises(AssociationError, match="did not converge"):
        fit(table, "score")
    assert tried[:3] == [(2, False), (2, True), (2, False)]


def test_standard_errors_that_differ_by_a_fifth_are_told():
    # Between dyads the noise is wild where the score is high: no random part of the model says so.
    rng = np.random.default_rng(2)
    table = simulate_repeated(Repeated(0.0), 4)
    level = rng.normal(size=30)[table["dyad"]]
    table["age"] = level
    table["y"] = rng.normal(size=30)[table["dyad"]] * (0.2 + level**2) + rng.normal(size=180)
    result = fit(table, "age")
    said = [note for note in result.notes if "by more than a fifth" in note]
    assert len(said) == 1
    assert "age" in said[0]


def test_the_permutation_p_does_not_rest_on_the_model():
    table = simulate_repeated(Repeated(1.0), 6)
    options = {"outcome": "sensitivity", "n_permutations": 199}
    mixed = fit(table, "mirroring", **options)
    clustered = fit_association(
        table, outcome="sensitivity", kind="continuous", predictors="mirroring",
        repeated="cluster", n_permutations=199,
    )  # fmt: skip
    assert mixed.table["p_permutation"][1] == clustered.table["p_permutation"][1]


def test_refits_are_of_the_same_model(sessions):
    table = sessions.drop(columns="family")
    for rows in (table, table.groupby("dyad").head(2)):
        result = fit(rows, "score")
        left = leave_one_family_out(result)
        one = fit(rows[rows["dyad"] != "d00"], "score").table["estimate"][1]
        assert left["estimate"][0] == pytest.approx(one, rel=1e-6)
        assert bootstrap(result, n=19)["n_failed"].eq(0).all()


@pytest.mark.slow
@pytest.mark.parametrize("time_like", [False, True])
@pytest.mark.parametrize("slope_sd", [0.5, 1.0])
def test_slopes_that_differ_make_no_false_positives(slope_sd, time_like):
    p = judge_repeated(range(200), design=Repeated(slope_sd, time_like))["p"]
    # Of rates of .05 one in a thousand gets there; with intercepts alone it is .15 to .3.
    assert (p <= 0.05).mean() <= 0.105
