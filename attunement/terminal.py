"""Progress with time left: a bar on a terminal, lines in a log file, one text in a notebook."""

import importlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from attunement.cards import format_duration, wrapped
from attunement.pipeline.progress import Listener, Progress

# Between two lines of a log: at least this, and more the longer the run takes, up to the most.
LINE_EVERY_S = 10.0
_LINE_SHARE = 0.02
_LINE_EVERY_MOST_S = 300.0
_REFRESH_S = 0.5  # of a notebook
_BAR = 24
_MOST_SAID = 40  # lines of news that a notebook keeps
# An estimate is said anew when it has changed by this share.
_WORTH_SAYING = 0.25


@contextmanager
def show_progress(*, quiet_s: float = 0.0) -> Iterator[Listener]:
    """Yield a listener that shows a run's `Progress`.

    In a notebook it is one text that is renewed in its place, on a terminal a bar, and elsewhere,
    as in a log file, lines on standard error without any sign that moves the cursor.

    Parameters
    ----------
    quiet_s : float
        For how long lines that are no news are kept back, so that what is over at once says
        nothing.
    """
    display = _notebook_display()
    if display is not None:
        yield _text_in_place(display)
    elif _is_terminal():
        with _bar(Console(stderr=True)) as listener:
            yield listener
    else:
        yield _lines(quiet_s)


def _is_terminal() -> bool:
    # Not what rich takes it for: FORCE_COLOR, as CI sets it, makes no terminal of a log file.
    try:
        return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    except (AttributeError, ValueError):  # no standard error, or a closed one
        return False


def _notebook_display() -> Any:
    """Return the module that shows things in the notebook that this runs in, else None."""
    shell = sys.modules.get("IPython")
    running = shell.get_ipython() if shell is not None else None
    if getattr(running, "kernel", None) is None:
        return None  # plain Python, or IPython in a terminal
    return importlib.import_module("IPython.display")


def _text_in_place(display: Any) -> Listener:
    announce = _Announcement()
    said: list[str] = []
    handle: Any = None
    shown_s = -_REFRESH_S

    def listen(now: Progress) -> None:
        nonlocal handle, shown_s
        news = announce.lines(now)
        said.extend(news)
        now_s = time.monotonic()
        if not news and not is_over(now) and now_s - shown_s < _REFRESH_S:
            return
        shown_s = now_s
        share = share_done(now)
        filled = round(_BAR * share)
        bar = f"{'█' * filled}{'░' * (_BAR - filled)} {share:4.0%}"
        data = {"text/plain": "\n".join([*said[-_MOST_SAID:], f"{bar}  {describe(now)}"])}
        if handle is None:
            handle = display.display(data, raw=True, display_id=True)
        else:
            handle.update(data, raw=True)

    return listen


@contextmanager
def _bar(console: Console) -> Iterator[Listener]:
    bar = Bar(
        BarColumn(bar_width=_BAR),
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
            share = share_done(now)
            if share < before:  # another part of the work starts from nothing
                bar.reset(task)
            before = share
            for line in announce.lines(now):
                bar.console.print(line, highlight=False, markup=False)
            known = now.share is not None or now.recorded_total_s > 0
            bar.update(
                task, total=1.0 if known else None, completed=share, description=describe(now)
            )

        yield listen


def _lines(quiet_s: float) -> Callable[[Progress], None]:
    announce = _Announcement()
    start_s = time.monotonic()
    last_s: float | None = None

    def listen(now: Progress) -> None:
        nonlocal last_s
        elapsed_s = time.monotonic() - start_s
        is_quiet = elapsed_s < quiet_s
        for line in announce.lines(now, only_news=is_quiet):
            for part in wrapped(line):
                _print(part)
        every_s = min(max(LINE_EVERY_S, _LINE_SHARE * elapsed_s), _LINE_EVERY_MOST_S)
        is_due = not is_quiet if last_s is None else elapsed_s - last_s >= every_s or is_over(now)
        if is_due:
            last_s = elapsed_s
            _print(f"{elapsed_s:6.0f} s  {share_done(now):4.0%}  {describe(now)}")

    return listen


def _print(line: str) -> None:
    # A log whose encoding lacks a letter of an id, or that cannot be written, ends no run.
    try:
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()
    except UnicodeEncodeError:
        sys.stderr.write(f"{line.encode('ascii', 'backslashreplace').decode()}\n")
    except (AttributeError, OSError, ValueError):
        pass


class _Announcement:
    """Says once what is news, how much there is to do, and how long it is going to take."""

    def __init__(self) -> None:
        self._told_extent = False
        self._told_whole_s: float | None = None

    def lines(self, now: Progress, *, only_news: bool = False) -> list[str]:
        lines = list(now.news)
        if only_news or now.sessions_opened < now.sessions_total or now.recorded_total_s <= 0:
            return lines
        if not self._told_extent:
            self._told_extent = True
            lines.append(
                f"To be worked on: {format_duration(now.recorded_total_s)} of recordings. How long"
                " that takes is not known before a first part of it is done."
            )
        if now.left_s is None or is_over(now):
            return lines
        whole_s = now.elapsed_s + now.left_s
        if self._told_whole_s is None:
            lines.append(f"Estimated time for the whole study: about {format_duration(whole_s)}.")
        elif abs(whole_s - self._told_whole_s) > max(60.0, _WORTH_SAYING * self._told_whole_s):
            lines.append(f"Estimated anew: about {format_duration(whole_s)} for the whole study.")
        else:
            return lines
        self._told_whole_s = whole_s
        return lines


def share_done(now: Progress) -> float:
    """Return the share of the work that is done, 0 while it is not known how much there is."""
    if now.share is not None:
        return now.share
    return now.recorded_done_s / now.recorded_total_s if now.recorded_total_s > 0 else 0.0


def is_over(now: Progress) -> bool:
    """Return whether no session is left."""
    return now.sessions_done + now.sessions_failed == now.sessions_total


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
