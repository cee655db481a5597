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
    confidence,
    frames,
    is_true,
    status,
    units,
)

_UNITS = r"^AU(\d+)_r$"


def _openface(raw: Cells) -> pd.DataFrame:
    table = units(raw, _UNITS)
    table["frame"] = frames(raw, "frame", first=1)
    table["presence"] = confidence(raw, "confidence")
    if raw.has("pose_Rx", "pose_Ry", "pose_Rz"):
        table["yaw_deg"] = -np.degrees(raw.numbers("pose_Ry"))
        table["pitch_deg"] = -np.degrees(raw.numbers("pose_Rx"))
        table["roll_deg"] = np.degrees(raw.numbers("pose_Rz"))
    add_eye_corners(raw, table)
    table["status"] = status(is_true(raw, "success"), table["presence"])
    return table


PROGRAM = Program(
    "OpenFace",
    ("confidence", "success", "AU12_r"),
    5.0,
    _openface,
    "frame",
    "timestamp",
    units=_UNITS,
    unit_needed="AU12_r",
    identities=("face_id",),
    decimals=2,
)
