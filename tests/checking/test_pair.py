import numpy as np
import pytest

from attunement.checking.pair import PairFollower
from attunement.faces.backends.fake import Fake

SIZE = (600, 240)
REGION = (0, 0, *SIZE)
RED, DIM = (220, 0, 0), (110, 0, 0)
NO_HINTS = (None, None)


@pytest.fixture
def crop_of():
    def make(*patches):
        picture = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
        for x, y, width, height, colour in patches:
            picture[y : y + height, x : x + width] = colour
        return lambda area: picture[area[1] : area[1] + area[3], area[0] : area[0] + area[2]]

    return make


def smiles(sightings):
    return [None if s is None else round(float(s.mesh.blendshapes.max()), 2) for s in sightings]


def test_both_are_followed_past_a_change_of_order_and_size(crop_of):
    pair = PairFollower(Fake(), REGION, NO_HINTS)
    for k in range(20):
        size = 60 + 3 * k
        sightings = pair.step(
            crop_of((40, 40, 90, 100, RED), (420, 20, size, 60 + 4 * k, DIM)), k / 25
        )
        assert smiles(sightings) == [0.86, 0.43]


def test_one_face_is_never_given_to_both(crop_of):
    pair = PairFollower(Fake(), REGION, NO_HINTS)
    pair.step(crop_of((40, 40, 90, 100, RED), (420, 40, 80, 90, DIM)), 0.0)
    for k in range(1, 40):
        sightings = pair.step(crop_of((40, 40, 90, 100, RED)), k / 10)
        assert smiles(sightings) == [0.86, None]


def test_a_lone_face_stays_with_the_person_whose_place_is_nearer(crop_of):
    pair = PairFollower(Fake(), REGION, NO_HINTS)
    pair.step(crop_of((40, 40, 90, 100, RED), (420, 40, 80, 90, DIM)), 0.0)
    pair.step(crop_of(), 0.1)
    sightings = pair.step(crop_of((400, 40, 80, 90, DIM)), 5.0)
    assert smiles(sightings) == [None, 0.43]


def test_hints_tell_who_is_who(crop_of):
    hints = ((400, 20, 150, 160), (20, 20, 150, 160))
    pair = PairFollower(Fake(), REGION, hints)
    sightings = pair.step(crop_of((40, 40, 100, 110, RED), (420, 40, 80, 90, DIM)), 0.0)
    assert smiles(sightings) == [0.43, 0.86]
