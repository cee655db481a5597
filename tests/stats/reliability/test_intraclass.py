import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from attunement.errors import ReliabilityError
from attunement.stats import reliability

RATINGS = st.tuples(st.integers(3, 12), st.integers(2, 5)).flatmap(
    lambda shape: arrays(float, shape, elements=st.integers(1, 9).map(float))
)


def forms(ratings, **options):
    # Whatever numbers are drawn are ratings.
    return reliability.icc(ratings, missing_values=[], **options).set_index("term")


@given(RATINGS, st.integers(-50, 50), st.sampled_from([0.25, 2.0, 10.0]))
def test_unit_and_origin_of_the_scale_do_not_matter(ratings, origin, unit):
    assume(np.ptp(ratings) > 0)
    first, second = forms(ratings), forms(origin + unit * ratings)
    assume(first["estimate"].notna().any())
    for name in ("estimate", "ci_low", "ci_high", "p"):
        # A limit far below 0 has fewer digits behind the point.
        expected = pytest.approx(first[name].to_numpy(), rel=1e-9, abs=1e-8, nan_ok=True)
        assert second[name].to_numpy() == expected


@given(RATINGS, st.randoms(use_true_random=False))
def test_order_of_raters_and_targets_does_not_matter(ratings, random):
    assume(np.ptp(ratings) > 0)
    assume(forms(ratings)["estimate"].notna().any())
    n, k = ratings.shape
    mixed = ratings[random.sample(range(n), n)][:, random.sample(range(k), k)]
    assert forms(mixed)["estimate"].to_numpy() == pytest.approx(
        forms(ratings)["estimate"].to_numpy(), abs=1e-9, nan_ok=True
    )


@given(RATINGS)
def test_order_of_the_forms_and_no_infinity(ratings):
    assume(np.ptp(ratings) > 0)
    found = forms(ratings)
    assume(found["ci_low"].notna().any())
    numbers = found[["estimate", "ci_low", "ci_high", "statistic", "p"]].to_numpy(float)
    assert not np.isinf(numbers).any()
    estimate = found["estimate"]
    assert (found.loc[found["ci_low"].isna() | found["statistic"].isna(), "reason"] != "").all()
    one, two, three = (estimate[f"ICC({i},1)"] for i in (1, 2, 3))
    n, k = ratings.shape
    rows, columns = ratings.mean(axis=1, keepdims=True), ratings.mean(axis=0)
    raters = n * np.sum((columns - columns.mean()) ** 2) / (k - 1)
    rest = np.sum((ratings - rows - columns + ratings.mean()) ** 2) / ((n - 1) * (k - 1))
    if three >= 0 and raters >= rest:
        # Where raters differ by more than their errors do, their differences count as error in
        # forms 1 and 2.
        assert one <= two + 1e-9
        assert two <= three + 1e-9
    known = found["ci_low"].notna() & found["estimate"].notna()
    assert (found["ci_low"] <= found["estimate"] + 1e-9)[known].all()
    assert (found["estimate"] <= found["ci_high"] + 1e-9)[known].all()


@given(RATINGS, arrays(float, 5, elements=st.integers(-20, 20).map(float)))
def test_consistency_does_not_see_raters_means(ratings, shifts):
    assume(np.ptp(ratings) > 0)
    shifted = ratings + shifts[: ratings.shape[1]]
    assume(np.ptp(shifted) > 0)
    first, second = forms(ratings), forms(shifted)
    assume(np.isfinite(first.loc["ICC(3,1)", "estimate"]))
    assert second.loc["ICC(3,1)", "estimate"] == pytest.approx(
        first.loc["ICC(3,1)", "estimate"], abs=1e-9, nan_ok=True
    )


@given(RATINGS)
def test_means_follow_spearman_and_brown(ratings):
    assume(np.ptp(ratings) > 0)
    found, k = forms(ratings)["estimate"], ratings.shape[1]
    assume(found.notna().any())
    for form in "123":
        single, several = found[f"ICC({form},1)"], found[f"ICC({form},k)"]
        if np.isfinite(several):
            assert several == pytest.approx(k * single / (1 + (k - 1) * single), rel=1e-9)


def test_constant_shift_between_raters():
    truth = np.arange(8.0)
    found = forms(np.column_stack([truth, truth + 2]))
    assert found.loc["ICC(3,1)", ["estimate", "ci_low", "ci_high"]].tolist() == [1, 1, 1]
    assert "no finite value" in found.loc["ICC(3,1)", "reason"]
    assert np.isnan(found.loc["ICC(3,1)", "statistic"])
    # MSB / (MSB + 2 MSJ / 8) with MSB = 12 and MSJ = 16.
    assert found.loc["ICC(2,1)", "estimate"] == pytest.approx(12 / (12 + 4))
    assert 0 < found.loc["ICC(2,1)", "ci_low"] < 0.75 < found.loc["ICC(2,1)", "ci_high"] <= 1


def test_full_agreement():
    found = forms(np.column_stack([[1, 2, 5], [1, 2, 5]]))
    assert (found["estimate"] == 1).all()
    assert np.isnan(found["statistic"]).all()


def test_missing_ratings_are_refused_or_counted():
    ratings = pd.DataFrame({"ann": [1, 2, 3, 4.5], "bob": [1, 3, np.nan, 4]}, index=list("wxyz"))
    with pytest.raises(ReliabilityError, match="1 of 4 targets have a missing rating"):
        forms(ratings)
    found = forms(ratings, nan_policy="omit")
    assert set(found["n_left_out"]) == {1}
    assert set(found["n_targets"]) == {3}
    assert found["estimate"].equals(forms(ratings.drop(index="y"))["estimate"])
    nullable = ratings.astype("Float64")
    assert forms(nullable, nan_policy="omit")["estimate"].equals(found["estimate"])


@pytest.mark.parametrize(
    ("ratings", "words"),
    [
        (np.full((4, 3), 2.0), "all 12 ratings are 2"),
        (np.arange(5.0)[:, None], "at least 2 raters"),
        (np.arange(5.0), "targets x raters"),
        (np.array([[1.0, 2.0]]), "at least 2 targets"),
        (np.array([[1.0, np.inf], [1, 2]]), "infinity"),
        (pd.DataFrame({"session": ["s1", "s2"], "ann": [1, 2], "bob": [1, 2]}), "'session'.*'s1'"),
        (pd.DataFrame({"ann": ["1", "2"], "bob": ["1", "3"]}), "must hold numbers"),
    ],
)
def test_bad_input(ratings, words):
    with pytest.raises(ReliabilityError, match=words):
        forms(ratings)


def test_level_of_confidence():
    rng = np.random.default_rng(0)
    ratings = rng.normal(size=(20, 1)) + rng.normal(size=(20, 3))
    narrow, wide = forms(ratings, confidence=0.8), forms(ratings, confidence=0.99)
    assert (wide["ci_low"] < narrow["ci_low"]).all()
    assert (wide["ci_high"] > narrow["ci_high"]).all()


def test_an_approximate_interval_without_its_estimate_is_none():
    row = forms(np.array([[3.0, 3], [1, 5], [1, 6]])).loc["ICC(2,1)"]
    assert row["estimate"] == pytest.approx(-10 / 31)
    assert np.isnan([row["ci_low"], row["ci_high"]]).all()
    assert "does not hold the estimate" in row["reason"]
