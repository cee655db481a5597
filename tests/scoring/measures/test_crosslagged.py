import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from attunement.errors import TableError
from attunement.scoring import pick_peaks, windowed_cross_lagged_regression

SETTINGS = {"sampling_hz": 10.0, "window_s": 5.0, "step_s": 1.0, "max_lag_s": 2.0}


def smooth(seed, n=300):
    return np.random.default_rng(seed).standard_normal((2, n)).cumsum(1)


@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_agrees_with_ordinary_least_squares_of_statsmodels(missing):
    infant, caregiver = smooth(3)
    rng = np.random.default_rng(8)
    infant[rng.random(300) < missing / 2] = np.nan
    caregiver[rng.random(300) < missing / 2] = np.nan
    found = windowed_cross_lagged_regression(infant, caregiver, **SETTINGS)
    assert found.shape == (24, 40)
    checked = 0
    for start in (10, 90, 200):
        for lag in (-20, -7, -1, 1, 4, 20):
            lead, follower = (infant, caregiver) if lag > 0 else (caregiver, infant)
            later = np.arange(start, start + 50) + abs(lag)
            data = np.column_stack([follower[later], follower[later - 1], lead[start : start + 50]])
            data = data[np.isfinite(data).all(1)]
            small = sm.OLS(data[:, 0], sm.add_constant(data[:, 1:2])).fit()
            large = sm.OLS(data[:, 0], sm.add_constant(data[:, 1:])).fit()
            expected = (large.rsquared - small.rsquared) * np.sign(large.params[-1])
            assert found.loc[start / 10, lag / 10] == pytest.approx(expected, abs=1e-10)
            checked += 1
    assert checked == 18


def test_who_follows_gains_from_the_other_alone():
    rng = np.random.default_rng(0)
    infant = rng.standard_normal(600)
    caregiver = rng.standard_normal(600)
    caregiver[7:] += 2 * infant[:-7]
    found = windowed_cross_lagged_regression(infant, caregiver, **SETTINGS).mean()
    assert found.idxmax() == 0.7
    assert found[0.7] > 0.6
    assert found.drop(0.7).abs().max() < 0.2


@settings(max_examples=25)
@given(seed=st.integers(0, 2**31), scale=st.floats(0.01, 100), offset=st.floats(-100, 100))
def test_unit_origin_and_swapping(seed, scale, offset):
    infant, caregiver = smooth(seed, 120)
    one = windowed_cross_lagged_regression(infant, caregiver, **SETTINGS)
    other = windowed_cross_lagged_regression(scale * infant + offset, caregiver, **SETTINGS)
    np.testing.assert_allclose(one, other, atol=1e-6)
    swapped = windowed_cross_lagged_regression(caregiver, infant, **SETTINGS)
    np.testing.assert_array_equal(one, swapped.to_numpy()[:, ::-1])
    assert np.nanmax(np.abs(one.to_numpy())) <= 1


def test_nothing_is_found_where_nothing_varies():
    moving, _ = smooth(1, 100)
    for pair in ((np.full(100, 3.0), moving), (moving, np.full(100, 3.0)),
                 (np.full(100, np.nan), moving), (np.arange(100.0), np.arange(100.0))):  # fmt: skip
        assert windowed_cross_lagged_regression(*pair, **SETTINGS).isna().all(axis=None)


def test_a_copy_of_the_own_past_adds_nothing():
    infant, _ = smooth(2, 200)
    caregiver = np.concatenate([infant[:1], infant[:-1]])  # one sample behind
    found = windowed_cross_lagged_regression(infant, caregiver, **SETTINGS)
    # At lag 0.2 s the infant's past is the caregiver's own past.
    assert found[0.2].isna().all()
    assert found[0.1].notna().all()


def test_unfit_input_is_refused():
    with pytest.raises(TableError, match="equally long"):
        windowed_cross_lagged_regression(np.zeros(3), np.zeros(4), **SETTINGS)
    with pytest.raises(TableError, match="window_s of a cross-lagged regression must be at least"):
        windowed_cross_lagged_regression(
            np.zeros(99), np.zeros(99), **{**SETTINGS, "window_s": 0.1}
        )


LAGS = np.arange(-20, 21) / 10


def bell(centre, width=0.4, height=1.0):
    return height * np.exp(-(((LAGS - centre) / width) ** 2))


def peaks(*rows, **options):
    return pick_peaks(pd.DataFrame(list(rows), columns=LAGS), **options)


def test_the_peak_nearest_to_lag_zero_is_taken_not_the_highest():
    found = peaks(bell(0.6, height=0.5) + bell(-1.4, width=0.2), bell(0), bell(-0.9))
    assert found["lag_s"].tolist() == [0.6, 0.0, -0.9]
    assert found["r"].iloc[0] == pytest.approx(0.5, abs=1e-3)
    assert (found["reason"] == "").all()


def test_slopes_troughs_plateaus_and_gaps_have_no_peak():
    gap = bell(0.5)
    gap[3] = np.nan
    found = peaks(LAGS / 2, -bell(0.5), np.full(41, 0.4), gap, np.full(41, np.nan))
    assert found["lag_s"].isna().all()
    assert found["reason"].tolist() == ["no_peak", "no_peak", "no_peak", "missing", "missing"]


def test_of_two_peaks_at_one_distance_the_higher_counts_and_equal_ones_are_a_tie():
    found = peaks(bell(-1.0) * 0.9 + bell(1.0), bell(-1.0) + bell(1.0)[::1])
    assert found["lag_s"].iloc[0] == 1.0
    symmetric = bell(-1.0) + bell(-1.0)[::-1]
    assert peaks(symmetric)["reason"].tolist() == ["tie"]


def test_smoothing_takes_out_a_spike():
    row = bell(1.2, width=0.8, height=0.6)
    row[20] += 0.3
    assert peaks(row, region_s=0.3)["lag_s"].iloc[0] == 0.0
    assert peaks(row, region_s=0.3, smooth_s=1.0)["lag_s"].iloc[0] == pytest.approx(1.2, abs=0.11)


@given(st.integers(0, 2**31))
@settings(max_examples=25)
def test_swapping_the_people_turns_the_peak(seed):
    row = np.random.default_rng(seed).standard_normal(41).cumsum()
    one, other = peaks(row), peaks(row[::-1])
    assume(one["r"].notna().any())
    np.testing.assert_allclose(one["lag_s"], -other["lag_s"])
    np.testing.assert_array_equal(one["r"], other["r"])


def test_a_table_without_lags_is_refused():
    with pytest.raises(TableError, match="even ascending steps"):
        pick_peaks(pd.DataFrame(np.zeros((2, 3)), columns=["a", "b", "c"]))
    with pytest.raises(TableError, match="do not fit"):
        peaks(bell(0), region_s=3)
    for length in (np.nan, np.inf):
        with pytest.raises(TableError, match="length in seconds"):
            peaks(bell(0), region_s=length)
        with pytest.raises(TableError, match="length in seconds"):
            peaks(bell(0), smooth_s=length)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"region_s": 0.04}, "region_s of peaks must be at least 0.1 s, which is 1 sample"),
        ({"smooth_s": 0.1}, "smooth_s of peaks must be at least 0.2 s, which is 2 samples"),
        ({"smooth_s": -0.1}, "smooth_s of peaks must be at least 0.2 s"),
    ],
)
def test_a_region_or_a_smoothing_of_too_few_lags_is_refused(settings, says):
    with pytest.raises(TableError, match=says):
        peaks(bell(0), **settings)


@pytest.mark.parametrize("own_lag_s", [np.nan, np.inf, -0.1, 0, 0.04, "short"])
def test_an_own_past_that_is_none_is_refused(own_lag_s):
    with pytest.raises(TableError, match="own_lag_s of a cross-lagged regression"):
        windowed_cross_lagged_regression(
            np.zeros(90), np.zeros(90), sampling_hz=10, window_s=5, step_s=1, max_lag_s=1,
            own_lag_s=own_lag_s,
        )  # fmt: skip


def test_the_own_past_is_a_sample_where_a_tenth_of_a_second_is_less():
    x, y = np.random.default_rng(0).standard_normal((2, 60))
    settings = {"sampling_hz": 2, "window_s": 10, "step_s": 2, "max_lag_s": 2}
    pd.testing.assert_frame_equal(
        windowed_cross_lagged_regression(x, y, **settings),
        windowed_cross_lagged_regression(x, y, **settings, own_lag_s=0.5),
    )
