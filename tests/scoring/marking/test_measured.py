import numpy as np
import pandas as pd
import pytest

from attunement.scoring import score_session
from attunement.simulation import simulate_dyad

ALIKE = ["markedness", "markedness_p", "markedness_mean", "cue_brow_raise", "attuned_share_p"]


def marked():
    signals, _ = simulate_dyad(
        duration_s=120, mirroring=0.8, lag_s=1.0, marking=0.8, infant="events", seed=400
    )
    return signals


def with_cue(signals, values, *names):
    mine = signals["person"] == "caregiver"
    return signals.assign(**{name: signals[name].mask(mine, values) for name in names})


def noise(n, sd):
    return np.random.default_rng(0).normal(0, sd, n)


@pytest.mark.parametrize("level", [0.0, 0.7])
@pytest.mark.parametrize("sd", [0.0, 1e-6])
def test_a_cue_that_never_moves_changes_as_little_as_an_empty_one(level, sd):
    signals = marked()
    empty = score_session(with_cue(signals, np.nan, "eye_widening"))
    constant = score_session(with_cue(signals, level + noise(len(signals), sd), "eye_widening"))
    for table in ("events", "windows"):
        pd.testing.assert_frame_equal(getattr(constant, table), getattr(empty, table))
    row, other = constant.by_session.iloc[0], empty.by_session.iloc[0]
    pd.testing.assert_series_equal(row[ALIKE], other[ALIKE])
    assert np.isnan(row["cue_eye_widening"])
    assert "constant_cue" in row["reason"].split(";")
    assert "constant_cue" not in other["reason"]


def test_a_cue_that_hardly_moves_is_a_face_at_rest():
    signals = marked()
    row = score_session(
        with_cue(signals, noise(len(signals), 0.05), "eye_widening")
    ).by_session.iloc[0]
    assert abs(row["cue_eye_widening"]) < 0.2
    assert "constant_cue" not in row["reason"]


def test_a_face_whose_cues_are_all_still_is_unmarked():
    signals = with_cue(marked(), 0.0, "brow_raise", "eye_widening", "mouth_opening")
    scores = score_session(signals)
    row = scores.by_session.iloc[0]
    assert row["markedness"] == pytest.approx(0, abs=1e-9)
    assert row["cue_eye_widening"] == pytest.approx(0, abs=1e-9)
    assert "constant_cue" not in row["reason"]
    assert not scores.events["pattern"].isin(["attuned", "marked_only"]).any()
