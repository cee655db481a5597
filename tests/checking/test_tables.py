"""What ``check`` says of tables of other programs."""

import numpy as np
import pandas as pd
import pytest

from attunement import check_study, read_study, run_study

N = 2500


@pytest.fixture
def study_of(tmp_path):
    (tmp_path / "study.toml").write_text("")

    def study(**row):
        row = {"session": "a", "layout": "two_files", "offset_s": "0", **row}
        pd.DataFrame([row]).to_csv(tmp_path / "sessions.csv", index=False)
        return read_study(tmp_path / "study.toml")

    return study


def write_openface(path, *, seed, face_id=0, n=N, scale=1.0):
    units = ("AU06_r", "AU12_r", "AU25_r")
    values = np.abs(np.random.default_rng(seed).normal(size=(n, len(units)))).clip(0, 5)
    values = (values * scale).round(2)
    pd.DataFrame(
        {
            "frame": np.arange(1, n + 1),
            "face_id": face_id,
            "timestamp": np.arange(n) / 25,
            "confidence": 0.98,
            "success": 1,
            **dict(zip(units, values.T, strict=True)),
        }
    ).to_csv(path, index=False)


def advice(study):
    table = check_study(study).set_index("person")
    return table.loc["caregiver"], table.loc["infant"]


def test_both_tables_that_hold_several_people_are_named_at_once(study_of, tmp_path):
    ids = np.arange(N) // 1000
    write_openface(tmp_path / "c.csv", seed=1, face_id=ids)
    write_openface(tmp_path / "i.csv", seed=2, face_id=ids)
    caregiver, infant = advice(study_of(caregiver_table="c.csv", infant_table="i.csv"))
    assert caregiver["verdict"] == infant["verdict"] == "unreadable"
    assert "c.csv holds 3 identities" in caregiver["advice"]
    assert "caregiver_table_id = 0" in caregiver["advice"]
    assert "i.csv holds 3 identities" in infant["advice"]


def test_a_scale_that_is_not_known_is_asked_for(study_of, tmp_path):
    for name, seed in (("c.csv", 1), ("i.csv", 2)):
        write_openface(tmp_path / name, seed=seed, scale=0.1)
    tables = {"caregiver_table": "c.csv", "infant_table": "i.csv"}
    caregiver, infant = advice(study_of(**tables, infant_table_scale="5"))
    assert caregiver["verdict"] == "usable"
    assert "c.csv: none of its intensities exceeds 1" in caregiver["advice"]
    assert "caregiver_table_scale = 5 or caregiver_table_scale = 1" in caregiver["advice"]
    assert infant["verdict"] == "good"
    assert "scale" not in infant["advice"]


def test_a_run_says_it_too(study_of, tmp_path):
    for name, seed in (("c.csv", 1), ("i.csv", 2)):
        write_openface(tmp_path / name, seed=seed, scale=0.1)
    study = study_of(caregiver_table="c.csv", infant_table="i.csv", caregiver_table_scale="5")
    news = []
    run_study(study, tmp_path / "out", progress=lambda now: news.extend(now.news))
    (said,) = [line for line in news if "infant_table_scale" in line]
    assert "i.csv: none of its intensities exceeds 1" in said
    assert not any("caregiver_table_scale" in line for line in news)


def test_a_table_that_ends_long_before_the_other_is_named(study_of, tmp_path):
    write_openface(tmp_path / "c.csv", seed=1)
    for n, is_said in ((N * 2 // 5, True), (N * 19 // 20, False)):
        write_openface(tmp_path / "i.csv", seed=2, n=n)
        caregiver, infant = advice(study_of(caregiver_table="c.csv", infant_table="i.csv"))
        for one in (caregiver, infant):
            told = "(caregiver 100 s, infant 40 s, offset 0)" in one["advice"]
            assert told == ("If the table i.csv was cut short" in one["advice"]) == is_said


def test_a_table_of_somebody_else_in_another_session_is_named(tmp_path):
    (tmp_path / "study.toml").write_text("")
    for name, seed in (("c1.csv", 1), ("i1.csv", 2), ("i2.csv", 3)):
        write_openface(tmp_path / name, seed=seed)

    def advice_of(*rows):
        head = "session,dyad,layout,offset_s,caregiver_table,infant_table"
        lines = [f"{row[0]},{row[1]},two_files,0,{row[2]},{row[3]}" for row in rows]
        (tmp_path / "sessions.csv").write_text("\n".join([head, *lines]) + "\n")
        table = check_study(read_study(tmp_path / "study.toml"))
        return table.set_index(["session", "person"])

    table = advice_of(("a", "d1", "c1.csv", "i1.csv"), ("b", "d2", "i1.csv", "i2.csv"))
    assert "i1.csv is also the caregiver's in session b" in table.loc[("a", "infant"), "advice"]
    assert "i1.csv is also the infant's in session a" in table.loc[("b", "caregiver"), "advice"]
    assert table["verdict"].to_list() == ["good", "usable", "usable", "good"]
    # One long recording may be cut by episodes.
    table = advice_of(("a", "d1", "c1.csv", "i1.csv"), ("b", "d2", "c1.csv", "i1.csv"))
    assert set(table["verdict"]) == {"good"}
