"""What the command line answers without loading what takes long, and what shells complete."""

import json
import os
import subprocess
import sys
from importlib.metadata import version

import pytest
from packaging.version import Version

# Packages that take a tenth of a second or more to load. pydantic is not among them: typer loads it
# whenever it reads a command's words.
HEAVY = ["numpy", "pandas", "scipy", "pyarrow", "rich", "cv2", "av", "matplotlib", "statsmodels"]
PROBE = f"""
import atexit, json, sys
atexit.register(lambda: print(json.dumps([n for n in {HEAVY} if n in sys.modules])))
sys.argv[0] = "attunement"
from attunement.cli import main
main()
"""


def call(folder, *words, **environment):
    """Call the command line in `folder`; return exit code, what it said, and what it loaded."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *map(str, words)],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    out, _, loaded = done.stdout.rstrip("\n").rpartition("\n")
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, out + done.stderr, json.loads(loaded)


def complete(folder, words, *, shell="bash"):
    """Return what a shell offers for the last of `words`, and what was loaded for it."""
    told = {
        "_ATTUNEMENT_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": words,
        "COMP_CWORD": str(words.count(" ") - words.count("\\ ")),
        "_TYPER_COMPLETE_ARGS": words,
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    _, said, loaded = call(folder, **told)
    return said.split("\n") if said else [], loaded


@pytest.fixture
def studies(tmp_path):
    """Make a folder with studies and results under several names."""
    for name in ("study.toml", "pilot/study.toml", "my study/study.toml", "results/scores.csv"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("")
    (tmp_path / "sessions.csv").write_text("session,layout\n")
    (tmp_path / "sessions_pilot.csv").write_text("session,layout\n")
    (tmp_path / "sound").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    "words",
    ["--help", "--version", "run --help", "check --help", "fit --help", "explain --help", ""],
)
def test_help_and_version_load_nothing_that_takes_long(tmp_path, words):
    code, said, loaded = call(tmp_path, *words.split())
    assert code == (0 if words else 2)
    assert said
    # Its older versions escape what stands in brackets behind an option with rich.
    old = Version(version("typer")) < Version("0.29")
    assert set(loaded) <= ({"rich"} if old else set())


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("run studdy.toml --out OUT", "studdy.toml is not there. Did you mean 'study.toml'?"),
        ("check pilots", "Did you mean 'pilot'?"),
        ("fit pilto/study.toml --out results", "Did you mean 'pilot'?"),
        ("check sessions.csv", "sessions.csv is a table; expected study.toml"),
        ("check pilot", "sessions.csv (or sessions.xlsx) is not in"),
        ("fit study.toml --out result", "Did you mean 'results'? That folder holds one."),
        ("fit study.toml --out sound", "First: attunement run"),
        ("run study.toml --out study.toml", "study.toml is a file; expected a folder"),
        ("run study.toml --out OUT --model none.task", "The face model none.task is not there."),
        ("init pilto", "pilto is not a folder. Did you mean 'pilot'?"),
        ("validate --codes session.csv", "is not there. Did you mean 'sessions.csv'?"),
        ("check " + "x" * 300, "is not there"),
    ],
)
def test_a_name_that_is_not_there_is_answered_before_anything_is_loaded(studies, words, told):
    code, said, loaded = call(studies, *words.split())
    assert code == 2
    assert told in " ".join(said.split()).replace("\\", "/")
    assert loaded == []
    assert not (studies / "OUT").exists()


def test_a_study_without_anything_like_it_is_told_how_to_make_one(tmp_path):
    (tmp_path / "pyproject.toml").write_text("")
    assert "Make one with: attunement init" in call(tmp_path, "check", "study.toml")[1]


def test_a_fault_of_the_settings_is_answered_before_anything_is_loaded(studies):
    (studies / "study.toml").write_text("[scoring]\nwindw_s = 3\n")
    for words in ("check study.toml", "run study.toml --out OUT", "fit study.toml --out results"):
        code, said, loaded = call(studies, *words.split())
        assert (code, "did you mean 'window_s'?" in said) == (2, True)
        assert loaded == [], words


def test_a_fault_of_the_manifest_is_told_before_networks_and_models_are_loaded(studies):
    for words in ("check study.toml", "run study.toml --out OUT", "fit study.toml --out results"):
        code, said, loaded = call(studies, *words.split())
        assert (code, "expected a row for every session" in said) == (2, True)
        assert {"cv2", "av", "scipy", "rich", "statsmodels"}.isdisjoint(loaded), words


def test_shells_complete_studies_and_results(studies):
    offered, loaded = complete(studies, "attunement check ")
    assert offered == [r"my\ study/study.toml", "pilot/study.toml", "study.toml"]
    assert loaded == []
    assert complete(studies, "attunement run pilot/")[0] == ["pilot/study.toml"]
    assert complete(studies, "attunement run nothing")[0] == []
    assert complete(studies, "attunement fit study.toml --out r")[0] == ["results"]
    assert complete(studies, "attunement check m", shell="fish")[0] == ["my study/study.toml"]


def test_a_mistyped_name_does_not_keep_a_shell_from_completing(studies):
    assert complete(studies, "attunement run studdy.toml --o")[0] == ["--out"]


def test_shells_complete_commands_and_columns(studies):
    assert "explain" in complete(studies, "attunement e")[0]
    offered, _ = complete(studies, "attunement explain mirroring_")
    assert {"mirroring_p", "mirroring_lag_s"} <= set(offered)
    assert complete(studies, "attunement explain windows.congr")[0][0] == "windows.congruence"


def test_completion_can_be_shown_and_installed(tmp_path):
    assert "--install-completion" in call(tmp_path, "--help")[1]


def test_the_scores_of_a_run_are_looked_for_under_the_name_that_a_run_gives_them(tmp_path):
    from attunement.pipeline.places import Places
    from attunement.study.finding import SCORES

    assert Places(tmp_path).path("scores") == tmp_path / SCORES
