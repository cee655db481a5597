"""Files that cannot be read: found before anything is begun, named with what may be meant."""

import os
import unicodedata
from pathlib import Path

import pytest

from attunement.errors import StudyError
from attunement.study import Partner, Session, read_study
from attunement.study.recordings import absent_lines, find_absent, refuse_absent, same_name


def session(name: str, *videos: Path, table: Path | None = None) -> Session:
    infant = Partner("infant", () if table else videos, table=table)
    return Session(name, name, name, "two_files", Partner("caregiver", videos), infant)


@pytest.fixture
def good(tmp_path) -> Path:
    path = tmp_path / "good.mp4"
    path.write_bytes(b"x")
    return path


@pytest.mark.parametrize(
    ("name", "problem", "advice"),
    [
        ("gone.mp4", "is not there", "put the file there"),
        ("x" * 300, "is not there", "put the file there"),
        ("nul\0.mp4", "is not there", ""),
        ("empty.mp4", "is empty (0 bytes)", "Copy it"),
        ("folder.mp4", "is a folder", "Name the file in it"),
        ("loop.mp4", "is a link that leads to no file", "Name the file itself"),
        ("pipe.mp4", "is no file that holds anything", "Copy it"),
        ("good.mp4/in.mp4", "is not there", "not there either"),
        ("usb/day1/a.mp4", "is not there", "connect the disk"),
    ],
)
def test_a_file_that_cannot_be_read_is_said_with_advice(tmp_path, good, name, problem, advice):
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "folder.mp4").mkdir()
    (tmp_path / "loop.mp4").symlink_to("nowhere.mp4")
    os.mkfifo(tmp_path / "pipe.mp4")
    sessions = [session("a", good), session("b", good, tmp_path / name)]
    ((which, files),) = find_absent(sessions).items()
    assert which == "b"
    assert [one.column for one in files] == ["caregiver_video", "infant_video"]
    assert files[0].problem.startswith(problem)
    assert advice in files[0].advice


def test_a_table_is_named_by_its_column(tmp_path, good):
    absent = find_absent([session("a", good, table=tmp_path / "faces.csv")])
    assert [one.column for one in absent["a"]] == ["infant_table"]


def test_files_that_may_not_be_read_or_do_not_answer_are_told_from_missing_ones(good, monkeypatch):
    for error, words in (
        (PermissionError(13, "Permission denied"), "may not be read by this user"),
        (OSError(5, "Input/output error"), "cannot be read (Input/output error)"),
    ):

        def refuse(*_, error=error, **__):
            raise error

        monkeypatch.setattr(Path, "open", refuse)
        assert find_absent([session("a", good)])["a"][0].problem == words


@pytest.mark.parametrize(
    ("beside", "meant"),
    [
        ("S1.MP4", "Did you mean 'S1.MP4'?"),
        ("s1.MOV", "Did you mean 's1.MOV'?"),
        ("s_1.mp4", "Did you mean 's_1.mp4'?"),
        ("s1.mp4.crdownload", "is still being copied"),
        (".s1.mp4.icloud", "iCloud"),
    ],
)
def test_what_may_be_meant_is_proposed(tmp_path, beside, meant):
    (tmp_path / beside).write_bytes(b"x")
    assert meant in find_absent([session("a", tmp_path / "s1.mp4")])["a"][0].advice


def test_the_file_of_another_session_is_not_proposed(tmp_path):
    other = tmp_path / "s2.mp4"
    other.write_bytes(b"x")
    absent = find_absent([session("a", tmp_path / "s1.mp4"), session("b", other)])
    assert "s2.mp4" not in absent["a"][0].advice


def test_a_name_of_other_case_is_proposed_though_it_is_used(tmp_path):
    other = tmp_path / "04_baby.mp4"
    other.write_bytes(b"x")
    absent = find_absent([session("a", tmp_path / "04_baby.MP4"), session("b", other)])
    assert absent["a"][0].advice == "Did you mean '04_baby.mp4'?"


def test_names_are_found_under_another_spelling(tmp_path):
    (tmp_path / "my clips").mkdir()
    path = tmp_path / "my clips" / unicodedata.normalize("NFD", "Jürgen.mp4")
    path.write_bytes(b"x")
    composed = unicodedata.normalize("NFC", "Jürgen.mp4")
    for written in (
        f"my clips\\{composed}",
        f'"my clips/{composed}"',
        f"“my clips\\{composed}”",
        f"'{path}'",
        path.as_uri(),
    ):
        assert same_name(tmp_path, written).is_file(), written
    for written in ("other.mp4", '""', "file://", "my clips/Jurgen.mp4"):
        assert same_name(tmp_path, written) == tmp_path / written


def test_a_name_with_quotes_that_is_there_is_that_file(tmp_path):
    for name in ("a.mp4", "'a.mp4'"):
        (tmp_path / name).write_bytes(b"x")
    assert same_name(tmp_path, "'a.mp4'") == tmp_path / "'a.mp4'"


def test_a_disk_that_is_not_connected_is_one_sentence(tmp_path, good):
    sessions = [session(f"s{k}", tmp_path / "usb" / f"{k}.mp4") for k in range(200)]
    with pytest.raises(StudyError) as caught:
        refuse_absent(sessions, find_absent(sessions), strict=False)
    (fault,) = caught.value.faults
    assert f"None of the 200 sessions has all of its recordings: the folder {tmp_path}/usb" in fault
    assert "Nothing was begun" in caught.value.advice

    sessions.append(session("there", good))
    absent = find_absent(sessions)
    refuse_absent(sessions, absent, strict=False)
    lines = absent_lines(absent, 201)
    assert lines[0] == "200 of 201 sessions cannot be run, the others are:"
    assert lines[1:] == [
        f"  s0, s1, s2, s3, s4 and 195 more: the folder {tmp_path}/usb is not there"
    ]
    with pytest.raises(StudyError) as caught:
        refuse_absent(sessions, absent, strict=True)
    assert len(caught.value.faults) == 400, "each with session and column"


def test_one_session_alone_fails_like_any_other(tmp_path):
    sessions = [session("a", tmp_path / "gone.mp4")]
    absent = find_absent(sessions)
    refuse_absent(sessions, absent, strict=False)
    assert absent_lines(absent, 1)[0] == "1 of 1 session cannot be run:"


def test_a_study_with_a_missing_file_is_read_and_faults_name_it_beside_them(tmp_path, good):
    (tmp_path / "study.toml").touch()
    rows = "session,layout,video\na,one_frame,good.mp4\nb,one_frame,gone.mp4\n"
    (tmp_path / "sessions.csv").write_text(rows)
    assert len(read_study(tmp_path).sessions) == 2
    (tmp_path / "sessions.csv").write_text(f"{rows}c,sideways,good.mp4\n")
    with pytest.raises(StudyError) as caught:
        read_study(tmp_path)
    assert len(caught.value.faults) == 1
    assert "recordings of 1 session cannot be read: b (" in caught.value.advice
