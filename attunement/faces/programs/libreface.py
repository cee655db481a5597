"""Tables of LibreFace: intensities 0 to 5, ``frame_time_in_ms``.

Its versions 0.1.1 and 0.2.0 write seconds into that column. Angles are degrees of no stated
convention, so only their size should be relied on. A row without values is ``no_face``.
"""

import numpy as np
import pandas as pd

from attunement import schema
from attunement.faces.backends.cells import Cells
from attunement.faces.programs.program import Program, frames, units

_UNITS = r"^au_(\d+)_intensity$"


def _libreface(raw: Cells) -> pd.DataFrame:
    table = units(raw, _UNITS)
    table["frame"] = frames(raw, "frame_idx", first=0)
    for ours, theirs in zip(schema.POSE, ("yaw", "pitch", "roll"), strict=True):
        table[ours] = raw.numbers(theirs)
    has_face = table.filter(regex=r"^AU\d+$").notna().any(axis=1)
    table["status"] = np.where(has_face, "ok", "no_face")
    return table


PROGRAM = Program(
    "LibreFace",
    ("au_12_intensity",),
    5.0,
    _libreface,
    "frame_idx",
    "frame_time_in_ms",
    "ms",
    units=_UNITS,
    unit_needed="au_12_intensity",
)
