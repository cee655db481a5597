"""Tables of OpenFace 2: intensities 0 to 5, ``timestamp`` in seconds.

Its radians are about the camera's axes (x right, y down, z away; R = Rx Ry Rz), so its pitch and
yaw change sign here. ``success`` 0 is ``no_face``. ``face_id`` is 0 throughout, but for
FaceLandmarkVidMulti, which gives a face that it lost and found again any number that is free.
"""

import numpy as np
import pandas as pd

from attunement.faces.backends.cells import Cells
from attunement.faces.programs.program import (
    Program,
    add_eye_corners,
    frames,
    status,
    units,
)


def _openface(raw: Cells) -> pd.DataFrame:
    table = units(raw, r"^AU(\d+)_r$")
    table["frame"] = frames(raw, "frame", first=1)
    table["presence"] = raw.numbers("confidence")
    if raw.has("pose_Rx", "pose_Ry", "pose_Rz"):
        table["yaw_deg"] = -np.degrees(raw.numbers("pose_Ry"))
        table["pitch_deg"] = -np.degrees(raw.numbers("pose_Rx"))
        table["roll_deg"] = np.degrees(raw.numbers("pose_Rz"))
    add_eye_corners(raw, table)
    table["status"] = status(raw.numbers("success") > 0, table["presence"])
    return table


PROGRAM = Program(
    "OpenFace",
    ("confidence", "success", "AU12_r"),
    5.0,
    _openface,
    "frame",
    "timestamp",
    identities=("face_id",),
)
