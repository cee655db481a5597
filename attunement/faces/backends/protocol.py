"""What a face backend must do, what it declares of itself, and the mesh it returns."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from attunement import schema
from attunement.faces.geometry import OUTER_EYE_CORNERS
from attunement.video import Part

# Side of the crop in which a face is detected, over the longer side of the face last accepted. From
# 1.5 to 3 neither the share found nor the noise of pose and distances changed on clear faces;
# profiles were found least at 1.5.
DETECTED_IN = 2.0

# RGB of shape (height, width, 3), or a part of a frame that ``numpy.asarray`` makes this of.
Pixels = NDArray[np.uint8] | Part


@dataclass(frozen=True)
class Scheme:
    """What the points and shapes of a backend's meshes are.

    Attributes
    ----------
    points : str
        Name of the numbering. Only with MediaPipe's can a mesh be held against the canonical face
        and its mirror image, and have brow, lid, lip and nose measured; with any other these are
        missing, and the backend alone answers for what it calls a face.
    outer_eye_corners : (int, int)
        Numbers of the points, that to the left in the picture first.
    shapes : tuple of str
        Names of the blendshapes in their order, out of ``schema.BLENDSHAPES``; the others are
        missing.
    """

    points: str
    outer_eye_corners: tuple[int, int]
    shapes: tuple[str, ...] = ()

    @property
    def is_canonical(self) -> bool:
        """Whether the points are those of MediaPipe's mesh."""
        return self.points == _CANONICAL


_CANONICAL = "mediapipe"
MEDIAPIPE = Scheme(_CANONICAL, OUTER_EYE_CORNERS, schema.BLENDSHAPES)


@dataclass(frozen=True)
class Mesh:
    """One face found in one picture.

    Attributes
    ----------
    landmarks : ndarray, shape (n_points, 3), float32
        x, y and depth in pixels of the picture that was searched; y grows downwards, depth grows
        away from the camera and has its zero near the centre of the head.
    blendshapes : ndarray, shape (n_shapes,), float32
        In the order of ``scheme.shapes``.
    rotation : ndarray, shape (3, 3), float64
        From the canonical face to the camera (x right, y up, z towards the camera): that of
        `geometry.fit_rotation` for MediaPipe's landmarks.
    presence : float
        The backend's own confidence that this is a face; NaN where it keeps that to itself.
    scheme : Scheme
        What the points and shapes are; MediaPipe's 478 and 52 unless said.
    """

    landmarks: NDArray[np.float32]
    blendshapes: NDArray[np.float32]
    rotation: NDArray[np.float64]
    presence: float
    scheme: Scheme = MEDIAPIPE


class Backend(Protocol):
    """Finds faces in single pictures, without memory of the pictures before.

    Being without state is what lets a recording be cut into spans that are worked on anywhere, in
    any order, with the same result.
    """

    def find(self, picture: NDArray[np.uint8], *, n_faces: int) -> list[Mesh]:
        """Return at most `n_faces` faces in an RGB picture of shape (height, width, 3)."""
        ...

    def again(self, picture: Pixels, landmarks: NDArray[np.floating]) -> Mesh | None:
        """Return the face that was seen a moment ago, looked for where it was.

        Parameters
        ----------
        picture : Pixels
            A crop around the place; of a part not more need be converted than is looked at.
        landmarks : ndarray, shape (n_points, 3)
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


class Seen(NamedTuple):
    """What `attunement doctor` says of something that a backend needs."""

    name: str
    status: Literal["ok", "warning", "wrong"]
    found: str
    advice: str = ""


def _nothing_to_see() -> Iterator[Seen]:
    return iter(())


@dataclass(frozen=True)
class Declaration:
    """What a backend declares: ``DECLARED`` in its file, which `attunement.registry` names.

    Attributes
    ----------
    fingerprint : callable
        Returns what identifies its results (name, version, hash of the model), without loading
        what it runs on.
    make : callable
        Returns the backend, given the face model or None.
    needs_model : bool
        Whether it is given the verified face model (`attunement.faces.ensure_model`).
    needs_guard : bool
        Whether it runs on MediaPipe, whose versions that send usage metrics need a process of
        their own (`attunement.faces.guard`).
    look : callable
        Yields what `attunement doctor` says of the packages it needs.
    """

    fingerprint: Callable[[], dict[str, str]]
    make: Callable[[Path | None], Backend]
    needs_model: bool = False
    needs_guard: bool = False
    look: Callable[[], Iterator[Seen]] = _nothing_to_see
