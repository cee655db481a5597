"""A frame of a recording, turned into RGB only when asked for."""

import threading
from dataclasses import dataclass, field
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from attunement.errors import VideoError
from attunement.video.geometry import Geometry, Region

# Formats in which a part that starts at even pixels converts to exactly what it is in the whole:
# swscale takes every pixel's colour from its own block of chroma and looks at no neighbour. It
# does look at neighbours for pictures of odd size, more than 8 bits, and every resize.
_CHROMA_STEPS = {"yuv420p": (2, 2), "yuvj420p": (2, 2), "yuv422p": (2, 1), "yuvj422p": (2, 1)}


class Picture:
    """A decoded picture and how it is displayed; keeps the whole RGB picture once it was needed.

    Several threads may ask for parts of it.
    """

    def __init__(self, decoded: Any, geometry: Geometry, name: str) -> None:
        self._decoded = decoded
        self._geometry = geometry
        self._name = name
        self._whole: NDArray[np.uint8] | None = None
        self._converting = threading.Lock()

    def crop(self, region: Region | None) -> NDArray[np.uint8]:
        """Return a contiguous copy of `region` as displayed; None is the whole."""
        width, height = self._geometry.size_px
        if region is None:
            region = (0, 0, width, height)
        else:
            region = _within(region, width, height, self._name)
        x, y, width, height = self._geometry.before_turning(region)
        with self._converting:
            if self._whole is None and (width, height) != self._square_size and self._parts_convert:
                part = self._convert_part(x, y, width, height)
                return np.ascontiguousarray(self._geometry.turn(part))
            part = self._convert_whole()[y : y + height, x : x + width]
        # A copy, since a view would keep the whole picture alive and let a caller paint on it.
        return np.array(self._geometry.turn(part), order="C")

    def brightness(self) -> float:
        """Return the mean brightness, 0 to 255, by a picture of a few pixels."""
        small = self._decoded.reformat(width=64, height=36, format="gray")
        return float(small.to_ndarray().mean())

    @property
    def _square_size(self) -> tuple[int, int]:
        return (self._geometry.square_width_px, self._geometry.coded_height_px)

    @property
    def _parts_convert(self) -> bool:
        width, height = self._square_size
        return (
            self._decoded.format.name in _CHROMA_STEPS
            and (self._decoded.width, self._decoded.height) == (width, height)
            and width % 2 == 0
            and height % 2 == 0
        )

    def _convert_whole(self) -> NDArray[np.uint8]:
        if self._whole is None:
            # A stream may change its size on the way (video calls do): all are shown in the first.
            width, height = self._square_size
            self._whole = _to_rgb(self._decoded, width, height)
        return self._whole

    def _convert_part(self, x: int, y: int, width: int, height: int) -> NDArray[np.uint8]:
        left, top = x - x % 2, y - y % 2
        wide, high = x + width - left, y + height - top
        wide, high = wide + wide % 2, high + high % 2
        part = _cut(self._decoded, left, top, wide, high)
        rgb = _to_rgb(part, wide, high)
        return rgb[y - top : y - top + height, x - left : x - left + width]


@dataclass(frozen=True)
class Frame:
    """One frame of a recording.

    Attributes
    ----------
    index : int
        Rank of the frame's presentation time among all frames of the recording, from 0; chapters
        are counted on.
    time_s : float
        Presentation time from the first frame of the recording.
    """

    index: int
    time_s: float
    _picture: Picture = field(repr=False, compare=False)

    def rgb(self) -> NDArray[np.uint8]:
        """Return the whole displayed picture: turned upright, square pixels, not interlaced.

        Returns
        -------
        ndarray, shape (height_px, width_px, 3), uint8
            RGB, contiguous, the caller's own.
        """
        return self._picture.crop(None)

    def brightness(self) -> float:
        """Return the mean brightness of the picture, 0 (black) to 255; cheap."""
        return self._picture.brightness()

    def crop(self, roi: tuple[int, int, int, int] | None) -> NDArray[np.uint8]:
        """Return a part of the displayed picture: the same pixels as cut out of `rgb`.

        Parameters
        ----------
        roi : tuple of four int, or None
            x, y, width, height in pixels of the displayed picture; None is the whole.

        Returns
        -------
        ndarray, shape (height, width, 3), uint8
            RGB, contiguous, the caller's own.

        Raises
        ------
        VideoError
            When the part is empty or reaches beyond the picture.
        """
        return self._picture.crop(roi)


def _within(region: Region, width_px: int, height_px: int, name: str) -> Region:
    x, y, width, height = (int(value) for value in region)
    inside = x >= 0 and y >= 0 and x + width <= width_px and y + height <= height_px
    if not (inside and width > 0 and height > 0):
        raise VideoError(
            f"The region {x},{y},{width},{height} (x, y, width, height) does not lie within the "
            f"{width_px} x {height_px} pixels of {name}.",
            "Give a region inside the picture as displayed, after rotation.",
        )
    return (x, y, width, height)


def _to_rgb(decoded: Any, width: int, height: int) -> NDArray[np.uint8]:
    rgb = decoded.reformat(
        width=width, height=height, format="rgb24", interpolation="BICUBIC", threads=1
    )
    return rgb.to_ndarray()


def _cut(decoded: Any, x: int, y: int, width: int, height: int) -> Any:
    """Copy a part of a planar 8-bit picture; all four numbers are even."""
    part = av.VideoFrame(width, height, decoded.format.name)
    part.colorspace = decoded.colorspace
    part.color_range = decoded.color_range
    steps = ((1, 1), *2 * (_CHROMA_STEPS[decoded.format.name],))
    for source, target, (across, down) in zip(decoded.planes, part.planes, steps, strict=True):
        rows = np.frombuffer(source, np.uint8).reshape(-1, source.line_size)
        into = np.frombuffer(target, np.uint8).reshape(-1, target.line_size)
        into[: target.height, : target.width] = rows[
            y // down : (y + height) // down, x // across : (x + width) // across
        ]
    return part
