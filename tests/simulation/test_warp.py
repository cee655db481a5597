import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from attunement.simulation import Controls, face_box, load_portrait, render_face
from attunement.simulation.portraits import PORTRAITS

LEVEL = st.floats(0, 1)
ANGLE = st.floats(-12, 12)
ANYTHING = st.builds(
    Controls,
    smile=LEVEL, frown=LEVEL, mouth=LEVEL, brow=LEVEL, eyes=LEVEL,
    yaw_deg=ANGLE, pitch_deg=ANGLE, roll_deg=ANGLE,
)  # fmt: skip


@settings(max_examples=15)
@given(name=st.sampled_from(PORTRAITS), controls=ANYTHING)
def test_nothing_outside_the_face_box_ever_changes(name, controls):
    portrait = load_portrait(name, height_px=240)
    picture = render_face(portrait, controls)
    left, top, right, bottom = face_box(portrait)
    changed = (picture != portrait.picture).any(axis=2)
    assume(changed.any())
    inside = np.zeros_like(changed)
    inside[top:bottom, left:right] = True
    assert picture.shape == portrait.picture.shape
    assert picture.dtype == np.uint8
    assert not (changed & ~inside).any()


def test_the_neutral_face_of_a_neutral_portrait_is_the_portrait():
    portrait = load_portrait("hopper", height_px=384)
    difference = np.abs(render_face(portrait, Controls()).astype(int) - portrait.picture)
    moved = (difference > 8).any(axis=2)
    mouth = portrait.to_px(portrait.landmarks[[61, 291]]).round().astype(int)
    moved[mouth[:, 1].min() - 12 : mouth[:, 1].max() + 12, mouth[0, 0] : mouth[1, 0]] = False
    assert moved.mean() < 1e-3


@pytest.mark.parametrize("name", PORTRAITS)
def test_the_inside_of_an_open_mouth_is_dark(name):
    portrait = load_portrait(name)
    x, y = portrait.to_px(portrait.landmarks[[14]])[0].astype(int)
    y += int(0.08 * portrait.interocular_px)
    shut, wide = (
        render_face(portrait, Controls(mouth=level))[y - 2 : y + 3, x - 2 : x + 3].mean()
        for level in (0, 1)
    )
    assert wide < 80 < shut


@pytest.mark.parametrize("name", PORTRAITS)
@pytest.mark.parametrize("control", ["smile", "frown", "mouth", "brow", "eyes"])
def test_more_of_a_control_changes_more_of_the_picture(name, control):
    portrait = load_portrait(name)
    neutral = render_face(portrait, Controls()).astype(int)
    change = [
        np.abs(render_face(portrait, Controls(**{control: level})) - neutral).sum()
        for level in (0.3, 0.6, 1.0)
    ]
    assert 0 < change[0] < change[1] < change[2]
