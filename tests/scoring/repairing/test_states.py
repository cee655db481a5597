import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from attunement import schema
from attunement.scoring import score_session
from attunement.scoring.interaction import interactions
from attunement.scoring.repairing.repair import balance, runs_of_mismatch, state_scores
from attunement.scoring.repairing.states import episode_states
from attunement.scoring.series.recording import recordings
from attunement.simulation import simulate_dyad

NAN = np.nan


def table(infant, caregiver, *, per_s=10, **further):
    """Signals with one valence a second."""
    n = len(infant) * per_s
    parts = [
        pd.DataFrame({"session": "a", "episode": "all", "time_s": np.arange(n) / per_s,
                      "person": person, "usable": True,
                      "valence": np.repeat(np.asarray(values, float), per_s)})
        for person, values in (("infant", infant), ("caregiver", caregiver))
    ]  # fmt: skip
    signals = pd.concat(parts, ignore_index=True)
    for name, (infants, adults) in further.items():
        signals[name] = np.concatenate([np.repeat(infants, per_s), np.repeat(adults, per_s)])
    return signals


def states(signals, hz=10):
    recording = next(recordings(signals, hz))
    return episode_states(recording, recording.episodes[0])


def test_states_are_the_sign_of_valence():
    one = states(table([0.4, 0.5, -0.5, NAN, 2, 0], [0, 1, 1, 1, NAN, -2]))
    assert one.table["infant_state"].tolist() == [
        "neutral", "positive", "negative", "", "positive", "neutral"
    ]  # fmt: skip
    assert one.table["state"].tolist() == ["matched", "matched", "mismatched", "", "", "mismatched"]
    assert one.table["reason"].tolist() == [
        "", "", "", "coverage_infant", "coverage_caregiver", ""
    ]  # fmt: skip
    assert one.table["time_s"].tolist() == [0, 1, 2, 3, 4, 5]
    pd.testing.assert_frame_equal(one.table, schema.conform(one.table, schema.STATES))


def test_steady_shared_affect_is_sustained_and_shared_stillness_is_not():
    one = states(table([1] * 5 + [0] * 6 + [1] * 4, [1] * 5 + [0] * 6 + [1] * 4))
    assert one.table["state"].tolist() == ["sustained_match"] * 5 + ["matched"] * 10


def test_half_a_second_of_values_makes_a_state():
    signals = table([1, 1], [1, 1])
    time = signals["time_s"]
    signals.loc[(signals["person"] == "infant") & (time < 0.5), "valence"] = NAN
    signals.loc[(signals["person"] == "infant") & (time >= 1.4), "valence"] = NAN
    assert states(signals).table["state"].tolist() == ["matched", ""]


def test_engagement_belongs_to_the_state_and_codes_stand_for_it():
    looking = table([1, 1, 1], [1, 1, 1], engagement=([1.0, 0.0, NAN], [1.0, 1.0, 1.0]))
    one = states(looking).table
    assert one["state"].tolist() == ["matched", "mismatched", ""]
    assert one["infant_state"].tolist() == ["positive_engaged", "positive_away", ""]
    coded = table([1, 1, 1], [0, 0, 0], state=(["play", "look", ""], ["play", "away", "away"]))
    one = states(coded).table
    assert one["state"].tolist() == ["matched", "mismatched", ""]
    assert one["caregiver_state"].tolist() == ["play", "away", "away"]
    assert score_session(coded).states["state"].tolist() == one["state"].tolist()


def test_runs_end_in_repair_or_are_cut_off():
    infant = np.array([1, 1, 0, 0, NAN, 1, 1, 0, 0, 1])
    adult = np.array([0, 0, 0, 1, 1, 0, 1, 1, 0, 0])
    runs = runs_of_mismatch(infant, adult)
    assert runs.length_s.tolist() == [2, 1, 1, 1, 1]
    assert runs.repaired.tolist() == [True, False, True, True, False]
    assert runs.whole.tolist() == [True, True, False, True, True]
    assert runs.who == ["infant", "caregiver", "caregiver"]


def test_both_may_move():
    assert runs_of_mismatch(np.array([0, 1]), np.array([2, 1])).who == ["both"]


def test_scores_of_a_session_add_up():
    infant = ([1] * 10 + [0] * 5) * 6
    adult = ([1] * 12 + [0] * 3) * 6
    signals = table(infant, adult)
    row = score_session(signals).by_session.iloc[0]
    assert row["n_states"] == 90
    assert row["mismatch_s"] == 12
    assert row["matched_share"] == pytest.approx(78 / 90)
    assert row["sustained_match_share"] == pytest.approx(60 / 90)
    assert row["n_mismatches"] == row["n_repairs"] == 6
    assert row["repair_rate"] == pytest.approx(30)
    assert row["time_to_repair_s"] == 2
    assert row["repaired_by_caregiver"] == 1
    assert row["matched_share_p"] < 0.2
    assert row["matched_share"] > row["matched_share_expected"]
    # Counts of a session's only episode are the session's.
    again = score_session(signals).by_episode.iloc[0]
    assert again["mismatch_s"] == 12


def test_the_median_counts_what_was_never_repaired():
    row = score_session(table([1] * 30 + [0] * 40, [1] * 30 + [1] * 40)).by_session.iloc[0]
    assert row["n_mismatches"] == 1
    assert row["n_repairs"] == 0
    assert row["repair_rate"] == 0
    assert np.isnan(row["time_to_repair_s"])
    assert np.isnan(row["repaired_by_infant"])
    assert row["states_reason"] == "repair_cut_off"


def test_no_mismatch_and_no_states_say_so():
    assert score_session(table([1] * 20, [1] * 20)).by_session["states_reason"].iloc[0] == (
        "no_mismatch"
    )
    row = score_session(table([1] * 20, [NAN] * 20)).by_session.iloc[0]
    assert row["states_reason"] == "no_states"
    assert row[["matched_share", "mismatch_s", "repair_rate"]].isna().all()


def test_short_episodes_have_shares_and_no_p():
    signals, _ = simulate_dyad(duration_s=55, seed=1)
    row = score_session(signals).by_session.iloc[0]
    assert np.isfinite(row["matched_share"])
    assert np.isnan(row[["matched_share_p", "repair_rate_p"]].astype(float)).all()


@pytest.mark.parametrize(("seconds", "known"), [(59, False), (60, True)])
def test_episodes_under_a_minute_take_no_part_in_p(seconds, known):
    signals, _ = simulate_dyad(duration_s=2 * seconds, seed=1)
    signals["episode"] = np.where(signals["time_s"] < seconds - 1e-6, "play", "reunion")
    told = next(interactions(signals))
    scores = state_scores(told.episodes, n_surrogates=199, seed=0)
    assert scores["n_states"] == 2 * seconds
    assert np.isfinite(scores["matched_share_expected"])
    assert np.isfinite([scores["matched_share_p"], scores["repair_rate_p"]]).all() == known


def test_an_episode_of_a_second_among_others_is_only_counted():
    signals, _ = simulate_dyad(duration_s=80, seed=1)
    signals["episode"] = np.where(signals["time_s"] < 1.5, "greeting", "play")
    told = next(interactions(signals))
    scores = state_scores(told.episodes, n_surrogates=199, seed=0)
    assert scores["n_states"] == 79
    assert np.isfinite(scores["matched_share_p"])


levels = st.lists(st.sampled_from([-1.0, 0.0, 1.0, NAN]), min_size=3, max_size=40)


@settings(max_examples=12)
@given(levels, st.randoms(use_true_random=False))
def test_swapping_the_partners_swaps_who_moved_and_nothing_else(infant, random):
    adult = infant.copy()
    random.shuffle(adult)
    assume((np.isfinite(infant) & np.isfinite(adult)).any())
    one, other = states(table(infant, adult)), states(table(adult, infant))
    assert one.table["state"].tolist() == other.table["state"].tolist()
    a, b = (state_scores([part], n_surrogates=99, seed=0) for part in (one, other))
    turned = {"infant": "caregiver", "caregiver": "infant", "both": "both"}
    for name, value in a.items():
        who = name.removeprefix("repaired_by_")
        key = f"repaired_by_{turned[who]}" if who in turned else name
        # A gap moves with its partner, so that repairs at a gap may differ under shifts.
        if "expected" in name or name.endswith("_p"):
            continue
        assert b[key] == pytest.approx(value, nan_ok=True) if not isinstance(value, str) else True
    known = np.isfinite(infant) & np.isfinite(adult)
    assert a["n_states"] == known.sum()
    assert np.isfinite(float(a["matched_share"])) == known.any()


def test_shifted_states_are_rolled_states():
    rng = np.random.default_rng(0)
    infant, adult = rng.integers(-1, 2, (2, 70)).astype(float)
    adult[20:24] = NAN
    one = states(table(infant, adult))
    found = balance(one)
    for k, shift in enumerate(one.shifts, start=1):
        rolled = np.roll(one.caregiver, shift)
        runs = runs_of_mismatch(one.infant, rolled)
        apart = rolled != one.infant
        seam = np.isfinite(rolled[shift - 1 : shift + 1]).all() & apart[shift - 1] & ~apart[shift]
        assert found.repairs[k] == runs.repaired.sum() - seam
        assert found.mismatched[k] == runs.length_s.sum()
