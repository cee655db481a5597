"""A picture of a portrait with chosen expressions: a triangle warp of the portrait itself.

The mesh is MediaPipe's face tessellation, closed over eyes and mouth and continued to a fixed ring
outside the face, so that nothing beyond the ring ever moves.
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from attunement.simulation.expressions import (
    LOWER_LIDS,
    LOWER_LIP,
    OVAL,
    UPPER_LIDS,
    UPPER_LIP,
    Controls,
    place_landmarks,
)
from attunement.simulation.portraits import Portrait, load_portrait, read_numbers

_RING = 1.35  # size of the fixed ring relative to the face oval
_SUBPIXEL_BITS = 4
_LEAST_AREA_PX = 1e-3  # twice the area under which a triangle is not painted
_CAVITY_TOP = np.array([34, 12, 12], np.float32)  # RGB inside the mouth
_CAVITY_BOTTOM = np.array([92, 40, 38], np.float32)
_SEAM_STRENGTH = 0.5
_IDENTITY = np.array([[[1, 0, 0], [0, 1, 0]]], np.float32)


@dataclass(frozen=True)
class _Mesh:
    ring: NDArray[np.float64]  # (36, 2) face units, appended to the 478 landmarks
    triangles: NDArray[np.int64]  # (n, 3), those of the mouth's inside first
    source_px: NDArray[np.float64]  # (n, 3, 2)
    orientation: NDArray[np.float64]  # (n,) sign of each triangle's area in the portrait
    box: tuple[int, int, int, int]  # left, top, right, bottom of all that can change
    x_px: NDArray[np.float32]  # canvas coordinates of the box's pixels
    y_px: NDArray[np.float32]


def face_box(portrait: Portrait) -> tuple[int, int, int, int]:
    """Return left, top, right, bottom (exclusive) of the pixels that controls can change.

    Examples
    --------
    >>> from attunement.simulation import face_box, load_portrait
    >>> left, top, right, bottom = face_box(load_portrait("astronaut", height_px=144))
    >>> print(0 <= left < right <= 192, 0 <= top < bottom <= 144)
    True True
    """
    return _mesh(portrait.name, portrait.picture.shape[0]).box


def render_face(portrait: Portrait, controls: Controls) -> NDArray[np.uint8]:
    """Return `portrait` with the expression and head pose that `controls` ask for.

    Returns
    -------
    ndarray, shape of ``portrait.picture``, uint8
        RGB. Pixels outside `face_box` are those of the portrait.

    Notes
    -----
    What MediaPipe's Face Landmarker 0.10.31 (IMAGE mode) measures on ramps of one control from 0
    to 1 in 9 steps, at a height of 288 px; lengths over the distance of the outer eye corners.
    Rank correlation with the control is 1.00 except where said:

    ======= ================= ======================= =================
    control measure           astronaut               hopper
    ======= ================= ======================= =================
    smile   mouthSmile        .00 - .56 - .92         .01 - .46 - .91
    frown   mouthFrown        .00 - .47               .00 - .62
    mouth   lips apart        .03 - .27               .00 - .26
    brow    brow over lid     .23 - .31               .24 - .27 (.65)
    eyes    lids apart        .116 - .148             .091 - .113
    ======= ================= ======================= =================

    (Smile: also at level .38, where both people answer alike.) Hopper's glasses hold the
    landmarks of her brows: she is no one to raise them. The astronaut's frown answers little
    below level .5. Over 81 combinations of smile, brow, eyes and mouth on the astronaut each
    measure follows its own control: its level explains .98 of the variance of mouthSmile, .95 of
    the brows, .83 of the lids (smile .06, brow .07) and .99 of the lips. A head turned down by
    10 degrees raises mouthSmile of the astronaut from .00 to .07; a full brow raise shifts the
    estimated pitch by 3 degrees.

    Examples
    --------
    >>> from attunement.simulation import Controls, load_portrait, render_face
    >>> portrait = load_portrait("astronaut", height_px=144)
    >>> smiling = render_face(portrait, Controls(smile=1.0))
    >>> print(smiling.shape, bool((smiling != portrait.picture).any()))
    (144, 192, 3) True
    """
    mesh = _mesh(portrait.name, portrait.picture.shape[0])
    left, top, right, bottom = mesh.box
    landmarks = place_landmarks(portrait, controls)
    points_px = portrait.to_px(np.vstack([landmarks[:, :2], mesh.ring]))
    map_x, map_y = _source_maps(mesh, points_px)
    face = cv2.remap(
        portrait.picture, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    _paint_cavity(face, points_px - (left, top), portrait.interocular_px)
    picture = portrait.picture.copy()
    picture[top:bottom, left:right] = face
    return picture


def _source_maps(
    mesh: _Mesh, points_px: NDArray[np.float64]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Where in the portrait every pixel of the box comes from."""
    left, top, right, bottom = mesh.box
    corners = points_px[mesh.triangles]
    (x1, y1), (x2, y2) = (corners[:, 1:] - corners[:, :1]).transpose(1, 2, 0)
    doubled_area = (x1 * y2 - x2 * y1) * mesh.orientation
    # A triangle turned over lies behind another one at the edge of a turned head.
    seen = doubled_area > _LEAST_AREA_PX
    corners = corners[seen]
    numbers = np.zeros((bottom - top, right - left), np.int32)
    fixed = np.round((corners - (left, top)) * 2**_SUBPIXEL_BITS).astype(np.int32)
    for number, corner in enumerate(fixed, start=1):
        cv2.fillConvexPoly(numbers, corner, number, shift=_SUBPIXEL_BITS)
    affine = _affine(corners, mesh.source_px[seen]).astype(np.float32)
    # Number 0 is where no triangle lies: the picture stays as it is.
    affine = np.concatenate([_IDENTITY, affine]).transpose(1, 2, 0)
    chosen = numbers.astype(np.intp)
    (ax, bx, cx), (ay, by, cy) = (
        (np.ascontiguousarray(part).take(chosen) for part in row) for row in affine
    )
    x, y = mesh.x_px, mesh.y_px
    return ax * x + bx * y + cx, ay * x + by * y + cy


def _affine(moved: NDArray[np.float64], source: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return maps (n, 2, 3) that send each moved triangle back to its place in the portrait."""
    a, b, c = (moved[:, k] for k in range(3))
    (x1, y1), (x2, y2) = (b - a).T, (c - a).T
    area = x1 * y2 - x2 * y1
    u, v = source[:, 1] - source[:, 0], source[:, 2] - source[:, 0]
    along_x = (u * y2[:, None] - v * y1[:, None]) / area[:, None]
    along_y = (v * x1[:, None] - u * x2[:, None]) / area[:, None]
    shift = source[:, 0] - along_x * a[:, :1] - along_y * a[:, 1:]
    return np.stack([along_x, along_y, shift], axis=2)


def _paint_cavity(
    face: NDArray[np.uint8], points_px: NDArray[np.float64], interocular_px: float
) -> None:
    """Paint the inside of an open mouth into `face`, in place."""
    rim = points_px[[*UPPER_LIP[-1], *LOWER_LIP[-1][-2:0:-1]]]
    margin = int(np.ceil(0.03 * interocular_px)) + 2
    left, top = np.maximum(np.floor(rim.min(0)).astype(int) - margin, 0)
    right, bottom = np.ceil(rim.max(0)).astype(int) + margin
    patch = face[top:bottom, left:right]
    cover = np.zeros(patch.shape[:2], np.uint8)
    fixed = np.round((rim - (left, top)) * 2**_SUBPIXEL_BITS).astype(np.int32)
    cv2.fillPoly(cover, [fixed], 255, lineType=cv2.LINE_AA, shift=_SUBPIXEL_BITS)
    gap_px = float(np.hypot(*(points_px[LOWER_LIP[-1][5]] - points_px[UPPER_LIP[-1][5]])))
    # Lips that touch keep a faint dark line between them, which also covers the mesh's seam there.
    strength = float(np.clip(gap_px / (0.03 * interocular_px), _SEAM_STRENGTH, 1))
    soft = cv2.GaussianBlur(cover, (0, 0), max(0.6, 0.008 * interocular_px))
    alpha = soft[..., None].astype(np.float32) * (strength / 255)
    down = np.linspace(0, 1, patch.shape[0], dtype=np.float32)[:, None, None]
    colour = _CAVITY_TOP * (1 - down) + _CAVITY_BOTTOM * down
    patch[:] = np.round(patch * (1 - alpha) + colour * alpha).astype(np.uint8)


@lru_cache(maxsize=8)
def _mesh(name: str, height_px: int) -> _Mesh:
    portrait = load_portrait(name, height_px=height_px)
    oval = portrait.landmarks[list(OVAL), :2]
    centre = (oval.min(0) + oval.max(0)) / 2
    ring = centre + _RING * (oval - centre)
    n_landmarks = len(portrait.landmarks)
    inner_ring, outer_ring = list(OVAL), list(range(n_landmarks, n_landmarks + len(OVAL)))
    mouth = _strip(UPPER_LIP[-1], LOWER_LIP[-1])
    triangles = np.concatenate(
        [
            mouth,
            *(_strip(*lids) for lids in zip(UPPER_LIDS, LOWER_LIDS, strict=True)),
            _strip([*inner_ring, inner_ring[0]], [*outer_ring, outer_ring[0]]),
            read_numbers("triangles.csv").astype(np.int64),
        ]
    )
    source_px = portrait.to_px(np.vstack([portrait.landmarks[:, :2], ring]))[triangles]
    (x1, y1), (x2, y2) = (source_px[:, 1:] - source_px[:, :1]).transpose(1, 2, 0)
    orientation = np.sign(x1 * y2 - x2 * y1)
    # Between the lips the lower lip's edge is drawn out: what shines through under the painted
    # inside of the mouth must not be teeth.
    lip_px = portrait.to_px(portrait.landmarks)
    to_lower = dict(zip(UPPER_LIP[-1], LOWER_LIP[-1], strict=True))
    for row, triangle in enumerate(mouth):
        source_px[row] = lip_px[[to_lower.get(int(k), int(k)) for k in triangle]]
    ring_px = portrait.to_px(ring)
    height, width = portrait.picture.shape[:2]
    left, top = np.clip(np.floor(ring_px.min(0)).astype(int), 0, (width, height))
    right, bottom = np.clip(np.ceil(ring_px.max(0)).astype(int) + 1, 0, (width, height))
    x_px, y_px = np.meshgrid(
        np.arange(left, right, dtype=np.float32), np.arange(top, bottom, dtype=np.float32)
    )
    return _Mesh(
        ring=ring,
        triangles=triangles,
        source_px=source_px,
        orientation=orientation,
        box=(int(left), int(top), int(right), int(bottom)),
        x_px=x_px,
        y_px=y_px,
    )


def _strip(
    one: list[int] | tuple[int, ...], other: list[int] | tuple[int, ...]
) -> NDArray[np.int64]:
    """Triangles between two rows of equally many points; those without area are left out."""
    found = []
    for k in range(len(one) - 1):
        found.append((one[k], one[k + 1], other[k]))
        found.append((one[k + 1], other[k + 1], other[k]))
    return np.array([t for t in found if len(set(t)) == 3], dtype=np.int64)
