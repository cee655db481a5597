import subprocess
import sys

import numpy as np
import pytest
from skimage import data

from attunement.errors import FacesError
from attunement.faces import ensure_model
from attunement.faces.backends.mediapipe import MediaPipe, fingerprint
from attunement.faces.geometry import distances, interocular_px, pose_deg
from attunement.faces.model import MODEL_SHA256
from attunement.faces.quality import implausible
from attunement.schema import BLENDSHAPES

pytestmark = pytest.mark.needs_mediapipe


@pytest.fixture(scope="module")
def backend():
    made = MediaPipe(ensure_model())
    yield made
    made.close()


@pytest.fixture(scope="module")
def astronaut():
    return np.ascontiguousarray(data.astronaut())


@pytest.fixture(scope="module")
def mesh(backend, astronaut):
    (found,) = backend.find(astronaut, n_faces=1)
    return found


def test_reference_numbers_of_the_astronaut(mesh):
    values = dict(zip(BLENDSHAPES, mesh.blendshapes, strict=True))
    known = {
        "mouthSmileLeft": 0.899, "mouthSmileRight": 0.904, "jawOpen": 0.013,
        "mouthUpperUpLeft": 0.468,
    }  # fmt: skip
    assert {name: float(values[name]) for name in known} == pytest.approx(known, abs=5e-3)


def test_mesh_lies_on_the_face(mesh, astronaut):
    assert mesh.landmarks.shape == (478, 3)
    assert mesh.landmarks.dtype == np.float32
    assert np.isnan(mesh.presence)
    assert implausible(mesh, (0, 0, 512, 512)) == ""
    assert 50 < interocular_px(mesh.landmarks) < 70
    # The nose is nearer to the camera than the temples.
    assert mesh.landmarks[4, 2] < mesh.landmarks[[127, 356], 2].min()


def test_same_picture_gives_the_same_whatever_was_seen_before(backend, mesh, astronaut):
    backend.find(np.ascontiguousarray(astronaut[:, ::-1]), n_faces=1)
    again = backend.find(astronaut, n_faces=1)[0]
    assert np.array_equal(again.landmarks, mesh.landmarks)
    assert np.array_equal(again.blendshapes, mesh.blendshapes)


def test_mirrored_picture_turns_yaw_and_roll_around(backend, mesh, astronaut):
    mirrored = backend.find(np.ascontiguousarray(astronaut[:, ::-1]), n_faces=1)[0]
    yaw, pitch, roll = pose_deg(mesh.rotation)
    assert pose_deg(mirrored.rotation) == pytest.approx((-yaw, pitch, -roll), abs=1.5)
    assert distances(mirrored.landmarks, mirrored.rotation) == pytest.approx(
        distances(mesh.landmarks, mesh.rotation), abs=0.02
    )


@pytest.mark.parametrize("area", [(120, 0, 240, 240), (150, 0, 250, 220), (90, 10, 300, 300)])
def test_pose_does_not_depend_on_the_crop(backend, mesh, astronaut, area):
    x, y, width, height = area
    found = backend.find(astronaut[y : y + height, x : x + width], n_faces=1)[0]
    assert pose_deg(found.rotation) == pytest.approx(pose_deg(mesh.rotation), abs=1.5)
    assert found.landmarks[:, :2] + (x, y) == pytest.approx(mesh.landmarks[:, :2], abs=2)


def test_no_face_in_a_blank_picture(backend):
    assert backend.find(np.full((200, 300, 3), 128, np.uint8), n_faces=2) == []


def test_fingerprint_names_version_and_model():
    assert fingerprint() == {
        "backend": "mediapipe", "mediapipe": "0.10.31", "model_sha256": MODEL_SHA256,
    }  # fmt: skip


def test_a_file_that_is_no_bundle_is_an_error(tmp_path):
    (tmp_path / "no.task").write_bytes(b"nothing")
    with pytest.raises(FacesError, match="cannot make its Face Landmarker"):
        MediaPipe(tmp_path / "no.task")


def test_nothing_is_printed_from_start_to_end():
    code = (
        "from attunement.faces import ensure_model\n"
        "from attunement.faces.backends.mediapipe import MediaPipe\n"
        "from skimage import data\n"
        "backend = MediaPipe(ensure_model())\n"
        "for n in (1, 2):\n"
        "    assert len(backend.find(data.astronaut(), n_faces=n)) == 1\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_importing_the_room_loads_no_mediapipe():
    code = "import sys, attunement.faces; assert not {'mediapipe', 'cv2'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
