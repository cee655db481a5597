"""The clock of a session in a run: found out once, remembered, stated, and used."""

import json

import numpy as np
import pandas as pd
import pytest

import attunement
from attunement.clock import finding


@pytest.fixture
def study(tmp_path, two_cameras):
    rows = ["session,layout,caregiver_video,infant_video,offset_s"]
    for name, one, other, offset in (
        ("heard", "caregiver", "infant", ""),
        ("told", "caregiver", "infant", "1.25"),
        ("mute", "flash", "mute", ""),
    ):
        rows.append(f"{name},two_files,{two_cameras[one]},{two_cameras[other]},{offset}")
    folder = tmp_path / "study"
    folder.mkdir()
    (folder / "sessions.csv").write_text("\n".join(rows) + "\n")
    (folder / "study.toml").write_text(
        '[faces]\nbackend = "fake"\nframe_rate_hz = 2\n'
        "[signals]\nsampling_hz = 2\nmax_gap_s = 0.6\n[scoring]\nn_surrogates = 50\n"
    )
    return folder / "study.toml"


def test_a_run_remembers_states_and_uses_the_clock(study, tmp_path, here, monkeypatch, sounds):
    out = tmp_path / "out"
    summary = attunement.run_study(attunement.read_study(study), out, executor=here)
    assert list(summary.failures["session"]) == []
    folder = out / "sessions" / "heard"
    stored = json.loads((folder / "clock.json").read_text())
    stated = json.loads((folder / "provenance.json").read_text())["clock"]
    assert stated == {name: value for name, value in stored.items() if name != "key"}
    assert stated["source"] == "sound"
    assert str(study.parent.parent) not in (folder / "clock.json").read_text()

    faces = pd.read_parquet(folder / "faces.parquet")
    infant = faces[faces["person"] == "infant"]
    # Frames 2 a second, by a clock that counts 200 millionths too much.
    recorded_s = infant["frame"] / 30 * (1 + sounds.STRETCH_PPM * 1e-6)
    expected_s = stated["offset_s"] + recorded_s * (1 + stated["drift_ppm"] * 1e-6)
    assert infant["time_s"].to_numpy() == pytest.approx(expected_s.to_numpy(), abs=2e-5)
    assert infant["time_s"].to_numpy() == pytest.approx(
        infant["frame"] / 30 + sounds.OFFSET_S, abs=0.01
    )

    uncertainty_s = summary.scores.set_index("session")["clock_uncertainty_s"]
    assert uncertainty_s["heard"] == stated["uncertainty_s"]
    assert uncertainty_s["told"] == pytest.approx(0.04, abs=0.001)
    assert np.isnan(uncertainty_s["mute"])

    def no_sound(*arguments):
        raise AssertionError("the sound is listened to again")

    monkeypatch.setattr(finding, "read_sound", no_sound)
    toml = study.read_text().replace("n_surrogates = 50", "n_surrogates = 60")
    study.write_text(toml)
    again = attunement.run_study(attunement.read_study(study), out, executor=here)
    assert list(again.failures["session"]) == []
    assert again.computed["spans"] == 0


@pytest.mark.slow
def test_the_clock_of_another_recording_is_found_anew(study, tmp_path, here, two_cameras):
    out = tmp_path / "out"
    attunement.run_study(attunement.read_study(study), out, executor=here)
    path = out / "sessions" / "heard" / "clock.json"
    before = path.read_bytes()
    path.write_text("{")  # damaged: found out again, to the same bytes
    manifest = study.parent / "sessions.csv"
    (study.parent / "study.toml").write_text(study.read_text().replace("= 50", "= 60"))
    attunement.run_study(attunement.read_study(study), out, executor=here)
    assert path.read_bytes() == before
    manifest.write_text(
        manifest.read_text().replace(str(two_cameras["infant"]), str(two_cameras["mute"]), 1)
    )
    attunement.run_study(attunement.read_study(study), out, executor=here)
    assert json.loads(path.read_text())["source"] == "assumed"
