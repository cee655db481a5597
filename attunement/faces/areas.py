"""Rectangles in a picture: the whole, a half, a crop around a face."""

from dataclasses import dataclass
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray

Area = tuple[int, int, int, int]  # x, y, width, height in pixels of the displayed picture


@dataclass(frozen=True)
class Box:
    """The rectangle around a face's landmarks, in pixels of the displayed picture."""

    x_px: float
    y_px: float
    width_px: float
    height_px: float

    @property
    def size_px(self) -> float:
        """The longer side."""
        return max(self.width_px, self.height_px)

    @property
    def middle(self) -> tuple[float, float]:
        """The centre, x and y."""
        return self.x_px + self.width_px / 2, self.y_px + self.height_px / 2

    def distance(self, other: "Box") -> float:
        """Return the distance of the centres over the mean size of the two."""
        (x, y), (u, v) = self.middle, other.middle
        return float(np.hypot(x - u, y - v)) / ((self.size_px + other.size_px) / 2)


def box_of(landmarks: NDArray[np.floating]) -> Box:
    """Return the rectangle around all landmarks (x, y in the first two columns)."""
    # Column by column, which is four times as fast as both along the rows.
    (left, right), (top, bottom) = ((side.min(), side.max()) for side in landmarks.T[:2])
    return Box(float(left), float(top), float(right - left), float(bottom - top))


def area_box(area: Area) -> Box:
    """Return an area as a box."""
    return Box(*(float(side) for side in area))


def square_around(box: Box, *, enlargement: float, within: Area) -> Area:
    """Return the square of `enlargement` times the box's longer side around it.

    What would lie outside `within` is cut off, so that a crop never reaches into the half of the
    other partner; the result is then no square.
    """
    (x, y), half = box.middle, enlargement * box.size_px / 2
    left, top = max(floor(x - half), within[0]), max(floor(y - half), within[1])
    right = min(ceil(x + half), within[0] + within[2])
    bottom = min(ceil(y + half), within[1] + within[3])
    return left, top, max(right - left, 1), max(bottom - top, 1)


def half_of(side: str, width_px: int, height_px: int) -> Area:
    """Return the half of a picture: ``left``, ``right``, ``top`` or ``bottom``; else the whole."""
    across, down = width_px // 2, height_px // 2
    return {
        "left": (0, 0, across, height_px),
        "right": (width_px - across, 0, across, height_px),
        "top": (0, 0, width_px, down),
        "bottom": (0, height_px - down, width_px, down),
    }.get(side, (0, 0, width_px, height_px))
