import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from attunement.faces.backends.fake import Fake
from attunement.faces.canonical import canonical_face
from attunement.faces.geometry import (
    BROW_LANDMARKS,
    LOWER_LIP,
    UPPER_LIP,
    distances,
    fit_rotation,
    interocular_px,
    misfit,
    pose_deg,
)

TO_CAMERA = np.array([1.0, -1.0, -1.0])
angles = st.floats(-40, 40)


def cloud():
    """The canonical face as a mesh in camera coordinates, eye corners 1 apart."""
    picture = np.full((300, 300, 3), 100, np.uint8)
    landmarks = Fake().find(picture, n_faces=1)[0].landmarks.astype(float) * TO_CAMERA
    return (landmarks - landmarks.mean(axis=0)) / interocular_px(landmarks)


def turn(yaw, pitch, roll):
    """Rotation by the documented angles, built here from their description."""
    ry = Rotation.from_euler("y", yaw, degrees=True)
    rx = Rotation.from_euler("x", -pitch, degrees=True)
    rz = Rotation.from_euler("z", -roll, degrees=True)
    return (ry * rx * rz).as_matrix()


def in_picture(points, scale=100.0, shift=(200.0, 150.0, 0.0)):
    return points * TO_CAMERA * scale + np.array(shift)


@given(angles, angles, angles, st.floats(20, 400), st.floats(-500, 500), st.floats(-500, 500))
def test_rigid_motion_and_scale_change_no_distance(yaw, pitch, roll, scale, x, y):
    face = cloud()
    rotation = turn(yaw, pitch, roll)
    moved = in_picture(face @ rotation.T, scale, (x, y, 30.0))
    still = distances(in_picture(face), np.eye(3))
    assert distances(moved, rotation) == pytest.approx(still, abs=1e-9)
    fitted, unit, residual = fit_rotation(moved)
    assert pose_deg(fitted) == pytest.approx((yaw, pitch, roll), abs=1e-4)
    assert unit == pytest.approx(scale, rel=1e-4)
    assert residual < 1e-4
    assert distances(moved, fitted) == pytest.approx(still, abs=1e-5)


@given(
    st.integers(0, 99), st.floats(0.2, 8), st.floats(-2000, 2000), st.floats(-2000, 2000),
    st.floats(-300, 300),
)  # fmt: skip
def test_a_face_of_any_shape_measures_the_same_wherever_and_however_large(seed, scale, x, y, z):
    rng = np.random.default_rng(seed)
    shape = cloud() + rng.normal(0, 0.03, (478, 3))
    seen = in_picture(shape @ turn(*rng.uniform(-25, 25, 3)).T)
    moved = seen * scale + np.array([x, y, z])
    (one, unit, residual), (other, moved_unit, moved_residual) = (
        fit_rotation(mesh) for mesh in (seen, moved)
    )
    assert distances(moved, other) == pytest.approx(distances(seen, one), abs=1e-9)
    assert pose_deg(other) == pytest.approx(pose_deg(one), abs=1e-7)
    assert moved_residual == pytest.approx(residual, rel=1e-7)
    assert interocular_px(moved) == pytest.approx(scale * interocular_px(seen), rel=1e-9)
    assert moved_unit == pytest.approx(scale * unit, rel=1e-9)


def test_signs_of_pose_are_as_documented():
    face = cloud()
    nose, chin, crown = 4, 152, 10
    right = in_picture(face @ turn(20, 0, 0).T)
    up = in_picture(face @ turn(0, 20, 0).T)
    tilted = in_picture(face @ turn(0, 0, 20).T)
    straight = in_picture(face)
    middle = [33, 263]
    assert right[nose, 0] - right[middle, 0].mean() > 10
    assert up[nose, 1] - up[middle, 1].mean() < straight[nose, 1] - straight[middle, 1].mean()
    assert tilted[crown, 0] > tilted[chin, 0] + 10


def test_mirroring_the_picture_turns_yaw_and_roll_around():
    face = cloud() @ turn(15, 7, -10).T
    landmarks = in_picture(face)
    mirrored = landmarks * (-1, 1, 1) + (400, 0, 0)
    # A mirrored face has its right side where the left was: landmarks change partners.
    known = canonical_face()
    where = np.array(list(known.values()))
    numbers = list(known)
    partner = np.arange(478)
    for number, point in known.items():
        away = np.linalg.norm(where - point * (-1, 1, 1), axis=1)
        partner[number] = numbers[int(away.argmin())]
    yaw, pitch, roll = pose_deg(fit_rotation(landmarks)[0])
    back = pose_deg(fit_rotation(mirrored[partner])[0])
    assert back == pytest.approx((-yaw, pitch, -roll), abs=1e-6)


@pytest.mark.parametrize(
    ("moved", "by", "which"),
    [
        (BROW_LANDMARKS, 0.1, 0),
        ((160, 159, 158, 387, 386, 385), 0.04, 1),
        (UPPER_LIP, 0.1, 2),
        (LOWER_LIP, -0.1, 2),
    ],
)
def test_opening_one_opens_it_and_nothing_else(moved, by, which):
    face = cloud()
    before = distances(in_picture(face), np.eye(3))
    face[list(moved), 1] += by
    after = distances(in_picture(face @ turn(10, -10, 5).T), turn(10, -10, 5))
    change = np.subtract(after, before)
    assert change[which] == pytest.approx(abs(by), abs=1e-6)
    assert np.delete(change, which) == pytest.approx([0, 0], abs=1e-9)


def test_interocular_distance_is_taken_in_the_picture():
    landmarks = np.zeros((478, 3))
    landmarks[33], landmarks[263] = (10, 10, 0), (40, 50, 900)
    assert interocular_px(landmarks) == 50


@given(angles, angles, angles, st.integers(0, 99))
def test_misfit_is_the_residual_of_the_fit_and_no_other_rotation_fits_better(
    yaw, pitch, roll, seed
):
    noise = np.random.default_rng(seed).normal(0, 3, (478, 3))
    mesh = in_picture(cloud() @ turn(yaw, pitch, roll).T) + noise
    rotation, _, residual = fit_rotation(mesh)
    assert misfit(mesh, rotation) == pytest.approx(residual, rel=1e-12)
    assert misfit(mesh, rotation @ turn(2, -1, 1)) > residual


def test_a_reflected_mesh_is_fitted_by_a_rotation_and_fits_badly():
    reflected = in_picture(cloud() * (1, 1, -1))
    rotation, _, residual = fit_rotation(reflected)
    assert np.linalg.det(rotation) == pytest.approx(1)
    assert residual > 0.06
