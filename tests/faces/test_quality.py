from dataclasses import replace

import numpy as np
import pytest

from attunement.faces.backends.fake import Fake
from attunement.faces.geometry import fit_rotation
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


def test_face_in_profile(mesh):
    turn = np.radians(60)
    about_y = np.array(
        [[np.cos(turn), 0, np.sin(turn)], [0, 1, 0], [-np.sin(turn), 0, np.cos(turn)]]
    )
    middle = mesh.landmarks.mean(axis=0)
    turned = ((mesh.landmarks - middle) @ about_y.T + middle).astype(np.float32)
    profile = replace(mesh, landmarks=turned, rotation=fit_rotation(turned)[0])
    assert implausible(profile, AREA) == "turned"


def test_mesh_shrunk_to_a_point(mesh):
    point = np.zeros_like(mesh.landmarks)
    point[263, 0] = 50
    assert implausible(replace(mesh, landmarks=point), AREA) == "proportions"
