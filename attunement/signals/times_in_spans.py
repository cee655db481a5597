"""Which times lie in which declared stretches of a session."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from attunement.study.sessions import ALL, Episode, Span


def in_spans(times_s: NDArray[np.float64], spans: Sequence[Span]) -> NDArray[np.bool_]:
    """Return which times lie in any of the half-open spans [start, end), shape (n,)."""
    inside = np.zeros(len(times_s), dtype=bool)
    for span in spans:
        inside |= (times_s >= span.start_s) & (times_s < span.end_s)
    return inside


def episode_names(times_s: NDArray[np.float64], episodes: Sequence[Episode]) -> NDArray[np.object_]:
    """Return the name of the episode that each time lies in, shape (n,).

    Episodes are half-open, [start, end). Outside every episode the name is empty; without episodes
    every time belongs to the one episode ``all``. Where two overlap the first declared one has it.
    """
    if not episodes:
        return np.full(len(times_s), ALL, dtype=object)
    names = np.full(len(times_s), "", dtype=object)
    for episode in reversed(episodes):
        names[(times_s >= episode.start_s) & (times_s < episode.end_s)] = episode.name
    return names
