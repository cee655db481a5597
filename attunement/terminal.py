"""Progress with time left on standard error: a bar on a terminal, plain lines in a log file."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bar

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
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
        console=console,
    )
    with bar:
        task = bar.add_task("starting", total=None)
        before = 0.0

        def listen(now: Progress) -> None:
            nonlocal before
            if now.recorded_done_s < before:  # another part of the work starts from nothing
                bar.reset(task)
            before = now.recorded_done_s
            bar.update(
                task,
                total=now.recorded_total_s or None,
                completed=now.recorded_done_s,
                description=describe(now),
            )

        yield listen


def _lines(console: Console) -> Listener:
    start_s = time.monotonic()
    last_s = -LINE_EVERY_S

    def listen(now: Progress) -> None:
        nonlocal last_s
        elapsed_s = time.monotonic() - start_s
        if elapsed_s - last_s >= LINE_EVERY_S or now.sessions_done == now.sessions_total:
            last_s = elapsed_s
            share = now.recorded_done_s / now.recorded_total_s if now.recorded_total_s else 0.0
            console.print(f"{elapsed_s:6.0f} s  {share:4.0%}  {describe(now)}", highlight=False)

    return listen


def describe(now: Progress) -> str:
    """Return one line of where a run is."""
    failed = f", {now.sessions_failed} failed" if now.sessions_failed else ""
    return f"{now.sessions_done}/{now.sessions_total} sessions{failed}; {now.step}"
