"""How far a head can go between two looks."""

import numpy as np
import pytest

from attunement.faces.areas import Box
from attunement.faces.reach import can_be_same, reach_sizes

AHEAD = (0.0, 0.0, 0.0)
FACE = Box(100, 100, 50, 50)
TIMES_S = [0.001, 0.04, 0.12]


def of_size(factor):
    """The face about the same middle, larger by a factor."""
    side = 50 * factor
    return Box(125 - side / 2, 125 - side / 2, side, side)


@pytest.mark.parametrize("away_s", TIMES_S)
def test_a_head_goes_eight_sizes_a_second(away_s):
    furthest = 0.1 + 8 * away_s
    assert reach_sizes(away_s) == pytest.approx(furthest)
    for share, same in ((0.97, True), (1.03, False)):
        there = Box(100 + share * furthest * 50, 100, 50, 50)
        assert can_be_same(FACE, there, AHEAD, AHEAD, away_s=away_s) == same
        assert can_be_same(there, FACE, AHEAD, AHEAD, away_s=away_s) == same


def test_however_long_it_was_away_it_is_not_looked_for_everywhere():
    assert reach_sizes(60.0) == 1.5
    assert reach_sizes(0.17) < 1.5


@pytest.mark.parametrize("away_s", TIMES_S)
@pytest.mark.parametrize("angle", [0, 1, 2])
def test_a_head_turns_seven_hundred_degrees_a_second(angle, away_s):
    furthest = 5 + 700 * away_s
    for share, same in ((0.97, True), (1.03, False), (-0.97, True), (-1.03, False)):
        pose = tuple(share * furthest if k == angle else 0.0 for k in range(3))
        assert can_be_same(FACE, FACE, AHEAD, pose, away_s=away_s) == same


def test_angles_go_round():
    assert can_be_same(FACE, FACE, (0, 0, 179.0), (0, 0, -179.0), away_s=0.001)


@pytest.mark.parametrize("away_s", TIMES_S)
def test_a_face_grows_by_four_powers_of_e_a_second(away_s):
    most = 0.1 + 4 * away_s
    for share, same in ((0.97, True), (1.03, False)):
        for direction in (-1, 1):
            other = of_size(np.exp(direction * share * most))
            assert can_be_same(FACE, other, AHEAD, AHEAD, away_s=away_s) == same
