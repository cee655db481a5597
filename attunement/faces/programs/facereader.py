"""Detailed logs of FaceReader and Baby FaceReader: intensities 0 to 1, ``Video Time``.

The log may begin with lines about the analysis. Its letters ``NotActive``, ``A`` ... ``E`` are read
as 0, .2 ... 1; Baby FaceReader's joint unit 3 + 4 stands as AU04; one-sided units are left out.
Angles are degrees of no stated convention. ``FIND_FAILED`` is ``no_face``, ``FIT_FAILED``
``low_quality``.
"""

import re

import numpy as np
import pandas as pd

from attunement.faces.backends.cells import Cells
from attunement.faces.programs.program import Program, frames

_GRADES = {"NotActive": 0.0, "A": 0.2, "B": 0.4, "C": 0.6, "D": 0.8, "E": 1.0}
_UNIT = re.compile(r"^Action Unit (\d+)(?: \+ (\d+))? - (?!.*\b(?:Left|Right)\b)")
# Several logs put together, and a project's export, have the first two.
IDENTITIES = ("Participant Name", "Analysis Index", "Identity")
_POSE = {
    "yaw_deg": ("Y - Head Orientation", "Yaw"),
    "pitch_deg": ("X - Head Orientation", "Pitch"),
    "roll_deg": ("Z - Head Orientation", "Roll"),
}


def _facereader(raw: Cells) -> pd.DataFrame:
    columns: dict[str, pd.Series] = {}
    for name in raw.cells:
        if match := _UNIT.match(str(name)):
            unit = f"AU{int(match[2] or match[1]):02d}"
            grades = raw.cells[name].str.strip().map(_GRADES).astype("float64")
            # Letters are shares of the scale, whatever the scale of numbers is.
            grades *= raw.scale or 1.0
            columns.setdefault(unit, raw.numbers(str(name)).fillna(grades))
    table = pd.DataFrame(columns, index=raw.cells.index)
    table["frame"] = frames(raw, "Frame", first=0)
    add_pose(raw, table)
    table["status"] = say_status(raw, table[list(columns)].notna().any(axis=1))
    return table


def add_pose(raw: Cells, table: pd.DataFrame) -> None:
    """Add the angles of the head, where they are there."""
    for ours, (older, newer) in _POSE.items():
        table[ours] = raw.numbers(older if raw.has(older) else newer)


def say_status(raw: Cells, has_values: pd.Series) -> np.ndarray:
    """Return the status of rows by FaceReader's words, and by whether they have any value."""
    said = raw.cells.apply(lambda column: column.str.strip())
    not_found = said.eq("FIND_FAILED").any(axis=1)
    doubtful = said.eq("FIT_FAILED").any(axis=1)
    return np.select(
        [not_found, doubtful, ~has_values], ["no_face", "low_quality", "no_face"], "ok"
    )


PROGRAM = Program(
    "FaceReader",
    ("Video Time", "Action Unit 12 - ..."),
    1.0,
    _facereader,
    "Frame",
    "Video Time",
    units=_UNIT.pattern,
    unit_needed="Action Unit 12 - ...",
    grades=_GRADES,
    identities=IDENTITIES,
)
