"""What must hold of the scores of any session, whatever its numbers."""

import numpy as np
import pandas as pd
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from attunement.config import Config
from attunement.scoring import score_session
from attunement.simulation import simulate_dyad

RATE = 4
CONFIG = Config(signals={"sampling_hz": RATE}, scoring={"step_s": 2})
FLAT_SD = 0.25
WINDOW = 5 * RATE

seeds = st.integers(0, 10**6)
people = st.sampled_from(["infant", "caregiver"])
gaps = st.lists(st.tuples(people, st.floats(0, 60), st.floats(0, 15)), max_size=6)


def dyad(seed, *, duration_s=62, **options):
    """Two people who are never still: noise upon what is simulated."""
    signals, _ = simulate_dyad(seed=seed, duration_s=duration_s, sampling_hz=RATE, **options)
    noise = np.random.default_rng(seed).standard_normal(len(signals))
    return signals.assign(valence=signals["valence"] + noise)


def score(signals):
    return score_session(signals, CONFIG)


def removed(signals, bursts):
    """Make what somebody shows in some stretches of time missing."""
    for person, start_s, length_s in bursts:
        gone = (signals["person"] == person) & signals["time_s"].between(
            start_s, start_s + length_s
        )
        of_session = ["time_s", "clock_uncertainty_s"]
        names = signals.select_dtypes("number").columns.difference(of_session)
        signals = signals.assign(
            usable=signals["usable"] & ~gone, **{name: signals[name].mask(gone) for name in names}
        )
    return signals


def assume_windows(*scored):
    """Leave out cases that are empty; Hypothesis fails where most or all of them are."""
    for scores in scored:
        assume(scores.by_session["n_scorable"].iloc[0] > 0)


def least_window_sd(signals):
    least = np.inf
    for _, rows in signals.groupby("person"):
        series = rows["valence"].to_numpy()
        around = pd.Series(np.concatenate([series, series[: WINDOW - 1]]))
        least = min(least, around.rolling(WINDOW, min_periods=2).std().min())
    return least


@settings(max_examples=6)
@given(
    seed=seeds, bursts=gaps, sign=st.sampled_from([-1, 1]),
    scales=st.tuples(st.floats(0.7, 300), st.floats(0.7, 300)),
    shifts=st.tuples(st.floats(-50, 50), st.floats(-50, 50)),
)  # fmt: skip
def test_unit_and_zero_of_a_channel_change_no_mirroring(seed, bursts, sign, scales, shifts):
    signals = removed(dyad(seed, mirroring=0.4), bursts)
    infant = signals["person"] == "infant"
    moved = signals.assign(
        valence=signals["valence"] * sign * np.where(infant, *scales) + np.where(infant, *shifts)
    )
    assume(min(least_window_sd(signals), least_window_sd(moved)) > FLAT_SD)
    one, other = score(signals), score(moved)
    assume_windows(one, other)
    for table in ("windows", "by_session"):
        a, b = getattr(one, table), getattr(other, table)
        names = ["mirroring_p", "mirroring_lag_s", "direction", "simultaneity"]
        of_session = ["mirroring", "mirroring_z", "peak_lag_s", "concordance"]
        names += ["following_z"] if table == "windows" else of_session
        pd.testing.assert_frame_equal(a[names], b[names], rtol=1e-7, atol=1e-7)


@settings(max_examples=5)
@given(seed=seeds, bursts=gaps, lag_s=st.floats(-2, 2), n_episodes=st.sampled_from([1, 2]))
def test_swapping_the_people_turns_direction_and_lag_and_keeps_p(seed, bursts, lag_s, n_episodes):
    signals = removed(dyad(seed, mirroring=0.6, lag_s=lag_s, duration_s=62 * n_episodes), bursts)
    half = np.where(signals["time_s"] < 62, "one", "two")
    signals["episode"] = pd.Series(half, dtype=signals["episode"].dtype)
    other = {"infant": "caregiver", "caregiver": "infant"}
    a, b = score(signals), score(signals.assign(person=signals["person"].map(other)))
    assume_windows(a, b)
    for table in ("windows", "by_episode", "by_session"):
        one, two = getattr(a, table), getattr(b, table)
        turned = ["direction", "mirroring_lag_s"]
        if table != "windows":
            turned.append("peak_lag_s")
            kept = ["coupling_p", "simultaneity"]
            pd.testing.assert_frame_equal(one[kept], two[kept], atol=1e-9)
            for mine, theirs in (("mirroring_p", "leading_p"), ("leading_p", "mirroring_p")):
                np.testing.assert_allclose(one[mine], two[theirs], atol=1e-9)
        else:  # following that cannot be told may be leading that can
            both = one["following_z"].notna() & two["following_z"].notna()
            assume(both.any())
            one, two = one[both], two[both]
        pd.testing.assert_frame_equal(one[turned], -two[turned], atol=1e-9)


@settings(max_examples=6)
@given(seed=seeds, before=gaps, bursts=gaps)
def test_coverage_never_rises_when_frames_are_removed(seed, before, bursts):
    whole = removed(dyad(seed, mirroring=0.4), before)
    one, other = score(whole), score(removed(whole, bursts))
    assume_windows(one)
    for table, names in (
        ("windows", ["coverage_infant", "coverage_caregiver"]),
        ("by_session", ["coverage_infant", "coverage_caregiver", "usable_min"]),
    ):
        assert (getattr(other, table)[names] <= getattr(one, table)[names]).all(axis=None)


@settings(max_examples=8)
@example(seed=0, lag_s=0.75, scale=40.0, coded=False, bursts=[])
@example(seed=1, lag_s=-1.0, scale=1.0, coded=True, bursts=[])
@given(
    seed=seeds, lag_s=st.sampled_from([-3.0, -1.0, 0.0, 0.75, 2.0]),
    scale=st.sampled_from([-1.0, 1.0, 40.0]), coded=st.booleans(), bursts=gaps,
)  # fmt: skip
def test_a_copy_gives_no_infinity(seed, lag_s, scale, coded, bursts):
    signals = dyad(seed)
    infant = signals.loc[signals["person"] == "infant", "valence"].to_numpy()
    infant = np.clip(np.round(infant / 3), -1, 1) if coded else infant
    copy = scale * np.roll(infant, round(lag_s * RATE))
    both = np.where(signals["person"] == "infant", np.repeat(infant, 2), np.repeat(copy, 2))
    scores = score(removed(signals.assign(valence=both), bursts))
    assume_windows(scores)
    for table in (scores.windows, scores.events, scores.by_episode, scores.by_session):
        assert not np.isinf(table.select_dtypes("number").to_numpy(float)).any()
    if not (coded or bursts) and abs(lag_s) <= 2 and scale > 0:
        row = scores.by_session.iloc[0]
        assert row["n_clipped"] == row["n_windows"]
        assert row["peak_lag_s"] == lag_s


OF_WINDOWS = ("mirroring", "mirroring_p", "mirroring_z", "mirroring_lag_s", "peak_lag_s",
              "simultaneity", "concordance", "direction", "arousal_matching", "movement_matching",
              "congruence", "congruence_p", "attuned_share", "attuned_share_p")  # fmt: skip
MARKING = ("markedness", "markedness_p", "markedness_mean", "markedness_without_mouth")


def thinned(seed, *, missing, whose, scattered):
    """Take single samples, or stretches of 2 s, from what is shown."""
    signals = dyad(seed, infant="events", event_gap_s=(4, 6), marking=1.0, mirroring=0.5)
    rng = np.random.default_rng(seed)
    stretch = 1 if scattered else 2 * RATE
    place = (signals["time_s"] * RATE).round().astype(int) // stretch
    gone = pd.Series(False, index=signals.index)
    for person in ("infant", "caregiver") if whose == "both" else (whose,):
        lost = rng.random(place.max() + 1) < missing
        gone |= (signals["person"] == person) & lost[place]
    channels = ["valence", "smile", "brow_raise"]
    return signals.assign(usable=~gone, **{name: signals[name].mask(gone) for name in channels})


@settings(max_examples=8)
# Covered windows, of which none has a score and all together would have a congruence.
@example(seed=30, missing=0.46, whose="both", scattered=False)
@given(
    seed=seeds, missing=st.floats(0.3, 0.99), scattered=st.booleans(),
    whose=st.sampled_from(["both", "infant", "caregiver"]),
)  # fmt: skip
def test_no_score_out_of_nothing(seed, missing, whose, scattered):
    row = score(thinned(seed, missing=missing, whose=whose, scattered=scattered)).by_session.iloc[0]
    if row["n_scorable"] == 0:
        assert row[list(OF_WINDOWS)].isna().all()
        assert row["reason"]
    if row["coverage_caregiver"] == 0 or row["n_infant_events"] == 0:
        assert row[list(MARKING)].isna().all()


@settings(max_examples=5)
@given(
    seed=seeds, missing=st.floats(0.05, 0.2), scattered=st.booleans(),
    whose=st.sampled_from(["both", "infant", "caregiver"]),
)  # fmt: skip
def test_a_score_out_of_something(seed, missing, whose, scattered):
    """What is thinned a little keeps its scores, so that the test above is not one of nothing."""
    row = score(thinned(seed, missing=missing, whose=whose, scattered=scattered)).by_session.iloc[0]
    assert row["n_scorable"] > 0
    # Gaps at random go with affect now and then.
    assume("gaps_with_affect" not in row["reason"].split(";"))
    # A lag is told where p is small, a pattern beside events; nobody moves the head here.
    told = [
        name for name in OF_WINDOWS
        if not name.startswith("attuned_share") and not name.endswith("_matching")
    ]  # fmt: skip
    assert row[told].drop("mirroring_lag_s").notna().all()
