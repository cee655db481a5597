"""The clock of a session in a run: found out once, remembered, stated, and used."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import attunement
from attunement.pipeline import clock as clock_module
from attunement.pipeline.clock import Clock, find_clock
from attunement.study.sessions import Partner, Session

OFFSET_S = 1.5
STRETCH_PPM = 200.0


@pytest.fixture(scope="module")
def recordings(tmp_path_factory, sounds):
    """Two recordings of one room, the infant's later and fast; two without sound, with a flash."""
    folder = tmp_path_factory.mktemp("recordings")
    made = sounds.talk(21, 16)
    infant = sounds.in_a_room(made, 3, echo=0.01)[round(OFFSET_S * sounds.RATE_HZ) :]
    flash = np.full(100, 60)
    flash[40:42] = 220
    later = np.roll(flash, 20)
    write = sounds.write_recording
    return {
        "caregiver": write(folder / "caregiver.mp4", sounds.in_a_room(made, 2, echo=0.01)),
        "infant": write(
            folder / "infant.mp4",
            sounds.stretched(infant, STRETCH_PPM),
            frame_rate_hz=30,
            stretch_ppm=STRETCH_PPM,
        ),
        "flash": write(folder / "flash.mp4", None, seconds=4, levels=flash),
        "later": write(folder / "later.mp4", None, seconds=4, levels=later),
        "mute": write(folder / "mute.mp4", None, seconds=4),
    }


def session_of(recordings, caregiver, infant, *, layout="two_files", **further):
    partners = [
        Partner(person, (recordings[name],))
        for person, name in (("caregiver", caregiver), ("infant", infant))
    ]
    return Session("s", "d", "f", layout, *partners, **{"clock_source": "", **further})


def test_the_manifest_has_the_last_word(recordings):
    given = session_of(recordings, "caregiver", "infant", offset_s=0.4, clock_source="manifest")
    found = find_clock(given)
    assert (found.source, found.offset_s, found.drift_ppm) == ("manifest", 0.4, 0)
    # A frame of the slower camera, and what an unknown drift makes of 14 s.
    assert found.uncertainty_s == pytest.approx(0.04, abs=0.001)


def test_the_clock_from_the_sound_of_two_files(recordings):
    found = find_clock(session_of(recordings, "caregiver", "infant"))
    assert found.source == "sound"
    assert found.offset_s == pytest.approx(OFFSET_S, abs=0.010)
    assert found.drift_ppm == pytest.approx(-STRETCH_PPM, abs=20)
    assert 0.010 <= found.uncertainty_s < 0.015


def test_a_flash_where_there_is_no_sound(recordings):
    found = find_clock(session_of(recordings, "flash", "later"))
    assert (found.source, found.drift_ppm) == ("flash", 0)
    assert found.offset_s == pytest.approx(-0.8, abs=0.001)
    assert found.uncertainty_s > 0.04
    assert found.sound["refused"] == "no_sound"


def test_what_nothing_speaks_for_is_assumed(recordings):
    found = find_clock(session_of(recordings, "flash", "mute"))
    assert found == replace(Clock(), sound=found.sound)
    assert (found.source, found.offset_s, found.uncertainty_s) == ("assumed", 0, None)


def test_one_camera_has_one_clock(recordings):
    for layout, infant in (("side_by_side", "infant"), ("two_files", "caregiver")):
        session = session_of(recordings, "caregiver", infant, layout=layout)
        found = find_clock(session)
        assert (found.source, found.uncertainty_s) == ("one_recording", 0)


@pytest.fixture
def study(tmp_path, recordings):
    rows = ["session,layout,caregiver_video,infant_video,offset_s"]
    for name, one, other, offset in (
        ("heard", "caregiver", "infant", ""),
        ("told", "caregiver", "infant", "1.25"),
        ("mute", "flash", "mute", ""),
    ):
        rows.append(f"{name},two_files,{recordings[one]},{recordings[other]},{offset}")
    folder = tmp_path / "study"
    folder.mkdir()
    (folder / "sessions.csv").write_text("\n".join(rows) + "\n")
    (folder / "study.toml").write_text(
        '[faces]\nbackend = "fake"\nframe_rate_hz = 2\n'
        "[signals]\nsampling_hz = 2\nmax_gap_s = 0.6\n[scoring]\nn_surrogates = 50\n"
    )
    return folder / "study.toml"


def test_a_run_remembers_states_and_uses_the_clock(study, tmp_path, here, monkeypatch):
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
    recorded_s = infant["frame"] / 30 * (1 + STRETCH_PPM * 1e-6)
    expected_s = stated["offset_s"] + recorded_s * (1 + stated["drift_ppm"] * 1e-6)
    assert infant["time_s"].to_numpy() == pytest.approx(expected_s.to_numpy(), abs=2e-5)
    assert infant["time_s"].to_numpy() == pytest.approx(infant["frame"] / 30 + OFFSET_S, abs=0.01)

    uncertainty_s = summary.scores.set_index("session")["clock_uncertainty_s"]
    assert uncertainty_s["heard"] == stated["uncertainty_s"]
    assert uncertainty_s["told"] == pytest.approx(0.04, abs=0.001)
    assert np.isnan(uncertainty_s["mute"])

    def no_sound(*arguments):
        raise AssertionError("the sound is listened to again")

    monkeypatch.setattr(clock_module, "read_sound", no_sound)
    toml = study.read_text().replace("n_surrogates = 50", "n_surrogates = 60")
    study.write_text(toml)
    again = attunement.run_study(attunement.read_study(study), out, executor=here)
    assert list(again.failures["session"]) == []
    assert again.computed["spans"] == 0


@pytest.mark.slow
def test_the_clock_of_another_recording_is_found_anew(study, tmp_path, here, recordings):
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
        manifest.read_text().replace(str(recordings["infant"]), str(recordings["mute"]), 1)
    )
    attunement.run_study(attunement.read_study(study), out, executor=here)
    assert json.loads(path.read_text())["source"] == "assumed"
