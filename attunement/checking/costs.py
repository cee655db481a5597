"""What a run over all of a recording costs, measured on a little of it."""

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from attunement.faces.plan import SpanTask
from attunement.signals.times_in_spans import in_spans
from attunement.video import read_frames

_N_TIMED_FRAMES = 24


def n_analysed(task: SpanTask) -> int:
    """Return how many frames of a span a run would search."""
    times_s = task.session_s(np.array(task.times_s))
    return int((~in_spans(times_s, task.exclude)).sum())


def decode_time_s(
    videos: Sequence[Path], times_s: NDArray[np.float64], keys: NDArray[np.int64]
) -> float:
    """Return how long a frame takes to decode, from some that follow each other in the middle."""
    first = int(keys[len(keys) // 2]) if len(keys) else 0
    last = min(first + _N_TIMED_FRAMES, len(times_s) - 1)
    frames = read_frames(videos, start_s=float(times_s[first]), end_s=float(times_s[last]))
    if next(frames, None) is None:
        return 0.0
    start = time.perf_counter()
    n = sum(1 for _ in frames)
    return (time.perf_counter() - start) / n if n else 0.0
