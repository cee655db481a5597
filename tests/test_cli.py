"""The command line: exit codes, one-sentence errors, help with an example."""

import subprocess
import sys

import pytest

from attunement.cli import main


def attunement(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "attunement", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def run_main(monkeypatch, capsys, *arguments: str) -> tuple[int, str, str]:
    """Run the command line in this process; return exit code, standard output and error."""
    monkeypatch.setattr(sys, "argv", ["attunement", *arguments])
    with pytest.raises(SystemExit) as stopped:
        main()
    said = capsys.readouterr()
    return int(stopped.value.code or 0), said.out, said.err


@pytest.mark.parametrize("command", ["demo", "init", "check", "run", "fit", "explain", "doctor"])
def test_help_of_every_command_has_an_example(monkeypatch, capsys, command):
    code, out, _ = run_main(monkeypatch, capsys, command, "--help")
    assert code == 0
    assert f"Example: attunement {command}" in out


def test_the_version_is_printed(monkeypatch, capsys):
    import attunement as package

    assert run_main(monkeypatch, capsys, "--version")[:2] == (0, f"{package.__version__}\n")


def test_a_faulty_manifest_stops_with_2_and_every_fault(monkeypatch, capsys, tmp_path):
    (tmp_path / "study.toml").write_text("")
    (tmp_path / "sessions.csv").write_text(
        "session,layout,video\na,side_by_side,x.mp4\nb,sideways,y.mp4\n"
    )
    code, out, err = run_main(
        monkeypatch, capsys, "run", str(tmp_path), "--out", str(tmp_path / "o")
    )
    assert code == 2
    assert out == ""
    for part in ("row 2", "caregiver_side", "x.mp4", "row 3", "side_by_side"):
        assert part in err
    assert "Traceback" not in err
    assert not (tmp_path / "o").exists(), "nothing is run"


def test_an_unknown_key_stops_with_2(monkeypatch, capsys, tmp_path):
    (tmp_path / "study.toml").write_text("[scoring]\nwindw_s = 3\n")
    (tmp_path / "sessions.csv").write_text("session,layout,video\n")
    code, _, err = run_main(monkeypatch, capsys, "run", str(tmp_path), "--out", str(tmp_path / "o"))
    assert code == 2
    assert "window_s" in err


def test_a_column_is_explained_and_a_wrong_name_stops_with_2(monkeypatch, capsys):
    code, out, _ = run_main(monkeypatch, capsys, "explain", "congruence")
    assert code == 0
    assert "How close both partners' valence is" in out
    code, out, err = run_main(monkeypatch, capsys, "explain", "congruense")
    assert (code, out) == (2, "")
    assert "Nearest: congruence" in err


def test_a_wrong_option_stops_with_2():
    done = attunement("run", "--nonsense")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_failed_session_exits_with_1_and_says_why(tmp_path):
    (tmp_path / "x.mp4").write_text("no video")
    (tmp_path / "study.toml").write_text('[faces]\nbackend = "fake"\n')
    (tmp_path / "sessions.csv").write_text(
        "session,layout,video,caregiver_side\na,side_by_side,x.mp4,left\n"
    )
    done = attunement("run", str(tmp_path), "--out", str(tmp_path / "out"))
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert lines[:2] == ["1 session", "  scored        0"]
    assert lines[2].startswith("  failed        1  a: x.mp4 is not a video")
    assert lines[-1].startswith("Next: mend what failed")
    assert "Traceback" not in done.stderr
    assert "a,video," in (tmp_path / "out" / "failures.csv").read_text()


@pytest.fixture
def with_outcomes(tmp_path):
    """A study of six sessions with a file of outcomes whose ids are written otherwise."""
    (tmp_path / "study.toml").write_text("[scoring]\nwindow_s = 4\n")
    rows = "".join(f"s-{k},one_frame,x.mp4\n" for k in range(1, 7))
    (tmp_path / "sessions.csv").write_text(f"session,layout,video\n{rows}")
    (tmp_path / "x.mp4").write_text("no video")
    rows = "".join(f"S0{k},{k}\n" for k in range(1, 7))
    (tmp_path / "outcomes.csv").write_text(f"ID,sensitivity\n{rows}")
    return tmp_path


def test_an_association_is_proposed_without_results(monkeypatch, capsys, with_outcomes):
    path = with_outcomes / "study.toml"
    code, out, err = run_main(monkeypatch, capsys, "fit", str(path), "--propose")
    assert code == 0
    assert 'key = {study = "dyad", outcomes = "ID"}' in out
    assert f"Written into {path}" in err
    assert path.read_text().startswith("[scoring]\nwindow_s = 4\n\n[association]\n")
    code, again, err = run_main(monkeypatch, capsys, "fit", str(path), "--propose")
    assert (code, again) == (0, out)
    assert "was left as it is" in err
    assert (with_outcomes / "association.proposed.toml").read_text() == out


def test_what_must_be_corrected_first_is_said_with_1(monkeypatch, capsys, with_outcomes):
    with (with_outcomes / "outcomes.csv").open("a") as file:
        file.write("S01,4\n")
    code, out, err = run_main(monkeypatch, capsys, "fit", str(with_outcomes), "--propose")
    assert code == 1
    assert "# CORRECT FIRST: 1 id more than once" in out
    assert "Correct first: 1 id more than once" in err


def test_options_of_fit_that_do_not_go_together(monkeypatch, capsys, with_outcomes):
    study = str(with_outcomes)
    code, _, err = run_main(monkeypatch, capsys, "fit", study)
    assert (code, "--propose" in err) == (2, True)
    file = str(with_outcomes / "outcomes.csv")
    code, _, err = run_main(monkeypatch, capsys, "fit", study, "--outcomes", file)
    assert (code, "--propose" in err) == (2, True)
    code, _, err = run_main(monkeypatch, capsys, "fit", study, "--propose", "--outcomes", "out.csv")
    assert (code, "is not there" in err) == (2, True)
