"""A manifest that says otherwise than the scores of a fit: what differs is told."""

import pandas as pd
import pytest

from attunement.fitting import fit_study
from attunement.study import read_study
from attunement.study.files import write_csv

N = 12
TOML = """[association]
outcomes = ["warmth"]
kinds = {warmth = "continuous"}
predictors = ["mirroring"]
covariates = ["age"]
n_permutations = 0
"""


@pytest.fixture
def manifest(tmp_path):
    ids = [f"{k:02d}_a" for k in range(N)]
    (tmp_path / "video.mp4").write_text("x")
    (tmp_path / "study.toml").write_text(TOML)
    return pd.DataFrame(
        {"session": ids, "dyad": "", "family": "", "layout": "one_frame", "video": "video.mp4",
         "age": [5.5, 6, 7, 9, 3, 4, 8, 2, 1, 4.5, 6.5, 2.5], "sex": ["f", "m"] * 6,
         "warmth": [3, 5, 4, 2, 6, 7, 1, 2, 3, 5, 4, 6]}
    )  # fmt: skip


def told(folder, before, after):
    """Fit with the scores of a run with one manifest, and with another one beside study.toml."""
    after.to_csv(folder / "sessions.csv", index=False)
    further = ["age", "sex", "warmth"]
    scores = before[["dyad", "session", "family"]].assign(mirroring=range(N), **before[further])
    for name, other in (("dyad", "session"), ("family", "dyad")):
        scores[name] = scores[name].where(scores[name] != "", scores[other])
    scores.loc[3, "mirroring"] = 40
    (folder / "out").mkdir(exist_ok=True)
    write_csv(scores, folder / "out" / "scores.csv")
    fitted = fit_study(read_study(folder), folder / "out")
    page = (folder / "out" / "association.html").read_text()
    assert all(sentence in page for sentence in fitted.entered.changed)
    return fitted.entered.changed


def test_the_manifest_that_was_run_is_not_doubted(tmp_path, manifest):
    assert told(tmp_path, manifest, manifest) == ()
    numbered = manifest.assign(dyad=[f"{k:02d}" for k in range(N)])
    assert told(tmp_path, numbered, numbered) == ()


def test_ids_given_after_the_run_are_named_once(tmp_path, manifest):
    (sentence,) = told(tmp_path, manifest, manifest.assign(dyad=[f"{k:02d}" for k in range(N)]))
    assert sentence.startswith(
        "sessions.csv says dyad 00 for session 00_a, scores.csv says 00_a, and so of 11 more; "
        "scores.csv is what was used."
    )
    assert sentence.endswith("run again, then fit.")


def test_families_and_columns_of_models_are_compared_and_no_others(tmp_path, manifest):
    after = manifest.assign(family=["f1", "f1", *[f"x{k}" for k in range(2, N)]])
    assert "says family f1 for session 00_a" in told(tmp_path, manifest, after)[0]
    after = manifest.assign(sex="d")
    after["age"] = after["age"].replace(9, 10)
    (sentence,) = told(tmp_path, manifest, after)
    assert "says age 10 for session 03_a, scores.csv says 9; scores.csv is what" in sentence


def test_a_session_that_was_taken_out_is_still_in_the_scores(tmp_path, manifest):
    (sentence,) = told(tmp_path, manifest, manifest.iloc[1:])
    assert sentence.startswith("scores.csv has session 00_a, which sessions.csv does not have")
