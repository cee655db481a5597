"""What a program's file declares, and what several of them do alike."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from attunement import schema
from attunement.faces.backends.cells import Cells

MIN_CONFIDENCE = 0.5


@dataclass(frozen=True)
class Program:
    """A program whose tables are known.

    Attributes
    ----------
    name : str
        As it calls itself.
    needs : tuple of str
        Columns by which its table is recognised; one that ends in ``...`` is a beginning.
    scale : float
        End of its scale of intensities, which becomes 1.
    read : callable
        Turns cells into a table, one row a row: frame, status, columns of
        ``schema.ACTION_UNITS`` on the program's scale, and those of presence, box, pose and
        ``interocular_px`` that it has.
    frame : str
        Its column of frame numbers.
    time : str
        Its column of times; empty where it writes none.
    unit : str
        Of these times: ``s`` or ``ms``.
    identities : tuple of str
        Columns that tell people apart, where it writes them.
    """

    name: str
    needs: tuple[str, ...]
    scale: float
    read: Callable[[Cells], pd.DataFrame]
    frame: str
    time: str = ""
    unit: str = "s"
    identities: tuple[str, ...] = ()

    def wrote(self, raw: Cells) -> bool:
        """Return whether a table has the columns that this program's tables have."""
        return all(_is_there(name, raw) for name in self.needs)


def _is_there(name: str, raw: Cells) -> bool:
    if name.endswith("..."):
        return any(str(column).startswith(name[:-3]) for column in raw.cells)
    return name in raw.cells


def units(raw: Cells, pattern: str) -> pd.DataFrame:
    """Return the action units whose number the first group of `pattern` finds in a name."""
    matches = {str(name): re.match(pattern, str(name)) for name in raw.cells}
    columns = {
        f"AU{int(match[1]):02d}": raw.numbers(name) for name, match in matches.items() if match
    }
    known = {name: values for name, values in columns.items() if name in schema.ACTION_UNITS}
    return pd.DataFrame(known, index=raw.cells.index)


def frames(raw: Cells, name: str, *, first: int) -> pd.Series:
    """Return frame numbers from 0, of a column that begins at `first`, or of the rows."""
    rows = pd.Series(np.arange(len(raw.cells)), index=raw.cells.index, dtype="float64")
    frames = (raw.numbers(name) - first) if raw.has(name) else rows
    return frames.fillna(rows).round().astype("int64")


def status(has_face: pd.Series, confidence: pd.Series) -> np.ndarray:
    """Return the status of rows by whether a face was found and how sure the program was."""
    return np.select(
        [~has_face, confidence < MIN_CONFIDENCE], ["no_face", "low_quality"], default="ok"
    )


def add_eye_corners(raw: Cells, table: pd.DataFrame) -> None:
    """Add ``interocular_px`` from the outer eye corners of 68 points, where they are there."""
    across = raw.numbers("x_36") - raw.numbers("x_45")
    table["interocular_px"] = np.hypot(across, raw.numbers("y_36") - raw.numbers("y_45"))
