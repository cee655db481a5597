"""The main call: designs, tables, text, permutation."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from attunement.stats.association import fit_association, offered_covariates
from attunement.stats.association.result import STATISTICS


def fit(table, **options):
    given_options = {"outcome": "sensitivity", "kind": "continuous", "predictors": "mirroring"}
    return fit_association(table, **{**given_options, "n_permutations": 199, **options})


KINDS = [
    ("rating", "continuous", {}),
    ("secure", "binary", {}),
    ("rare", "binary", {}),
    ("level", "ordered", {}),
    ("cls", "unordered", {}),
    ("smiles", "count", {"exposure": "minutes"}),
    ("wait", "time", {"event": "ended"}),
]


CASES = [(*case, False) for case in KINDS] + [(*case, True) for case in KINDS[:2]]
# Leaving 45 families out takes seconds where a fit is slow.
CASES += [pytest.param(*case, True, marks=pytest.mark.slow) for case in KINDS[2:]]


@pytest.mark.parametrize(("name", "kind", "options", "families"), CASES)
def test_every_kind_gives_table_text_and_pictures(coded, name, kind, options, families):
    table = coded if families else coded.drop(columns="family")
    result = fit(table, outcome=name, kind=kind, **options)
    assert tuple(result.table.columns[: len(STATISTICS)]) == STATISTICS
    numbers = result.table[["estimate", "std_error", "ci_low", "ci_high", "p"]].to_numpy(float)
    assert np.isfinite(numbers).all()
    assert (result.table["ci_low"] < result.table["estimate"]).all()
    assert (result.table["estimate"] < result.table["ci_high"]).all()
    predictor = result.table["role"] == "predictor"
    assert result.table.loc[predictor, "p_permutation"].between(1 / 200, 1).all()
    assert result.table.loc[~predictor, "p_permutation"].isna().all()
    assert "mirroring" in result.text
    assert "<em>p</em>" in result.to_html()
    assert r"\toprule" in result.to_latex()
    figure = result.plot()
    assert len(figure.axes) == 1


def test_interval_and_p_tell_the_same(coded):
    for name, kind, options in KINDS:
        table = fit(coded.drop(columns="family"), outcome=name, kind=kind, **options).table
        outside = (table["ci_low"] > 0) | (table["ci_high"] < 0)
        assert (outside == (table["p"] < 0.05)).all(), kind


def test_dyads_without_families_against_statsmodels(study):
    result = fit(study, covariates="markedness")
    x = sm.add_constant(study[["mirroring", "markedness"]].to_numpy())
    expected = sm.OLS(study["sensitivity"].to_numpy(), x).fit(cov_type="HC3", use_t=True)
    np.testing.assert_allclose(result.table["estimate"], expected.params)
    np.testing.assert_allclose(result.table["p"], expected.pvalues)
    np.testing.assert_allclose(result.table[["ci_low", "ci_high"]].to_numpy(), expected.conf_int())
    assert result.table["role"].tolist() == ["intercept", "predictor", "covariate"]


def test_order_of_rows_and_ids_do_not_matter(study):
    turned = study.iloc[::-1].assign(dyad=lambda t: "x" + t["dyad"], family=lambda t: t["family"])
    one, other = (fit(t, n_permutations=0).table for t in (study, turned))
    np.testing.assert_allclose(one["std_error"], other["std_error"])
    np.testing.assert_allclose(one["estimate"], other["estimate"])


@settings(max_examples=10)
@given(st.floats(0.01, 100), st.floats(-50, 50))
def test_scale_and_shift_of_a_predictor_change_only_its_units(scale, shift):
    rng = np.random.default_rng(1)
    x = rng.normal(size=40)
    table = pd.DataFrame({"dyad": range(40), "x": x, "y": (x + rng.logistic(size=40) > 0) * 1})
    plain, other = (
        fit(t, outcome="y", kind="binary", predictors="x", n_permutations=0).table
        for t in (table, table.assign(x=scale * x + shift))
    )
    assert other["estimate"][1] * scale == pytest.approx(plain["estimate"][1], rel=1e-4)
    assert other["p"][1] == pytest.approx(plain["p"][1], rel=1e-3, abs=1e-6)


def test_same_seed_same_p_and_strong_effects_reach_the_floor(study):
    weak = {"predictors": "markedness"}
    one, two, three = (fit(study, seed=s, **weak).table["p_permutation"][1] for s in (1, 1, 2))
    assert one == two != three
    assert one == pytest.approx(three, abs=0.15)
    assert fit(study, n_permutations=39).table["p_permutation"][1] == pytest.approx(1 / 40)


def test_permutation_without_covariate_is_the_exact_test():
    # All 120 orders of five dyads, by brute force, against very many drawn ones.
    from itertools import permutations

    from attunement.stats.association.permutation import _studentised

    x = np.array([0.3, 1.1, 2.0, 2.2, 4.0])
    y = np.array([1.0, 2.5, 2.0, 4.0, 3.5])
    r, c = (y - y.mean())[:, None], (x - x.mean())[:, None]
    observed = _studentised(c, r[None])[0]
    every = [_studentised(c, r[list(order)][None])[0] for order in permutations(range(5))]
    exact = np.mean(np.array(every) >= observed - 1e-9)
    rng = np.random.default_rng(0)
    orders = rng.permuted(np.tile(np.arange(5), (20000, 1)), axis=1)
    drawn = np.mean(_studentised(c, r[orders]) >= observed - 1e-9)
    assert drawn == pytest.approx(exact, abs=0.01)


def test_permutation_of_times_is_the_exact_test():
    from itertools import permutations

    from attunement.stats.association.fit import prepare
    from attunement.stats.association.permutation import permutation_p

    table = pd.DataFrame(
        {
            "dyad": range(6), "mirroring": [0.3, 1.1, 2.0, 2.2, 4.0, 3.1],
            "wait": [9.0, 4.0, 7.0, 3.0, 1.0, 4.0], "ended": [1, 1, 0, 1, 1, 1],
        }
    )  # fmt: skip
    design = prepare(
        fit(table, outcome="wait", kind="time", event="ended", n_permutations=0).refit
    )[1]

    def score(x):
        total = variance = 0.0
        for i in np.flatnonzero(design.event):
            watched = x[design.y >= design.y[i]]
            total, variance = total + x[i] - watched.mean(), variance + watched.var()
        return total**2 / variance

    x = design.x[:, 0]
    every = np.array([score(x[list(order)]) for order in permutations(range(6))])
    drawn = permutation_p(design, term="mirroring", n_permutations=20000, seed=0)
    assert drawn == pytest.approx(np.mean(every >= score(x) - 1e-9), abs=0.01)


def test_score_residuals_sum_to_zero_for_every_kind(coded):
    from attunement.stats.association.fit import prepare
    from attunement.stats.association.permutation import score_parts

    for name, kind, options in KINDS:
        for covariates in ((), "markedness"):
            result = fit(
                coded.drop(columns="family"), outcome=name, kind=kind, covariates=covariates,
                n_permutations=0, **options,
            )  # fmt: skip
            design = prepare(result.refit)[1]
            x, residuals = score_parts(design, "mirroring")
            assert x.shape == (90, 1)
            # Leverage and Firth's penalty leave a little.
            assert np.abs(residuals.mean(0)).max() < 0.03, (kind, covariates)


def test_result_is_frozen(study):
    result = fit(study)
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.title = "other"
    with pytest.raises(TypeError):
        result.diagnostics["kind"] = "other"


def test_text_reads_as_apa(study):
    text = fit(study, n_permutations=0).text
    assert "60 dyads (60 sessions)" in text
    assert "t(58) = " in text
    assert "p < .001" in text
    assert "95% CI [" in text


def test_names_are_escaped(study):
    nasty = "a<b>&_%"
    result = fit(study.assign(**{nasty: study["mirroring"]}), predictors=[nasty])
    assert nasty not in result.to_html()
    assert "a&lt;b&gt;&amp;_%" in result.to_html()
    assert r"a\textless{}b\textgreater{}\&\_\allowbreak{}\%" in result.to_latex()


def test_checks_find_what_is_wrong():
    rng = np.random.default_rng(3)
    n = 400
    x = rng.normal(size=n)
    # The upper cut depends on x far more than the lower one.
    y = (0.1 * x + rng.logistic(size=n) > -1).astype(int)
    y += (2.5 * x + rng.logistic(size=n) > 0) & (y == 1)
    table = pd.DataFrame({"dyad": range(n), "x": x, "y": y})
    odds = fit(table, outcome="y", kind="ordered", predictors="x").diagnostics["checks"]
    assert odds["p"][0] < 0.001
    assert "unordered" in odds["note"][0]
    table["y"] = np.digitize(x + rng.logistic(size=n), [-1, 1])
    odds = fit(table, outcome="y", kind="ordered", predictors="x").diagnostics["checks"]
    assert odds["p"][0] > 0.001
    table["y"] = rng.poisson(rng.gamma(0.5, 6, size=n))
    spread = fit(table, outcome="y", kind="count", predictors="x").diagnostics["checks"]
    assert spread["statistic"][0] > 2
    assert spread["note"][0]
    early = rng.random(n) < 0.5
    table["y"] = np.where(
        early, rng.exponential(np.exp(-2 * x)).clip(0.001, 1), 1.001 + rng.random(n)
    )
    hazards = fit(
        table.assign(e=1), outcome="y", kind="time", predictors="x", event="e"
    ).diagnostics["checks"]
    assert hazards["p"][0] < 0.01


def test_the_lower_coverage_of_the_partners_is_offered():
    scores = pd.DataFrame(
        {"coverage_caregiver": [0.9, 0.7, 1.0], "coverage_infant": [0.8, 0.9, np.nan]}
    )
    table, names = offered_covariates(scores)
    assert names == ["coverage"]
    np.testing.assert_array_equal(table["coverage"], [0.8, 0.7, np.nan])
    assert offered_covariates(scores.assign(coverage_infant=np.nan))[1] == []


def test_offered_covariates_are_named_and_usable(study):
    table = study.assign(n_infant_events=np.arange(60) % 9 + 5, n_scorable=np.arange(60) % 40 + 60)
    notes = " ".join(fit(table).notes)
    assert "infant_events_per_scorable_window, n_scorable" in notes
    used = fit(table, covariates="offered")
    assert used.table["term"].tolist()[2:] == ["infant_events_per_scorable_window", "n_scorable"]
    assert "Offered" not in " ".join(used.notes)
