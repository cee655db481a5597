"""A backend as somebody else would add it: 68 points, no blendshapes, on painted patches."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from attunement.faces.backends.fake import Fake
from attunement.faces.backends.protocol import DETECTED_IN, Declaration, Mesh, Pixels, Scheme, Seen

POINTS_68 = Scheme("68 points", outer_eye_corners=(36, 45))
# Of the width of the face: a jaw, and the corners of the eyes.
_SHAPE = np.full((68, 3), 0.0, np.float32)
_SHAPE[:17, 0] = np.linspace(-0.5, 0.5, 17)
_SHAPE[:17, 1] = 0.5 - 2 * (np.linspace(-0.5, 0.5, 17)) ** 2
_SHAPE[36], _SHAPE[45] = (-0.3, -0.3, 0), (0.3, -0.3, 0)


class Toy:
    """Meshes of 68 points where `Fake` sees a patch."""

    def __init__(self) -> None:
        self._patches = Fake()

    def find(self, picture: NDArray[np.uint8], *, n_faces: int) -> list[Mesh]:
        return [_as_68(mesh) for mesh in self._patches.find(picture, n_faces=n_faces)]

    def again(self, picture: Pixels, landmarks: NDArray[np.floating]) -> Mesh | None:
        assert landmarks.shape == (68, 3)
        return next(iter(self.find(np.asarray(picture), n_faces=1)), None)

    def surround(self, landmarks: NDArray[np.floating]) -> float:
        assert landmarks.shape == (68, 3)
        return DETECTED_IN


def _as_68(mesh: Mesh) -> Mesh:
    low, high = mesh.landmarks.min(axis=0), mesh.landmarks.max(axis=0)
    landmarks = _SHAPE * (high - low)[0] + (low + high) / 2
    return Mesh(
        landmarks=landmarks.astype(np.float32),
        blendshapes=np.zeros(0, np.float32),
        rotation=np.eye(3),
        presence=1.0,
        scheme=POINTS_68,
    )


def fingerprint() -> dict[str, str]:
    return {"backend": "toy", "version": "1"}


def _look() -> Iterator[Seen]:
    yield Seen("toy", "ok", "is painted")


DECLARED = Declaration(fingerprint=fingerprint, make=lambda _: Toy(), look=_look)
