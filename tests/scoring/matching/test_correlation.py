import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attunement.errors import TableError
from attunement.scoring import (
    coherence,
    cross_recurrence,
    granger,
    recurrence_profile,
    windowed_cross_correlation,
    windowed_cross_lagged_regression,
)

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
    missing=st.floats(0, 0.4),
)
def test_unit_and_origin_do_not_matter(seed, scale, offset, missing):
    rng = np.random.default_rng(seed)
    a, b = rng.standard_normal((2, 120)).cumsum(1)
    a[rng.random(120) < missing] = np.nan
    one = windowed_cross_correlation(a, b, **SETTINGS).to_numpy()
    other = windowed_cross_correlation(a * scale + offset, b, **SETTINGS).to_numpy()
    assert np.isfinite(one).mean() > 0.2
    np.testing.assert_allclose(one, other, atol=1e-6)
    assert np.nanmax(np.abs(one)) <= 1


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
    says = "window_s of a cross-correlation must be at least 0.2 s, which is 2 samples at 10 Hz"
    with pytest.raises(TableError, match=says):
        windowed_cross_correlation(np.zeros(9), np.zeros(9), **{**SETTINGS, "window_s": 0.1})


def by_time(values, start_s=0.0):
    return pd.Series(values, index=start_s + np.arange(len(values)) / 10)


def test_times_must_increase_and_agree():
    a = by_time(np.arange(100.0))
    windowed_cross_correlation(a, a, **SETTINGS)
    with pytest.raises(TableError, match=r"same times; they are up to 0\.5 s apart"):
        windowed_cross_correlation(a, by_time(np.arange(100.0), 0.5), **SETTINGS)


SECONDS = np.arange(100) / 10
CLOCKS = {
    "seconds": pd.Index,
    "durations": lambda s: pd.to_timedelta(s, unit="s"),
    "dates": lambda s: pd.to_datetime("2026-11-22") + pd.to_timedelta(s, unit="s"),
    "dates of a place": lambda s: CLOCKS["dates"](s).tz_localize("Europe/Berlin"),
}
WRONG = {
    "unsorted": (SECONDS[::-1], "unsorted or doubled"),
    "doubled": (np.repeat(SECONDS[::2], 2), "unsorted or doubled"),
    "missing": (np.where(SECONDS == 5, np.nan, SECONDS), "missing"),
    "25 Hz": (np.arange(100) / 25, "25 samples a second where sampling_hz is 10"),
    "a hole": (SECONDS + 60 * (SECONDS >= 5), "even grid; the step changes at"),
}


@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.parametrize("wrong", WRONG)
def test_an_index_of_times_must_be_the_grid(clock, wrong):
    values, plain = np.random.default_rng(0).standard_normal((2, 100))
    times, says = WRONG[wrong]
    good = pd.Series(values, index=CLOCKS[clock](SECONDS))
    bad = pd.Series(values, index=CLOCKS[clock](times))
    windowed_cross_correlation(good, good, **SETTINGS)
    for pair in ((bad, good), (good, bad), (bad, plain), (plain, bad), (bad, bad)):
        with pytest.raises(TableError, match=says):
            windowed_cross_correlation(*pair, **SETTINGS)


def test_dates_of_different_days_are_no_pair():
    values = np.arange(100.0)
    one = pd.Series(values, index=CLOCKS["dates"](SECONDS))
    with pytest.raises(TableError, match="up to 86400 s apart"):
        windowed_cross_correlation(one, one.shift(freq="1D"), **SETTINGS)


def test_whole_numbers_count_rows():
    signals = pd.Series(np.random.default_rng(0).standard_normal(200))
    infant, caregiver = signals.iloc[::2], signals.iloc[1::2]
    windowed_cross_correlation(infant, caregiver, **SETTINGS)
    for wrong in (infant.iloc[::-1], infant.sort_values(), pd.concat([infant[:100]] * 2)):
        plain = np.zeros(len(wrong))
        with pytest.raises(TableError, match="rows are unsorted or doubled, by their index"):
            windowed_cross_correlation(wrong, plain, **SETTINGS)


def test_names_of_rows_say_nothing():
    series = pd.Series(np.arange(100.0), index=["same"] * 100)
    named = windowed_cross_correlation(series, series, **SETTINGS)
    plain = windowed_cross_correlation(series.to_numpy(), series.to_numpy(), **SETTINGS)
    assert plain.notna().any(axis=None)
    pd.testing.assert_frame_equal(named, plain)


def test_every_measure_of_two_series_checks_their_times():
    hole = by_time(np.random.default_rng(0).standard_normal(100))
    hole.index = hole.index + 60.0 * (hole.index >= 5)
    plain = hole.to_numpy()
    lengths = {"window_s": 5, "step_s": 1, "max_lag_s": 1}
    for call in (
        lambda: windowed_cross_lagged_regression(hole, plain, sampling_hz=10, **lengths),
        lambda: coherence(plain, hole, sampling_hz=10),
        lambda: granger(hole, plain, sampling_hz=10),
        lambda: cross_recurrence(plain, hole, sampling_hz=10, radius=1),
        lambda: recurrence_profile(hole, plain, sampling_hz=10, radius=1, max_lag_s=1),
    ):
        with pytest.raises(TableError, match="even grid"):
            call()


def test_text_is_refused():
    with pytest.raises(TableError, match="must be numbers"):
        windowed_cross_correlation(["a"] * 90, ["b"] * 90, **SETTINGS)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"sampling_hz": np.nan}, "rate above 0 Hz .*; found nan"),
        ({"sampling_hz": 0.0}, "rate above 0 Hz .*; found 0.0"),
        ({"window_s": np.inf}, "window_s of .* must be a length in seconds; found inf"),
        ({"step_s": 0.04}, "step_s of .* must be at least 0.1 s, which is 1 sample at 10 Hz"),
        ({"max_lag_s": -1.0}, "max_lag_s of .* must be 0 s or more; found -1 s"),
    ],
)
def test_lengths_that_are_no_lengths_are_refused(settings, says):
    with pytest.raises(TableError, match=says):
        windowed_cross_correlation(np.zeros(99), np.zeros(99), **{**SETTINGS, **settings})


def test_windows_without_a_correlation_say_why():
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((2, 300))

    def reasons(infant, caregiver):
        return windowed_cross_correlation(infant, caregiver, **SETTINGS).attrs["reasons"]

    assert reasons(a, b) == {}
    assert reasons(a[:1], b[:1]) == reasons(a[:60], b[:60]) == {"too_short": 1}
    assert reasons(np.full(300, np.nan), b) == {"coverage_infant": 24}
    assert reasons(a, np.full(300, np.nan)) == {"coverage_caregiver": 24}
    assert reasons(np.ones(300), b) == {"constant": 24}
    still = b.copy()
    still[:120] = 0.5
    assert reasons(a, still)["constant"] == 6


@given(seed=st.integers(0, 2**31), jump=st.floats(1e2, 1e5), small=st.floats(1e-6, 1e-2))
def test_little_movement_beside_a_large_jump_keeps_its_correlation(seed, jump, small):
    rng = np.random.default_rng(seed)
    a, b = small * rng.standard_normal((2, 200))
    level = np.where(np.arange(200) < 100, 0.0, jump)
    one = windowed_cross_correlation(a + level, b, **SETTINGS).to_numpy()
    other = windowed_cross_correlation(a, b, **SETTINGS).to_numpy()
    apart = [0, 1, 2, 3]  # windows and lags that end before the jump
    np.testing.assert_allclose(one[apart][:, 20:], other[apart][:, 20:], atol=1e-6)


@given(
    seed=st.integers(0, 2**31),
    n=st.integers(60, 160),
    missing=st.one_of(st.floats(0, 0.4), st.sampled_from([0.6, 0.95, 1.0])),
    copy=st.booleans(),
)
def test_no_correlation_leaves_its_range_or_comes_out_of_nothing(seed, n, missing, copy):
    rng = np.random.default_rng(seed)
    a, b = np.round(rng.standard_normal((2, n)).cumsum(1) / 2)
    b = a.copy() if copy else b
    a[rng.random(n) < missing] = np.nan
    found = windowed_cross_correlation(a, b, **SETTINGS)
    seen = found.to_numpy()[np.isfinite(found.to_numpy())]
    assert np.abs(seen).max(initial=0) <= 1
    swapped = windowed_cross_correlation(b, a, **SETTINGS)
    np.testing.assert_array_equal(found.to_numpy(), swapped.to_numpy()[:, ::-1])
    pairs = np.isfinite(a) & np.isfinite(b)
    for start_s, row in found.iterrows():
        lo = round(start_s * 10)
        for series in (a, b):
            if np.isnan(series[lo : lo + 70]).mean() > 0.5:
                assert row.isna().all()
        here = slice(lo, lo + 50)
        if pairs[here].sum() < 2 or np.ptp(a[here][pairs[here]]) == 0:
            assert np.isnan(row[0.0])


@given(seed=st.integers(0, 2**31), missing=st.floats(0, 0.3))
def test_what_is_mostly_there_has_correlations(seed, missing):
    rng = np.random.default_rng(seed)
    a, b = rng.standard_normal((2, 160)).cumsum(1)
    a[rng.random(160) < missing] = np.nan
    found = windowed_cross_correlation(a, b, **SETTINGS).to_numpy()
    assert np.isfinite(found).mean() > 0.5


def test_what_stands_still_or_is_not_there_has_none():
    a, b = np.random.default_rng(0).standard_normal((2, 160))
    still, gone = a.copy(), a.copy()
    still[:50] = 1.0
    gone[:52] = np.nan
    assert np.isnan(windowed_cross_correlation(still, b, **SETTINGS)[0.0].iloc[0])
    assert windowed_cross_correlation(gone, b, **SETTINGS).iloc[0].isna().all()
    assert np.isfinite(windowed_cross_correlation(a, b, **SETTINGS)[0.0].iloc[0])
