"""What ``check`` says of the times of tables of other programs."""

import numpy as np
import pandas as pd
import pytest

from attunement import check_study, compute_signals, extract_faces, read_study
from attunement.scoring import score_session


@pytest.fixture
def checked(tmp_path):
    def check(caregiver, infant, toml="", **cells):
        for name, table in (("c.csv", caregiver), ("i.csv", infant)):
            table.to_csv(tmp_path / name, index=False)
        (tmp_path / "study.toml").write_text(toml)
        row = {"session": "a", "layout": "two_files", "offset_s": "0", **cells}
        row |= {"caregiver_table": "c.csv", "infant_table": "i.csv"}
        pd.DataFrame([row]).to_csv(tmp_path / "sessions.csv", index=False)
        table = check_study(read_study(tmp_path / "study.toml")).set_index("person")
        return table.loc["caregiver"], table.loc["infant"]

    return check


def intensities(n, seed=0):
    return np.abs(np.random.default_rng(seed).normal(size=n)).clip(0, 5).round(3)


def openface(times_s, seed=0):
    n = len(times_s)
    head = {"frame": np.arange(1, n + 1), "timestamp": np.round(times_s, 3)}
    values = {"AU04_r": 0.1, "AU12_r": intensities(n, seed), "AU25_r": intensities(n, seed + 9)}
    further = (f"AU{number:02d}_r" for number in (1, 5, 6, 15, 23))
    values |= dict.fromkeys([*further, "pose_Rx", "pose_Ry", "pose_Rz"], 0.1)
    return pd.DataFrame({**head, "confidence": 0.98, "success": 1, **values})


def py_feat(n, rate_hz, seed=0):
    seconds = (np.arange(n) // rate_hz).astype(int)
    head = {"frame": np.arange(n), "approx_time": [f"{s // 60:02d}:{s % 60:02d}" for s in seconds]}
    values = {"AU04": 0.1, "AU12": intensities(n, seed) / 5, "AU25": intensities(n, seed + 9) / 5}
    further = (f"AU{number:02d}" for number in (1, 5, 6, 15, 23))
    values |= dict.fromkeys([*further, "Pitch", "Roll", "Yaw"], 0.1)
    return pd.DataFrame({**head, "FaceScore": 0.98, **values})


def test_an_ordinary_table_needs_no_word(checked):
    for one in checked(openface(np.arange(1800) / 30), openface(np.arange(1500) / 25, 1)):
        assert one["verdict"] == "good"
        assert one["advice"] == ""
        assert one["duration_s"] == pytest.approx(60, abs=0.01)


def test_two_cameras_of_py_feat_have_a_rate_each(checked):
    tables = py_feat(2100, 30), py_feat(1750, 25, 1)
    for cells in ({"rate_hz": 30}, {}):
        thinned = checked(*tables, toml="[faces]\nframe_rate_hz = 30\n", **cells)
        assert thinned[1]["verdict"] == "unreadable"
        assert "approx_time comes to about 25" in thinned[1]["advice"]
    caregiver, infant = checked(*tables, caregiver_rate_hz=30, infant_rate_hz=25)
    assert caregiver["duration_s"] == pytest.approx(infant["duration_s"]) == pytest.approx(70)
    assert (caregiver["rate_hz"], infant["rate_hz"]) == pytest.approx((30, 25))
    assert infant["advice"] == "Times of i.csv: frame numbers, 25 a second as the manifest says."


def test_both_tables_without_times_are_named_at_once(checked):
    for one in checked(py_feat(1500, 25), py_feat(1500, 25, 1)):
        assert f"column {one.name}_rate_hz" in one["advice"]


@pytest.mark.parametrize(("rate_hz", "said_hz"), [(25, 30), (30, 25), (50, 30), (60, 24)])
def test_lengths_that_another_rate_would_make_alike_are_told_of_both(checked, rate_hz, said_hz):
    right, wrong = openface(np.arange(2100) / 30), openface(np.arange(70 * rate_hz) / said_hz, 1)
    _, infant = checked(right, wrong)
    assert (
        f"At {rate_hz} frames a second instead of {said_hz} they would be alike"
        in (infant["advice"])
    )
    assert "i.csv lasts" in infant["advice"]
    assert "and c.csv 70 s" in infant["advice"]


def test_lengths_of_cameras_started_by_hand_are_not_accused(checked):
    for seconds in (71, 66, 93, 122, 200):
        for one in checked(openface(np.arange(2100) / 30), openface(np.arange(seconds * 30) / 30)):
            assert "alike" not in one["advice"]


@pytest.mark.parametrize(("factor", "units"), [(60, "minutes for seconds"), (24, "days for hours")])
def test_lengths_apart_by_a_unit_are_told(checked, factor, units):
    # So few rows a second that either unit could be meant.
    slow = np.arange(100) * 2.0
    _, infant = checked(openface(slow), openface(slow / factor, 1))
    assert f"as where the one is counted in {units}" in infant["advice"]


def test_pauses_are_named_and_are_not_in_the_rate(checked):
    times_s = np.arange(2100) / 30
    with_pauses = np.concatenate([times_s[:900], times_s[900:] + 10])
    with_pauses[1500:] += 12.5
    caregiver, infant = checked(openface(np.arange(2800) / 30), openface(with_pauses, 1))
    assert infant["rate_hz"] == pytest.approx(30, abs=0.01)
    assert "i.csv has no rows for 23 s (0:00:30 to 0:00:40, 0:01:00 to 0:01:12)" in infant["advice"]
    assert "no rows" not in caregiver["advice"]


def test_a_table_of_another_unit_says_so(checked):
    table = openface(np.arange(2100) / 30).assign(timestamp=np.arange(2100) * 1000 / 30)
    caregiver, infant = checked(table, openface(np.arange(2100) / 30, 1))
    assert "c.csv: its column timestamp holds milliseconds, not seconds" in caregiver["advice"]
    assert caregiver["duration_s"] == pytest.approx(70, abs=0.01)
    assert infant["advice"] == ""


def test_rows_too_far_apart_to_be_bridged_are_not_expected_to_be_usable(checked):
    slow = np.arange(24) / 2
    for one in checked(openface(slow), openface(slow, 1)):
        assert one["verdict"] == "not_scorable"
        # Of ten samples a second the two at which rows lie.
        assert "Expected usable time 2 s of 12 s." in one["advice"]


def test_pauses_are_no_usable_time(checked):
    times_s = np.concatenate([np.arange(900) / 30, 70 + np.arange(300) / 30])
    caregiver, infant = checked(openface(np.arange(2400) / 30), openface(times_s, 1))
    assert caregiver["verdict"] == "good"
    assert infant["verdict"] == "poor"
    assert "Expected usable time 40 s of 80 s." in infant["advice"]


@pytest.mark.parametrize(
    ("infant_s", "cells", "caregiver_s"),
    [
        (30, {}, 60),
        (60, {"offset_s": "2"}, 60),
        (59.97, {}, 59.97),
        (59.8, {}, 59.8),
        (30, {}, 30),
        (90, {"exclude": "0:10-0:50"}, 90),
        (120, {"episodes": "play=0:00-0:59; rest=0:59-1:50"}, 120),
        (120, {"episodes": "play=0:00-1:00; rest=1:00-1:50"}, 120),
    ],
)
def test_check_and_run_agree_on_what_is_long_enough_for_a_p(
    checked, tmp_path, infant_s, cells, caregiver_s
):
    tables = [
        openface(np.arange(round(s * 30)) / 30, seed)
        for seed, s in enumerate((caregiver_s, infant_s))
    ]
    rows = checked(*tables, toml="[scoring]\nn_surrogates = 50\n", **cells)
    (session,) = read_study(tmp_path / "study.toml").sessions
    signals = compute_signals(extract_faces(session), session)
    scores = score_session(signals, session.config).by_session
    has_p = bool(scores["mirroring_p"].notna().any())
    for one in rows:
        assert ("mirroring_p needs 60 s" in one["advice"]) == (not has_p)
        assert "lasts 60 s: scores are computed" not in one["advice"]
