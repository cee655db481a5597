"""Finds the files a study is read from, before anything that takes time is loaded.

Nothing here needs a table or a picture, so that a name mistyped on the command line is answered at
once.
"""

import difflib
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from attunement.errors import OutputError, StudyError
from attunement.study.faults import did_you_mean

STUDY = "study.toml"
MANIFESTS = ("sessions.csv", "sessions.xlsx")
SCORES = "scores.csv"
TABLES = (".csv", ".xlsx", ".xls", ".ods", ".txt", ".tsv")
_OTHER_PROGRAMS = {
    ".sav": "SPSS", ".zsav": "SPSS", ".por": "SPSS", ".dta": "Stata", ".sas7bdat": "SAS",
    ".rds": "R", ".rdata": "R", ".rda": "R", ".omv": "jamovi", ".jasp": "JASP",
    ".numbers": "Numbers", ".xls": "an old Excel", ".xlsb": "Excel", ".ods": "LibreOffice",
    ".docx": "Word",
}  # fmt: skip
_MAKE = "Make one with: attunement init FOLDER"
_MOST_ENTRIES = 2000  # of a folder that is looked into for something near


def find_study_file(path: str | Path) -> Path:
    """Return the whole path of a ``study.toml``, given itself or the folder it is in.

    Raises
    ------
    StudyError
        When there is none; the nearest one that is there is proposed.

    Examples
    --------
    >>> from attunement.study.finding import find_study_file
    >>> print(find_study_file(".").name)
    study.toml
    """
    path = Path(os.path.abspath(path))
    if is_true(path.is_dir):
        path = path / STUDY
    if not is_true(path.is_file):
        raise StudyError(f"{path} is not there.", _near_study(path))
    if path.suffix.lower() in TABLES:
        raise StudyError(
            f"{path.name} is a table; expected {STUDY}, the file of settings.",
            f"Give {path.parent / STUDY}." if is_true((path.parent / STUDY).is_file) else _MAKE,
        )
    return path


def find_manifest(folder: Path) -> Path:
    """Return the manifest that lies in the folder of a study.

    Raises
    ------
    StudyError
        When there is none, or two.
    """
    manifests = [folder / name for name in MANIFESTS]
    manifests = [path for path in manifests if is_true(path.is_file)]
    if len(manifests) == 2:
        raise StudyError(
            f"Both sessions.csv and sessions.xlsx are in {folder}; expected one manifest.",
            "Remove or rename the one that is not to be used.",
        )
    if manifests:
        return manifests[0]
    names = tables_in(folder)
    advice = _MAKE
    if near := did_you_mean(MANIFESTS[0], names):
        advice = f"{near} Save it as sessions.csv or sessions.xlsx."
    raise StudyError(f"The manifest sessions.csv (or sessions.xlsx) is not in {folder}.", advice)


def find_results(out: str | Path) -> Path:
    """Return the folder `out` of a finished run.

    Raises
    ------
    OutputError
        When it holds no ``scores.csv``; folders beside it that hold one are proposed.
    """
    out = Path(out)
    if is_true((out / SCORES).is_file):
        return out
    beside = [
        name for name in _entries(out.parent) if is_true((out.parent / name / SCORES).is_file)
    ]
    advice = "First: attunement run study.toml --out DIR"
    if beside and not is_true(out.is_dir):
        near = difflib.get_close_matches(out.name, beside, n=1, cutoff=0)[0]
        advice = f"Did you mean {str(out.parent / near)!r}? That folder holds one."
    raise OutputError(f"{out / SCORES} is not there.", advice)


def find_folder(folder: str | Path) -> Path:
    """Return a folder that is there.

    Raises
    ------
    StudyError
        When it is not one; the nearest one beside it is proposed.
    """
    folder = Path(folder)
    if is_true(folder.is_dir):
        return folder
    advice = _near_folder(folder) or "Give the folder that holds the videos."
    raise StudyError(f"{folder} is not a folder.", advice)


def tables_in(folder: Path) -> list[str]:
    """Return the names of the spreadsheets and tables of text in a folder, in order."""
    # A spreadsheet that is open leaves a file of its own beside: ~$name.xlsx, .~lock.name#.
    return [
        name
        for name in _entries(folder)
        if name.lower().endswith(TABLES) and not name.startswith(("~", "."))
    ]


def program_of(path: Path) -> str:
    """Return the program whose own files end as this one, where attunement cannot read them."""
    return _OTHER_PROGRAMS.get(path.suffix.lower(), "")


def near_file(path: Path, names: Iterable[str]) -> str:
    """Return a question with the name most like that of `path`, else what there is."""
    names = sorted(names)
    if near := did_you_mean(path.name, names):
        return near
    if not names:
        return ""
    more = ", …" if len(names) > 5 else ""
    return f"In {path.parent} there is {', '.join(names[:5])}{more}."


def is_true(test: Callable[[], bool]) -> bool:
    """Return what a test of a path says; False for a path that the system cannot even ask about."""
    try:
        return test()
    except (OSError, ValueError):
        return False


def _near_study(path: Path) -> str:
    folder = path.parent
    if not is_true(folder.is_dir):
        return _near_folder(folder) or _MAKE
    names = _entries(folder)
    # What pyproject.toml sets is another program's.
    files = [n for n in names if n.lower().endswith(".toml") and n != "pyproject.toml"]
    folders = [name for name in names if is_true((folder / name / STUDY).is_file)]
    found = [*files, *folders]
    if near := did_you_mean(path.name, found):
        return near
    return f"In {folder} there is {', '.join(found[:5])}." if found else _MAKE


def _near_folder(folder: Path) -> str:
    above = folder.parent
    return did_you_mean(
        folder.name, [name for name in _entries(above) if is_true((above / name).is_dir)]
    )


def _entries(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))[:_MOST_ENTRIES]
    except (OSError, ValueError):
        return []
