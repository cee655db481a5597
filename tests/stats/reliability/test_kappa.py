import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from attunement.errors import ReliabilityError
from attunement.stats import reliability

PAIRS = st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4)), min_size=3, max_size=60)
COLUMNS = ["term", "estimate", "std_error", "ci_low", "ci_high", "statistic", "df", "p"]


def one(*args, **options):
    return reliability.cohen_kappa(*args, **options).iloc[0]


@given(PAIRS, st.sampled_from([None, "linear", "quadratic"]))
def test_swapping_coders_changes_nothing(pairs, weights):
    a, b = zip(*pairs, strict=True)
    scale = [1, 2, 3, 4]
    first = one(a, b, weights=weights, labels=scale)
    second = one(b, a, weights=weights, labels=scale)
    assume(np.isfinite(first["estimate"]))
    for name in ("estimate", "std_error", "ci_low", "ci_high", "p"):
        assert first[name] == pytest.approx(second[name], nan_ok=True, abs=1e-9)


@given(PAIRS)
def test_plain_kappa_does_not_know_the_labels(pairs):
    a, b = zip(*pairs, strict=True)
    names = {1: "smile", 2: "cry", 3: "neutral", 4: "away"}
    renamed = one([names[x] for x in a], [names[x] for x in b])
    assume(np.isfinite(renamed["estimate"]))
    assert one(a, b)["estimate"] == pytest.approx(renamed["estimate"], nan_ok=True, abs=1e-12)


@given(PAIRS)
def test_kappa_stays_in_its_range_and_is_never_infinite(pairs):
    a, b = zip(*pairs, strict=True)
    found = one(a, b)
    numbers = found[["estimate", "std_error", "ci_low", "ci_high", "statistic", "p"]]
    assert not np.isinf(numbers.to_numpy(float)).any()
    if np.isnan(found["estimate"]):
        assert found["reason"]
    else:
        assert -1 - 1e-9 <= found["estimate"] <= 1 + 1e-9
        ceiling = reliability.maximum_kappa(a, b)["estimate"][0]
        assert found["estimate"] <= ceiling + 1e-9


@given(PAIRS)
def test_two_categories_make_weights_immaterial(pairs):
    a, b = np.array(pairs).T > 2
    plain = one(a, b)["estimate"]
    assume(np.isfinite(plain))
    assert one(a, b, weights="linear")["estimate"] == pytest.approx(plain, nan_ok=True, abs=1e-12)


@given(PAIRS)
def test_weights_of_agreement_and_disagreement_are_two_ways_to_say_the_same(pairs):
    a, b = zip(*pairs, strict=True)
    disagreement = np.array([[0, 1, 4, 5], [1, 0, 2, 3], [4, 2, 0, 1], [5, 3, 1, 0]], dtype=float)
    options = {"labels": [1, 2, 3, 4]}
    first = one(a, b, weights=disagreement, **options)
    second = one(a, b, weights=7 - 7 * disagreement / 5, **options)
    assume(np.isfinite(first["estimate"]))
    assert first["estimate"] == pytest.approx(second["estimate"], nan_ok=True, abs=1e-9)
    assert first["std_error"] == pytest.approx(second["std_error"], nan_ok=True, abs=1e-7)


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=4, max_size=40))
def test_quadratic_weights_give_lins_concordance(pairs):
    # With squared distances kappa is 2 s_ab / (s_a + s_b + (mean_a - mean_b)^2), all over n.
    a, b = np.array(pairs, dtype=float).T
    assume(np.ptp(a) > 0 and np.ptp(b) > 0)
    wanted = 2 * np.cov(a, b, ddof=0)[0, 1] / (a.var() + b.var() + (a.mean() - b.mean()) ** 2)
    found = one(a.astype(int), b.astype(int), weights="quadratic", labels=range(7))
    assert found["estimate"] == pytest.approx(wanted, abs=1e-9)


def test_hand_computed():
    # 7 of 10 agree; chance: .6 * .5 + .4 * .5 = .5; (.7 - .5) / (1 - .5) = .4
    a = ["p"] * 6 + ["n"] * 4
    b = ["p"] * 4 + ["n"] * 2 + ["p"] + ["n"] * 3
    found = one(a, b)
    assert found["estimate"] == pytest.approx(0.4)
    assert list(reliability.cohen_kappa(a, b).columns[:8]) == COLUMNS
    assert (found["n_targets"], found["n_raters"], found["n_left_out"]) == (10, 2, 0)
    # Row sums 6 and 4 against column sums 5 and 5: at most 9 can agree.
    assert reliability.maximum_kappa(a, b)["estimate"][0] == pytest.approx((0.9 - 0.5) / 0.5)


def test_limits_by_fisher_and_symmetric():
    a, b = [1, 1, 1, 2, 2, 2, 3, 3, 1, 2], [1, 1, 2, 2, 2, 1, 3, 3, 1, 2]
    plain, fisher = one(a, b, interval="symmetric"), one(a, b)
    half = 1.959963984540054 * plain["std_error"]
    assert plain["ci_low"] == pytest.approx(plain["estimate"] - half)
    assert plain["ci_high"] == pytest.approx(plain["estimate"] + half)
    assert plain["ci_high"] > 1 > fisher["ci_high"]
    spread = stats.t.ppf(0.975, 9) * fisher["std_error"] / (1 - fisher["estimate"] ** 2)
    wanted = np.tanh(np.arctanh(fisher["estimate"]) - spread)
    assert fisher["ci_low"] == pytest.approx(wanted)
    dyad = np.repeat(range(5), 2)
    grouped = one(a, b, interval="symmetric", groups=dyad)
    half = stats.t.ppf(0.975, 4) * grouped["std_error"]
    assert grouped["ci_low"] == pytest.approx(grouped["estimate"] - half)


def test_both_coders_constant_is_missing_with_a_reason():
    found = one(["x"] * 5, ["x"] * 5)
    assert np.isnan(found["estimate"])
    assert "one label throughout" in found["reason"]
    assert np.isnan(reliability.maximum_kappa(["x"] * 5, ["x"] * 5)["estimate"][0])
    assert np.isnan(reliability.pabak(["x"] * 5, ["x"] * 5)["estimate"][0])
    assert reliability.pabak(["x"] * 5, ["x"] * 5, labels=["x", "y"])["estimate"][0] == 1


def test_one_constant_coder_gives_zero_and_says_so():
    found = one(["x"] * 6, ["x", "y"] * 3)
    assert found["estimate"] == 0
    assert np.isnan(found["ci_low"])
    assert "single label" in found["reason"]


def test_full_agreement_has_an_interval_that_is_not_a_point():
    few, many = (one(["x", "y"] * n, ["x", "y"] * n) for n in (4, 400))
    for found in (few, many):
        assert found["estimate"] == 1
        assert found["ci_low"] < found["ci_high"] == 1
    assert few["ci_low"] < many["ci_low"]
    # 8 of 8: the exact limit of the share is .025 ** (1 / 8) and chance agreement .5.
    assert few["ci_low"] == pytest.approx(1 - (1 - 0.025 ** (1 / 8)) / 0.5)


def test_label_of_one_coder_only_is_fine():
    found = one(["a", "b", "c", "a"], ["a", "b", "a", "a"])
    assert np.isfinite(found["estimate"])


def test_missing_labels_are_refused_or_counted():
    a, b = ["x", "y", None, "x", "y"], ["x", "y", "x", np.nan, "x"]
    with pytest.raises(ReliabilityError, match="2 of 5 targets have a missing rating"):
        one(a, b)
    found = one(a, b, nan_policy="omit")
    assert (found["n_targets"], found["n_left_out"]) == (3, 2)
    assert found["estimate"] == one(["x", "y", "y"], ["x", "y", "x"])["estimate"]
    table = reliability.agreement(a, b, nan_policy="omit")
    assert set(table["n_left_out"]) == {2}


def test_order_of_text_is_never_guessed():
    a, b = ["low", "mid", "high", "low"], ["low", "high", "high", "mid"]
    with pytest.raises(ReliabilityError, match="order and steps"):
        one(a, b, weights="linear")
    with pytest.raises(ReliabilityError, match="order of the labels"):
        one(a, b, weights=1 - np.eye(3))
    scale = ["low", "mid", "high"]
    found = one(a, b, weights="linear", labels=scale)
    ordered = [pd.Categorical(x, categories=scale, ordered=True) for x in (a, b)]
    assert one(*ordered, weights="linear")["estimate"] == found["estimate"]
    numbers = [[scale.index(x) for x in coder] for coder in (a, b)]
    assert one(*numbers, weights="linear")["estimate"] == found["estimate"]
    matrix = pd.DataFrame([[0, 2, 1], [2, 0, 1], [1, 1, 0]], ["low", "high", "mid"],
                          ["low", "high", "mid"])  # fmt: skip
    assert one(a, b, weights=matrix)["estimate"] == pytest.approx(found["estimate"])


def test_gap_in_the_scale_is_asked_about():
    a, b = [1, 2, 5, 1, 2], [1, 2, 5, 2, 5]
    with pytest.raises(ReliabilityError, match="complete scale"):
        one(a, b, weights="quadratic")
    full = one(a, b, weights="quadratic", labels=[1, 2, 3, 4, 5])["estimate"]
    assert full != pytest.approx(one(a, b, weights="quadratic", labels=[1, 2, 5])["estimate"])


@pytest.mark.parametrize(
    ("a", "b", "options", "words"),
    [
        ([1, 2], [1, 2, 3], {}, "found 2 and 3 ratings"),
        ([1], [1], {}, "at least 2 targets"),
        ([1, 2, 1], ["1", "2", "1"], {}, "one kind"),
        ([1, 2, np.inf], [1, 2, 2], {}, "infinite"),
        ([[1, 2], [2, 1]], [[1, 2], [2, 1]], {}, "one list"),
        ([1, 2, 3], [1, 2, 3], {"labels": [1, 2]}, "found 3 as well"),
        ([1, 2, 3], [1, 2, 3], {"labels": [1, 2, 3, 3]}, "names 3 twice"),
        ([1, 2, 3], [1, 2, 3], {"weights": "cubic"}, "linear, quadratic or a matrix"),
        ([1, 2, 3], [1, 2, 3], {"weights": np.eye(2)}, "3 x 3 matrix"),
        ([1, 2, 3], [1, 2, 3], {"weights": np.ones((3, 3))}, "not all the same"),
        ([1, 2], [1, 2], {"weights": [[0.5, 1], [1, 0]]}, "diagonal"),
        ([1, 2], [1, 2], {"confidence": 95}, "between 0 and 1"),
        ([1, 2], [1, 2], {"nan_policy": "drop"}, "raise, omit"),
        ([1, 2], [1, 2], {"interval": "exact"}, "fisher, symmetric"),
        ([1, 2], [1, 2], {"groups": [1]}, "group of every row"),
        ([1, 2], [1, 2], {"groups": [1, 1]}, "at least 2"),
        ([1, 2], [1, 2], {"groups": [1, None]}, "must not be missing"),
    ],
)
def test_bad_input_is_one_sentence(a, b, options, words):
    with pytest.raises(ReliabilityError, match=words) as caught:
        one(a, b, **options)
    assert "\n" not in str(caught.value)


def test_rows_in_another_order_are_noticed():
    a = pd.Series(["x", "y", "y"], index=["s1", "s2", "s3"])
    b = a.loc[["s3", "s1", "s2"]]
    with pytest.raises(ReliabilityError, match="another order"):
        one(a, b)
    # Rows of a long table that hold one coder each pair by position.
    other = pd.Series(["x", "y", "x"], index=[7, 8, 9])
    assert np.isfinite(one(a, other)["estimate"])


@pytest.mark.parametrize("counts", [np.ones((2, 3)), -np.eye(2), np.full((2, 2), 0.5), np.eye(1)])
def test_bad_counts(counts):
    with pytest.raises(ReliabilityError, match="counts"):
        reliability.kappa_from_counts(counts)


def test_groups_give_the_jackknife_by_hand():
    rng = np.random.default_rng(1)
    dyad = np.repeat(np.arange(6), 5)
    a = rng.integers(0, 3, 30)
    b = np.where(rng.random(30) < 0.7, a, rng.integers(0, 3, 30))
    found = one(a, b, groups=dyad)
    left = np.array([one(a[dyad != d], b[dyad != d])["estimate"] for d in range(6)])
    wanted = np.sqrt(5 / 6 * np.sum((left - left.mean()) ** 2))
    assert found["std_error"] == pytest.approx(wanted)
    assert (found["df"], found["n_groups"]) == (5, 6)
    assert found["estimate"] == one(a, b)["estimate"]


def test_repeating_every_target_does_not_make_groups_more_certain():
    rng = np.random.default_rng(2)
    a = rng.integers(0, 2, 30)
    b = np.where(rng.random(30) < 0.8, a, 1 - a)
    copies = [np.repeat(x, 4) for x in (a, b, np.arange(30))]
    single = one(a, b, groups=np.arange(30))["std_error"]
    assert one(*copies[:2], groups=copies[2])["std_error"] == pytest.approx(single)
    assert one(*copies[:2])["std_error"] < 0.6 * single


def test_percent_agreement_within_a_point():
    a, b = [1, 2, 3, 4, 5], [1, 3, 5, 4, 4]
    found = reliability.percent_agreement(a, b)
    assert found["estimate"][0] == pytest.approx(0.4)
    assert reliability.percent_agreement(a, b, within=1)["estimate"][0] == pytest.approx(0.8)
    # Wilson's limits of 2 of 5, from the closed form.
    z2 = 1.959963984540054**2
    centre = (2 + z2 / 2) / (5 + z2)
    half = np.sqrt(z2) / (5 + z2) * np.sqrt(5 * 0.4 * 0.6 + z2 / 4)
    assert found["ci_low"][0] == pytest.approx(centre - half)
    assert found["ci_high"][0] == pytest.approx(centre + half)
    with pytest.raises(ReliabilityError, match="numbers"):
        reliability.percent_agreement(["a", "b"], ["a", "b"], within=1)


def test_agreement_stacks_what_the_single_functions_say():
    rng = np.random.default_rng(3)
    a = rng.integers(1, 5, 80)
    b = np.clip(a + rng.integers(-1, 2, 80), 1, 4)
    table = reliability.agreement(a, b, weights="linear").set_index("term")
    assert list(table.index) == [
        "percent_agreement", "cohen_kappa", "cohen_kappa_weighted", "maximum_kappa", "pabak"
    ]  # fmt: skip
    assert table.loc["cohen_kappa_weighted", "ci_low"] == one(a, b, weights="linear")["ci_low"]
    assert table.loc["pabak", "n_categories"] == 4
    assert table["n_targets"].dtype == "int64"
