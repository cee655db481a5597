"""Who is to be seen where: layout, files, sides and regions of one row of the manifest."""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from attunement.schema import PERSONS
from attunement.study.faults import Faults, did_you_mean
from attunement.study.recordings import same_name
from attunement.study.sessions import EVERYONE, LAYOUTS, MAX_RATE_HZ, SIDES, Partner, Span

ROTATIONS_DEG = (0, 90, 180, 270)
OTHER_SIDE = {"left": "right", "right": "left", "top": "bottom", "bottom": "top"}


@dataclass
class Row:
    """One row of the manifest while it is read.

    Parameters
    ----------
    number : int
        As a spreadsheet counts.
    cells : mapping
        Text by column name; a column that the manifest lacks is absent.
    faults : Faults
        Takes up what is wrong.
    absent : dict
        Columns that the manifest lacks though rows need them: why, and the numbers of the rows.
    who_needed : bool
        Whether it is a fault that a layout, the video of one partner or ``caregiver_side`` is
        still empty.
    """

    number: int
    cells: Mapping[str, str]
    faults: Faults
    absent: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(list))
    who_needed: bool = True

    def text(self, column: str) -> str:
        """Return the cell, empty where there is none."""
        return self.cells.get(column, "")

    def need(self, column: str, expected: str, reason: str, *, waits: bool = False) -> str:
        """Return the cell; note a fault where it is empty or the manifest has no such column.

        What `waits` may be empty until a study has been looked at.
        """
        if waits and not self.who_needed:
            return self.text(column)
        if column not in self.cells:
            self.absent[column, reason].append(self.number)
        elif not self.cells[column]:
            self.fault(column, f"{expected}, because {reason}")
        return self.text(column)

    def fault(self, column: str, expected: str, advice: str = "") -> None:
        """Note what is wrong with the cell of `column`."""
        self.faults.at(self.number, column, self.text(column), expected, advice)


def read_partners(
    row: Row, folder: Path, neutral: Mapping[str, tuple[Span, ...]]
) -> tuple[str, dict[str, Partner]]:
    """Return the layout and the partners by person, as far as the row says them."""
    layout = row.need(
        "layout", f"one of {', '.join(LAYOUTS)}", "every session has a layout", waits=True
    )
    layout = re.sub(r"[\s_-]+", "_", layout).casefold()
    if layout and layout not in LAYOUTS:
        row.fault("layout", f"one of {', '.join(LAYOUTS)}", did_you_mean(layout, LAYOUTS))
        layout = ""
    tables = {person: _table(row, f"{person}_table", folder) for person in PERSONS}
    videos = _videos(row, layout, tables, folder)
    side = _caregiver_side(row, layout)
    rotations_deg = _rotations_deg(row, layout, tables)
    sides = {"caregiver": side, "infant": OTHER_SIDE.get(side, "")}
    partners = {
        person: Partner(
            person=person,
            videos=() if tables[person] else videos[person],
            side=sides[person],
            roi=_roi(row, person, with_table=tables[person] is not None),
            table=tables[person],
            neutral=neutral[person],
            rate_hz=_rate_hz(row, person, tables),
            table_id=_of_table(row, person, "id", tables[person]),
            table_scale=_table_scale(row, person, tables[person]),
            rotation_deg=rotations_deg[person],
        )
        for person in PERSONS
    }
    _check_one_table(row, partners)
    return layout, partners


def _videos(
    row: Row, layout: str, tables: Mapping[str, Path | None], folder: Path
) -> dict[str, tuple[Path, ...]]:
    """Return the chapters of each person; in a shared picture both have the same."""
    own = {person: f"{person}_video" for person in PERSONS}
    if not layout:
        # What is named can be opened whatever the layout will be.
        both = _chapters(row, "video", folder)
        alone = {person: _chapters(row, own[person], folder) for person in PERSONS}
        return {person: alone[person] or both for person in PERSONS}
    if layout == "two_files":
        if row.text("video"):
            row.fault(
                "video",
                "an empty cell, because layout two_files has a video of each person",
                "Use caregiver_video and infant_video, or another layout.",
            )
        for person in PERSONS:
            if tables[person] is None:
                reason = f"layout two_files has no {person}_table here"
                row.need(own[person], f"the {person}'s video", reason, waits=True)
            elif row.text(own[person]):
                _both(row, own[person], f"{person}_table")
        return {person: _chapters(row, own[person], folder) for person in PERSONS}
    for column in own.values():
        if row.text(column):
            row.fault(
                column,
                f"an empty cell, because layout {layout} has one video of both persons",
                "Use the column video, or layout two_files.",
            )
    if all(tables.values()):
        if row.text("video"):
            _both(row, "video", "caregiver_table and infant_table")
    else:
        row.need("video", "the video of both persons", f"layout {layout} has one")
    return dict.fromkeys(PERSONS, _chapters(row, "video", folder))


def _both(row: Row, column: str, table: str) -> None:
    row.fault(
        column,
        f"an empty cell, because {table} stands in for the video",
        "Empty one of the two.",
    )


def _chapters(row: Row, column: str, folder: Path) -> tuple[Path, ...]:
    if not row.text(column):
        return ()
    names = [name.strip() for name in row.text(column).split("|")]
    if not all(names):
        row.fault(column, "a file name on each side of every |", "Remove the | that is too many.")
    if len(set(names)) < len(names):
        row.fault(column, "every chapter once", "Remove the one that is there twice.")
    return tuple(same_name(folder, name) for name in names if name)


def _table(row: Row, column: str, folder: Path) -> Path | None:
    return same_name(folder, row.text(column)) if row.text(column) else None


def _of_table(row: Row, person: str, what: str, table: Path | None) -> str:
    column = f"{person}_table_{what}"
    if row.text(column) and table is None:
        row.fault(column, f"an empty cell, because there is no {person}_table that it is said of")
    return row.text(column)


def _rate_hz(row: Row, person: str, tables: Mapping[str, Path | None]) -> float | None:
    """Return the rate of a person's table: the person's own, or the one of both."""
    own, both = f"{person}_rate_hz", "rate_hz"
    column = own if row.text(own) else both
    text = row.text(column)
    if not text:
        return None
    if tables[person] is None:
        if column == own or not any(tables.values()):
            row.fault(column, "an empty cell, because a rate is for a table, and there is none")
        return None
    match = re.fullmatch(r"(\d+(?:[.,]\d+)?)(?:/([1-9]\d*))?(?: ?(?:hz|fps))?", text, re.I)
    rate_hz = float(match[1].replace(",", ".")) / float(match[2] or 1) if match else 0.0
    if not 0 < rate_hz <= MAX_RATE_HZ:
        row.fault(column, "frames a second of the recording, such as 25 or 29.97")
        return None
    return rate_hz


def _table_scale(row: Row, person: str, table: Path | None) -> float | None:
    text = _of_table(row, person, "scale", table)
    if not text:
        return None
    number = text.replace(",", ".")
    if re.fullmatch(r"\d{1,4}(\.\d{1,4})?", number, re.ASCII) and float(number) > 0:
        return float(number)
    row.fault(
        f"{person}_table_scale",
        "a number, the end of the scale of the table's intensities, such as 1, 5 or 100",
    )
    return None


def _check_one_table(row: Row, partners: Mapping[str, Partner]) -> None:
    """Check that one table of both persons is not taken for both of them in the same rows."""
    caregiver, infant = (partners[person] for person in PERSONS)
    ids = [{part.strip() for part in p.table_id.split("|")} - {""} for p in (caregiver, infant)]
    if caregiver.table is None or caregiver.table != infant.table or not all(ids):
        return
    everyone = {name for name in ids[0] | ids[1] if name.casefold() == EVERYONE}
    if shared := (ids[0] & ids[1]) | everyone:
        row.fault(
            "infant_table_id",
            "other identities than caregiver_table_id has, because both have one table, but"
            f" {', '.join(sorted(shared))} stands in both",
            "Every identity is one person's.",
        )


def _caregiver_side(row: Row, layout: str) -> str:
    allowed = SIDES.get(layout)
    if allowed is None:
        if layout and row.text("caregiver_side"):
            row.fault(
                "caregiver_side",
                f"an empty cell, because layout {layout} has no sides",
                f"Empty it, or use one of the layouts {' and '.join(SIDES)}.",
            )
        return ""
    # Beside a table it says where the one face is, which nothing else does.
    has_table = any(row.text(f"{person}_table") for person in PERSONS)
    if not row.who_needed and not row.text("caregiver_side") and not has_table:
        return ""
    expected = f"{' or '.join(allowed)}"
    side = row.need("caregiver_side", expected, f"layout {layout} has no default").casefold()
    if side and side not in allowed:
        row.fault("caregiver_side", f"{expected} in layout {layout}", did_you_mean(side, allowed))
        return ""
    return side


def _rotations_deg(row: Row, layout: str, tables: Mapping[str, Path | None]) -> dict[str, int]:
    """Return how each person's recording is turned: by their own cell, else by that of both."""
    both = _rotation_deg(row, "rotation")
    turns = dict.fromkeys(PERSONS, both)
    for person in PERSONS:
        column = f"{person}_rotation"
        if not row.text(column):
            continue
        turns[person] = _rotation_deg(row, column)
        if layout and layout != "two_files":
            row.fault(
                column,
                f"an empty cell, because layout {layout} has one recording of both persons",
                "Use the column rotation.",
            )
        elif tables[person]:
            row.fault(column, f"an empty cell, because {person}_table stands in for the picture")
    return turns


def _rotation_deg(row: Row, column: str) -> int:
    # What spreadsheets make of a whole number, and the sign of degrees.
    text = row.text(column).removesuffix("°").strip()
    if not text:
        return 0
    expected = (
        "0, 90, 180 or 270, the degrees by which the picture is turned clockwise to be upright"
    )
    if not re.fullmatch(r"-?\d{1,3}(?:[.,]0*)?", text, re.ASCII):
        row.fault(column, expected, "Rename the column if it means something else.")
        return 0
    degrees = int(re.split("[.,]", text)[0])
    if degrees not in ROTATIONS_DEG:
        near = degrees % 360
        row.fault(column, expected, f"Write {near}." if near in ROTATIONS_DEG else "")
        return 0
    return degrees


def _roi(row: Row, person: str, *, with_table: bool) -> tuple[int, int, int, int] | None:
    column = f"{person}_roi"
    text = row.text(column)
    if not text:
        return None
    expected = "x,y,width,height: four whole numbers of pixels, none negative, no size zero"
    parts = re.split(r"[,\s]+", text.strip(" ,"))
    if not all(re.fullmatch(r"\d{1,6}", part, re.ASCII) for part in parts) or len(parts) != 4:
        joined = len(parts) == 1 and parts[0].isdigit() and len(parts[0]) > 3
        spreadsheet = "A spreadsheet has joined them. " if joined else ""
        row.fault(column, expected, f"{spreadsheet}Separate the numbers with spaces.")
        return None
    x, y, width, height = (int(part) for part in parts)
    if width == 0 or height == 0:
        row.fault(column, expected)
        return None
    if with_table:
        row.fault(column, f"an empty cell, because {person}_table stands in for the picture")
    return (x, y, width, height)
