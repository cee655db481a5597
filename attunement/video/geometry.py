"""From the coded picture to the displayed one: square pixels, then the display matrix."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Region = tuple[int, int, int, int]
TURNS = {0: (1, 0, 0, 1), 90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}  # clockwise


@dataclass(frozen=True)
class Geometry:
    """How coded pixels come to stand on the screen.

    Attributes
    ----------
    coded_width_px, coded_height_px : int
        The picture as the decoder gives it.
    sample_aspect_ratio : float
        Width of a coded pixel over its height.
    matrix : tuple of four int
        (a, b, c, d), each -1, 0 or 1: a pixel at (x, y) is shown at (a x + c y, b x + d y), shifted
        to where no coordinate is negative; x to the right, y down (ISO/IEC 14496-12, 6.2.2).
    """

    coded_width_px: int
    coded_height_px: int
    sample_aspect_ratio: float = 1.0
    matrix: tuple[int, int, int, int] = (1, 0, 0, 1)

    @property
    def square_width_px(self) -> int:
        """Width after the resize to square pixels, before the display matrix."""
        return max(1, round(self.coded_width_px * self.sample_aspect_ratio))

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height as displayed."""
        size = (self.square_width_px, self.coded_height_px)
        return size if self._upright else (size[1], size[0])

    @property
    def rotation_deg(self) -> int:
        """Clockwise turn of the displayed picture against the coded one: 0, 90, 180 or 270."""
        a, b, _, _ = self.matrix
        return {(1, 0): 0, (0, 1): 90, (-1, 0): 180, (0, -1): 270}[(a, b)]

    @property
    def _upright(self) -> bool:
        return self.matrix[0] != 0

    def turned(self, rotation_deg: int) -> "Geometry":
        """Return the geometry of the displayed picture turned clockwise by quarter turns."""
        a, b, c, d = self.matrix
        e, f, g, h = TURNS[rotation_deg]
        turned = (e * a + g * b, f * a + h * b, e * c + g * d, f * c + h * d)
        return replace(self, matrix=turned)

    def turn(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return a view of `picture`, or of a part of it, as displayed."""
        a, b, c, d = self.matrix
        if self._upright:
            return picture[::d, ::a]
        return picture.transpose(1, 0, 2)[::b, ::c]

    def before_turning(self, region: Region) -> Region:
        """Return where the displayed `region` lies in the square-pixel picture not yet turned."""
        a, b, c, d = self.matrix
        x, y, width, height = region
        width_px, height_px = self.size_px
        across = width_px - x - width
        down = height_px - y - height
        if self._upright:
            return (x if a > 0 else across, y if d > 0 else down, width, height)
        return (y if b > 0 else down, x if c > 0 else across, height, width)

    def points_before_turning(self, width_px: int, height_px: int) -> NDArray[np.float64]:
        """Return the affine map, shape (2, 3), from a part as displayed to the same not yet turned.

        Both in pixels of the part, middle to middle; the part is `width_px` x `height_px` as
        displayed.
        """
        a, b, c, d = self.matrix
        last = (width_px - 1, height_px - 1)
        back = np.array([[a, b], [c, d]], np.float64)  # a turn is undone by its transpose
        return np.column_stack([back, np.where(back < 0, last, 0).sum(axis=1)])


def nearest_quarter_turn(a: int, b: int, c: int, d: int) -> tuple[int, int, int, int]:
    """Return the matrix of quarter turns and mirrorings that lies nearest to a display matrix."""
    if not (a or b or c or d):
        return (1, 0, 0, 1)
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return (-1 if a < 0 else 1, 0, 0, -1 if d < 0 else 1)
    return (0, -1 if b < 0 else 1, -1 if c < 0 else 1, 0)
