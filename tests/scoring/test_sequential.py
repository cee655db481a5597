import numpy as np
import pytest
from scipy import signal
from statsmodels.stats.contingency_tables import Table
from statsmodels.tsa.stattools import grangercausalitytests

from attunement.errors import TableError
from attunement.scoring import granger, lag_sequential


def test_residuals_are_those_of_statsmodels_and_q_is_by_hand():
    rng = np.random.default_rng(2)
    infant, caregiver = rng.choice(["smile", "cry", "calm"], (2, 200), p=[0.5, 0.2, 0.3])
    table = lag_sequential(infant, caregiver, lag=1).set_index(["given", "target"])
    counts = table["observed"].unstack()
    theirs = Table(counts).standardized_resids
    np.testing.assert_allclose(table["z"].unstack(), theirs)
    a = int(((infant[:-1] == "cry") & (caregiver[1:] == "calm")).sum())
    b = int(((infant[:-1] == "cry") & (caregiver[1:] != "calm")).sum())
    c = int(((infant[:-1] != "cry") & (caregiver[1:] == "calm")).sum())
    d = 199 - a - b - c
    assert table.loc[("cry", "calm"), "observed"] == a
    assert table.loc[("cry", "calm"), "yules_q"] == pytest.approx((a * d - b * c) / (a * d + b * c))
    assert table.loc[("cry", "calm"), "probability"] == pytest.approx(a / (a + b))


def test_missing_codes_leave_their_pairs_out():
    table = lag_sequential(["a", None, "b", "a"], ["x", "y", np.nan, "y"], lag=1)
    assert table["observed"].sum() == table["n_pairs"].iloc[0] == 2
    assert set(table["n_left_out"]) == {2}


def test_a_code_that_is_all_there_is_has_no_residual():
    table = lag_sequential(["a", "a", "a"], ["x", "y", "x"], lag=0)
    assert table[["z", "yules_q"]].isna().all(axis=None)


def test_f_is_that_of_statsmodels_and_finds_who_follows():
    rng = np.random.default_rng(3)
    infant = signal.lfilter([1], [1, -0.7], rng.normal(size=400))
    caregiver = 0.5 * np.roll(infant, 2) + rng.normal(size=400)
    table = granger(infant, caregiver, sampling_hz=10, past_s=0.3).set_index("direction")
    theirs = grangercausalitytests(np.column_stack([caregiver, infant]), [3])[3][0]["ssr_ftest"]
    found = table.loc["caregiver_follows", ["statistic", "p", "df_residual", "df"]].astype(float)
    np.testing.assert_allclose(found, theirs, rtol=1e-8)
    assert found["p"] < 1e-6
    assert table.loc["infant_follows", "p"] > 0.01


def test_a_gap_takes_the_moments_whose_past_it_is_in():
    rng = np.random.default_rng(6)
    infant, caregiver = rng.normal(size=(2, 100))
    infant[50] = np.nan
    table = granger(infant, caregiver, sampling_hz=10, past_s=0.3).set_index("direction")
    assert table["n_moments"].to_dict() == {"caregiver_follows": 94, "infant_follows": 93}
    assert table["n_left_out"].to_dict() == {"caregiver_follows": 6, "infant_follows": 7}


@pytest.mark.parametrize(
    ("infant", "reason"), [(np.zeros(100), "constant"), (np.full(100, np.nan), "too_short")]
)
def test_what_cannot_be_said_has_a_reason(infant, reason):
    caregiver = np.random.default_rng(0).normal(size=100)
    table = granger(infant, caregiver, sampling_hz=10, past_s=0.3)
    assert table["p"].isna().all()
    assert set(table["reason"]) == {reason}


def test_what_makes_no_sense_is_refused():
    with pytest.raises(TableError, match="past"):
        granger([0, 1], [0, 1], sampling_hz=10, past_s=0)
    with pytest.raises(TableError, match="lag"):
        lag_sequential(["a"], ["b"], lag=1)
    with pytest.raises(TableError, match="equally long"):
        lag_sequential(["a", "b"], ["b"])
