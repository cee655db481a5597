"""Where the pictures of a file change their size or shape on the way.

Recordings of browsers and calls do, with the connection or the mode of the camera. Decoding a whole
file to find that out would take as long as analysing it. So the headers of the packets at which
decoding may begin are looked at, and one of them is decoded only where it says something new.
"""

from bisect import bisect
from collections.abc import Callable
from dataclasses import replace
from operator import itemgetter
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from attunement.video.geometry import Geometry
from attunement.video.opening import decode

Shapes = tuple[tuple[int, Geometry], ...]  # rank of the first frame that it holds for

_HEAD_BYTES = 4096  # what tells the shape stands in front of the picture itself
_VP9_SYNC = 0x498342
_VP9_RGB = 7
_JPEG_SIZES = (0xC0, 0xC1, 0xC2)  # start of frame


def geometry_at(shapes: Shapes, rank: int) -> Geometry:
    """Return what holds for the frame of this rank."""
    return shapes[bisect(shapes, rank, key=itemgetter(0)) - 1][1]


class ShapeReader:
    """Notes where packets say that pictures have another shape from here on.

    Parameters
    ----------
    stream : av.VideoStream
        The picture track.
    """

    def __init__(self, stream: Any) -> None:
        context = stream.codec_context
        self._codec, self._extradata = context.name, context.extradata
        self._mark = _MARKS.get(self._codec)
        self._first: tuple[bytes, bytes | None] | None = None  # packet, configuration
        self._known: dict[bytes, tuple[int, int, float] | None] = {}
        self._marks: list[tuple[int, bytes]] = []

    def look(self, position: int, packet: Any) -> None:
        """Look at the packet at this position of the file, at which decoding may begin."""
        if self._mark is None:
            return
        if packet.has_sidedata("new_extradata"):
            self._extradata = bytes(packet.get_sidedata("new_extradata"))
            mark = self._extradata
        else:
            mark = self._mark(memoryview(packet), self._extradata)
        if self._first is None:
            self._first = bytes(packet), self._extradata
            self._known[mark] = None
            self._marks.append((position, mark))
        elif mark and mark != self._marks[-1][1]:
            if mark not in self._known:
                if None in self._known.values():
                    self._known[self._marks[0][1]] = self._shape(*self._first)
                self._known[mark] = self._shape(bytes(packet), self._extradata)
            self._marks.append((position, mark))

    def shapes(self, first: Geometry, rank: NDArray[np.int64]) -> Shapes:
        """Return from which frame on which geometry holds.

        Parameters
        ----------
        first : Geometry
            Of the first picture that decodes; it tells how the others are turned.
        rank : ndarray, shape (n_packets,), int64
            From `rank_packets`.
        """
        shapes = [(0, first)]
        if len(self._marks) < 2 or (original := self._known[self._marks[0][1]]) is None:
            return tuple(shapes)
        for position, mark in self._marks[1:]:
            shape, ranks = self._known[mark], rank[position:]
            if shape is None or not (ranks >= 0).any():
                continue
            width_px, height_px, aspect = shape
            # What the container says of the first picture stands above what is coded.
            kept = first.sample_aspect_ratio if aspect == original[2] else aspect
            geometry = replace(
                first, coded_width_px=width_px, coded_height_px=height_px, sample_aspect_ratio=kept
            )
            if geometry != shapes[-1][1]:
                shapes.append((int(ranks[ranks >= 0].min()), geometry))
        return tuple(shapes)

    def _shape(self, packet: bytes, extradata: bytes | None) -> tuple[int, int, float] | None:
        """Decode a packet alone; None where it gives no picture."""
        context: Any = av.CodecContext.create(self._codec, "r")
        context.thread_count = 1
        if extradata:
            context.extradata = extradata
        pictures = [*decode(context, av.Packet(packet)), *decode(context, None)]
        if not pictures:
            return None
        aspect = float(context.sample_aspect_ratio or 1)
        return pictures[0].width, pictures[0].height, aspect


def _h264(packet: memoryview, extradata: bytes | None) -> bytes:
    at = 4 if (extradata or b"")[:1] == b"\x01" else 0
    length_bytes = ((extradata or b"")[at] & 3) + 1 if at else 0
    return _parameter_sets(packet, length_bytes, lambda first: first & 31 == 7)


def _hevc(packet: memoryview, extradata: bytes | None) -> bytes:
    has_record = (extradata or b"")[:1] == b"\x01" and len(extradata or b"") > 21
    length_bytes = ((extradata or b"")[21] & 3) + 1 if has_record else 0
    return _parameter_sets(packet, length_bytes, lambda first: first >> 1 & 63 == 33)


def _parameter_sets(packet: memoryview, length_bytes: int, is_set: Callable[[int], bool]) -> bytes:
    """Return the sequence parameter sets in front of a picture, which hold its size and aspect."""
    head, sets = bytes(packet[:_HEAD_BYTES]), b""
    if length_bytes:
        at = 0
        while at + length_bytes < len(head):
            length = int.from_bytes(head[at : at + length_bytes])
            at += length_bytes
            if is_set(head[at]):
                sets += head[at : at + length]
            at += length
        return sets
    for unit in head.split(b"\x00\x00\x01")[1:]:
        if unit and is_set(unit[0]):
            sets += unit.rstrip(b"\x00")
    return sets


def _mpeg2(packet: memoryview, _extradata: bytes | None) -> bytes:
    """Return 12 bits of width, 12 of height and 4 of aspect of a sequence header."""
    head = bytes(packet[:_HEAD_BYTES])
    at = head.find(b"\x00\x00\x01\xb3")
    return head[at + 4 : at + 7] + bytes([head[at + 7] & 0xF0]) if 0 <= at < len(head) - 8 else b""


def _mpeg4(packet: memoryview, _extradata: bytes | None) -> bytes:
    """Return the headers of the video object layers (0x20 to 0x2f)."""
    units = bytes(packet[:_HEAD_BYTES]).split(b"\x00\x00\x01")[1:]
    return b"".join(unit for unit in units if unit and 0x20 <= unit[0] <= 0x2F)


def _vp8(packet: memoryview, _extradata: bytes | None) -> bytes:
    """Return width and height of a keyframe (RFC 6386, 9.1)."""
    head = bytes(packet[:10])
    return head[6:] if head[3:6] == b"\x9d\x01\x2a" else b""


def _vp9(packet: memoryview, _extradata: bytes | None) -> bytes:
    """Return width and height of a keyframe (VP9 bitstream specification, 6.2)."""
    head = bytes(packet[:16])
    bits, left = int.from_bytes(head), 8 * len(head)

    def take(n: int) -> int:
        nonlocal left
        left -= n
        return bits >> left & ((1 << n) - 1) if left >= 0 else 0

    take(2)  # frame marker
    profile = take(1) | take(1) << 1
    if profile == 3:
        take(1)
    if take(1) or take(1):  # shows a frame decoded before; or no keyframe
        return b""
    take(2)
    if take(24) != _VP9_SYNC:
        return b""
    take(1 if profile >= 2 else 0)
    if take(3) != _VP9_RGB:
        take(1)
        take(3 if profile in (1, 3) else 0)
    elif profile in (1, 3):
        take(1)
    return take(32).to_bytes(4)


def _jpeg(packet: memoryview, _extradata: bytes | None) -> bytes:
    """Return height and width of the start of frame (ITU-T T.81, B.2.2)."""
    at = 2
    while at + 9 <= len(packet) and packet[at] == 0xFF:
        if packet[at + 1] in _JPEG_SIZES:
            return bytes(packet[at + 5 : at + 9])
        at += 2 + int.from_bytes(packet[at + 2 : at + 4])
    return b""


def _av1(packet: memoryview, _extradata: bytes | None) -> bytes:
    """Return the sequence headers (AV1 bitstream specification, 5.3)."""
    head = bytes(packet[:_HEAD_BYTES])
    at, found = 0, b""
    while at < len(head) and head[at] & 2:  # units with their size
        kind = head[at] >> 3 & 15
        at += 2 if head[at] & 4 else 1
        size, shift = 0, 0
        while at < len(head):
            size |= (head[at] & 127) << shift
            shift, at = shift + 7, at + 1
            if head[at - 1] < 128:
                break
        if kind == 1:
            found += head[at : at + size]
        at += size
    return found


# What tells the shape of the pictures in a packet, by ffmpeg's name of the codec. Of others the
# first picture's holds, and pictures of another size are fitted into it.
_MARKS: dict[str, Callable[[memoryview, bytes | None], bytes]] = {
    "h264": _h264,
    "hevc": _hevc,
    "mpeg1video": _mpeg2,
    "mpeg2video": _mpeg2,
    "mpeg4": _mpeg4,
    "vp8": _vp8,
    "vp9": _vp9,
    "mjpeg": _jpeg,
    "av1": _av1,
    "libdav1d": _av1,
}
