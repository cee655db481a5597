"""Which versions were tried is written down once, and named where it was not."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from attunement import cli, doctor, tried
from attunement.faces import guard
from attunement.provenance import versions

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
REQUIREMENTS = [Requirement(text) for text in PROJECT["dependencies"]]
EXTRAS = [
    requirement
    for texts in PROJECT["optional-dependencies"].values()
    for requirement in map(Requirement, texts)
    if requirement.name != "attunement"
]


def series(text):
    return (*Version(text).release, 0)[:2]


@pytest.mark.parametrize("requirement", [*REQUIREMENTS, *EXTRAS], ids=lambda one: one.name)
def test_the_next_major_version_of_nothing_is_let_in(requirement):
    operators = {clause.operator for clause in requirement.specifier}
    if requirement.name == "pip":  # a bound would change the pip of who installs
        assert operators == {">="}
    else:
        assert operators == {"=="} or operators == {">=", "<"}


def test_every_requirement_has_its_reason_beside_it():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    lines = text[text.index("\ndependencies = [") : text.index("[project.scripts]")].splitlines()
    named = [number for number, line in enumerate(lines) if re.match(r'  "[\w"]', line)]
    assert len(named) == len(REQUIREMENTS) + len(EXTRAS) + 1
    without = [
        lines[number]
        for number in named
        if "  # " not in lines[number] and not lines[number - 1].startswith("  # ")
    ]
    assert without == []


def test_what_was_tried_is_what_is_required_between_its_bounds():
    spans = tried.tried_versions()
    bounded = [requirement for requirement in REQUIREMENTS if requirement.name != "pip"]
    assert list(spans) == ["python", *sorted(requirement.name for requirement in bounded)]
    for requirement in bounded:
        for version in spans[requirement.name]:
            assert requirement.specifier.contains(version), requirement
        bounds = {clause.operator: clause.version for clause in requirement.specifier}
        lowest = bounds.get(">=", bounds.get("=="))
        assert series(spans[requirement.name][0]) == series(lowest), requirement
    assert spans["python"][0] == PROJECT["requires-python"].split(",")[0].removeprefix(">=")


def test_the_constraints_are_the_newest_that_was_tried():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    constraints = [Requirement(line) for line in lines if not line.startswith("#")]
    newest = {}
    for constraint in constraints:
        (clause,) = constraint.specifier
        newest.setdefault(constraint.name.lower(), []).append(Version(clause.version))
    for name, (_, last) in tried.tried_versions().items():
        if name != "python":
            assert max(newest[name]) == Version(last), name


def test_only_a_series_outside_those_that_were_tried_is_named():
    (low, high) = tried.tried_versions()["numpy"]
    major, minor = series(high)
    later = {
        "numpy": f"{major}.{minor}.99",
        "scipy": "99.1",
        "pandas": "0.1",
        "python": "3.13.99",
        "of nobody": "1",
    }
    texts = tried.untried(later)
    assert list(texts) == ["pandas", "scipy"]
    first, last = tried.tried_versions()["scipy"]
    assert texts["scipy"] == f"99.1 (tried: {first} to {last})"
    assert tried.untried({"numpy": low}) == {}
    assert list(tried.untried({"python": "3.14.0"})) == ["python"]


def test_nothing_here_is_named_where_all_was_tried(monkeypatch):
    newest = {name: last for name, (_, last) in tried.tried_versions().items()}
    monkeypatch.setattr(tried, "installed_versions", lambda: newest)
    assert tried.untried_sentence() == ""


@pytest.fixture
def never_tried(monkeypatch):
    here = {**tried.installed_versions(), "scipy": "99.1", "python": "3.99.0"}
    monkeypatch.setattr(tried, "installed_versions", lambda: here)


def test_the_first_line_of_a_run_names_what_was_never_tried(
    never_tried, monkeypatch, tmp_path, capsys
):
    # What is not there is said before anything is loaded, versions included.
    (tmp_path / "study.toml").write_text("")
    (tmp_path / "sessions.csv").write_text("session,layout,video,caregiver_side\n")
    monkeypatch.setattr("sys.argv", ["attunement", "run", str(tmp_path), "--out", str(tmp_path)])
    with pytest.raises(SystemExit):
        cli.main()
    first = capsys.readouterr().err.splitlines()[0]
    assert first.startswith("Never tried with attunement: ")
    assert "python 3.99.0 (tried: " in first
    assert "scipy 99.1 (tried: " in first


def test_doctor_names_what_was_never_tried(never_tried, monkeypatch):
    monkeypatch.setattr(guard, "fails_to_import", lambda _: "")
    named = {one.name: one for one in doctor.examine() if "never tried" in one.found}
    assert {"python", "package scipy"} <= set(named)
    assert {one.status for one in named.values()} == {"warning"}
    assert "scipy==" in named["package scipy"].advice


def test_provenance_names_python_and_every_package_that_can_change_a_result():
    found = versions()
    assert found["python"] == tried.installed_versions()["python"]
    json.dumps(found)
