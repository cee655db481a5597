import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from attunement.faces.areas import Box, half_of, square_around
from attunement.faces.backends.fake import Fake
from attunement.faces.tracking import Follower

SIZE = (400, 200)
RED, GREEN = (200, 0, 0), (0, 200, 0)


class Counting(Fake):
    """The fake, remembering the size of every picture it was given."""

    def __init__(self):
        self.seen = []

    def find(self, picture, *, n_faces):
        self.seen.append(picture.shape[:2])
        return super().find(picture, n_faces=n_faces)


def smile(sighting):
    return round(float(sighting.mesh.blendshapes.max()), 2)


def test_follows_in_crops_and_returns_places_of_the_whole_picture(cropper):
    backend = Counting()
    follower = Follower(backend, (0, 0, *SIZE))
    for k in range(10):
        backend.seen.clear()
        sighting = follower.step(cropper(SIZE, [(100 + 8 * k, 50, 60, 70, RED)]), k / 25)
        assert abs(sighting.box.middle[0] - (130 + 8 * k)) < 1
        assert abs(sighting.box.middle[1] - 85) < 1
        if k:
            assert len(backend.seen) == 1
            assert max(backend.seen[0]) < 150


def test_keeps_to_its_face_when_a_larger_one_appears(cropper):
    follower = Follower(Fake(), (0, 0, *SIZE))
    follower.step(cropper(SIZE, [(50, 50, 60, 70, RED)]), 0.0)
    both = [(50, 50, 60, 70, RED), (250, 20, 120, 150, GREEN)]
    assert smile(follower.step(cropper(SIZE, both), 0.04)) == 0.78


def test_finds_again_nearest_to_where_it_was_lost(cropper):
    follower = Follower(Fake(), (0, 0, *SIZE))
    follower.step(cropper(SIZE, [(30, 50, 60, 70, RED)]), 0.0)
    assert follower.step(cropper(SIZE, []), 0.04) is None
    both = [(100, 50, 60, 70, RED), (250, 20, 120, 150, GREEN)]
    assert smile(follower.step(cropper(SIZE, both), 5.0)) == 0.78


def test_nothing_in_the_region_is_nothing(cropper):
    follower = Follower(Fake(), (200, 0, 200, 200))
    assert follower.step(cropper(SIZE, [(50, 50, 60, 70, RED)]), 0.0) is None


def test_a_mesh_that_is_not_believed_does_not_move_the_place(cropper):
    follower = Follower(Fake(), (0, 0, *SIZE))
    follower.step(cropper(SIZE, [(50, 50, 60, 70, RED)]), 0.0)
    place = follower.place
    sliver = follower.step(cropper(SIZE, [(60, 60, 13, 70, RED)]), 0.04)
    assert sliver.fault == "size"
    assert follower.place == place


@given(
    st.floats(-50, 450), st.floats(-50, 250), st.floats(1, 300), st.floats(1, 300),
    st.sampled_from(["left", "right", "top", "bottom", ""]),
)  # fmt: skip
def test_a_crop_never_leaves_its_half(x, y, width, height, side):
    half = half_of(side, 401, 201)
    left, top, wide, high = square_around(Box(x, y, width, height), enlargement=2.0, within=half)
    if half[0] <= x < half[0] + half[2] and half[1] <= y < half[1] + half[3]:
        assert left >= half[0]
        assert top >= half[1]
        assert left + wide <= half[0] + half[2]
        assert top + high <= half[1] + half[3]
    assert wide >= 1
    assert high >= 1


def test_halves_do_not_overlap():
    for one, other in (("left", "right"), ("top", "bottom")):
        count = np.zeros((201, 401), int)
        for side in (one, other):
            x, y, width, height = half_of(side, 401, 201)
            count[y : y + height, x : x + width] += 1
        assert count.max() == 1
