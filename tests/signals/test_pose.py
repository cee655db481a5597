import numpy as np
import pytest

from attunement.signals.pose import correct_pose

N = 600
RNG = np.random.default_rng(5)
T = np.arange(N) / 25
ANGLES = np.column_stack([8 * np.sin(0.7 * T), 6 * np.cos(0.31 * T)])
LEAK = ANGLES @ [0.002, -0.01]
NEUTRAL = T < 16
EVENT = np.where(T > 17, 0.3, 0.0)


def test_the_leak_is_taken_out_and_the_event_is_kept():
    corrected = correct_pose(0.2 + LEAK + EVENT, ANGLES, NEUTRAL)
    within = (np.abs(ANGLES[:, 0]) < 7.5) & (np.abs(ANGLES[:, 1]) < 5.5)
    level = corrected - EVENT
    assert np.ptp(level[within]) < 0.1 * np.ptp(LEAK)


def test_expression_outside_neutral_frames_has_no_say():
    quiet = correct_pose(LEAK, ANGLES, NEUTRAL)
    loud = correct_pose(LEAK + EVENT * ANGLES[:, 1], ANGLES, NEUTRAL)
    np.testing.assert_allclose(loud - quiet, EVENT * ANGLES[:, 1], atol=1e-12)


def test_without_enough_neutral_frames_nothing_changes():
    for neutral in (np.zeros(N, bool), T < 1.5):
        np.testing.assert_array_equal(correct_pose(LEAK, ANGLES, neutral), LEAK)


def test_without_enough_range_nothing_changes():
    np.testing.assert_array_equal(correct_pose(LEAK, ANGLES / 5, NEUTRAL), LEAK)


def test_only_the_angle_that_moves_gets_a_slope():
    still = ANGLES * [0.1, 1]
    corrected = correct_pose(still @ [0.5, -0.01], still, NEUTRAL)
    inside = np.abs(ANGLES[:, 1]) < 5.5
    np.testing.assert_allclose(
        np.corrcoef(corrected[inside], ANGLES[inside, 0])[0, 1], 1, atol=0.05
    )


def test_two_angles_that_move_together_do_not_blow_up():
    twins = np.column_stack([ANGLES[:, 0], 0.9 * ANGLES[:, 0] + 0.01 * RNG.standard_normal(N)])
    values = 0.01 * twins[:, 0] + 0.001 * RNG.standard_normal(N)
    corrected = correct_pose(values, twins, NEUTRAL)
    assert corrected.std() < 0.2 * values.std()


def test_no_effect_is_extrapolated_beyond_the_neutral_range():
    angles = ANGLES.copy()
    angles[-50:, 1] = 60.0
    corrected = correct_pose(LEAK, angles, NEUTRAL)
    assert np.abs(corrected - LEAK)[-50:].max() < 0.01 * 8 + 0.002 * 9


def test_frames_without_pose_keep_their_value():
    angles = ANGLES.copy()
    angles[500:] = np.nan
    np.testing.assert_array_equal(correct_pose(LEAK, angles, NEUTRAL)[500:], LEAK[500:])
    np.testing.assert_array_equal(correct_pose(LEAK, np.full((N, 2), np.nan), NEUTRAL), LEAK)


@pytest.mark.parametrize(("n_neutral", "changed"), [(49, False), (50, True)])
def test_how_many_neutral_frames_a_slope_needs(n_neutral, changed):
    angles = np.column_stack([8 * np.sin(3 * T), np.zeros(N)])
    values = 0.01 * angles[:, 0]
    corrected = correct_pose(values, angles, np.arange(N) < n_neutral)
    assert (corrected != values).any() == changed


@pytest.mark.parametrize(("range_deg", "changed"), [(4.9, False), (5.1, True)])
def test_how_far_the_head_must_turn_for_a_slope(range_deg, changed):
    # From the 5th to the 95th percentile.
    angles = np.column_stack([np.linspace(0, range_deg / 0.9, N), np.zeros(N)])
    values = 0.01 * angles[:, 0]
    corrected = correct_pose(values, angles, np.ones(N, bool))
    assert (corrected != values).any() == changed


@pytest.mark.parametrize(("together", "both"), [(0.88, True), (0.92, False)])
def test_how_much_together_two_angles_may_move(together, both):
    turn = np.arange(N) / N * 2 * np.pi
    first, free = np.sin(5 * turn), np.cos(5 * turn)
    second = together * first + np.sqrt(1 - together**2) * free
    values = second.copy()
    corrected = correct_pose(values, 10 * np.column_stack([first, 0.9 * second]), np.ones(N, bool))
    left = corrected.std() / values.std()
    # Of two angles that move together the wider alone has a slope.
    assert left < 0.15 if both else left > 0.3
