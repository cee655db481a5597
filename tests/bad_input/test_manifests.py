"""What is wrong before anything is run: said from the command line, all at once, exit 2."""

import os
import sys
from pathlib import Path

import pandas as pd
import pytest

import attunement
from attunement.cli import main
from attunement.errors import AttunementError, OutputError, StudyError

ONE = {"layout": "one_frame", "video": "a.mp4"}
# One row a fault: what it is, its cells, the column, and words of the sentence.
ROWS = [
    ("first", {"session": "1", **ONE}, "", ""),
    ("id twice", {"session": "1", **ONE}, "session", "such as '1_2'"),
    ("slash", {"session": "a/b", **ONE}, "session", "Use 'a_b'"),
    ("dots", {"session": "..", **ONE}, "session", "begins with a dot"),
    ("device", {"session": "CON", **ONE}, "session", "Use 'id_CON'"),
    ("layout", {"session": "6", **ONE, "layout": "split"}, "layout", "one of two_files"),
    ("side", {"session": "7", **ONE, "layout": "side_by_side", "caregiver_side": ""},
     "caregiver_side", "left or right"),
    ("roi text", {"session": "8", **ONE, "infant_roi": "upper left"}, "infant_roi", "four whole"),
    ("overlap", {"session": "9", **ONE, "episodes": "a=0-9;b=8-9"}, "episodes", "'b' starts at"),
    ("reversed", {"session": "10", **ONE, "episodes": "a=9-1"}, "episodes", "end after the start"),
    ("offset", {"session": "con2", **ONE, "offset_s": "soon"}, "offset_s", "seconds"),
    ("case twin", {"session": "CON2", **ONE}, "session", "has 'con2'"),
]  # fmt: skip


@pytest.fixture
def folder(tmp_path, make):
    make.film(tmp_path / "a.mp4", 1)
    (tmp_path / "study.toml").touch()
    (tmp_path / "loop.mp4").symlink_to("loop2.mp4")
    (tmp_path / "loop2.mp4").symlink_to("loop.mp4")
    return tmp_path


def _run(monkeypatch, capsys, folder) -> tuple[int, str]:
    monkeypatch.setattr(sys, "argv", ["attunement", "run", str(folder), "--out", f"{folder}/out"])
    with pytest.raises(SystemExit) as stopped:
        main()
    said = capsys.readouterr()
    assert said.out == ""
    assert "Traceback" not in said.err
    assert not (folder / "out").exists(), "nothing is run"
    return int(stopped.value.code or 0), said.err


def test_every_fault_of_a_manifest_is_said_at_once(folder, monkeypatch, capsys):
    rows = [cells for _, cells, _, _ in ROWS]
    pd.DataFrame(rows).assign(mirroring=1).to_csv(folder / "sessions.csv", index=False)
    code, said = _run(monkeypatch, capsys, folder)
    assert code == 2
    lines = [line.removeprefix("attunement: ") for line in said.splitlines()]
    for number, (what, _, column, words) in enumerate(ROWS, start=2):
        start = f"sessions.csv, row {number}, column {column}: found "
        told = [line for line in lines if line.startswith(start)]
        if not column:  # without a fault: the one that the next has the id of
            continue
        assert len(told) == 1, (what, lines)
        assert words in told[0].split("; expected ")[1], what
    assert sum("column mirroring" in line for line in lines) == 1, "an output has this name"
    assert len(lines) == len(ROWS)


@pytest.mark.parametrize("name", ["sessions.csv", "sessions.xlsx"])
def test_a_manifest_that_excel_holds_open_is_said_so(folder, monkeypatch, capsys, name):
    # Windows lets nobody read a file that another program has opened for itself alone.
    if name.endswith("csv"):
        (folder / name).write_text("session,layout,video\n1,one_frame,a.mp4\n")
    else:
        pd.DataFrame([{"session": "1", **ONE}]).to_excel(folder / name, index=False)

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied", name)

    import openpyxl

    monkeypatch.setattr(Path, "read_bytes", refuse)
    monkeypatch.setattr(openpyxl, "load_workbook", refuse)
    code, said = _run(monkeypatch, capsys, folder)
    assert code == 2
    assert said.startswith(f"attunement: {name} cannot be read (Permission denied). Close it in")


def test_a_table_of_results_that_excel_holds_open_is_said_so_and_nothing_is_lost(
    tmp_path, make, monkeypatch
):
    tables = {person: make.openface(tmp_path / f"{person}.csv", 60) for person in ("c", "i")}
    (tmp_path / "study.toml").touch()
    row = {
        "session": "1",
        "layout": "two_files",
        "caregiver_table": "c.csv",
        "infant_table": "i.csv",
    }
    pd.DataFrame([row]).to_csv(tmp_path / "sessions.csv", index=False)
    assert all(path.is_file() for path in tables.values())
    replace = os.replace

    def refuse(source, target):
        if Path(target).name == "scores.csv":
            raise PermissionError(13, "Permission denied", str(target))
        replace(source, target)

    study = attunement.read_study(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", refuse)
        with pytest.raises(OutputError, match=r"scores\.csv cannot be written .*program has"):
            attunement.run_study(study, tmp_path / "out")
    assert not (tmp_path / "out" / "scores.csv").exists()
    assert not list((tmp_path / "out").glob(".*partial"))
    summary = attunement.run_study(study, tmp_path / "out")
    assert summary.computed["sessions"] == 0, "what was finished is not computed again"
    assert summary.scores["session"].tolist() == ["1"]


@pytest.mark.parametrize("place", ["study", "manifest", "out", "episodes"])
def test_a_loop_of_links_anywhere_is_said(folder, place):
    loop, study = folder / "loop.mp4", folder
    (folder / "sessions.csv").write_text("session,layout,video\n1,one_frame,a.mp4\n")
    out = folder / "out"
    if place == "study":
        study = loop
    elif place == "manifest":
        (folder / "sessions.csv").unlink()
        (folder / "sessions.csv").symlink_to("loop.mp4")
    elif place == "episodes":
        (folder / "episodes.csv").symlink_to("loop.mp4")
    else:
        out = loop
    if place == "episodes":
        with pytest.raises(StudyError, match=r"episodes\.csv cannot be read"):
            attunement.read_study(study)
        return
    with pytest.raises(AttunementError) as caught:
        attunement.run_study(attunement.read_study(study), out)
    named = {"study": "loop.mp4", "manifest": "sessions.csv", "out": "loop.mp4"}[place]
    assert named in caught.value.reason
    assert caught.value.advice


def test_a_path_with_spaces_umlauts_emoji_and_300_characters_is_read(tmp_path, make):
    folder = tmp_path / "Bänder 👶 des Sommers" / "/".join("y" * 95 for _ in range(3))
    make.film(folder / "Mutter & Kind.mp4", 1)
    (folder / "study.toml").touch()
    (folder / "sessions.csv").write_text(
        "session,layout,video\nÄ 👶,one_frame,Mutter & Kind.mp4\n", encoding="utf-8"
    )
    study = attunement.read_study(folder)
    assert study.sessions[0].session == "Ä 👶"
    assert len(str(study.path)) > 300
    assert attunement.video.probe_video(study.sessions[0].caregiver.videos).n_frames == 1


def test_every_item_of_the_table_of_tests_exists():
    """The table in README.md names a test for every kind of bad input; none is made up."""
    here = Path(__file__).parent
    named = 0
    for line in (here / "README.md").read_text(encoding="utf-8").splitlines():
        for cell in line.split("`")[1::2]:
            if not line.startswith("|") or "::" not in cell:
                continue
            file, test = cell.split("::")
            source = (here.parent / file).read_text(encoding="utf-8")
            assert f"def {test.split('[')[0]}(" in source, cell
            for case in test.split("[")[1:]:
                assert case.rstrip("]") in source, cell
            named += 1
    assert named > 40
