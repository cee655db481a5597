"""What is said where only one of two recordings runs for long."""

import numpy as np
import pandas as pd
import pytest

from attunement import check_study, read_study


@pytest.fixture
def said(tmp_path):
    """Check two tables of so many seconds and return what is said of both partners."""

    def check(caregiver_s, infant_s, **cells):
        row = {"session": "a", "layout": "two_files", "offset_s": "0", **cells}
        for person, seconds in (("caregiver", caregiver_s), ("infant", infant_s)):
            times_s = np.arange(seconds * 10) / 10
            smile = np.random.default_rng(len(person)).random(len(times_s)).round(3)
            values = {"AU04_r": 0.1, "AU12_r": smile, "AU25_r": smile[::-1]}
            head = {"frame": np.arange(len(times_s)) + 1, "timestamp": times_s}
            table = pd.DataFrame({**head, "confidence": 0.98, "success": 1, **values})
            table.to_csv(tmp_path / f"{person}.csv", index=False)
            row[f"{person}_table"] = f"{person}.csv"
        (tmp_path / "study.toml").write_text("")
        pd.DataFrame([row]).to_csv(tmp_path / "sessions.csv", index=False)
        return list(check_study(read_study(tmp_path / "study.toml"))["advice"])

    return check


@pytest.mark.parametrize(
    ("lengths", "offset", "expected"),
    [
        ((35, 70), 0, "35 s of 70 s (caregiver 35 s, infant 70 s, offset 0): what only"),
        ((70, 35), 0, "35 s of 70 s (caregiver 70 s, infant 35 s, offset 0): what only"),
        ((70, 70), -40, "30 s of 70 s (caregiver 70 s, infant 70 s, offset -40): what only"),
        ((70, 110), -40, "70 s of 110 s (caregiver 70 s, infant 110 s, offset -40): what only"),
        ((70, 70), 12.5, "58 s of 70 s (caregiver 70 s, infant 70 s, offset 12.5): what only"),
    ],
)
def test_time_of_one_recording_alone_is_told_of_the_session(said, lengths, offset, expected):
    for advice in said(*lengths, offset_s=offset):
        assert advice.count("Together they run") == 1
        assert f"Together they run {expected}" in advice


@pytest.mark.parametrize(
    ("lengths", "cells"),
    [
        ((70, 79), {}),
        ((70, 66), {"offset_s": 4}),
        ((210, 199), {}),
        ((70, 110), {"episodes": "play=0:00-1:10"}),
        ((110, 70), {"exclude": "1:10-1:50"}),
    ],
)
def test_ordinary_starts_and_stops_and_time_nobody_wants_need_no_word(said, lengths, cells):
    assert not any("Together" in advice for advice in said(*lengths, **cells))


def test_a_recording_that_goes_on_in_another_file_is_asked_for(study_of, two_files):
    for advice in check_study(study_of(two_files("a", "short")))["advice"]:
        assert "Together they run 30 s of 70 s (caregiver 30 s, infant 70 s, offset 0)" in advice
        assert "If the recording of short.mp4 goes on in another file" in advice
