"""A backend for tests: reads painted pictures instead of faces, fast and exactly.

A patch of colour on black is a face. The mean colour of the patch tells the expression, each
channel divided by 255:

========  =============================================================
red       ``mouthSmileLeft`` and ``mouthSmileRight``
green     brows raised by this times .1 of the eye-corner distance
blue      lip gap of this times .3 of the eye-corner distance
========  =============================================================

The other blendshapes are 0. The mesh is the canonical face, looking into the camera, as wide as
the patch where its height allows; its points that have no canonical place lie in the middle.
Pixels whose channels all lie below 40 are black; a patch under 12 px wide or high is none. Of
several patches the larger ones come first.
"""

import numpy as np
from numpy.typing import NDArray

from attunement.faces.backends.protocol import DETECTED_IN, Declaration, Mesh, Pixels
from attunement.faces.canonical import canonical_face
from attunement.faces.geometry import BROW_LANDMARKS, LOWER_LIP, N_LANDMARKS, UPPER_LIP
from attunement.schema import BLENDSHAPES

BLACK = 40
MIN_PATCH_PX = 12
BROW_RAISE = 0.1
LIP_GAP = 0.3
_SMILE = [BLENDSHAPES.index(name) for name in ("mouthSmileLeft", "mouthSmileRight")]


def fingerprint() -> dict[str, str]:
    """Return what identifies results of this backend."""
    return {"backend": "fake", "version": "1"}


class Fake:
    """Meshes from painted patches, see the module."""

    def find(self, picture: NDArray[np.uint8], *, n_faces: int) -> list[Mesh]:
        """Return at most `n_faces` patches in an RGB picture of shape (height, width, 3)."""
        from scipy import ndimage

        red, green, blue = (picture[..., k] >= BLACK for k in range(3))
        bright = red | green | blue
        if not bright.any():
            return []
        labels, _ = ndimage.label(bright)
        patches = []
        for number, (rows, columns) in enumerate(ndimage.find_objects(labels), start=1):
            height, width = rows.stop - rows.start, columns.stop - columns.start
            if min(height, width) >= MIN_PATCH_PX:
                inside = labels[rows, columns] == number
                colour = picture[rows, columns][inside].mean(axis=0) / 255.0
                patches.append((width * height, columns.start, rows.start, width, height, colour))
        patches.sort(key=lambda patch: patch[:3], reverse=True)
        return [_mesh(*patch[1:]) for patch in patches[:n_faces]]

    def again(
        self,
        picture: Pixels,
        landmarks: NDArray[np.floating],  # noqa: ARG002
    ) -> Mesh | None:
        """Return the largest patch of `picture`."""
        return next(iter(self.find(np.asarray(picture), n_faces=1)), None)

    def surround(self, landmarks: NDArray[np.floating]) -> float:  # noqa: ARG002
        """Return what a patch is found in."""
        return DETECTED_IN


def _mesh(x: int, y: int, width: int, height: int, colour: NDArray[np.float64]) -> Mesh:
    smile, brow, lips = (float(value) for value in colour)
    known = canonical_face()
    face = np.tile(np.mean(list(known.values()), axis=0), (N_LANDMARKS, 1))
    face[list(known)] = list(known.values())
    face[list(BROW_LANDMARKS), 1] += BROW_RAISE * brow
    middle = face[[*UPPER_LIP, *LOWER_LIP], 1].mean()
    face[list(UPPER_LIP), 1] = middle + LIP_GAP * lips / 2
    face[list(LOWER_LIP), 1] = middle - LIP_GAP * lips / 2
    low, high = face[:, :2].min(axis=0), face[:, :2].max(axis=0)
    scale = 0.95 * min(width / (high[0] - low[0]), height / (high[1] - low[1]))
    placed = (face - [*(low + high) / 2, 0.0]) * scale * (1.0, -1.0, -1.0)
    placed += (x + width / 2, y + height / 2, 0.0)
    blendshapes = np.zeros(len(BLENDSHAPES), np.float32)
    blendshapes[_SMILE] = smile
    return Mesh(
        landmarks=placed.astype(np.float32),
        blendshapes=blendshapes,
        rotation=np.eye(3),
        presence=1.0,
    )


DECLARED = Declaration(fingerprint=fingerprint, make=lambda _: Fake())
