"""Starts a study: writes ``study.toml`` and ``sessions.csv`` for a folder of videos."""

import csv
import io
import os
from pathlib import Path, PurePosixPath

from attunement.errors import AttunementError, OutputError, StudyError
from attunement.study.faults import shown
from attunement.study.files import write_text
from attunement.study.finding import find_folder
from attunement.study.naming import Recording, propose_sessions
from attunement.study.template import study_toml

VIDEO_SUFFIXES = frozenset(
    {
        ".mp4", ".mov", ".avi", ".mkv", ".mts", ".m2ts", ".mpg", ".mpeg", ".webm", ".wmv", ".m4v",
        ".3gp",
    }
)  # fmt: skip
COLUMNS = (
    "session", "dyad", "layout", "video", "caregiver_video", "infant_video", "caregiver_side",
    "offset_s", "episodes", "exclude",
)  # fmt: skip
# Two pictures of 4:3 beside each other are 2.67 times as wide as high, of 5:4 2.5; the widest
# single pictures of usual cameras are 1.9.
MIN_SPLIT_WIDTH = 2.2
# Two pictures of 4:3 above each other are 1.5 times as high as wide.
MIN_SPLIT_HEIGHT = 1.2


def init_study(folder: str | Path, *, overwrite: bool = False) -> tuple[Path, ...]:
    """Write ``study.toml`` and ``sessions.csv`` for a folder of videos.

    Videos are looked for in the folder and its subfolders, hidden ones left out. Names tell which
    two recordings are a pair and which are chapters of one; of other recordings the size of the
    picture tells the layout, left empty where a file cannot be opened. The caregiver's side is
    always left to be filled in: `read_study` lists what is missing.

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
    videos = find_videos(folder)
    if not videos:
        raise StudyError(
            f"No video found in {folder} (looked for {', '.join(sorted(VIDEO_SUFFIXES))}).",
            "Copy the recordings there, or give another folder.",
        )
    manifest = _manifest(folder, videos)
    write_text(study_toml(), files[0])
    write_text(manifest, files[1])
    return files


def find_videos(folder: Path) -> list[PurePosixPath]:
    """Return the videos in a folder and its subfolders, relative to it, hidden ones left out."""
    videos = []
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in names:
            path = Path(parent, name)
            if path.suffix.lower() in VIDEO_SUFFIXES and not name.startswith("."):
                videos.append(PurePosixPath(path.relative_to(folder).as_posix()))
    faults = [
        f"The file name {shown(path.as_posix())} cannot be put into a manifest. Rename the file."
        for path in videos
        if "|" in path.as_posix()
        or not path.as_posix().isprintable()
        or path.suffix != path.suffix.strip()
    ]
    if faults:
        raise StudyError(faults)
    return videos


def _manifest(folder: Path, videos: list[PurePosixPath]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for proposal in propose_sessions(videos):
        row = {"session": proposal.session}
        if proposal.shared is not None:
            row["layout"] = _layout(folder / proposal.shared.files[0])
            row["video"] = _cell(proposal.shared)
        else:
            row["layout"] = "two_files"
            row["caregiver_video"] = _cell(proposal.caregiver)
            row["infant_video"] = _cell(proposal.infant)
        writer.writerow(row)
    return text.getvalue()


def _cell(recording: Recording | None) -> str:
    if recording is None:
        return ""
    # A spreadsheet would take a cell that begins like this for a formula.
    return "|".join(
        f"./{path}" if path.as_posix()[0] in "=+-@ " else path.as_posix()
        for path in recording.files
    )


def _layout(path: Path) -> str:
    size = picture_size(path)
    if size is None:
        return ""
    width_px, height_px = size
    if width_px >= MIN_SPLIT_WIDTH * height_px:
        return "side_by_side"
    if height_px >= MIN_SPLIT_HEIGHT * width_px:
        return "top_bottom"
    return "one_frame"


def picture_size(path: Path) -> tuple[float, float] | None:
    """Return width and height of the displayed picture; None where the file cannot be opened."""
    # The one thing that a study has to ask a recording; loaded only here, because opening videos
    # is the work of another stage.
    from attunement.video import probe_video

    try:
        info = probe_video([path])
    except (AttunementError, OSError):
        return None
    return info.width_px, info.height_px
