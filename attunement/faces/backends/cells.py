"""The cells of a text table: encoding, lines before the header, separator, decimal commas."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement.errors import FacesError

_MAX_LINES_BEFORE_HEADER = 40
# Any one of these names a column of a program known here, readable or not.
_MARKS = (
    "confidence", "FaceScore", "au_12_intensity", "Video Time", "frame_idx", "StudyName",
    "SampleNumber", "MediaTime",
)  # fmt: skip
# Numbers and times, with a point or a comma; -inf, as programs write what they divide by nothing.
_NUMBER = re.compile(r"[-+]?\d[\d.,:]*(e[-+]?\d+)?%?|[-+]?(nan|inf)", re.IGNORECASE)


@dataclass(frozen=True)
class Cells:
    """A table as text, with what is needed to make numbers of it.

    Attributes
    ----------
    path : Path
        Its file.
    cells : pandas.DataFrame
        Text.
    rate_hz : float or None
        Frames a second that the manifest gives it.
    lines : tuple of int
        Which line of the file each row is.
    header_rate_hz : float or None
        The frame rate that a line before the table says.
    scale : float or None
        End of the scale of its intensities, where the manifest says it.
    doubtful : frozenset of str
        Names that stand over several columns with other contents.
    """

    path: Path
    cells: pd.DataFrame
    rate_hz: float | None
    lines: tuple[int, ...] = ()
    header_rate_hz: float | None = None
    scale: float | None = None
    doubtful: frozenset[str] = frozenset()

    def row(self, k: int) -> int:
        """Return the row of the file, as a spreadsheet counts, of row `k` of the cells."""
        return self.lines[k] if k < len(self.lines) else k + 2

    def found(self, cells: "pd.Series[str]") -> str:
        """Return where the first of some cells of a column stands, and what is found in it."""
        row = self.row(int(cells.index[0]))
        return f"{self.path.name}, row {row}, column {cells.name}: found {cells.iloc[0]!r}"

    def only(self, rows: Sequence[int] | NDArray[np.int64]) -> "Cells":
        """Return the table with these rows alone, in their order; one may be there twice."""
        lines = tuple(self.row(int(k)) for k in rows)
        return replace(self, cells=self.cells.iloc[rows].reset_index(drop=True), lines=lines)

    def has(self, *names: str) -> bool:
        """Return whether all these columns are there."""
        return all(name in self.cells for name in names)

    def numbers(self, name: str) -> pd.Series:
        """Return a column as float64; what is no number is missing, as is an absent column."""
        if name not in self.cells:
            return pd.Series(np.nan, index=self.cells.index, dtype="float64")
        if name in self.doubtful:
            raise FacesError(
                f"{self.path.name} has several columns {name}, and their values differ.",
                "Leave the one that is meant, or export the table again.",
            )
        # No program here groups thousands, so a comma within a cell is a decimal comma.
        text = self.cells[name].str.strip().str.replace(",", ".", regex=False)
        numbers = pd.to_numeric(text, errors="coerce").astype("float64")
        # Programs that divide by nothing write -inf.
        return numbers.where(np.isfinite(numbers))


def read_cells(path: Path, *, rate_hz: float | None) -> Cells:
    """Read a table as text, with comma, semicolon or tab between its columns.

    Raises
    ------
    FacesError
        When the file cannot be read or is empty, or a row has more cells than the header.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise FacesError(
            f"The table {path.name} cannot be read ({error.strerror}).",
            "Check the name in the manifest.",
        ) from None
    try:
        text = content.decode(_encoding(content))
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    lines = text.splitlines()
    start, separator = _header(lines)
    filled = [k for k in range(start, len(lines)) if lines[k].strip(f"{separator} \t")]
    if len(filled) > 2 and _is_of_units(_split(lines[filled[1]], separator)):
        del filled[1]
    body = "\n".join(lines[k] for k in filled)
    if not body:
        raise FacesError(f"The table {path.name} is empty.", "Export it again.")
    _refuse_longer_rows(path, lines, start, separator)
    try:
        cells = pd.read_csv(
            StringIO(body), sep=separator, dtype=str, keep_default_na=False, index_col=False
        )
    except (pd.errors.ParserError, ValueError) as error:
        raise FacesError(
            f"The table {path.name} cannot be read ({str(error).strip()}).", "Export it again."
        ) from None
    # A cell with line breaks in it makes rows of several lines.
    numbers = tuple(k + 1 for k in filled[1:]) if len(filled) == len(cells) + 1 else ()
    names = [name.strip() for name in _split(lines[start], separator)]
    cells, doubtful = _named_once(cells.astype("str"), names)
    raw = Cells(path, cells, rate_hz, numbers, _header_rate_hz(lines[:start]), doubtful=doubtful)
    _refuse_second_header(raw)
    return raw


def _encoding(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    # Without a mark every second byte of the first letters is 0.
    if content[1:20:2].strip(b"\0") == b"" and len(content) > 1:
        return "utf-16-le"
    if content[0:20:2].strip(b"\0") == b"" and len(content) > 1:
        return "utf-16-be"
    return "utf-8-sig"


def _header_rate_hz(lines: Sequence[str]) -> float | None:
    for line in lines:
        if match := re.match(r"\W*frame rate\W+(\d+(?:[.,]\d+)?)", line, re.IGNORECASE):
            return float(match[1].replace(",", ".")) or None
    return None


def _named_once(cells: pd.DataFrame, names: Sequence[str]) -> tuple[pd.DataFrame, frozenset[str]]:
    """Return the columns under their names, each once, and names that stand over several contents.

    Of columns that have one name and one content the first is kept.
    """
    if len(names) != cells.shape[1] or any(not name for name in names):
        names = [str(name).strip() for name in cells.columns]
    cells.columns = pd.RangeIndex(len(names))
    first: dict[str, int] = {}
    doubtful = set()
    for k, name in enumerate(names):
        before = first.setdefault(name, k)
        if before != k and (cells[k].str.strip() != cells[before].str.strip()).any():
            doubtful.add(name)
    kept = cells[list(first.values())]
    kept.columns = pd.Index(list(first))
    return kept, frozenset(doubtful)


def _is_of_units(row: Sequence[str]) -> bool:
    """Return whether a row says what its columns are measured in: words, and no number."""
    filled = [cell.strip() for cell in row if cell.strip()]
    return len(filled) > 1 and not any(_NUMBER.fullmatch(cell) for cell in filled)


def _refuse_second_header(raw: Cells) -> None:
    names = list(raw.cells.columns[:8])
    again = (raw.cells[names].apply(lambda column: column.str.strip()) == names).all(axis=1)
    if len(names) > 1 and again.any():
        row = raw.row(int(np.flatnonzero(again)[0]))
        raise FacesError(
            f"{raw.path.name} names its columns again in row {row}, as where two tables stand one"
            " below the other.",
            "Give a table of one recording.",
        )


def _refuse_longer_rows(path: Path, lines: list[str], start: int, separator: str) -> None:
    """Refuse a table whose cells would come to stand under the names of others.

    A separator at the end of a row is no cell.
    """
    n_names = len(_split(lines[start], separator))
    for number, line in enumerate(lines[start + 1 :], start=start + 2):
        if line.count(separator) < n_names:
            continue
        cells = _split(line, separator)
        if any(cell.strip() for cell in cells[n_names:]):
            raise FacesError(
                f"{path.name}, row {number}: found {len(cells)} cells, expected {n_names} as in"
                " the header.",
                "If its numbers have decimal commas, export it with decimal points, or with"
                " semicolons or tabs between the cells.",
            )


def _split(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:  # a cell longer than csv takes
        return line.split(separator)


def _header(lines: list[str]) -> tuple[int, str]:
    """Return the line that names the columns, and what divides them."""
    for number, line in enumerate(lines[:_MAX_LINES_BEFORE_HEADER]):
        separator = max(("\t", ";", ","), key=line.count)
        if separator in line and any(
            name.strip().strip('"') in _MARKS for name in line.split(separator)
        ):
            return number, separator
    first = lines[0] if lines else ""
    return 0, max((",", ";", "\t"), key=first.count)
