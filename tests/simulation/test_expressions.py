import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attunement.errors import SimulationError
from attunement.simulation.expressions import (
    LOWER_LIDS,
    LOWER_LIP,
    UPPER_LIDS,
    UPPER_LIP,
    Controls,
    place_landmarks,
)
from attunement.simulation.portraits import PORTRAITS, load_portrait

LEVELS = np.linspace(0, 1, 5)
LIP_CORNERS = [61, 291]


def moved(name, **controls):
    return place_landmarks(load_portrait(name), Controls(**controls))


def lip_gap(points):
    return points[14, 1] - points[13, 1]


def lid_aperture(points):
    return np.mean([points[low, 1] - points[up, 1] for up, low in ((159, 145), (386, 374))])


def brow_height(points):
    return np.mean([points[lid, 1] - points[brow, 1] for brow, lid in ((105, 159), (334, 386))])


def corners_up(points):
    return -points[LIP_CORNERS, 1].mean()


def corners_down(points):
    return points[LIP_CORNERS, 1].mean()


@pytest.mark.parametrize("name", PORTRAITS)
@pytest.mark.parametrize(
    ("control", "geometry", "least"),
    [
        ("smile", corners_up, 0.08),
        ("frown", corners_down, 0.08),
        ("mouth", lip_gap, 0.25),
        ("brow", brow_height, 0.08),
        ("eyes", lid_aperture, 0.03),
    ],
)
def test_each_control_moves_its_own_geometry_in_even_steps(name, control, geometry, least):
    values = np.array([geometry(moved(name, **{control: level})) for level in LEVELS])
    steps = np.diff(values)
    assert values[-1] - values[0] > least
    assert steps == pytest.approx(np.full(4, steps[0]))


@pytest.mark.parametrize("name", PORTRAITS)
def test_brow_raise_leaves_the_lids_and_the_mouth(name):
    still = [
        k for rows in (UPPER_LIDS, LOWER_LIDS, UPPER_LIP, LOWER_LIP) for row in rows for k in row
    ]
    assert moved(name, brow=1)[still] == pytest.approx(moved(name)[still], abs=0.005)


@pytest.mark.parametrize("name", PORTRAITS)
def test_mouth_opens_downwards_and_the_corners_drop_with_it(name):
    way = moved(name, mouth=1) - moved(name)
    assert way[14, 1] == pytest.approx(0.30, abs=0.03)
    assert abs(way[13, 1]) < 0.03
    assert way[LIP_CORNERS, 1] == pytest.approx([0.09, 0.09], abs=0.03)


def test_neutral_astronaut_has_closed_lips():
    assert lip_gap(load_portrait("astronaut").landmarks) > 0.1
    assert lip_gap(moved("astronaut")) == pytest.approx(0, abs=0.01)


@given(
    first=st.floats(0, 0.5), second=st.floats(0, 0.5), control=st.sampled_from(["smile", "mouth"])
)
def test_levels_of_different_controls_add_up(first, second, control):
    base = moved("hopper")
    together = moved("hopper", **{control: first, "brow": second}) - base
    apart = moved("hopper", **{control: first}) + moved("hopper", brow=second) - 2 * base
    assert together == pytest.approx(apart, abs=1e-9)


@pytest.mark.parametrize("name", PORTRAITS)
def test_the_nose_follows_the_turn_of_the_head(name):
    nose = moved(name)[4]
    assert moved(name, yaw_deg=5)[4, 0] > nose[0] + 0.03
    assert moved(name, pitch_deg=5)[4, 1] < nose[1] - 0.03
    chin = moved(name)[152]
    assert moved(name, roll_deg=5)[152, 0] < chin[0] - 0.03


@pytest.mark.parametrize(
    ("controls", "said"),
    [
        ({"smile": 1.2}, "'smile' must be between 0 and 1; found 1.2"),
        ({"mouth": -0.1}, "'mouth'"),
        ({"yaw_deg": 13.0}, "'yaw_deg' must be between -12 and 12"),
        ({"eyes": float("nan")}, "'eyes'"),
    ],
)
def test_a_control_beyond_what_looks_like_a_face_is_refused(controls, said):
    with pytest.raises(SimulationError, match=said):
        Controls(**controls)
