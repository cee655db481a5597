"""Which frames of a recording to look at, so that a few say what the whole is like.

Decoding can only begin at a keyframe. Keyframes are therefore looked at where there are any, and
frames between them only as far as decoding on to them stays cheap or a long stretch would go
unseen.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import inf, nextafter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from attunement.study import Episode, Span
from attunement.video import Frame, read_frames
from attunement.video.recording import read_recording

N_LOOKS = 60
# Pixels decoded between keyframes for one recording: 250 frames of 1280 x 720, about half a second.
MAX_PIXELS = 250 * 1280 * 720
# Looks are never further apart than this many parts, whatever it costs.
MAX_PARTS_APART = 4
# read_frames begins this many frames early where pictures are interlaced, so that a keyframe
# itself would be decoded from the keyframe before it.
_LEAD_IN = 4


def analysed_spans(
    start_s: float, end_s: float, *, episodes: Sequence[Episode], exclude: Sequence[Span]
) -> list[Span]:
    """Return the stretches of [start_s, end_s) inside the episodes and outside what is excluded.

    Without episodes all of it counts. Stretches follow each other in time; of episodes that
    overlap the common time is there once.
    """
    wanted = [Span(e.start_s, e.end_s) for e in episodes] or [Span(start_s, end_s)]
    edges = {start_s, end_s}
    for span in [*wanted, *exclude]:
        edges |= {min(max(time, start_s), end_s) for time in (span.start_s, span.end_s)}
    ordered = sorted(edges)
    spans: list[Span] = []
    for left, right in pairwise(ordered):
        middle = (left + right) / 2
        if not _inside(middle, wanted) or _inside(middle, exclude):
            continue
        if spans and spans[-1].end_s == left:
            spans[-1] = Span(spans[-1].start_s, right)
        else:
            spans.append(Span(left, right))
    return spans


def choose_looks(
    times_s: NDArray[np.float64],
    keys: NDArray[np.int64],
    spans: Sequence[Span],
    *,
    max_frames: int,
    n_looks: int = N_LOOKS,
) -> NDArray[np.int64]:
    """Return the indices of the frames to look at, ascending.

    The time of the spans is cut into `n_looks` equal parts. In each part that has a keyframe, the
    one nearest to its middle is taken; in the others the frame nearest to the middle, provided
    that decoding on from the keyframes to all of these takes no more than `max_frames`. Otherwise
    parts without a keyframe are left out, except so many that no more than `MAX_PARTS_APART`
    parts lie between two looks.

    Parameters
    ----------
    times_s : ndarray, shape (n_frames,)
        When each frame is shown, ascending.
    keys : ndarray of int
        Indices of frames at which decoding may begin, ascending.
    spans : sequence of Span
        Stretches of the recording's own time, ascending.
    max_frames : int
        How many frames may be decoded between keyframes.
    n_looks : int
        Parts, at most one look in each. A part that no frame is shown in has none.
    """
    position = _position(times_s, spans)
    length_s = sum(span.end_s - span.start_s for span in spans)
    inside = np.flatnonzero(np.isfinite(position))
    if not len(inside) or not length_s > 0:
        return np.empty(0, np.int64)
    part = np.minimum((position[inside] / length_s * n_looks).astype(int), n_looks - 1)
    off_middle = np.abs(position[inside] - (part + 0.5) * length_s / n_looks)
    is_key = np.isin(inside, keys)
    order = np.lexsort((off_middle, ~is_key, part))
    first = order[np.unique(part[order], return_index=True)[1]]
    looks, with_key, parts = inside[first], is_key[first], part[first]
    if decoded_between(looks[~with_key], keys) > max_frames:
        kept: list[int] = []
        for k in range(len(looks)):
            apart = parts[k] - (parts[kept[-1]] if kept else -MAX_PARTS_APART)
            if with_key[k] or apart >= MAX_PARTS_APART:
                kept.append(k)
        looks = looks[kept]
    return np.sort(looks).astype(np.int64)


def decoded_between(looks: NDArray[np.int64], keys: NDArray[np.int64]) -> int:
    """Return how many frames are decoded on the way from keyframes to looks between them."""
    starts = _starts(looks, keys)
    return int(sum(looks[starts == start].max() - start for start in np.unique(starts)))


def keyframes(videos: Sequence[Path]) -> NDArray[np.int64]:
    """Return the indices of the frames that can be had without decoding others, ascending."""
    recording = read_recording(videos)
    indices = []
    for chapter, first in zip(recording.chapters, recording.first_index, strict=True):
        ranks = chapter.packets.rank[chapter.packets.is_key]
        ranks = np.unique(ranks[ranks >= 0]) + (_LEAD_IN if chapter.interlaced else 0)
        indices.append(first + ranks[ranks < len(chapter.times_s)])
    return np.concatenate(indices)


def read_looks(
    videos: Sequence[Path],
    times_s: NDArray[np.float64],
    looks: NDArray[np.int64],
    keys: NDArray[np.int64],
    *,
    rotation_deg: int = 0,
) -> Iterator[Frame]:
    """Yield the frames `looks` that decode; those behind one keyframe are read in one pass."""
    starts = _starts(looks, keys)
    for start in np.unique(starts):
        wanted = looks[starts == start]
        frames = read_frames(
            videos,
            start_s=float(times_s[wanted[0]]),
            end_s=nextafter(float(times_s[wanted[-1]]), inf),
            rotation_deg=rotation_deg,
        )
        left = set(wanted.tolist())
        for frame in frames:
            if frame.index in left:
                left.remove(frame.index)
                yield frame
                # Asking for one more frame would decode on for nothing.
                if not left:
                    break


def _starts(looks: NDArray[np.int64], keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for every look the keyframe that decoding begins at (0 before the first)."""
    before = np.searchsorted(keys, looks, side="right") - 1
    listed = np.concatenate([[0], keys]).astype(np.int64)
    return listed[before + 1]


def _position(times_s: NDArray[np.float64], spans: Sequence[Span]) -> NDArray[np.float64]:
    """Return how much of the spans lies before each time; missing outside them."""
    position = np.full(len(times_s), np.nan)
    before_s = 0.0
    for span in spans:
        inside = (times_s >= span.start_s) & (times_s < span.end_s)
        position[inside] = before_s + times_s[inside] - span.start_s
        before_s += span.end_s - span.start_s
    return position


def _inside(time_s: float, spans: Sequence[Span]) -> bool:
    return any(span.start_s <= time_s < span.end_s for span in spans)
