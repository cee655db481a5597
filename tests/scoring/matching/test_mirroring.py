import numpy as np
import pandas as pd
import pytest

from attunement.config import Config
from attunement.scoring import score_session, windowed_cross_correlation
from attunement.scoring.chance.plan import plan_shifts
from attunement.scoring.matching.displaced_windows import detrend, prepare
from attunement.scoring.matching.mirroring import CurveSum, _standardised, score_block
from attunement.scoring.series.recording import Episode, Recording, recordings
from attunement.simulation import simulate_dyad


def bridged(series):
    """Return a series with straight lines over its gaps."""
    at = np.arange(len(series))
    known = np.isfinite(series)
    return np.interp(at, at[known], series[known])


def naive_z(infant, caregiver):
    """z of two windows by the words of the docs; each is values, detrended and bridged."""
    both = np.isfinite(infant[0]) & np.isfinite(caregiver[0])
    if both.sum() < 25 or np.std(infant[2], ddof=1) < 0.25:
        return np.nan
    if np.std(caregiver[2], ddof=1) < 0.25:
        return 0.0
    r = np.corrcoef(infant[1], caregiver[1])[0, 1]
    return np.arctanh(np.clip(r, -0.97, 0.97))


def rolled_curves(infant, caregiver, shift):
    """z of every window and lag after one partner's series was really rolled."""
    i, c = (np.array([one, bridged(detrend(one)), bridged(one)]) for one in (infant, caregiver))
    starts = range(0, len(infant) - 69, 10)
    found = np.full((len(starts), 41), np.nan)
    for k, a in enumerate(starts):
        for lag in range(-20, 21):
            moved_i = np.roll(i, -shift, axis=1) if lag < 0 else i
            moved_c = np.roll(c, shift, axis=1) if lag >= 0 else c
            at_i = slice(a + max(0, -lag), a + max(0, -lag) + 50)
            at_c = slice(a + max(0, lag), a + max(0, lag) + 50)
            found[k, lag + 20] = naive_z(moved_i[:, at_i], moved_c[:, at_c])
    return found


@pytest.mark.parametrize("missing_share", [0.0, 0.2])
def test_every_shift_is_what_rolling_the_series_gives(missing_share):
    signals, _ = simulate_dyad(
        duration_s=40, infant="events", mirroring=0.8, lag_s=0.8, seed=2,
        missing_share=missing_share,
    )  # fmt: skip
    signals = signals.drop(columns="smile")
    # A stretch in which the caregiver's face is still while the infant's may move.
    still = (signals["person"] == "caregiver") & signals["time_s"].between(10, 22)
    signals.loc[still & signals["usable"], "valence"] = 0.1
    (recording,) = recordings(signals, 10)
    (episode,) = recording.episodes
    plan = plan_shifts(episode.n, 10, max_lag=20, max_shifts=6000, seed=0)
    sides = prepare(recording, episode, plan, window=50, max_lag=20)
    starts, shifts = np.arange(0, 331, 10), plan.shifts
    sums = {name: CurveSum(episode.n) for name in ("valence", "all")}
    block = score_block(sides, starts, np.ones(len(starts), bool), sums)
    curves = sums["all"].curves(shifts, 20)
    infant, caregiver = recording.infant["valence"], recording.caregiver["valence"]
    f = []
    for at in (0, 17, len(shifts) - 1):
        z = rolled_curves(infant, caregiver, int(shifts[at]))
        assert np.isfinite(z).any()
        with np.errstate(invalid="ignore"):
            expected = np.nansum(z, 0) / np.isfinite(z).sum(0)
        # Lag 0 of a surrogate is the mean of both sides, of which one is rolled here.
        others = np.arange(41) != 20
        np.testing.assert_allclose(curves[at][others], expected[others], atol=1e-9)
        f.append(pd.DataFrame(z[:, 21:]).max(axis=1).to_numpy())
    # Standardising is linear, so ratios of differences between shifts do not know of it.
    got = block.following.surrogate[:, [0, 17, len(shifts) - 1]].T
    known = np.isfinite(got).all(0) & np.isfinite(f).all(0) & (np.abs(f[0] - f[2]) > 1e-3)
    assert known.sum() > 5
    np.testing.assert_allclose(
        ((got[0] - got[1]) / (got[0] - got[2]))[known],
        ((f[0] - f[1]) / (f[0] - f[2]))[known],
        atol=1e-6,
    )


def test_the_observed_curve_is_that_of_the_public_function():
    signals, _ = simulate_dyad(duration_s=90, mirroring=0.4, seed=7)
    (recording,) = recordings(signals, 10)
    (episode,) = recording.episodes
    plan = plan_shifts(900, 10, max_lag=20, max_shifts=6000, seed=0)
    sides = prepare(recording, episode, plan, window=50, max_lag=20)
    starts = np.arange(0, 900 - 69, 10)
    sums = {name: CurveSum(900) for name in ("valence", "all")}
    score_block(sides, starts, np.ones(len(starts), bool), sums)
    r = windowed_cross_correlation(
        detrend(recording.infant["valence"]), detrend(recording.caregiver["valence"]),
        sampling_hz=10, window_s=5, step_s=1, max_lag_s=2,
    )  # fmt: skip
    expected = np.arctanh(r.clip(-0.97, 0.97)).mean()
    np.testing.assert_allclose(sums["all"].curves(np.array([0]), 20)[0], expected, atol=1e-12)


def test_detrending_takes_out_the_straight_line_of_what_is_there():
    t = np.arange(100.0)
    series = 3 + 0.2 * t
    series[20:40] = np.nan
    straight = detrend(series)
    assert np.isnan(straight[20:40]).all()
    np.testing.assert_allclose(straight[np.isfinite(straight)], 0, atol=1e-12)


def test_a_copy_never_gives_infinity_and_is_counted_as_clipped():
    signals, _ = simulate_dyad(duration_s=90, seed=1)
    infant = signals.loc[signals["person"] == "infant", "valence"]
    signals.loc[signals["person"] == "caregiver", "valence"] = infant.to_numpy()
    scores = score_session(signals)
    row = scores.by_session.iloc[0]
    assert row["n_clipped"] == row["n_windows"] == 84
    assert row["mirroring_lag_s"] == 0
    assert np.isfinite(row["mirroring"])
    numbers = scores.windows.select_dtypes("number").to_numpy(float)
    assert not np.isinf(numbers).any()


def test_a_still_caregiver_has_no_mirroring_rather_than_no_score():
    signals, _ = simulate_dyad(duration_s=90, seed=1)
    signals.loc[signals["person"] == "caregiver", "valence"] = 0.3
    row = score_session(signals).by_session.iloc[0]
    assert row["mirroring"] == 0
    assert row["mirroring_p"] == pytest.approx(0.5, abs=0.01)
    assert row["n_caregiver_flat"] == row["n_windows"]
    assert row["concordance"] == 0


def test_a_still_infant_has_no_score():
    signals, _ = simulate_dyad(duration_s=90, seed=1)
    signals.loc[signals["person"] == "infant", "valence"] *= 0.01
    scores = score_session(signals)
    assert scores.windows["following_z"].isna().all()
    assert set(scores.windows["reason"]) == {"infant_still"}
    assert np.isnan(scores.by_session["mirroring"].iloc[0])
    assert "infant_still" in scores.by_session["reason"].iloc[0]


def test_windows_may_be_shorter():
    config = Config(scoring={"window_s": 3, "step_s": 0.5, "max_lag_s": 1})
    signals, _ = simulate_dyad(duration_s=70, mirroring=0.6, lag_s=0.5)
    windows = score_session(signals, config).windows
    assert len(windows) == np.ceil((700 - 30 - 10 + 1) / 5)
    assert windows["end_s"].iloc[0] == 3


@pytest.mark.parametrize(("sd", "known"), [(0.049, False), (0.051, True)])
def test_surrogates_that_hardly_vary_standardise_nothing(sd, known):
    values = sd * np.where(np.arange(400) % 2, 1.0, -1.0)[None]
    observed = _standardised(values, np.arange(100, 300), forward=True)[0]
    assert np.isfinite(observed).all() == known


def test_a_caregiver_who_only_leads_does_not_mirror():
    signals = [
        simulate_dyad(duration_s=90, mirroring=0.5, lag_s=-1.0, seed=seed)[0] for seed in range(8)
    ]
    rows = pd.concat([score_session(one).by_session for one in signals])
    # What chance gives of eight, at .05 each, is over two in less than one of a hundred.
    assert (rows["mirroring_p"] <= 0.05).sum() <= 2
    assert (rows["mirroring_mean_p"] <= 0.05).sum() <= 2
    assert (rows["leading_p"] <= 0.05).sum() >= 7
    told = rows["mirroring_lag_s"].dropna()
    assert len(told) >= 6
    assert (told + 1.0).abs().max() < 0.21


def following(infant, caregiver):
    """Return z of every window, mean over the lags in (0, 2] s, with every window kept."""
    people = [{"valence": series} for series in (infant, caregiver)]
    episode = Episode("all", 0, len(infant))
    recording = Recording("one", 10.0, np.arange(len(infant)) / 10, (episode,), *people)
    plan = plan_shifts(episode.n, 10, max_lag=20, max_shifts=6000, seed=0)
    sides = prepare(recording, episode, plan, window=50, max_lag=20)
    after, _ = sides.correlate("valence", np.arange(0, episode.n - 69, 10))
    return after[:, 1:21].mean(1)


def test_gaps_within_windows_leave_what_the_whole_windows_have():
    whole, gappy = [], []
    for seed in range(6):
        signals, _ = simulate_dyad(mirroring=0.4, lag_s=1.0, seed=seed)
        infant, caregiver = (
            signals.loc[signals["person"] == person, "valence"].to_numpy()
            for person in ("infant", "caregiver")
        )
        whole.append(following(infant, caregiver))
        # Two seconds of every seven, so that no window is left without gaps.
        lost = np.arange(len(infant)) % 70 >= 50
        gappy.append(following(np.where(lost, np.nan, infant), caregiver))
    same = np.isfinite(whole) & np.isfinite(gappy)
    assert same.sum() > 0.9 * np.size(whole)
    assert np.array(gappy)[same].mean() == pytest.approx(np.array(whole)[same].mean(), rel=0.06)


@pytest.mark.parametrize("duration_s", [60, 120])
def test_the_smallest_p_is_that_of_a_peak_which_ties_with_itself(duration_s):
    signals, _ = simulate_dyad(duration_s=duration_s, mirroring=2.0, seed=0)
    row = score_session(signals).by_session.iloc[0]
    n = duration_s * 10
    # Of 20 shifts at which the peak is still within (0, 2] s, one is the observed.
    assert row["mirroring_p"] == pytest.approx((1 + 19 / 2) / n)
    assert 1 / n <= row["mirroring_mean_p"] <= 5 / n
