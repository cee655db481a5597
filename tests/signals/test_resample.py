import numpy as np
import pytest

from attunement.signals.resample import bracket, find_runs, frame_interval, grid_times, resampler
from attunement.study.sessions import Span


def resample(values, times_s, runs, grid_s, *, sampling_hz):
    return resampler(times_s, runs, grid_s, sampling_hz=sampling_hz)(values)


def on_grid(curve, *, rate_hz, sampling_hz=10, duration_s=40.0):
    times = np.arange(0, duration_s, 1 / rate_hz)
    grid = grid_times(times[-1], sampling_hz=sampling_hz)
    runs = np.zeros(len(times), dtype=np.int64)
    return grid, resample(curve(times), times, runs, grid, sampling_hz=sampling_hz)


def phase_and_gain(grid, values, hz):
    wave = np.exp(-2j * np.pi * hz * grid)
    inner = slice(20, 20 + 300)
    spectrum = 2 * np.mean(values[inner] * wave[inner])
    return np.angle(spectrum), np.abs(spectrum)


@pytest.mark.parametrize("rate_hz", [15.0, 25.0, 29.97, 59.94, 120.0])
@pytest.mark.parametrize("hz", [0.2, 1.0, 2.0])
def test_a_sine_keeps_its_phase(rate_hz, hz):
    grid, values = on_grid(lambda t: np.cos(2 * np.pi * hz * t), rate_hz=rate_hz)
    phase, gain = phase_and_gain(grid, values, hz)
    assert abs(phase) / (2 * np.pi * hz) < 0.002
    assert gain > {0.2: 0.99, 1.0: 0.96, 2.0: 0.84}[hz]


@pytest.mark.parametrize(("hz", "alias_hz", "most"), [(8.0, 2.0, 0.15), (9.0, 1.0, 0.08)])
def test_what_would_fold_down_is_filtered_out(hz, alias_hz, most):
    grid, values = on_grid(lambda t: np.cos(2 * np.pi * hz * t), rate_hz=60.0)
    assert phase_and_gain(grid, values, alias_hz)[1] < most


def test_the_stated_gains_hold_for_dense_frames():
    for hz, gain in ((1, 0.98), (2, 0.90), (5, 0.50), (8, 0.12), (10, 0.0)):
        _, values = on_grid(lambda t, hz=hz: np.cos(2 * np.pi * hz * t), rate_hz=400.0)
        assert values[100] == pytest.approx(gain, abs=0.01)


def test_slower_frames_than_the_grid_are_interpolated_linearly():
    times = np.arange(0, 10, 0.2)
    grid = grid_times(9.0, sampling_hz=10)
    values = np.sin(times)
    got = resample(values, times, np.zeros(50, np.int64), grid, sampling_hz=10)
    np.testing.assert_allclose(got, np.interp(grid, times, values), atol=1e-9)


def test_a_line_stays_a_line_with_uneven_frames_and_at_the_ends():
    rng = np.random.default_rng(3)
    times = np.sort(rng.uniform(0, 10, 250))
    grid = grid_times(10.0, sampling_hz=10)
    got = resample(3 - 2 * times, times, np.zeros(250, np.int64), grid, sampling_hz=10)
    defined = np.isfinite(got)
    assert defined.sum() >= 98
    np.testing.assert_allclose(got[defined], 3 - 2 * grid[defined], atol=5e-3)


def test_nothing_comes_across_a_missing_stretch():
    times = np.arange(0, 10, 0.04)
    usable = (times < 4) | (times > 6)
    runs = find_runs(times, usable, max_gap_s=0.3)
    grid = grid_times(9.9, sampling_hz=10)
    quiet = resample(np.where(times < 5, 1.0, 0.0), times, runs, grid, sampling_hz=10)
    loud = resample(np.where(times < 5, 1.0, 1e6), times, runs, grid, sampling_hz=10)
    early = grid < 4
    np.testing.assert_allclose(quiet[early & np.isfinite(quiet)], 1)
    np.testing.assert_array_equal(quiet[early], loud[early])
    assert np.isnan(quiet[(grid > 3.97) & (grid < 6.03)]).all()
    np.testing.assert_allclose(quiet[grid > 6.05], 0)


def test_values_of_unusable_frames_are_never_read():
    times = np.arange(0, 4, 0.04)
    usable = np.arange(100) % 5 != 2
    runs = find_runs(times, usable, max_gap_s=0.3)
    values = np.where(usable, 1.0, np.nan)
    grid = grid_times(3.9, sampling_hz=10)
    got = resample(values, times, runs, grid, sampling_hz=10)
    np.testing.assert_allclose(got, 1.0)


def test_runs_break_at_long_gaps_and_at_excluded_stretches():
    times = np.array([0.0, 0.1, 0.4, 0.8, 0.9, 1.0, 1.1])
    usable = np.array([True, True, True, True, False, True, True])
    assert find_runs(times, usable, max_gap_s=0.3).tolist() == [0, 0, 0, 1, -1, 1, 1]
    parted = find_runs(times, usable, max_gap_s=0.3, exclude=(Span(1.02, 1.05),))
    assert parted.tolist() == [0, 0, 0, 1, -1, 1, 2]
    assert find_runs(times, np.zeros(7, bool), max_gap_s=0.3).tolist() == [-1] * 7
    assert find_runs(times[:0], usable[:0], max_gap_s=0.3).tolist() == []


def test_bracket_knows_frames_on_the_grid_and_outside():
    times = np.array([0.0995, 0.2, 0.3, 0.9])
    runs = np.array([0, 0, 0, 1])
    grid = np.array([0.0, 0.1, 0.15, 0.3, 0.5, 0.9, 1.0])
    before, after, inside = bracket(grid, times, runs)
    assert before.tolist() == [-1, 0, 0, 2, 2, 3, 3]
    assert after.tolist() == [0, 0, 1, 2, 3, 3, 4]
    assert inside.tolist() == [False, True, True, True, False, True, False]


def test_a_single_frame_gives_its_own_sample_only():
    runs = np.array([0])
    got = resample(
        np.array([7.0]), np.array([0.2]), runs, grid_times(0.4, sampling_hz=10), sampling_hz=10
    )
    np.testing.assert_array_equal(got, [np.nan, np.nan, 7.0, np.nan, np.nan])


def test_one_resampler_serves_all_values_of_the_same_frames():
    rng = np.random.default_rng(0)
    times = np.cumsum(rng.uniform(0.02, 0.08, 200))
    grid, runs = grid_times(times[-1], sampling_hz=10), np.zeros(200, np.int64)
    put = resampler(times, runs, grid, sampling_hz=10)
    first, second = rng.normal(size=(2, 200))
    kept = put(first)
    put(second)
    np.testing.assert_array_equal(put(first), kept)
    inside = np.isfinite(kept)
    np.testing.assert_allclose(
        (put(first) + 2 * put(second))[inside], put(first + 2 * second)[inside]
    )


def test_grid_and_interval():
    np.testing.assert_array_equal(grid_times(0.35, sampling_hz=10), [0.0, 0.1, 0.2, 0.3])
    np.testing.assert_array_equal(grid_times(0.2999, sampling_hz=10)[-1], 0.3)
    assert len(grid_times(-1.0, sampling_hz=10)) == 0
    assert frame_interval(np.array([0, 0.1, 0.2, 1.2])) == pytest.approx(0.1)
    assert np.isnan(frame_interval(np.array([1.0])))


@pytest.mark.parametrize(("gap_s", "one_run"), [(0.5009, True), (0.5015, False)])
def test_a_gap_may_be_longer_by_what_time_stamps_lose(gap_s, one_run):
    runs = find_runs(np.array([0.0, gap_s]), np.ones(2, bool), max_gap_s=0.5, exclude=())
    assert (runs[0] == runs[1]) == one_run
