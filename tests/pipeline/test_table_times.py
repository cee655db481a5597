"""Where the times of tables come from stands beside the results."""

import json

import numpy as np
import pandas as pd
import pytest

import attunement


@pytest.fixture
def study_of(tmp_path):
    def make(caregiver, infant):
        for name, table in (("c.csv", caregiver), ("i.csv", infant)):
            table.to_csv(tmp_path / name, index=False)
        (tmp_path / "study.toml").write_text("[scoring]\nn_surrogates = 50\n")
        (tmp_path / "sessions.csv").write_text(
            "session,layout,caregiver_table,infant_table,offset_s\na,two_files,c.csv,i.csv,0\n"
        )
        return attunement.read_study(tmp_path / "study.toml")

    return make


def libreface(times, *, seed):
    rng = np.random.default_rng(seed)
    values = {f"au_{unit}_intensity": rng.uniform(0, 5, len(times)) for unit in (1, 6, 12, 25)}
    head = {"frame_idx": np.arange(len(times)), "frame_time_in_ms": times}
    return pd.DataFrame({**head, **values})


def events(out, name):
    lines = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    return [line for line in lines if line["event"] == name]


def test_clock_and_log_tell_where_times_come_from(study_of, tmp_path, here):
    seconds = np.arange(900) / 30
    study = study_of(libreface(seconds, seed=1), libreface(1000 * seconds, seed=2))
    out = tmp_path / "out"
    attunement.run_study(study, out, executor=here)
    folder = out / "sessions" / "a"
    clock = json.loads((folder / "clock.json").read_text())
    (lacks,) = clock["tables"]["infant"]["value_notes"]
    assert "distress (needs AU15 or AU20)" in lacks
    assert clock["tables"]["infant"] == {
        "file": "i.csv",
        "source": "column frame_time_in_ms, in milliseconds",
        "frames_hz": pytest.approx(30),
        "lasts_s": pytest.approx(30),
        "notes": [],
        "value_notes": [lacks],
    }
    assert clock["tables"]["caregiver"]["source"] == "column frame_time_in_ms, in seconds"
    assert "holds seconds, not milliseconds" in clock["tables"]["caregiver"]["notes"][0]
    provenance = json.loads((folder / "provenance.json").read_text())
    assert provenance["clock"]["tables"] == clock["tables"]
    assert [line["person"] for line in events(out, "table_times")] == ["caregiver", "infant"]
    faces = pd.read_parquet(folder / "faces.parquet")
    assert faces.groupby("person")["time_s"].max().tolist() == pytest.approx([899 / 30] * 2)

    before = (folder / "clock.json").read_bytes()
    attunement.run_study(study, out, executor=here)
    (folder / "tracks.parquet").unlink()
    attunement.run_study(study, out, executor=here)
    assert (folder / "clock.json").read_bytes() == before


def test_a_run_tells_of_lengths_that_another_rate_would_make_alike(study_of, tmp_path, here):
    study = study_of(
        libreface(np.arange(1800) / 0.03, seed=1), libreface(np.arange(1500) / 0.03, seed=2)
    )
    told = []
    attunement.run_study(
        study, tmp_path / "out", executor=here, progress=lambda p: told.extend(p.news)
    )
    assert any(
        "a: i.csv lasts 50 s and c.csv 60 s" in line and "At 25 frames a second" in line
        for line in told
    )
    assert sum("i.csv: for want of columns distress" in line for line in told) == 1
    assert events(tmp_path / "out", "session_finished")[0]["told"] == [
        line.removeprefix("a: ") for line in told if "lasts" in line or "for want of" in line
    ]
