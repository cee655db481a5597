"""The two portraits that rendered dyads are made of, with their landmarks.

Both show adults and are in the public domain: Eileen Collins (NASA, shipped by scikit-image as
``astronaut``) plays the caregiver, Grace Hopper (US Navy, shipped by matplotlib) plays the infant.
The casting follows what each portrait can show: the astronaut's brows and eyes move freely, while
Hopper's glasses hold the landmarks of hers. Landmarks were found once with MediaPipe and are stored
beside this module (``benchmarks/make_portrait_landmarks.py``), so that rendering needs no model.
"""

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import cv2
import numpy as np
from numpy.typing import NDArray

from attunement.errors import SimulationError

PORTRAITS = ("astronaut", "hopper")
CAST = {"caregiver": "astronaut", "infant": "hopper"}
RIGHT_EYE_CORNER, LEFT_EYE_CORNER = 33, 263  # outer corners; right and left of the person shown

_SIZES = {"astronaut": (512, 512, 3), "hopper": (600, 512, 3)}
_INTEROCULAR_SHARE = {"astronaut": 0.29, "hopper": 0.31}  # of the canvas height
_EYES_AT = 0.42  # share of the canvas height above the middle of the eyes


@dataclass(frozen=True)
class Portrait:
    """A portrait on its canvas.

    Attributes
    ----------
    name : str
        One of `PORTRAITS`.
    picture : ndarray, shape (height, width, 3), uint8
        RGB canvas, 4 wide to 3 high.
    landmarks : ndarray, shape (478, 3), float64
        In face units: origin between the outer eye corners, x along the line from the person's
        right to left corner (to the right of the picture), y down, z away from the camera; the
        distance of the corners is 1.
    origin_px : ndarray, shape (2,)
        The origin on the canvas.
    axes_px : ndarray, shape (2, 2)
        Rows are the x and y axis of the face on the canvas; each as long as the distance of the
        corners, so that ``origin_px + landmarks[:, :2] @ axes_px`` are canvas pixels.
    """

    name: str
    picture: NDArray[np.uint8]
    landmarks: NDArray[np.float64]
    origin_px: NDArray[np.float64]
    axes_px: NDArray[np.float64]

    @property
    def interocular_px(self) -> float:
        """Distance of the outer eye corners on the canvas."""
        return float(np.hypot(*self.axes_px[0]))

    def to_px(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return canvas pixels of points in face units; further columns are ignored."""
        return self.origin_px + points[:, :2] @ self.axes_px


def read_picture(name: str) -> NDArray[np.uint8]:
    """Return a portrait as its package ships it: RGB of shape (height, width, 3).

    Raises
    ------
    SimulationError
        For an unknown name, or when the installed package ships another picture.
    """
    if name == "astronaut":
        from skimage import data

        picture = data.astronaut()
    elif name == "hopper":
        from matplotlib import cbook
        from PIL import Image

        path = cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)
        with Image.open(str(path)) as image:
            picture = np.asarray(image.convert("RGB"))
    else:
        raise SimulationError(
            f"Expected one of the portraits {', '.join(PORTRAITS)}; found {name!r}."
        )
    if picture.shape != _SIZES[name]:
        raise SimulationError(
            f"The portrait {name!r} should measure {_SIZES[name]}; the installed package ships"
            f" {picture.shape}.",
            "Its landmarks do not fit: run benchmarks/make_portrait_landmarks.py and set _SIZES.",
        )
    return np.ascontiguousarray(picture, dtype=np.uint8)


@lru_cache(maxsize=8)
def load_portrait(name: str, *, height_px: int = 288) -> Portrait:
    """Return a portrait on a canvas of `height_px`, 4 wide to 3 high.

    The outer eye corners are .29 (astronaut) or .31 (Hopper) of the height apart. The result is
    kept and shared between callers: its arrays are read-only.

    Raises
    ------
    SimulationError
        For an unknown name, or a height that is no multiple of 48 px or below 144: only then do
        both sides divide into the blocks of 16 pixels that H.264 codes.

    Examples
    --------
    >>> from attunement.simulation import load_portrait
    >>> portrait = load_portrait("astronaut", height_px=144)
    >>> print(portrait.picture.shape)
    (144, 192, 3)
    """
    if height_px < 144 or height_px % 48:
        raise SimulationError(
            f"height_px must be a multiple of 48 and at least 144; found {height_px}."
        )
    picture = read_picture(name)
    landmarks = read_numbers(f"{name}.csv")
    right, left = landmarks[RIGHT_EYE_CORNER, :2], landmarks[LEFT_EYE_CORNER, :2]
    interocular_px = _INTEROCULAR_SHARE[name] * height_px
    magnification = interocular_px / np.hypot(*(left - right))
    width_px = height_px * 4 // 3
    origin_px = np.array([width_px / 2, _EYES_AT * height_px])
    middle = (right + left) / 2
    canvas = cv2.warpAffine(
        _blurred(picture, magnification),
        np.column_stack([magnification * np.eye(2), origin_px - magnification * middle]),
        (width_px, height_px),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    along = (left - right) / np.hypot(*(left - right))
    axes = np.array([along, [-along[1], along[0]]])
    centred = (landmarks - [*middle, 0]) * magnification / interocular_px
    units = np.column_stack([centred[:, :2] @ axes.T, centred[:, 2]])
    portrait = Portrait(name, np.asarray(canvas, np.uint8), units, origin_px, axes * interocular_px)
    for array in (portrait.picture, units, origin_px, portrait.axes_px):
        array.setflags(write=False)
    return portrait


def _blurred(picture: NDArray[np.uint8], magnification: float) -> NDArray[np.uint8]:
    """Take out the detail that shrinking would fold into false patterns."""
    if magnification >= 1:
        return picture
    sigma_px = 0.5 * np.sqrt(magnification**-2 - 1)
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma_px), np.uint8)


def read_numbers(name: str) -> NDArray[np.float64]:
    """Return a table of the package's own data, without its header line."""
    with (files("attunement.simulation") / "data" / name).open(encoding="utf-8") as file:
        return np.loadtxt(file, delimiter=",", skiprows=1)
