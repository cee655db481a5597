"""In which order frames are shown, for files whose time stamps tell only when they are stored.

AVI has no presentation times: what stands there counts packets in the order of storing. For most
codecs ffmpeg works the others out from the kind of each picture, but not for H.264 and HEVC, nor
for MPEG-4 with two pictures in one packet ("packed bitstream", DivX and Xvid). MP4 files that lack
their table of reordering are the same kind. In them a picture that others are predicted from seems
to be shown when it is stored, before the B frames that it comes after.
"""

import re
from collections.abc import Sequence
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attunement.video.opening import decode, open_video, packets
from attunement.video.picture_order import PictureOrder, shown_after

# More than any codec holds back: 16 pictures, each of which may be two packets (fields).
REORDER_PACKETS = 32
_STORED_ALONE = ("h264", "hevc")  # ffmpeg works out no times of showing for them
_PACKED = re.compile(rb"\x00\x00\x01\xb2DivX\d+[Bb]\d+p")


def stamps_mislead(
    stamps: NDArray[np.int64], shown: Sequence[int], *, codec: str, container: str, first: bytes
) -> bool:
    """Return whether the time stamps of a file may not tell the order in which frames are shown.

    Parameters
    ----------
    stamps : ndarray, shape (n_packets,), int64
        Presentation time stamps as the file gives them, in the order of storing.
    shown : sequence of int
        Positions of the stamped packets of the first pictures, as the decoder gave them.
    codec, container : str
        ffmpeg's names.
    first : bytes
        The first packet.
    """
    if container == "avi" and codec in _STORED_ALONE and bool((np.diff(stamps) >= 0).all()):
        return True
    if codec == "mpeg4" and _PACKED.search(first):
        return True
    # Stored and stamped earlier, and yet shown later.
    return any(b < a and stamps[b] < stamps[a] for a, b in pairwise(shown))


def stamps_as_shown(
    path: Path,
    stamps: NDArray[np.int64],
    stored: NDArray[np.int64],
    is_hidden: NDArray[np.bool_],
    *,
    codec: str,
) -> NDArray[np.int64]:
    """Return presentation time stamps that follow the order in which the frames are shown.

    The frame that is shown k-th gets the k-th of the file's own stamps, in ascending order. Where
    the stamps follow the order already they are returned as they are. Where a recorder paused or
    dropped pictures, the gap lies where it is stored: later than it was by as many frames as the
    encoder held back, mostly one or two.

    Parameters
    ----------
    path : Path
        The file.
    stamps, stored : ndarray, shape (n_packets,), int64
        Presentation and decoding time stamps as the file gives them, in the order of storing.
    is_hidden : ndarray, shape (n_packets,), bool
        Packets that are decoded and not shown; they keep their stamps.
    codec : str
        ffmpeg's name of the codec.
    """
    n = len(stamps)
    turn: NDArray[Any] | None = _turn_in_headers(path, n) if codec == "h264" else None
    if turn is None:
        turn = _turn_when_decoded(path, n)
    shown = np.flatnonzero(~is_hidden)
    ascending = np.sort(stamps[shown])
    if (np.diff(ascending) == 0).any():
        ascending = np.sort(stored[shown])  # which in AVI count the packets
    as_shown = stamps.copy()
    as_shown[shown[np.argsort(turn[shown], kind="stable")]] = ascending
    return as_shown


def _turn_in_headers(path: Path, n: int) -> NDArray[np.int64] | None:
    """Return the turn at which each packet is shown, or None where the headers do not tell."""
    with open_video(path) as (container, stream):
        order = PictureOrder(stream.codec_context.extradata)
        places = [order.place(bytes(packet)) for packet in packets(container, stream)]
    turn = shown_after(n, places)
    if turn is None or int(np.abs(turn - np.arange(n)).max()) > REORDER_PACKETS:
        return None
    return turn


def _turn_when_decoded(path: Path, n: int) -> NDArray[np.float64]:
    """Return the turn at which the decoder gives the picture of each packet.

    A packet that gives none comes right after the one stored before it.
    """
    turn = np.full(n, np.nan)
    n_shown = 0
    with open_video(path) as (container, stream):
        reader = packets(container, stream)
        for position, packet in enumerate(chain(reader, [None])):
            if packet is not None:
                packet.pts = position
            for picture in decode(stream.codec_context, packet):
                if picture.pts is not None and 0 <= picture.pts < n:
                    turn[picture.pts] = n_shown
                    n_shown += 1
    given = np.maximum.accumulate(np.where(np.isnan(turn), -1, np.arange(n)))
    return np.where(np.isnan(turn), np.where(given < 0, -1, turn[given]) + 0.5, turn)
