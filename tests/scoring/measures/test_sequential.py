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


def noise(n=120, seed=0):
    return np.random.default_rng(seed).normal(size=n)


def reasons(infant, caregiver):
    table = granger(infant, caregiver, sampling_hz=10, past_s=0.3)
    figures = table[["gain", "statistic", "df", "df_residual", "p"]]
    assert figures.isna().all(axis=1).tolist() == (table["reason"] != "").tolist()
    assert figures.dropna().ge(0).all(axis=None)
    return table["reason"].tolist()


@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_a_copy_adds_nothing_to_what_it_copies(offset):
    x = noise() + offset
    assert reasons(x, x) == ["collinear"] * 2
    assert reasons(x, 3 * x - 1) == ["collinear"] * 2
    # One sample later nothing is left to explain the caregiver by.
    assert reasons(x[1:], x[:-1])[0] == "perfect_fit"


def test_what_its_own_past_explains_has_no_error_to_measure_by():
    smooth = np.sin(np.arange(120) / 9)
    for course in (np.arange(120.0), smooth, np.arange(120) % 3):
        assert reasons(course, noise())[1] == "perfect_fit"
    assert reasons(smooth + 1e-3 * noise(seed=1), noise()) == ["", ""]


def test_only_what_the_past_has_of_its_own_counts():
    follower = noise(200) + np.sin(np.arange(200) / 9)
    table = granger(np.sin(np.arange(200) / 9), follower, sampling_hz=10, past_s=0.5)
    # Five samples of a sine are sums of two of them.
    assert table.loc[0, "df"] == 2
    assert table.loc[0, "df_residual"] == 195 - 6 - 2


def test_a_constant_is_one_at_any_level():
    assert reasons(np.full(120, 0.1) * 3 + noise() * 1e-18, noise()) == ["constant"] * 2


@pytest.mark.parametrize(
    "lengths", [{"past_s": 0}, {"past_s": np.nan}, {"past_s": np.inf}, {"past_s": "long"},
                {"sampling_hz": np.inf}, {"sampling_hz": 0}, {"sampling_hz": -10}]
)  # fmt: skip
def test_a_past_without_a_length_is_refused(lengths):
    with pytest.raises(TableError, match=r"past_s of Granger's test (must be|needs a rate)"):
        granger([0, 1], [0, 1], **{"sampling_hz": 10, "past_s": 1, **lengths})


def test_codes_that_cannot_be_paired_are_refused():
    for lag in (1, -1, 0.5, 1.0, np.nan):
        with pytest.raises(TableError, match="lag must be a whole number"):
            lag_sequential(["a"], ["b"], lag=lag)
    with pytest.raises(TableError, match="equally long"):
        lag_sequential(["a", "b"], ["b"])
    with pytest.raises(TableError, match=r"one row of time units; found shapes \(3, 2\)"):
        lag_sequential(np.zeros((3, 2)), np.zeros(3))
