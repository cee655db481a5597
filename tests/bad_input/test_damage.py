"""Damaged recordings and settings: no process dies, hangs, or writes where it should not."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import attunement
from attunement.config import Config, read_config
from attunement.errors import ConfigError

HERE = Path(__file__).parent
ROOT = Path(attunement.__file__).parents[1]
LIMIT_A_RECORDING_S = 60
TIME_BOX_S = 120

# Ends the process as a decoder with a defect does, when a recording named so is opened.
DEADLY = """
import importlib.util, os, signal, sys

class Deadly:
    def find_spec(self, name, path=None, target=None):
        if name != "av":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec("av")
        run = spec.loader.exec_module

        def exec_module(module):
            run(module)
            whole = module.open

            def open_or_die(file, *arguments, **further):
                if "deadly" in str(file):
                    os.kill(os.getpid(), signal.SIGSEGV)
                return whole(file, *arguments, **further)

            module.open = open_or_die

        spec.loader.exec_module = exec_module
        return spec

sys.meta_path.insert(0, Deadly())
"""


def _environment(home: Path, *paths: Path) -> dict[str, str]:
    home.mkdir(exist_ok=True)
    places = dict.fromkeys(("HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"), str(home))
    return os.environ | places | {"PYTHONPATH": os.pathsep.join(map(str, (*paths, ROOT)))}


def _tree(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _read_damaged(folder: Path, clips: list[Path], first: int, n: int) -> list[str]:
    """Damage and read `n` recordings in one process; return what came of each."""
    out, home, here = folder / "out", folder / "home", folder / "here"
    for place in (out, here):
        place.mkdir(exist_ok=True)
    command = [sys.executable, str(HERE / "damage.py"), str(out), str(first), str(n)]
    done = subprocess.run(
        [*command, str(LIMIT_A_RECORDING_S), *map(str, clips)],
        cwd=here,
        env=_environment(home),
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    last = lines[-1] if lines else None
    assert done.returncode == 0, f"{done.returncode} after {last}: {done.stderr[-2000:]}"
    assert not any(home.iterdir()), "written outside the folder of results"
    assert not any(here.iterdir()), "written outside the folder of results"
    assert {path.stem for path in out.iterdir()} == {"damaged"}
    results = [line["result"] for line in lines if "result" in line]
    assert len(results) == n
    return results


def test_damaged_clips_never_end_or_hold_up_a_process(tmp_path, make):
    clips = [
        make.film(tmp_path / "a.mp4", 30),
        make.film(tmp_path / "b.ts", 30),
        make.film(tmp_path / "c.mkv", 30, codec="mpeg4"),
    ]
    results = _read_damaged(tmp_path, clips, 0, 10)
    assert 0 < results.count("read") < len(results), "damage that shows, and damage that does not"


@pytest.mark.slow
@pytest.mark.shared_data
def test_hundreds_of_damaged_real_clips_never_end_or_hold_up_a_process(tmp_path, shared):
    clips = sorted(p for p in (shared / "clips").iterdir() if p.suffix in (".mp4", ".mov"))
    whole = {path: path.stat().st_mtime_ns for path in clips}
    results: list[str] = []
    start_s = time.monotonic()
    while time.monotonic() - start_s < TIME_BOX_S and len(results) < 600:
        results += _read_damaged(tmp_path, clips, len(results), 20)
    assert len(results) >= 100
    assert results.count("read") > len(results) / 10
    assert any("damaged" in result for result in results), "what cannot be read is said by name"
    assert all("\n" not in result for result in results)
    assert {path: path.stat().st_mtime_ns for path in clips} == whole


@pytest.mark.slow
def test_a_decoder_that_dies_takes_its_own_session_only(tmp_path, make):
    """A run over damaged recordings, one of which ends the process that opens it."""
    study, hook, here = tmp_path / "study", tmp_path / "hook", tmp_path / "here"
    for place in (study, hook, here):
        place.mkdir()
    (hook / "sitecustomize.py").write_text(DEADLY)
    good = make.film(study / "good.mp4", 60)
    (study / "deadly.mp4").write_bytes(good.read_bytes())
    (study / "zeroed.mp4").write_bytes(good.read_bytes()[:2000] + bytes(good.stat().st_size - 2000))
    (study / "study.toml").write_text(
        '[faces]\nbackend = "fake"\n[signals]\nmin_interocular_px = 10\n'
    )
    names = ["good", "deadly", "zeroed", "good2"]
    rows = [
        {"session": name, "layout": "two_files", "caregiver_video": "good.mp4",
         "infant_video": f"{name.rstrip('2')}.mp4"}
        for name in names
    ]  # fmt: skip
    pd.DataFrame(rows).to_csv(study / "sessions.csv", index=False)
    before = _tree(study)
    done = subprocess.run(
        [sys.executable, "-m", "attunement.cli", "run", str(study), "--out", str(tmp_path / "out")],
        cwd=here,
        env=_environment(tmp_path / "home", hook),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    failures = pd.read_csv(tmp_path / "out" / "failures.csv").set_index("session")
    assert sorted(failures.index) == ["deadly", "zeroed"]
    assert "worker process" in failures.loc["deadly", "reason"]
    assert "zeroed.mp4" in failures.loc["zeroed", "reason"]
    assert set(pd.read_csv(tmp_path / "out" / "scores.csv")["session"]) == {"good", "good2"}
    assert "Traceback" not in done.stderr
    assert _tree(study) == before, "the study's own folder is only read"
    assert not any(here.iterdir())
    assert _tree(tmp_path / "home") == {}
    assert {path.name for path in tmp_path.iterdir()} == {"study", "hook", "here", "home", "out"}


NAMES = [
    name
    for section in ("faces", "signals", "scoring", "association", "execution")
    for name in (section, *Config.model_fields[section].annotation.model_fields)
]
VALUE = st.one_of(
    st.integers(-(10**6), 10**6), st.floats(), st.booleans(), st.text(max_size=8),
    st.lists(st.integers(0, 3), max_size=2), st.dictionaries(st.text(max_size=3), st.none()),
)  # fmt: skip


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{}"
    if isinstance(value, float):
        return repr(value).replace("e+", "e")
    return json.dumps(value)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80)
@given(
    lines=st.lists(
        st.one_of(
            st.sampled_from(NAMES).map(lambda name: f"[{name}]"),
            st.tuples(st.sampled_from(NAMES), VALUE).map(lambda kv: f"{kv[0]} = {_toml(kv[1])}"),
            st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
        ),
        max_size=6,
    ),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "latin-1", "utf-16"]),
)
def test_whatever_study_toml_holds_only_faults_are_raised(tmp_path, lines, encoding):
    path = tmp_path / "study.toml"
    path.write_bytes("\n".join(lines).encode(encoding, errors="replace"))
    said = "study.toml"
    try:
        read_config(path)
    except ConfigError as error:
        said = error.reason
    assert said.startswith("study.toml")
