"""What a session's row says where the data give little: no score out of nothing, and why."""

import numpy as np
import pandas as pd
import pytest

from attunement import schema
from attunement.config import Config
from attunement.scoring import infant_events, score_session
from attunement.simulation import simulate_dyad

NEED_WINDOWS = ["mirroring", "mirroring_p", "mirroring_z", "mirroring_lag_s", "peak_lag_s",
                "simultaneity", "direction", "concordance", "attuned_share"]  # fmt: skip


def row_of(signals, **scoring):
    return score_session(signals, Config(scoring=scoring)).by_session.iloc[0]


def only(signals, channel):
    table = signals.drop(columns=[name for name in schema.CHANNELS if name in signals])
    return table.assign(**{channel: signals["valence"]})


def caregiver_seen_until(seconds, **settings):
    signals, _ = simulate_dyad(mirroring=0.5, lag_s=0.8, **settings)
    late = (signals["person"] == "caregiver") & (signals["time_s"] >= seconds)
    return signals.assign(usable=signals["usable"] & ~late)


@pytest.mark.parametrize("duration_s", [70, 180])
def test_a_caregiver_who_is_seen_for_one_window_has_no_score_and_no_p(duration_s):
    row = row_of(caregiver_seen_until(7, duration_s=duration_s))
    assert row["n_scorable"] == 0
    assert row[[*NEED_WINDOWS, "congruence", "congruence_p"]].isna().all()
    assert "coverage_caregiver" in row["reason"]


def test_too_few_surrogates_give_no_score():
    signals, _ = simulate_dyad(duration_s=8, mirroring=0.5)
    row = row_of(signals)
    assert row["n_scorable"] == 0
    assert row[[*NEED_WINDOWS, "congruence", "congruence_p"]].isna().all()
    assert "too_short" in row["reason"]


def test_windows_without_a_score_make_no_score_of_the_session():
    # Windows are covered, and no shift leaves enough samples that both have.
    signals, _ = simulate_dyad(duration_s=70, mirroring=0.5, seed=1)
    row = row_of(signals.assign(usable=signals["time_s"] < 15))
    assert row["n_windows"] > 0
    assert row["n_scorable"] == 0
    assert row[[*NEED_WINDOWS, "congruence", "congruence_p"]].isna().all()
    assert row["reason"]
    more = row_of(signals.assign(usable=signals["time_s"] < 18))
    assert more["n_scorable"] > 0
    assert more[["mirroring", "congruence"]].notna().all()


def test_an_episode_without_a_scored_window_adds_nothing_to_the_session():
    signals, _ = simulate_dyad(duration_s=140, mirroring=0.5, seed=1)
    time_s = signals["time_s"]
    signals["episode"] = np.where(time_s < 70, "play", "reunion")
    signals["usable"] &= time_s < 70 + 15
    scores = score_session(signals)
    play, reunion = (row for _, row in scores.by_episode.iterrows())
    assert reunion["n_scorable"] == 0
    assert reunion[[*NEED_WINDOWS, "congruence", "congruence_p"]].isna().all()
    session = scores.by_session.iloc[0]
    for name in ("mirroring", "congruence", "simultaneity", "concordance", "direction"):
        assert session[name] == pytest.approx(play[name]), name


def test_head_movement_alone_has_windows_of_its_own():
    signals, _ = simulate_dyad(duration_s=120, mirroring=0.5)
    row = row_of(only(signals, "head_movement"))
    assert row["n_scorable"] == 0
    assert row["movement_matching"] > 0
    assert row[[*NEED_WINDOWS, "congruence"]].isna().all()


def test_a_still_caregiver_has_no_peak_lag_and_no_odds_ratio():
    signals, _ = simulate_dyad(duration_s=180, infant="events")
    theirs = signals["person"] == "caregiver"
    channels = [name for name in schema.CHANNELS if name in signals]
    row = row_of(signals.assign(**{name: signals[name].mask(theirs, 0.0) for name in channels}))
    assert row["n_caregiver_flat"] > 0
    assert row[["peak_lag_s", "contingency_odds_ratio"]].isna().all()


def test_a_caregiver_who_is_never_seen_after_onsets_is_not_called_unmarked():
    signals, _ = simulate_dyad(duration_s=180, infant="events", mirroring=0.5, marking=0.5)
    assert np.isfinite(row_of(signals)["markedness"])
    time_s, gone = signals["time_s"], np.zeros(len(signals), bool)
    for onset_s in infant_events(signals)["onset_s"]:
        gone |= (time_s >= onset_s) & (time_s <= onset_s + 4.2)
    away = gone & (signals["person"] == "caregiver")
    row = row_of(signals.assign(usable=signals["usable"] & ~away))
    assert row["n_infant_events"] >= 8
    assert row[["markedness", "markedness_p", "markedness_mean", "cue_brow_raise"]].isna().all()
    assert "coverage_caregiver" in row["reason"]


def test_absent_channels_are_named_and_nobody_is_blamed():
    signals, _ = simulate_dyad(duration_s=120, mirroring=0.5)
    row = row_of(only(signals, "smile"))
    absent = row["absent_channels"].split(";")
    assert {"valence", "arousal", "head_movement", "brow_raise"} <= set(absent)
    assert "smile" not in absent
    assert np.isnan(row["congruence"])
    calm = row_of(only(signals, "arousal"))
    assert "no_infant_expression" in calm["events_reason"]


@pytest.mark.parametrize("scoring", [{}, {"surrogate": "segment"}, {"max_shifts": 60}])
def test_swapping_the_partners_of_two_episodes_keeps_p_and_turns_the_rest(scoring):
    signals, _ = simulate_dyad(duration_s=150, mirroring=0.3, lag_s=0.8, seed=1)
    signals["episode"] = np.where(signals["time_s"] < 70, "play", "reunion")
    other = {"infant": "caregiver", "caregiver": "infant"}
    turned = signals.assign(person=signals["person"].map(other))
    one, two = (
        row_of(signals, **scoring),
        row_of(turned.sort_values(["person", "time_s"]), **scoring),
    )
    assert one["coupling_p"] == pytest.approx(two["coupling_p"])
    assert one["mirroring_p"] == pytest.approx(two["leading_p"])
    assert one["leading_p"] == pytest.approx(two["mirroring_p"])
    assert one["direction"] == pytest.approx(-two["direction"], abs=1e-4)
    pd.testing.assert_series_equal(
        one[["simultaneity", "congruence_p"]].isna(), two[["simultaneity", "congruence_p"]].isna()
    )


@pytest.mark.parametrize(("duration_s", "known"), [(59.9, False), (60, True)])
def test_a_p_needs_a_minute(duration_s, known):
    signals, _ = simulate_dyad(duration_s=duration_s, mirroring=0.5, seed=1)
    row = row_of(signals)
    assert row["n_scorable"] > 0
    assert np.isfinite(row[["mirroring_p", "congruence_p"]].astype(float)).all() == known


@pytest.mark.parametrize(("seed", "p", "known"), [(1, 0.036, True), (3, 0.054, False)])
def test_a_lag_is_told_where_p_is_small(seed, p, known):
    signals, _ = simulate_dyad(duration_s=62, mirroring=0.2, seed=seed, sampling_hz=4)
    config = Config(signals={"sampling_hz": 4}, scoring={"step_s": 2})
    row = score_session(signals, config).by_session.iloc[0]
    assert row["coupling_p"] == pytest.approx(p, abs=0.001)
    assert np.isfinite(row["mirroring_lag_s"]) == known
