"""Notebooks show their figures once, and none needs a folder that a plain clone does not have."""

import base64
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PICTURE = {"image/png": base64.b64encode(b"one").decode(), "text/plain": ["<Picture size 1x1>"]}
TEXT_ONLY = {"text/plain": ["<Figure size 1000x600 with 4 Axes>"]}


def pictures(tmp_path, *cells):
    """Return exit status and text of the check that CI runs."""
    path = tmp_path / "executed.ipynb"
    cells = [{"cell_type": "code", "outputs": [{"data": data} for data in cell]} for cell in cells]
    path.write_text(json.dumps({"cells": cells}))
    done = subprocess.run(
        [sys.executable, ROOT / ".ci" / "pictures", path], capture_output=True, text=True
    )
    return done.returncode, done.stdout


def test_a_notebook_with_a_picture_passes(tmp_path):
    assert pictures(tmp_path, [{"text/plain": ["12"]}], [PICTURE]) == (
        0, "pictures in 1 notebooks\n",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ([[{"text/plain": ["12"]}]], "no picture"),
        ([[TEXT_ONLY], [PICTURE]], "cell 0 shows a figure as text"),
        ([[PICTURE, PICTURE]], "cell 0 shows a picture twice"),
    ],
)
def test_what_shows_no_picture_or_two_fails(tmp_path, cells, said):
    status, text = pictures(tmp_path, *cells)
    assert status == 1
    assert said in text


def test_ci_asks_for_the_pictures_and_runs_without_the_shared_folder():
    text = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "python .ci/pictures" in text
    assert "plain" in text


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_that_knows_the_shared_folder_has_a_stand_in(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
    if "shared/data" in code:
        assert "def stand_in(" in code
        assert "raise FileNotFoundError" not in code


def test_ipython_shows_a_figure_as_one_picture():
    from IPython.core.formatters import DisplayFormatter

    from attunement.report import plot_association, plot_timeline
    from attunement.scoring import score_windows
    from attunement.simulation import simulate_dyad
    from attunement.stats.association import fit_association

    signals, _ = simulate_dyad(duration_s=60, mirroring=0.6)
    x, noise = np.random.default_rng(0).normal(size=(2, 30))
    scores = pd.DataFrame({"dyad": range(30), "mirroring": x, "y": x + noise})
    result = fit_association(
        scores, outcome="y", kind="continuous", predictors="mirroring", n_permutations=0
    )
    figures = (plot_timeline(signals, score_windows(signals)), plot_association(result))
    for figure in (*figures, result.plot()):
        shown, _ = DisplayFormatter().format(figure)
        assert shown["image/png"].startswith(b"\x89PNG")
