"""Faces measured again from the landmarks of a mesh that shows them, anywhere and of any size."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement import schema
from attunement.faces.canonical import canonical_face
from attunement.faces.geometry import (
    BROW_LANDMARKS,
    LOWER_LIP,
    distances,
    fit_rotation,
    interocular_px,
    pose_deg,
)

Array = NDArray[np.float64]

_TO_PICTURE = np.array([1.0, -1.0, -1.0])  # camera (y up, z near) to picture (y down, z away)
_UPPER_LIDS = (160, 159, 158, 387, 386, 385)
# What each distance grows by: these landmarks, up or down.
_MOVED = ((list(BROW_LANDMARKS), 1), (list(_UPPER_LIDS), 1), (list(LOWER_LIP), -1))


def measured(
    faces: pd.DataFrame, *, scale_px: float, shift_px: tuple[float, float]
) -> pd.DataFrame:
    """Return faces whose pose and distances are measured in a picture, from landmarks.

    A canonical mesh takes the pose and the distances of every row, is put into the picture, and is
    measured there as a face that was found. Blendshapes stay: a network makes them, out of the
    picture.

    Parameters
    ----------
    faces : DataFrame
        ``schema.FACES``.
    scale_px : float
        Distance of the outer eye corners in pixels.
    shift_px : tuple of float
        Where the middle of the mesh lies in the picture.
    """
    from scipy.spatial.transform import Rotation

    mesh = np.zeros((478, 3))
    for number, point in canonical_face().items():
        mesh[number] = point
    resting = np.array(distances(mesh * _TO_PICTURE, np.eye(3)))
    yaw, pitch, roll = (faces[name].to_numpy(float) for name in schema.POSE)
    turns = Rotation.from_euler("YXZ", np.stack([yaw, -pitch, -roll], axis=1), degrees=True)
    wanted = faces[list(schema.GEOMETRY)].to_numpy(float) - resting
    place = np.array([*shift_px, 0.0])
    rows = []
    for turn, away in zip(turns.as_matrix(), wanted, strict=True):
        shown = mesh.copy()
        for (landmarks, sign), by in zip(_MOVED, away, strict=True):
            shown[landmarks, 1] += sign * by
        seen = shown @ turn.T * _TO_PICTURE * scale_px + place
        rotation = fit_rotation(seen)[0]
        rows.append((*pose_deg(rotation), *distances(seen, rotation), interocular_px(seen)))
    names = [*schema.POSE, *schema.GEOMETRY, "interocular_px"]
    measures = pd.DataFrame(rows, columns=names, index=faces.index)
    box = {"box_x_px": shift_px[0] - scale_px, "box_y_px": shift_px[1] - scale_px,
           "box_width_px": 2 * scale_px, "box_height_px": 2 * scale_px}  # fmt: skip
    return faces.assign(**measures, **{name: box[name] for name in schema.BOX})
