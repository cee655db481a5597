"""What tells people apart in a picture: colours about the face, the length of the nose.

Both are taken in a frame turned and scaled with the face, and neither depends on where it is.
"""

import numpy as np
from numpy.typing import NDArray

from attunement.faces.areas import Area
from attunement.faces.backends.protocol import Mesh
from attunement.faces.geometry import OUTER_EYE_CORNERS, TO_CAMERA, pose_deg
from attunement.faces.tracking import Crop

# A patch upright with the face, in distances of the outer eye corners about their middle.
_PATCH_LEFT, _PATCH_TOP, _PATCH_WIDTH, _PATCH_HEIGHT = -1.5, -1.7, 3.0, 5.2
_PER_UNIT = 12  # pixels of the patch
# (left, right, top, bottom) of the zones: hair, skin, clothes.
ZONES = ((-0.7, 0.7, -1.6, -1.0), (-0.6, 0.6, -0.5, 0.9), (-1.2, 1.2, 2.2, 3.4))
_N_BINS = 8
N_ZONE = 3 * _N_BINS  # numbers of a zone
N_COLOURS = len(ZONES) * N_ZONE
INNER_EYE_CORNERS = (133, 362)
NOSE_BASE = 2
MAX_TURN_DEG = (35.0, 25.0)  # yaw and pitch beyond which proportions are guessed by the mesh


def colours(crop: Crop, mesh: Mesh, within: Area) -> NDArray[np.float32]:
    """Return histograms of lightness and of two opponent colours in three zones about a face.

    Parameters
    ----------
    crop : callable
        Gives the pixels of an area of the picture.
    mesh : Mesh
        In pixels of the picture.
    within : tuple of int
        x, y, width, height of the picture.

    Returns
    -------
    ndarray, shape (N_COLOURS,), float32
        Square roots of shares, each histogram of length 1; a zone of which less than half lies
        within the picture is NaN.
    """
    corners_of = mesh.scheme.outer_eye_corners
    first, second = (np.asarray(mesh.landmarks[i, :2], np.float64) for i in corners_of)
    middle, across = (first + second) / 2, second - first
    down = np.array([-across[1], across[0]])
    corners = np.array(
        [
            middle + x * across + y * down
            for x in (_PATCH_LEFT, _PATCH_LEFT + _PATCH_WIDTH)
            for y in (_PATCH_TOP, _PATCH_TOP + _PATCH_HEIGHT)
        ]
    )
    low = np.maximum(np.floor(corners.min(axis=0)).astype(int), within[:2])
    end = (within[0] + within[2], within[1] + within[3])
    high = np.minimum(np.ceil(corners.max(axis=0)).astype(int) + 1, end)
    if (high - low < 2).any():
        return np.full(N_COLOURS, np.nan, np.float32)
    import cv2  # takes .2 s, which importing this room need not wait for

    area = (int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1]))
    picture = np.asarray(crop(area))
    # From the patch to the picture, since warpAffine is asked for the inverse map.
    step_x, step_y = across / _PER_UNIT, down / _PER_UNIT
    start = middle + _PATCH_LEFT * across + _PATCH_TOP * down - low
    to_picture = np.column_stack([step_x, step_y, start])
    size = (int(_PATCH_WIDTH * _PER_UNIT), int(_PATCH_HEIGHT * _PER_UNIT))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    small = cv2.GaussianBlur(picture, (0, 0), max(float(np.hypot(*step_x)) / 2, 0.3))
    patch = cv2.warpAffine(small, to_picture, size, flags=flags)
    inside = cv2.warpAffine(
        np.full(picture.shape[:2], 255, np.uint8), to_picture, size, flags=flags
    )
    lab = cv2.cvtColor(patch, cv2.COLOR_RGB2LAB)
    parts = [_histograms(*_zone(lab, inside, zone)) for zone in ZONES]
    return np.concatenate(parts).astype(np.float32)


def _zone(
    lab: NDArray[np.uint8], inside: NDArray[np.uint8], zone: tuple[float, float, float, float]
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    left, right, top, bottom = zone
    rows = slice(*(round((y - _PATCH_TOP) * _PER_UNIT) for y in (top, bottom)))
    columns = slice(*(round((x - _PATCH_LEFT) * _PER_UNIT) for x in (left, right)))
    return lab[rows, columns].reshape(-1, 3), inside[rows, columns].reshape(-1) > 200


def _histograms(lab: NDArray[np.uint8], inside: NDArray[np.bool_]) -> NDArray[np.float64]:
    if inside.mean() < 0.5:
        return np.full(3 * _N_BINS, np.nan)
    values = lab[inside].astype(np.float64)
    lightness = values[:, 0] / 256 * _N_BINS
    # Opponent colours of skin, hair and cloth keep within 40 of grey.
    opponents = np.clip((values[:, 1:] - 128 + 40) / 80, 0, 0.999) * _N_BINS
    histograms = [_shares(lightness), _shares(opponents[:, 0]), _shares(opponents[:, 1])]
    return np.sqrt(np.concatenate(histograms))


def _shares(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return shares by bin; each value is divided between the two bins it lies nearest to."""
    shifted = np.clip(places - 0.5, 0, _N_BINS - 1)
    low = np.minimum(shifted.astype(int), _N_BINS - 2)
    part = shifted - low
    counts = np.bincount(low, 1 - part, _N_BINS) + np.bincount(low + 1, part, _N_BINS)
    return counts / counts.sum()


def nose_length(mesh: Mesh) -> float:
    """Return how high the inner eye corners lie over the base of the nose, turned frontal.

    In distances of the outer eye corners; NaN where the head is turned by over 35 degrees of yaw
    or 25 of pitch, where the mesh guesses, and for points that are not MediaPipe's.
    """
    if not mesh.scheme.is_canonical:
        return float("nan")
    yaw_deg, pitch_deg, _ = pose_deg(mesh.rotation)
    if abs(yaw_deg) > MAX_TURN_DEG[0] or abs(pitch_deg) > MAX_TURN_DEG[1]:
        return float("nan")
    points = np.asarray(mesh.landmarks, np.float64)[[*INNER_EYE_CORNERS, NOSE_BASE]]
    first, second, base = points * TO_CAMERA @ mesh.rotation
    return float(((first + second) / 2 - base)[1]) / _eye_distance(mesh)


def _eye_distance(mesh: Mesh) -> float:
    first, second = (np.asarray(mesh.landmarks[i], np.float64) for i in OUTER_EYE_CORNERS)
    return float(np.linalg.norm(first - second))


def unlike(one: NDArray[np.floating], other: NDArray[np.floating]) -> float:
    """Return how different two sets of colours are, from 0 (the same) to 1.

    The Hellinger distance of the histograms, root mean square over those that both have; 0 where
    there is none, since nothing then speaks against one person.
    """
    known = np.isfinite(one) & np.isfinite(other)
    if not known.any():
        return 0.0
    n_histograms = known.sum() / _N_BINS
    gap = np.subtract(one, other, dtype=np.float64)[known]
    return float(np.sqrt((gap**2).sum() / 2 / n_histograms))
