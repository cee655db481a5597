import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import correlate, correlation_lags

from attunement.errors import SimulationError
from attunement.simulation import Truth, expression_curves

PLANTED = (
    "infant_smile", "infant_frown", "infant_mouth", "caregiver_smile", "caregiver_frown",
    "caregiver_mouth", "caregiver_brow", "caregiver_eyes",
)  # fmt: skip


def around(curve, truth, after_s):
    """Mean of a curve at a time after the infant's onsets."""
    times = np.array(truth.onsets_s) + after_s
    times = times[(times > 0) & (times < truth.curves["time_s"].iloc[-1])]
    return np.interp(times, truth.curves["time_s"], truth.curves[curve]).mean()


def peak_lag_s(truth, name, rate_hz):
    infant, caregiver = (
        truth.curves[f"{who}_{name}"].to_numpy() for who in ("infant", "caregiver")
    )
    infant, caregiver = infant - infant.mean(), caregiver - caregiver.mean()
    lags = correlation_lags(len(caregiver), len(infant))
    return lags[correlate(caregiver, infant).argmax()] / rate_hz


@given(
    duration_s=st.floats(1, 200),
    mirroring=st.floats(0, 1),
    marking=st.floats(0, 1),
    lag_s=st.floats(-3, 3),
    rate_hz=st.sampled_from([7.5, 15, 29.97]),
    seed=st.integers(0, 10_000),
)
def test_curves_stay_within_what_a_face_can_show(
    duration_s, mirroring, marking, lag_s, rate_hz, seed
):
    truth = expression_curves(
        duration_s=duration_s,
        mirroring=mirroring,
        marking=marking,
        lag_s=lag_s,
        rate_hz=rate_hz,
        seed=seed,
    )
    curves = truth.curves
    assert isinstance(truth, Truth)
    assert set(PLANTED) < set(curves)
    assert curves["time_s"].to_numpy() == pytest.approx(np.arange(len(curves)) / rate_hz)
    assert len(curves) == pytest.approx(duration_s * rate_hz, abs=1)
    assert curves[list(PLANTED)].to_numpy().min() >= 0
    assert curves[list(PLANTED)].to_numpy().max() <= 1
    degrees = curves.filter(like="_deg")
    assert degrees.shape[1] == 6
    assert degrees.abs().to_numpy().max() <= 4
    assert not curves.isna().to_numpy().any()


@pytest.mark.parametrize("seed", range(5))
def test_a_session_of_90_s_has_events_enough_for_markedness(seed):
    truth = expression_curves(duration_s=90, seed=seed)
    onsets = np.array(truth.onsets_s)
    assert 11 <= len(onsets) <= 18
    assert np.diff(onsets).min() >= 5
    assert np.diff(onsets).max() <= 8
    content = truth.curves.filter(like="infant_").max()
    assert (content[["infant_smile", "infant_frown"]] > 0.5).all()
    assert content["infant_mouth"] > 0.25


def test_an_onset_is_where_the_infant_has_risen_half_way():
    truth = expression_curves(duration_s=90, seed=2)
    loudest = truth.curves[["infant_smile", "infant_frown"]].max(axis=1)
    for onset in truth.onsets_s:
        at, later = np.interp([onset, onset + 0.8], truth.curves["time_s"], loudest)
        assert at == pytest.approx(later / 2, abs=0.02)


@pytest.mark.parametrize("lag_s", [-0.8, 0.0, 0.4, 1.6])
@pytest.mark.parametrize("name", ["smile", "frown"])
def test_a_mirroring_caregiver_follows_by_the_planted_lag(lag_s, name):
    truth = expression_curves(duration_s=90, lag_s=lag_s, rate_hz=20, seed=4)
    assert peak_lag_s(truth, name, 20) == pytest.approx(lag_s, abs=0.051)


def test_a_caregiver_who_does_not_mirror_is_as_expressive():
    ratios, related = [], []
    for seed in range(20):
        alone, mirroring = (
            expression_curves(mirroring=level, marking=0, seed=seed).curves for level in (0, 1)
        )
        ratios.append(alone["caregiver_smile"].std() / mirroring["caregiver_smile"].std())
        shifted = alone["caregiver_smile"].to_numpy()[12:], alone["infant_smile"].to_numpy()[:-12]
        related.append(np.corrcoef(*shifted)[0, 1])
    assert np.mean(ratios) == pytest.approx(1, abs=0.1)
    assert abs(np.mean(related)) < 3 * np.std(related) / np.sqrt(len(related))


def test_marking_follows_the_infants_onsets():
    marked = expression_curves(marking=1, lag_s=0.8, seed=1)
    plain = expression_curves(marking=0, lag_s=0.8, seed=1)
    for curve in ("caregiver_brow", "caregiver_eyes"):
        assert around(curve, marked, 1.8) > around(curve, marked, -0.5) + 0.5
        assert abs(around(curve, plain, 1.8) - around(curve, plain, -0.5)) < 0.2
        assert 0.1 < plain.curves[curve].max() <= 0.31
    assert around("caregiver_mouth", marked, 1.8) > around("caregiver_mouth", plain, 1.8) + 0.1


def test_the_infant_does_not_depend_on_the_caregiver():
    one = expression_curves(mirroring=1, marking=1, lag_s=0.8, seed=7)
    other = expression_curves(mirroring=0.2, marking=0, lag_s=-1, seed=7)
    infant = [name for name in one.curves if name.startswith("infant")]
    assert one.onsets_s == other.onsets_s
    assert one.curves[infant].equals(other.curves[infant])
    assert not one.curves["caregiver_smile"].equals(other.curves["caregiver_smile"])


def test_the_seed_decides():
    assert expression_curves(seed=3).curves.equals(expression_curves(seed=3).curves)
    assert not expression_curves(seed=3).curves.equals(expression_curves(seed=4).curves)


@pytest.mark.parametrize(
    ("name", "value"),
    [("mirroring", 1.1), ("marking", -0.1), ("lag_s", 4), ("duration_s", 0.5), ("rate_hz", 0)],
)
def test_a_setting_out_of_range_is_refused(name, value):
    with pytest.raises(SimulationError, match=f"{name} must be between .* found {value}"):
        expression_curves(**{name: value})
