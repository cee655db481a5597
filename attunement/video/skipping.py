"""Which frames need not be decoded when only some are wanted, so that those come out the same.

A codec lets frames be left out in three ways. Every frame of an intra-only codec (DV, MJPEG,
ProRes) stands for itself. In H.264, HEVC, MPEG-2 and MPEG-4 some frames, mostly B frames, are
referred to by no other, and the decoder knows them. And decoding may begin anew at a keyframe
where the wanted frames lie further apart than keyframes do. All others are needed for what follows.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attunement.video.chapters import Chapter

# Opening the file again takes about as long as decoding so many small pictures.
_MIN_PACKETS_SAVED = 30
_KNOW_THEIR_UNREFERENCED = ("h264", "mpeg2video", "mpeg4")
_HVCC_TEMPORAL_LAYERS = 21  # byte of the HEVC configuration record (ISO/IEC 14496-15, 8.3.3.1)


def islands(chapter: Chapter, wanted: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """Cut ascending ranks of wanted frames where beginning anew at a keyframe saves decoding.

    Interlaced recordings are not cut, since each of their pictures needs its neighbours.
    """
    listed = chapter.packets
    is_shown_key = listed.is_key & (listed.rank >= 0)
    keys = np.flatnonzero(is_shown_key)
    if chapter.interlaced or not len(keys) or len(wanted) < 2:
        return [wanted]
    position = np.zeros(len(chapter.pts), np.int64)
    shown = np.flatnonzero(listed.rank >= 0)
    position[listed.rank[shown]] = shown
    # The keyframe before each wanted frame in the order of presentation, where decoding begins.
    by_rank = keys[np.argsort(listed.rank[keys], kind="stable")]
    before = np.searchsorted(listed.rank[by_rank], wanted, side="right") - 1
    start = np.where(before >= 0, by_rank[np.maximum(before, 0)], 0)
    saved = start[1:] - position[wanted[:-1]]
    return np.split(wanted, np.flatnonzero(saved > _MIN_PACKETS_SAVED) + 1)


def skipper(stream: Any, chapter: Chapter) -> Callable[[bool], bool]:
    """Return what to call before each packet goes to the decoder of `stream`.

    Its argument is whether the packet's frame is wanted. It returns whether the packet is to be
    decoded, and tells the decoder whether it may leave out a frame that nothing refers to.
    """
    context = stream.codec_context
    if chapter.interlaced:
        return _always
    if context.codec.intra_only:
        return _if_wanted
    is_hevc = context.name == "hevc" and _has_one_layer(context.extradata)
    if context.name == "mpeg4" and not np.array_equal(chapter.packets.pts, chapter.packets.stamp):
        return _always  # two pictures in one packet: leaving out the first loses the second
    if context.name not in _KNOW_THEIR_UNREFERENCED and not is_hevc:
        return _always

    def tell(is_wanted: bool) -> bool:
        context.skip_frame = "DEFAULT" if is_wanted else "NONREF"
        return True

    return tell


def _always(_is_wanted: bool) -> bool:
    return True


def _if_wanted(is_wanted: bool) -> bool:
    return is_wanted


def _has_one_layer(extradata: bytes | None) -> bool:
    """Return whether an HEVC stream says that it has one temporal layer.

    What the decoder takes for unreferenced may be referred to by a higher layer.
    """
    if extradata is None or len(extradata) <= _HVCC_TEMPORAL_LAYERS or extradata[0] != 1:
        return False
    return (extradata[_HVCC_TEMPORAL_LAYERS] >> 3) & 7 == 1
