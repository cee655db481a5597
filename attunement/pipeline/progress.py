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
        grows while recordings are being opened. A table of another program counts with about as
        many seconds as it has rows, at 30 a second.
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
        Estimated seconds until the run is over, made again with every piece of work from what a
        second of recording took up to now; None while nothing is known: before all sessions are
        opened and a first part of what takes longest is finished.
    elapsed_s : float
        Seconds since the run began.
    share : float or None
        Share of the work of this run that is done, 0 to 1, by the time that it takes: from
        recordings and tables to scores. None before all sessions are opened.
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
    share: float | None = None
    news: tuple[str, ...] = ()


Listener = Callable[[Progress], None]
# Seconds of work for a second of recording, by what is done, until this run has shown it: they
# weigh the parts of the work against each other. Of time they tell only what the scores will take
# before the first are there, which is little beside the videos.
_BEFORE_MEASURED = {"video": 0.7, "table": 0.002, "scores": 0.01}


@dataclass
class _Part:
    """One kind of work, in seconds of recording, and the time that it took."""

    total_s: float = 0.0
    done_s: float = 0.0
    spent_s: float = 0.0

    @property
    def left_s(self) -> float:
        return max(0.0, self.total_s - self.done_s)

    @property
    def cost(self) -> float | None:
        """Seconds of work for a second of recording; None where nothing is done yet."""
        return self.spent_s / self.done_s if self.done_s > 0 else None


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
    frames_done: int = 0
    _parts: dict[str, _Part] = field(
        default_factory=lambda: {kind: _Part() for kind in _BEFORE_MEASURED}
    )
    _share: float = 0.0
    _began_s: float = field(default_factory=time.monotonic)
    _spans_began_s: float | None = None
    _news: list[str] = field(default_factory=list)

    def expect(self, kind: str, recorded_s: float) -> None:
        """Add to what is to be done: ``video``, ``table`` or ``scores``, in seconds of recording.

        What a session that failed leaves undone is taken off by a negative number.
        """
        self._parts[kind].total_s += recorded_s

    def span_begun(self) -> None:
        """Note when the first span was begun."""
        if self._spans_began_s is None:
            self._spans_began_s = time.monotonic()

    def span_done(
        self, *, recorded_s: float, frames: int, seconds: float, kind: str = "video"
    ) -> None:
        """Count a span and the worker's time that it took."""
        self.spans_done += 1
        self.frames_done += frames
        self._done(kind, recorded_s, seconds)

    def session_finished(self, seconds: float, *, recorded_s: float) -> None:
        """Count a session that this run finished and the time from its faces to its scores."""
        self.sessions_done += 1
        self.sessions_finished += 1
        self._done("scores", recorded_s, seconds)

    def left_s(self) -> float | None:
        """Return the estimated seconds until the end, None where nothing is known."""
        if self.sessions_opened < self.sessions_total:
            return None
        work_s = 0.0
        for kind, part in self._parts.items():
            if not part.left_s:
                continue
            if part.cost is not None:
                work_s += part.left_s * part.cost
            elif kind == "scores" and self.spans_done:
                work_s += part.left_s * _BEFORE_MEASURED[kind]
            else:
                return None
        return work_s / self.workers

    def share(self) -> float | None:
        """Return the share of the work that is done, None where it is not known how much it is."""
        if self.sessions_opened < self.sessions_total:
            return None
        costs = {
            kind: _BEFORE_MEASURED[kind] if part.cost is None else part.cost
            for kind, part in self._parts.items()
        }
        total = sum(part.total_s * costs[kind] for kind, part in self._parts.items())
        done = sum(part.done_s * costs[kind] for kind, part in self._parts.items())
        now = min(1.0, done / total) if total > 0 else 0.0
        if self.sessions_done + self.sessions_failed == self.sessions_total:
            now = 1.0
        # What is learnt of the costs on the way shifts the shares; a bar does not go back.
        self._share = max(self._share, now)
        return self._share

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
        recorded = [part for kind, part in self._parts.items() if kind != "scores"]
        self.listener(
            Progress(
                sessions_total=self.sessions_total,
                sessions_done=self.sessions_done,
                sessions_failed=self.sessions_failed,
                recorded_total_s=sum(part.total_s for part in recorded),
                recorded_done_s=sum(part.done_s for part in recorded),
                frames_done=self.frames_done,
                step=step,
                sessions_opened=self.sessions_opened,
                frames_per_s=frames_per_s,
                left_s=self.left_s(),
                elapsed_s=now_s - self._began_s,
                share=self.share(),
                news=news,
            )
        )

    def _done(self, kind: str, recorded_s: float, seconds: float) -> None:
        part = self._parts[kind]
        part.done_s += recorded_s
        part.spent_s += seconds
