import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from attunement.errors import ReliabilityError
from attunement.stats import reliability

TERMS = ["bias", "lower_limit", "upper_limit", "trend"]
PAIRS = st.integers(4, 25).flatmap(
    lambda n: arrays(float, (n, 2), elements=st.integers(-40, 40).map(float))
)


def terms(*args, **options):
    return reliability.bland_altman(*args, missing_values=[], **options).set_index("term")


@given(PAIRS)
def test_swapping_raters_turns_everything_round(pairs):
    first, second = terms(*pairs.T), terms(*pairs.T[::-1])
    assume(first.loc[["bias", "lower_limit", "trend"], "estimate"].notna().all())
    opposite = {"bias": "bias", "lower_limit": "upper_limit", "trend": "trend"}
    for term, other in opposite.items():
        for name, back in (("estimate", "estimate"), ("ci_low", "ci_high"), ("ci_high", "ci_low")):
            assert second.loc[other, back] == pytest.approx(
                -first.loc[term, name], abs=1e-9, nan_ok=True
            )
        assert second.loc[other, "p"] == pytest.approx(first.loc[term, "p"], nan_ok=True, abs=1e-9)


@given(PAIRS, st.integers(-30, 30), st.sampled_from([0.5, 3.0]))
def test_everything_is_in_the_units_of_the_scale(pairs, shift, unit):
    first = terms(*pairs.T)
    second = terms(shift + unit * pairs[:, 0], unit * pairs[:, 1])
    assume(first["estimate"].notna().all())
    for name in ("estimate", "ci_low", "ci_high"):
        moved = shift + unit * first[name].to_numpy()[:3]
        assert second[name].to_numpy()[:3] == pytest.approx(moved, abs=1e-8, nan_ok=True)
    assert not np.isinf(second.select_dtypes("number").to_numpy(float)).any()


def test_columns_and_counts():
    found = reliability.bland_altman([1, 2, 3, 5.0, np.nan], [1, 3, 2, 4.0, 2], nan_policy="omit")
    assert list(found["term"]) == TERMS
    assert set(found["n_targets"]) == {4}
    assert set(found["n_left_out"]) == {1}
    with pytest.raises(ReliabilityError, match="1 of 5 pairs"):
        reliability.bland_altman([1, 2, 3, 5.0, np.nan], [1, 3, 2, 4.0, 2])


def test_trend_is_seen_where_one_rater_stretches_the_scale():
    rng = np.random.default_rng(0)
    level = rng.normal(size=60)
    stretched = terms(1.5 * level + 0.3 * rng.normal(size=60), level)
    assert stretched.loc["trend", "p"] < 0.001
    # a = 1.5 x, b = x: difference .5 x, mean 1.25 x
    assert stretched.loc["trend", "estimate"] == pytest.approx(0.4, abs=0.1)


def test_one_difference_throughout():
    found = terms([2, 3, 4, 5.0], [1, 2, 3, 4.0])
    assert found.loc[["bias", "lower_limit", "upper_limit"], "estimate"].tolist() == [1, 1, 1]
    assert found.loc["bias", "reason"] == "all differences are the same"
    assert np.isnan(found.loc["bias", "p"])
    flat = terms([1, 2, 3.0], [3, 2, 1.0])
    assert "undefined" in flat.loc["trend", "reason"]


@pytest.mark.parametrize("truth", ["varying", "constant"])
def test_repeats_widen_what_dyad_means_would_say(truth):
    rng = np.random.default_rng(1)
    dyad = np.repeat(np.arange(20), 5)
    a, b = rng.normal(size=(2, 100)) + rng.normal(size=20)[dyad]
    found = terms(a, b, groups=dyad, truth=truth)
    means = [np.bincount(dyad, x) / 5 for x in (a, b)]
    assert found.loc["bias", "estimate"] == pytest.approx(terms(*means).loc["bias", "estimate"])
    assert found.loc["bias", "sd"] > 1.5 * terms(*means).loc["bias", "sd"]
    assert found.loc["bias", "df"] == 19
    assert (found["ci_low"] < found["estimate"]).all()
    assert (found["estimate"] < found["ci_high"]).all()
    assert set(found["n_pairs"]) == {100}


def test_truth_that_varies_within_a_dyad_cancels_only_when_said():
    rng = np.random.default_rng(2)
    dyad = np.repeat(np.arange(25), 4)
    level = 5 * rng.normal(size=100)
    a, b = level + rng.normal(size=100), level + rng.normal(size=100)
    varying, constant = (
        terms(a, b, groups=dyad, truth=truth).loc["bias", "sd"] for truth in ("varying", "constant")
    )
    assert varying == pytest.approx(np.sqrt(2), rel=0.2)
    assert constant > 3 * varying


def test_groups_with_names_and_gaps():
    a = pd.Series([1.0, 2, 3, 4, np.nan, 6], index=list("uvwxyz"))
    b = pd.Series([1.5, 2, 2, 5, 1, 5], index=list("uvwxyz"))
    found = terms(a, b, groups=list("ppqqrr"), nan_policy="omit")
    assert set(found["n_targets"]) == {3}
    assert set(found["n_pairs"]) == {5}


@pytest.mark.parametrize(
    ("a", "b", "options", "words"),
    [
        ([1, 2, 3], [1, 2], {}, "found 3 and 2"),
        ([1, 2], [1, 3], {}, "at least 3 pairs"),
        ([1, 2, 3], ["1", "2", "3"], {}, "must hold numbers"),
        ([1, 2, np.inf], [1, 2, 3], {}, "infinity"),
        ([1, 2, 3], [1, 2, 2], {"groups": [1, 2, 3]}, "nothing is repeated"),
        ([1, 2, 3], [1, 2, 2], {"groups": [1, 1, 2]}, "at least 3 groups"),
        ([1, 2, 3], [1, 2, 2], {"truth": "fixed"}, "varying, constant"),
        ([1, 2, 3], [1, 2, 2], {"limits": 95}, "between 0 and 1"),
    ],
)
def test_bad_input(a, b, options, words):
    with pytest.raises(ReliabilityError, match=words):
        terms(a, b, **options)
