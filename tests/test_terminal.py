"""What a run says while it works: on a terminal, in a log file, in a notebook."""

import itertools
import sys
from types import SimpleNamespace

import pytest

from attunement import terminal
from attunement.pipeline import Progress
from attunement.terminal import describe, format_duration, show_progress


def update(**changes) -> Progress:
    state = {
        "sessions_total": 3,
        "sessions_done": 0,
        "sessions_failed": 0,
        "recorded_total_s": 600.0,
        "recorded_done_s": 0.0,
        "frames_done": 0,
        "step": "a: opened",
        "sessions_opened": 3,
    }
    return Progress(**(state | changes))


@pytest.fixture
def clock(monkeypatch) -> SimpleNamespace:
    """The time as the module sees it, set by the test."""
    clock = SimpleNamespace(now_s=0.0)
    monkeypatch.setattr(terminal.time, "monotonic", lambda: clock.now_s)
    return clock


def test_a_line_says_how_far_how_fast_and_how_long():
    assert describe(update()) == "0/3 sessions; time left not known yet; a: opened"
    working = update(
        sessions_done=1, sessions_failed=1, frames_per_s=41.4, left_s=130.2, step="b: faces"
    )
    assert describe(working) == (
        "1/3 sessions, 1 failed; 41 frames/s; about 2 min 10 s left; b: faces"
    )


@pytest.mark.parametrize(
    ("duration_s", "text"),
    [(0.2, "0 s"), (59.6, "1 min 0 s"), (3599.7, "1 h 0 min"), (200_000, "55 h 33 min")],
)
def test_durations_are_rounded_before_they_are_divided(duration_s, text):
    assert format_duration(duration_s) == text


def test_the_estimate_is_said_once_and_only_when_it_is_known(capsys):
    with show_progress() as listener:
        listener(update(sessions_opened=2))
        listener(update())
        listener(update(recorded_done_s=30.0, left_s=95.0, elapsed_s=5.0, step="[bold]: faces"))
        listener(update(recorded_done_s=60.0, left_s=90.0, elapsed_s=10.0))
        listener(update(sessions_done=3, recorded_done_s=600.0, left_s=0.0, step="[/x]: finished"))
    said = " ".join(capsys.readouterr().err.split())
    assert said.count("not known before a first part of it is done") == 1
    assert said.count("Estimated time for the whole study: about 1 min 40 s.") == 1
    assert said.index("To be worked on: 10 min 0 s") < said.index("Estimated time")
    assert "[/x]: finished" in said, "an id is never taken for markup"


def test_an_estimate_that_turns_out_wrong_is_made_anew(capsys):
    with show_progress() as listener:
        listener(update(left_s=95.0, elapsed_s=5.0))
        listener(update(left_s=110.0, elapsed_s=10.0))
        listener(update(left_s=800.0, elapsed_s=100.0))
        listener(update(left_s=790.0, elapsed_s=110.0))
    said = capsys.readouterr().err
    assert said.count("Estimated time for the whole study: about 1 min 40 s.") == 1
    assert said.count("Estimated anew: about 15 min 0 s for the whole study.") == 1


def test_a_log_file_gets_a_line_every_so_often_and_nothing_that_moves_a_cursor(
    capsys, clock, monkeypatch
):
    monkeypatch.setenv("FORCE_COLOR", "1")  # as CI sets it
    with show_progress() as listener:
        for second in range(0, 36_000, 5):
            clock.now_s = float(second)
            listener(update(sessions_done=1, share=0.5, step=f"b: {second}"))
        listener(update(sessions_done=3, share=1.0, step="c: finished"))
    said = capsys.readouterr().err
    assert "\r" not in said
    assert "\x1b" not in said
    lines = [line for line in said.splitlines() if "sessions" in line]
    times_s = [float(line.split()[0]) for line in lines]
    gaps_s = [late - early for early, late in itertools.pairwise(times_s)]
    assert min(gaps_s[:-1]) == 10
    assert max(gaps_s) <= 305
    assert len(lines) < 400
    assert lines[-1].endswith("100%  3/3 sessions; time left not known yet; c: finished")


def test_what_is_over_at_once_says_nothing_but_news(capsys, clock):
    with show_progress(quiet_s=10.0) as listener:
        listener(update(news=("1 session cannot be run, the others are:",)))
        clock.now_s = 2.0
        listener(update(sessions_done=3, left_s=0.0))
    assert capsys.readouterr().err == "1 session cannot be run, the others are:\n"
    with show_progress(quiet_s=10.0) as listener:
        clock.now_s = 14.0
        listener(update(share=0.25))
    assert "14 s" not in capsys.readouterr().err
    with show_progress(quiet_s=10.0) as listener:
        clock.now_s = 30.0
        listener(update(share=0.25))
    assert " 25%  0/3 sessions" in capsys.readouterr().err


def test_long_news_are_wrapped_and_set_in(capsys):
    with show_progress() as listener:
        listener(update(sessions_opened=2, news=("  s1: " + "the recording cannot be read " * 12,)))
    lines = [
        line
        for line in capsys.readouterr().err.splitlines()
        if line.startswith("  ") and "/3" not in line
    ]
    assert len(lines) > 2
    assert max(map(len, lines)) <= 100
    assert lines[0].startswith("  s1: the")
    assert all(line.startswith("    ") for line in lines[1:])


def test_a_terminal_shows_a_bar_of_the_work(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("FORCE_COLOR", "1")
    with show_progress() as listener:
        listener(update(share=0.5, recorded_total_s=0.0, step="a: finished"))
    assert "50%" in capsys.readouterr().err


def test_a_terminal_that_moves_no_cursor_gets_lines(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "dumb")
    with show_progress() as listener:
        listener(update(share=0.5))
    assert "\x1b" not in capsys.readouterr().err


def test_a_notebook_shows_one_text_that_is_renewed(monkeypatch, capsys, clock):
    shown: list[str] = []
    handle = SimpleNamespace(update=lambda data, **_: shown.append(data["text/plain"]))

    def display(data, **options):
        assert options == {"raw": True, "display_id": True}
        shown.append(data["text/plain"])
        return handle

    monkeypatch.setattr(terminal, "_notebook_display", lambda: SimpleNamespace(display=display))
    with show_progress() as listener:
        listener(update(news=("2 sessions cannot be run",), sessions_opened=2))
        clock.now_s = 0.1
        listener(update(sessions_opened=2))  # too soon to show it again
        clock.now_s = 1.0
        listener(update(share=0.5, sessions_done=1))
        listener(update(share=1.0, sessions_done=3, step="c: finished"))
    assert len(shown) == 3
    assert all(text.startswith("2 sessions cannot be run\n") for text in shown)
    assert "█" * 24 + " 100%  3/3 sessions" in shown[-1]
    assert capsys.readouterr() == ("", "")


def test_a_log_that_lacks_a_letter_or_is_gone_ends_no_run(monkeypatch):
    def refuse(text):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sys, "stderr", SimpleNamespace(write=refuse, isatty=lambda: False))
    with show_progress() as listener:
        listener(update(share=0.5))
    monkeypatch.setattr(sys, "stderr", None)
    with show_progress() as listener:
        listener(update(share=0.5))


@pytest.mark.slow
def test_a_real_notebook_holds_the_progress(tmp_path):
    import nbformat
    from nbclient import NotebookClient

    cell = (
        "from attunement.pipeline import Progress\n"
        "from attunement.terminal import show_progress\n"
        "with show_progress() as listener:\n"
        "    for done in (0, 1, 2):\n"
        "        listener(Progress(2, done, 0, 60.0, 30.0 * done, 0, 'x', 2, share=done / 2))\n"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
    NotebookClient(notebook, timeout=60).execute()
    (output,) = [out for out in notebook.cells[0].outputs if out.output_type == "display_data"]
    assert "100%  2/2 sessions" in output.data["text/plain"]
    assert not [out for out in notebook.cells[0].outputs if out.output_type == "stream"]
