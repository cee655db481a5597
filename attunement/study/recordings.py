"""Which files of a study cannot even be opened: missing, empty, folders, not to be read.

They are no fault of the manifest's form: a disk is unplugged, a copy was broken off, one file of
200 is lost. Each costs its own session and no other.
"""

import difflib
import errno
import stat
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

from attunement.cards import count, listed
from attunement.errors import StudyError
from attunement.study.finding import is_true
from attunement.study.sessions import Partner, Session

NOT_THERE = "is not there"
_NO_SUCH_FILE = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP, errno.EINVAL)
# What programs add to the name of a file that is not whole yet.
_UNFINISHED = (".part", ".partial", ".crdownload", ".download", ".filepart", ".tmp")
_MOST_LINES = 8
_READERS = 8
# The names in a folder, and those of them that the study does not use.
Beside = Callable[[Path], tuple[list[str], list[str]]]


@dataclass(frozen=True)
class Absent:
    """A file that a session needs and that cannot be read.

    Attributes
    ----------
    session, column : str
        Where the manifest names it.
    path : Path
        Where it was looked for.
    name : str
        The path as the manifest has it, relative to the folder of ``study.toml``.
    problem : str
        What is wrong, as the end of a sentence that begins with the path.
    advice : str
        What to do about it.
    """

    session: str
    column: str
    path: Path
    name: str
    problem: str
    advice: str

    @property
    def reason(self) -> str:
        """One sentence: path, what is wrong and column."""
        return f"{self.name} {self.problem} (column {self.column})."


def find_absent(
    sessions: Sequence[Session], *, folder: Path | None = None
) -> dict[str, tuple[Absent, ...]]:
    """Return the files that cannot be read, by the id of the session that needs them.

    Looks at the disk now. Every file is opened and a byte of it read, which finds files of size 0,
    folders, links that lead nowhere, missing permissions and disks that do not answer. What is in
    a file is not looked at. `folder` is that of the study's file, to which names are relative.
    """
    named = {
        session.session: [
            (column, path) for one in session.partners for column, path in _files(session, one)
        ]
        for session in sessions
    }
    paths = list(dict.fromkeys(path for files in named.values() for _, path in files))
    with ThreadPoolExecutor(_READERS) as pool:  # a disk in the network answers late
        answers = pool.map(_problem, paths)
        problems = {path: problem for path, problem in zip(paths, answers, strict=True) if problem}
    used = set(paths)
    # Many files of one folder may be absent, and each asks what is there.
    beside = cache(partial(_names, used=used))
    # Partners in one picture name one file.
    return {
        session: tuple(
            Absent(
                session,
                column,
                path,
                _named(path, folder),
                problems[path],
                _advice(path, problems[path], beside),
            )
            for column, path in dict.fromkeys(files)
            if path in problems
        )
        for session, files in named.items()
        if any(path in problems for _, path in files)
    }


def refuse_absent(
    sessions: Sequence[Session], absent: Mapping[str, Sequence[Absent]], *, strict: bool
) -> None:
    """Raise where a study is not to be begun for want of its files.

    Raises
    ------
    StudyError
        With `strict`, a sentence a file. Else, where no session of several has all of its files,
        one for all: a disk is not connected or a folder was moved, and tables of an earlier run
        are not to be replaced by empty ones.
    """
    if strict and absent:
        raise StudyError(
            [
                f"Session {one.session}, column {one.column}: {one.name} {one.problem}. "
                f"{one.advice}".strip()
                for files in absent.values()
                for one in files
            ],
            "Nothing was run, since it was asked for to be strict.",
        )
    if len(absent) == len(sessions) > 1:
        first = next(iter(absent.values()))[0]
        folder = _missing_folder(first.path)
        begin = f"None of the {len(sessions)} sessions has all of its recordings"
        if folder is not None:
            raise StudyError(
                f"{begin}: the folder {folder} is not there (session {first.session}, column "
                f"{first.column}, and others).",
                "Connect the disk, or correct the paths in the manifest. Nothing was begun.",
            )
        raise StudyError(
            f"{begin}: the first is {first.path}, which {first.problem} (session {first.session}, "
            f"column {first.column}).",
            "Connect the disk, copy the files again, or correct the paths in the manifest. "
            "Nothing was begun.",
        )


def absent_lines(absent: Mapping[str, Sequence[Absent]], n_sessions: int) -> list[str]:
    """Return what is absent in a few lines: one a session, or one a folder where many are."""
    if not absent:
        return []
    head = (
        f"{len(absent):,} of {count(n_sessions, 'session')} cannot be run"
        f"{', the others are' if n_sessions > len(absent) else ''}:"
    )
    if len(absent) <= _MOST_LINES:
        said = {
            session: " ".join(f"{one.reason} {one.advice}".strip() for one in files)
            for session, files in absent.items()
        }
        return [head, *(f"  {session}: {text}" for session, text in said.items())]
    groups: dict[str, list[str]] = {}
    for session, files in absent.items():
        folder = _missing_folder(files[0].path)
        where = f"in {files[0].path.parent}"
        why = f"the folder {folder} {NOT_THERE}" if folder else f"a file {where} {files[0].problem}"
        groups.setdefault(why, []).append(session)
    largest = sorted(groups.items(), key=lambda group: -len(group[1]))
    lines = [f"  {listed(ids)}: {why}" for why, ids in largest[:_MOST_LINES]]
    beyond = sum(len(ids) for _, ids in largest[_MOST_LINES:])
    more = [f"  and {count(beyond, 'more session')}, see failures.csv"] if beyond else []
    return [head, *lines, *more]


def same_name(folder: Path, name: str) -> Path:
    r"""Return the file that a cell of the manifest names; where none is there, where it would be.

    The same name may be written otherwise: macOS keeps letters and accents apart, so that one that
    looks the same is another; Windows writes ``\`` between folders, and copies a path in quotes;
    file managers copy it as ``file:///``.
    """
    path = folder / name
    if is_true(path.exists):
        return path
    bare = name.strip("\"'“” ")
    if bare.startswith("file:"):
        bare = unquote(urlsplit(bare).path)
    for text in dict.fromkeys((name, bare, bare.replace("\\", "/"))):
        for form in ("NFC", "NFD"):
            other = folder / unicodedata.normalize(form, text)
            if text and is_true(other.exists):
                return other
    return path


def _files(session: Session, partner: Partner) -> list[tuple[str, Path]]:
    apart = not session.layout and session.caregiver.videos != session.infant.videos
    own = f"{partner.person}_video" if session.layout == "two_files" or apart else "video"
    files = [(own, video) for video in partner.videos]
    if partner.table is not None:
        files.append((f"{partner.person}_table", partner.table))
    return files


def _named(path: Path, folder: Path | None) -> str:
    inside = folder is not None and path.is_relative_to(folder)
    return str(path.relative_to(folder)) if inside and folder is not None else str(path)


def _problem(path: Path) -> str:
    try:
        state = path.stat()
        if stat.S_ISDIR(state.st_mode):
            return "is a folder"
        if not stat.S_ISREG(state.st_mode):
            return "is no file that holds anything (a device or a pipe)"
        if state.st_size == 0:
            return "is empty (0 bytes)"
        with path.open("rb") as file:
            file.read(1)
    except ValueError:  # a name that no file can have
        return NOT_THERE
    except OSError as error:
        if error.errno in _NO_SUCH_FILE:
            return "is a link that leads to no file" if is_true(path.is_symlink) else NOT_THERE
        if isinstance(error, PermissionError):
            return "may not be read by this user"
        return f"cannot be read ({error.strerror})"
    return ""


def _names(folder: Path, *, used: set[Path]) -> tuple[list[str], list[str]]:
    """Return the names in a folder, and those of them that the study does not use."""
    try:
        there = sorted(folder.iterdir())
    except (OSError, ValueError):
        return [], []
    return [one.name for one in there], [one.name for one in there if one not in used]


def _advice(path: Path, problem: str, beside: Beside) -> str:
    known = {
        "is a folder": "Name the file in it.",
        "is a link that leads to no file": "Name the file itself.",
        "is empty (0 bytes)": "Copy it there again.",
        "may not be read by this user": "Change its permissions.",
    }
    if problem != NOT_THERE:
        return known.get(problem, "Copy it there again, or connect the disk.")
    if folder := _missing_folder(path):
        return f"Its folder {folder} is not there either: connect the disk, or correct the path."
    return _nearest(path, *beside(path.parent)) or "Correct the name, or put the file there."


def _nearest(path: Path, there: Sequence[str], unused: Sequence[str]) -> str:
    """Return what else in the folder may be meant; what the study uses elsewhere only by case."""
    for name in there:
        if name.casefold() == path.name.casefold():
            return f"Did you mean {name!r}?"
    for name in unused:
        if name == f".{path.name}.icloud":
            return "iCloud has moved it off this computer: download it."
        if name in {f"{path.name}{ending}" for ending in _UNFINISHED}:
            return f"{name} lies there: it is still being copied, or that was broken off."
    for name in unused:
        if Path(name).stem.casefold() == path.stem.casefold():
            return f"Did you mean {name!r}?"
    folded = {name.casefold(): name for name in unused}
    near = difflib.get_close_matches(path.name.casefold(), folded, n=1, cutoff=0.75)
    return f"Did you mean {folded[near[0]]!r}?" if near else ""


def _missing_folder(path: Path) -> Path | None:
    """Return the uppermost folder of a path that is not there."""
    missing = None
    for folder in path.parents:
        if is_true(folder.is_dir):
            break
        missing = folder
    return missing
