"""A frame of a recording, turned into RGB only when asked for."""

import threading
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from attunement.errors import VideoError
from attunement.video.geometry import Geometry, Region
from attunement.video.planes import (
    PLANAR,
    convert_part,
    glimpse_part,
    glimpse_rgb,
    resize_by_area,
    sample_part,
    shrink_part,
    to_rgb,
    warp,
)


class Picture:
    """A decoded picture and how it is displayed; keeps the whole RGB picture once it was needed.

    Several threads may ask for parts of it.

    Parameters
    ----------
    decoded : av.VideoFrame
        The picture.
    geometry : Geometry
        From coded to displayed picture. Its matrix and aspect hold for a picture of any size.
    name : str
        The file's, for errors.
    size_px : tuple of int, optional
        Width and height that it is displayed in, by default its own. A smaller picture is enlarged
        to where it touches two sides and stands in the middle, on black; none is stretched.
    """

    def __init__(
        self, decoded: Any, geometry: Geometry, name: str, size_px: tuple[int, int] | None = None
    ) -> None:
        self._decoded = decoded
        if (decoded.width, decoded.height) != (geometry.coded_width_px, geometry.coded_height_px):
            geometry = replace(
                geometry, coded_width_px=decoded.width, coded_height_px=decoded.height
            )
        self._geometry = geometry
        self._name = name
        self._size_px = size_px or geometry.size_px
        self._is_fitted = geometry.size_px != self._size_px
        self._whole: NDArray[np.uint8] | None = None
        self._converting = threading.Lock()

    @property
    def scale(self) -> float:
        """Pixels as displayed for one of the picture's own, above 1 where it is enlarged."""
        (width, height), (own_width, own_height) = self._size_px, self._geometry.size_px
        return min(width / own_width, height / own_height)

    def crop(self, region: Region | None) -> NDArray[np.uint8]:
        """Return a contiguous copy of `region` as displayed; None is the whole."""
        region = self.within(region)
        if self._is_fitted:
            x, y, width, height = region
            return self._convert_whole()[y : y + height, x : x + width].copy()
        x, y, width, height = self._geometry.before_turning(region)
        with self._converting:
            if self._whole is None and (width, height) != self._square_size and self._is_planar:
                part = convert_part(self._decoded, (x, y, width, height))
                return np.ascontiguousarray(self._geometry.turn(part))
        part = self._convert_whole()[y : y + height, x : x + width]
        # A copy, since a view would keep the whole picture alive and let a caller paint on it.
        return np.array(self._geometry.turn(part), order="C")

    def sample(
        self, region: Region, to_part: NDArray[np.floating], side_px: int
    ) -> NDArray[np.uint8]:
        """Return a square of points of a part as displayed (`Part.sample`)."""
        if not self._is_planar:
            return warp(self.crop(region), to_part, side_px)
        back = self._geometry.points_before_turning(*region[2:])
        to_coded = back[:, :2] @ to_part
        to_coded[:, 2] += back[:, 2]
        coded = self._geometry.before_turning(region)
        return sample_part(self._decoded, coded, to_coded, side_px)

    def shrink(self, region: Region, width_px: int, height_px: int) -> NDArray[np.uint8]:
        """Return a part as displayed in a few pixels (`Part.shrink`)."""
        if not self._is_planar:
            return resize_by_area(self.crop(region), width_px, height_px)
        coded = self._geometry.before_turning(region)
        _, _, width_px, height_px = self._geometry.before_turning((0, 0, width_px, height_px))
        small = shrink_part(self._decoded, coded, width_px, height_px)
        return np.ascontiguousarray(self._geometry.turn(small))

    def glimpse(self, region: Region, width_px: int, height_px: int) -> NDArray[np.uint8]:
        """Return the lightness of a few points of a part as displayed (`Part.glimpse`)."""
        if not self._is_planar:
            return glimpse_rgb(self.crop(region), width_px, height_px)
        coded = self._geometry.before_turning(region)
        _, _, width_px, height_px = self._geometry.before_turning((0, 0, width_px, height_px))
        points = glimpse_part(self._decoded, coded, width_px, height_px)
        return np.ascontiguousarray(self._geometry.turn(points[..., None])[..., 0])

    def within(self, region: Region | None) -> Region:
        """Return a region as plain numbers, None being the whole; refuse one that is not inside."""
        width, height = self._size_px
        whole = (0, 0, width, height)
        return whole if region is None else _within(region, width, height, self._name)

    @property
    def _square_size(self) -> tuple[int, int]:
        return (self._geometry.square_width_px, self._geometry.coded_height_px)

    @property
    def _is_planar(self) -> bool:
        width, height = self._square_size
        return (
            not self._is_fitted
            and self._decoded.format.name in PLANAR
            and self._decoded.width == width
            and width % 2 == 0
            and height % 2 == 0
        )

    def _convert_whole(self) -> NDArray[np.uint8]:
        """Return the whole picture: as displayed where it is fitted, else before it is turned."""
        with self._converting:
            if self._whole is None:
                convert = self._fit if self._is_fitted else self._convert
                self._whole = convert()
            return self._whole

    def _convert(self) -> NDArray[np.uint8]:
        return to_rgb(self._decoded, *self._square_size)

    def _fit(self) -> NDArray[np.uint8]:
        width, height = self._size_px
        own_width, own_height = self._geometry.size_px
        fitted = (
            min(width, max(1, round(own_width * self.scale))),
            min(height, max(1, round(own_height * self.scale))),
        )
        _, _, wide, high = self._geometry.before_turning((0, 0, *fitted))
        shown = self._geometry.turn(to_rgb(self._decoded, wide, high))
        whole = np.zeros((height, width, 3), np.uint8)
        top, left = (height - shown.shape[0]) // 2, (width - shown.shape[1]) // 2
        whole[top : top + shown.shape[0], left : left + shown.shape[1]] = shown
        return whole


@dataclass(frozen=True)
class Part:
    """A part of the displayed picture, converted only as far as it is asked for.

    ``numpy.asarray`` of it is its pixels in RGB, as `Frame.crop` gives them.

    Examples
    --------
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from attunement.video import read_frames
    >>> frame = next(iter(read_frames(Path("infant.mp4"))))
    >>> part = frame.part((10, 20, 30, 40))  # converted when its pixels are asked for
    >>> print(part.region, np.asarray(part).shape)
    (10, 20, 30, 40) (40, 30, 3)
    """

    _picture: Picture = field(repr=False)
    region: Region

    def __array__(
        self, dtype: DTypeLike | None = None, *, copy: bool | None = None
    ) -> NDArray[Any]:
        """Return the pixels in RGB."""
        if copy is False:
            raise ValueError("The pixels of a part are made when they are asked for.")
        return self._picture.crop(self.region).astype(dtype or np.uint8, copy=False)

    def sample(self, to_part: NDArray[np.floating], side_px: int) -> NDArray[np.uint8]:
        """Return a square of points, each interpolated between the nearest four pixels.

        Parameters
        ----------
        to_part : ndarray, shape (2, 3)
            Affine map from the pixels of the square to those of the part, middle to middle.
        side_px : int
            Side of the square; even.

        Returns
        -------
        ndarray, shape (side_px, side_px, 3), uint8
            RGB. Points beyond an edge of the part have the colour of the edge.
        """
        return self._picture.sample(self.region, to_part, side_px)

    def shrink(self, width_px: int, height_px: int) -> NDArray[np.uint8]:
        """Return the mean colours of a few large areas, shape (height_px, width_px, 3), RGB."""
        return self._picture.shrink(self.region, width_px, height_px)

    def glimpse(self, width_px: int, height_px: int) -> NDArray[np.uint8]:
        """Return the lightness of points spread evenly, shape (height_px, width_px)."""
        return self._picture.glimpse(self.region, width_px, height_px)


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

    Examples
    --------
    >>> from pathlib import Path
    >>> from attunement.video import read_frames
    >>> frame = next(iter(read_frames(Path("infant.mp4"))))
    >>> print(frame.index, frame.time_s, frame.crop((10, 20, 30, 40)).shape)
    0 0.0 (40, 30, 3)
    """

    index: int
    time_s: float
    _picture: Picture = field(repr=False, compare=False)

    @property
    def scale(self) -> float:
        """Pixels as displayed for one of the picture's own.

        Above 1 where a recording changes its size on the way and this picture is a smaller one.
        """
        return self._picture.scale

    def rgb(self) -> NDArray[np.uint8]:
        """Return the whole displayed picture: turned upright, square pixels, not interlaced.

        Returns
        -------
        ndarray, shape (height_px, width_px, 3), uint8
            RGB, contiguous, the caller's own.
        """
        return self._picture.crop(None)

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

    def part(self, roi: tuple[int, int, int, int] | None) -> Part:
        """Return a part of the displayed picture, not converted yet; arguments as for `crop`."""
        return Part(self._picture, self._picture.within(roi))


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
