"""What lies in a folder that a study is started in: recordings, tables of faces, all else."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from attunement.errors import StudyError
from attunement.study.faults import shown

VIDEO_SUFFIXES = frozenset(
    {
        ".mp4", ".mov", ".avi", ".mkv", ".mts", ".m2ts", ".mpg", ".mpeg", ".webm", ".wmv", ".m4v",
        ".3gp", ".3g2", ".asf", ".dv", ".f4v", ".flv", ".m2v", ".mxf", ".ogv", ".qt", ".vob",
    }
)  # fmt: skip
# Endings of recordings that other files have too: a recording where it can be opened as one.
MAYBE_VIDEO_SUFFIXES = frozenset({".ts", ".mod", ".tod", ".divx", ".xvid", ".rm", ".rmvb"})
TABLE_SUFFIXES = frozenset({".csv", ".tsv", ".txt"})
# What init, check and run write, or the manifest beside it.
_OWN = frozenset({"sessions.csv", "study.toml", "episodes.csv", "roles.csv", "regions.csv"})
_AU = re.compile(r"AU[ _]?\d\d?(?!\d)", re.IGNORECASE)
_MOST_LINES, _MOST_BYTES = 40, 65_536
_FEWEST_AUS = 4


@dataclass(frozen=True)
class Contents:
    """The files of a folder and its subfolders, relative to it, hidden folders left out.

    Attributes
    ----------
    videos : tuple of PurePosixPath
        By their ending.
    maybe : tuple of PurePosixPath
        What may be a recording and may be something else.
    tables : tuple of PurePosixPath
        Tables of faces that other programs wrote, by their headings.
    others : tuple of PurePosixPath
        Everything else that is not hidden.
    copies : tuple of PurePosixPath
        What macOS writes beside a file on other disks (``._name``), with a recording's ending.
    elsewhere : tuple of str
        Names of recordings that a cloud keeps, with no more than a place holder here.
    """

    videos: tuple[PurePosixPath, ...]
    maybe: tuple[PurePosixPath, ...] = ()
    tables: tuple[PurePosixPath, ...] = ()
    others: tuple[PurePosixPath, ...] = ()
    copies: tuple[PurePosixPath, ...] = ()
    elsewhere: tuple[str, ...] = ()


def look_into(folder: Path) -> Contents:
    """Return what lies in a folder.

    Raises
    ------
    StudyError
        When the name of a recording cannot be put into a manifest.
    """
    kinds: dict[str, list[PurePosixPath]] = {
        name: [] for name in ("videos", "maybe", "tables", "others", "copies")
    }
    elsewhere = []
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(parent, name)
            relative = PurePosixPath(path.relative_to(folder).as_posix())
            if name.startswith("."):
                if name.endswith(".icloud"):
                    elsewhere.append(name[1:].removesuffix(".icloud"))
                elif name.startswith("._") and path.suffix.lower() in VIDEO_SUFFIXES:
                    kinds["copies"].append(relative)
            elif relative.as_posix() not in _OWN:
                kinds[_kind(path)].append(relative)
    _check_names([*kinds["videos"], *kinds["maybe"], *kinds["tables"]])
    return Contents(
        **{name: tuple(paths) for name, paths in kinds.items()}, elsewhere=tuple(elsewhere)
    )


def _kind(path: Path) -> str:
    suffix = path.suffix.strip().lower()
    if suffix in VIDEO_SUFFIXES:
        return "videos"
    if suffix in MAYBE_VIDEO_SUFFIXES:
        return "maybe"
    if suffix in TABLE_SUFFIXES and _is_table_of_faces(path):
        return "tables"
    return "others"


def _is_table_of_faces(path: Path) -> bool:
    """Return whether one of the first lines has the headings of a program that measures faces."""
    try:
        with path.open("rb") as file:
            start = file.read(_MOST_BYTES)
    except OSError:
        return False
    wide = start.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = start.decode("utf-16" if wide else "utf-8", errors="replace")
    for line in text.splitlines()[:_MOST_LINES]:
        cells = [cell.strip().strip('"') for cell in re.split(r"[,;\t]", line)]
        n_units = sum(bool(_AU.match(cell)) for cell in cells)
        is_face_reader = "Video Time" in cells and {"Neutral", "Happy"} <= set(cells)
        if n_units >= _FEWEST_AUS or is_face_reader:
            return True
    return False


def _check_names(paths: Sequence[PurePosixPath]) -> None:
    faults = [
        f"The file name {shown(path.as_posix())} cannot be put into a manifest. Rename the file."
        for path in paths
        if "|" in path.as_posix()
        or not path.as_posix().isprintable()
        or path.suffix != path.suffix.strip()
    ]
    if faults:
        raise StudyError(faults)
