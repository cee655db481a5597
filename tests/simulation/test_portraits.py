import numpy as np
import pytest

from attunement.errors import SimulationError
from attunement.simulation.portraits import PORTRAITS, load_portrait, read_numbers


@pytest.mark.parametrize("name", PORTRAITS)
@pytest.mark.parametrize("height_px", [240, 384])
def test_eye_corners_are_one_unit_apart_and_level_in_the_face_frame(name, height_px):
    portrait = load_portrait(name, height_px=height_px)
    right, left = portrait.landmarks[33], portrait.landmarks[263]
    assert left[:2] - right[:2] == pytest.approx([1, 0], abs=1e-9)
    assert (left + right)[:2] == pytest.approx([0, 0], abs=1e-9)
    on_canvas = np.diff(portrait.to_px(np.array([right, left])), axis=0)
    assert np.hypot(*on_canvas[0]) == pytest.approx(portrait.interocular_px)
    assert portrait.interocular_px >= 0.25 * height_px


@pytest.mark.parametrize("name", PORTRAITS)
def test_pupils_lie_on_dark_pixels(name):
    # Landmarks that belong to another picture, or a canvas shifted against them, would miss.
    portrait = load_portrait(name, height_px=384)
    grey = portrait.picture.mean(axis=2)
    for pupil, cheek in ((468, 50), (473, 280)):
        (px, py), (cx, cy) = np.round(portrait.to_px(portrait.landmarks[[pupil, cheek]])).astype(
            int
        )
        around = grey[py - 2 : py + 3, px - 2 : px + 3].mean()
        assert around < 0.6 * grey[cy - 2 : cy + 3, cx - 2 : cx + 3].mean()


def test_landmarks_keep_their_place_in_the_face_at_any_size():
    small, large = (load_portrait("hopper", height_px=h).landmarks for h in (192, 480))
    assert small == pytest.approx(large, abs=1e-12)


def test_a_shared_portrait_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        load_portrait("astronaut").picture[0, 0] = 0


def test_triangles_use_each_landmark_of_the_tessellation():
    triangles = read_numbers("triangles.csv").astype(int)
    assert triangles.shape == (852, 3)
    assert set(triangles.ravel()) == set(range(468))


@pytest.mark.parametrize("height_px", [0, 96, 250])
def test_an_unusable_height_is_refused(height_px):
    with pytest.raises(SimulationError, match=f"height_px .* found {height_px}"):
        load_portrait("hopper", height_px=height_px)


def test_an_unknown_portrait_is_refused():
    with pytest.raises(SimulationError, match="'lena'"):
        load_portrait("lena")
