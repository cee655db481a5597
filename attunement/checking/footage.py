"""The sources of a session: recordings of one or both partners, tables of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, nan

import numpy as np
import pandas as pd

from attunement.config import Config
from attunement.faces.backends.stamps import between_numbers
from attunement.faces.backends.table_clock import TableClock
from attunement.faces.plan import SpanTask, Watched
from attunement.faces.span_extraction import read_rows
from attunement.video import VideoInfo, probe_video
from attunement.video.recording import find_stalls


@dataclass(frozen=True)
class Footage:
    """One source of a session: a recording of one or both partners, or a table of one.

    Attributes
    ----------
    tasks : tuple of SpanTask
        The spans that a run would cut it into.
    duration_s, rate_hz : float
        Of the source; the rate is that of the frames a run would analyse.
    table : pandas.DataFrame or None
        The faces of a table of another program.
    info : VideoInfo or None
        What the recording is.
    clock : TableClock or None
        Where a table's times come from.
    """

    tasks: tuple[SpanTask, ...]
    duration_s: float
    rate_hz: float
    table: pd.DataFrame | None = None
    info: VideoInfo | None = None
    clock: TableClock | None = None

    @property
    def watched(self) -> tuple[Watched, ...]:
        """Who is to be seen in it."""
        return self.tasks[0].watched

    @property
    def last_s(self) -> float:
        """The session time of its last frame, or of a table's last row; of none, -1."""
        if self.table is not None:
            return float(self.table["time_s"].max()) if len(self.table) else -1.0
        last = max((task.times_s[-1] for task in self.tasks if task.times_s), default=None)
        return -1.0 if last is None else self.tasks[0].session_s(last)

    @property
    def stalls(self) -> tuple[tuple[float, float], ...]:
        """From when to when it has no picture, or a table no row, in its own time."""
        if self.table is None:
            return self.info.stalls if self.info else ()
        return find_stalls(self.tasks[0].recorded_s(self.table["time_s"].to_numpy(float)))

    @property
    def offset_s(self) -> float:
        """Added to its time to give session time."""
        return self.tasks[0].offset_s

    @property
    def name(self) -> str:
        """The name of its first file."""
        path = self.tasks[0].table or self.tasks[0].videos[0]
        return path.name


def group_footage(tasks: Sequence[SpanTask], config: Config) -> list[Footage]:
    """Put the spans of a session together to its sources, and measure their length."""
    groups: dict[tuple[object, ...], list[SpanTask]] = {}
    for task in tasks:
        groups.setdefault((task.videos, task.table, task.watched), []).append(task)
    return [_footage(tuple(group), config) for group in groups.values()]


def _footage(tasks: tuple[SpanTask, ...], config: Config) -> Footage:
    first = tasks[0]
    if first.table is None:
        info = probe_video(first.videos, rotation_deg=first.rotation_deg)
        limit_hz = config.faces.frame_rate_hz or info.rate_hz
        rate_hz = min(info.rate_hz, limit_hz) if info.n_frames > 1 else nan
        return Footage(tasks, info.duration_s, rate_hz, info=info)
    table, clock = read_rows(first, first.table)
    times_s = first.recorded_s(table["time_s"].to_numpy(float))
    interval_s = between_numbers(times_s, np.arange(len(times_s), dtype=float))
    rate_hz = 1 / interval_s if isfinite(interval_s) and interval_s > 0 else nan
    return Footage(tasks, clock.lasts_s, rate_hz, table, clock=clock)
