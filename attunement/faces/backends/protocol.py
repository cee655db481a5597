"""What a face backend must do, and the mesh it returns."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from attunement.video import Part

# Side of the crop in which a face is detected, over the longer side of the face last accepted. From
# 1.5 to 3 neither the share found nor the noise of pose and distances changed on clear faces;
# profiles were found least at 1.5.
DETECTED_IN = 2.0

# RGB of shape (height, width, 3), or a part of a frame that ``numpy.asarray`` makes this of.
Pixels = NDArray[np.uint8] | Part


@dataclass(frozen=True)
class Mesh:
    """One face found in one picture.

    Attributes
    ----------
    landmarks : ndarray, shape (478, 3), float32
        x, y and depth in pixels of the picture that was searched; y grows downwards, depth grows
        away from the camera and has its zero near the centre of the head.
    blendshapes : ndarray, shape (52,), float32
        In the order of ``schema.BLENDSHAPES``.
    rotation : ndarray, shape (3, 3), float64
        From the canonical face to the camera (x right, y up, z towards the camera): that of
        `geometry.fit_rotation` for these landmarks.
    presence : float
        The backend's own confidence that this is a face; NaN where it keeps that to itself.
    """

    landmarks: NDArray[np.float32]
    blendshapes: NDArray[np.float32]
    rotation: NDArray[np.float64]
    presence: float


class Backend(Protocol):
    """Finds faces in single pictures, without memory of the pictures before.

    Being without state is what lets a recording be cut into spans that are worked on anywhere, in
    any order, with the same result.
    """

    name: str

    def find(self, picture: NDArray[np.uint8], *, n_faces: int) -> list[Mesh]:
        """Return at most `n_faces` faces in an RGB picture of shape (height, width, 3)."""
        ...

    def again(self, picture: Pixels, landmarks: NDArray[np.floating]) -> Mesh | None:
        """Return the face that was seen a moment ago, looked for where it was.

        Parameters
        ----------
        picture : Pixels
            A crop around the place; of a part not more need be converted than is looked at.
        landmarks : ndarray, shape (478, 3)
            Where its landmarks were, in pixels of `picture`.

        Returns
        -------
        Mesh or None
            None where there is no face any more. A backend that can follow a mesh needs no
            detector for this; another may search the whole of `picture`.
        """
        ...

    def surround(self, landmarks: NDArray[np.floating]) -> float:
        """Return how much of the picture `again` needs around a mesh.

        Side of a square around the landmarks' box, over the longer side of the box.
        """
        ...

    def fingerprint(self) -> dict[str, str]:
        """Return what identifies results of this backend: name, version, hash of the model."""
        ...

    def close(self) -> None:
        """Give back what the backend holds."""
        ...
