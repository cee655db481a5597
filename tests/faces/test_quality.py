from dataclasses import replace

import numpy as np
import pytest

from attunement.faces.backends.fake import Fake
from attunement.faces.canonical import canonical_face
from attunement.faces.geometry import fit_rotation, interocular_px, misfit
from attunement.faces.quality import implausible

AREA = (0, 0, 200, 200)


@pytest.fixture
def mesh():
    picture = np.zeros((200, 200, 3), np.uint8)
    picture[40:160, 50:150] = 120
    return Fake().find(picture, n_faces=1)[0]


def test_a_face_is_plausible(mesh):
    assert implausible(mesh, AREA) == ""


def test_small_face(mesh):
    assert implausible(replace(mesh, landmarks=mesh.landmarks * np.float32(0.1)), AREA) == "size"


def test_mesh_outside_what_was_searched(mesh):
    moved = replace(mesh, landmarks=mesh.landmarks + np.array([120, 0, 0], np.float32))
    assert implausible(moved, AREA) == "outside"


def test_squeezed_mesh(mesh):
    squeezed = mesh.landmarks * np.array([1, 0.5, 1], np.float32)
    assert implausible(replace(mesh, landmarks=squeezed), AREA) == "proportions"


@pytest.mark.parametrize(("deg", "fault"), [(44, ""), (-44, ""), (46, "turned"), (-46, "turned")])
@pytest.mark.parametrize("axis", ["yaw", "pitch"])
def test_face_in_profile(mesh, axis, deg, fault):
    cos, sin = np.cos(np.radians(deg)), np.sin(np.radians(deg))
    about = {
        "yaw": np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]]),
        "pitch": np.array([[1, 0, 0], [0, cos, sin], [0, -sin, cos]]),
    }
    middle = mesh.landmarks.mean(axis=0)
    turned = ((mesh.landmarks - middle) @ about[axis].T + middle).astype(np.float32)
    profile = replace(mesh, landmarks=turned, rotation=fit_rotation(turned)[0])
    assert implausible(profile, AREA) == fault


@pytest.mark.parametrize(("eyes_px", "fault"), [(11.9, "size"), (12.1, "")])
def test_the_smallest_face(mesh, eyes_px, fault):
    scale = np.float32(eyes_px / interocular_px(mesh.landmarks))
    assert implausible(replace(mesh, landmarks=mesh.landmarks * scale), AREA) == fault


@pytest.mark.parametrize(("share", "fault"), [(0.89, "outside"), (0.91, "")])
@pytest.mark.parametrize("side", ["left", "right", "top", "bottom"])
def test_how_much_of_a_mesh_may_be_outside(mesh, side, share, fault):
    axis = 0 if side in ("left", "right") else 1
    landmarks = mesh.landmarks.copy()
    # Those that the fake puts in one place are spread over the face.
    free = [index for index in range(len(landmarks)) if index not in canonical_face()]
    low, high = landmarks[:, axis].min(), landmarks[:, axis].max()
    landmarks[free, axis] = np.linspace(low, high, len(free))
    ordered = np.sort(landmarks[:, axis])
    n_inside = round(share * len(ordered))
    area = np.array([0, 0, 200, 200], float)
    if side in ("left", "top"):
        area[axis] = ordered[-n_inside]
    else:
        area[2 + axis] = ordered[n_inside]
    assert implausible(replace(mesh, landmarks=landmarks), tuple(area)) == fault


@pytest.mark.parametrize(("presence", "fault"), [(0.979, "presence"), (0.98, ""), (np.nan, "")])
def test_what_the_network_must_be_sure_of(mesh, presence, fault):
    assert implausible(replace(mesh, presence=presence), AREA) == fault


@pytest.mark.parametrize(("away", "fault"), [(0.058, ""), (0.062, "proportions")])
def test_how_unlike_a_face_a_mesh_may_be(mesh, away, fault):
    def squeezed(factor):
        return mesh.landmarks * np.array([1, factor, 1], np.float32)

    factors = np.linspace(1, 0.3, 1401)
    residuals = np.array([misfit(squeezed(factor), mesh.rotation) for factor in factors])
    landmarks = squeezed(factors[np.searchsorted(residuals, away)])
    assert implausible(replace(mesh, landmarks=landmarks), AREA) == fault


def test_mesh_shrunk_to_a_point(mesh):
    point = np.zeros_like(mesh.landmarks)
    point[263, 0] = 50
    assert implausible(replace(mesh, landmarks=point), AREA) == "proportions"
