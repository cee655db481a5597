"""Power of dyads and minutes from simulated sessions that are scored as recorded ones are."""

import pandas as pd
import pytest

from attunement import Config
from attunement.errors import AssociationError
from attunement.fitting import plan_study, simulate_pool

FEW_SHIFTS = Config(scoring={"n_surrogates": 50})


def test_a_pool_carries_what_was_planted_and_what_was_scored():
    pool = simulate_pool(minutes=1.5, n_dyads=3, n_sessions=2, seed=1, config=FEW_SHIFTS)
    assert pool["dyad"].value_counts().tolist() == [2, 2, 2]
    assert pool["session"].is_unique
    assert pool.groupby("dyad")["truth"].nunique().tolist() == [1, 1, 1]
    assert pool["mirroring"].notna().all()
    again = simulate_pool(minutes=1.5, n_dyads=3, n_sessions=2, seed=1, config=FEW_SHIFTS)
    pd.testing.assert_frame_equal(pool, again)


@pytest.mark.slow
def test_power_is_given_for_every_cell_and_grows_with_the_dyads():
    options = {"n_pool": 8, "n_studies": 20, "minutes": (2,), "config": FEW_SHIFTS}
    found = plan_study(r=0.9, reliability_of="occasion", n_dyads=(6, 30), **options)
    assert found[["minutes", "n_dyads"]].to_numpy().tolist() == [[2, 6], [2, 30]]
    assert found["estimate"].iloc[1] > found["estimate"].iloc[0]
    assert (found["ci_low"] <= found["estimate"]).all()
    assert (found["r_with_truth"] > 0).all()


def test_a_score_that_is_none_is_refused():
    with pytest.raises(AssociationError, match="no column 'mirrorring'"):
        plan_study(
            r=0.3,
            reliability_of="occasion",
            minutes=(1.5,),
            n_dyads=(10,),
            n_pool=2,
            predictor="mirrorring",
            config=FEW_SHIFTS,
        )


def test_occasions_part_from_what_lasts():
    pool = simulate_pool(
        minutes=0.5, n_dyads=3, n_sessions=2, sd=0.1, lasting=0.5, config=FEW_SHIFTS
    )
    assert pool.groupby("dyad")["truth"].nunique().tolist() == [2, 2, 2]
    assert pool.groupby("dyad")["trait"].nunique().tolist() == [1, 1, 1]
    with pytest.raises(AssociationError, match="lasting must lie between 0 and 1"):
        simulate_pool(minutes=0.5, lasting=1.5)


def test_it_is_asked_what_the_outcome_depends_on():
    with pytest.raises(AssociationError, match=r"'occasion' or 'trait'; it was not said") as caught:
        plan_study(r=0.3)
    assert "stability" in str(caught.value.advice)


@pytest.mark.slow
def test_a_trait_is_told_less_well_than_an_occasion_by_one_session():
    options = {"n_pool": 40, "n_studies": 2, "minutes": (2,), "n_dyads": (60,), "r": 0.5,
               "config": FEW_SHIFTS, "predictor": "mirroring"}  # fmt: skip
    occasion = plan_study(**options, reliability_of="occasion")
    trait = plan_study(**options, reliability_of="trait", lasting=0.1)
    assert (occasion["reliability_of"][0], trait["reliability_of"][0]) == ("occasion", "trait")
    assert trait["r_with_truth"][0] < occasion["r_with_truth"][0] - 0.15
