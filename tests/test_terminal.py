"""What a run says on standard error while it works."""

import pytest

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
    said = capsys.readouterr().err
    assert said.count("not known before a first part of it is done") == 1
    assert said.count("Estimated time for the whole study: about 1 min 40 s.") == 1
    assert said.index("To be worked on: 10 min 0 s") < said.index("Estimated time")
    assert "[/x]: finished" in said, "an id is never taken for markup"
