import numpy as np
import pytest
from scipy import signal

from attunement.errors import TableError
from attunement.scoring import coherence


def ar(n, phi, rng):
    return signal.lfilter([1], [1, -phi], rng.normal(size=n))


@pytest.fixture
def followed():
    rng = np.random.default_rng(4)
    infant = ar(1800, 0.8, rng)
    return infant, np.roll(infant, 8) + 0.5 * ar(1800, 0.8, rng)


def test_it_is_scipys_and_the_lag_is_the_planted_one(followed):
    table = coherence(*followed, sampling_hz=10)
    frequencies, theirs = signal.coherence(*followed, fs=10, nperseg=200, detrend="linear")
    np.testing.assert_allclose(table["frequency_hz"], frequencies[1 : len(table) + 1])
    np.testing.assert_allclose(table["coherence"], theirs[1 : len(table) + 1])
    slow = table[table["frequency_hz"] < 0.5]
    assert slow["phase_lag_s"].median() == pytest.approx(0.8, abs=0.1)
    assert (slow["p"] <= 0.05).mean() > 0.8
    assert (table["n_left_out"] == 0).all()


def test_unrelated_series_stand_out_no_more_often_than_chance():
    rng = np.random.default_rng(5)
    p = [
        coherence(ar(1200, 0.9, rng), ar(1200, 0.9, rng), sampling_hz=10, n_surrogates=99, seed=k)[
            "p"
        ]
        for k in range(12)
    ]
    assert (np.concatenate(p) <= 0.05).mean() < 0.1


def test_the_longest_stretch_without_a_gap_is_used(followed):
    infant, caregiver = (series.copy() for series in followed)
    infant[300] = caregiver[1700] = np.nan
    table = coherence(infant, caregiver, sampling_hz=10)
    alone = coherence(infant[301:1700], caregiver[301:1700], sampling_hz=10)
    np.testing.assert_allclose(table["coherence"], alone["coherence"])
    assert set(table["n_samples"]) == {1399}
    assert set(table["n_left_out"]) == {401}


@pytest.mark.parametrize(
    ("infant", "reason"), [(np.ones(1800), "constant"), (np.full(1800, np.nan), "too_short")]
)
def test_what_cannot_be_said_has_a_reason(infant, reason, followed):
    table = coherence(infant, followed[1], sampling_hz=10)
    assert table[["coherence", "p", "phase_lag_s"]].isna().all(axis=None)
    assert set(table["reason"]) == {reason}


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ({"segment_s": 0.1}, "segment_s of coherence must be at least 0.4 s, which is 4 samples"),
        ({"segment_s": np.nan}, "segment_s of coherence"),
        ({"segment_s": np.inf}, "segment_s of coherence"),
        ({"sampling_hz": 0}, "segment_s of coherence needs a rate above 0 Hz .* found 0"),
        ({"sampling_hz": np.inf}, "segment_s of coherence"),
        ({"max_frequency_hz": np.nan}, "highest frequency .* found nan"),
        ({"max_frequency_hz": -1}, "highest frequency .* found -1"),
        ({"n_surrogates": 0}, "a surrogate or more; found 0"),
        ({"n_surrogates": 9.5}, "a surrogate or more; found 9.5"),
    ],
)
def test_settings_that_make_no_sense_are_refused(followed, setting, says):
    with pytest.raises(TableError, match=says):
        coherence(*followed, **{"sampling_hz": 10, **setting})


def test_series_of_different_length_are_refused(followed):
    with pytest.raises(TableError, match="equally long"):
        coherence(followed[0], followed[1][1:], sampling_hz=10)
