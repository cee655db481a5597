"""A run writes tracks and roles; an edited roles.csv recomputes what depends on it, no video."""

from fractions import Fraction

import av
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import attunement
from attunement.cli import app
from attunement.faces import span_extraction
from attunement.study.files import read_parquet

RATE_HZ, DURATION_S = 2, 34
SIZE = (320, 112)
TOML = (
    '[faces]\nbackend = "fake"\n[signals]\nsampling_hz = 2\nmax_gap_s = 0.6\n'
    "min_interocular_px = 10\n[scoring]\nn_surrogates = 50\n"
)


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    """Two people in one picture: red on the left, blue on the right."""
    path = tmp_path_factory.mktemp("two") / "two.mp4"
    rng = np.random.default_rng(5)
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=RATE_HZ, options={"crf": "8"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv444p"
        stream.time_base = Fraction(1, RATE_HZ)
        for k in range(RATE_HZ * DURATION_S):
            picture = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
            picture[10:100, 30:110] = (190 + int(rng.integers(9)), 60, 0)
            picture[10:100, 210:290] = (60, 60, 190 + int(rng.integers(9)))
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = k, Fraction(1, RATE_HZ)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


@pytest.fixture
def study(tmp_path, video):
    folder = tmp_path / "study"
    folder.mkdir()
    (folder / "study.toml").write_text(TOML)
    (folder / "sessions.csv").write_text(f"session,layout,video\ns1,one_frame,{video}\n")
    return folder


@pytest.fixture
def decoded(monkeypatch):
    """Count the spans whose frames are asked for."""
    calls = []
    read = span_extraction.read_frames

    def counted(*arguments, **options):
        calls.append(options)
        return read(*arguments, **options)

    monkeypatch.setattr(span_extraction, "read_frames", counted)
    return calls


def run(folder, out, here):
    return attunement.run_study(attunement.read_study(folder), out, executor=here)


def test_a_session_waits_for_roles_and_no_video_is_read_again(study, tmp_path, here, decoded):
    out = tmp_path / "out"
    first = run(study, out, here)
    assert len(decoded) == 2
    assert first.waiting["session"].tolist() == ["s1"]
    assert first.waiting["share"].iloc[0] == 1.0
    session = out / "sessions" / "s1"
    tracks = (session / "tracks.parquet").read_bytes()
    roles = pd.read_csv(session / "roles.csv", dtype={"session": str})
    assert set(roles["person"]) == {"caregiver", "infant"}
    assert (roles["role_confidence"] < 0.9).all()

    left = roles["x_px"] < 160
    roles["person"] = np.where(left, "infant", "caregiver")
    roles["role_confidence"] = 1
    roles.to_csv(study / "roles.csv", index=False)
    second = run(study, out, here)
    assert len(decoded) == 2
    assert len(second.waiting) == 0
    assert second.computed == {"spans": 0, "sessions": 1}
    assert (session / "tracks.parquet").read_bytes() == tracks
    faces = read_parquet(session / "faces.parquet")
    assert (faces["role_confidence"] == 1.0).all()
    assert (faces.loc[faces["person"] == "infant", "box_x_px"] < 160).all()
    assert run(study, out, here).computed == {"spans": 0, "sessions": 0}

    (study / "roles.csv").unlink()
    third = run(study, out, here)
    assert third.computed == {"spans": 0, "sessions": 1}
    assert len(decoded) == 2
    assert third.waiting["session"].tolist() == ["s1"]


def test_a_starting_region_is_told_without_reading_the_video_again(
    study, tmp_path, here, decoded, video
):
    run(study, tmp_path / "out", here)
    (study / "sessions.csv").write_text(
        "session,layout,video,caregiver_roi,infant_roi\n"
        f's1,one_frame,{video},"200 0 110 112","20 0 110 112"\n'
    )
    told = run(study, tmp_path / "out", here)
    assert len(decoded) == 2
    assert len(told.waiting) == 0


def test_a_track_that_is_not_there_fails_its_session_and_says_the_row(study, tmp_path, here):
    (study / "roles.csv").write_text("session,track,person\ns1,0,infant\ns1,99,caregiver\n")
    summary = run(study, tmp_path / "out", here)
    reason = summary.failures["reason"].iloc[0]
    assert summary.failures["stage"].tolist() == ["faces"]
    assert "roles.csv, row 3, column track: found '99'; expected a track of session s1" in reason


@pytest.mark.slow
def test_run_says_what_to_write_where(study, tmp_path, monkeypatch):
    out = tmp_path / "out"
    result = CliRunner().invoke(app, ["run", str(study), "--out", str(out)])
    assert result.exit_code == 0
    for words in (
        "wait for you  1  of the sessions counted above:",
        f"{out}/sessions/s1/roles.csv",
        f"{study}/roles.csv",
    ):
        assert words in result.stdout
