"""Known truth through the real video path: MediaPipe on videos, to scores."""

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pandas as pd
import pytest

import attunement
from attunement.demo import SESSIONS, run_demo
from attunement.video import read_frames

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The demonstration, run once for all tests of it."""
    out = tmp_path_factory.mktemp("demo")
    return out, run_demo(out, workers=2)


@pytest.fixture(scope="module")
def scores(demo) -> pd.DataFrame:
    return demo[1].summary.scores.set_index("session")


def test_every_frame_of_the_rendered_videos_is_measured(scores):
    assert (scores["coverage_caregiver"] > 0.99).all()
    assert (scores["coverage_infant"] > 0.99).all()


def test_the_planted_lag_comes_back(demo, scores):
    for planted in SESSIONS:
        if planted.mirroring > 0:
            assert scores.loc[planted.session, "mirroring_lag_s"] == pytest.approx(0.8, abs=0.1001)


def test_mirroring_and_unrelated_are_told_apart(scores):
    assert scores.loc["mirrors_and_marks", "mirroring_p"] < 0.05
    assert scores.loc["mirrors_only", "mirroring_p"] < 0.05
    assert scores.loc["unrelated", "mirroring_p"] > 0.05
    assert np.isnan(scores.loc["unrelated", "mirroring_lag_s"])


def test_marked_and_unmarked_are_told_apart(scores):
    assert scores.loc["mirrors_and_marks", "markedness_p"] < 0.05
    assert scores.loc["mirrors_only", "markedness_p"] > 0.05
    assert scores.loc["unrelated", "markedness_p"] > 0.05
    unmarked = scores.loc[["mirrors_only", "unrelated"], "markedness"].max()
    assert scores.loc["mirrors_and_marks", "markedness"] > unmarked + 1


def test_the_demonstration_says_so_and_leaves_its_files(demo):
    out, result = demo
    assert result.passed
    assert "Everything planted was recovered." in result.text
    for name in ("timeline.png", "planted_and_recovered.csv", "results/scores.csv"):
        assert (out / name).stat().st_size > 0
    picture = cv2.imread(str(out / "timeline.png"))
    assert picture is not None
    assert picture.std() > 10, "the picture is not blank"


def _delayed_copy(source: Path, target: Path, *, delay_s: float, scale: float) -> None:
    """Write `source` again, smaller and `delay_s` later (its first picture is held)."""
    frames = [(frame.time_s, frame.rgb()) for frame in read_frames(source)]
    rate = Fraction(25)
    held = round(delay_s * float(rate))
    with av.open(str(target), "w") as file:
        stream = file.add_stream("libx264", rate=rate)
        height, width = (2 * round(n * scale / 2) for n in frames[0][1].shape[:2])
        stream.height, stream.width, stream.pix_fmt = height, width, "yuv420p"
        stream.options = {"crf": "16", "preset": "veryfast"}
        for k in range(held + len(frames)):
            picture = cv2.resize(
                frames[max(0, k - held)][1], (width, height), interpolation=cv2.INTER_AREA
            )
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = k, 1 / rate
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))


@pytest.mark.shared_data
def test_a_real_clip_is_found_in_its_smaller_copy_at_the_planted_delay(shared, tmp_path):
    clip = shared / "clips" / "webcam_expressions.mp4"
    _delayed_copy(clip, tmp_path / "caregiver.mp4", delay_s=0.8, scale=0.7)
    gates = "min_interocular_px = 25\nmin_interocular_distress_px = 25\n"
    (tmp_path / "study.toml").write_text(f"[signals]\n{gates}")
    (tmp_path / "sessions.csv").write_text(
        f"session,layout,caregiver_video,infant_video\nreal,two_files,caregiver.mp4,{clip}\n"
    )
    study = attunement.read_study(tmp_path / "study.toml")
    summary = attunement.run_study(study, tmp_path / "out", workers=2)
    score = summary.scores.iloc[0]
    # 54 s are too few for a p, so the lag that counts as found is withheld, with the reason; the
    # peak of the mean curve is there all the same.
    assert np.isnan(score["mirroring_p"])
    assert np.isnan(score["mirroring_lag_s"])
    assert "too_short" in score["reason"]
    assert score["peak_lag_s"] == pytest.approx(0.8, abs=0.1001)
    assert score["mirroring"] > 0.3


@pytest.mark.shared_data
def test_profiles_are_not_scorable_and_no_value_is_made_up(shared, tmp_path):
    clip = shared / "clips" / "caregiver_infant_peekaboo.mp4"
    (tmp_path / "study.toml").write_text("")
    (tmp_path / "sessions.csv").write_text(f"session,layout,video\npeekaboo,one_frame,{clip}\n")
    study = attunement.read_study(tmp_path / "study.toml")
    summary = attunement.run_study(study, tmp_path / "out")
    assert len(summary.failures) == 0
    assert (summary.windows["pattern"] == "not_scorable").all()
    assert (summary.windows["reason"] != "").all()
    assert summary.scores["mirroring"].isna().all()
    faces = pd.read_parquet(tmp_path / "out" / "sessions" / "peekaboo" / "faces.parquet")
    missing = faces[faces["status"] != "ok"]
    assert len(missing) > 0
    assert missing["mouthSmileLeft"].isna().all()
