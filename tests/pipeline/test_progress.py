"""How far a run is and how long it takes: known only when there is something to know it from."""

import pytest

from attunement.pipeline.progress import Progress, Tally


def tally(**counts) -> Tally:
    return Tally(10, 2, None, **counts)


def test_nothing_is_estimated_before_a_span_is_finished():
    assert tally(sessions_opened=9, recorded_total_s=100).left_s() is None
    assert tally(sessions_opened=10, recorded_total_s=100).left_s() is None


def test_time_left_is_what_the_spans_took_over_the_workers():
    count = tally(sessions_opened=10, recorded_total_s=330)
    count.span_done(recorded_s=30, frames=900, seconds=15)
    assert count.left_s() == pytest.approx(300 * 15 / 30 / 2)


def test_finishing_sessions_is_part_of_the_time_left():
    count = tally(sessions_opened=10, sessions_failed=3, recorded_total_s=30)
    count.span_done(recorded_s=30, frames=900, seconds=15)
    count.session_finished(4.0)
    assert count.left_s() == pytest.approx((10 - 3 - 1) * 4.0 / 2)


def test_frames_a_second_are_of_this_run_only():
    told: list[Progress] = []
    count = Tally(1, 1, told.append, sessions_opened=1, recorded_total_s=60)
    count.tell("opened")
    count.span_begun()
    count.tell("begun")
    count.span_done(recorded_s=30, frames=900, seconds=1)
    count.tell("done")
    assert [update.frames_per_s is None for update in told] == [True, True, False]
    assert told[-1].frames_per_s > 900
    assert [update.elapsed_s for update in told] == sorted(update.elapsed_s for update in told)
