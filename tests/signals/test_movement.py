import numpy as np
import pytest

from attunement.signals.movement import head_movement


def movement(curve, *, rate_hz=25.0, duration_s=20.0, runs=None, times=None):
    times = np.arange(0, duration_s, 1 / rate_hz) if times is None else times
    angles = np.column_stack([curve(times), np.zeros((len(times), 2))])
    runs = np.zeros(len(times), np.int64) if runs is None else runs
    return times, head_movement(times, angles, runs, rate_hz=rate_hz)


@pytest.mark.parametrize("rate_hz", [15.0, 25.0, 60.0])
def test_a_nod_in_the_band_reads_as_its_root_mean_square(rate_hz):
    _, energy = movement(lambda t: 3 * np.sin(2 * np.pi * 2 * t), rate_hz=rate_hz)
    inner = energy[len(energy) // 4 : -len(energy) // 4]
    np.testing.assert_allclose(inner, 3 / np.sqrt(2), rtol=0.08)


@pytest.mark.parametrize("hz", [0.0, 0.1, 0.3, 11.0])
def test_slow_turning_and_fast_jitter_are_left_out(hz):
    _, energy = movement(lambda t: 3 * np.cos(2 * np.pi * hz * t))
    assert energy[100:-100].max() < 0.2


def test_it_peaks_when_the_head_moves():
    times, energy = movement(lambda t: 3 * np.sin(12 * t) * np.exp(-((t - 10) ** 2) / 0.5))
    assert times[np.argmax(energy)] == pytest.approx(10, abs=0.1)


def test_uneven_frames_give_the_same():
    rng = np.random.default_rng(2)
    times = np.cumsum(rng.choice([1 / 60, 1 / 30, 1 / 20], 800))
    _, energy = movement(lambda t: 3 * np.sin(2 * np.pi * 2 * t), times=times, rate_hz=30.0)
    np.testing.assert_allclose(energy[100:-100], 3 / np.sqrt(2), rtol=0.1)


def test_short_runs_and_frames_outside_runs_are_missing():
    runs = np.full(500, -1)
    runs[10:30] = 0  # .8 s
    runs[100:400] = 1
    _, energy = movement(lambda t: np.sin(12 * t), runs=runs)
    assert np.flatnonzero(np.isfinite(energy)).tolist() == list(range(100, 400))


def test_runs_do_not_hear_each_other():
    runs = np.repeat([0, 1], 250)
    _, quiet = movement(lambda t: np.where(t < 10, np.sin(12 * t), 0), runs=runs)
    _, loud = movement(lambda t: np.where(t < 10, np.sin(12 * t), 1e3 * np.sin(9 * t)), runs=runs)
    np.testing.assert_array_equal(quiet[:250], loud[:250])


def test_a_slow_video_has_a_narrower_band_and_a_very_slow_one_none():
    _, ten = movement(lambda t: 3 * np.sin(2 * np.pi * 2 * t), rate_hz=10.0)
    np.testing.assert_allclose(ten[50:-50], 3 / np.sqrt(2), rtol=0.1)
    for rate_hz in (4.0, float("nan")):
        times = np.arange(0, 20, 0.25)
        _, none = movement(np.sin, rate_hz=rate_hz, times=times)
        assert np.isnan(none).all()


def test_missing_pose_gives_missing_movement():
    _, energy = movement(lambda t: np.full(len(t), np.nan))
    assert np.isnan(energy).all()


@pytest.mark.parametrize(("n_frames", "known"), [(25, False), (26, True)])
def test_a_run_holds_a_second_from_its_first_frame_to_its_last(n_frames, known):
    runs = np.full(500, -1)
    runs[100 : 100 + n_frames] = 0
    _, energy = movement(lambda t: np.sin(12 * t), runs=runs)
    assert np.isfinite(energy).sum() == (n_frames if known else 0)


@pytest.mark.parametrize(("rate_hz", "known"), [(4.7, False), (4.9, True)])
def test_the_slowest_video_with_a_movement(rate_hz, known):
    _, energy = movement(np.sin, rate_hz=rate_hz)
    assert np.isfinite(energy).all() == known


def test_a_jerk_is_spread_over_half_a_second():
    _, energy = movement(lambda t: 3 * np.exp(-((t - 10) ** 2) / (2 * 0.03**2)))
    high = energy**2 > (energy**2).max() / 2
    assert high.sum() / 25 == pytest.approx(0.5, abs=0.15)
