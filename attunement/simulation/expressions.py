"""From expression controls to the places of a portrait's landmarks.

Every control is a field of displacements over the landmarks, fixed for a portrait, that is scaled
by the control's level; the fields add up. The head is turned last. All lengths are in face units:
the distance of the outer eye corners is 1 (see `portraits.Portrait`).
"""

from dataclasses import astuple, dataclass, fields
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from attunement.errors import SimulationError
from attunement.simulation.portraits import Portrait, load_portrait

Array = NDArray[np.float64]

OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
# Rows of lip landmarks from the outside to the inside, each from the right corner to the left one.
UPPER_LIP = (
    (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291),
    (76, 184, 74, 73, 72, 11, 302, 303, 304, 408, 306),
    (62, 183, 42, 41, 38, 12, 268, 271, 272, 407, 292),
    (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308),
)
LOWER_LIP = (
    (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291),
    (76, 77, 90, 180, 85, 16, 315, 404, 320, 307, 306),
    (62, 96, 89, 179, 86, 15, 316, 403, 319, 325, 292),
    (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308),
)
# Lids from the outer to the inner corner, right and left eye.
UPPER_LIDS = (
    (33, 246, 161, 160, 159, 158, 157, 173, 133),
    (263, 466, 388, 387, 386, 385, 384, 398, 362),
)
LOWER_LIDS = (
    (33, 7, 163, 144, 145, 153, 154, 155, 133),
    (263, 249, 390, 373, 374, 380, 381, 382, 362),
)
_BROWS = (
    (70, 63, 105, 66, 107, 55, 65, 52, 53, 46),
    (300, 293, 334, 296, 336, 285, 295, 282, 283, 276),
)
_CORNERS, _CHEEKS, _CHIN = (61, 291), (50, 280), 152
_PIVOT_DEPTH = 0.45  # depth of the axis the head turns about, about that of the ears
_LID_SHARE = 0.45  # of the way from lid to brow, the part that a brow raise leaves in place
_EDGE = 0.12  # displacements die out over this distance before the oval


@dataclass(frozen=True)
class Controls:
    """What a rendered face shows. All zero is the neutral face.

    Attributes
    ----------
    smile, frown, mouth, brow, eyes : float
        Lip corners up and out, lip corners down and out, mouth opening, brow raise, eye widening;
        each from 0 to 1. Beyond 1 the picture stops looking like a face.
    yaw_deg, pitch_deg, roll_deg : float
        Turn of the head, each from -12 to 12: to the right of the picture, upwards, and clockwise
        in the picture. The outline of the head stays, so that MediaPipe reads about .6 of
        a yaw and .8 of a pitch.

    Examples
    --------
    >>> from attunement.simulation import Controls
    >>> controls = Controls(smile=0.8, brow=0.3, yaw_deg=-5)
    >>> print(controls.smile, controls.frown)
    0.8 0.0
    """

    smile: float = 0.0
    frown: float = 0.0
    mouth: float = 0.0
    brow: float = 0.0
    eyes: float = 0.0
    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    roll_deg: float = 0.0

    def __post_init__(self) -> None:
        for field, value in zip(fields(self), astuple(self), strict=True):
            low, high = (-12.0, 12.0) if field.name.endswith("_deg") else (0.0, 1.0)
            if not low <= value <= high:
                raise SimulationError(
                    f"The control {field.name!r} must be between {low:g} and {high:g};"
                    f" found {value!r}."
                )


@dataclass(frozen=True)
class Recipe:
    """How far a portrait's controls reach at level 1, in face units where not said otherwise."""

    neutral_smile: float  # smile field that makes the portrait neutral
    smile: float
    frown: float
    jaw: float
    brow: float
    aperture: float  # growth of the lid aperture as a share of it


RECIPES = {
    "astronaut": Recipe(
        neutral_smile=-0.9, smile=1.1, frown=1.1, jaw=0.30, brow=0.115, aperture=0.55
    ),
    "hopper": Recipe(neutral_smile=0.0, smile=1.0, frown=1.0, jaw=0.30, brow=0.11, aperture=0.60),
}


def place_landmarks(portrait: Portrait, controls: Controls) -> Array:
    """Return the landmarks of `portrait` under `controls`: shape (478, 3), in face units."""
    neutral, basis = _fields(portrait.name)
    levels = np.array(astuple(controls)[: len(basis)])
    moved = neutral.copy()
    moved[:, :2] += np.tensordot(levels, basis, axes=1)
    yaw, pitch, roll = np.radians([controls.yaw_deg, controls.pitch_deg, controls.roll_deg])
    return _turned(moved, yaw, pitch, roll)


@lru_cache(maxsize=4)
def _fields(name: str) -> tuple[Array, Array]:
    """Neutral landmarks (478, 3) and the displacements of each control at level 1 (5, 478, 2)."""
    recipe = RECIPES[name]
    neutral = load_portrait(name).landmarks.copy()
    if recipe.neutral_smile:
        neutral[:, :2] += recipe.neutral_smile * _smile(neutral)
        neutral[:, :2] += _closing(neutral)
    basis = np.stack(
        [
            recipe.smile * _smile(neutral),
            recipe.frown * _frown(neutral),
            _opening(neutral, recipe.jaw),
            recipe.brow * _brow_raise(neutral),
            recipe.aperture * _eye_widening(neutral),
        ]
    )
    return neutral, basis


def _bell(distance: Array, width: float) -> Array:
    return np.exp(-0.5 * (distance / width) ** 2)


def _around(points: Array, centre: Array, width: float) -> Array:
    return _bell(np.hypot(*(points[:, :2] - centre[:2]).T), width)


def _smoothstep(x: Array) -> Array:
    x = np.clip(x, 0, 1)
    return x * x * (3 - 2 * x)


def _inside(points: Array, distance: float = _EDGE) -> Array:
    """Weight that falls from 1 to 0 over `distance` before the face oval."""
    oval = points[list(OVAL), :2].astype(np.float32)
    depth = [cv2.pointPolygonTest(oval, (float(x), float(y)), True) for x, y in points[:, :2]]
    return _smoothstep(np.array(depth) / distance)


def _smile(points: Array) -> Array:
    field = np.zeros((len(points), 2))
    for corner, cheek, side in zip(_CORNERS, _CHEEKS, (-1, 1), strict=True):
        field += np.outer(_around(points, points[corner], 0.17), (0.10 * side, -0.11))
        field += np.outer(_around(points, points[cheek], 0.15), (0, -0.04))
    return field * _inside(points)[:, None]


def _frown(points: Array) -> Array:
    field = np.zeros((len(points), 2))
    for corner, side in zip(_CORNERS, (-1, 1), strict=True):
        field += np.outer(_around(points, points[corner], 0.17), (0.10 * side, 0.09))
    return field * _inside(points)[:, None]


def _mouth_line(points: Array) -> Array:
    """Height of the line between the lips at every point's x."""
    middle = (points[list(UPPER_LIP[-1]), :2] + points[list(LOWER_LIP[-1]), :2]) / 2
    return np.interp(points[:, 0], middle[:, 0], middle[:, 1])


def _below_mouth(points: Array) -> NDArray[np.bool_]:
    below = points[:, 1] > _mouth_line(points)
    below[[k for row in UPPER_LIP for k in row]] = False
    below[[k for row in LOWER_LIP for k in row[1:-1]]] = True
    return below


def _closing(points: Array) -> Array:
    """Bring the lips together where the portrait shows them parted."""
    upper, lower = points[list(UPPER_LIP[-1]), :2], points[list(LOWER_LIP[-1]), :2]
    field = np.zeros((len(points), 2))
    below = _below_mouth(points)
    x, y = points[:, 0], points[:, 1]
    for rim, half in ((upper, ~below), (lower, below)):
        to_middle = (upper[:, 1] + lower[:, 1]) / 2 - rim[:, 1]
        away = y - np.interp(x, rim[:, 0], rim[:, 1])
        field[half, 1] = (np.interp(x, rim[:, 0], to_middle, left=0, right=0) * _bell(away, 0.09))[
            half
        ]
    return field


def _opening(points: Array, jaw: float) -> Array:
    """Lower lip and jaw down with the profile of a lens, corners drop .3 of the jaw's way.

    Without the drop of the corners MediaPipe reads an opening mouth as a smile.
    """
    corners = points[list(_CORNERS), :2]
    half_width = (corners[1, 0] - corners[0, 0]) / 2
    aside = np.abs(points[:, 0] - corners[:, 0].mean()) / half_width
    lens = np.clip(1 - aside**2, 0, 1)
    below = _below_mouth(points)
    away = points[:, 1] - _mouth_line(points)
    beside = 0.3 * _bell(np.maximum(aside - 1, 0) * half_width, 0.16)

    drop = points[_CHIN, 1] - points[LOWER_LIP[-1][5], 1]
    lower = (beside + 0.7 * lens) * (1 - 0.5 * np.clip(away / drop, 0, 1))
    near_corner = 0.3 * _bell((aside - 1) * half_width, 0.10)
    upper = np.where(aside > 1, beside, near_corner) * _bell(away, 0.12)
    lift = 0.02 / jaw * lens * _bell(away, 0.10)
    field = np.zeros((len(points), 2))
    field[:, 1] = jaw * np.where(below, lower, upper - lift)
    return field


def _brow_raise(points: Array) -> Array:
    field = np.zeros((len(points), 2))
    x, y = points[:, 0], points[:, 1]
    for brow, lid in zip(_BROWS, UPPER_LIDS, strict=True):
        outline = points[list(brow), :2].astype(np.float32)
        away = [max(0.0, -cv2.pointPolygonTest(outline, (float(a), float(b)), True))
                for a, b in points[:, :2]]  # fmt: skip
        rim = points[list(lid), :2]
        rim = rim[np.argsort(rim[:, 0])]
        # Lid and lashes stay, or they are smeared over the lid's crease: the weight climbs from 0
        # only in the upper part of the way to the lower edge of the brow.
        above_lid = np.interp(x, rim[:, 0], rim[:, 1]) - y
        lower_edge = points[list(brow[5:]), 1].mean()
        room = rim[:, 1].min() - lower_edge
        climb = (above_lid / room - _LID_SHARE) / (1 - _LID_SHARE)
        weight = _bell(np.array(away), 0.11) * _smoothstep(climb)
        field[:, 1] = np.minimum(field[:, 1], -weight)
    return field * _inside(points)[:, None]


def _eye_widening(points: Array) -> Array:
    field = np.zeros((len(points), 2))
    x, y = points[:, 0], points[:, 1]
    for upper, lower, brow in zip(UPPER_LIDS, LOWER_LIDS, _BROWS, strict=True):
        top, bottom = points[list(upper), :2], points[list(lower), :2]
        aperture = bottom[4, 1] - top[4, 1]
        corners = top[[0, -1], 0]
        half_width = abs(corners[1] - corners[0]) / 2
        lens = np.clip(1 - ((x - corners.mean()) / half_width) ** 2, 0, 1)
        room = top[4, 1] - points[list(brow[5:]), 1].mean()
        for rim, share, reach in ((top, -1.0, 0.35 * room), (bottom, 0.6, 0.06)):
            order = np.argsort(rim[:, 0])
            away = y - np.interp(x, rim[order, 0], rim[order, 1])
            outside = away * np.sign(share) >= -1e-9
            field[:, 1] += share / 1.6 * aperture * lens * _bell(away, reach) * outside
    return field


def _turned(points: Array, yaw: float, pitch: float, roll: float) -> Array:
    pivot = np.array([0.0, 0.35, _PIVOT_DEPTH])
    # What lies behind the pivot would fold over the face's edge; it turns as if level with it.
    x, y, z = (np.minimum(points, [np.inf, np.inf, _PIVOT_DEPTH]) - pivot).T
    # A nose (negative depth) goes right with positive yaw and up with positive pitch.
    x, z = x * np.cos(yaw) - z * np.sin(yaw), x * np.sin(yaw) + z * np.cos(yaw)
    y, z = y * np.cos(pitch) + z * np.sin(pitch), -y * np.sin(pitch) + z * np.cos(pitch)
    x, y = x * np.cos(roll) - y * np.sin(roll), x * np.sin(roll) + y * np.cos(roll)
    return np.column_stack([x, y, z]) + pivot
