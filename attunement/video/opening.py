"""Opening a video file, and the packets and pictures in it, with errors a user can act on.

PyAV's own exceptions end here: what cannot be opened is a `VideoError`, what cannot be read or
decoded within an open file is left out.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av

from attunement.errors import VideoError

# A camera's title or place in another encoding must not stop a recording. PyAV 18 refuses such a
# file unless told to replace what it cannot read; PyAV 19 reads it as it is and knows no argument.
_FOREIGN_METADATA: dict[str, Any] = (
    {"metadata_errors": "replace"} if int(av.__version__.split(".")[0]) < 19 else {}
)
# Bits of ffmpeg's AV_DISPOSITION. A still picture that a file carries as its cover, or a track of
# thumbnails, is a video stream to ffmpeg.
_DEFAULT = 1
_COVERS = 1 << 10 | 1 << 11 | 1 << 20  # attached picture, timed thumbnails, still image


@contextmanager
def open_video(path: Path) -> Iterator[tuple[Any, Any]]:
    """Open `path` and give its container and the picture track that a player would show.

    That is the first that the file marks as default, else the first (`picture_tracks`).

    Decoding is set to one thread: how damaged pictures are concealed depends on the threads, and
    work is spread over processes anyway.

    Raises
    ------
    VideoError
        When there is no such file, it is a folder or empty, it is no video, it has no video track,
        or its codec is unknown.
    """
    _refuse_what_is_no_file(path)
    try:
        # "file:" keeps a name like "home:1.mp4" from being taken for a protocol.
        container = av.open(f"file:{path}", **_FOREIGN_METADATA)
    except (av.FFmpegError, OSError, ValueError) as error:
        raise _cannot_open(path, error) from None
    with container:
        stream = _video_stream(container, path)
        stream.codec_context.thread_type = "NONE"
        stream.codec_context.thread_count = 1
        yield container, stream


def packets(container: Any, stream: Any) -> Iterator[Any]:
    """Yield the packets of `stream`; where the file can be read no further, they end."""
    reader = container.demux(stream)
    while True:
        try:
            packet = next(reader)
        except (StopIteration, av.FFmpegError, OSError, IndexError):
            # IndexError is PyAV's where damage makes a stream appear that it did not list.
            return
        # Empty packets stand for a picture that the recorder dropped, and for the end.
        if packet.size:
            yield packet


def decode(decoder: Any, packet: Any) -> list[Any]:
    """Return the pictures that `packet` completes (None: all that are still held back).

    `decoder` is the ``codec_context`` of a track, or one without a file.

    Packets that do not decode, and pictures that the decoder itself calls corrupt, give none.
    """
    try:
        pictures = decoder.decode(packet)
    except (av.FFmpegError, OSError, ValueError):
        return []
    return [picture for picture in pictures if not picture.is_corrupt]


def _refuse_what_is_no_file(path: Path) -> None:
    try:
        if not path.exists():
            raise VideoError(
                f"There is no video {path.name} in {path.parent}.",
                "Check the name, and that the disk is connected.",
            )
        if path.is_dir():
            raise VideoError(f"{path} is a folder, not a video.", "Name the file inside it.")
        if path.stat().st_size == 0:
            raise VideoError(f"{path.name} is empty (zero bytes).", "Copy it again.")
    except OSError as error:
        raise VideoError(f"{path.name} cannot be read ({error.strerror}).") from None


def _cannot_open(path: Path, error: Exception) -> VideoError:
    if isinstance(error, PermissionError):
        return VideoError(f"{path.name} may not be read by this user.", "Change its permissions.")
    try:
        with path.open("rb") as file:
            head = file.read(12)
    except OSError:
        head = b""
    if head[4:8] == b"ftyp":
        return VideoError(
            f"{path.name} is an MP4 or MOV file without a readable index, as when a recording or "
            "a copy stops before its end.",
            "Copy it again, or repair it with the camera's own program.",
        )
    return VideoError(
        f"{path.name} is not a video that can be read ({type(error).__name__}).",
        "Copy it again, or export it as MP4.",
    )


def sound_stream(container: Any) -> Any | None:
    """Return the sound track that a player would play, None where there is none it knows."""
    known = [stream for stream in container.streams.audio if stream.codec_context is not None]
    return _default_of(known) if known else None


def picture_tracks(container: Any) -> list[Any]:
    """Return the tracks that hold moving pictures, in the order of the file.

    Covers, thumbnails and single pictures beside a recording are none. Where there is nothing
    else, single pictures are.
    """
    tracks = [s for s in container.streams.video if not int(s.disposition) & _COVERS]
    moving = [track for track in tracks if track.frames != 1]
    tracks = moving or tracks
    return [track for track in tracks if track.codec_context is not None] or tracks


def _video_stream(container: Any, path: Path) -> Any:
    tracks = picture_tracks(container)
    if not tracks:
        found = "sound only" if container.streams.audio else "no video track"
        raise VideoError(f"{path.name} has {found}.", "Name a file with pictures in it.")
    if tracks[0].codec_context is None:
        raise VideoError(
            f"The pictures of {path.name} are in a format that is not known here.",
            "Export it as MP4 with H.264.",
        )
    return _default_of(tracks)


def _default_of(tracks: list[Any]) -> Any:
    return next((track for track in tracks if int(track.disposition) & _DEFAULT), tracks[0])
