"""`attunement check`: exit codes, what is printed, and what is written."""

import sys
from io import StringIO
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from attunement.cards import PRINTED_WIDTH
from attunement.checking.text import estimate_text
from attunement.cli import main


@pytest.fixture
def run(monkeypatch, capsys):
    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["attunement", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            main()
        said = capsys.readouterr()
        assert "Traceback" not in said.err + said.out
        return int(stopped.value.code or 0), said.out, said.err

    return run


def files_below(folder: Path) -> dict[str, int]:
    return {str(p.relative_to(folder)): p.stat().st_mtime_ns for p in folder.rglob("*")}


def test_a_good_study_exits_with_0_and_says_how_long_a_run_takes(run, write_study, two_files):
    code, out, err = run("check", write_study(two_files("a")))
    assert code == 0
    lines = out.splitlines()
    assert lines[0].split()[:2] == ["session", "person"]
    assert [line.split()[:2] for line in lines[2:4]] == [["a", "caregiver"], ["a", "infant"]]
    assert lines[2].endswith("good")
    assert "So it is with" not in out
    assert " ".join(out.split()).count("infant_video both name clear.mp4") == 1
    assert "A run of the whole study will take about" in out
    assert "1/1 a" in err


def test_advice_stands_below_once_and_fits_a_hundred_columns(run, write_study, two_files):
    name = "a_session_with_quite_a_long_name_2024-01-01"
    code, out, _ = run(
        "check", write_study(two_files(name, "short", "short"), two_files("b", "small", "text"))
    )
    assert code == 1
    assert max(map(len, out.splitlines())) <= PRINTED_WIDTH
    below = out.split("\n\n", 1)[1]
    assert name in below
    assert below.count("mirroring_p needs") == 1
    assert "infant: " in below


def test_what_cannot_be_scored_or_read_exits_with_1(run, write_study, two_files):
    assert run("check", write_study(two_files("a", infant="black")))[0] == 1
    code, out, _ = run("check", write_study(two_files("a", infant="text"), two_files("b")))
    assert code == 1
    assert "text.mp4" in out


def test_a_faulty_manifest_exits_with_2(run, write_study, two_files):
    code, out, err = run("check", write_study(two_files("a", layout="sideways")))
    assert (code, out) == (2, "")
    assert "side_by_side" in err


def test_csv_is_all_of_standard_output_and_text_stays_text(run, write_study, two_files):
    folder = write_study(two_files("007"), two_files("=cmd", infant="half"))
    code, out, err = run("check", folder, "--csv")
    assert code == 0
    table = pd.read_csv(StringIO(out), dtype={"session": str})
    assert table["session"].tolist() == ["007", "007", "'=cmd", "'=cmd"]
    assert table["verdict"].tolist() == ["good", "good", "good", "poor"]
    assert table["usable_share"].between(0, 1).all()
    assert "A run of the whole study" in err


def test_nothing_is_written_unless_pictures_are_asked_for(
    run, write_study, two_files, tmp_path, monkeypatch, videos
):
    folder = write_study(two_files("a", infant="half"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    before = files_below(tmp_path), files_below(videos["clear"].parent)
    run("check", folder)
    run("check", folder, "--csv")
    assert (files_below(tmp_path), files_below(videos["clear"].parent)) == before


def test_pictures_go_where_they_are_asked_for_and_show_who_was_seen(
    run, write_study, two_files, tmp_path
):
    folder = write_study(two_files("a", infant="half"))
    before = files_below(tmp_path)
    shown = tmp_path / "looks of ünïcode"
    assert run("check", folder, "--pictures", shown)[0] == 0
    names = [f"a_{k}.png" for k in (1, 2, 3, 4)]
    assert sorted(path.name for path in shown.iterdir()) == names
    assert set(before.items()) <= set(files_below(tmp_path).items())
    assert set(files_below(tmp_path)) - set(before) == {
        shown.name, *(f"{shown.name}/{name}" for name in names)
    }  # fmt: skip
    pictures = [
        cv2.imdecode(np.frombuffer((shown / name).read_bytes(), np.uint8), cv2.IMREAD_COLOR)
        for name in names
    ]
    # In the recordings' own pixels, side by side: what is read off them is what the manifest takes.
    assert {picture.shape for picture in pictures} == {(160, 320, 3)}
    # The box is 2 px wide in the partner's colour, the mesh lies inside; without the region's edge.
    inside = [p[60:130, 165:315].astype(int) for p in pictures]
    blue = [(np.abs(p - (255, 160, 60)).max(axis=2) < 8).sum() for p in inside]
    assert blue[0] > 300
    assert blue[3] == 0


def test_a_folder_for_pictures_that_cannot_be_made(run, write_study, two_files, tmp_path):
    (tmp_path / "file").write_text("")
    code, out, err = run(
        "check", write_study(two_files("a")), "--pictures", tmp_path / "file" / "x"
    )
    assert (code, out) == (2, "")
    assert "--pictures" in err


def test_help_has_an_example(run):
    code, out, _ = run("check", "--help")
    assert code == 0
    assert "Example: attunement check" in out


@pytest.mark.parametrize(
    ("seconds", "said"), [(42, "42 s"), (600, "10 min"), (3 * 3600, "3.0 h"), (0, "no recording")]
)
def test_a_duration_is_said_in_words(seconds, said):
    assert said in " ".join(estimate_text(seconds, 2).split())
