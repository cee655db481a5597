"""What an error of the clock could turn is withheld, and the reason says so."""

import numpy as np
import pandas as pd
import pytest

from attunement.scoring import score_session, score_windows
from attunement.scoring.clock_limits import UNKNOWN, WITHIN, withhold_scores
from attunement.scoring.series.clock import ONE_SIDED
from attunement.simulation import simulate_dyad


@pytest.fixture(scope="module")
def signals():
    return simulate_dyad(duration_s=120, mirroring=0.5, lag_s=0.5, seed=3)[0]


def test_one_camera_withholds_nothing(signals):
    scores = score_session(signals)
    row = scores.by_session.iloc[0]
    assert row["clock_uncertainty_s"] == 0
    assert row["mirroring_lag_s"] == pytest.approx(0.5, abs=0.1001)
    assert np.isfinite(row["direction"])
    assert (scores.windows["mirroring_lag_s"].notna() == scores.windows["direction"].notna()).all()


@pytest.mark.parametrize(
    ("uncertainty_s", "withheld", "token"),
    [(0.2, False, ""), (0.9, True, WITHIN), (float("nan"), True, UNKNOWN)],
)
def test_a_lag_within_the_uncertainty_is_undecided(signals, uncertainty_s, withheld, token):
    sure = score_session(signals)
    scores = score_session(signals, clock_uncertainty_s=uncertainty_s)
    for table in (scores.by_session, scores.by_episode):
        row = table.iloc[0]
        assert np.isnan(row["mirroring_lag_s"]) == withheld
        assert np.isnan(row["direction"]) == withheld
        assert (token in row["reason"].split(";")) or not withheld
        np.testing.assert_equal(row["clock_uncertainty_s"], uncertainty_s)
        assert (row[list(ONE_SIDED)].isna() == withheld).all()
        assert np.isfinite(row["coupling_p"])
    lag_s = sure.windows["mirroring_lag_s"]
    kept = scores.windows["mirroring_lag_s"].notna()
    assert (kept == (lag_s.abs() >= uncertainty_s)).all()
    assert (scores.windows["direction"].notna() == kept).all()
    assert (scores.windows["mirroring_p"].notna() == kept).all()
    # Nothing else changes.
    gone = ["mirroring_lag_s", "direction", *ONE_SIDED, "reason", "clock_uncertainty_s"]
    pd.testing.assert_frame_equal(
        scores.by_session.drop(columns=gone), sure.by_session.drop(columns=gone)
    )


def test_the_table_says_it_itself_session_by_session(signals):
    known = signals.assign(session="known", clock_uncertainty_s=0.2)
    unknown = signals.assign(session="unknown", clock_uncertainty_s=np.nan)
    scores = score_session(pd.concat([known, unknown])).by_session.set_index("session")
    assert scores["mirroring_lag_s"].notna().tolist() == [True, False]
    assert scores["direction"].notna().tolist() == [True, False]
    assert UNKNOWN in scores.loc["unknown", "reason"].split(";")
    # Whoever scores may know better.
    told = score_session(unknown, clock_uncertainty_s=0.2).by_session.iloc[0]
    assert told["mirroring_lag_s"] == scores.loc["known", "mirroring_lag_s"]


def test_a_table_without_the_column_does_not_say_that_both_are_on_one_clock(signals):
    silent = signals.drop(columns="clock_uncertainty_s")
    row = score_session(silent).by_session.iloc[0]
    assert row[["mirroring_lag_s", "direction", "clock_uncertainty_s"]].isna().all()
    assert UNKNOWN in row["reason"].split(";")
    windows = score_windows(silent)
    assert windows[["mirroring_lag_s", "direction"]].isna().all(axis=None)
    assert windows["following_z"].notna().any()


def test_reasons_are_added_to_those_there():
    table = pd.DataFrame(
        {
            "mirroring_lag_s": [np.nan, 0.1, 0.0],
            "peak_lag_s": [np.nan, 0.1, -0.4],
            "direction": [np.nan, 0.3, 0.2],
            **{name: [np.nan, 0.01, 0.02] for name in ONE_SIDED},
            "reason": ["too_short", "no_cue", ""],
        }
    )
    found = withhold_scores(table, 0.2)
    assert found["reason"].tolist() == ["too_short", f"no_cue;{WITHIN}", WITHIN]
    assert found["mirroring_lag_s"].isna().all()
    assert found["direction"].tolist()[2] == 0.2
    assert found["mirroring_p"].notna().tolist() == [False, False, True]


def test_a_clock_that_is_a_second_off_makes_no_caregiver_follow():
    for seed in range(4):
        signals, _ = simulate_dyad(duration_s=120, mirroring=0.6, lag_s=-0.5, seed=100 + seed)
        # The infant, who alone follows, half a second later, is seen a second too early.
        infant = signals["person"] == "infant"
        early = signals.assign(valence=signals["valence"].mask(infant))
        early.loc[infant, "valence"] = signals.loc[infant, "valence"].shift(-10)
        row = score_session(early, clock_uncertainty_s=1.0).by_session.iloc[0]
        assert row["coupling_p"] <= 0.05
        assert not (row[list(ONE_SIDED)].astype(float) <= 0.05).any()


@pytest.mark.parametrize("uncertainty_s", [0.02, 0.1])
def test_a_well_found_clock_keeps_every_p(uncertainty_s):
    signals, _ = simulate_dyad(duration_s=90, mirroring=0.6, lag_s=0.0, seed=1)
    row = score_session(signals, clock_uncertainty_s=uncertainty_s).by_session.iloc[0]
    assert row["peak_lag_s"] == 0
    assert np.isnan(row["direction"])
    assert row[list(ONE_SIDED)].notna().all()
