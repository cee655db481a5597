import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attunement.config import Config
from attunement.errors import ConfigError, TableError
from attunement.scoring import (
    circular_surrogates,
    phase_surrogates,
    pseudo_dyads,
    score_session,
    segment_surrogates,
)
from attunement.scoring.chance.plan import plan_drawn, plan_shifts
from attunement.scoring.matching.displaced_windows import prepare
from attunement.scoring.matching.drawn_surrogates import lagged_r, prepare_drawn
from attunement.scoring.series.recording import recordings
from attunement.simulation import simulate_dyad


def walk(n, channels=2, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, channels)).cumsum(0)


def test_circular_surrogates_are_all_admissible_rolls():
    series = walk(300)
    found = circular_surrogates(series, sampling_hz=10)
    assert found.shape == (300 - 2 * 75 + 1, 300, 2)
    np.testing.assert_array_equal(found[0], np.roll(series, 75, axis=0))
    np.testing.assert_array_equal(found[-1], np.roll(series, 225, axis=0))


@settings(max_examples=25)
@given(seed=st.integers(0, 2**31), missing=st.booleans())
def test_segments_and_phases_keep_every_value_and_move_channels_together(seed, missing):
    series = walk(400, seed=seed)
    series[:, 1] = 2 * series[:, 0]
    if missing:
        series[40:70] = np.nan
    for found in (
        segment_surrogates(series, sampling_hz=10, n_surrogates=3, segment_s=2, seed=seed),
        phase_surrogates(series, n_surrogates=3, seed=seed),
    ):
        assert found.shape == (3, 400, 2)
        np.testing.assert_allclose(found[..., 1], 2 * found[..., 0])
        assert not np.array_equal(found[0], found[1], equal_nan=True)
        assert (np.isfinite(found).sum(1) == np.isfinite(series).sum(0)).all()
    kept = segment_surrogates(series, sampling_hz=10, n_surrogates=3, segment_s=2, seed=seed)
    np.testing.assert_array_equal(np.sort(kept[0], axis=0), np.sort(series, axis=0))


def test_segments_break_the_order_at_few_places():
    series = np.arange(600.0)
    for surrogate in segment_surrogates(series, sampling_hz=10, n_surrogates=5):
        assert 1 <= np.count_nonzero(np.diff(surrogate) != 1) <= 7


def test_phases_keep_values_and_autocorrelation_but_not_the_course():
    series = walk(600, 1)[:, 0]
    series -= np.linspace(series[0], series[-1], 600)

    def next_door(x):
        return np.corrcoef(x[1:], x[:-1])[0, 1]

    found = phase_surrogates(series, n_surrogates=20)
    np.testing.assert_allclose(np.sort(found, axis=1), np.tile(np.sort(series), (20, 1)))
    for surrogate in found:
        assert next_door(surrogate) == pytest.approx(next_door(series), abs=0.02)
        assert abs(np.corrcoef(surrogate, series)[0, 1]) < 0.95


def test_drawn_surrogates_depend_on_the_seed_alone():
    series = walk(300, 1)[:, 0]
    for draw in (
        lambda seed: segment_surrogates(series, sampling_hz=10, n_surrogates=4, seed=seed),
        lambda seed: phase_surrogates(series, n_surrogates=4, seed=seed),
    ):
        np.testing.assert_array_equal(draw(3), draw(3))
        assert not np.array_equal(draw(3), draw(4))


@pytest.mark.parametrize("name", ["sample", "samples", "shuffle"])
def test_shuffling_samples_is_refused_with_the_reason(name):
    with pytest.raises(ConfigError, match=r"move smoothly.* take circular, segment or phase"):
        Config(scoring={"surrogate": name})


def test_pseudo_dyads_are_no_surrogate_of_a_session():
    with pytest.raises(ConfigError, match="several sessions"):
        Config(scoring={"surrogate": "pseudo"})


@pytest.mark.parametrize("series", [np.zeros((3, 2, 2)), np.zeros(2), [0, 1, np.inf, 3], ["a"] * 9])
def test_unfit_series_are_refused(series):
    with pytest.raises(TableError):
        phase_surrogates(series)


def test_too_short_a_series_has_no_segments():
    with pytest.raises(TableError, match="cannot be cut"):
        segment_surrogates(np.arange(90.0), sampling_hz=10)
    with pytest.raises(TableError, match=r"segment_s .* 0.2 s, which is 2 samples at 10 Hz; found"):
        segment_surrogates(np.arange(90.0), sampling_hz=10, segment_s=0.1)


@pytest.mark.parametrize("rate", [0, np.nan, np.inf, "fast"])
def test_surrogates_need_a_rate(rate):
    for draw in (circular_surrogates, segment_surrogates):
        with pytest.raises(TableError, match="rate above 0 Hz"):
            draw(np.arange(900.0), sampling_hz=rate)


@pytest.mark.parametrize("missing", [False, True])
def test_lagged_correlation_agrees_with_numpy(missing):
    rng = np.random.default_rng(1)
    lead, partner = rng.standard_normal(50), rng.standard_normal((3, 70)).cumsum(1)
    if missing:
        lead[3:9], partner[1, 20:30] = np.nan, np.nan
    found = lagged_r(lead, partner)
    for row, got in zip(partner, found, strict=True):
        for lag in range(21):
            both = np.isfinite(lead) & np.isfinite(row[lag : lag + 50])
            expected = np.corrcoef(lead[both], row[lag : lag + 50][both])[0, 1]
            assert got[lag] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("surrogate", ["segment", "phase"])
def test_the_observed_block_is_that_of_the_shifts(surrogate):
    signals, _ = simulate_dyad(duration_s=70, mirroring=0.4, seed=7, missing_share=0.1)
    (recording,) = recordings(signals, 10)
    (episode,) = recording.episodes
    starts = np.arange(0, 700 - 69, 10)
    shifted = prepare(
        recording, episode, plan_shifts(700, 10, max_lag=20, max_shifts=6000, seed=0),
        window=50, max_lag=20,
    )  # fmt: skip
    plan = plan_drawn(700, 10, surrogate=surrogate, max_lag=20, n_surrogates=50, seed=0)
    drawn = prepare_drawn(recording, episode, plan, window=50, max_lag=20)
    for one, other in zip(
        shifted.correlate("valence", starts), drawn.correlate("valence", starts), strict=True
    ):
        np.testing.assert_allclose(other[:, :21], one[:, :21], atol=1e-5)


@pytest.mark.parametrize("surrogate", ["segment", pytest.param("phase", marks=pytest.mark.slow)])
def test_drawn_surrogates_find_what_is_planted_and_turn_with_the_people(surrogate):
    config = Config(scoring={"surrogate": surrogate, "n_surrogates": 50})
    signals, _ = simulate_dyad(duration_s=120, mirroring=0.5, lag_s=0.6, seed=1)
    other = signals.assign(
        person=signals["person"].map({"infant": "caregiver", "caregiver": "infant"})
    )
    one = score_session(signals, config).by_session.iloc[0]
    two = score_session(other, config).by_session.iloc[0]
    assert one["mirroring_p"] <= 0.05
    assert one["mirroring_lag_s"] == -two["mirroring_lag_s"] == pytest.approx(0.6, abs=0.2)
    assert one["direction"] == pytest.approx(-two["direction"], abs=1e-4)
    shifted = score_session(signals).by_session.iloc[0]
    for score in ("mirroring", "congruence", "concordance"):
        assert one[score] == pytest.approx(shifted[score], abs=0.1)
    again = score_session(signals, config).by_session.iloc[0]
    assert again["mirroring_p"] == one["mirroring_p"]


@pytest.mark.slow
def test_drawn_shifts_say_what_all_shifts_say():
    signals, _ = simulate_dyad(duration_s=180, mirroring=0.3, seed=2)
    everything = score_session(signals).by_session.iloc[0]
    for most in (60, 500):  # blocks of columns, and a subset of all displacements
        drawn = score_session(signals, Config(scoring={"max_shifts": most})).by_session.iloc[0]
        assert drawn["mirroring"] == pytest.approx(everything["mirroring"], abs=0.03)
        assert drawn["congruence"] == pytest.approx(everything["congruence"], abs=0.05)
        assert drawn["mirroring_p"] == pytest.approx(everything["mirroring_p"], abs=0.1)
        assert drawn["concordance"] == pytest.approx(everything["concordance"], abs=0.02)


def test_blocks_of_drawn_shifts_hold_the_values_of_all_shifts():
    signals, _ = simulate_dyad(duration_s=100, mirroring=0.3, seed=2)
    (recording,) = recordings(signals, 10)
    (episode,) = recording.episodes
    starts = np.arange(0, 1000 - 69, 10)
    every = plan_shifts(1000, 10, max_lag=20, max_shifts=6000, seed=0)
    few = plan_shifts(1000, 10, max_lag=20, max_shifts=20, seed=0)
    assert few.n < 1000
    assert set(few.circular) == set(1000 - few.circular)
    whole = prepare(recording, episode, every, window=50, max_lag=20).correlate("valence", starts)
    part = prepare(recording, episode, few, window=50, max_lag=20).correlate("valence", starts)
    lags = np.arange(1, 21)
    for shift, circular in zip(few.shifts, few.circular, strict=True):
        np.testing.assert_array_equal(
            part[0][:, (lags - shift) % few.n], whole[0][:, (lags - circular) % 1000]
        )
        np.testing.assert_array_equal(
            part[1][:, (lags + shift) % few.n], whole[1][:, (lags + circular) % 1000]
        )


def study(n):
    return pd.concat(
        [simulate_dyad(duration_s=30 + k, seed=k)[0].assign(session=f"s{k}") for k in range(n)]
    )


def test_pseudo_dyads_keep_roles_and_never_pair_a_family():
    signals = study(6)
    families = {f"s{k}": k // 2 for k in range(6)}
    made, pairs = pseudo_dyads(signals, families=families, n_draws=2)
    assert len(pairs) == 12
    assert not pairs.duplicated(["infant_session", "caregiver_session"]).any()
    for row in pairs.itertuples():
        assert families[row.infant_session] != families[row.caregiver_session]
        own = made[made["session"] == row.session]
        for person, source in (
            ("infant", row.infant_session), ("caregiver", row.caregiver_session)
        ):  # fmt: skip
            got = own.loc[own["person"] == person, "valence"].to_numpy()
            origin = signals[(signals["session"] == source) & (signals["person"] == person)]
            np.testing.assert_array_equal(got, origin["valence"].to_numpy()[: len(got)])
    first = made[made["session"] == made["session"].iloc[0]]
    assert len(score_session(first).by_session) == 1
    again, _ = pseudo_dyads(signals, families=families, n_draws=2)
    pd.testing.assert_frame_equal(made, again)


def test_pseudo_dyads_stay_within_a_stratum():
    signals = study(5)
    strata = {"s0": "a", "s1": "a", "s2": "b", "s3": "b", "s4": "c"}
    _, pairs = pseudo_dyads(signals, strata=strata)
    assert set(zip(pairs["infant_session"], pairs["caregiver_session"], strict=True)) == {
        ("s0", "s1"), ("s1", "s0"), ("s2", "s3"), ("s3", "s2")
    }  # fmt: skip


def test_pseudo_dyads_that_cannot_be_are_refused():
    with pytest.raises(TableError, match="No pseudo-dyad"):
        pseudo_dyads(study(1))
    with pytest.raises(TableError, match="lacks the session 's1'"):
        pseudo_dyads(study(2), families={"s0": 1})


def test_phase_surrogates_with_gaps_hold_every_value_once():
    series = np.cumsum(np.random.default_rng(0).standard_normal(400))
    series[100:300] = np.nan
    for found in phase_surrogates(series, n_surrogates=3, seed=1):
        np.testing.assert_array_equal(np.isnan(found), np.isnan(series))
        np.testing.assert_array_equal(np.sort(found[:100].tolist() + found[300:].tolist()),
                                      np.sort(series[np.isfinite(series)]))  # fmt: skip
