"""A recording that is missing costs its own session, is said first, and is tried again."""

import shutil
import sys
from pathlib import Path

import pandas as pd
import pytest

import attunement
from attunement.cli import main
from attunement.errors import StudyError
from attunement.pipeline import Progress


@pytest.fixture
def study(make_sparse) -> Path:
    """Sessions a and b that can be run, and c and d that lack a recording."""
    path = make_sparse(("a", "b"))
    manifest = path.parent / "sessions.csv"
    rows = manifest.read_text().splitlines()
    shutil.copy(rows[1].split(",")[3], path.parent / "i.mp4")
    caregiver = rows[1].split(",")[2]
    (path.parent / "d.mp4").touch()
    rows += [f"{name},two_files,{caregiver},{name}.mp4,0" for name in "cd"]
    manifest.write_text("\n".join(rows) + "\n")
    return path


def test_the_others_run_and_a_later_run_tries_it_again(study, tmp_path, here):
    out = tmp_path / "out"
    told: list[Progress] = []
    loaded = attunement.read_study(study)
    summary = attunement.run_study(loaded, out, progress=told.append, executor=here)
    assert summary.scores["session"].tolist() == ["a", "b"]
    failures = pd.read_csv(out / "failures.csv").set_index("session")
    assert failures.index.tolist() == ["c", "d"]
    assert failures.loc["c", "reason"] == "c.mp4 is not there (column infant_video)."
    assert "is empty (0 bytes)" in failures.loc["d", "reason"]
    assert told[0].news[0] == "2 of 4 sessions cannot be run, the others are:"
    assert (told[0].sessions_done, told[0].sessions_opened) == (0, 1), "before anything is begun"

    for name in "cd":
        shutil.copy(study.parent / "i.mp4", study.parent / f"{name}.mp4")
    again = attunement.run_study(loaded, out, executor=here)
    assert again.computed["sessions"] == 2
    assert again.scores["session"].tolist() == ["a", "b", "c", "d"]
    assert len(again.failures) == 0


def test_strict_begins_nothing(study, tmp_path, monkeypatch, capsys):
    out = tmp_path / "out"
    with pytest.raises(StudyError, match=r"(?s)Session c, column infant_video.*Session d, column"):
        attunement.run_study(attunement.read_study(study), out, strict=True)
    assert not out.exists()
    arguments = ["attunement", "run", str(study), "--out", str(out), "--strict"]
    monkeypatch.setattr(sys, "argv", arguments)
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    assert "d.mp4 is empty (0 bytes)" in capsys.readouterr().err


def test_tables_are_not_emptied_where_a_disk_is_not_connected(study, tmp_path, here):
    out = tmp_path / "out"
    loaded = attunement.read_study(study)
    attunement.run_study(loaded, out, executor=here)
    before = (out / "scores.csv").read_bytes()
    (study.parent / "d.mp4").write_bytes((study.parent / "i.mp4").read_bytes())
    attunement.run_study(loaded, out, executor=here)
    (study.parent / "d.mp4").unlink()
    summary = attunement.run_study(loaded, out, executor=here)
    kept = "What an earlier run made of it is kept"
    assert [kept in advice for advice in summary.failures["advice"]] == [False, True]
    assert (out / "scores.csv").read_bytes() == before

    away = study.parent / "sessions.csv"
    away.write_text(away.read_text().replace("i.mp4", "x/i.mp4").replace("infant.mp4", "x/i.mp4"))
    with pytest.raises(StudyError, match="None of the 4 sessions has all of its recordings"):
        attunement.run_study(attunement.read_study(study), out, executor=here)
    assert (out / "scores.csv").read_bytes() == before


def test_check_names_it_in_the_rows_of_its_session(study):
    loaded = attunement.read_study(study)
    table = attunement.check_study(loaded).set_index(["session", "person"])
    assert (table.loc[["a", "b"], "verdict"] != "unreadable").all()
    assert (table.loc[["c", "d"], "verdict"] == "unreadable").all()
    assert "c.mp4 is not there (column infant_video)" in table.loc[("c", "infant"), "advice"]
    assert "d.mp4 is empty (0 bytes)" in table.loc[("d", "infant"), "advice"]
    assert "The infant's recording" in table.loc[("d", "caregiver"), "advice"]

    manifest = study.parent / "sessions.csv"
    manifest.write_text(manifest.read_text().replace("infant.mp4", "x.mp4"))
    with pytest.raises(StudyError, match="None of the 4 sessions"):
        attunement.check_study(attunement.read_study(study))
