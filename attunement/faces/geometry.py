"""Pose and distances of a face mesh, independent of where and how large the face is.

Angles are in degrees, as seen in the picture: `yaw_deg` grows as the nose turns to the right of
the picture, `pitch_deg` as it turns up, `roll_deg` as the top of the head tilts to the right.
Mirroring the picture changes the signs of yaw and roll. Zero is MediaPipe's canonical face.
"""

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
_TO_CAMERA = np.array([1.0, -1.0, -1.0])  # picture (y down, z away) to camera (y up, z near)


def _rigid_reference() -> NDArray[np.float64]:
    face = canonical_face()
    return np.array([face[index] for index in RIGID])


_REFERENCE = _rigid_reference()


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
    seen = np.asarray(landmarks, np.float64)[RIGID] * _TO_CAMERA
    seen = seen - seen.mean(axis=0)
    known = _REFERENCE - _REFERENCE.mean(axis=0)
    left, sizes, right = np.linalg.svd(seen.T @ known)
    signs = np.array([1.0, 1.0, np.sign(np.linalg.det(left @ right))])
    rotation = (left * signs) @ right
    scale = float((sizes * signs).sum() / (known**2).sum())
    if not scale > 0:
        return rotation, float("nan"), float("inf")
    misfit = seen - scale * known @ rotation.T
    return rotation, scale, float(np.sqrt((misfit**2).sum(axis=1).mean())) / scale


def pose_deg(rotation: NDArray[np.floating]) -> tuple[float, float, float]:
    """Return yaw, pitch and roll in degrees of a rotation from canonical face to camera.

    The rotation is taken as roll first, then pitch, then yaw, about the face's own axes:
    R = Ry(yaw) Rx(-pitch) Rz(-roll).
    """
    r = np.asarray(rotation, np.float64)
    yaw = np.arctan2(r[0, 2], r[2, 2])
    pitch = np.arcsin(np.clip(r[1, 2], -1.0, 1.0))
    roll = -np.arctan2(r[1, 0], r[1, 1])
    return float(np.degrees(yaw)), float(np.degrees(pitch)), float(np.degrees(roll))


def interocular_px(landmarks: NDArray[np.floating]) -> float:
    """Return the distance of the outer eye corners (landmarks 33 and 263) in the picture."""
    left, right = (landmarks[index, :2] for index in OUTER_EYE_CORNERS)
    return float(np.hypot(*(np.asarray(left, np.float64) - right)))


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
    upright = (np.asarray(landmarks, np.float64) * _TO_CAMERA) @ rotation
    height = upright[:, 1]

    def above(upper: tuple[int, ...], lower: tuple[int, ...]) -> float:
        return float(height[list(upper)].mean() - height[list(lower)].mean())

    first, second = OUTER_EYE_CORNERS
    unit = float(np.linalg.norm(upright[first] - upright[second]))
    brow = np.mean([above(*pair) for pair in zip(_BROWS, _CORNERS, strict=True)])
    lid = np.mean([above(*pair) for pair in zip(_UPPER_LIDS, _LOWER_LIDS, strict=True)])
    return float(brow) / unit, float(lid) / unit, above(UPPER_LIP, LOWER_LIP) / unit
