"""Text of users is carried, never evaluated; no code in the package could evaluate it."""

import ast
import csv
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

import attunement
from attunement.cli import main
from attunement.errors import StudyError

CMD = "=cmd|' /C calc'!A0"
SCRIPT = "<script>alert(1)</script>"
LINK = '=HYPERLINK("http://example.org","x")'
COVARIATES = {
    "note": CMD,
    "origin": SCRIPT,
    "sum": "@SUM(1)",
    "plus": "+1+1",
    "python": "__import__('os')",
    LINK: "x",
}
SESSION, DYAD, EPISODE = "=1+1", "@SUM(1)", "@cmd()"
BROKEN = "[bold]-{0}%s"


@pytest.fixture(scope="module")
def run(tmp_path_factory, make):
    folder = tmp_path_factory.mktemp("text")
    make.film(folder / "a.mp4", 60)
    (folder / "=1+1 [red].mp4").write_text("no video")
    (folder / "study.toml").write_text(
        '[faces]\nbackend = "fake"\n[signals]\nmin_interocular_px = 10\n'
    )
    row = {"session": SESSION, "dyad": DYAD, "layout": "two_files", "caregiver_video": "a.mp4",
           "infant_video": "a.mp4", "episodes": f"{EPISODE}=0-12", **COVARIATES}  # fmt: skip
    broken = {**row, "session": BROKEN, "infant_video": "=1+1 [red].mp4"}
    pd.DataFrame([row, broken]).to_csv(folder / "sessions.csv", index=False)
    out, told = folder / "out", folder / "told.txt"
    with pytest.MonkeyPatch.context() as patch, told.open("w", encoding="utf-8") as file:
        patch.setattr(sys, "argv", ["attunement", "run", str(folder), "--out", str(out)])
        patch.setattr(sys, "stdout", file)
        patch.setattr(sys, "stderr", file)
        with pytest.raises(SystemExit):
            main()
    return SimpleNamespace(out=out, told=told.read_text(encoding="utf-8"))


def _cells(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_no_cell_of_any_csv_is_run_by_a_spreadsheet(run):
    tables = sorted(run.out.rglob("*.csv"))
    assert {path.name for path in tables} >= {"scores.csv", "scores_by_episode.csv", "failures.csv"}
    for path in tables:
        for row in _cells(path):
            for cell in row:
                if cell.startswith(("=", "+", "-", "@", "\t", "\r")):
                    float(cell)  # a negative number is none


@pytest.mark.parametrize("name", ["scores.csv", "scores_by_episode.csv"])
def test_covariates_and_ids_come_through_as_text(run, name):
    header, row = _cells(run.out / name)
    cells = dict(zip(header, row, strict=True))
    assert (cells["session"], cells["dyad"]) == (f"'{SESSION}", f"'{DYAD}")
    for column, value in COVARIATES.items():
        quoted = [f"'{text}" if text[0] in "=+-@" else text for text in (column, value)]
        assert cells[quoted[0]] == quoted[1]
    if "episode" in cells:
        assert cells["episode"] == f"'{EPISODE}"


def test_what_spreadsheets_do_not_open_is_unchanged(run):
    windows = pd.read_parquet(run.out / "windows.parquet")
    assert set(windows["session"]) == {SESSION}
    assert set(windows["episode"]) == {EPISODE}
    assert json.loads((run.out / "study.json").read_text())["sessions"] == [SESSION, BROKEN]
    scores = pd.read_parquet(run.out / "sessions" / SESSION / "scores.parquet")
    assert scores["dyad"].tolist() == [DYAD]


def test_a_failure_names_session_and_file_as_they_are_written(run):
    failures = pd.read_csv(run.out / "failures.csv")
    assert failures["session"].tolist() == [BROKEN]
    assert "=1+1 [red].mp4" in failures["reason"][0]
    assert f"{BROKEN}" in run.told
    assert "=1+1 [red].mp4" in run.told


def test_no_script_stands_in_a_page(run):
    texts = [path for path in run.out.rglob("*") if path.suffix in (".html", ".svg", ".htm")]
    assert all(SCRIPT not in path.read_text(encoding="utf-8") for path in texts)


@pytest.mark.parametrize("name", [CMD, SCRIPT])
def test_what_no_folder_can_be_named_is_refused_as_an_id(tmp_path, make, name):
    make.film(tmp_path / "a.mp4", 1)
    (tmp_path / "study.toml").touch()
    row = {"session": "1", "dyad": name, "layout": "one_frame", "video": "a.mp4"}
    pd.DataFrame([row]).to_csv(tmp_path / "sessions.csv", index=False)
    with pytest.raises(StudyError, match=r"row 2, column dyad: .* Use ['\"].*['\"]\."):
        attunement.read_study(tmp_path)


# What can run text as code, or build objects from a file. A method of a pandas table that takes an
# expression counts as well.
_CALLS = {"eval", "exec", "compile", "execfile", "system", "popen", "query"}
_CALLS_OF = {
    ("pickle", "load"), ("pickle", "loads"), ("yaml", "load"), ("joblib", "load"),
    ("np", "load"), ("numpy", "load"), ("pd", "read_pickle"), ("marshal", "loads"),
    ("shelve", "open"), ("dill", "load"),
}  # fmt: skip
_HARMLESS = {("re", "compile"), ("platform", "system")}
_PACKAGES = {"pickle", "cloudpickle", "dill", "yaml", "marshal", "shelve", "jinja2", "patsy",
             "formulaic", "statsmodels.formula.api"}  # fmt: skip


def dangers(source: str) -> list[str]:
    """Return what in a module could evaluate text or unpickle a file."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name in _PACKAGES]
        elif isinstance(node, ast.ImportFrom) and node.module in _PACKAGES:
            found.append(str(node.module))
        elif isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            owner = ""
            if isinstance(node.func, ast.Name):
                name = node.func.id
            elif isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
                owner = node.func.value.id
            if (owner, name) in _HARMLESS:
                continue
            # numpy builds objects only where it is allowed to.
            plain = any(k.arg == "allow_pickle" and _is_false(k.value) for k in node.keywords)
            if name in _CALLS or ((owner, name) in _CALLS_OF and not plain):
                found.append(f"{owner}.{name}" if owner else name)
            if any(k.arg == "shell" and not _is_false(k.value) for k in node.keywords):
                found.append("shell")
    return found


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


@pytest.mark.parametrize(
    "source",
    ["eval(text)", "exec(text)", "table.query(text)", "pd.eval(text)", "table.eval(text)",
     "import pickle", "from yaml import load", "np.load(path)", "os.system(text)",
     "np.load(path, allow_pickle=True)",
     "subprocess.run(text, shell=True)", "compile(text, '', 'exec')",
     "import statsmodels.formula.api as smf"],
)  # fmt: skip
def test_the_search_finds_what_could_evaluate_text(source):
    assert len(dangers(source)) == 1


def test_the_search_leaves_alone_what_is_harmless():
    source = "re.compile(x)\nsubprocess.run([x], shell=False)\njson.loads(x)\nfile.open(x)\n"
    source += "np.load(x, allow_pickle=False)\n"
    assert dangers(source) == []


def test_nothing_in_the_package_evaluates_text_or_unpickles():
    root = Path(attunement.__file__).parent
    files = sorted(root.rglob("*.py"))
    assert len(files) > 50
    assert {
        str(file.relative_to(root)): found
        for file in files
        if (found := dangers(file.read_text(encoding="utf-8")))
    } == {}
