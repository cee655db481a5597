import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from attunement.errors import ReliabilityError
from attunement.stats import reliability

RATINGS = st.integers(2, 4).flatmap(
    lambda k: st.lists(
        st.lists(st.sampled_from("abc"), min_size=k, max_size=k), min_size=2, max_size=25
    )
)


def one(ratings, **options):
    return reliability.fleiss_kappa(ratings, **options).iloc[0]


@settings(max_examples=15)
@given(RATINGS, st.randoms(use_true_random=False))
def test_order_of_coders_and_names_of_labels_do_not_matter(ratings, random):
    shuffled = [random.sample(row, len(row)) for row in ratings]
    names = {"a": 3, "b": 1, "c": 2}
    renamed = [[names[label] for label in row] for row in ratings]
    first = one(ratings)
    assume(np.isfinite(first["estimate"]))
    for other in (one(shuffled), one(renamed)):
        for name in ("estimate", "std_error", "p"):
            assert other[name] == pytest.approx(first[name], nan_ok=True, abs=1e-9)
    assert not np.isinf(first[["estimate", "statistic", "ci_low", "ci_high"]].to_numpy(float)).any()


@given(RATINGS)
def test_close_to_nominal_alpha(ratings):
    # Krippendorff's alpha corrects for small samples: 1 - alpha = (1 - kappa) (N - 1) / N.
    kappa = one(ratings)["estimate"]
    assume(np.isfinite(kappa))
    alpha = reliability.krippendorff_alpha(ratings, level="nominal", n_resamples=0)["estimate"][0]
    n = len(ratings) * len(ratings[0])
    assert 1 - alpha == pytest.approx((1 - kappa) * (n - 1) / n, nan_ok=True, abs=1e-9)


def test_two_coders_give_scotts_pi():
    ratings = np.array([["a", "a"], ["a", "b"], ["b", "b"], ["a", "a"]])
    # 3 of 4 agree; shares 5/8 and 3/8 give chance agreement 34/64.
    assert one(ratings)["estimate"] == pytest.approx((0.75 - 34 / 64) / (1 - 34 / 64))


def test_one_label_is_missing_with_a_reason():
    found = one([["a", "a"], ["a", "a"]])
    assert np.isnan(found["estimate"])
    assert "one label" in found["reason"]


def test_full_agreement_has_no_interval_but_a_reason():
    found = one([["a", "a", "a"], ["b", "b", "b"], ["a", "a", "a"]])
    assert found["estimate"] == pytest.approx(1)
    assert np.isnan(found["ci_low"])
    assert "standard error is 0" in found["reason"]


def test_missing_ratings_are_refused_or_counted():
    ratings = pd.DataFrame({"x": ["a", "b", None, "a"], "y": ["a", "b", "b", "b"]})
    with pytest.raises(ReliabilityError, match="1 of 4 targets"):
        one(ratings)
    found = one(ratings, nan_policy="omit")
    assert (found["n_targets"], found["n_left_out"]) == (3, 1)


def test_groups_by_hand():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 24)
    ratings = np.where(rng.random((24, 3)) < 0.7, truth[:, None], rng.integers(0, 3, (24, 3)))
    dyad = np.repeat(list("abcdef"), 4)
    left = np.array([one(ratings[dyad != d])["estimate"] for d in "abcdef"])
    found = one(ratings, groups=dyad)
    assert found["std_error"] == pytest.approx(np.sqrt(5 / 6 * np.sum((left - left.mean()) ** 2)))


@pytest.mark.parametrize(
    ("ratings", "words"),
    [
        ([["a"], ["b"]], "at least 2 raters"),
        ([["a", "b"]], "at least 2 targets"),
        (["a", "b"], "targets x raters"),
        (pd.DataFrame({"x": [1, 2], "y": ["1", "2"]}), "one kind"),
        (np.empty((0, 3)), "at least one target"),
    ],
)
def test_bad_input(ratings, words):
    with pytest.raises(ReliabilityError, match=words):
        one(ratings)
