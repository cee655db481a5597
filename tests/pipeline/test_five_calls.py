"""The five calls of the README give the numbers of a run, whatever the layout."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import attunement

LATE_S = 1.6  # when the infant's camera was started, where there is sound to tell it
CONFIG = """
[faces]
backend = "fake"
[signals]
sampling_hz = 5
max_gap_s = 0.5
[scoring]
n_surrogates = 50
"""
RATE_HZ = 5
PAINTED_HZ = 10  # of the fixture `followed`


@pytest.fixture(scope="module")
def recordings(tmp_path_factory, painter, followed, sounds) -> dict[str, Path]:
    """One pair of people in every layout, with and without sound, and as tables."""
    folder = tmp_path_factory.mktemp("layouts")
    names = ("caregiver", "infant", "side_by_side", "top_bottom", "one_frame", "heard", "late")
    paths = {name: folder / f"{name}.mp4" for name in names}
    both = [
        tuple(levels[:: PAINTED_HZ // RATE_HZ] for levels in followed[name])
        for name in ("caregiver", "infant")
    ]
    painter(paths["caregiver"], both[:1], rate_hz=RATE_HZ)
    painter(paths["infant"], both[1:], rate_hz=RATE_HZ)
    painter(paths["side_by_side"], both, rate_hz=RATE_HZ)
    painter(paths["top_bottom"], both, rate_hz=RATE_HZ, axis=0)
    # Who changes colour at once is somebody else where the layout does not tell.
    faint = [tuple(0.1 * levels for levels in person) for person in both]
    painter(paths["one_frame"], faint, rate_hz=RATE_HZ, blue=(0.0, 1.0), margin_px=40)
    made = sounds.talk(21, len(both[0][0]) / RATE_HZ)
    painter(paths["heard"], both[:1], rate_hz=RATE_HZ, sound=sounds.in_a_room(made, 2, echo=0.01))
    later = [levels[round(LATE_S * RATE_HZ) :] for levels in both[1]]
    heard = sounds.in_a_room(made, 3, echo=0.01)[round(LATE_S * sounds.RATE_HZ) :]
    painter(paths["late"], [later], rate_hz=RATE_HZ, sound=heard)
    for name, (smile, brow) in zip(("caregiver", "infant"), both, strict=True):
        table = pd.DataFrame({"frame": np.arange(1, len(smile) + 1)})
        table = table.assign(timestamp=(table["frame"] - 1) / RATE_HZ, confidence=0.98, success=1)
        table = table.assign(pose_Rx=0.0, pose_Ry=0.0, pose_Rz=0.0)
        table = table.assign(AU01_r=2 * brow, AU12_r=4 * smile, x_36=100, x_45=160, y_36=50)
        table.assign(y_45=50).to_csv(paths.setdefault(f"{name}_csv", folder / f"{name}.csv"))
    return paths


VIDEOS = {"caregiver_video": "caregiver", "infant_video": "infant"}
HEARD = {"caregiver_video": "heard", "infant_video": "late"}
HINTS = {"caregiver_roi": "0 0 192 192", "infant_roi": "192 0 192 192"}
BOTH_TABLES = {"caregiver_table": "caregiver_csv", "infant_table": "infant_csv"}
ONE_TABLE = {"caregiver_video": "caregiver", "infant_table": "infant_csv"}
# The manifest's cells, where files are named after `recordings`; whether a lag can be told at all.
SESSIONS = [
    ("two_files", VIDEOS | {"offset_s": "0"}, True),
    ("two_files", VIDEOS, False),
    ("two_files", HEARD, True),
    ("two_files", HEARD | {"offset_s": "1.6", "drift_ppm": "20"}, True),
    ("side_by_side", {"video": "side_by_side", "caregiver_side": "left"}, True),
    ("top_bottom", {"video": "top_bottom", "caregiver_side": "top"}, True),
    ("one_frame", HINTS | {"video": "one_frame"}, True),
    ("two_files", BOTH_TABLES, False),
    ("two_files", ONE_TABLE | {"offset_s": "0"}, True),
    ("one_frame", BOTH_TABLES, True),
]


@pytest.mark.parametrize(("layout", "cells", "lag_told"), SESSIONS)
def test_the_five_calls_give_the_numbers_of_a_run(
    layout, cells, lag_told, recordings, tmp_path, here
):
    row = {"session": "s", "layout": layout}
    row |= {column: str(recordings.get(cell, cell)) for column, cell in cells.items()}
    pd.DataFrame([row]).to_csv(tmp_path / "sessions.csv", index=False)
    (tmp_path / "study.toml").write_text(CONFIG)

    study = attunement.read_study(tmp_path / "study.toml")
    (session,) = study.sessions
    faces = attunement.extract_faces(session)
    signals = attunement.compute_signals(faces, session)
    scores = attunement.score_session(signals, study.config)
    summary = attunement.run_study(study, tmp_path / "out", executor=here)
    assert summary.failures["reason"].tolist() == []

    assert scores.by_session["n_scorable"].item() > 50
    assert scores.by_session["coupling_p"].item() <= 0.05
    assert (scores.by_session["mirroring_p"].item() <= 0.05) == lag_told
    assert scores.by_session["mirroring_lag_s"].notna().item() == lag_told
    given = {
        "faces": faces,
        "signals": signals,
        "windows": scores.windows,
        "events": scores.events,
        "states": scores.states,
        "contingency": scores.contingency,
        "scores": scores.by_session,
        "scores_by_episode": scores.by_episode,
    }
    for table, called in given.items():
        written = pd.read_parquet(tmp_path / "out" / "sessions" / "s" / f"{table}.parquet")
        pd.testing.assert_frame_equal(written, called, check_dtype=False, check_exact=True)
    windows = attunement.score_windows(signals, study.config)
    pd.testing.assert_frame_equal(windows, scores.windows, check_exact=True)
