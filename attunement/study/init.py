"""Starts a study: writes ``study.toml`` and ``sessions.csv`` for a folder of videos."""

import csv
import io
import shlex
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from textwrap import fill

from attunement.cards import count, listed
from attunement.errors import AttunementError, OutputError, StudyError
from attunement.study.files import write_text
from attunement.study.finding import find_folder
from attunement.study.folder import VIDEO_SUFFIXES, Contents, look_into
from attunement.study.naming import Proposal, Recording, propose_sessions, role_of
from attunement.study.template import study_toml
from attunement.study.untold import files_untold, rows_untold

# What a row may need. Columns of the second group are written where a row does.
COLUMNS = (
    "session", "dyad", "layout", "video", "caregiver_video", "infant_video", "caregiver_side",
    "offset_s", "episodes", "exclude",
)  # fmt: skip
ROI_COLUMNS = ("caregiver_roi", "infant_roi")
TABLE_COLUMNS = ("caregiver_table", "infant_table")
# Two pictures of 4:3 beside each other are 2.67 times as wide as high, of 5:4 2.5; the widest
# single pictures of usual cameras are 1.9.
MIN_SPLIT_WIDTH = 2.2
# Two pictures of 4:3 above each other are 1.5 times as high as wide.
MIN_SPLIT_HEIGHT = 1.2
# A telephone held upright: 16 high to 9 wide, and little beside it.
PHONE_HEIGHT = (1.75, 1.81)


_MEANS = {
    "side_by_side": "as wide as two pictures beside each other.",
    "top_bottom": "as high as two pictures above each other. Of one picture write one_frame.",
    "one_frame": "one picture. Where a call shows the partners in halves of it, write side_by_side "
    "or top_bottom, which is surer.",
}


@dataclass(frozen=True)
class Started:
    """A study that was started.

    Attributes
    ----------
    files : tuple of Path
        The files written.
    n_sessions : int
        Rows of the manifest.
    untold : tuple of str
        What could not be told, and why, a sentence or several each.
    """

    files: tuple[Path, ...]
    n_sessions: int
    untold: tuple[str, ...]


def init_study(folder: str | Path, *, overwrite: bool = False) -> tuple[Path, ...]:
    """Write ``study.toml`` and ``sessions.csv`` for a folder of videos.

    Videos and tables of faces are looked for in the folder and its subfolders, hidden ones left
    out. Names tell which two recordings are a pair and which are chapters of one; of other
    recordings the size of the picture tells the layout, left empty where a file cannot be opened.
    Who is who is always left to be filled in: `check_study` shows what is to be written, and
    `read_study` lists what is missing. `start_study` also says what could not be told.

    Parameters
    ----------
    folder : str or Path
        The folder of the videos, which becomes the study's folder.
    overwrite : bool
        Whether files that are there may be replaced.

    Returns
    -------
    tuple of Path
        The files written.

    Raises
    ------
    OutputError
        When a file to be written is there already, or cannot be written.
    StudyError
        When there is no video, or the name of one cannot be put into a manifest.

    Examples
    --------
    >>> import shutil
    >>> from pathlib import Path
    >>> import attunement
    >>> Path("new").mkdir()
    >>> for person in ("caregiver", "infant"):
    ...     _ = shutil.copy(f"{person}.mp4", f"new/s1_{person}.mp4")
    ...
    >>> print([path.name for path in attunement.init_study("new")])
    ['study.toml', 'sessions.csv']
    """
    return start_study(folder, overwrite=overwrite).files


def start_study(folder: str | Path, *, overwrite: bool = False) -> Started:
    """Start a study as `init_study` does, and keep what could not be told."""
    folder = find_folder(folder)
    files = (folder / "study.toml", folder / "sessions.csv")
    there = [path for path in files if path.exists()]
    if there and not overwrite:
        names = " and ".join(path.name for path in there)
        raise OutputError(
            f"{names} already in {folder}; nothing was written.",
            "Rename or remove what is there, or use --overwrite (overwrite=True) to replace it.",
        )
    if (folder / "sessions.xlsx").exists():
        raise OutputError(
            f"sessions.xlsx already in {folder}; a study has one manifest.",
            "Use it as it is, or rename or remove it.",
        )
    contents = look_into(folder)
    rows = _propose(folder, contents)
    if not rows.proposals:
        raise StudyError(
            f"No video found in {folder} (looked for {', '.join(sorted(VIDEO_SUFFIXES))}), and no "
            "table of faces whose name says caregiver or infant.",
            "Copy the recordings there, or give another folder.",
        )
    write_text(study_toml(), files[0])
    write_text(_manifest(rows), files[1])
    taken = [path for one in rows.proposals for r in one.recordings for path in r.files]
    untold = [
        *rows_untold(folder, rows.proposals, rows.closed),
        *_layouts_untold(rows),
        *files_untold(folder, contents, taken),
    ]
    return Started(files, len(rows.proposals), tuple(untold))


def started_text(started: Started, folder: Path) -> str:
    """Return what was written, what could not be told, and what to do next, for people."""
    lines = [f"{count(started.n_sessions, 'session')} in sessions.csv."]
    if started.untold:
        lines += ["", "What could not be told, or is a guess:"]
        lines += [
            fill(text, 100, initial_indent="- ", subsequent_indent="  ", break_long_words=False,
                 break_on_hyphens=False)
            for text in started.untold
        ]  # fmt: skip
    where = shlex.quote(str(folder))
    pictures = shlex.quote(str(Path(folder, "looks")))
    lines += [
        "",
        f"Next: attunement check {where} --pictures {pictures}",
        "It shows who is to be seen where, and prints the cells to fill in in sessions.csv.",
    ]
    return "\n".join(lines)


@dataclass(frozen=True)
class _Rows:
    """The rows to be written: layouts by session, pictures' sizes and faults by first file."""

    proposals: list[Proposal]
    sizes: dict[PurePosixPath, tuple[int, int]]
    closed: dict[PurePosixPath, str]

    def layout(self, proposal: Proposal) -> str:
        if proposal.shared is None:
            return "two_files"
        size = self.sizes.get(proposal.shared.files[0])
        return _layout(*size) if size is not None else ""


def _propose(folder: Path, contents: Contents) -> _Rows:
    sizes, closed = {}, {}
    videos = list(contents.videos)
    for path in (*contents.videos, *contents.maybe):
        found = look_at(folder / path)
        if isinstance(found, tuple):
            sizes[path] = found
            if path in contents.maybe:
                videos.append(path)
        elif path in contents.videos:
            closed[path] = found
    # A table beside the recording that it was made of adds nothing.
    stems = {path.with_suffix("") for path in videos}
    tables = [
        path for path in contents.tables if path.with_suffix("") not in stems and role_of(path)
    ]
    proposals = propose_sessions([*videos, *tables])
    return _Rows(proposals, sizes, closed)


def _manifest(rows: _Rows) -> str:
    layouts = [rows.layout(one) for one in rows.proposals]
    tables = any(r.is_table for one in rows.proposals for r in one.recordings)
    columns = [*COLUMNS]
    place = columns.index("caregiver_side") + 1
    columns[place:place] = [
        *(ROI_COLUMNS if "one_frame" in layouts or "" in layouts else ()),
        *(TABLE_COLUMNS if tables else ()),
    ]
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    for proposal, layout in zip(rows.proposals, layouts, strict=True):
        row = {"session": proposal.session, "layout": layout}
        if proposal.shared is not None:
            row["video"] = _cell(proposal.shared)
        for person, own in (("caregiver", proposal.caregiver), ("infant", proposal.infant)):
            if own is not None:
                row[f"{person}_{'table' if own.is_table else 'video'}"] = _cell(own)
        writer.writerow(row)
    return text.getvalue()


def _layouts_untold(rows: _Rows) -> list[str]:
    """Return which layouts are guesses from the shape of the picture, by layout."""
    by_layout: dict[str, list[str]] = {}
    for one in rows.proposals:
        layout = rows.layout(one)
        if one.shared is not None and layout:
            width_px, height_px = rows.sizes[one.shared.files[0]]
            by_layout.setdefault(layout, []).append(f"{one.session} ({width_px} x {height_px})")
    return [
        f"Layout {layout} is a guess from the shape of the picture for {listed(names, at_most=6)}: "
        f"{_MEANS[layout]}"
        for layout, names in by_layout.items()
    ]


def _cell(recording: Recording) -> str:
    # A spreadsheet would take a cell that begins like this for a formula.
    return "|".join(
        f"./{path}" if path.as_posix()[0] in "=+-@ " else path.as_posix()
        for path in recording.files
    )


def _layout(width_px: float, height_px: float) -> str:
    if width_px >= MIN_SPLIT_WIDTH * height_px:
        return "side_by_side"
    if PHONE_HEIGHT[0] <= height_px / width_px <= PHONE_HEIGHT[1]:
        return "one_frame"
    if height_px >= MIN_SPLIT_HEIGHT * width_px:
        return "top_bottom"
    return "one_frame"


def look_at(path: Path) -> tuple[int, int] | str:
    """Return width and height of the displayed picture, or why the recording cannot be opened."""
    # The one thing that a study has to ask a recording; loaded only here, because opening videos
    # is the work of another stage.
    from attunement.video import probe_video

    try:
        if path.stat().st_size == 0:
            return "is empty (0 bytes)."
        info = probe_video([path])
    except AttunementError as error:
        return error.reason
    except OSError as error:
        return f"{error.strerror}."
    return info.width_px, info.height_px
