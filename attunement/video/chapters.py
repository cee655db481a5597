"""One video file: what its pictures look like, and when each of its frames is shown."""

import struct
from array import array
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attunement.errors import VideoError
from attunement.video.geometry import TURNS, Geometry, nearest_quarter_turn
from attunement.video.opening import decode, open_video, packets, picture_tracks
from attunement.video.ordering import stamps_as_shown, stamps_mislead
from attunement.video.ranking import BACKWARD, REPEATED, rank_packets, stamps_by_rank
from attunement.video.shapes import ShapeReader, Shapes

_N_FIRST_PICTURES = 12
# Dropping more than this share of the packets would lose a stretch of the recording unsaid.
_MOST_DROPPED = 0.1
_STAMP_IT = (
    "Put it into a container with times, for example with "
    "'ffmpeg -r RATE -i FILE -c copy FILE.mp4'."
)
_FIRST_INTERLACED_FIELD_ORDER = 2  # AVFieldOrder: 0 unknown, 1 progressive, then the interlaced


@dataclass(frozen=True)
class Packets:
    """The packets of a file in the order in which they are stored, one entry a packet.

    Attributes
    ----------
    pts : ndarray of int64
        Presentation time stamp in units of the time base.
    stamp : ndarray of int64
        The same as the file says it, by which a packet is found again. It differs from `pts` where
        it does not tell when a frame is shown (`attunement.video.ordering`).
    seek : ndarray of int64
        Time stamp to seek by: decoding time where known, else `pts`.
    size : ndarray of int64
        Bytes; tells packets of equal time stamps apart.
    is_key : ndarray of bool
        Whether decoding may begin here.
    rank : ndarray of int64
        Rank of the frame that the packet belongs to; below 0 where it gives none.
    """

    pts: NDArray[np.int64]
    stamp: NDArray[np.int64]
    seek: NDArray[np.int64]
    size: NDArray[np.int64]
    is_key: NDArray[np.bool_]
    rank: NDArray[np.int64]


@dataclass(frozen=True)
class Chapter:
    """One file of a recording.

    Attributes
    ----------
    path : Path
        The file.
    codec : str
        ffmpeg's name of the codec.
    shapes : tuple of (int, Geometry)
        From coded to displayed picture, and the rank of the first frame that it holds for; the
        first is that of the first picture that decodes.
    interlaced, has_sound : bool
        Whether pictures are interlaced; whether there is a sound track.
    packets : Packets
        Every packet of the video track.
    pts : ndarray of int64
        Presentation time stamps of the frames, strictly ascending.
    times_s : ndarray of float64
        The same in seconds from the first frame.
    frame_s : float
        How long one frame is shown: the median distance of two frames.
    n_repeated : int
        Pictures left out because a later one carries the same time.
    track, n_tracks : int
        Which of the file's picture tracks was taken, from 1, and how many there are.
    """

    path: Path
    codec: str
    shapes: Shapes
    interlaced: bool
    has_sound: bool
    packets: Packets
    pts: NDArray[np.int64]
    times_s: NDArray[np.float64]
    frame_s: float
    n_repeated: int = 0
    track: int = 1
    n_tracks: int = 1

    @property
    def geometry(self) -> Geometry:
        """Of the first picture."""
        return self.shapes[0][1]


def list_chapter(path: Path) -> Chapter:
    """Read all packets of a file and decode its first pictures.

    Raises
    ------
    VideoError
        When the file cannot be opened, has no time stamps, or no picture in it decodes.
    """
    pts, seek, size = array("q"), array("q"), array("q")
    is_key, is_hidden = array("b"), array("b")
    pictures: list[Any] = []
    n_unstamped = 0
    first = b""
    with open_video(path) as (container, stream):
        shapes = ShapeReader(stream)
        time_base: Fraction = stream.time_base
        for position, packet in enumerate(packets(container, stream)):
            first = first or bytes(packet)
            stamp = packet.pts if packet.pts is not None else packet.dts
            n_unstamped += stamp is None
            pts.append(0 if stamp is None else stamp)
            seek.append(pts[-1] if packet.dts is None else packet.dts)
            size.append(packet.size)
            is_key.append(packet.is_keyframe)
            if packet.is_keyframe:
                shapes.look(position, packet)
            # An edit list hides packets that are there for decoding only.
            is_hidden.append(packet.is_discard or stamp is None)
            if len(pictures) < _N_FIRST_PICTURES:
                packet.pts = position
                pictures += decode(stream.codec_context, packet)
        if len(pictures) < _N_FIRST_PICTURES:
            pictures += decode(stream.codec_context, None)
        if not pictures:
            raise VideoError(
                f"No picture of {path.name} can be decoded.", "Copy it again or export it anew."
            )
        codec = stream.codec_context.name
        geometry = _geometry(stream, pictures[0])
        field_order = stream.codec_context.field_order
        has_sound = len(container.streams.audio) > 0
        tracks = [track.index for track in picture_tracks(container)]
        number = tracks.index(stream.index) + 1
        rate = stream.average_rate
        kind = container.format.name
    if n_unstamped > len(pts) / 2:
        raise VideoError(f"{path.name} carries no time stamps.", _STAMP_IT)
    interlaced = field_order >= _FIRST_INTERLACED_FIELD_ORDER or any(
        picture.interlaced_frame for picture in pictures
    )
    stamps, stored = np.frombuffer(pts, np.int64), np.frombuffer(seek, np.int64)
    shown = [picture.pts for picture in pictures]
    hidden = np.frombuffer(is_hidden, np.int8) > 0
    as_shown = stamps
    telling = [position for position in shown if not hidden[position]]
    if stamps_mislead(stamps, telling, codec=codec, container=kind, first=first):
        as_shown = stamps_as_shown(path, stamps, stored, hidden, codec=codec)
    steps = np.diff(np.sort(as_shown[shown]))
    # Both fields of an interlaced picture may come as packets of their own. Cameras that interlace
    # have a constant rate, so what follows sooner than a picture lasts is its second field.
    least_gap = 0.75 * float(np.median(steps)) if interlaced and len(steps) else 0.0
    rank = rank_packets(as_shown, hidden, least_gap=least_gap)
    n_repeated = int(np.count_nonzero(rank == REPEATED))
    if np.count_nonzero(rank == BACKWARD) > _MOST_DROPPED * len(rank):
        raise VideoError(
            f"The time stamps of {path.name} start over on the way, as when files were glued "
            "together.",
            "Give the original files as chapters, a|b, or export the video anew.",
        )
    kept = stamps_by_rank(as_shown, rank)
    if n_repeated and len(kept) == 1:
        raise VideoError(f"All pictures of {path.name} carry one and the same time.", _STAMP_IT)
    times_s = (kept - kept[0]) * time_base.numerator / time_base.denominator
    nominal_s = float(1 / rate) if rate else 0.04
    return Chapter(
        path=path,
        codec=codec,
        shapes=shapes.shapes(geometry, rank),
        interlaced=interlaced,
        has_sound=has_sound,
        packets=Packets(
            as_shown,
            stamps,
            stored,
            np.frombuffer(size, np.int64),
            np.frombuffer(is_key, np.int8) > 0,
            rank,
        ),
        pts=kept,
        times_s=times_s,
        frame_s=float(np.median(np.diff(times_s))) if len(times_s) > 1 else nominal_s,
        n_repeated=n_repeated,
        track=number,
        n_tracks=len(tracks),
    )


def _geometry(stream: Any, picture: Any) -> Geometry:
    aspect = stream.sample_aspect_ratio or stream.codec_context.sample_aspect_ratio or 1
    return Geometry(picture.width, picture.height, float(aspect), _matrix(picture))


def _matrix(picture: Any) -> tuple[int, int, int, int]:
    try:
        side_data = picture.side_data.get("DISPLAYMATRIX")
    except ValueError:
        # PyAV 18 gives nothing beside a picture where one thing is of a kind that it does not know
        # (EXIF in the JPEG pictures of a photo camera), except the turn, counter-clockwise.
        return TURNS.get(round(-picture.rotation) % 360, TURNS[0])
    if side_data is None:
        return TURNS[0]
    a, b, _, c, d, *_ = struct.unpack("=9i", bytes(side_data))
    return nearest_quarter_turn(a, b, c, d)
