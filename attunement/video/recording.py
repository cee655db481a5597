"""A recording: one or several files played one after the other."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from attunement.errors import VideoError
from attunement.video.chapters import Chapter
from attunement.video.listing import read_chapter


@dataclass(frozen=True)
class VideoInfo:
    """What a recording is, of one or several chapters played one after the other.

    Attributes
    ----------
    codec : str
        ffmpeg's name of the codec.
    width_px, height_px : int
        As displayed: after rotation and with square pixels.
    rate_hz : float
        Mean rate, (n_frames - 1) / (last - first presentation time); NaN for one frame.
    duration_s : float
        From the first frame to the end of the last one, which is shown for the median distance of
        two frames.
    n_frames : int
        Frames in the file; those that do not decode are counted.
    rotation_deg : int
        Clockwise turn that was applied: 0, 90, 180 or 270.
    sample_aspect_ratio : float
        Width of a coded pixel over its height.
    interlaced, has_sound : bool
        Whether any chapter is interlaced, has a sound track.
    n_chapters : int
        Number of files.

    Examples
    --------
    >>> from pathlib import Path
    >>> from attunement.video import probe_video
    >>> info = probe_video(Path("infant.mp4"))
    >>> print(info.codec, info.duration_s, info.has_sound)
    h264 60.0 False
    """

    codec: str
    width_px: int
    height_px: int
    rate_hz: float
    duration_s: float
    n_frames: int
    rotation_deg: int
    sample_aspect_ratio: float
    interlaced: bool
    has_sound: bool
    n_chapters: int


@dataclass(frozen=True)
class Recording:
    """Chapters in a common clock.

    Attributes
    ----------
    chapters : tuple of Chapter
        In the order of playing.
    first_index : tuple of int
        Index in the recording of each chapter's first frame.
    times_s : ndarray, shape (n_frames,), float64
        Presentation times from the first frame of the first chapter, strictly ascending.
    """

    chapters: tuple[Chapter, ...]
    first_index: tuple[int, ...]
    times_s: NDArray[np.float64]


def read_recording(paths: Path | Sequence[Path]) -> Recording:
    """Read the chapters of a recording and put them in a common clock.

    A chapter begins one frame (its median distance of two frames) after the last frame of the
    chapter before.

    Raises
    ------
    VideoError
        When a chapter cannot be read, or differs from the first in codec or displayed size.
    """
    chapters = tuple(read_chapter(path) for path in _as_paths(paths))
    first = chapters[0]
    for chapter in chapters[1:]:
        _refuse_difference(first, chapter)
    times = []
    first_index = []
    n_frames, start_s = 0, 0.0
    for chapter in chapters:
        first_index.append(n_frames)
        times.append(chapter.times_s + start_s)
        n_frames += len(chapter.times_s)
        start_s = float(times[-1][-1]) + chapter.frame_s
    return Recording(chapters, tuple(first_index), np.concatenate(times))


def probe_video(paths: Path | Sequence[Path]) -> VideoInfo:
    """Return what a recording is.

    Every packet is read and only the first pictures of each file are decoded.

    Parameters
    ----------
    paths : Path or sequence of Path
        The file, or the chapters in the order in which they are played.

    Raises
    ------
    VideoError
        When a file is missing, a folder, empty, no video, without pictures, or its index was never
        written; when nothing in it decodes; when chapters differ in codec or displayed size. A
        video that breaks off on the way is read as far as it goes.

    Examples
    --------
    >>> from pathlib import Path
    >>> from attunement.video import probe_video
    >>> info = probe_video(Path("infant.mp4"))
    >>> print(info.width_px, info.height_px, info.n_frames, info.rate_hz)
    112 112 120 2.0
    """
    recording = read_recording(paths)
    chapters, times_s = recording.chapters, recording.times_s
    geometry = chapters[0].geometry
    width_px, height_px = geometry.size_px
    n_frames = len(times_s)
    span_s = float(times_s[-1])
    return VideoInfo(
        codec=chapters[0].codec,
        width_px=width_px,
        height_px=height_px,
        rate_hz=(n_frames - 1) / span_s if n_frames > 1 else float("nan"),
        duration_s=span_s + chapters[-1].frame_s,
        n_frames=n_frames,
        rotation_deg=geometry.rotation_deg,
        sample_aspect_ratio=geometry.sample_aspect_ratio,
        interlaced=any(chapter.interlaced for chapter in chapters),
        has_sound=any(chapter.has_sound for chapter in chapters),
        n_chapters=len(chapters),
    )


def frame_times(paths: Path | Sequence[Path]) -> NDArray[np.float64]:
    """Return the presentation time of every frame of a recording, from its packets alone.

    Parameters
    ----------
    paths : Path or sequence of Path
        The file, or the chapters in the order in which they are played.

    Returns
    -------
    ndarray, shape (n_frames,), float64
        Seconds from the first frame, strictly ascending. Frames that turn out not to decode are
        among them. A packet whose time stamp repeats, or jumps back further than codecs reorder
        (32 packets), is left out; two fields of one picture are one frame.

    Raises
    ------
    VideoError
        As `probe_video`.

    Examples
    --------
    >>> from pathlib import Path
    >>> from attunement.video import frame_times
    >>> times_s = frame_times(Path("infant.mp4"))
    >>> print(len(times_s), times_s[:3].tolist())
    120 [0.0, 0.5, 1.0]
    """
    return read_recording(paths).times_s.copy()


def _as_paths(paths: Path | Sequence[Path]) -> list[Path]:
    listed = [Path(paths)] if isinstance(paths, str | Path) else [Path(path) for path in paths]
    if not listed:
        raise VideoError("No video was named.", "Name at least one file.")
    return listed


def _refuse_difference(first: Chapter, chapter: Chapter) -> None:
    width, height = first.geometry.size_px
    other_width, other_height = chapter.geometry.size_px
    if (width, height) != (other_width, other_height):
        raise VideoError(
            f"{chapter.path.name} shows {other_width} x {other_height} pixels where "
            f"{first.path.name}, played before it, shows {width} x {height}.",
            "Chapters must come from one recording; list other recordings as sessions of their "
            "own.",
        )
    if first.codec != chapter.codec:
        raise VideoError(
            f"{chapter.path.name} is coded as {chapter.codec} where {first.path.name}, played "
            f"before it, is {first.codec}.",
            "Chapters must come from one recording; export them anew in one format.",
        )
