import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attunement import schema
from attunement.columns import types
from attunement.config import Config
from attunement.errors import TableError
from attunement.scoring import score_session, score_windows
from attunement.scoring.columns import columns
from attunement.simulation import simulate_dyad

TYPES = {table: types(declared) for table, declared in columns().items()}


@pytest.fixture(scope="module")
def rich():
    """Three minutes with mirroring and marking, gaps, and all that scoring can use."""
    signals, _ = simulate_dyad(
        duration_s=180, infant="events", mirroring=0.8, lag_s=0.8, marking=1.0, seed=3,
        missing_share=0.05,
    )  # fmt: skip
    rng = np.random.default_rng(0)
    for name in ("arousal", "head_movement", "eye_widening", "mouth_opening", "distress"):
        noise = rng.standard_normal((len(signals) // 2, 2)).cumsum(0).ravel() / 10
        signals[name] = np.where(signals["usable"], 0.5 * signals["smile"] + noise, np.nan)
    return signals


@pytest.fixture(scope="module")
def scored(rich):
    return score_session(rich)


def swapped(signals):
    other = {"infant": "caregiver", "caregiver": "infant"}
    return signals.assign(person=signals["person"].map(other))


def test_tables_conform(scored):
    for table, kinds in (
        (scored.windows, TYPES["windows"]), (scored.events, schema.EVENTS),
        (scored.by_session, TYPES["scores"]), (scored.by_episode, TYPES["scores_by_episode"]),
    ):  # fmt: skip
        assert list(table.columns) == list(kinds)
        pd.testing.assert_frame_equal(table, schema.conform(table, kinds))
        assert len(table)
    assert list(scored.by_episode.columns)[:3] == ["dyad", "session", "episode"]
    assert scored.by_episode["episode"].tolist() == ["all"]


def test_every_score_is_there_and_finds_what_was_planted(scored):
    row = scored.by_session.iloc[0]
    texts = [name for name in row.index if name.endswith("reason")] + ["absent_channels"]
    parts = "temporal_attunement_parts"
    numbers = row.drop(labels=["dyad", "session", *texts, parts]).astype(float)
    # The simulated infant is never distressed, and few frames are missing.
    absent = {name for name in numbers.index if name.startswith(("recovery", "gaps_"))}
    absent |= {"mirroring_negative"}
    assert set(numbers.index[numbers.isna()]) == absent
    assert row[texts].to_dict() == {
        "reason": "", "events_reason": "few_distress_events(2 of 3)", "states_reason": "",
        "absent_channels": "",
    }  # fmt: skip
    assert row[parts] == "mirroring;concordance;simultaneity;contingency"
    assert row["mirroring_p"] <= 0.05
    assert row["markedness_p"] <= 0.05
    assert row["mirroring_lag_s"] == pytest.approx(0.8, abs=0.2)
    assert row["direction"] > 0
    assert row["concordance"] > 0
    assert row["attuned_share_low"] <= row["attuned_share"] <= row["attuned_share_high"]
    excess = row["attuned_share"] - row["attuned_share_expected"]
    assert row["attuned_share_excess"] == pytest.approx(excess)


def test_a_window_says_why_it_lacks_a_score(scored):
    windows = scored.windows
    missing = windows["pattern"] == "not_scorable"
    assert missing.any()
    assert (~missing).any()
    assert (windows.loc[missing, "reason"] != "").all()
    whole = ~missing & windows[["following_z", "marking_z"]].notna().all(axis="columns")
    assert whole.any()
    assert (windows.loc[whole, "reason"] == "").all()
    assert set(windows["pattern"]) <= set(schema.PATTERNS)
    low = windows[["coverage_caregiver", "coverage_infant"]].min(axis=1) < 0.7
    scores = ["following_z", "congruence", "marking_z", "arousal_matching", "movement_matching"]
    assert low.any()
    assert windows.loc[low, scores].isna().all(axis=None)
    assert windows.loc[low, "reason"].str.startswith("coverage").all()


def test_score_windows_is_the_windows_of_score_session(rich, scored):
    pd.testing.assert_frame_equal(score_windows(rich), scored.windows)


@pytest.mark.parametrize("lag_s", [0.6, -0.9])
def test_swapping_the_partners_turns_direction_lag_and_who_follows(lag_s):
    signals, _ = simulate_dyad(duration_s=90, mirroring=0.6, lag_s=lag_s, missing_share=0.1)
    one, other = score_session(signals), score_session(swapped(signals))
    np.testing.assert_allclose(other.windows["direction"], -one.windows["direction"], atol=1e-9)
    lags = pd.DataFrame({"one": one.windows["mirroring_lag_s"],
                         "other": other.windows["mirroring_lag_s"]}).dropna()  # fmt: skip
    assert len(lags) > 30
    assert (lags["one"] == -lags["other"]).all()
    a, b = one.by_session.iloc[0], other.by_session.iloc[0]
    assert a["mirroring_lag_s"] == -b["mirroring_lag_s"] == pytest.approx(lag_s, abs=0.2)
    assert a["direction"] == pytest.approx(-b["direction"])
    assert a["coupling_p"] == b["coupling_p"]
    assert a["mirroring_p"] == b["leading_p"]
    assert a["leading_p"] == b["mirroring_p"]


def test_what_a_channel_starts_from_does_not_matter(rich, scored):
    moved = rich.copy()
    adult = moved["person"] == "caregiver"
    for name in ("arousal", "eye_widening", "head_movement", "brow_raise"):
        moved.loc[adult, name] += 3.0
    again = score_session(moved)
    pd.testing.assert_frame_equal(again.windows, scored.windows, atol=1e-8)
    pd.testing.assert_frame_equal(again.by_session, scored.by_session, atol=1e-8)


def test_mirroring_does_not_know_the_caregivers_unit():
    signals, _ = simulate_dyad(duration_s=90, mirroring=0.4, missing_share=0.1)
    adult = signals["person"] == "caregiver"
    moved = signals.assign(valence=signals["valence"].where(~adult, signals["valence"] * 5 + 7))
    one, other = score_session(signals), score_session(moved)
    level = [name for name in one.windows if "congruence" in name] + ["pattern"]
    pd.testing.assert_frame_equal(
        one.windows.drop(columns=level), other.windows.drop(columns=level), atol=1e-8
    )
    assert one.by_session["mirroring"].iloc[0] == pytest.approx(
        other.by_session["mirroring"].iloc[0]
    )


def test_removed_frames_move_scores_little_and_never_raise_coverage():
    moved = []
    for seed in range(8):
        settings_ = {"duration_s": 120, "mirroring": 0.4, "seed": seed}
        whole = score_session(simulate_dyad(**settings_)[0])
        less = score_session(simulate_dyad(**settings_, missing_share=0.2)[0])
        for column in ("coverage_caregiver", "coverage_infant"):
            assert (less.windows[column] <= whole.windows[column]).all()
        a, b = whole.by_session.iloc[0], less.by_session.iloc[0]
        assert b["n_scorable"] <= a["n_scorable"]
        moved.append(abs(a["mirroring"] - b["mirroring"]) / (a["mirroring"] / a["mirroring_z"]))
    # Of gaps at random one in fifty looks as if it went with affect.
    assert np.isfinite(moved).sum() >= 7
    assert np.nanmedian(moved) < 1


def test_sessions_in_one_table_are_scored_each_on_its_own(rich, scored):
    other, _ = simulate_dyad(duration_s=70, seed=9)
    both = score_session(pd.concat([rich, other]))
    assert both.by_session["session"].tolist() == ["simulated-3", "simulated-9"]
    first = both.windows[both.windows["session"] == "simulated-3"]
    pd.testing.assert_frame_equal(first, scored.windows)
    alone = score_session(other).by_session
    pd.testing.assert_frame_equal(both.by_session.iloc[[1]].reset_index(drop=True), alone)


def test_the_order_of_the_partners_rows_does_not_matter(rich, scored):
    blocks = rich.sort_values(["person", "time_s"], kind="stable", ignore_index=True)
    pd.testing.assert_frame_equal(score_session(blocks).by_session, scored.by_session)


@pytest.fixture(scope="module")
def episodes():
    signals, _ = simulate_dyad(
        duration_s=260, infant="events", mirroring=1.0, lag_s=0.8, marking=1.0, seed=4
    )
    time = signals["time_s"]
    names = np.select([time < 100, time < 140, time >= 150], ["play", "still_face", "reunion"], "")
    return signals.assign(episode=names)


def test_windows_stay_inside_their_episode(episodes):
    scores = score_session(episodes)
    bounds = {"play": (0, 100), "still_face": (100, 140), "reunion": (150, 260)}
    for name, rows in scores.windows.groupby("episode"):
        lo, hi = bounds[name]
        assert rows["start_s"].min() == lo
        assert rows["end_s"].max() + 2 <= hi + 1e-9
    assert scores.windows["window"].tolist() == list(range(len(scores.windows)))
    n = scores.by_episode.set_index("episode")["n_windows"]
    assert n.to_dict() == {"play": 94, "still_face": 34, "reunion": 104}


def test_a_short_episode_has_scores_and_no_p(episodes):
    rows = score_session(episodes).by_episode.set_index("episode")
    short, long_ = rows.loc["still_face"], rows.loc["play"]
    assert np.isfinite(short["mirroring"])
    assert np.isnan(short[["mirroring_p", "mirroring_lag_s", "congruence_p"]].astype(float)).all()
    assert "too_short" in short["reason"]
    assert np.isfinite(long_["mirroring_p"])


def test_episodes_combine_by_their_number_of_windows(episodes):
    scores = score_session(episodes)
    parts, whole = scores.by_episode, scores.by_session.iloc[0]
    weight = (
        parts["n_windows"]
        - scores.windows.groupby("episode", sort=False)["following_z"]
        .apply(lambda values: values.isna().sum())
        .to_numpy()
    )
    combined = (parts["mirroring"] * weight).sum() / weight.sum()
    assert whole["mirroring"] == pytest.approx(combined, rel=0.02)
    assert whole["mirroring_p"] <= 0.05


def test_combined_episodes_are_drawn_by_the_seed(episodes):
    one, again = score_session(episodes).by_session, score_session(episodes).by_session
    pd.testing.assert_frame_equal(one, again)
    other = score_session(episodes, Config(scoring={"seed": 1})).by_session
    assert one["markedness"].iloc[0] != other["markedness"].iloc[0]


def test_a_session_too_short_for_a_window_still_has_a_row():
    signals, _ = simulate_dyad(duration_s=6)
    scores = score_session(signals)
    row = scores.by_session.iloc[0]
    assert (row["n_windows"], row["reason"]) == (0, "too_short(6 of 7 s);no_cue")
    assert scores.windows.empty
    assert list(scores.windows.columns) == list(TYPES["windows"])


def test_an_episode_of_one_sample_says_it_is_too_short_and_leaves_the_other_its_scores():
    signals, _ = simulate_dyad(duration_s=70, mirroring=0.4, lag_s=1.0)
    alone = score_session(signals).by_session
    signals.loc[signals["time_s"] == signals["time_s"].max(), "episode"] = "last"
    scores = score_session(signals)
    first, last = scores.by_episode.to_dict("records")
    assert first["mirroring"] == pytest.approx(alone["mirroring"][0], abs=0.02)
    assert np.isnan(last["mirroring"])
    assert last["reason"].startswith("too_short")
    assert np.isfinite(scores.by_session["mirroring_p"][0])


def test_a_session_outside_every_episode_has_a_row_and_no_window():
    signals, _ = simulate_dyad(duration_s=20)
    scores = score_session(signals.assign(episode=""))
    assert scores.by_session["n_windows"].tolist() == [0]
    assert scores.by_episode.empty


@settings(max_examples=12)
@given(
    seed=st.integers(0, 2**31),
    missing=st.floats(0, 0.99),
    scale=st.sampled_from([0.0, 1e-9, 1.0, 1e6]),
    level=st.booleans(),
)
def test_no_score_is_made_out_of_nothing_and_none_is_infinite(seed, missing, scale, level):
    signals, _ = simulate_dyad(duration_s=30, seed=seed % 1000, missing_share=missing)
    signals["valence"] *= scale
    if level:
        signals["valence"] = signals["valence"].round()
    scores = score_session(signals)
    windows = scores.windows
    numbers = windows.select_dtypes("number").to_numpy(float)
    assert not np.isinf(numbers).any()
    assert not np.isinf(scores.by_session.select_dtypes("number").to_numpy(float)).any()
    low = windows[["coverage_caregiver", "coverage_infant"]].min(axis=1) < 0.7
    assert windows.loc[low, ["following_z", "congruence", "direction"]].isna().all(axis=None)
    if scale < 1e-6:
        assert windows["following_z"].isna().all()
    elif missing < 0.2 and not level:
        assert windows["following_z"].notna().any()


def test_nothing_usable_gives_nothing():
    signals, _ = simulate_dyad(duration_s=70)
    scores = score_session(signals.assign(usable=False))
    assert set(scores.windows["reason"]) == {"coverage_caregiver"}
    row = scores.by_session.iloc[0]
    assert row["events_reason"] == "no_infant_event"
    assert row["states_reason"] == "no_states"
    row = row.drop([name for name in row.index if isinstance(row[name], str)]).astype(float)
    assert row[row.notna() & (row != 0)].index.tolist() == ["n_windows"]


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (lambda s: s.drop(columns="usable"), "missing: usable"),
        (lambda s: s[[*schema.SIGNALS_REQUIRED]], "at least one channel"),
        (lambda s: s.assign(valence=np.inf), "infinities in valence"),
        (lambda s: s.assign(valence="high"), "not numeric"),
        (lambda s: s[s["person"] == "infant"], "no rows of the caregiver"),
        (lambda s: s.replace({"infant": "other"}), "found \\['other'\\]"),
        (lambda s: s.iloc[::-1], "unsorted or doubled"),
        (lambda s: pd.concat([s, s]), "unsorted or doubled"),
        (lambda s: s[~s["time_s"].between(2, 3)], "even grid"),
        (lambda s: s[(s["time_s"] < 5) | (s["person"] == "infant")], "at the same times"),
        (lambda s: s.assign(time_s=s["time_s"] * 2), "5 samples a second"),
        (lambda s: s.assign(time_s=np.nan), "missing or infinite"),
        (lambda s: s.assign(episode=np.where(s["time_s"].between(3, 4), "b", "a")), "in pieces"),
        (lambda s: s.assign(episode=s["person"]), "episodes differ"),
    ],
)
def test_a_faulty_table_is_refused_in_one_sentence(fault, says):
    signals, _ = simulate_dyad(duration_s=10)
    with pytest.raises(TableError, match=says):
        score_session(fault(signals))


def test_a_session_too_short_for_a_p_still_tells_where_its_curve_is_highest():
    signals, _ = simulate_dyad(duration_s=50, mirroring=0.6, lag_s=1.0, seed=3)
    row = score_session(signals).by_session.iloc[0]
    assert np.isnan(row["mirroring_lag_s"])
    assert row["reason"].startswith("too_short")
    assert row["peak_lag_s"] == pytest.approx(1.0, abs=0.1001)
