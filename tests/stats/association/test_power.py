"""Power against published figures and against studies that are simulated."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attunement.errors import AssociationError
from attunement.stats.association import (
    correct_attenuation,
    correct_correlation,
    draw_from_pool,
    dyads_needed,
    fit_association,
    plan_dyads,
    power_correlation,
    simulate_power,
    spearman_brown,
)


def test_published_figures():
    assert dyads_needed(r=0.24) == 134
    assert dyads_needed(r=0.30) == 85


@pytest.mark.parametrize(
    ("reliability", "power"), [(1, 0.81), (0.8, 0.71), (0.6, 0.59), (0.4, 0.41)]
)
def test_power_with_unreliable_scores(reliability, power):
    found = power_correlation(r=0.24, n_dyads=134, reliability=reliability)
    assert found == pytest.approx(power, abs=0.03)


@given(st.floats(0.05, 0.9), st.floats(0.2, 1.0), st.floats(0.5, 0.95))
def test_dyads_needed_reach_the_power(r, reliability, power):
    n = dyads_needed(r=r, reliability=reliability, power=power)
    assert power_correlation(r=r, n_dyads=n + 1, reliability=reliability) >= power - 1e-9
    if n > 5:
        assert power_correlation(r=r, n_dyads=n - 1, reliability=reliability) < power


def test_longer_recordings_need_fewer_dyads():
    plan = plan_dyads(
        r=0.3, minutes=[2, 6, 20], reliability=0.33, reliability_minutes=2,
        reliability_of="occasion",
    )  # fmt: skip
    assert plan["reliability"][0] == pytest.approx(0.33)
    assert plan["reliability"][1] == pytest.approx(3 * 0.33 / (1 + 2 * 0.33))
    assert plan["n_dyads"].is_monotonic_decreasing
    assert plan["total_minutes"][0] == 2 * plan["n_dyads"][0]


TRAIT = {"r": 0.3, "reliability": 0.25, "reliability_minutes": 2, "reliability_of": "trait"}


def test_more_occasions_tell_more_of_a_trait_than_more_minutes_of_one():
    plan = plan_dyads(
        **TRAIT, reliability_occasion=0.4, minutes=[2, 4, 1e6], n_sessions=[1, 2]
    ).set_index(["minutes", "n_sessions"])
    assert plan.loc[(2, 1), "reliability"] == pytest.approx(0.25)
    assert plan.loc[(2, 2), "reliability"] == pytest.approx(spearman_brown(0.25, 2))
    # Without error what the occasion adds to the trait is left: .15 of .40.
    assert plan.loc[(1e6, 1), "reliability"] == pytest.approx(0.25 / 0.40, abs=1e-4)
    assert plan.loc[(4, 1), "reliability"] < plan.loc[(2, 2), "reliability"]
    assert plan.loc[(2, 2), "total_minutes"] == 4 * plan.loc[(2, 2), "n_dyads"]


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"reliability_of": ""}, "'occasion' or 'trait'; it was not said"),
        ({"reliability_of": "dyad"}, "found 'dyad'"),
        ({"reliability_of": "occasion", "n_sessions": [2]}, "are several occasions"),
        ({"minutes": [5]}, "does not follow what sessions of another length give"),
        ({"reliability_occasion": 0.2}, "between the stability .0.25. and 1; found 0.2"),
        ({"n_sessions": [0]}, "must be 1 or more"),
        ({"minutes": [0]}, "above zero"),
    ],
)
def test_a_plan_says_what_it_lacks(settings, says):
    with pytest.raises(AssociationError, match=says):
        plan_dyads(**{**TRAIT, "minutes": [2], **settings})


def test_a_correction_asks_whose_reliability_it_is_given_and_says_it():
    x, noise = np.random.default_rng(0).normal(size=(2, 60))
    table = pd.DataFrame({"dyad": range(60), "x": x, "y": x + noise})
    raw = fit_association(table, outcome="y", kind="continuous", predictors="x", n_permutations=0)
    with pytest.raises(AssociationError, match="it was not said"):
        correct_attenuation(raw, {"x": 0.9})
    with pytest.raises(AssociationError, match="it was not said"):
        correct_correlation(r=0.2, n_dyads=50, reliability=0.5)
    for of, words in (("occasion", "on the occasion that was recorded"), ("trait", "every occ")):
        both = correct_attenuation(raw, {"x": 0.9}, reliability_of=of)
        assert words in both.notes[-1]
        assert both.table.iloc[-1]["reliability_of"] == of


def test_settings_out_of_range():
    for call in (
        lambda: power_correlation(r=1.5, n_dyads=50),
        lambda: power_correlation(r=0.2, n_dyads=3),
        lambda: dyads_needed(r=0.0),
        lambda: spearman_brown(0.5, 0),
        lambda: correct_correlation(r=0.3, n_dyads=50, reliability=0, reliability_of="trait"),
    ):
        with pytest.raises(AssociationError):
            call()


def pool() -> pd.DataFrame:
    """Sessions whose score has reliability .5."""
    rng = np.random.default_rng(0)
    truth = np.repeat(rng.normal(size=200), 4)
    return pd.DataFrame(
        {
            "dyad": np.repeat(np.arange(200), 4),
            "truth": truth,
            "mirroring": truth + rng.normal(size=800),
        }
    )


def test_drawn_studies_have_ids_of_their_own_and_the_planted_correlation():
    draw = draw_from_pool(pool(), n_dyads=3000, n_sessions=2, r=0.5, dyads_a_family=3)
    table = draw(np.random.default_rng(1))
    assert table["dyad"].nunique() == 3000
    assert table["family"].nunique() == 1000
    assert not table["session"].duplicated().any()
    dyads = table.groupby("dyad")[["truth", "outcome"]].first()
    assert np.corrcoef(dyads.T)[0, 1] == pytest.approx(0.5, abs=0.05)


def test_simulated_power_is_the_analytic_one():
    draw = draw_from_pool(pool(), n_dyads=60, n_sessions=2, r=0.45)

    def p(table):
        found = fit_association(
            table, outcome="outcome", kind="continuous", predictors="mirroring", n_permutations=0
        )
        return found.table["p"][1]

    found = simulate_power(draw, p, n_studies=40, seed=2)
    expected = power_correlation(r=0.45, n_dyads=60, reliability=spearman_brown(0.5, 2))
    assert found["ci_low"][0] - 0.02 <= expected <= found["ci_high"][0] + 0.02


def test_refused_models_count_as_not_significant():
    def refuse(table):
        raise AssociationError("no")

    found = simulate_power(lambda _: pd.DataFrame(), refuse, n_studies=5)
    assert found["estimate"][0] == 0
    assert found["n_refused"][0] == 5


def test_attenuation_always_stands_beside_the_raw_figure():
    table = correct_correlation(r=0.24, n_dyads=134, reliability=0.36, reliability_of="trait")
    assert table["term"].tolist() == ["raw", "corrected"]
    assert table["estimate"].tolist() == pytest.approx([0.24, 0.40])
    assert table["ci_low"][1] == pytest.approx(table["ci_low"][0] / 0.6)


def test_corrected_slopes_recover_the_truth():
    rng = np.random.default_rng(5)
    n = 20000
    z, true = rng.normal(size=(2, n))
    true = true + 0.5 * z
    table = pd.DataFrame({"dyad": range(n), "z": z, "y": 0.7 * true + 0.4 * z + rng.normal(size=n)})
    table["x"] = true + rng.normal(size=n)
    reliability = 1.25 / 2.25
    raw = fit_association(
        table, outcome="y", kind="continuous", predictors="x", covariates="z", n_permutations=0
    )
    both = correct_attenuation(raw, {"x": reliability}, reliability_of="occasion")
    assert both.table["term"].tolist() == ["intercept", "x", "z", "x (corrected)"]
    pd.testing.assert_frame_equal(both.table.iloc[:3][raw.table.columns], raw.table)
    assert both.table["estimate"][1] == pytest.approx(0.35, abs=0.03)
    assert both.table["estimate"][3] == pytest.approx(0.7, abs=0.05)
    assert both.table["p"][3] == both.table["p"][1]
    with pytest.raises(AssociationError, match="must lie above"):
        correct_attenuation(raw, {"x": 0.01}, reliability_of="trait")
    with pytest.raises(AssociationError, match="no plain predictor"):
        correct_attenuation(raw, {"y": 0.5}, reliability_of="trait")
