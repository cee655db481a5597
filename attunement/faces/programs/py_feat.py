"""Tables of Py-Feat: intensities 0 to 1, times by frame number and rate.

``approx_time`` counts whole seconds, against which the rate is held. Angles are degrees of no
stated convention, so only their size should be relied on; where X, Y, Z are printed too and no
angle exceeds pi they are radians (0.6 and before print degrees). ``Identity`` (``Person_0`` ...) is
by likeness of the face, and often a new one after a cut or a turn of the head.
"""

import numpy as np
import pandas as pd

from attunement import schema
from attunement.faces.backends.cells import Cells
from attunement.faces.programs.program import (
    Program,
    add_eye_corners,
    confidence,
    frames,
    status,
    units,
)

_UNITS = r"^AU(\d+)$"


def _py_feat(raw: Cells) -> pd.DataFrame:
    table = units(raw, _UNITS)
    table["frame"] = frames(raw, "frame", first=0)
    table["presence"] = confidence(raw, "FaceScore")
    table[list(schema.POSE)] = np.column_stack([raw.numbers(n) for n in ("Yaw", "Pitch", "Roll")])
    angles = table[list(schema.POSE)]
    if raw.has("X", "Y", "Z") and not (angles.abs() > np.pi).any(axis=None):
        table[list(schema.POSE)] = np.degrees(angles)
    for ours, theirs in zip(schema.BOX, ("X", "Y", "Width", "Height"), strict=True):
        table[ours] = raw.numbers(f"FaceRect{theirs}")
    add_eye_corners(raw, table)
    table["status"] = status(table["presence"].notna(), table["presence"])
    return table


PROGRAM = Program(
    "Py-Feat",
    ("FaceScore", "AU12"),
    1.0,
    _py_feat,
    "frame",
    units=_UNITS,
    unit_needed="AU12",
    identities=("Identity",),
    is_clipped=False,
)
