import numpy as np
import pytest

from attunement.scoring import score_session
from attunement.scoring.matching.mirroring_by_state import windows_by_state
from attunement.simulation import simulate_dyad

NAMES = ["mirroring_positive", "mirroring_negative"]


def test_windows_belong_to_the_state_that_the_infant_moves_in():
    rise, still = np.linspace(0, 2, 50), np.zeros(50)
    valence = np.concatenate([rise, still, -rise, rise - 1, still + 2, rise])
    valence[255:270] = np.nan
    found = windows_by_state(valence, np.arange(0, 300, 50), window=50)
    # Up from the baseline; still; down; across the baseline; still at 2; up with a gap.
    assert found["positive"].tolist() == [True, False, False, False, False, True]
    assert found["negative"].tolist() == [False, False, True, False, False, False]


def follow(state, seed):
    """Return a dyad whose caregiver follows the infant's valence of one sign alone."""
    signals, _ = simulate_dyad(seed=seed)
    infant = signals.loc[signals["person"] == "infant", "valence"].to_numpy()
    part = np.maximum(infant, 0) if state == "positive" else np.minimum(infant, 0)
    caregiver = signals["person"] == "caregiver"
    signals.loc[caregiver, "valence"] += 0.8 * np.roll(part, 10)
    return score_session(signals).by_session.iloc[0]


@pytest.mark.parametrize(("state", "other"), [NAMES, NAMES[::-1]])
def test_the_state_that_is_followed_has_the_higher_score(state, other):
    rows = [follow(state.removeprefix("mirroring_"), seed) for seed in range(3)]
    assert np.mean([row[state] for row in rows]) > 0.25
    assert np.mean([row[other] for row in rows]) < 0.15


def test_a_state_that_hardly_occurs_has_no_score():
    signals, _ = simulate_dyad(duration_s=60, mirroring=0.4, lag_s=1.0, infant="events")
    row = score_session(signals).by_session.iloc[0]
    assert np.isfinite(row["mirroring_positive"])
    assert np.isnan(row["mirroring_negative"])


def test_without_valence_there_are_no_states():
    signals, _ = simulate_dyad(duration_s=60, mirroring=0.4, lag_s=1.0, infant="events")
    row = score_session(signals.drop(columns="valence")).by_session.iloc[0]
    assert np.isfinite(row["mirroring"])
    assert row[NAMES].isna().all()


def test_both_states_together_are_mirroring_where_every_window_has_one():
    signals, _ = simulate_dyad(duration_s=120, mirroring=0.4, lag_s=1.0)
    lifted = signals.assign(valence=signals["valence"] + 40)
    row = score_session(lifted).by_session.iloc[0]
    assert row["mirroring_positive"] == pytest.approx(row["mirroring"])
