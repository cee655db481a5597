"""What a check says of recordings whose content is known."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from attunement import check_study, schema
from attunement.checking import VERDICTS, estimate_run_s, examine_study, session
from attunement.checking.session import SessionCheck
from attunement.faces import tracking
from attunement.faces.backends import fake
from attunement.study import read_study

COLUMNS = [
    "session", "person", "duration_s", "rate_hz", "decodable_share", "found_share", "usable_share",
    "interocular_px", "yaw_deg", "pitch_deg", "verdict", "advice",
    "clock_offset_s", "clock_drift_ppm", "clock_uncertainty_s", "clock_source", "face",
    "role_confidence",
]  # fmt: skip


def by_person(table, name="a"):
    rows = table[table["session"] == name].set_index("person")
    assert list(rows.index) == list(schema.PERSONS)
    return rows.loc["caregiver"], rows.loc["infant"]


def test_two_clear_recordings_are_good_and_need_no_advice(study_of, two_files):
    table = check_study(study_of(two_files("a")))
    assert list(table.columns) == COLUMNS
    for row in by_person(table):
        assert row["verdict"] == "good"
        assert row["advice"] == ""
        assert row["duration_s"] == pytest.approx(70)
        assert row["rate_hz"] == pytest.approx(10)
        assert row["decodable_share"] == row["found_share"] == row["usable_share"] == 1
        assert 50 < row["interocular_px"] < 80
        assert row["yaw_deg"] < 1
        assert row["pitch_deg"] < 1


def test_a_black_side_is_named(study_of, film, tmp_path):
    video = film(tmp_path / "split.mp4", [(20, 20, 110, 120)], duration_s=70, size=(320, 160))
    row = {"session": "a", "layout": "side_by_side", "video": video, "caregiver_side": "left"}
    caregiver, infant = by_person(check_study(study_of(row)))
    assert caregiver["verdict"] == "good"
    assert infant["verdict"] == "not_scorable"
    assert infant["found_share"] == 0
    for said in ("No face of the infant", "right side", "only the caregiver's", "caregiver_side"):
        assert said in infant["advice"]
    assert np.isnan(infant["interocular_px"])


def test_an_unknown_clock_is_said_first_and_keeps_a_session_from_being_good(study_of, two_files):
    rows = [two_files("a", offset_s="", infant="half"), two_files("b", infant="half")]
    table = check_study(study_of(*rows))
    assert by_person(table, "a")[0]["verdict"] == "usable"
    assert by_person(table, "b")[0]["verdict"] == "good"
    for row in by_person(table, "a"):
        assert row["clock_source"] == "assumed"
        assert row["clock_offset_s"] == 0
        assert np.isnan(row["clock_uncertainty_s"])
        assert row["advice"].startswith("THE CLOCK OF THE TWO RECORDINGS IS NOT KNOWN")
        assert "no sound" in row["advice"]
        assert "offset_s" in row["advice"]


def test_half_a_recording_without_a_face(study_of, two_files):
    caregiver, infant = by_person(check_study(study_of(two_files("a", infant="half"))))
    assert caregiver["verdict"] == "good"
    assert infant["found_share"] == pytest.approx(0.5, abs=0.03)
    assert infant["verdict"] == "poor"
    assert "from 0:00:3" in infant["advice"]
    assert "to 0:01:" in infant["advice"]
    assert "Expected usable time 35 s of 70 s." in infant["advice"]


def test_a_small_face_is_found_and_not_usable(study_of, two_files):
    _, infant = by_person(check_study(study_of(two_files("a", infant="small"))))
    assert infant["found_share"] == 1
    assert infant["usable_share"] == 0
    assert infant["verdict"] == "not_scorable"
    assert f"median {infant['interocular_px']:.0f} px" in infant["advice"]
    assert "needed are 26" in infant["advice"]


def test_a_face_too_small_for_the_fine_channels_is_said_to_be(study_of, two_files):
    gates = "[signals]\nmin_interocular_distress_px = 90\n"
    study = study_of(two_files("a"), toml=gates)
    for row in by_person(check_study(study)):
        assert row["usable_share"] == 1
        assert "too small for distress, anger and valence in 100 %" in row["advice"]


def test_a_head_turned_aside_is_said_to_be_in_profile(study_of, two_files, monkeypatch):
    turned = np.radians(40)
    rotation = np.array(
        [
            [np.cos(turned), 0, np.sin(turned)],
            [0, 1, 0],
            [-np.sin(turned), 0, np.cos(turned)],
        ]
    )
    made = fake._mesh

    def turn(*patch):
        mesh = made(*patch)
        middle = mesh.landmarks.mean(axis=0)
        to_camera = np.array([1, -1, -1])
        landmarks = (mesh.landmarks - middle) * to_camera @ rotation.T * to_camera + middle
        return replace(mesh, landmarks=landmarks.astype(np.float32), rotation=rotation)

    monkeypatch.setattr(fake, "_mesh", turn)
    # The patch gives the same turned mesh in the mirror, as no real face does.
    monkeypatch.setattr(tracking, "is_same_in_mirror", lambda *_: True)
    caregiver, _ = by_person(check_study(study_of(two_files("a"))))
    assert caregiver["verdict"] == "not_scorable"
    assert caregiver["yaw_deg"] == pytest.approx(40)
    assert "in profile (turned more than 30 degrees) in 100 %" in caregiver["advice"]
    assert "this camera angle cannot be scored" in caregiver["advice"]


def test_what_cannot_be_read_says_so_and_the_others_go_on(study_of, two_files, videos):
    table = check_study(
        study_of(two_files("a", "text", "text"), two_files("b", infant="text"), two_files("c"))
    )
    for name in ("a", "b"):
        assert set(table.loc[table["session"] == name, "verdict"]) == {"unreadable"}
    caregiver, infant = by_person(table, "b")
    assert "text.mp4 is not a video" in infant["advice"]
    assert "infant's recording" in caregiver["advice"]
    assert all("text.mp4 is not a video" in row["advice"] for row in by_person(table, "a"))
    assert np.isnan(caregiver["duration_s"])
    assert set(table.loc[table["session"] == "c", "verdict"]) == {"good"}


def test_a_defect_costs_one_session_only(study_of, two_files, monkeypatch):
    whole = session._checked

    def breaks(one, **options):
        if one.session == "a":
            raise KeyError("nobody thought of it")
        return whole(one, **options)

    monkeypatch.setattr(session, "_checked", breaks)
    table = check_study(study_of(two_files("a"), two_files("b")))
    caregiver, _ = by_person(table, "a")
    assert caregiver["verdict"] == "unreadable"
    assert "report it" in caregiver["advice"]
    assert set(table.loc[table["session"] == "b", "verdict"]) == {"good"}


@pytest.mark.parametrize("layout", ["two_files", ""])
def test_a_defect_in_one_recording_is_told_and_does_not_hide_the_other(
    write_study, two_files, monkeypatch, layout
):
    whole = session.probe_video

    def breaks(videos, **options):
        if videos[0].name == "short.mp4":
            raise KeyError("nobody thought of it")
        return whole(videos, **options)

    monkeypatch.setattr(session, "probe_video", breaks)
    path = write_study(two_files("a", "short", "text", layout=layout))
    table = check_study(read_study(path, who_needed=False))
    advice = " ".join(table["advice"])
    assert "report it" in advice
    assert "text.mp4 is not a video" in advice


def test_short_sessions(study_of, two_files):
    table = check_study(
        study_of(two_files("a", "short", "short"), two_files("b", "moment", "moment"))
    )
    for row in by_person(table, "a"):
        assert row["verdict"] == "good"
        assert "lasts 30 s" in row["advice"]
        assert "mirroring_p needs 60 s" in row["advice"]
    for row in by_person(table, "b"):
        assert row["verdict"] == "not_scorable"
        assert "less than one window with its longest lag (7 s)" in row["advice"]


def test_times_that_a_run_refuses(study_of, two_files):
    table = check_study(
        study_of(
            two_files("a", episodes="play=0:00-0:30; still=0:30-3:00"),
            two_files("b", offset_s="90"),
        )
    )
    for row in by_person(table, "a"):
        assert row["verdict"] == "not_scorable"
        assert "episode 'still'" in row["advice"]
        assert row["found_share"] == 1
    for row in by_person(table, "b"):
        assert row["verdict"] == "not_scorable"
        assert "do not overlap" in row["advice"]


def test_only_what_will_be_analysed_is_looked_at(study_of, two_files):
    """The infant's face is there for the first 35 s of 70 s."""
    table = check_study(
        study_of(
            two_files("a", infant="half", episodes="play=0:00-0:33"),
            two_files("b", infant="half", exclude="0:36-1:10"),
            two_files("c", infant="half", offset_s="35"),
        )
    )
    for name in ("a", "b", "c"):
        _, infant = by_person(table, name)
        assert infant["found_share"] > 0.95, name
        assert infant["verdict"] == "good", name


def test_low_rates(study_of, two_files):
    table = check_study(study_of(two_files("a", infant="slow"), two_files("b", infant="stills")))
    _, slow = by_person(table, "a")
    assert slow["verdict"] == "usable"
    assert "slow.mp4 has 5.0 frames a second" in slow["advice"]
    _, stills = by_person(table, "b")
    assert stills["verdict"] == "not_scorable"
    assert "gaps over 0.3 s are not bridged" in stills["advice"]
    table = check_study(study_of(two_files("a"), toml="frame_rate_hz = 5\n"))
    caregiver, _ = by_person(table)
    assert "frame_rate_hz leaves 5.0" in caregiver["advice"]


def test_one_frame_needs_to_be_told_who_is_who(study_of, videos):
    plain = {"session": "a", "layout": "one_frame", "video": videos["two"]}
    told = {
        **plain,
        "session": "b",
        "caregiver_roi": "170,20,120,130",
        "infant_roi": "5,15,130,130",
    }
    table = check_study(study_of(plain, told))
    for row in by_person(table, "a"):
        assert row["verdict"] == "not_scorable"
        assert row["found_share"] == 1
        assert "Give" not in row["advice"]
        assert "caregiver_roi and infant_roi" in row["advice"]
    caregiver, infant = by_person(table, "b")
    assert caregiver["verdict"] == infant["verdict"] == "good"
    assert caregiver["interocular_px"] < infant["interocular_px"]


def test_company_is_noticed(study_of, two_files):
    table = check_study(study_of(two_files("a", infant="two")))
    caregiver, infant = by_person(table)
    assert "Another face is seen beside the infant's" in infant["advice"]
    assert "infant_roi" in infant["advice"]
    assert caregiver["advice"] == ""


def test_tables_of_other_programs_are_judged_by_all_their_rows(study_of, videos, tmp_path):
    times_s = np.arange(0, 70, 0.04)
    seen = times_s < 28
    pd.DataFrame(
        {
            "frame": np.arange(1, len(times_s) + 1),
            "timestamp": times_s,
            "confidence": np.where(seen, 0.95, 0.0),
            "success": seen.astype(int),
            "pose_Rx": 0.0,
            "pose_Ry": 0.0,
            "pose_Rz": 0.0,
            **{f"AU{unit:02d}_r": 1.0 for unit in (1, 2, 4, 5, 6, 7, 12, 15, 20, 25, 26)},
        }
    ).to_csv(tmp_path / "infant.csv", index=False)
    row = {
        "session": "a",
        "layout": "two_files",
        "offset_s": "0",
        "caregiver_video": videos["clear"],
        "infant_table": tmp_path / "infant.csv",
    }
    caregiver, infant = by_person(check_study(study_of(row)))
    assert caregiver["verdict"] == "good"
    assert infant["found_share"] == infant["usable_share"] == pytest.approx(seen.mean())
    assert infant["rate_hz"] == pytest.approx(25)
    assert infant["verdict"] == "poor"
    assert "60 % of the rows of infant.csv" in infant["advice"]


def test_damage_in_the_middle_shows_in_the_decodable_share(study_of, videos, tmp_path):
    content = bytearray(videos["clear"].read_bytes())
    start = content.index(b"mdat") + 4
    index = content.index(b"moov")
    length = (index if index > start else len(content)) - start
    content[start + length // 2 : start + length * 9 // 10] = bytes(length * 9 // 10 - length // 2)
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(content)
    row = {
        "session": "a",
        "layout": "two_files",
        "offset_s": "0",
        "caregiver_video": videos["clear"],
        "infant_video": broken,
    }
    _, infant = by_person(check_study(study_of(row)))
    assert infant["decodable_share"] < 0.8
    assert infant["found_share"] <= infant["decodable_share"]
    assert "broken.mp4 cannot be decoded" in infant["advice"]


@pytest.mark.slow
def test_any_number_of_workers_gives_the_same_table(study_of, two_files):
    study = study_of(two_files("a"), two_files("b", "text"), two_files("c", infant="half"))
    pd.testing.assert_frame_equal(check_study(study), check_study(study, workers=2))


def test_progress_is_told_after_every_session(study_of, two_files):
    told = []
    check_study(study_of(two_files("a"), two_files("b")), progress=lambda *now: told.append(now))
    assert told == [(1, 2, "a"), (2, 2, "b")]


def test_verdicts_are_a_closed_set(study_of, two_files):
    table = check_study(study_of(two_files("a", infant="half"), two_files("b", "text")))
    assert set(table["verdict"]) <= set(VERDICTS)


def test_the_time_of_a_run_is_shared_among_workers(study_of, two_files):
    found = examine_study(study_of(two_files("a"), two_files("b", "text")))
    alone_s = estimate_run_s(found.sessions)
    assert alone_s > 0
    assert estimate_run_s(found.sessions, workers=2) == pytest.approx(alone_s / 2)
    # 70 s are three pieces of at most 30 s.
    assert estimate_run_s(found.sessions, workers=100) == pytest.approx(alone_s * 30 / 70)
    assert estimate_run_s([]) == 0


def test_a_piece_that_cannot_be_divided_bounds_the_time():
    whole = SessionCheck("a", (), run_s=60.0, indivisible_s=60.0)
    assert estimate_run_s([whole, whole], workers=1) == 120
    assert estimate_run_s([whole, whole], workers=8) == 60


def test_a_broken_recording_is_told_of_first_and_all_empty_cells_with_it(write_study, tmp_path):
    (tmp_path / "empty.mp4").write_bytes(b"")
    (tmp_path / "text.mp4").write_text("This is no video.")
    rows = [
        {"session": f"{name} {layout}".strip(), "layout": layout, "video": tmp_path / f"{name}.mp4"}
        for name in ("empty", "text")
        for layout in ("", "side_by_side")
    ]
    rows.append({"session": "d", "layout": "two_files", "infant_video": tmp_path / "text.mp4"})
    rows.append({"session": "e", "layout": "", "infant_video": tmp_path / "empty.mp4"})
    study = read_study(write_study(*rows), who_needed=False)
    advice = check_study(study).groupby("session")["advice"].agg(lambda both: "|".join(set(both)))
    first = {"empty": "empty (0 bytes)", "text": "text.mp4 is not a video"}
    for name, fault in first.items():
        for layout, cell in (("", "layout is empty, one of"), ("side_by_side", "caregiver_side")):
            said = advice[f"{name} {layout}".strip()]
            assert fault in said.partition(" Besides, ")[0]
            assert cell in said.partition(" Besides, ")[2]
    assert "and top_bottom need caregiver_side as well." in advice["text"]
    assert first["text"] in advice["d"]
    assert "Besides, caregiver_video is empty." in advice["d"]
    assert "empty.mp4 is empty (0 bytes) (column infant_video)." in advice["e"]
