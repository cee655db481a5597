"""A recording: one or several files played one after the other."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from attunement.errors import VideoError
from attunement.video.chapters import Chapter
from attunement.video.geometry import TURNS
from attunement.video.listing import read_chapter
from attunement.video.shapes import Shapes

_STALL_S = 1.0
_STALL_STEPS = 10.0
_LASTING_FRAMES = 3


@dataclass(frozen=True)
class VideoInfo:
    """What a recording is, of one or several chapters played one after the other.

    Attributes
    ----------
    codec : str
        ffmpeg's name of the codec.
    width_px, height_px : int
        As displayed: after rotation and with square pixels. The largest width and height where
        pictures change their size on the way.
    rate_hz : float
        Mean rate: distances of two frames over the time they take, stalls left out; NaN for one
        frame.
    duration_s : float
        From the first frame to the end of the last one, which is shown for the median distance of
        two frames.
    n_frames : int
        Frames in the file; those that do not decode are counted.
    rotation_deg : int
        Clockwise turn that was applied in all: 0, 90, 180 or 270.
    sample_aspect_ratio : float
        Width of a coded pixel over its height.
    interlaced, has_sound : bool
        Whether any chapter is interlaced, has a sound track.
    n_chapters : int
        Number of files.
    sizes : tuple of (float, int, int)
        From when on the pictures themselves have which width and height; one entry where that
        never changes.
    n_repeated : int
        Pictures left out because a later one carries the same time, as browsers' recorders write.
    stalls : tuple of (float, float)
        From when to when no picture was recorded, in seconds: where two frames lie a second or
        more apart and ten times as far as the median.
    picture_track, n_picture_tracks : int
        Which of the picture tracks of the first file was taken, from 1, and how many it has;
        covers and thumbnails do not count.

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
    sizes: tuple[tuple[float, int, int], ...] = ()
    n_repeated: int = 0
    stalls: tuple[tuple[float, float], ...] = ()
    picture_track: int = 1
    n_picture_tracks: int = 1


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

    def turned(self, rotation_deg: int) -> "Recording":
        """Return the recording with all pictures turned clockwise, beyond what its files say."""
        if rotation_deg not in TURNS:
            raise VideoError(
                f"A recording cannot be turned by {rotation_deg} degrees.",
                "Give 0, 90, 180 or 270, clockwise.",
            )
        if not rotation_deg:
            return self
        chapters = tuple(
            replace(
                chapter,
                shapes=tuple((rank, of.turned(rotation_deg)) for rank, of in chapter.shapes),
            )
            for chapter in self.chapters
        )
        return replace(self, chapters=chapters)

    @property
    def shapes(self) -> Shapes:
        """From which index on which geometry holds."""
        return tuple(
            (first + rank, geometry)
            for first, chapter in zip(self.first_index, self.chapters, strict=True)
            for rank, geometry in chapter.shapes
        )

    @property
    def size_px(self) -> tuple[int, int]:
        """The largest width and the largest height of pictures as displayed.

        What holds for fewer than three frames does not count: damage can look like it.
        """
        shapes = self.shapes
        ends = [*(index for index, _ in shapes[1:]), len(self.times_s)]
        lasting = [
            geometry.size_px
            for (index, geometry), end in zip(shapes, ends, strict=True)
            if end - index >= _LASTING_FRAMES
        ]
        sizes = lasting or [geometry.size_px for _, geometry in shapes]
        return max(width for width, _ in sizes), max(height for _, height in sizes)


def read_recording(paths: Path | Sequence[Path]) -> Recording:
    """Read the chapters of a recording and put them in a common clock.

    A chapter begins one frame (its median distance of two frames) after the last frame of the
    chapter before.

    Raises
    ------
    VideoError
        When a chapter cannot be read, or differs from the first in codec.
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


def probe_video(paths: Path | Sequence[Path], *, rotation_deg: int = 0) -> VideoInfo:
    """Return what a recording is.

    Every packet is read and only the first pictures of each file are decoded.

    Parameters
    ----------
    paths : Path or sequence of Path
        The file, or the chapters in the order in which they are played.
    rotation_deg : int
        0, 90, 180 or 270: turn clockwise of what players show, which is turned already by what
        the file says itself.

    Raises
    ------
    VideoError
        When a file is missing, a folder, empty, no video, without pictures, or its index was never
        written; when nothing in it decodes; when chapters differ in codec. A video that breaks off
        on the way is read as far as it goes.

    Examples
    --------
    >>> from pathlib import Path
    >>> from attunement.video import probe_video
    >>> info = probe_video(Path("infant.mp4"))
    >>> print(info.width_px, info.height_px, info.n_frames, info.rate_hz)
    112 112 120 2.0
    """
    recording = read_recording(paths).turned(rotation_deg)
    chapters, times_s = recording.chapters, recording.times_s
    geometry = chapters[0].geometry
    width_px, height_px = recording.size_px
    stalls = find_stalls(times_s)
    return VideoInfo(
        codec=chapters[0].codec,
        width_px=width_px,
        height_px=height_px,
        rate_hz=_rate_hz(times_s, stalls),
        duration_s=float(times_s[-1]) + chapters[-1].frame_s,
        n_frames=len(times_s),
        rotation_deg=geometry.rotation_deg,
        sample_aspect_ratio=geometry.sample_aspect_ratio,
        interlaced=any(chapter.interlaced for chapter in chapters),
        has_sound=any(chapter.has_sound for chapter in chapters),
        n_chapters=len(chapters),
        sizes=_sizes(recording),
        n_repeated=sum(chapter.n_repeated for chapter in chapters),
        stalls=stalls,
        picture_track=chapters[0].track,
        n_picture_tracks=chapters[0].n_tracks,
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
        among them. Of packets that carry the same time the last one counts; one that jumps back
        further than codecs reorder (32 packets) is left out; two fields of one picture are one
        frame.

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


def _sizes(recording: Recording) -> tuple[tuple[float, int, int], ...]:
    sizes: list[tuple[float, int, int]] = []
    for index, geometry in recording.shapes:
        if not sizes or sizes[-1][1:] != geometry.size_px:
            sizes.append((float(recording.times_s[index]), *geometry.size_px))
    return tuple(sizes)


def find_stalls(times_s: NDArray[np.float64]) -> tuple[tuple[float, float], ...]:
    """Return where two frames lie a second or more apart and ten times as far as the median."""
    steps_s = np.diff(times_s)
    if not len(steps_s):
        return ()
    least_s = max(_STALL_S, _STALL_STEPS * float(np.median(steps_s)))
    return tuple(
        (float(times_s[k]), float(times_s[k + 1])) for k in np.flatnonzero(steps_s >= least_s)
    )


def _rate_hz(times_s: NDArray[np.float64], stalls: Sequence[tuple[float, float]]) -> float:
    stalled_s = sum(end_s - start_s for start_s, end_s in stalls)
    n_steps = len(times_s) - 1 - len(stalls)
    return n_steps / (float(times_s[-1]) - stalled_s) if n_steps > 0 else float("nan")


def _as_paths(paths: Path | Sequence[Path]) -> list[Path]:
    listed = [Path(paths)] if isinstance(paths, str | Path) else [Path(path) for path in paths]
    if not listed:
        raise VideoError("No video was named.", "Name at least one file.")
    return listed


def _refuse_difference(first: Chapter, chapter: Chapter) -> None:
    if first.codec != chapter.codec:
        raise VideoError(
            f"{chapter.path.name} is coded as {chapter.codec} where {first.path.name}, played "
            f"before it, is {first.codec}.",
            "Chapters must come from one recording; export them anew in one format.",
        )
