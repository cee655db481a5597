import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attunement.errors import TableError
from attunement.scoring import windowed_cross_correlation

SETTINGS = {"sampling_hz": 10.0, "window_s": 5.0, "step_s": 1.0, "max_lag_s": 2.0}


def naive(infant, caregiver, *, window, step, max_lag):
    n = len(infant)
    rows = []
    for k in range(max(0, math.ceil((n - window - max_lag + 1) / step))):
        t, row = k * step, []
        needed = slice(t, t + window + max_lag)
        most = max(np.isnan(infant[needed]).mean(), np.isnan(caregiver[needed]).mean())
        for lag in range(-max_lag, max_lag + 1):
            a = infant[t + max(0, -lag) :][:window]
            b = caregiver[t + max(0, lag) :][:window]
            both = np.isfinite(a) & np.isfinite(b)
            a, b = a[both], b[both]
            if most > 0.5 or len(a) < 2 or np.ptp(a) == 0 or np.ptp(b) == 0:
                row.append(np.nan)
            else:
                row.append(np.corrcoef(a, b)[0, 1])
        rows.append(row)
    return np.array(rows)


@pytest.mark.parametrize("missing", [0.0, 0.1, 0.45])
def test_agrees_with_a_loop_of_numpy(missing):
    rng = np.random.default_rng(4)
    infant, caregiver = rng.standard_normal((2, 400)).cumsum(1) + 50
    for series in (infant, caregiver):
        for start in rng.integers(0, 400, int(missing * 400 / 12)):
            series[start : start + 12] = np.nan
    infant[100:160] = 3.3
    found = windowed_cross_correlation(infant, caregiver, **SETTINGS)
    expected = naive(infant, caregiver, window=50, step=10, max_lag=20)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found.to_numpy(), expected, rtol=0, atol=1e-12)
    assert np.isnan(expected).any()
    assert np.isfinite(expected).any()
    assert found.index.name == "start_s"
    np.testing.assert_allclose(found.columns, np.arange(-20, 21) / 10)


def test_a_caregiver_who_follows_has_a_positive_lag():
    rng = np.random.default_rng(0)
    infant = rng.standard_normal(300).cumsum()
    found = windowed_cross_correlation(infant, np.roll(infant, 7), **SETTINGS).iloc[1:]
    assert (found.idxmax(axis=1) == 0.7).all()


def test_swapping_the_series_mirrors_the_lags():
    rng = np.random.default_rng(1)
    a, b = rng.standard_normal((2, 300)).cumsum(1)
    one = windowed_cross_correlation(a, b, **SETTINGS).to_numpy()
    other = windowed_cross_correlation(b, a, **SETTINGS).to_numpy()
    np.testing.assert_array_equal(one, other[:, ::-1])


@given(
    seed=st.integers(0, 2**31),
    scale=st.floats(1e-3, 1e3),
    offset=st.floats(-1e3, 1e3),
    missing=st.floats(0, 0.6),
)
def test_unit_and_origin_do_not_matter(seed, scale, offset, missing):
    rng = np.random.default_rng(seed)
    a, b = rng.standard_normal((2, 120)).cumsum(1)
    a[rng.random(120) < missing] = np.nan
    one = windowed_cross_correlation(a, b, **SETTINGS).to_numpy()
    other = windowed_cross_correlation(a * scale + offset, b, **SETTINGS).to_numpy()
    np.testing.assert_allclose(one, other, atol=1e-6)
    assert np.nanmax(np.abs(one), initial=0) <= 1


@given(value=st.floats(-1e6, 1e6), other=st.integers(0, 2**31))
def test_a_constant_window_is_missing(value, other):
    noise = np.random.default_rng(other).standard_normal(120)
    found = windowed_cross_correlation(np.full(120, value), noise, **SETTINGS)
    assert found.isna().all(axis=None)


def test_missing_everywhere_gives_nothing():
    found = windowed_cross_correlation(np.full(100, np.nan), np.arange(100.0), **SETTINGS)
    assert len(found) == 4
    assert found.isna().all(axis=None)


def test_a_series_shorter_than_a_window_gives_no_row():
    assert windowed_cross_correlation(np.arange(60.0), np.arange(60.0), **SETTINGS).shape == (0, 41)


@pytest.mark.parametrize(
    ("a", "b", "says"),
    [
        (np.zeros(3), np.zeros(4), "equally long"),
        (np.zeros((3, 2)), np.zeros((3, 2)), "one-dimensional"),
        (np.array([0, np.inf]), np.zeros(2), "infinities"),
    ],
)
def test_unfit_series_are_refused(a, b, says):
    with pytest.raises(TableError, match=says):
        windowed_cross_correlation(a, b, **SETTINGS)


def test_a_window_under_two_samples_is_refused():
    with pytest.raises(TableError, match="window needs two samples"):
        windowed_cross_correlation(np.zeros(9), np.zeros(9), **{**SETTINGS, "window_s": 0.1})
