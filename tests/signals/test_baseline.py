import numpy as np
import pytest

from attunement.signals.baseline import baseline, rest_and_unit, standardise


def test_percentile_without_a_declaration_median_with():
    values = np.arange(101.0)
    nothing = np.zeros(101, bool)
    assert baseline(values, nothing) == 20
    assert baseline(values, (values >= 50) & (values <= 60)) == 55
    assert baseline(values, values < 5) == 20, "five neutral frames are too few"


def test_scale_is_the_largest_of_the_three():
    rng = np.random.default_rng(0)
    assert rest_and_unit(np.full(50, 0.3), floor=0.05)[1] == 0.05
    spread = rng.uniform(0, 1, 20001)
    assert rest_and_unit(spread, floor=0.05)[1] == pytest.approx((0.95 - 0.2) / 2, abs=0.01)
    half = np.where(np.arange(1000) % 2 == 0, 0.0, 1.0)
    assert rest_and_unit(half, floor=0.05)[1] == pytest.approx(1.4826 / 2)


def test_a_still_face_with_one_twitch_stays_small():
    values = np.full(1000, 0.2)
    values[500] = 0.25
    z = standardise(values, np.zeros(1000, bool), floor=0.05)
    assert z[500] == pytest.approx(1)
    assert np.count_nonzero(z) == 1


def test_missing_values_are_left_out_and_stay():
    values = np.array([np.nan, *np.arange(101.0), np.nan])
    nothing = np.zeros(103, bool)
    assert baseline(values, nothing) == 20
    z = standardise(values, nothing, floor=0.05)
    assert np.isnan(z[[0, -1]]).all()
    assert np.isfinite(z[1:-1]).all()
    assert np.isnan(standardise(np.full(5, np.nan), np.zeros(5, bool), floor=0.05)).all()
