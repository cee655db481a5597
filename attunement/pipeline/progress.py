"""How far a run is, told to whoever listens, and how long it will take."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    Attributes
    ----------
    sessions_total, sessions_done, sessions_failed : int
        Sessions of the study; `sessions_done` includes those found finished from an earlier run.
    recorded_total_s, recorded_done_s : float
        Seconds of recording whose faces this run has to extract, and has extracted. The total
        grows while recordings are being opened.
    frames_done : int
        Frames that this run has analysed.
    step : str
        What was just finished, in words.
    sessions_opened : int
        Sessions of which it is known how much there is to do, failed ones included. When all are,
        `recorded_total_s` is final.
    frames_per_s : float or None
        Frames analysed per second since the first span was begun; None before one is finished.
    left_s : float or None
        Estimated seconds until the run is over, from what the spans have taken up to now; None
        while nothing is known: before all sessions are opened and a span is finished.
    elapsed_s : float
        Seconds since the run began.
    news : tuple of str
        Lines to be shown once, such as which sessions cannot be run.

    Examples
    --------
    >>> from attunement.pipeline import Progress
    >>> now = Progress(
    ...     sessions_total=12, sessions_done=3, sessions_failed=0, recorded_total_s=3600.0,
    ...     recorded_done_s=900.0, frames_done=27000, step="s03: faces",
    ... )
    >>> print(f"{now.recorded_done_s / now.recorded_total_s:.0%} of the recordings, {now.step}")
    25% of the recordings, s03: faces
    """

    sessions_total: int
    sessions_done: int
    sessions_failed: int
    recorded_total_s: float
    recorded_done_s: float
    frames_done: int
    step: str
    sessions_opened: int = 0
    frames_per_s: float | None = None
    left_s: float | None = None
    elapsed_s: float = 0.0
    news: tuple[str, ...] = ()


Listener = Callable[[Progress], None]


@dataclass
class Tally:
    """Counts what a run has done and tells it.

    Parameters
    ----------
    sessions_total : int
        Sessions of the study.
    workers : int
        Jobs that are worked on at a time.
    listener : callable or None
        Called with a `Progress` by `tell`.
    """

    sessions_total: int
    workers: int
    listener: Listener | None
    sessions_done: int = 0
    sessions_failed: int = 0
    sessions_opened: int = 0
    sessions_finished: int = 0
    spans_done: int = 0
    recorded_total_s: float = 0.0
    recorded_done_s: float = 0.0
    frames_done: int = 0
    extracting_s: float = 0.0
    finishing_s: float = 0.0
    _began_s: float = field(default_factory=time.monotonic)
    _spans_began_s: float | None = None
    _news: list[str] = field(default_factory=list)

    def span_begun(self) -> None:
        """Note when the first span was begun."""
        if self._spans_began_s is None:
            self._spans_began_s = time.monotonic()

    def span_done(self, *, recorded_s: float, frames: int, seconds: float) -> None:
        """Count a span and the worker's time that it took."""
        self.spans_done += 1
        self.recorded_done_s += recorded_s
        self.frames_done += frames
        self.extracting_s += seconds

    def session_finished(self, seconds: float) -> None:
        """Count a session that this run finished and the time from its faces to its scores."""
        self.sessions_done += 1
        self.sessions_finished += 1
        self.finishing_s += seconds

    def left_s(self) -> float | None:
        """Return the estimated seconds until the end, None where nothing is known."""
        if self.sessions_opened < self.sessions_total:
            return None
        recorded_left_s = max(0.0, self.recorded_total_s - self.recorded_done_s)
        if recorded_left_s > 0 and self.recorded_done_s == 0:
            return None
        work_s = 0.0
        if recorded_left_s > 0:
            work_s += recorded_left_s * self.extracting_s / self.recorded_done_s
        if self.sessions_finished:
            unfinished = self.sessions_total - self.sessions_done - self.sessions_failed
            work_s += unfinished * self.finishing_s / self.sessions_finished
        return work_s / self.workers

    def news(self, lines: Sequence[str]) -> None:
        """Take up lines to be told once, with what is told next."""
        self._news += lines

    def tell(self, step: str) -> None:
        """Tell the listener what was just finished and how far the run is."""
        if self.listener is None:
            return
        now_s = time.monotonic()
        news, self._news = tuple(self._news), []
        frames_per_s = None
        if self._spans_began_s is not None and self.spans_done and now_s > self._spans_began_s:
            frames_per_s = self.frames_done / (now_s - self._spans_began_s)
        self.listener(
            Progress(
                sessions_total=self.sessions_total,
                sessions_done=self.sessions_done,
                sessions_failed=self.sessions_failed,
                recorded_total_s=self.recorded_total_s,
                recorded_done_s=self.recorded_done_s,
                frames_done=self.frames_done,
                step=step,
                sessions_opened=self.sessions_opened,
                frames_per_s=frames_per_s,
                left_s=self.left_s(),
                elapsed_s=now_s - self._began_s,
                news=news,
            )
        )
