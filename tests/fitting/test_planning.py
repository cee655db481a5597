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
    found = plan_study(r=0.9, n_dyads=(6, 30), **options)
    assert found[["minutes", "n_dyads"]].to_numpy().tolist() == [[2, 6], [2, 30]]
    assert found["estimate"].iloc[1] > found["estimate"].iloc[0]
    assert (found["ci_low"] <= found["estimate"]).all()
    assert (found["r_with_truth"] > 0).all()


def test_a_score_that_is_none_is_refused():
    with pytest.raises(AssociationError, match="no column 'mirrorring'"):
        plan_study(
            r=0.3,
            minutes=(1.5,),
            n_dyads=(10,),
            n_pool=2,
            predictor="mirrorring",
            config=FEW_SHIFTS,
        )
