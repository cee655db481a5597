"""Which frames are looked at."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attunement.checking.looks import (
    MAX_PARTS_APART,
    analysed_spans,
    choose_looks,
    decoded_between,
    keyframes,
    read_looks,
)
from attunement.study import Episode, Span
from attunement.video import frame_times, read_frames


def test_stretches_are_episodes_without_what_is_excluded():
    episodes = [Episode("play", 0, 120), Episode("reunion", 240, 400)]
    spans = analysed_spans(10, 300, episodes=episodes, exclude=[Span(50, 60), Span(290, 350)])
    assert spans == [Span(10, 50), Span(60, 120), Span(240, 290)]
    assert analysed_spans(0, 9, episodes=(), exclude=()) == [Span(0, 9)]
    assert analysed_spans(0, 9, episodes=(), exclude=[Span(0, 9)]) == []


@given(
    n_frames=st.integers(1, 400),
    gop=st.integers(1, 500),
    max_frames=st.integers(0, 500),
    n_looks=st.integers(1, 80),
    bounds=st.lists(st.floats(0, 60), min_size=2, max_size=2, unique=True),
)
def test_looks_lie_in_the_stretch_one_in_a_part(n_frames, gop, max_frames, n_looks, bounds):
    times_s = np.arange(n_frames) / 10
    span = Span(*sorted(bounds))
    keys = np.arange(0, n_frames, gop)
    looks = choose_looks(times_s, keys, [span], max_frames=max_frames, n_looks=n_looks)
    assert (np.diff(looks) > 0).all()
    inside = (times_s >= span.start_s) & (times_s < span.end_s)
    assert set(looks) <= set(np.flatnonzero(inside))
    part_s = (span.end_s - span.start_s) / n_looks
    part = np.floor((times_s[looks] - span.start_s) / part_s + 1e-9)
    assert (np.diff(part) > -1e-9).all()
    assert len(looks) <= n_looks
    assert (len(looks) > 0) == inside.any()


def test_keyframes_are_preferred_and_all_parts_are_seen_while_that_is_cheap():
    times_s = np.arange(3000) / 10
    keys = np.arange(0, 3000, 100)  # every 10 s: every second part of 5 s has one
    cheap = choose_looks(times_s, keys, [Span(0, 300)], max_frames=10_000)
    assert len(cheap) == 60
    assert np.isin(cheap, keys).sum() == 30
    dear = choose_looks(times_s, keys, [Span(0, 300)], max_frames=100)
    assert len(dear) == 30
    assert decoded_between(dear, keys) == 0


def test_a_single_keyframe_still_lets_the_whole_length_be_seen():
    times_s = np.arange(3000) / 10
    looks = choose_looks(times_s, np.array([0]), [Span(0, 300)], max_frames=100)
    part_s = 300 / 60
    assert np.diff(times_s[looks]).max() <= (MAX_PARTS_APART + 1) * part_s
    assert times_s[looks][-1] > 300 - MAX_PARTS_APART * part_s


@pytest.mark.parametrize("keyint", [20, 10_000])
def test_looks_give_the_frames_that_reading_everything_gives(film, tmp_path, keyint):
    video = film(
        tmp_path / "film.mp4",
        lambda t: [(20 + int(t) % 30, 20, 60, 60)],
        duration_s=20,
        keyint=keyint,
    )
    times_s, keys = frame_times(video), keyframes([video])
    looks = choose_looks(times_s, keys, [Span(0, 20)], max_frames=500, n_looks=20)
    assert len(looks) == 20
    found = {frame.index: frame.rgb() for frame in read_looks([video], times_s, looks, keys)}
    assert sorted(found) == looks.tolist()
    for frame in read_frames(video):
        if frame.index in found:
            assert (found[frame.index] == frame.rgb()).all()
