import math
import pickle

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from attunement.errors import ConfigError, StudyError
from attunement.study import Clock, Episode, Span, read_study

TWO = "session,layout,caregiver_video,infant_video"


def test_two_files(make_study, tmp_path):
    study = read_study(make_study(f"{TWO}\n007,two_files,a.mp4,clips/e.mp4\n"))
    (session,) = study.sessions
    assert (session.session, session.dyad, session.family) == ("007", "007", "007")
    assert session.layout == "two_files"
    assert session.caregiver.videos == (tmp_path / "a.mp4",)
    assert session.infant.videos == (tmp_path / "clips/e.mp4",)
    assert (session.caregiver.side, session.infant.side) == ("", "")
    assert session.clock is None
    assert session.episodes == ()
    assert session.config is study.config
    assert study.table.to_dict("records") == [
        {"session": "007", "layout": "two_files", "caregiver_video": "a.mp4",
         "infant_video": "clips/e.mp4"}
    ]  # fmt: skip
    assert pickle.loads(pickle.dumps(session)) == session


def test_the_folder_stands_for_its_study_toml(make_study, tmp_path, monkeypatch):
    path = make_study(f"{TWO}\n1,two_files,a.mp4,b.mp4\n")
    assert read_study(path.parent).path == path
    assert read_study(str(path)).path == path
    monkeypatch.chdir(tmp_path)
    assert read_study("study.toml").path == path
    assert read_study(".").sessions[0].caregiver.videos == (tmp_path / "a.mp4",)


def test_every_cell_of_a_full_row(make_study, tmp_path):
    header = (
        "session,dyad,family,layout,video,caregiver_side,caregiver_roi,infant_roi,offset_s,"
        "episodes,exclude,caregiver_neutral,infant_neutral,age_months,site"
    )
    row = (
        'S1,D1,F1,side_by_side,a.mp4|b.mp4,right,"0,10,640,360",0 0 320  240,-0.4,'
        "reunion=4:00-6:00; play=0:00-2:00; still_face=120-4:00,1:02-1:05;0:10-0:14,"
        '"0,5-1,5",2-3,11,Köln'
    )
    (session,) = read_study(make_study(f"{header}\n{row}\n")).sessions
    assert (session.session, session.dyad, session.family) == ("S1", "D1", "F1")
    both = (tmp_path / "a.mp4", tmp_path / "b.mp4")
    assert session.caregiver.videos == session.infant.videos == both
    assert (session.caregiver.side, session.infant.side) == ("right", "left")
    assert session.caregiver.roi == (0, 10, 640, 360)
    assert session.infant.roi == (0, 0, 320, 240)
    assert session.clock == Clock(offset_s=-0.4)
    assert session.episodes == (
        Episode("play", 0, 120), Episode("still_face", 120, 240), Episode("reunion", 240, 360),
    )  # fmt: skip
    assert session.exclude == (Span(10, 14), Span(62, 65))
    assert session.caregiver.neutral == (Span(0.5, 1.5),)
    assert session.infant.neutral == (Span(2, 3),)
    assert session.covariates == (("age_months", 11.0), ("site", "Köln"))


@pytest.mark.parametrize(
    ("header", "cells", "turns"),
    [
        ("layout,video,rotation", "one_frame,a.mp4,90", (90, 90)),
        ("layout,video,rotation", "one_frame,a.mp4,180.0", (180, 180)),
        ("layout,video,rotation", "one_frame,a.mp4,270°", (270, 270)),
        ("layout,video,rotation", "one_frame,a.mp4,", (0, 0)),
        ("layout,video", "one_frame,a.mp4", (0, 0)),
        ("layout,caregiver_video,infant_video,rotation,infant_rotation",
         "two_files,a.mp4,b.mp4,180,0", (180, 0)),
        ("layout,caregiver_video,infant_video,caregiver_rotation", "two_files,a.mp4,b.mp4,90",
         (90, 0)),
    ],
)  # fmt: skip
def test_how_recordings_are_turned(make_study, header, cells, turns):
    (session,) = read_study(make_study(f"session,{header}\n1,{cells}\n")).sessions
    assert tuple(partner.rotation_deg for partner in session.partners) == turns
    assert session.covariates == ()


@pytest.mark.parametrize(
    ("layout", "side", "other"),
    [("side_by_side", "left", "right"), ("top_bottom", "top", "bottom"),
     ("top_bottom", "BOTTOM", "top"), ("Side by side", "Right", "left")],
)  # fmt: skip
def test_the_infant_is_on_the_other_side(make_study, layout, side, other):
    text = f"session,layout,video,caregiver_side\n1,{layout},a.mp4,{side}\n"
    (session,) = read_study(make_study(text)).sessions
    assert (session.caregiver.side, session.infant.side) == (side.lower(), other)


def test_a_table_stands_in_for_a_video(make_study, tmp_path):
    text = (
        "session,layout,video,caregiver_video,infant_video,caregiver_side,caregiver_table,infant_table\n"
        "1,two_files,,,b.mp4,,t.csv,\n"
        "2,two_files,,,,,t.csv,u.csv\n"
        "3,side_by_side,a.mp4,,,left,,u.csv\n"
        "4,one_frame,,,,,t.csv,u.csv\n"
    )
    first, second, third, fourth = read_study(make_study(text)).sessions
    assert first.caregiver.table == tmp_path / "t.csv"
    assert first.caregiver.videos == ()
    assert first.infant.videos == (tmp_path / "b.mp4",)
    assert second.infant.table == tmp_path / "u.csv"
    assert third.caregiver.videos == (tmp_path / "a.mp4",)
    assert third.infant.videos == ()
    assert third.infant.side == "right"
    assert fourth.caregiver.videos == fourth.infant.videos == ()


EXCEL = (
    "Session;Layout;Caregiver video;infant_video ;offset_s;age\r\n"
    " 007 ;two_files; a.mp4;b.mp4;-0,4;3,5\r\n;;;;;\r\n\r\n"
)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (EXCEL, "utf-8"),
        (EXCEL, "utf-8-sig"),
        (EXCEL, "utf-16"),
        (EXCEL.replace(";", "\t"), "utf-8-sig"),
        (EXCEL.replace(";", "\t"), "utf-16"),
        ("sep=;\r\n" + EXCEL, "utf-8"),
        (EXCEL.replace("\r\n", "\n"), "utf-8"),
        (EXCEL.replace("\r\n", "\r"), "utf-8"),
        ("\r\n\r\n" + EXCEL, "utf-8"),
        (EXCEL.replace("-0,4;3,5", '"-0,4";"3,5"').replace(";", ", "), "utf-8"),
        (EXCEL.replace("-0,4", "−0,4"), "utf-8"),  # noqa: RUF001
    ],
)
def test_the_habits_of_spreadsheets(make_study, tmp_path, text, encoding):
    study = read_study(make_study(text, encoding=encoding))
    (session,) = study.sessions
    assert session.session == "007"
    assert session.clock == Clock(offset_s=-0.4)
    assert session.infant.videos == (tmp_path / "b.mp4",)
    assert session.covariates == (("age", 3.5),)
    assert list(study.table.columns)[:3] == ["session", "layout", "caregiver_video"]


def test_rows_are_counted_as_a_spreadsheet_shows_them(make_study):
    text = (
        f'{TWO}\n\n1,two_files,a.mp4,b.mp4\n"2\n",two_files,"a.mp4","b.mp4|"\n3,oops,a.mp4,b.mp4\n'
    )
    with pytest.raises(StudyError) as caught:
        read_study(make_study(text))
    assert [fault.split(":")[0] for fault in caught.value.faults] == [
        "sessions.csv, row 4, column infant_video",
        "sessions.csv, row 5, column layout",
    ]


def test_windows_separators_in_paths(make_study, tmp_path):
    (session,) = read_study(make_study(f"{TWO}\n1,two_files,a.mp4,clips\\e.mp4\n")).sessions
    assert session.infant.videos[0].samefile(tmp_path / "clips/e.mp4")


# (header beyond `session`, the cells, the column at fault, what must be quoted, words of the fault)
CELLS = [
    ("layout,video", "sidebyside,a.mp4", "layout", "sidebyside", "'side_by_side'?"),
    ("layout,video", ",a.mp4", "layout", "an empty cell", "two_files"),
    ("layout,video", "one_frame,", "video", "an empty cell", "layout one_frame"),
    ("layout,video", "one_frame,a.mp4||b.mp4", "video", "a.mp4||b.mp4", "each side of every |"),
    ("layout,video", "one_frame,a.mp4|a.mp4", "video", "a.mp4|a.mp4", "every chapter once"),
    ("layout,video,caregiver_video,infant_video", "two_files,a.mp4,a.mp4,b.mp4", "video", "a.mp4",
     "caregiver_video and infant_video"),
    ("layout,video,caregiver_video", "one_frame,a.mp4,b.mp4", "caregiver_video", "b.mp4",
     "one video of both"),
    ("layout,caregiver_video,infant_video", "two_files,a.mp4,", "infant_video", "an empty cell",
     "two_files"),
    ("layout,caregiver_video,infant_video,infant_table", "two_files,a.mp4,b.mp4,t.csv",
     "infant_video", "b.mp4", "infant_table stands in"),
    ("layout,video,caregiver_table,infant_table", "one_frame,a.mp4,t.csv,u.csv", "video", "a.mp4",
     "stands in"),
    ("layout,video,caregiver_side", "side_by_side,a.mp4,", "caregiver_side", "an empty cell",
     "left or right"),
    ("layout,video,caregiver_side", "side_by_side,a.mp4,top", "caregiver_side", "top",
     "left or right"),
    ("layout,video,caregiver_side", "side_by_side,a.mp4,rihgt", "caregiver_side", "rihgt",
     "'right'?"),
    ("layout,video,caregiver_side", "top_bottom,a.mp4,left", "caregiver_side", "left",
     "top or bottom"),
    ("layout,video,caregiver_side", "one_frame,a.mp4,left", "caregiver_side", "left", "no sides"),
    ("layout,video,caregiver_roi", "one_frame,a.mp4,1 2 3", "caregiver_roi", "1 2 3",
     "four whole numbers"),
    ("layout,video,infant_roi", "one_frame,a.mp4,0 0 -5 10", "infant_roi", "0 0 -5 10", "negative"),
    ("layout,video,infant_roi", "one_frame,a.mp4,0 0 0 10", "infant_roi", "0 0 0 10",
     "no size zero"),
    ("layout,video,infant_roi", "one_frame,a.mp4,0 0 1.5 10", "infant_roi", "0 0 1.5 10", "whole"),
    ("layout,video,infant_roi", "one_frame,a.mp4,100200300400", "infant_roi", "100200300400",
     "spreadsheet has joined"),
    ("layout,video,rotation", "one_frame,a.mp4,45", "rotation", "45", "0, 90, 180 or 270"),
    ("layout,video,rotation", "one_frame,a.mp4,-90", "rotation", "-90", "Write 270."),
    ("layout,video,rotation", "one_frame,a.mp4,left", "rotation", "left", "clockwise"),
    ("layout,video,rotation", "one_frame,a.mp4,0.5", "rotation", "0.5", "clockwise"),
    ("layout,video,infant_rotation", "one_frame,a.mp4,90", "infant_rotation", "90",
     "one recording of both persons"),
    ("layout,caregiver_table,infant_video,caregiver_rotation", "two_files,t.csv,b.mp4,90",
     "caregiver_rotation", "90", "stands in"),
    ("layout,caregiver_table,infant_video,caregiver_roi", "two_files,t.csv,b.mp4,0 0 9 9",
     "caregiver_roi", "0 0 9 9", "stands in"),
    ("layout,video,offset_s", "one_frame,a.mp4,0:02", "offset_s", "0:02", "seconds"),
    ("layout,video,offset_s", "one_frame,a.mp4,2026-04-03", "offset_s", "2026-04-03",
     "A spreadsheet has made a date of it"),
    ("layout,video,offset_s", "one_frame,a.mp4,3. Apr", "offset_s", "3. Apr", "made a date of it"),
    ("layout,video,offset_s", "one_frame,a.mp4,nan", "offset_s", "nan", "seconds"),
    ("layout,video,offset_s", f"one_frame,a.mp4,{'9' * 400}", "offset_s", "999", "seconds"),
    ("layout,video,episodes", "one_frame,a.mp4,play", "episodes", "play", "name=start-end"),
    ("layout,video,episodes", "one_frame,a.mp4,=0-5", "episodes", "=0-5", "name=start-end"),
    ("layout,video,episodes", "one_frame,a.mp4,play=0:00", "episodes", "play=0:00", "hyphen"),
    ("layout,video,episodes", "one_frame,a.mp4,play=5-5", "episodes", "play=5-5",
     "an end after the start"),
    ("layout,video,episodes", "one_frame,a.mp4,play=-5-5", "episodes", "play=-5-5", "negative"),
    ("layout,video,episodes", "one_frame,a.mp4,play=0-1:75", "episodes", "play=0-1:75", "under 60"),
    ("layout,video,episodes", "one_frame,a.mp4,a=0-5;b=4-6", "episodes", "a=0-5;b=4-6",
     "'b' starts at 0:00:04, before 'a' ends at 0:00:05"),
    ("layout,video,episodes", "one_frame,a.mp4,a=0-5;a=5-6", "episodes", "a=0-5;a=5-6", "twice"),
    ("layout,video,episodes", 'one_frame,a.mp4,"a=0-5,b=5-6"', "episodes", "a=0-5,b=5-6",
     "with semicolons"),
    ("layout,video,exclude", "one_frame,a.mp4,0:10", "exclude", "0:10", "hyphen"),
    ("layout,video,exclude", "one_frame,a.mp4,20-10", "exclude", "20-10", "an end after the start"),
    ("layout,video,caregiver_neutral", "one_frame,a.mp4,x-y", "caregiver_neutral", "x-y",
     "[h:]mm:ss"),
    ("layout,video,infant_neutral", "one_frame,a.mp4,1-2-3", "infant_neutral", "1-2-3",
     "[h:]mm:ss"),
    ("layout,video,codes", "one_frame,a.mp4,coder.csv", "codes", "coder.csv",
     "no reader of coders' files exists yet"),
    ("layout,video,dyad", "one_frame,a.mp4,a/b", "dyad", "a/b", "Use 'a_b'."),
    ("layout,video,family", "one_frame,a.mp4,CON", "family", "CON", "Use 'id_CON'."),
    ("layout,video,age", "one_frame,a.mp4,#N/A", "age", "#N/A", "spreadsheet's error"),
    ("layout,video,", "one_frame,a.mp4,5", "D", "5", "no name"),
]  # fmt: skip


@pytest.mark.parametrize(("header", "cells", "column", "found", "words"), CELLS)
def test_a_faulty_cell_is_said_with_its_place(make_study, header, cells, column, found, words):
    path = make_study(f"session,{header}\n1,{cells}\n")
    with pytest.raises(StudyError) as caught:
        read_study(path)
    (fault,) = caught.value.faults
    assert fault.startswith(f"sessions.csv, row 2, column {column}: found ")
    assert found in fault.split("; expected")[0]
    assert words in fault.split("; expected")[1]


IDS = ["..", "a/b", "a\\b", "a:b", "CON", "nul", "com1.txt", "x.", ".hidden", "x" * 101, "a?b",
       "é" * 101, "a\u200bb", "a|b"]  # fmt: skip


@pytest.mark.parametrize("session", IDS)
def test_an_unsafe_id_is_refused_with_a_safe_one(make_study, session):
    with pytest.raises(StudyError) as caught:
        read_study(make_study(f"session,layout,video\n{session},one_frame,a.mp4\n"))
    (fault,) = caught.value.faults
    assert fault.startswith("sessions.csv, row 2, column session: found ")
    proposed = fault.rsplit("Use '", 1)[1].removesuffix("'.")
    path = make_study(f"session,layout,video\n{proposed},one_frame,a.mp4\n")
    assert read_study(path).sessions[0].session == proposed


@pytest.mark.parametrize(
    ("rows", "row", "column", "found", "words"),
    [
        ("A,,\nA,,", 3, "session", "'A'", "row 2 has it too. Use another id, such as 'A_2'"),
        ("A,,\nA_2,,\nA,,", 4, "session", "'A'", "'A_3'"),
        ("A1,,\na1,,", 3, "session", "'a1'", "differ by more than case, but row 2 has 'A1'"),
        ("1,D,\n2,d,", 3, "dyad", "'d'", "row 2 has 'D'"),
        ("1,,F\n2,,f", 3, "family", "'f'", "row 2 has 'F'"),
        ("1,D,F\n2,D,G", 3, "family", "'G'", "row 2, 'F'"),
        ("1,D,F\n2,D,", 3, "family", "an empty cell", "row 2, 'F'"),
    ],
)
def test_ids_are_told_apart(make_study, rows, row, column, found, words):
    rows = "".join(f"{line},one_frame,a.mp4\n" for line in rows.split("\n"))
    with pytest.raises(StudyError) as caught:
        read_study(make_study(f"session,dyad,family,layout,video\n{rows}"))
    (fault,) = caught.value.faults
    assert fault.startswith(f"sessions.csv, row {row}, column {column}: found {found}; expected ")
    assert words in fault


def test_sessions_of_one_dyad_and_dyads_of_one_family(make_study):
    rows = "1,M,F,one_frame,a.mp4\n2,M,F,one_frame,b.mp4\n3,D,F,one_frame,c.mp4\n"
    text = f"session,dyad,family,layout,video\n{rows}"
    assert [s.dyad for s in read_study(make_study(text)).sessions] == ["M", "M", "D"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sesion,layout,video\n1,one_frame,a.mp4", ["row 1", "'session'", "'sesion'?"]),
        ("session,lay,video\n1,one_frame,a.mp4", ["row 1", "'layout'", "'lay'"]),
        ("session,layout\n1,one_frame\n2,one_frame", ["row 1", "'video'", "row 2, 3"]),
        ("session,layout,video_path\n1,one_frame,a.mp4", ["row 1", "'video'", "'video_path'?"]),
        ("session,layout,video\n1,side_by_side,a.mp4", ["row 1", "'caregiver_side'", "row 2"]),
        ("session,layout,caregiver_video\n1,two_files,a.mp4", ["row 1", "'infant_video'"]),
        ("session,layout,video,Video\n1,one_frame,a.mp4,b.mp4", ["row 1, column D", "'video'"]),
        ("session,layout,video,x,X\n1,one_frame,a.mp4,,", ["row 1, column E", "'X'", "column D"]),
        ("session,layout,video,mirroring\n1,one_frame,a.mp4,1", ["column mirroring", "no output"]),
        ("session,layout,video,Episode\n1,one_frame,a.mp4,1", ["row 1", "'Episode'", "'episodes'"]),
        ("session,layout,video,exlude\n1,one_frame,a.mp4,1", ["row 1", "'exlude'", "'exclude'"]),
        ("session,layout,video,offset\n1,one_frame,a.mp4,1", ["row 1", "'offset'", "'offset_s'"]),
        ("session,layout,video\n1,one_frame,a.mp4,0,0,9", ["row 2", "6 cells", "double quotes"]),
        ("session,layout,video\n", ["a row for every session"]),
        ("", ["row 1", "column names"]),
        ("\n;;\n", ["row 1", "column names"]),
        ('session,layout,video\n1,one_frame,"a.mp4\n2,one_frame,b.mp4', ["row 2", "double quotes"]),
        ("session,layout,video\n" + "1" * 200_000, ["row 2", "limit"]),
        ("session,layout,video,income\n1,one_frame,a.mp4,\"12,500\"",
         ["row 2", "column income", "'12,500'", "12.500 or 12500"]),
    ],
)  # fmt: skip
def test_a_faulty_table_is_said_with_its_place(make_study, text, words):
    with pytest.raises(StudyError) as caught:
        read_study(make_study(text))
    (fault,) = caught.value.faults
    assert fault.startswith("sessions.csv")
    assert [word for word in words if word not in fault] == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("session,layout,video,site\n1,one_frame,a.mp4,Köln\n".encode("latin-1"),
         "0xf6 near row 2"),
        ("session,layout\n".encode("utf-16-le"), "zero bytes"),
        (b"\xff\xfea", "UTF-8"),
        (b"PK\x03\x04\xff\xff", "near row 1"),
    ],
)  # fmt: skip
def test_another_encoding_is_refused_with_advice(make_study, content, words):
    with pytest.raises(StudyError, match="CSV UTF-8") as caught:
        read_study(make_study(content))
    (fault,) = caught.value.faults
    assert words in fault


def test_all_faults_at_once(make_study):
    text = f"{TWO},offset_s\n..,two_files,,b.mp4,\n2,two_file,a.mp4,b.mp4,soon\n"
    with pytest.raises(StudyError) as caught:
        read_study(make_study(text, episodes="session,episode,start,end\n9,play,0,5\n"))
    assert sorted(fault.split(": ")[0] for fault in caught.value.faults) == [
        "episodes.csv, row 2, column session",
        "sessions.csv, row 2, column caregiver_video",
        "sessions.csv, row 2, column session",
        "sessions.csv, row 3, column layout",
        "sessions.csv, row 3, column offset_s",
    ]
    assert str(caught.value).count("\n") == 4
    assert pickle.loads(pickle.dumps(caught.value)).faults == caught.value.faults


def test_numbers_and_text_among_the_further_columns(make_study):
    text = (
        "session;layout;video;age;income;site;id;when;none\n"
        "1;one_frame;a.mp4;3,5;12,5;A;007;2024-01-01;\n"
        "2;one_frame;a.mp4;;NA;;x;;\n"
        "3;one_frame;a.mp4;-.5e1;1.5;NA;9;;\n"
    )
    rows = [dict(session.covariates) for session in read_study(make_study(text)).sessions]
    assert [row["age"] for row in rows][::2] == [3.5, -5.0]
    assert math.isnan(rows[1]["age"])
    assert rows[0]["income"] == 12.5
    assert math.isnan(rows[1]["income"])
    assert [row["site"] for row in rows] == ["A", None, "NA"]
    assert [row["id"] for row in rows] == ["007", "x", "9"]
    assert [row["when"] for row in rows] == ["2024-01-01", None, None]
    assert all(math.isnan(row["none"]) for row in rows)
    assert pd.DataFrame(rows)["age"].dtype == "float64"


def test_a_decimal_comma_beside_others_is_no_thousand(make_study):
    text = 'session,layout,video,x\n1,one_frame,a.mp4,"1,250"\n2,one_frame,a.mp4,"1,5"\n'
    assert [s.covariates for s in read_study(make_study(text)).sessions] == [
        (("x", 1.25),), (("x", 1.5),),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "name", ["caregiver_sex", "infant_age", "side", "offset_note", "group", "family_income", "iq"]
)
def test_a_usual_covariate_is_not_taken_for_a_misspelt_column(make_study, name):
    path = make_study(f"session,layout,video,{name}\n1,one_frame,a.mp4,5\n")
    assert read_study(path).sessions[0].covariates == ((name, 5.0),)


def test_a_missing_study_or_manifest_says_how_to_start(make_study, tmp_path):
    with pytest.raises(StudyError, match="attunement init"):
        read_study(tmp_path)
    path = make_study()
    with pytest.raises(StudyError, match=r"sessions\.csv .*attunement init"):
        read_study(path)
    (tmp_path / "Sessions.xls").touch()
    with pytest.raises(StudyError, match=r"Did you mean 'Sessions\.xls'"):
        read_study(path)


def test_two_manifests_are_refused(make_study, tmp_path):
    path = make_study(f"{TWO}\n1,two_files,a.mp4,b.mp4\n")
    (tmp_path / "sessions.xlsx").write_bytes(b"x")
    with pytest.raises(StudyError, match=r"sessions\.csv and sessions\.xlsx"):
        read_study(path)


def test_the_settings_come_along(make_study):
    text = f"{TWO}\n1,two_files,a.mp4,b.mp4\n"
    study = read_study(make_study(text, config="[scoring]\nwindow_s = 3\n"))
    assert study.config.scoring.window_s == study.sessions[0].config.scoring.window_s == 3
    with pytest.raises(ConfigError, match="window_s"):
        read_study(make_study(text, config="[scoring]\nwindows_s = 3\n"))


EVERY = (
    "session,dyad,family,layout,video,caregiver_video,infant_video,caregiver_side,caregiver_roi,"
    "infant_roi,offset_s,episodes,exclude,caregiver_neutral,infant_neutral,caregiver_table,"
    "infant_table,codes,age"
)
CELL = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        ["two_files", "side_by_side", "one_frame", "a.mp4", "a.mp4|b.mp4", "left", "0-1", "\0",
         "p=0-1;q=1-2", "-1", "1,5", "0 0 1 1", '"', "\ud800", "x" * 300, ".", "/", "t.csv", "9:99"]
    ),
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    rows=st.lists(st.lists(CELL, min_size=19, max_size=19), min_size=1, max_size=3),
    delimiter=st.sampled_from(",;\t"),
)
def test_whatever_the_cells_hold_only_faults_are_raised(make_study, rows, delimiter):
    lines = [EVERY.replace(",", delimiter), *(delimiter.join(row) for row in rows)]
    path = make_study("\n".join(lines).encode("utf-8", errors="surrogatepass"))
    _reads_or_says_why(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    manifest=st.one_of(
        st.binary(max_size=80),
        st.text(max_size=80).map(lambda text: text.encode("utf-8", errors="surrogatepass")),
        st.text(max_size=80).map(
            lambda text: EVERY.encode() + b"\n" + text.encode("utf-8", "replace")
        ),
    ),
    episodes=st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
)
def test_whatever_the_files_hold_only_faults_are_raised(make_study, manifest, episodes):
    header = "session,episode,start,end\n" if len(episodes) % 2 else ""
    _reads_or_says_why(make_study(manifest, episodes=header + episodes))


def _reads_or_says_why(path):
    faults = []
    try:
        assert read_study(path).sessions
    except StudyError as error:
        faults = error.faults
    assert all(fault.startswith(("sessions.csv", "episodes.csv")) for fault in faults)
    assert "\n" not in "".join(faults)


def test_rates_of_tables_by_session_and_by_person(make_study, tmp_path):
    for name in ("c.csv", "i.csv"):
        (tmp_path / name).write_text("x")
    header = "session,layout,caregiver_table,infant_table,rate_hz,caregiver_rate_hz,infant_rate_hz"
    rows = (
        "a,two_files,c.csv,i.csv,25,,",
        'b,two_files,c.csv,i.csv,,30,"29,97"',
        "c,two_files,c.csv,i.csv,25,,30 fps",
        "d,two_files,c.csv,i.csv,30000/1001,,",
        "e,two_files,c.csv,i.csv,,,",
    )
    study = read_study(make_study("\n".join([header, *rows, ""])))
    rates = [[p.rate_hz for p in session.partners] for session in study.sessions]
    assert rates[:3] == [[25, 25], [30, 29.97], [25, 30]]
    assert rates[3] == pytest.approx([29.97003] * 2)
    assert rates[4] == [None, None]
    assert study.sessions[0].covariates == ()


def test_faulty_rates_are_named_once_each(make_study, tmp_path):
    (tmp_path / "c.csv").write_text("x")
    header = "session,layout,caregiver_table,infant_video,rate_hz,infant_rate_hz"
    rows = (
        "a,two_files,c.csv,a.mp4,fast,",
        "b,two_files,c.csv,a.mp4,0,",
        "c,two_files,c.csv,a.mp4,1000,",
        "d,two_files,c.csv,a.mp4,25,25",
        "e,two_files,c.csv,a.mp4,25,",
    )
    with pytest.raises(StudyError) as caught:
        read_study(make_study("\n".join([header, *rows, ""])))
    sentences = str(caught.value)
    for row in (2, 3, 4):
        assert sentences.count(f"row {row}, column rate_hz") == 1
    assert "row 5, column infant_rate_hz: found '25'; expected an empty cell" in sentences
    assert "row 6" not in sentences


def test_numbers_of_covariates_as_spreadsheets_write_them(make_study):
    text = (
        "session;layout;video;age;dose\n"
        "s1;one_frame;a.mp4;\u22121,5;1\u00a0234,5\n"
        "s2;one_frame;b.mp4;2;NA\n"
    )
    rows = [dict(session.covariates) for session in read_study(make_study(text)).sessions]
    assert [row["age"] for row in rows] == [-1.5, 2]
    assert rows[0]["dose"] == 1234.5
    assert math.isnan(rows[1]["dose"])


def test_a_point_before_three_digits_beside_decimal_commas_is_asked_for(make_study):
    text = "session;layout;video;weight\ns1;one_frame;a.mp4;987,5\ns2;one_frame;b.mp4;1.234\n"
    with pytest.raises(StudyError, match=r"row 3, column weight: found '1.234'.*1.234 or 1234"):
        read_study(make_study(text))
