"""The p of mirroring after what is slow is taken out of both partners."""

import numpy as np
import pandas as pd
import pytest

from attunement.config import Config
from attunement.scoring import score_session
from attunement.scoring.matching.slow import high_pass
from attunement.simulation import simulate_dyad
from attunement.validation.difficulties import change

RATE = 10.0


def waves(hz, n=1200):
    return np.sin(2 * np.pi * hz * np.arange(n) / RATE + 0.4)


@pytest.mark.parametrize(("hz", "left"), [(0.005, 0.0), (0.02, 0.0), (0.1, 1.0), (0.5, 1.0)])
def test_what_is_slower_goes_and_what_is_faster_stays(hz, left):
    series = waves(hz)
    kept = high_pass(series + 3.0 + np.arange(1200) / 100, sampling_hz=RATE)
    # At the ends a wave is no sum of cosines.
    assert kept[150:-150].std() / series[150:-150].std() == pytest.approx(left, abs=0.1)


def test_gaps_stay_and_do_not_enter_the_fit():
    gap = np.zeros(1200, bool)
    gap[400:460] = gap[900:950] = True
    kept = high_pass(np.where(gap, np.nan, 5 + waves(0.02)), sampling_hz=RATE)
    assert (np.isnan(kept) == gap).all()
    assert np.nanstd(kept[150:-150]) < 0.1


def test_a_series_that_is_hardly_there_loses_its_line_alone():
    series = np.full(1200, np.nan)
    series[[10, 500, 900, 1100]] = [1.0, 2.0, 0.0, 1.0]
    kept = high_pass(series, sampling_hz=RATE)
    assert np.abs(kept[[10, 500, 900, 1100]]).max() > 0.3
    assert np.isnan(high_pass(np.full(1200, np.nan), sampling_hz=RATE)).all()


def p_values(how, n, **settings):
    rows = []
    for seed in range(n):
        signals, _ = simulate_dyad(seed=seed, duration_s=120, **settings)
        rows.append(score_session(change(signals, how, seed=seed)).by_session.iloc[0])
    return pd.DataFrame(rows)[["mirroring_p", "mirroring_without_slow_p"]]


def test_a_slow_rhythm_that_both_share_is_no_following():
    found = (p_values("rhythm", 16) <= 0.05).sum()
    assert found["mirroring_p"] >= 3
    assert found["mirroring_without_slow_p"] <= 2


def test_following_is_found_without_what_is_slow():
    assert (p_values("", 6, mirroring=0.4)["mirroring_without_slow_p"] <= 0.05).sum() >= 5


@pytest.mark.parametrize("surrogate", ["circular", "segment"])
def test_it_is_the_same_test_where_nothing_is_slow(surrogate):
    config = Config.model_validate({"scoring": {"surrogate": surrogate}})
    signals, _ = simulate_dyad(duration_s=60, autocorrelation=0.5, seed=3)
    signals["valence"] = np.where(
        signals["person"] == "infant",
        high_pass_of(signals, "infant"),
        high_pass_of(signals, "caregiver"),
    )
    row = score_session(signals, config).by_session.iloc[0]
    assert row["mirroring_without_slow_p"] == pytest.approx(row["mirroring_p"], abs=1e-9)


def high_pass_of(signals, person):
    own = (signals["person"] == person).to_numpy()
    whole = np.zeros(len(signals))
    whole[own] = high_pass(signals.loc[own, "valence"].to_numpy(float), sampling_hz=RATE)
    return whole


def test_an_episode_under_a_minute_has_no_p():
    signals, _ = simulate_dyad(duration_s=50, seed=1, mirroring=0.4)
    row = score_session(signals).by_session.iloc[0]
    assert np.isnan(row["mirroring_without_slow_p"])
    assert np.isfinite(row["mirroring"])


def test_several_episodes_go_into_one_p():
    signals, _ = simulate_dyad(duration_s=180, seed=2, mirroring=0.4)
    signals["episode"] = np.where(signals["time_s"] < 90, "play", "still")
    row = score_session(signals).by_session.iloc[0]
    assert row["mirroring_without_slow_p"] <= 0.05
