"""The example in the docstring of every public name runs and gives what it shows.

Each begins with an empty namespace, in a folder of its own that holds a study (``study.toml`` and
two recordings), the ``results`` of its run, and a ``pilot`` with the scores of 40 dyads.
"""

import doctest
import importlib.util
import inspect
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

import attunement

STUDY = """[faces]
backend = "fake"
[signals]
sampling_hz = 2
max_gap_s = 0.6
min_interocular_px = 10
[scoring]
n_surrogates = 50
[association]
outcomes = ["sensitivity"]
kinds = {sensitivity = "continuous"}
predictors = ["mirroring"]
"""


def _callables(module: ModuleType = attunement) -> dict[str, object]:
    """Return the public functions and classes by the name of the room that lists them."""
    listed = {}
    for name in module.__all__:
        value = getattr(module, name)
        if isinstance(value, ModuleType):
            listed |= _callables(value)
        elif callable(value) and not _is_plain_error(value):
            listed[f"{value.__module__}.{name}"] = value
    return listed


def _is_plain_error(value: object) -> bool:
    # What an error holds, and how it is shown, is told once, where all of them come from.
    kinds = attunement.errors.AttunementError
    return inspect.isclass(value) and issubclass(value, kinds) and value is not kinds


PUBLIC = _callables()


def _examples(name: str) -> doctest.DocTest:
    text = inspect.getdoc(PUBLIC[name]) or ""
    _, _, shown = text.partition("Examples\n--------\n")
    return doctest.DocTestParser().get_doctest(shown, {}, name, None, None)


def make_study(folder: Path) -> None:
    """Write the study that examples find where they run."""
    painting = Path(__file__).parent / "pipeline" / "conftest.py"
    spec = importlib.util.spec_from_file_location("attunement_test_painting", painting)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    folder.mkdir()
    time_s = np.arange(0, 60, 0.5)
    for person, delay_s in (("infant", 0.0), ("caregiver", 0.5)):
        smile = np.clip(np.sin((time_s - delay_s) / 2), 0, 1)
        brow = 0.3 * np.abs(np.cos(time_s - delay_s))
        module.paint(folder / f"{person}.mp4", [(smile, brow)], rate_hz=2)
    (folder / "study.toml").write_text(STUDY)
    (folder / "sessions.csv").write_text(
        "session,layout,caregiver_video,infant_video,offset_s\n"
        "s1,two_files,caregiver.mp4,infant.mp4,0\n"
    )
    x, noise = np.random.default_rng(0).normal(size=(2, 40))
    scores = pd.DataFrame({"dyad": [f"d{k}" for k in range(40)], "mirroring": x})
    scores = scores.assign(session=scores["dyad"], family=scores["dyad"], sensitivity=x + noise)
    (folder / "pilot").mkdir()
    scores.to_csv(folder / "pilot" / "scores.csv", index=False)
    written = attunement.read_study(folder / "study.toml")
    with ThreadPoolExecutor(1) as here:
        attunement.run_study(written, folder / "results", executor=here)


@pytest.fixture(scope="session")
def study(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("examples") / "study"
    make_study(folder)
    return folder


MAX_STEPS = 9  # imports among them
SLOW = {"attunement.validation.run.validate"}


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.slow] * (name in SLOW)) for name in sorted(PUBLIC)],
)
def test_the_example_gives_what_it_shows(name: str, study, tmp_path, monkeypatch):
    shutil.copytree(study, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    told: list[str] = []
    ran = doctest.DocTestRunner(verbose=False).run(_examples(name), out=told.append)
    assert ran.failed == 0, "".join(told)


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_every_public_name_has_a_short_example_that_shows_something(name: str):
    steps = _examples(name).examples
    assert any(step.want for step in steps), "no section Examples with a figure in it"
    assert len(steps) <= MAX_STEPS
    if inspect.isfunction(PUBLIC[name]):
        assert f"{name.rpartition('.')[2]}(" in "".join(step.source for step in steps)
