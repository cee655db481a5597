from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from attunement.faces.areas import Box
from attunement.faces.backends.fake import Fake
from attunement.faces.quality import disagreement, implausible, mirrored
from attunement.faces.search import (
    OVERLAP,
    SHARES,
    TILES_PX,
    Search,
    distinct,
    is_same_in_mirror,
    tiles,
)
from attunement.faces.tracking import Follower, Sighting, look

WIDE = (0, 0, 1920, 1080)


class ShortRange(Fake):
    """The fake, blind to patches narrower than a tenth of the picture, as the real detector is."""

    def __init__(self):
        self.n_looks = 0

    def find(self, picture, *, n_faces):
        self.n_looks += 1
        least_px = 0.1 * max(picture.shape[:2])
        found = super().find(picture, n_faces=n_faces)
        return [mesh for mesh in found if np.ptp(mesh.landmarks[:, 0]) >= 0.9 * least_px]

    def again(self, picture, landmarks):  # noqa: ARG002
        found = Fake.find(self, picture, n_faces=1)
        return found[0] if found else None


@given(
    st.integers(0, 500), st.integers(0, 500), st.integers(100, 2500), st.integers(100, 2500),
    st.floats(0, 1), st.floats(0, 1),
)  # fmt: skip
def test_tiles_stay_in_the_region_and_hold_every_face_whole(left, top, width, height, across, down):
    areas = tiles((left, top, width, height))
    assume(areas)
    for x, y, wide, high in areas:
        assert left <= x <= x + wide <= left + width
        assert top <= y <= y + high <= top + height
    for side in TILES_PX:
        of_side = [area for area in areas if area[2:] == (min(side, width), min(side, height))]
        if not of_side:
            continue
        face = min(int(OVERLAP * side) - 2, width, height)
        x, y = left + across * (width - face), top + down * (height - face)
        assert any(
            a[0] <= x and a[1] <= y and x + face <= a[0] + a[2] and y + face <= a[1] + a[3]
            for a in of_side
        )


def test_first_everything_is_searched_then_everything_once_in_a_round():
    search = Search(WIDE)
    everything = set(tiles(WIDE))
    first = search.areas()
    assert first[0] == WIDE
    assert set(first[1:]) == everything
    turns = [search.areas() for _ in range(SHARES)]
    assert {turn[0] for turn in turns} == {WIDE}
    assert sorted(area for turn in turns for area in turn[1:]) == sorted(everything)
    assert max(len(turn) for turn in turns) <= len(everything) / SHARES + 2


def test_a_small_region_has_no_tiles():
    assert tiles((100, 100, 380, 300)) == []


@pytest.mark.parametrize("place", [(0, 0), (700, 500), (1859, 1009)])
def test_a_small_face_is_found_anywhere_in_a_wide_picture(cropper, place):
    crop = cropper((1920, 1080), [(*place, 60, 70, (200, 0, 0))])
    backend = ShortRange()
    assert look(backend, crop, WIDE, n_faces=2) == []
    follower = Follower(backend, WIDE)
    sighting = follower.step(crop, 0.0)
    assert sighting.fault == ""
    assert abs(sighting.box.middle[0] - (place[0] + 30)) < 2
    # Once found it is followed in a crop, and nothing is searched.
    backend.n_looks = 0
    assert follower.step(crop, 0.04).fault == ""
    assert backend.n_looks == 0


def test_a_face_that_comes_later_is_found_within_one_round(cropper):
    empty = cropper((1920, 1080), [])
    crop = cropper((1920, 1080), [(1500, 200, 60, 70, (200, 0, 0))])
    follower = Follower(ShortRange(), WIDE)
    assert follower.step(empty, 0.0) is None
    seen = [follower.step(crop, 0.04 * (k + 1)) for k in range(SHARES)]
    assert any(seen)
    assert all(seen[seen.index(next(filter(None, seen))) :])


def test_each_face_once_and_believed_ones_first(cropper):
    crop = cropper((400, 200), [(50, 50, 60, 70, (200, 0, 0)), (250, 50, 60, 70, (0, 200, 0))])
    found = look(Fake(), crop, (0, 0, 400, 200), n_faces=2)
    doubtful = [replace(sighting, fault="size") for sighting in found]
    kept = distinct([*doubtful, *found, *found], apart=0.5)
    assert kept == found


class Lopsided(Fake):
    """Sees something else from the other side."""

    def again(self, picture, landmarks):  # noqa: ARG002
        found = self.find(picture, n_faces=1)[0]
        sheared = found.landmarks.copy()
        sheared[:, 0] += 0.3 * (sheared[:, 1] - sheared[:, 1].mean())
        return replace(found, landmarks=sheared)


def test_a_mesh_that_is_another_in_the_mirror_is_not_believed(cropper):
    crop = cropper((400, 200), [(150, 50, 60, 70, (200, 0, 0))])
    area = (100, 20, 160, 140)
    mesh = look(Fake(), crop, area, n_faces=1)[0].mesh
    assert is_same_in_mirror(Fake(), crop, area, mesh)
    assert not is_same_in_mirror(Lopsided(), crop, area, mesh)
    sighting = Follower(Lopsided(), (0, 0, 400, 200)).step(crop, 0.0)
    assert sighting.fault == "unstable"


class Shifted(Fake):
    """Sees the face some way off from the other side, in eye corner distances."""

    def __init__(self, away, presence=1.0):
        self.away, self.presence = away, presence

    def again(self, picture, landmarks):
        seen = super().again(picture, landmarks)
        unit = np.linalg.norm(seen.landmarks[33, :2] - seen.landmarks[263, :2])
        off = np.array([self.away * unit, 0, 0], np.float32)
        return replace(seen, landmarks=seen.landmarks + off, presence=self.presence)


@pytest.mark.parametrize(
    ("away", "presence", "believed"),
    [(0.065, 1.0, True), (0.075, 1.0, False), (0.0, 0.981, True), (0.0, 0.979, False),
     (0.0, np.nan, True)],
)  # fmt: skip
def test_how_much_another_a_mesh_may_be_in_the_mirror(cropper, away, presence, believed):
    crop = cropper((400, 200), [(150, 50, 60, 70, (200, 0, 0))])
    area = (100, 20, 160, 140)
    mesh = look(Fake(), crop, area, n_faces=1)[0].mesh
    assert is_same_in_mirror(Shifted(away, presence), crop, area, mesh) == believed


class Unsure(Fake):
    """Doubts what it sees from the other side."""

    def again(self, picture, landmarks):
        return replace(super().again(picture, landmarks), presence=0.9)


def test_a_mesh_that_is_doubted_in_the_mirror_is_not_believed(cropper):
    crop = cropper((400, 200), [(150, 50, 60, 70, (200, 0, 0))])
    sighting = Follower(Unsure(), (0, 0, 400, 200)).step(crop, 0.0)
    assert sighting.fault == "unstable"


@pytest.mark.parametrize(("scale", "shift"), [(1.0, 0.0), (3.0, 40.0)])
def test_disagreement_counts_eye_corner_distances(cropper, scale, shift):
    crop = cropper((400, 200), [(150, 50, 60, 70, (200, 0, 0))])
    landmarks = look(Fake(), crop, (0, 0, 400, 200), n_faces=1)[0].mesh.landmarks
    one = (landmarks * scale + shift).astype(np.float32)
    assert disagreement(one, one) == 0
    unit = float(np.linalg.norm(one[33, :2] - one[263, :2]))
    moved = one + np.array([0.2 * unit, 0, 0], np.float32)
    assert disagreement(one, moved) == pytest.approx(0.2, rel=0.02)


def test_mirrored_twice_is_the_same_and_eyes_change_places(cropper):
    crop = cropper((400, 200), [(150, 50, 60, 70, (200, 0, 0))])
    landmarks = look(Fake(), crop, (0, 0, 400, 200), n_faces=1)[0].mesh.landmarks
    once = mirrored(landmarks, width_px=400)
    assert once[33, 0] < once[263, 0]
    assert mirrored(once, width_px=400) == pytest.approx(landmarks, abs=1e-3)


def test_a_mesh_the_network_itself_doubts_is_not_believed():
    picture = np.zeros((200, 200, 3), np.uint8)
    picture[40:160, 50:150] = 120
    mesh = Fake().find(picture, n_faces=1)[0]
    assert implausible(replace(mesh, presence=0.95), (0, 0, 200, 200)) == "presence"
    assert implausible(replace(mesh, presence=float("nan")), (0, 0, 200, 200)) == ""


def test_distance_of_sightings_is_all_that_distinct_needs():
    mesh = Fake().find(np.full((60, 60, 3), 90, np.uint8), n_faces=1)[0]
    boxes = [Box(0, 0, 10, 10), Box(3, 0, 10, 10), Box(30, 0, 10, 10)]
    kept = distinct([Sighting(mesh, box, "") for box in boxes], apart=0.5)
    assert [one.box.x_px for one in kept] == [0, 30]
