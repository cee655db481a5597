import pytest

from attunement.faces.backends.fake import Fake
from attunement.faces.one_frame import PairFollower

SIZE = (600, 240)
REGION = (0, 0, *SIZE)
RED, DIM = (220, 0, 0), (110, 0, 0)
NO_HINTS = (None, None)


@pytest.fixture
def crop_of(cropper):
    return lambda *patches: cropper(SIZE, patches)


def smiles(sightings):
    return [None if s is None else round(float(s.mesh.blendshapes.max()), 2) for s in sightings]


def test_both_are_followed_past_a_change_of_order_and_size(crop_of):
    pair = PairFollower(Fake(), REGION, NO_HINTS)
    for k in range(20):
        size = 60 + 3 * k
        sightings, confidences = pair.step(
            crop_of((40, 40, 90, 100, RED), (420, 20, size, 60 + 4 * k, DIM)), k / 25
        )
        assert smiles(sightings) == [0.86, 0.43]
        assert confidences == (0.5, 0.5)


def test_one_face_is_never_given_to_both(crop_of):
    pair = PairFollower(Fake(), REGION, NO_HINTS)
    pair.step(crop_of((40, 40, 90, 100, RED), (420, 40, 80, 90, DIM)), 0.0)
    for k in range(1, 40):
        sightings, _ = pair.step(crop_of((40, 40, 90, 100, RED)), k / 10)
        assert smiles(sightings) == [0.86, None]


def test_a_lone_face_stays_with_the_person_whose_place_is_nearer(crop_of):
    pair = PairFollower(Fake(), REGION, NO_HINTS)
    pair.step(crop_of((40, 40, 90, 100, RED), (420, 40, 80, 90, DIM)), 0.0)
    pair.step(crop_of(), 0.1)
    sightings, _ = pair.step(crop_of((400, 40, 80, 90, DIM)), 5.0)
    assert smiles(sightings) == [None, 0.43]


def test_hints_tell_who_is_who(crop_of):
    hints = ((400, 20, 150, 160), (20, 20, 150, 160))
    pair = PairFollower(Fake(), REGION, hints)
    sightings, confidences = pair.step(
        crop_of((40, 40, 100, 110, RED), (420, 40, 80, 90, DIM)), 0.0
    )
    assert smiles(sightings) == [0.43, 0.86]
    assert confidences == (1.0, 1.0)


def test_confidence_falls_for_a_face_found_again_elsewhere(crop_of):
    pair = PairFollower(Fake(), REGION, ((20, 20, 150, 160), (420, 20, 150, 160)))
    partner = (440, 40, 90, 100, DIM)
    pair.step(crop_of((40, 40, 90, 100, RED), partner), 0.0)
    pair.step(crop_of(partner), 0.1)
    _, near = pair.step(crop_of((60, 40, 90, 100, RED), partner), 3.0)
    pair.step(crop_of(partner), 3.1)
    _, far = pair.step(crop_of((230, 40, 90, 100, RED), partner), 9.0)
    _, later = pair.step(crop_of((230, 40, 90, 100, RED), partner), 9.1)
    assert near == (1.0, 1.0)
    assert far == later == (0.8, 1.0)
