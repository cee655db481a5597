from dataclasses import replace

import pytest

from attunement.study import Clock, Episode, Partner, Session, Span, check_times

SESSION = Session("S1", "S1", "S1", "two_files", Partner("caregiver"), Partner("infant"))


def test_times_within_the_recording_are_fine():
    session = replace(
        SESSION,
        episodes=(Episode("play", 0, 120), Episode("rest", 120, 360)),
        exclude=(Span(0, 5),),
        clock=Clock(-300),
    )
    assert check_times(session, 359.5) == []


def test_minutes_that_became_hours_are_proposed_back():
    session = replace(
        SESSION, episodes=(Episode("play", 0, 7200), Episode("rest", 7200, 5 * 3600 + 1800))
    )
    (sentence,) = check_times(session, 372.0)
    assert "'S1', column episodes: episode 'play' (0:00:00-2:00:00), episode 'rest'" in sentence
    assert "lasts 0:06:12" in sentence
    assert sentence.endswith("write 0:00:00-0:02:00, 0:02:00-0:05:30.")


def test_minutes_too_many_are_no_seconds_and_are_told_once():
    session = replace(SESSION, episodes=(Episode("play", 0, 120), Episode("reunion", 120, 240)))
    (sentence,) = check_times(session, 70.0)
    assert "episode 'play' (0:00:00-0:02:00), episode 'reunion' (0:02:00-0:04:00) end" in sentence
    assert sentence.endswith("lasts 0:01:10. Correct the times, or the file.")


def test_no_episode_shorter_than_a_window_is_proposed():
    short = replace(SESSION, episodes=(Episode("play", 3600, 3720),))
    assert check_times(short, 372.0)[0].endswith("Correct the times, or the file.")
    late = replace(SESSION, episodes=(Episode("play", 0, 3660),))
    assert check_times(late, 3600.0)[0].endswith("Correct the times, or the file.")
    excluded = replace(SESSION, exclude=(Span(3600, 3720),))
    assert check_times(excluded, 372.0)[0].endswith("write 0:01:00-0:01:02.")


@pytest.mark.parametrize(("start_s", "end_s"), [(0, 500.5), (0, 372 * 60 + 120), (90, 5400)])
def test_no_time_is_proposed_that_would_not_fit(start_s, end_s):
    session = replace(SESSION, episodes=(Episode("play", start_s, end_s),))
    (sentence,) = check_times(session, 372.0)
    assert sentence.endswith("Correct the times, or the file.")


def test_spans_are_checked_as_well():
    beyond = (Span(0, 5), Span(370, 380))
    session = replace(
        SESSION,
        exclude=beyond,
        caregiver=Partner("caregiver", neutral=beyond),
        infant=Partner("infant", neutral=beyond),
    )
    columns = [sentence.split(": ")[0] for sentence in check_times(session, 372.0)]
    assert columns == [
        f"Session 'S1', column {name}"
        for name in ("exclude", "caregiver_neutral", "infant_neutral")
    ]


@pytest.mark.parametrize(
    ("offset_s", "infant_duration_s", "overlap"),
    [(99, None, True), (100, None, False), (-99, None, True), (-100, None, False),
     (-100, 150, True), (-50, 40, False), (100, 500, False)],
)  # fmt: skip
def test_an_offset_must_leave_an_overlap(offset_s, infant_duration_s, overlap):
    session = replace(SESSION, clock=Clock(offset_s))
    sentences = check_times(session, 100.0, infant_duration_s=infant_duration_s)
    assert (sentences == []) == overlap
    assert all(f"column offset_s: found {offset_s}" in sentence for sentence in sentences)
