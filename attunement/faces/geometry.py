"""Pose and distances of a face mesh, independent of where and how large the face is.

Angles are in degrees, as seen in the picture: `yaw_deg` grows as the nose turns to the right of
the picture, `pitch_deg` as it turns up, `roll_deg` as the top of the head tilts to the right.
Mirroring the picture changes the signs of yaw and roll. Zero is MediaPipe's canonical face.
"""

from math import asin, atan2, degrees, hypot, sqrt

import numpy as np
from numpy.typing import NDArray

from attunement.faces.canonical import RIGID, canonical_face

OUTER_EYE_CORNERS = (33, 263)
_CORNERS = ((33, 133), (263, 362))
_BROWS = (
    (70, 63, 105, 66, 107, 46, 53, 52, 65, 55),
    (300, 293, 334, 296, 336, 276, 283, 282, 295, 285),
)
BROW_LANDMARKS = tuple(index for brow in _BROWS for index in brow)
_UPPER_LIDS = ((160, 159, 158), (387, 386, 385))
_LOWER_LIDS = ((144, 145, 153), (373, 374, 380))
UPPER_LIP = (82, 13, 312)
LOWER_LIP = (87, 14, 317)
N_LANDMARKS = 478
_RIGID = np.array(RIGID)
TO_CAMERA = np.array([1.0, -1.0, -1.0])  # picture (y down, z away) to camera (y up, z near)


def _rigid_reference() -> NDArray[np.float64]:
    face = canonical_face()
    return np.array([face[index] for index in RIGID])


_REFERENCE = _rigid_reference()
_KNOWN = _REFERENCE - _REFERENCE.mean(axis=0)
_KNOWN_SQUARED = float((_KNOWN**2).sum())


def fit_rotation(landmarks: NDArray[np.floating]) -> tuple[NDArray[np.float64], float, float]:
    """Fit the canonical face to a mesh: rotation, scale and translation of least squares.

    Uses the 36 landmarks that expressions move least. Unlike MediaPipe's transformation matrix,
    which assumes a wide-angle camera in the middle of the picture it was given, the result does
    not depend on the crop: over crops that hold the astronaut's face anywhere, the matrix's pitch
    ran from -15 to -6 degrees, a fit to the landmarks stayed within two.

    Parameters
    ----------
    landmarks : ndarray, shape (478, 3)
        Pixels; x to the right, y down, depth away from the camera.

    Returns
    -------
    rotation : ndarray, shape (3, 3)
        From the canonical face to the camera (x right, y up, z towards the camera).
    scale : float
        Pixels per distance of the outer eye corners.
    residual : float
        Root mean square distance of the 36 landmarks from the fitted face, over that scale.

    Notes
    -----
    Umeyama (1991), least-squares estimation of transformation parameters between two point
    patterns.
    """
    import cv2  # a third of numpy's time for so small a matrix; takes .2 s to import

    seen = _rigid(landmarks)
    _, left, right = cv2.SVDecomp(seen.T @ _KNOWN)
    if _determinant(left) * _determinant(right) < 0:  # a reflection fits better, but no face is one
        left[:, 2] = -left[:, 2]
    rotation = left @ right
    return rotation, *_size(seen, rotation)


def misfit(landmarks: NDArray[np.floating], rotation: NDArray[np.floating]) -> float:
    """Return the residual of `fit_rotation` where the rotation is known already."""
    return _size(_rigid(landmarks), rotation)[1]


def _rigid(landmarks: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the landmarks that expressions move least, towards the camera, about their mean."""
    seen = landmarks[_RIGID].astype(np.float64) * TO_CAMERA
    seen -= seen.sum(axis=0) / len(seen)
    return seen


def _size(seen: NDArray[np.float64], rotation: NDArray[np.floating]) -> tuple[float, float]:
    """Return scale and residual of least squares for a rotation."""
    turned = _KNOWN @ rotation.T
    scale = float(np.vdot(seen, turned)) / _KNOWN_SQUARED
    if not scale > 0:
        return float("nan"), float("inf")
    away = seen - scale * turned
    return scale, sqrt(float(np.vdot(away, away)) / len(seen)) / scale


def _determinant(m: NDArray[np.float64]) -> float:
    (a, b, c), (d, e, f), (g, h, i) = m.tolist()
    return float(a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g))


def pose_deg(rotation: NDArray[np.floating]) -> tuple[float, float, float]:
    """Return yaw, pitch and roll in degrees of a rotation from canonical face to camera.

    The rotation is taken as roll first, then pitch, then yaw, about the face's own axes:
    R = Ry(yaw) Rx(-pitch) Rz(-roll).
    """
    (_, _, yaw_x), (roll_x, roll_y, pitch_y), (_, _, yaw_z) = rotation.tolist()
    yaw = atan2(yaw_x, yaw_z)
    pitch = asin(min(max(pitch_y, -1.0), 1.0))
    return degrees(yaw), degrees(pitch), degrees(-atan2(roll_x, roll_y))


def interocular_px(
    landmarks: NDArray[np.floating], corners: tuple[int, int] = OUTER_EYE_CORNERS
) -> float:
    """Return the distance of the outer eye corners in the picture.

    Parameters
    ----------
    landmarks : ndarray, shape (n_points, 3)
        Pixels.
    corners : (int, int)
        Numbers of the corners; 33 and 263 in MediaPipe's mesh.
    """
    (ax, ay), (bx, by) = (landmarks[index, :2].tolist() for index in corners)
    return hypot(ax - bx, ay - by)


def distances(
    landmarks: NDArray[np.floating], rotation: NDArray[np.floating]
) -> tuple[float, float, float]:
    """Return brow height, lid aperture and lip gap over the distance of the outer eye corners.

    Every landmark is rotated back into the canonical frame before a distance is taken, and the
    distance of the eye corners is taken in space, so that turning, moving or scaling a rigid face
    changes nothing.

    Parameters
    ----------
    landmarks : ndarray, shape (478, 3)
        Pixels; x to the right, y down, depth away from the camera.
    rotation : ndarray, shape (3, 3)
        From the canonical face to the camera.

    Returns
    -------
    brow_height : float
        Mean height of ten brow landmarks above the middle of the eye's corners, mean of both
        sides. The corners do not move with the lids.
    lid_aperture : float
        Upper minus lower lid in the middle of the eye (three landmarks each), mean of both eyes.
    lip_gap : float
        Height of the opening between the inner lips (three landmarks each).
    """
    seen = landmarks.astype(np.float64) * TO_CAMERA
    first, second = OUTER_EYE_CORNERS
    across = seen[first] - seen[second]
    unit = sqrt(float(across @ across))
    brow, lid, gap = (_DISTANCES @ (seen @ rotation[:, 1]) / unit).tolist()
    return brow, lid, gap


def _differences_of_means() -> NDArray[np.float64]:
    """Return what makes the three distances of the heights of all landmarks, shape (3, 478)."""
    pairs = (
        tuple(zip(_BROWS, _CORNERS, strict=True)),
        tuple(zip(_UPPER_LIDS, _LOWER_LIDS, strict=True)),
        ((UPPER_LIP, LOWER_LIP),),
    )
    weights = np.zeros((len(pairs), N_LANDMARKS))
    for row, sides in zip(weights, pairs, strict=True):
        for upper, lower in sides:
            row[list(upper)] += 1 / len(upper) / len(sides)
            row[list(lower)] -= 1 / len(lower) / len(sides)
    return weights


_DISTANCES = _differences_of_means()
