"""An installation that cannot work is refused in one sentence, before anything is fetched."""

import importlib.util
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
from packaging.markers import Marker

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def hook(monkeypatch):
    """Return the hook as hatchling would make it; hatchling itself is there only while building."""
    interface = ModuleType("hatchling.metadata.plugin.interface")
    interface.MetadataHookInterface = object
    for name in ("hatchling", "hatchling.metadata", "hatchling.metadata.plugin"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, interface.__name__, interface)
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("system", "processor", "is_refused"),
    [
        ("darwin", "x86_64", True),
        ("darwin", "arm64", False),
        ("linux", "x86_64", False),
        ("linux", "aarch64", False),
        ("win32", "AMD64", False),
    ],
)
def test_intel_macs_alone_are_refused(hook, monkeypatch, system, processor, is_refused):
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(hook.platform, "machine", lambda: processor)
    if is_refused:
        with pytest.raises(SystemExit, match="Mac with an Intel processor"):
            hook.RefuseWhatCannotWork().update({})
    else:
        hook.RefuseWhatCannotWork().update({})


def test_the_hook_is_asked_whenever_the_project_is_built():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["tool"]["hatch"]["metadata"]["hooks"]["custom"]["path"] == "hatch_build.py"
    # hatchling passes over metadata hooks of a project in which nothing is dynamic.
    assert project["project"]["dynamic"] == ["version"]


@pytest.mark.parametrize(
    ("system", "processor", "is_installed"),
    [
        ("linux", "x86_64", True),
        ("linux", "aarch64", False),
        ("darwin", "arm64", True),
        ("win32", "AMD64", True),
    ],
)
def test_mediapipe_is_left_out_where_it_has_no_wheel(system, processor, is_installed):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (text,) = [one for one in project["dependencies"] if one.startswith("mediapipe")]
    marker = Marker(text.partition(";")[2].strip())
    assert marker.evaluate({"sys_platform": system, "platform_machine": processor}) == is_installed
