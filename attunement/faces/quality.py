"""Whether a mesh can be a face at all.

MediaPipe lays its mesh over ears, hands and backs of heads as readily as over faces, so a mesh is
held against the canonical face before it is believed.
"""

import numpy as np
from numpy.typing import NDArray

from attunement.faces.areas import Area
from attunement.faces.backends.protocol import Mesh
from attunement.faces.geometry import fit_rotation, interocular_px, pose_deg

# Measured on the test clips: clear faces have a residual of .022 to .042 (.060 at most, under
# a hand and in distress), meshes on hands and on the side of a bowed head .064 to .28.
MAX_RESIDUAL = 0.06
MAX_YAW_DEG = 45.0
MAX_PITCH_DEG = 45.0
MIN_INTEROCULAR_PX = 12.0
MIN_INSIDE = 0.9


def implausible(mesh: Mesh, picture: Area) -> str:
    """Return why a mesh cannot be believed, or the empty text.

    Parameters
    ----------
    mesh : Mesh
        In pixels of the picture that was searched.
    picture : tuple of int
        x, y, width and height that the mesh must lie in, in the mesh's own pixels.

    Returns
    -------
    str
        ``size`` (outer eye corners closer than 12 px), ``outside`` (over a tenth of the landmarks
        outside the picture searched), ``proportions`` (the landmarks that expressions do not move
        lie further than .06 eye-corner distances from the canonical face, root mean square),
        ``turned`` (beyond 45 degrees of yaw or pitch, where half of the mesh is guessed), or
        nothing.
    """
    if interocular_px(mesh.landmarks) < MIN_INTEROCULAR_PX:
        return "size"
    if _share_inside(mesh.landmarks, picture) < MIN_INSIDE:
        return "outside"
    rotation, _, residual = fit_rotation(mesh.landmarks)
    if not residual <= MAX_RESIDUAL:
        return "proportions"
    yaw, pitch, _ = pose_deg(rotation)
    if abs(yaw) > MAX_YAW_DEG or abs(pitch) > MAX_PITCH_DEG:
        return "turned"
    return ""


def _share_inside(landmarks: NDArray[np.floating], picture: Area) -> float:
    x, y = landmarks[:, 0] - picture[0], landmarks[:, 1] - picture[1]
    return float(((x >= 0) & (x < picture[2]) & (y >= 0) & (y < picture[3])).mean())
