"""Which frame of a recording each packet belongs to, by its time stamp."""

import heapq

import numpy as np
from numpy.typing import NDArray

from attunement.video.ordering import REORDER_PACKETS

# Why a packet gives no frame; all are below 0.
HIDDEN = -1  # decoded and not shown
REPEATED = -2  # a later picture carries the same time
BACKWARD = -3  # its time lies before that of a picture further ahead
# As many as codecs hold back. Of files that were glued together the same time comes again later.
_STORED_TOGETHER = REORDER_PACKETS // 2


def rank_packets(
    pts: NDArray[np.int64], is_hidden: NDArray[np.bool_], *, least_gap: float = 0.0
) -> NDArray[np.int64]:
    """Return the rank in presentation order of the frame that each packet belongs to.

    Packets come in the order of decoding and are put in the order of presentation within a window
    of 32 packets, which holds every reordering that codecs do. Of packets that carry the same time
    the last one stays: a player shows it until the next, and a recorder that was held up stamps
    what has waited with the time of the latest. A packet that lies before its predecessor (time
    stamps that jump back further than that) is dropped, and time goes on once the stamps have
    passed it.

    Parameters
    ----------
    pts : ndarray, shape (n_packets,), int64
        Presentation time stamps in the order of the file.
    is_hidden : ndarray, shape (n_packets,), bool
        Packets that are decoded and not shown.
    least_gap : float
        A packet less than this after the frame before it belongs to that frame (second field).

    Returns
    -------
    ndarray, shape (n_packets,), int64
        `HIDDEN`, `REPEATED` or `BACKWARD` for packets that give no frame.
    """
    rank = np.full(len(pts), HIDDEN, np.int64)
    held: list[tuple[int, int]] = []
    n_frames = 0
    last: int | None = None
    shown = -1

    def place(stamp: int, position: int) -> None:
        nonlocal n_frames, last, shown
        if last is None or stamp - last >= max(least_gap, 1):
            rank[position] = n_frames
            n_frames += 1
            last, shown = stamp, position
        elif stamp == last and least_gap == 0 and abs(position - shown) <= _STORED_TOGETHER:
            rank[position], rank[shown] = n_frames - 1, REPEATED
            shown = position
        elif least_gap > 0 and stamp >= last:
            rank[position] = n_frames - 1
        else:
            rank[position] = BACKWARD

    for position in np.flatnonzero(~is_hidden).tolist():
        heapq.heappush(held, (int(pts[position]), position))
        if len(held) > REORDER_PACKETS:
            place(*heapq.heappop(held))
    while held:
        place(*heapq.heappop(held))
    return rank


def stamps_by_rank(pts: NDArray[np.int64], rank: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the time stamp of every frame; of two fields the earlier one gives it."""
    shown = np.flatnonzero(rank >= 0)
    latest_first = shown[np.argsort(-pts[shown], kind="stable")]
    stamps = np.zeros(int(rank.max()) + 1, np.int64)
    stamps[rank[latest_first]] = pts[latest_first]
    return stamps
