import subprocess
import sys
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage import data

from attunement.errors import FacesError
from attunement.faces import ensure_model
from attunement.faces.backends.direct import Direct, fingerprint, litert_version
from attunement.faces.backends.direct_detection import anchor_centres, read_detections
from attunement.faces.backends.direct_regions import Region, region_of_landmarks
from attunement.faces.backends.mediapipe import MediaPipe
from attunement.faces.geometry import interocular_px, pose_deg
from attunement.faces.model import MODEL_SHA256
from attunement.faces.quality import implausible
from attunement.schema import BLENDSHAPES


@pytest.fixture(scope="module")
def backend():
    return Direct(ensure_model())


@pytest.fixture(scope="module")
def astronaut():
    return np.ascontiguousarray(data.astronaut())


@pytest.fixture(scope="module")
def mesh(backend, astronaut):
    (found,) = backend.find(astronaut, n_faces=2)
    return found


def apart_percent(one, other):
    away = np.linalg.norm((one.landmarks - other.landmarks)[:, :2], axis=1).mean()
    return 100 * away / interocular_px(other.landmarks)


def test_reference_numbers_of_the_astronaut(mesh):
    values = dict(zip(BLENDSHAPES, mesh.blendshapes, strict=True))
    known = {
        "mouthSmileLeft": 0.899, "mouthSmileRight": 0.904, "jawOpen": 0.013,
        "mouthUpperUpLeft": 0.468,
    }  # fmt: skip
    assert {name: float(values[name]) for name in known} == pytest.approx(known, abs=5e-3)


@pytest.mark.needs_mediapipe
@pytest.mark.parametrize("turned_deg", [0, 90])
def test_a_find_is_the_mesh_of_the_task(backend, astronaut, turned_deg):
    picture = np.ascontiguousarray(np.rot90(astronaut, turned_deg // 90)[:470])
    task = MediaPipe(ensure_model())
    (expected,) = task.find(picture, n_faces=1)
    (found,) = backend.find(picture, n_faces=1)
    task.close()
    assert apart_percent(found, expected) < 0.1
    if not turned_deg:  # the Task's depth is off where both the face is turned and width not height
        assert found.landmarks[:, 2] == pytest.approx(expected.landmarks[:, 2], abs=0.5)
    assert found.blendshapes == pytest.approx(expected.blendshapes, abs=0.02)


def test_presence_is_reported(mesh, astronaut):
    assert 0.99 < mesh.presence <= 1
    assert implausible(mesh, (0, 0, 512, 512)) == ""


def test_a_face_is_seen_again_where_it_was_and_a_little_aside(backend, mesh, astronaut):
    again = backend.again(astronaut, mesh.landmarks)
    assert apart_percent(again, mesh) < 2
    aside = backend.again(astronaut, mesh.landmarks + np.float32([9, -7, 0]))
    assert apart_percent(aside, again) < 2
    assert pose_deg(aside.rotation) == pytest.approx(pose_deg(again.rotation), abs=2)


def test_no_face_is_seen_again_where_there_is_none(backend, mesh):
    assert backend.again(np.full((512, 512, 3), 128, np.uint8), mesh.landmarks) is None
    assert backend.find(np.full((200, 300, 3), 128, np.uint8), n_faces=2) == []


def test_a_mesh_without_extent_is_no_place_to_look(backend, astronaut):
    assert backend.again(astronaut, np.full((478, 3), 50, np.float32)) is None


def test_same_picture_gives_the_same_whatever_was_seen_before(backend, mesh, astronaut):
    backend.find(np.ascontiguousarray(astronaut[:, ::-1]), n_faces=1)
    again = backend.find(astronaut, n_faces=1)[0]
    assert np.array_equal(again.landmarks, mesh.landmarks)
    assert np.array_equal(again.blendshapes, mesh.blendshapes)


def test_two_faces_are_two_finds(backend, astronaut):
    both = np.concatenate([astronaut[:320, 60:380], astronaut[:320, 60:380][:, ::-1]], axis=1)
    found = backend.find(np.ascontiguousarray(both), n_faces=2)
    middles = sorted(mesh.landmarks[:, 0].mean() for mesh in found)
    assert len(found) == 2
    assert middles[0] < 320 < middles[1]
    assert len(backend.find(np.ascontiguousarray(both), n_faces=1)) == 1


def test_fingerprint_names_version_and_model():
    assert fingerprint() == {
        "backend": "direct", "litert": litert_version(), "model_sha256": MODEL_SHA256,
    }  # fmt: skip


def test_a_file_that_is_no_bundle_is_an_error(tmp_path):
    path = tmp_path / "no.task"
    path.write_bytes(b"nothing")
    with pytest.raises(FacesError, match=r"cannot be read from no\.task"):
        Direct(path)
    with zipfile.ZipFile(path, "w") as bundle:
        for name in ("face_detector", "face_landmarks_detector", "face_blendshapes"):
            bundle.writestr(f"{name}.tflite", b"nothing")
    with pytest.raises(FacesError, match="LiteRT cannot run"):
        Direct(path)


def test_nothing_is_printed_and_mediapipe_is_not_loaded():
    code = (
        "import sys\n"
        "from attunement.faces import ensure_model\n"
        "from attunement.faces.backends.direct import Direct\n"
        "from skimage import data\n"
        "assert 'ai_edge_litert' not in sys.modules\n"
        "assert len(Direct(ensure_model()).find(data.astronaut(), n_faces=1)) == 1\n"
        "assert 'mediapipe' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def seen_by(anchors, faces):
    """Output of the detector where anchors near each face (x, y, logit) report it exactly."""
    logits = np.full(896, -50.0, np.float32)
    coordinates = np.zeros((896, 16), np.float32)
    eye = np.array([6, 4])
    for x, y, logit in faces:
        near = np.flatnonzero(np.hypot(*(anchors - (x, y)).T) < 0.07)
        logits[near] = logit
        middle = (np.array([x, y]) - anchors[near]) * 128
        coordinates[near, :2] = middle
        coordinates[near, 2:4] = 0.3 * 128
        coordinates[near, 4:6] = middle - eye
        coordinates[near, 6:8] = middle + eye * (1, -1)
    return logits, coordinates


def test_anchors_of_one_face_are_one_detection():
    anchors = anchor_centres()
    assert anchors.shape == (896, 2)
    found = read_detections(*seen_by(anchors, [(0.3, 0.3, 2.0), (0.7, 0.6, 4.0)]), anchors)
    assert [round(one.score, 3) for one in found] == [0.982, 0.881]
    assert found[0].box == pytest.approx([0.55, 0.45, 0.85, 0.75], abs=1e-6)
    expected = np.array([[-6, -4], [6, -4]]) / 128 + (0.7, 0.6)
    assert found[0].eyes == pytest.approx(expected, abs=1e-6)


def test_nothing_sure_is_no_detection():
    anchors = anchor_centres()
    assert read_detections(*seen_by(anchors, [(0.5, 0.5, -0.1)]), anchors) == []


@given(
    st.floats(-200, 800), st.floats(-200, 800), st.floats(5, 600), st.floats(-3.1, 3.1),
)  # fmt: skip
def test_a_region_maps_its_square_to_the_picture_and_back(x, y, side, angle):
    region = Region(x, y, side, side, angle)
    corners = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0.5], [0, 1, -1]])
    placed = region.place(corners)
    mapped = np.column_stack([256 * corners[:, :2], np.ones(4)]) @ region.to_picture(256).T
    assert placed[:, :2] == pytest.approx(mapped, abs=1e-2)
    assert placed[:, :2].mean(axis=0) == pytest.approx((x, y), abs=1e-2)
    assert placed[:, 2] == pytest.approx(side * corners[:, 2], abs=1e-3)


def test_the_region_of_a_mesh_is_level_with_its_eyes(mesh):
    region = region_of_landmarks(mesh.landmarks)
    size = np.ptp(mesh.landmarks[:, :2], axis=0).max()
    assert region.width_px == region.height_px == pytest.approx(1.5 * size)
    eyes = mesh.landmarks[[33, 263], :2]
    level = region.to_picture(256)[:, :2].T @ (eyes[1] - eyes[0])
    assert level[1] == pytest.approx(0, abs=1e-3)
    assert level[0] > 0
