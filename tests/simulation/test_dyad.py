import numpy as np
import pandas as pd
import pytest

from attunement import schema
from attunement.errors import ConfigError
from attunement.simulation import simulate_dyad


def curves(**settings):
    return simulate_dyad(**settings)[1].curves


def test_the_table_conforms():
    signals, truth = simulate_dyad(duration_s=30, seed=5, infant="events", marking=1, mirroring=1)
    assert list(signals.columns) == list(schema.SIGNALS)
    pd.testing.assert_frame_equal(signals, schema.conform(signals, schema.SIGNALS))
    assert signals.groupby("person").size().to_dict() == {"caregiver": 300, "infant": 300}
    assert set(signals["session"]) == {"simulated-5"}
    assert (truth.seed, truth.marking, truth.mirroring) == (5, 1, 1)


def test_the_same_seed_gives_the_same_dyad():
    one, other, another = (simulate_dyad(duration_s=20, seed=seed)[0] for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(one, other)
    assert not np.allclose(one["valence"], another["valence"])


@pytest.mark.parametrize("sampling_hz", [5.0, 10.0, 25.0])
def test_series_have_the_planted_autocorrelation_and_spread(sampling_hz):
    settings = {"duration_s": 4000, "sampling_hz": sampling_hz, "autocorrelation": 0.9}
    infant = curves(**settings)["infant_valence"].to_numpy()
    lag = round(sampling_hz * 0.4)
    r = np.corrcoef(infant[:-lag], infant[lag:])[0, 1]
    assert r == pytest.approx(0.9**4, abs=0.03)
    assert infant.std() == pytest.approx(1 / np.sqrt(1 - 0.81), rel=0.05)


@pytest.mark.parametrize("lag_s", [0.0, 0.8, -0.5])
def test_coupling_comes_at_its_lag(lag_s):
    found = curves(duration_s=400, mirroring=5.0, lag_s=lag_s, autocorrelation=0.5)
    infant, caregiver = found["infant_valence"].to_numpy(), found["caregiver_valence"].to_numpy()
    r = [np.corrcoef(infant, np.roll(caregiver, -d))[0, 1] for d in range(-20, 21)]
    assert (np.argmax(r) - 20) / 10 == lag_s


def test_marking_is_a_bump_after_each_onset_in_the_cue_alone():
    settings = {"duration_s": 120, "infant": "events", "seed": 3}
    plain, marked = curves(**settings), curves(**settings, marking=1.0)
    _, truth = simulate_dyad(**settings)
    bump = (marked["caregiver_brow_raise"] - plain["caregiver_brow_raise"]).to_numpy()
    pd.testing.assert_series_equal(marked["caregiver_smile"], plain["caregiver_smile"])
    time = plain["time_s"].to_numpy()
    after = np.array([any(0.8 - 1e-9 <= t - o < 2.8 - 1e-9 for o in truth.onsets_s) for t in time])
    start = time > 3  # bumps of events before the first second reach in
    assert (bump[after] > 0).all()
    assert np.abs(bump[~after & start]).max() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("delay_s", [-1.5, 0.0, 2.0])
def test_marking_comes_at_its_delay(delay_s):
    settings = {"duration_s": 120, "infant": "events", "seed": 3, "marking_delay_s": delay_s}
    plain, marked = curves(**settings), curves(**settings, marking=1.0)
    _, truth = simulate_dyad(**settings)
    bump = (marked["caregiver_brow_raise"] - plain["caregiver_brow_raise"]).to_numpy()
    for onset_s in truth.onsets_s[1:-1]:
        around = (plain["time_s"] > onset_s - 2.9) & (plain["time_s"] < onset_s + 4.1)
        centre = np.average(plain["time_s"][around], weights=np.abs(bump[around]))
        assert centre == pytest.approx(onset_s + delay_s + 0.95, abs=0.05)


def test_curvature_adds_the_square_of_her_content_to_the_cue_alone():
    settings = {"duration_s": 60, "infant": "events", "seed": 3, "mirroring": 1.0}
    plain, curved = curves(**settings), curves(**settings, curvature=0.5)
    content = plain["caregiver_smile"] / 2
    added = curved["caregiver_brow_raise"] - plain["caregiver_brow_raise"]
    np.testing.assert_allclose(added, 2 * 0.5 * content**2, atol=1e-12)
    pd.testing.assert_series_equal(plain["caregiver_smile"], curved["caregiver_smile"])


def test_speech_opens_the_mouth_after_onsets_and_touches_nothing_else():
    settings = {"duration_s": 120, "infant": "events", "seed": 3, "marking": 0.5}
    plain = curves(**settings)
    silent, spoken = curves(**settings, speech=0.0), curves(**settings, speech=1.0)
    signals, truth = simulate_dyad(**settings, speech=1.0)
    assert truth.speech == 1.0
    assert signals.loc[signals["person"] == "infant", "mouth_opening"].isna().all()
    pd.testing.assert_frame_equal(plain, silent.drop(columns="caregiver_mouth_opening"))
    added = (spoken["caregiver_mouth_opening"] - silent["caregiver_mouth_opening"]).to_numpy()
    time = plain["time_s"].to_numpy()
    after = np.array([any(0.3 <= t - o <= 4.6 for o in truth.onsets_s) for t in time])
    start = time > 5  # talk of events before the first second reaches in
    assert np.abs(added[~after & start]).max() < 1e-12
    assert added.min() >= -1e-12
    assert 1.5 < added.max() <= 2 + 1e-12


def test_every_event_reaches_the_onset_threshold():
    found = curves(duration_s=600, infant="events")["infant_smile"]
    _, truth = simulate_dyad(duration_s=600, infant="events")
    gaps = np.diff(truth.onsets_s)
    assert gaps.min() >= 6
    assert gaps.max() <= 14
    for onset in truth.onsets_s[:-1]:
        assert found[round(onset * 10) : round(onset * 10) + 50].max() >= 1 - 1e-9


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5])
def test_missing_comes_in_bursts_of_the_asked_share(share):
    signals, _ = simulate_dyad(duration_s=100, missing_share=share)
    for _, rows in signals.groupby("person"):
        lost = rows["valence"].isna().to_numpy()
        assert lost.mean() == pytest.approx(share)
        assert (lost == ~rows["usable"].to_numpy()).all()
        if share:
            edges = np.abs(np.diff(lost.astype(int))).sum() / 2
            assert lost.sum() / edges > 5  # samples a burst


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"duration_s": 0}, "duration"),
        ({"missing_share": 1.0}, "missing_share"),
        ({"autocorrelation": 1.0}, "autocorrelation"),
        ({"marking": 1.0}, "Marking follows"),
        ({"infant": "asleep"}, "'events'"),
        ({"event_gap_s": (5.0, 2.0)}, "event_gap_s"),
        ({"curvature": 0.5}, "curvature and speech"),
        ({"speech": 0.0}, "curvature and speech"),
    ],
)
def test_impossible_settings_are_refused(settings, says):
    with pytest.raises(ConfigError, match=says):
        simulate_dyad(**settings)
