"""Reads a table that people keep in a spreadsheet: every cell as text, rows as they count them."""

import contextlib
import csv
import io
import re
import warnings
import zipfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from attunement.study.faults import Faults, did_you_mean, shown
from attunement.study.written_times import format_time

_BOMS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_ERROR_VALUES = {"#N/A", "#VALUE!", "#REF!", "#DIV/0!", "#NUM!", "#NAME?", "#NULL!"}
_SAVE_ADVICE = "Save it from the spreadsheet as 'CSV UTF-8' or as .xlsx."

_MOST_TITLES = 10  # rows with content that are looked through for the names of the columns

# Rows with content, each with its number as a spreadsheet shows it.
_Rows = list[tuple[int, list[str]]]


@dataclass(frozen=True)
class Sheet:
    """A table as read.

    Attributes
    ----------
    file : str
        The name of the file.
    columns : tuple of str
        Names without spaces around; a known name is given in its known spelling.
    rows : tuple of (int, dict)
        Row number as a spreadsheet shows it (the header is 1) and the cells by column name. Rows
        without content are left out.
    comma_separated : bool
        Whether commas separate the cells, so that decimal commas are not to be expected.
    """

    file: str
    columns: tuple[str, ...]
    rows: tuple[tuple[int, dict[str, str]], ...]
    comma_separated: bool


def read_sheet(
    path: Path,
    *,
    known: Collection[str],
    faults: Faults,
    keep_errors: bool = False,
    sheet: str = "",
) -> Sheet | None:
    """Read a ``.csv`` (commas, semicolons or tabs) or a sheet of an ``.xlsx``.

    Parameters
    ----------
    path : Path
        The file.
    known : collection of str
        Column names that are recognised whatever their case and spaces.
    faults : Faults
        Takes up what is wrong.
    keep_errors : bool
        Leave a spreadsheet's error (``#N/A``) as the text of its cell, for who judges column by
        column.
    sheet : str
        The sheet of a workbook that is meant; else the one named as the file's stem, else the
        first.

    Returns
    -------
    Sheet or None
        None where the file cannot be read at all.
    """
    comma_separated = True
    if path.suffix.lower() == ".xlsx":
        filled = _read_workbook(path, sheet, faults)
    else:
        filled, comma_separated = _read_text(path, known, faults)
    if filled is None:
        return None
    if not filled:
        faults.add(f"{faults.file}, row 1: expected the column names, found an empty file.")
        return None
    if above := _above_the_names(filled):
        faults.add(f"{faults.file}, {above}")
        return None
    columns = _name_columns(*filled[0], known, faults)
    rows = tuple(_take_rows(filled[1:], columns, comma_separated, faults, keep_errors))
    return Sheet(faults.file, tuple(filter(None, columns)), rows, comma_separated)


def has_columns(
    sheet: Sheet, required: Collection[str], *, known: Collection[str], faults: Faults
) -> bool:
    """Return whether all columns `required` are there; each that is not is a fault."""
    missing = [name for name in required if name not in sheet.columns]
    for name in missing:
        others = [column for column in sheet.columns if column not in known]
        faults.add(
            f"{faults.file}, row 1: the column {name!r} is missing; found "
            f"{', '.join(sheet.columns)}. {did_you_mean(name, others)}"
        )
    return not missing


def _above_the_names(filled: _Rows) -> str:
    """Return what is wrong where a title stands above the names of the columns, else nothing."""
    (number, header), *rows = filled
    named = {k for k, cell in enumerate(header) if cell}
    beyond = [cells for _, cells in rows if {k for k, cell in enumerate(cells) if cell} - named]
    if 2 * len(beyond) <= len(rows):
        return ""
    widest = max(sum(map(bool, cells)) for _, cells in rows)
    looked = rows[:_MOST_TITLES]
    names = next((row for row in looked if sum(map(bool, row[1])) == widest), None)
    if names is None or len(named) > 2 or 2 * len(named) > widest:
        return ""
    found = ", ".join(shown(cell) for cell in names[1][:4] if cell)
    return (
        f"row {number}: expected the names of the columns, found "
        f"{shown(next(filter(None, header)))} and no name for what stands in most rows below. "
        f"Row {names[0]} may hold the names ({found}, ...): delete what stands above it."
    )


def _take_rows(
    filled: _Rows, columns: list[str], comma_separated: bool, faults: Faults, keep_errors: bool
) -> Iterator[tuple[int, dict[str, str]]]:
    nameless: dict[int, list[tuple[int, str]]] = {}
    for number, cells in filled:
        beyond = [cell for cell in cells[len(columns) :] if cell]
        if beyond:
            advice = "Put a cell that contains a comma in double quotes." if comma_separated else ""
            faults.add(
                f"{faults.file}, row {number}: found {len(cells)} cells, the last being "
                f"{shown(beyond[-1])}; expected at most {len(columns)}, as in the header. {advice}"
            )
            continue
        cells = cells + [""] * (len(columns) - len(cells))
        for k, (name, cell) in enumerate(zip(columns, cells, strict=False)):
            if cell and not name:
                nameless.setdefault(k, []).append((number, cell))
            if cell in _ERROR_VALUES and not keep_errors:
                expected = "a value, not a spreadsheet's error"
                faults.at(number, name, cell, expected, "Correct the formula, or empty the cell.")
        yield number, {name: cell for name, cell in zip(columns, cells, strict=False) if name}
    for k, (first, *others) in nameless.items():
        more = f", and {len(others)} rows more have something there" if others else ""
        expected = f"nothing, for the column has no name{more}"
        faults.at(
            first[0], _letter(k), first[1], expected, "Name the column in row 1, or delete it."
        )


def _name_columns(row: int, header: list[str], known: Collection[str], faults: Faults) -> list[str]:
    by_key = {_key(name): name for name in known}
    columns = [by_key.get(_key(name), " ".join(name.split())) for name in header]
    seen: dict[str, int] = {}
    for k, name in enumerate(columns):
        if not name:
            continue
        if name.casefold() in seen:
            expected = f"every name once, but column {_letter(seen[name.casefold()])} has it too"
            faults.at(row, _letter(k), name, expected, "Rename or delete one of the two.")
        seen.setdefault(name.casefold(), k)
    return columns


def _key(name: str) -> str:
    return re.sub(r"[\s_-]+", "_", name.strip()).casefold()


def _letter(k: int) -> str:
    letters = ""
    k += 1
    while k:
        k, rest = divmod(k - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _clean(cell: str) -> str:
    # A byte order mark in the middle of a file is what joining two files leaves.
    return cell.replace("\ufeff", "").strip()


def _read_text(path: Path, known: Collection[str], faults: Faults) -> tuple[_Rows | None, bool]:
    text = _decode(path, faults)
    if text is None:
        return None, True
    first, _, rest = text.partition("\n")
    told = re.fullmatch(r"\s*\"?sep=([,;|\t])\"?\s*", first)
    if told:
        text, delimiter = rest, told[1]
    else:
        delimiter = _find_delimiter(text, known)
    filled: _Rows = []
    number = 0
    try:
        lines = io.StringIO(text, newline="")
        # strict: a quote that is never closed would otherwise swallow the rows after it.
        habits: dict[str, Any] = {"delimiter": delimiter, "skipinitialspace": True, "strict": True}
        for number, cells in enumerate(csv.reader(lines, **habits), start=1):
            if any(cells := [_clean(cell) for cell in cells]):
                filled.append((number, cells))
    except csv.Error as error:
        faults.add(
            f"{faults.file}, row {number + 1}: expected cells separated by {delimiter!r}, "
            f"found a quote or cell that does not end ({error}). Check the double quotes there."
        )
        return None, True
    return filled, delimiter == ","


def _decode(path: Path, faults: Faults) -> str | None:
    try:
        content = path.read_bytes()
    except OSError as error:
        faults.add(_unreadable(faults.file, error))
        return None
    encoding = next((name for bom, name in _BOMS.items() if content.startswith(bom)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + 1
        place = "" if encoding == "utf-16" else f" near row {row}"
        faults.add(
            f"{faults.file}: expected text in UTF-8, found the byte "
            f"0x{content[error.start]:02x}{place}, which is another encoding. {_SAVE_ADVICE}"
        )
        return None
    if "\0" in text:
        faults.add(
            f"{faults.file}: expected text in UTF-8, found zero bytes, as in another encoding or "
            f"kind of file. {_SAVE_ADVICE}"
        )
        return None
    return text.removeprefix("\ufeff")


def _find_delimiter(text: str, known: Collection[str]) -> str:
    header = next((line for line in text.splitlines() if line.strip()), "")
    keys = {_key(name) for name in known}

    def fit(delimiter: str) -> tuple[int, int]:
        names = [_key(cell.strip().strip('"')) for cell in header.split(delimiter)]
        return sum(name in keys for name in names), len(names)

    return max((",", ";", "\t"), key=fit)


def _read_workbook(path: Path, wanted: str, faults: Faults) -> _Rows | None:
    import openpyxl

    filled: _Rows = []
    try:
        with warnings.catch_warnings(), contextlib.ExitStack() as opened:
            # openpyxl warns of every feature of Excel that it does not keep; none holds cells.
            warnings.simplefilter("ignore")
            sheets = []
            for values_only in (True, False):
                # Streaming, because one formatted cell far below makes a sheet of a million rows.
                workbook = openpyxl.load_workbook(path, read_only=True, data_only=values_only)
                opened.callback(workbook.close)
                sheet = _pick_sheet(workbook.worksheets, path.stem, wanted)
                if sheet is None:
                    names = [one.title for one in workbook.worksheets]
                    faults.add(
                        f"{faults.file} has no sheet {wanted!r}; found "
                        f"{', '.join(map(repr, names))}. {did_you_mean(wanted, names)}"
                    )
                    return None
                sheet.reset_dimensions()  # some programs write a size that is not the sheet's
                sheets.append(sheet.iter_rows())
            for number, (cells, sources) in enumerate(zip(*sheets, strict=False), start=1):
                texts = [_clean(_cell_text(cell)) for cell in cells]
                if any(texts):
                    filled.append((number, texts))
                for k, (cell, source) in enumerate(zip(cells, sources, strict=False)):
                    # A formula whose result is the empty text has the type "str" and no value.
                    if source.data_type == "f" and cell.value is None and cell.data_type == "n":
                        formula = str(getattr(source.value, "text", source.value))
                        expected = "a value, but the workbook holds none for this formula"
                        advice = "Open it in a spreadsheet and save it, or paste the values."
                        faults.at(number, _letter(k), formula, expected, advice)
    except OSError as error:
        faults.add(_unreadable(faults.file, error))
        return None
    except Exception as error:  # openpyxl lets through whatever zipfile and its XML parser raise
        kind = "no workbook" if isinstance(error, zipfile.BadZipFile) else type(error).__name__
        faults.add(
            f"{faults.file} cannot be read as an .xlsx workbook ({kind}). "
            "Open it in a spreadsheet and save it again as .xlsx."
        )
        return None
    return filled


def _unreadable(file: str, error: OSError) -> str:
    # Windows refuses a file that a spreadsheet holds open as it refuses one without permission.
    held = isinstance(error, PermissionError)
    advice = "Close it in other programs, or change its permissions." if held else ""
    return f"{file} cannot be read ({error.strerror or type(error).__name__}). {advice}"


def sheet_names(path: Path) -> list[str]:
    """Return the names of the sheets of a workbook, the one that is read first; else none."""
    import openpyxl

    if path.suffix.lower() != ".xlsx":
        return []
    workbook = openpyxl.load_workbook(path, read_only=True)
    try:
        picked = _pick_sheet(workbook.worksheets, path.stem).title
        names = [sheet.title for sheet in workbook.worksheets]
    finally:
        workbook.close()
    return [picked, *(name for name in names if name != picked)]


def _pick_sheet(sheets: list[Any], stem: str, wanted: str = "") -> Any:
    if wanted:
        asked = wanted.strip().casefold()
        return next((sheet for sheet in sheets if sheet.title.strip().casefold() == asked), None)
    return next((sheet for sheet in sheets if sheet.title.casefold() == stem.casefold()), sheets[0])


def _cell_text(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, (int, float)):
        return _number_text(value, str(cell.number_format))
    if isinstance(value, timedelta):
        return format_time(value.total_seconds())
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, (time, date)):
        return value.isoformat()
    return str(value)


def _number_text(value: float, number_format: str) -> str:
    if "%" in number_format:
        return f"{value * 100:.15g}%"  # as people see it, so that 45 beside it is noticed
    if float(value).is_integer() and abs(value) < 1e15:
        text = str(int(value))
        # The format 0000 shows the number 7 as 0007, which is the id people see and mean.
        return text.zfill(len(number_format)) if re.fullmatch("0+", number_format) else text
    return repr(float(value))
