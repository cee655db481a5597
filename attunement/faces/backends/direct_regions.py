"""The turned rectangle in which the mesh network looks for a face, and the way there and back.

Positions count pixels from the middle of the picture's first pixel, as OpenCV does.
"""

from dataclasses import dataclass
from math import atan2, cos, sin

import numpy as np
from numpy.typing import NDArray

from attunement.faces.backends.direct_detection import Detection
from attunement.faces.geometry import OUTER_EYE_CORNERS

ENLARGEMENT = 1.5  # side of the region over that of the box around the face


@dataclass(frozen=True)
class Region:
    """A rectangle turned about its middle, in pixels; positive angles turn clockwise."""

    x_px: float
    y_px: float
    width_px: float
    height_px: float
    angle_rad: float

    def _axes(self) -> NDArray[np.float64]:
        c, s = cos(self.angle_rad), sin(self.angle_rad)
        return np.array([[c, -s], [s, c]])

    def to_picture(self, side_px: int) -> NDArray[np.float64]:
        """Return the affine map, shape (2, 3), from a square of `side_px` to the picture."""
        turned = self._axes() * (self.width_px / side_px, self.height_px / side_px)
        shift = np.array([self.x_px, self.y_px]) - turned.sum(axis=1) * side_px / 2
        return np.column_stack([turned, shift])

    def place(self, points: NDArray[np.floating]) -> NDArray[np.float32]:
        """Return points of the unit square, shape (n, 3), in pixels of the picture.

        They are turned first and stretched then, as MediaPipe does; for a square it is all one.
        Depth is scaled as x. (The Task's depth is too large or small by the ratio of the picture's
        sides where the face is turned on its side.)
        """
        placed = np.empty(points.shape, np.float64)
        placed[:, :2] = (points[:, :2] - 0.5) @ self._axes().T
        placed[:, 2] = points[:, 2]
        placed *= (self.width_px, self.height_px, self.width_px)
        placed += (self.x_px, self.y_px, 0.0)
        return placed.astype(np.float32)


def region_of_detection(
    detection: Detection, *, left_px: float, top_px: float, side_px: float
) -> Region:
    """Return the region around a detected face, level with its eyes.

    The detector saw the square of `side_px` whose corner lies at `left_px`, `top_px`.
    """
    x0, y0, x1, y1 = (detection.box * side_px).tolist()
    (ax, ay), (bx, by) = detection.eyes.tolist()
    return Region(
        x_px=left_px + (x0 + x1) / 2,
        y_px=top_px + (y0 + y1) / 2,
        width_px=ENLARGEMENT * (x1 - x0),
        height_px=ENLARGEMENT * (y1 - y0),
        angle_rad=atan2(by - ay, bx - ax),
    )


def region_of_landmarks(landmarks: NDArray[np.floating]) -> Region:
    """Return the square around a mesh, level with its outer eye corners."""
    low, high = landmarks[:, :2].min(axis=0), landmarks[:, :2].max(axis=0)
    x, y = ((low + high) / 2).tolist()
    side = ENLARGEMENT * float((high - low).max())
    return Region(x, y, side, side, _roll_rad(landmarks))


def surround(landmarks: NDArray[np.floating]) -> float:
    """Return the side of an upright square that holds the region of a mesh, over its box's."""
    angle = _roll_rad(landmarks)
    return ENLARGEMENT * (abs(cos(angle)) + abs(sin(angle)))


def _roll_rad(landmarks: NDArray[np.floating]) -> float:
    (ax, ay), (bx, by) = (landmarks[index, :2].tolist() for index in OUTER_EYE_CORNERS)
    return atan2(by - ay, bx - ax)
