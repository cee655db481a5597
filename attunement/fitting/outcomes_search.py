"""Finds the table of outcomes that lies beside ``study.toml`` where nobody named one."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from attunement.cards import count, listed
from attunement.errors import StudyError
from attunement.fitting.keys import Key, find_key
from attunement.fitting.outcomes_file import OutcomeCells, read_outcome_cells
from attunement.pipeline import stages
from attunement.study import Study
from attunement.study.faults import Faults
from attunement.study.finding import MANIFESTS, program_of, tables_in
from attunement.study.manifest import COLUMNS
from attunement.study.sheets import read_sheet, sheet_names

_OWN = frozenset({*MANIFESTS, "episodes.csv", "roles.csv", "regions.csv", "corrections.csv"})


def find_outcomes_file(study: Study, scores: pd.DataFrame) -> tuple[Path | None, str]:
    """Return the table in the study's folder whose ids fit, or None, and which others may be meant.

    One that does not fit is returned where it is alone and the manifest has no further columns.
    Tables that attunement reads or writes, that the manifest names, and copies of the manifest are
    passed over.

    Raises
    ------
    StudyError
        When several tables fit about as well, or none could be read.
    """
    folder = study.path.parent
    written = {file.filename.casefold() for file in stages.study_files().values()}
    passed = {name.casefold() for name in _named(study)} | _OWN | written | {"association.csv"}
    found: list[tuple[int, str]] = []
    unread: list[str] = []
    for name in tables_in(folder):
        path = folder / name
        if name.casefold() in passed or program_of(path) or _is_manifest(path):
            continue
        try:
            _, _, key = read_fitting_sheet(path, scores)
        except StudyError as error:
            unread.append(f"{error.reason} {error.advice}".strip())
            continue
        found.append((_n_found(key), name))
    most = max((n for n, _ in found), default=0)
    fitting = sorted(pair for pair in found if pair[0] * 2 > most > 0)
    if len(fitting) > 1:
        raise StudyError(
            f"Several tables beside {study.path.name} hold ids of this study: "
            f"{', '.join(sorted(name for _, name in fitting))}.",
            f"Say which one is meant, for example --outcomes {fitting[-1][1]}; what is to be "
            "fitted together must stand in one file.",
        )
    if fitting:
        chosen = fitting[-1][1]
        told = [f"{name} ({count(n, 'id')})" for n, name in found if n and name != chosen]
        others = f"Fewer ids of this study are in {listed(told)}, not read." if told else ""
        aside = [f"Not read: {reason}" for reason in unread]
        return folder / chosen, " ".join(filter(None, (others, *aside)))
    if unread:
        raise StudyError("\n".join(unread))
    further = any(name not in COLUMNS for name in study.table.columns)
    return (folder / found[0][1] if len(found) == 1 and not further else None), ""


def read_fitting_sheet(
    path: Path, scores: pd.DataFrame, *, sheet: str = ""
) -> tuple[str, OutcomeCells, Key | None]:
    """Read the sheet of a workbook whose ids fit best; of any other file, the file.

    Returns
    -------
    str
        The name of the sheet, where it must be named to be read.
    OutcomeCells
        What it holds.
    Key or None
        Its ids.
    """
    found: list[tuple[str, OutcomeCells, Key | None]] = []
    fault: StudyError | None = None
    try:
        cells = read_outcome_cells(path, sheet=sheet)
    except StudyError as error:
        if sheet or path.suffix.lower() != ".xlsx":
            raise
        fault = error
    else:
        found.append((sheet, cells, find_key(scores, cells.table)))
        if sheet or _n_found(found[0][2]) > 0:
            return found[0]
    for name in _further_sheets(path):
        try:
            cells = read_outcome_cells(path, sheet=name)
        except StudyError:
            continue
        found.append((name, cells, find_key(scores, cells.table)))
    best = max(found, key=lambda one: _n_found(one[2]), default=None)
    if best is None or (fault and best[2] is None):
        raise fault or StudyError(f"{path.name} cannot be read.")
    return best


def _n_found(key: Key | None) -> int:
    return key.n_found if key else 0


def _further_sheets(path: Path) -> list[str]:
    try:
        return sheet_names(path)[1:]
    except Exception:  # whatever openpyxl lets through, which `read_sheet` has told
        return []


def files_of_programs(folder: Path) -> list[str]:
    """Return, for files of other programs in a folder, what to do with each."""
    return [
        f"{path.name} is a file of {program}, which cannot be read: save it there as .csv or .xlsx."
        for path in sorted(folder.iterdir())
        if (program := program_of(path)) and not path.name.startswith(("~", "."))
    ]


def _named(study: Study) -> Iterable[str]:
    """Return the names of all files that the manifest may name."""
    cells = {cell for name in study.table.columns for cell in study.table[name].dropna().unique()}
    for cell in cells:
        yield from (part.strip().replace("\\", "/").rpartition("/")[2] for part in cell.split("|"))


def _is_manifest(path: Path) -> bool:
    sheet = read_sheet(path, known=("session", "layout"), faults=Faults(path.name))
    return sheet is not None and {"session", "layout"} <= set(sheet.columns)
