"""How far a run is and how long it takes: known only when there is something to know it from."""

from math import sin
from pathlib import Path

import pytest

import attunement
from attunement.pipeline import jobs
from attunement.pipeline.progress import Progress, Tally


def tally(**counts) -> Tally:
    expected = counts.pop("expect", {})
    count = Tally(10, 2, None, **counts)
    for kind, recorded_s in expected.items():
        count.expect(kind, recorded_s)
    return count


def test_nothing_is_estimated_before_a_span_is_finished():
    for opened in (9, 10):
        count = tally(sessions_opened=opened, expect={"video": 100, "scores": 100})
        assert count.left_s() is None
    assert tally(sessions_opened=9, expect={"video": 100}).share() is None
    assert tally(sessions_opened=10, expect={"video": 100}).share() == 0


def test_time_left_is_what_the_spans_took_over_the_workers():
    count = tally(sessions_opened=10, expect={"video": 330})
    count.span_done(recorded_s=30, frames=900, seconds=15)
    assert count.left_s() == pytest.approx(300 * 15 / 30 / 2)


def test_finishing_sessions_is_part_of_the_time_left_by_their_length():
    count = tally(sessions_opened=10, sessions_failed=3, expect={"video": 30, "scores": 700})
    count.span_done(recorded_s=30, frames=900, seconds=15)
    assert 0 < count.left_s() < 10, "what scores take is not known yet, but it is not nothing"
    count.session_finished(4.0, recorded_s=100)
    assert count.left_s() == pytest.approx(600 * 4.0 / 100 / 2)


def test_recordings_and_tables_are_not_taken_for_equally_quick():
    count = tally(sessions_opened=10, expect={"video": 600, "table": 600})
    count.span_done(recorded_s=300, frames=9000, seconds=3, kind="table")
    assert count.left_s() is None, "what a second of video takes is not known yet"
    assert count.share() < 0.05
    count.span_done(recorded_s=60, frames=1800, seconds=60, kind="video")
    assert count.left_s() == pytest.approx((540 * 1 + 300 * 0.01) / 2)
    assert count.share() == pytest.approx((60 + 3) / (600 + 6))


def test_the_estimate_follows_what_the_work_takes():
    count = tally(sessions_opened=10, expect={"video": 120})
    count.span_done(recorded_s=30, frames=900, seconds=10)
    first = count.left_s()
    count.span_done(recorded_s=30, frames=900, seconds=50)
    assert (first, count.left_s()) == (pytest.approx(15), pytest.approx(30))


def test_what_fails_is_no_longer_waited_for_and_a_bar_does_not_go_back():
    count = tally(sessions_opened=10, expect={"video": 120})
    count.span_done(recorded_s=30, frames=900, seconds=10)
    count.expect("video", -60)
    assert (count.left_s(), count.share()) == (pytest.approx(5), pytest.approx(0.5))
    count.expect("video", 60)
    assert count.share() == pytest.approx(0.5)


def test_frames_a_second_are_of_this_run_only():
    told: list[Progress] = []
    count = Tally(1, 1, told.append, sessions_opened=1)
    count.expect("video", 60)
    count.tell("opened")
    count.span_begun()
    count.tell("begun")
    count.span_done(recorded_s=30, frames=900, seconds=1)
    count.tell("done")
    assert [update.frames_per_s is None for update in told] == [True, True, False]
    assert told[-1].frames_per_s > 900
    assert [update.elapsed_s for update in told] == sorted(update.elapsed_s for update in told)


def test_news_are_told_once():
    told: list[Progress] = []
    count = Tally(1, 1, told.append)
    count.news(["x.mp4 is not there."])
    count.tell("a")
    count.tell("b")
    assert [update.news for update in told] == [("x.mp4 is not there.",), ()]


def openface(path: Path, n_rows: int, *, shift: int = 0) -> Path:
    names = (
        "frame,timestamp,confidence,success,pose_Rx,pose_Ry,pose_Rz,AU01_r,AU04_r,AU06_r,AU12_r,"
        "AU25_r,x_36,y_36,x_45,y_45"
    )
    rows = [
        f"{k + 1},{k / 30:.3f},0.98,1,0.01,0.01,0.01,0.1,0.1,{level:.2f},{level:.2f},"
        f"{level / 2:.2f},20.0,40.0,80.0,40.0"
        for k in range(n_rows)
        for level in (max(0.0, sin(0.03 * (k - shift))) ** 2,)
    ]
    path.write_text("\n".join([names, *rows]) + "\n")
    return path


def test_the_length_of_a_table_is_guessed_from_its_size(tmp_path):
    guessed = jobs.about_seconds(openface(tmp_path / "long.csv", 18_000))
    assert guessed == pytest.approx(600, rel=0.1)
    (tmp_path / "names.csv").write_text("frame, timestamp\n")
    assert 0 < jobs.about_seconds(tmp_path / "names.csv") < 1
    assert 0 < jobs.about_seconds(tmp_path / "gone.csv") < 1


def test_progress_moves_in_sessions_whose_faces_come_from_tables(tmp_path, here):
    rows = ["session,layout,caregiver_table,infant_table,offset_s"]
    for name in "abc":
        for person in ("c", "i"):
            openface(tmp_path / f"{name}{person}.csv", 2_400, shift=18 * (person == "c"))
        rows.append(f"{name},two_files,{name}c.csv,{name}i.csv,0")
    (tmp_path / "sessions.csv").write_text("\n".join(rows) + "\n")
    (tmp_path / "study.toml").write_text("[scoring]\nn_surrogates = 50\n")
    study = attunement.read_study(tmp_path)
    told: list[Progress] = []
    summary = attunement.run_study(study, tmp_path / "out", progress=told.append, executor=here)
    assert len(summary.failures) == 0
    shares = [update.share for update in told if update.share is not None]
    assert shares == sorted(shares)
    assert len(set(shares)) >= 6, shares
    assert shares[-1] == 1.0
    assert any(update.left_s for update in told)

    # Only the scores are left: the bar moves, and the time left is known after the first.
    (tmp_path / "study.toml").write_text("[scoring]\nn_surrogates = 51\n")
    again: list[Progress] = []
    study = attunement.read_study(tmp_path)
    attunement.run_study(study, tmp_path / "out", progress=again.append, executor=here)
    assert [round(update.share, 2) for update in again if update.sessions_done][:3] == [
        0.33, 0.67, 1.0
    ]  # fmt: skip
    assert again[-2].left_s > 0
