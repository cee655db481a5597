"""Whether a mesh can be a face at all.

MediaPipe lays its mesh over ears, hands and backs of heads as readily as over faces, so a mesh is
held against the canonical face, against the network's own doubt and, where it is new, against its
mirror image before it is believed. docs/faces.md has the 632 meshes, labelled by eye, on which the
limits rest.
"""

import numpy as np
from numpy.typing import NDArray

from attunement.faces.areas import Area, Box, box_of
from attunement.faces.backends.protocol import Mesh
from attunement.faces.canonical import PAIRS, RIGID_MIDDLE
from attunement.faces.geometry import fit_rotation, interocular_px, misfit, pose_deg

# Measured on the test clips: clear faces have a residual of .022 to .042 (.060 at most, under
# a hand and in distress), meshes on hands and on the side of a bowed head .064 to .28.
MAX_RESIDUAL = 0.06
MAX_YAW_DEG = 45.0
MAX_PITCH_DEG = 45.0
MIN_INTEROCULAR_PX = 12.0
MIN_INSIDE = 0.9
# Of meshes with such proportions, those on anything but a face reached a presence of .976; those on
# a face went down to .984, the lowest of them under a hand.
MIN_PRESENCE = 0.98
# On faces .046 at most, or .134 under a hand (.061 on a dim infant's face of 60 px); on anything
# else that has such proportions and a presence above .5 .131 at least, but for a round engine cover
# with letters for eyes: .046 to .146, at a presence in the mirror of .81 to .92 where below .09.
MAX_DISAGREEMENT = 0.07

_MIDDLE = (*RIGID_MIDDLE, 13, 14, 0, 17, 10, 152, 164)
_COMPARED = np.array([index for pair in PAIRS for index in pair] + list(_MIDDLE))


def implausible(mesh: Mesh, picture: Area, *, box: Box | None = None) -> str:
    """Return why a mesh cannot be believed, or the empty text.

    Parameters
    ----------
    mesh : Mesh
        In pixels of the picture that was searched.
    picture : tuple of int
        x, y, width and height that the mesh must lie in, in the mesh's own pixels.
    box : Box, optional
        Around its landmarks (`box_of`), where that is known already.

    Returns
    -------
    str
        ``size`` (outer eye corners closer than 12 px), ``outside`` (over a tenth of the landmarks
        outside the picture searched), ``presence`` (below .98; does not act where a backend
        keeps it to itself), ``proportions`` (the landmarks that expressions do not move
        lie further than .06 eye-corner distances from the canonical face, root mean square; acts
        on MediaPipe's landmarks alone),
        ``turned`` (beyond 45 degrees of yaw or pitch, where half of the mesh is guessed), or
        nothing.
    """
    if interocular_px(mesh.landmarks, mesh.scheme.outer_eye_corners) < MIN_INTEROCULAR_PX:
        return "size"
    if (
        not _holds(picture, box or box_of(mesh.landmarks))
        and _share_inside(mesh.landmarks, picture) < MIN_INSIDE
    ):
        return "outside"
    if mesh.presence < MIN_PRESENCE:
        return "presence"
    if mesh.scheme.is_canonical and not misfit(mesh.landmarks, mesh.rotation) <= MAX_RESIDUAL:
        return "proportions"
    yaw, pitch, _ = pose_deg(mesh.rotation)
    if abs(yaw) > MAX_YAW_DEG or abs(pitch) > MAX_PITCH_DEG:
        return "turned"
    return ""


def _holds(picture: Area, box: Box) -> bool:
    left, top, width, height = picture
    across = left <= box.x_px and box.x_px + box.width_px < left + width
    return across and top <= box.y_px and box.y_px + box.height_px < top + height


def _share_inside(landmarks: NDArray[np.floating], picture: Area) -> float:
    left, top, width, height = picture
    x, y = landmarks[:, 0], landmarks[:, 1]
    inside = (x >= left) & (x < left + width) & (y >= top) & (y < top + height)
    return int(np.count_nonzero(inside)) / len(landmarks)


def mirrored(landmarks: NDArray[np.floating], *, width_px: float) -> NDArray[np.float32]:
    """Return a mesh as it lies in the mirrored picture, right and left exchanged.

    Only landmarks whose partner is known (`canonical.PAIRS`) are exchanged; the others keep their
    number and serve to tell where the mesh is, not what is where.
    """
    turned = np.array(landmarks, np.float32)
    turned[:, 0] = width_px - turned[:, 0]
    right, left = np.array(PAIRS).T
    turned[right], turned[left] = turned[left], turned[right]
    return turned


def disagreement(one: NDArray[np.floating], other: NDArray[np.floating]) -> float:
    """Return the root mean square distance of two meshes of one face, over their size.

    Compared are the landmarks with a known partner and those of the middle, in the picture; the
    size is the fitted distance of the outer eye corners of `one`.
    """
    scale = fit_rotation(one)[1]
    if not scale > 0:
        return float("inf")
    apart = (np.asarray(one, np.float64) - other)[_COMPARED, :2]
    return float(np.sqrt((apart**2).sum(axis=1).mean())) / scale
