import numpy as np

from attunement.signals.reasons import missing_reasons
from attunement.signals.times_in_spans import episode_names, in_spans
from attunement.study.sessions import Episode, Span

GRID = np.arange(10) / 10


def test_each_stretch_has_the_reason_that_most_of_its_frames_have():
    times = np.arange(40) / 40
    frames = np.full(40, "", dtype=object)
    frames[5:14] = ["pose"] * 5 + ["no_face"] * 4
    frames[20:29] = ["pose"] * 4 + ["no_face"] * 5
    inside = np.array([True, True, False, False, True, True, False, False, True, True])
    got = missing_reasons(GRID, times, frames, inside, np.zeros(10, bool))
    assert got.tolist() == ["", "", "pose", "pose", "", "", "no_face", "no_face", "", ""]


def test_no_frames_at_all_are_a_gap_inside_and_no_frame_outside():
    times = np.array([0.2, 0.7])
    frames = np.array(["", ""], dtype=object)
    none = np.zeros(10, bool)
    got = missing_reasons(GRID, times, frames, none, none)
    assert got.tolist() == ["no_frame"] * 2 + ["gap"] * 6 + ["no_frame"] * 2
    nobody = missing_reasons(GRID, times[:0], frames[:0], none, none)
    assert set(nobody) == {"no_frame"}


def test_an_excluded_sample_says_so_whatever_else_holds():
    times = np.arange(40) / 40
    frames = np.full(40, "no_face", dtype=object)
    got = missing_reasons(GRID, times, frames, np.zeros(10, bool), GRID < 0.35)
    assert got.tolist() == ["excluded"] * 4 + ["no_face"] * 6


def test_spans_and_episodes_are_half_open():
    times = np.array([0.0, 1.0, 2.0, 3.0])
    assert in_spans(times, (Span(1, 2),)).tolist() == [False, True, False, False]
    assert not in_spans(times, ()).any()
    episodes = (Episode("a", 0, 1), Episode("b", 1, 3))
    assert episode_names(times, episodes).tolist() == ["a", "b", "b", ""]
    assert set(episode_names(times, ())) == {"all"}
