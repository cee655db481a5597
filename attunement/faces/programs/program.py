"""What a program's file declares, and what several of them do alike."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from attunement import schema
from attunement.errors import FacesError
from attunement.faces.backends.cells import Cells

MIN_CONFIDENCE = 0.5
# A detector's score may exceed 1 by its rounding; more can only be percent.
_MOST_CONFIDENT = 1.5
_YES = ("true", "yes", "wahr", "vrai", "ja", "oui", "verdadero")
_NO = ("false", "no", "falsch", "faux", "nein", "non", "falso")


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
    units : str
        Pattern of its columns of intensities.
    unit_needed : str
        Which of `needs` stands for any of them.
    identities : tuple of str
        Columns that tell people apart, where it writes them.
    grades : mapping of float
        Words that it writes for intensities, as shares of the scale.
    is_clipped : bool
        Whether it keeps its intensities within the scale.
    decimals : int or None
        Of the intensities that it writes, where that never varies.
    expand : callable, optional
        Makes rows of frames of a table that has rows of something else.
    notes : callable, optional
        Sentences on what a table of it cannot give, to follow the name of the file.
    """

    name: str
    needs: tuple[str, ...]
    scale: float
    read: Callable[[Cells], pd.DataFrame]
    frame: str
    time: str = ""
    unit: str = "s"
    units: str = ""
    unit_needed: str = ""
    identities: tuple[str, ...] = ()
    grades: Mapping[str, float] = field(default_factory=dict)
    is_clipped: bool = True
    decimals: int | None = None
    expand: Callable[[Cells], Cells] | None = None
    notes: Callable[[Cells], tuple[str, ...]] | None = None

    def wrote(self, raw: Cells) -> bool:
        """Return whether a table has the columns that this program's tables have."""
        return all(
            # Whoever keeps some units only need not keep this one.
            bool(self.unit_columns(raw)) if name == self.unit_needed else _is_there(name, raw)
            for name in self.needs
        )

    def unit_columns(self, raw: Cells) -> list[str]:
        """Return the columns that hold intensities of action units."""
        if not self.units:
            return []
        return [str(name) for name in raw.cells if re.match(self.units, str(name))]


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


def is_true(raw: Cells, name: str) -> pd.Series:
    """Return where a column says yes, as a number above 0 or in a spreadsheet's words."""
    text = raw.cells[name].str.strip().str.casefold() if name in raw.cells else None
    numbers = raw.numbers(name)
    if text is None:
        return numbers > 0
    strange = text[numbers.isna() & ~text.isin(["", "nan", *_YES, *_NO])]
    if len(strange):
        raise FacesError(
            f"{raw.found(strange)}, expected 1 or 0, as whether a face was found.",
            "Export the table again.",
        )
    return (numbers > 0) | text.isin(_YES)


def confidence(raw: Cells, name: str) -> pd.Series:
    """Return a program's confidence, 0 to 1; a spreadsheet may have made it percent."""
    if name not in raw.cells:
        return raw.numbers(name)
    text = raw.cells[name].str.strip()
    is_percent = text.str.endswith("%")
    bare = Cells(raw.path, pd.DataFrame({name: text.str.rstrip("% ")}), None).numbers(name)
    highest = bare[~is_percent].max()
    if highest > _MOST_CONFIDENT:
        is_percent |= True
    return bare.where(~is_percent, bare / 100)


def status(has_face: pd.Series, confidence: pd.Series) -> np.ndarray:
    """Return the status of rows by whether a face was found and how sure the program was."""
    return np.select(
        [~has_face, confidence < MIN_CONFIDENCE], ["no_face", "low_quality"], default="ok"
    )


def add_eye_corners(raw: Cells, table: pd.DataFrame) -> None:
    """Add ``interocular_px`` from the outer eye corners of 68 or 478 points, where they are."""
    # Of MediaPipe's mesh 36 and 45 are points of the cheek and the nose.
    left, right = (33, 263) if raw.has("x_477") else (36, 45)
    across = raw.numbers(f"x_{left}") - raw.numbers(f"x_{right}")
    down = raw.numbers(f"y_{left}") - raw.numbers(f"y_{right}")
    table["interocular_px"] = np.hypot(across, down)
