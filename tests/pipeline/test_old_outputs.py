"""What an earlier version wrote is taken up where it still holds, and made anew where not."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import attunement
from attunement.fitting import fit_study
from attunement.study import Study
from attunement.study.files import read_csv, read_parquet, write_csv

OLD = Path(__file__).parents[1] / "old_outputs"
VERSIONS = sorted(path.name for path in OLD.iterdir() if (path / "study.json").exists())
IDS = ("dyad", "session", "family", "episode")


@pytest.fixture
def study() -> Study:
    return attunement.read_study(OLD / "study" / "study.toml")


@pytest.fixture
def old(tmp_path, request) -> Path:
    """A copy of an old output folder."""
    return Path(shutil.copytree(OLD / request.param, tmp_path / "old"))


def _keys(out: Path) -> dict[str, str]:
    return json.loads((out / "sessions" / "001" / "provenance.json").read_text())["keys"]


def _tables(out: Path) -> dict[str, pd.DataFrame]:
    read = {".parquet": read_parquet, ".csv": lambda path: read_csv(path, text=IDS)}
    return {
        path.relative_to(out).as_posix(): read[path.suffix](path)
        for path in sorted(out.rglob("*"))
        if path.suffix in read
    }


def test_there_is_an_output_of_the_first_version():
    assert "0.1.0" in VERSIONS


@pytest.mark.parametrize("old", VERSIONS, indirect=True)
def test_a_run_ends_with_the_tables_of_a_run_from_nothing(study, old, tmp_path, here):
    keys_before = _keys(old)
    faces = old / "sessions" / "001" / "tracks.parquet"
    made_ns = faces.stat().st_mtime_ns

    anew = attunement.run_study(study, tmp_path / "anew", executor=here)
    taken_up = attunement.run_study(study, old, executor=here)
    assert len(anew.failures) == len(taken_up.failures) == 0

    keys = _keys(old)
    assert keys == _keys(tmp_path / "anew")
    tracks_hold = keys["tracks"] == keys_before["tracks"]
    assert (faces.stat().st_mtime_ns == made_ns) == tracks_hold, "valid is what is kept"
    assert taken_up.computed["spans"] == (0 if tracks_hold else anew.computed["spans"])
    assert taken_up.computed["sessions"] == (keys != keys_before)

    tables = _tables(tmp_path / "anew")
    assert len(tables) > 15
    for name, table in _tables(old).items():
        # Other processors and other versions of numpy differ in last digits.
        pd.testing.assert_frame_equal(table, tables.pop(name), obj=name, rtol=1e-6, atol=1e-9)
    assert tables == {}
    assert attunement.run_study(study, old, executor=here).computed["sessions"] == 0


@pytest.mark.parametrize("old", VERSIONS, indirect=True)
def test_fit_says_of_one_dyad_why_nothing_is_fitted(study, old):
    table = fit_study(study, old).table
    assert table["p"].isna().all()
    assert table["note"].str.startswith("not fitted: ").all()


@pytest.mark.parametrize("old", VERSIONS, indirect=True)
def test_fit_takes_an_old_table_of_scores(study, old):
    scores = read_csv(old / "scores.csv", text=IDS)
    many = pd.concat([scores] * 40, ignore_index=True)
    for name in ("dyad", "session", "family"):
        many[name] = [f"d{k}" for k in range(40)]
    rng = np.random.default_rng(0)
    many["mirroring"] = rng.normal(0.2, 0.1, 40)
    many["security"] = rng.normal(4, 1, 40)
    write_csv(many, old / "scores.csv")
    fitted = fit_study(study, old).table
    row = fitted[(fitted["outcome"] == "security") & (fitted["predictor"] == "mirroring")]
    assert row["p"].notna().all()
    assert row["n_dyads"].eq(40).all()
