"""Progress with time left on standard error: a bar on a terminal, plain lines in a log file."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from attunement.cards import format_duration
from attunement.pipeline.progress import Listener, Progress

LINE_EVERY_S = 10.0


@contextmanager
def show_progress() -> Iterator[Listener]:
    """Yield a listener that shows a run's `Progress` on standard error."""
    console = Console(stderr=True)
    if console.is_terminal:
        with _bar(console) as listener:
            yield listener
    else:
        yield _lines(console)


@contextmanager
def _bar(console: Console) -> Iterator[Listener]:
    bar = Bar(
        BarColumn(bar_width=24),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}", markup=False),
        console=console,
    )
    announce = _Announcement()
    with bar:
        task = bar.add_task("starting", total=None)
        before = 0.0

        def listen(now: Progress) -> None:
            nonlocal before
            if now.recorded_done_s < before:  # another part of the work starts from nothing
                bar.reset(task)
            before = now.recorded_done_s
            for line in announce.lines(now):
                bar.console.print(line, highlight=False, markup=False)
            bar.update(
                task,
                total=now.recorded_total_s or None,
                completed=now.recorded_done_s,
                description=describe(now),
            )

        yield listen


def _lines(console: Console) -> Listener:
    announce = _Announcement()
    start_s = time.monotonic()
    last_s = -LINE_EVERY_S

    def listen(now: Progress) -> None:
        nonlocal last_s
        for line in announce.lines(now):
            console.print(line, highlight=False, markup=False, soft_wrap=True)
        elapsed_s = time.monotonic() - start_s
        is_over = now.sessions_done + now.sessions_failed == now.sessions_total
        if elapsed_s - last_s >= LINE_EVERY_S or is_over:
            last_s = elapsed_s
            share = now.recorded_done_s / now.recorded_total_s if now.recorded_total_s else 0.0
            text = f"{elapsed_s:6.0f} s  {share:4.0%}  {describe(now)}"
            console.print(text, highlight=False, markup=False, soft_wrap=True)

    return listen


class _Announcement:
    """Says once how much there is to do, and once how long it is going to take."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def lines(self, now: Progress) -> list[str]:
        lines = list(now.news)
        if now.sessions_opened < now.sessions_total or now.recorded_total_s <= 0:
            return lines
        if "extent" not in self._told:
            self._told.add("extent")
            lines.append(
                f"To be worked on: {format_duration(now.recorded_total_s)} of recordings. How long"
                " that takes is not known before a first part of it is done."
            )
        if "estimate" not in self._told and now.left_s is not None:
            self._told.add("estimate")
            whole_s = now.elapsed_s + now.left_s
            lines.append(f"Estimated time for the whole study: about {format_duration(whole_s)}.")
        return lines


def describe(now: Progress) -> str:
    """Return one line of where a run is."""
    parts = [f"{now.sessions_done}/{now.sessions_total} sessions"]
    if now.sessions_failed:
        parts[0] += f", {now.sessions_failed} failed"
    if now.frames_per_s is not None:
        parts.append(f"{now.frames_per_s:.0f} frames/s")
    if now.left_s is not None:
        parts.append(f"about {format_duration(now.left_s)} left")
    elif now.sessions_opened:
        parts.append("time left not known yet")
    parts.append(now.step)
    return "; ".join(parts)
