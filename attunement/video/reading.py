"""Frames of a recording, or of a span of it, with the same indices, times and pixels."""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import chain
from math import inf, isnan
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from attunement.errors import VideoError
from attunement.video.chapters import Chapter
from attunement.video.opening import decode, open_video, packets
from attunement.video.pictures import Frame, Picture
from attunement.video.recording import Recording, read_recording
from attunement.video.shapes import geometry_at
from attunement.video.skipping import islands, skipper

# The deinterlacer looks one picture back; a few more, since some may not decode.
_N_LEAD_IN = 4
_TIE_S = 1e-9
# Ranks travel through the filter as time stamps; it halves the time base on its way.
_RANK_BASE = Fraction(1, 1000)


def read_frames(
    paths: Path | Sequence[Path],
    *,
    start_s: float = 0.0,
    end_s: float = inf,
    rate_hz: float = 0.0,
    indices: Iterable[int] | None = None,
    rotation_deg: int = 0,
) -> Iterator[Frame]:
    """Yield the frames of a recording whose time lies in [start_s, end_s), in their order.

    A span gives the same indices, times and pixels as reading everything: decoding begins at the
    keyframe before it, and thinning out by `rate_hz` depends on the recording alone. Memory does
    not grow with the length of the recording, apart from some 60 bytes a frame of time stamps.

    Parameters
    ----------
    paths : Path or sequence of Path
        The file, or the chapters in the order in which they are played.
    start_s, end_s : float
        Span in seconds from the first frame.
    rate_hz : float
        Keep only the frames nearest to the times k / rate_hz (of two equally near ones the
        earlier); 0 keeps all. A frame keeps its index.
    indices : iterable of int, optional
        Keep only the frames with these indices. Frames that are not kept are not decoded where
        the codec allows it (`attunement.video.skipping`); those that are kept are the same.
    rotation_deg : int
        0, 90, 180 or 270: turn clockwise of what players show, which is turned already by what
        the file says itself.

    Yields
    ------
    Frame
        Its pixels are converted when they are asked for. A frame that does not decode is left out
        and nothing put in its place: its index is missing. Interlaced frames are deinterlaced
        (ffmpeg's bwdif), one frame out for one in, at its own time. Where the size or shape of the
        pictures changes on the way, all are shown in the largest width and height: a smaller one
        is enlarged, never stretched, until it touches two sides, and stands in the middle on black.

    Raises
    ------
    VideoError
        As `probe_video`, and for a rate below 0 or a span that is not a number; at the call, not
        at the first frame.

    Examples
    --------
    >>> from pathlib import Path
    >>> from attunement.video import read_frames
    >>> frames = read_frames(Path("infant.mp4"), start_s=10, end_s=11)
    >>> print([(frame.index, frame.time_s, frame.rgb().shape) for frame in frames])
    [(20, 10.0, (112, 112, 3)), (21, 10.5, (112, 112, 3))]
    """
    if isnan(start_s) or isnan(end_s) or not 0 <= rate_hz < inf:
        raise VideoError(
            f"Frames cannot be read from {start_s} s to {end_s} s at {rate_hz} Hz.",
            "Give numbers; the rate must be 0 (all frames) or more.",
        )
    recording = read_recording(paths).turned(rotation_deg)
    times_s = recording.times_s
    is_wanted = (times_s >= start_s) & (times_s < end_s)
    if rate_hz > 0:
        is_wanted &= nearest_to_grid(times_s, rate_hz=rate_hz)
    if indices is not None:
        is_wanted &= np.isin(np.arange(len(times_s)), np.fromiter(indices, np.int64))
    shapes, size_px = recording.shapes, recording.size_px

    def frame(chapter: Chapter, index: int, decoded: Any) -> Frame:
        picture = Picture(decoded, geometry_at(shapes, index), chapter.path.name, size_px)
        return Frame(index, float(times_s[index]), picture)

    return (frame(*read) for read in read_decoded(recording, is_wanted))


def read_decoded(
    recording: Recording, is_wanted: NDArray[np.bool_]
) -> Iterator[tuple[Chapter, int, Any]]:
    """Yield chapter, index and PyAV's picture of every wanted frame that decodes, in their order.

    Parameters
    ----------
    recording : Recording
        From `read_recording`.
    is_wanted : ndarray, shape (n_frames,), bool
        Which frames.
    """
    for chapter, first in zip(recording.chapters, recording.first_index, strict=True):
        for rank, decoded in _read_chapter(chapter, is_wanted[first:][: len(chapter.times_s)]):
            yield chapter, first + rank, decoded


def nearest_to_grid(times_s: NDArray[np.float64], *, rate_hz: float) -> NDArray[np.bool_]:
    """Return which frames are nearest to one of the times k / rate_hz up to the last frame.

    Parameters
    ----------
    times_s : ndarray, shape (n_frames,), float64
        Ascending, the first at 0.
    rate_hz : float
        Above 0.

    Returns
    -------
    ndarray, shape (n_frames,), bool
    """
    grid_s = np.arange(int(times_s[-1] * rate_hz + _TIE_S) + 1) / rate_hz
    after = np.clip(np.searchsorted(times_s, grid_s), 0, len(times_s) - 1)
    before = np.maximum(after - 1, 0)
    is_nearer_after = times_s[after] - grid_s < grid_s - times_s[before] - _TIE_S
    is_nearest = np.zeros(len(times_s), bool)
    # The first grid point is the first frame itself, which has nothing before it.
    is_nearest[np.where(is_nearer_after | (before == after), after, before)] = True
    return is_nearest


def _read_chapter(chapter: Chapter, is_wanted: NDArray[np.bool_]) -> Iterator[tuple[int, Any]]:
    """Yield (rank, picture) of the wanted frames of one file."""
    wanted = np.flatnonzero(is_wanted)
    if not len(wanted):
        return
    for island in islands(chapter, wanted):
        start = max(0, int(island[0]) - _N_LEAD_IN * chapter.interlaced)
        pictures = _decode_from_rank(chapter, start, is_wanted)
        if chapter.interlaced:
            pictures = _deinterlace(pictures)
        for rank, decoded in pictures:
            if rank <= island[-1] and is_wanted[rank]:
                yield rank, decoded
            if rank >= island[-1]:
                break


def _decode_from_rank(
    chapter: Chapter, rank: int, is_wanted: NDArray[np.bool_]
) -> Iterator[tuple[int, Any]]:
    """Yield (rank, picture) from `rank` on, in ascending order of rank; all that are wanted."""
    starts = _starts_before(chapter, rank)
    for start in starts:
        pictures = _decode_from_packet(chapter, start, is_wanted)
        # Pictures shown before the keyframe may refer to what lies before it and are not to be
        # trusted. Where the keyframe itself does not come out whole (it is damaged, or refreshed
        # bit by bit), nor are those after it, and an earlier start is tried.
        due = _frame_at(chapter, start)
        head = next((item for item in pictures if item[0] >= due), None)
        if start == 0 or (head is not None and head[0] == due):
            break
    last = -1
    for its_rank, decoded in chain([head] if head else [], pictures):
        if its_rank > last:
            last = its_rank
            if its_rank >= rank:
                yield its_rank, decoded


def _frame_at(chapter: Chapter, position: int) -> int:
    """Return the rank of the frame shown at the time of the packet at `position`."""
    return int(np.searchsorted(chapter.pts, chapter.packets.pts[position]))


def _starts_before(chapter: Chapter, rank: int) -> list[int]:
    """Return keyframes to begin at, as positions of packets: the nearest first, last the file's."""
    listed = chapter.packets
    keys = np.flatnonzero(listed.is_key & (listed.pts <= chapter.pts[rank]))
    keys = keys[keys > 0]
    back = 0
    starts = []
    while back < len(keys):
        starts.append(int(keys[-1 - back]))
        back = 2 * back + 1
    return [*starts, 0]


def _decode_from_packet(
    chapter: Chapter, start: int, is_wanted: NDArray[np.bool_]
) -> Iterator[tuple[int, Any]]:
    """Yield (rank, picture) as the decoder gives them, begun at the packet `start`."""
    ranks = chapter.packets.rank
    with open_video(chapter.path) as (container, stream):
        if len(chapter.shapes) > 1:
            # A JPEG lower than the file says is taken for one field of an interlaced picture
            # where decoding begins with it, and for a picture where it does not.
            first = geometry_at(chapter.shapes, _frame_at(chapter, start))
            stream.codec_context.width = first.coded_width_px
            stream.codec_context.height = first.coded_height_px
        is_needed = skipper(stream, chapter)
        reader = _packets_from(chapter, start, container, stream)
        for position, packet in enumerate(reader, start):
            if position >= len(ranks):
                break
            # The decoder hands time stamps through, so a packet's position in the file tells which
            # frame came out, also where stamps repeat or are guessed differently after a seek.
            packet.pts = position
            # Where a packet shows nothing it may be what others refer to. The first one tells
            # whether decoding could begin here.
            rank = ranks[position]
            if is_needed(rank < 0 or position == start or bool(is_wanted[rank])):
                yield from _ranked(decode(stream.codec_context, packet), ranks)
        yield from _ranked(decode(stream.codec_context, None), ranks)


def _ranked(pictures: list[Any], ranks: NDArray[np.int64]) -> Iterator[tuple[int, Any]]:
    for picture in pictures:
        if picture.pts is not None and 0 <= picture.pts < len(ranks) and ranks[picture.pts] >= 0:
            yield int(ranks[picture.pts]), picture


def _packets_from(chapter: Chapter, start: int, container: Any, stream: Any) -> Iterator[Any]:
    if start == 0:
        yield from packets(container, stream)
        return
    listed = chapter.packets
    try:
        container.seek(int(listed.seek[start]), stream=stream)
    except (av.FFmpegError, OSError):
        return
    reader = packets(container, stream)
    for packet in reader:
        stamp = packet.pts if packet.pts is not None else packet.dts
        if (
            packet.is_keyframe
            and stamp == listed.stamp[start]
            and packet.size == listed.size[start]
        ):
            yield packet
            break
        if packet.is_keyframe and stamp is not None and stamp > listed.stamp[start]:
            return
    yield from reader


def _deinterlace(pictures: Iterator[tuple[int, Any]]) -> Iterator[tuple[int, Any]]:
    """Put pictures through bwdif: one out for one in, held back by one."""
    graph, layout = None, None
    for rank, picture in pictures:
        if graph is None or layout != (picture.width, picture.height, picture.format.name):
            if graph is not None:
                yield from _finish(graph)
            layout = (picture.width, picture.height, picture.format.name)
            graph = _deinterlacer(picture)
        picture.pts = rank
        picture.time_base = _RANK_BASE
        graph.push(picture)
        yield from _pull(graph)
    if graph is not None:
        yield from _finish(graph)


def _deinterlacer(picture: Any) -> Any:
    graph = av.filter.Graph()
    graph.threads = 1
    source = graph.add_buffer(
        width=picture.width,
        height=picture.height,
        format=picture.format,
        time_base=_RANK_BASE,
    )
    bwdif = graph.add("bwdif", "mode=send_frame:parity=auto:deint=interlaced")
    graph.link_nodes(source, bwdif, graph.add("buffersink"))
    graph.configure()
    return graph


def _finish(graph: Any) -> Iterator[tuple[int, Any]]:
    graph.push(None)
    yield from _pull(graph)


def _pull(graph: Any) -> Iterator[tuple[int, Any]]:
    while True:
        try:
            picture = graph.pull()
        except (av.BlockingIOError, av.EOFError):
            return
        yield round(picture.pts * picture.time_base / _RANK_BASE), picture
