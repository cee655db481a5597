import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from attunement.errors import ReliabilityError
from attunement.stats import reliability

LEVELS = ["nominal", "ordinal", "interval", "ratio"]
ELEMENTS = st.one_of(st.integers(0, 4).map(float), st.just(np.nan))
RATINGS = st.tuples(st.integers(2, 12), st.integers(2, 4)).flatmap(
    lambda shape: arrays(float, shape, elements=ELEMENTS)
)


def one(ratings, level, n_resamples=0, **options):
    return reliability.krippendorff_alpha(
        ratings, level=level, n_resamples=n_resamples, missing_values=[], **options
    ).iloc[0]


def same(x, y):
    return x == pytest.approx(y, abs=1e-9, nan_ok=True)


@given(RATINGS, st.sampled_from(LEVELS), st.randoms(use_true_random=False))
def test_order_of_coders_and_units_does_not_matter(ratings, level, random):
    n, k = ratings.shape
    mixed = ratings[random.sample(range(n), n)][:, random.sample(range(k), k)]
    assume(np.isfinite(one(ratings, level)["estimate"]))
    assert same(one(mixed, level)["estimate"], one(ratings, level)["estimate"])


@settings(max_examples=12)
@given(RATINGS, st.integers(1, 50), st.sampled_from([0.5, 3.0, 100.0]))
def test_what_each_level_does_not_see(ratings, origin, unit):
    base = {level: one(ratings, level)["estimate"] for level in LEVELS}
    assume(np.isfinite(base["interval"]))
    affine = origin + unit * ratings
    assert same(one(affine, "interval")["estimate"], base["interval"])
    assert same(one(unit * ratings, "ratio")["estimate"], base["ratio"])
    assert same(one(np.exp(ratings), "ordinal")["estimate"], base["ordinal"])
    assert same(one((ratings * 7) % 5, "nominal")["estimate"], base["nominal"])


@given(RATINGS, st.sampled_from(LEVELS))
def test_units_with_one_rating_say_nothing(ratings, level):
    alone = np.full((3, ratings.shape[1]), np.nan)
    alone[:, 0] = [0, 1, 4]
    found, more = one(ratings, level), one(np.vstack([ratings, alone]), level)
    assert same(found["estimate"], more["estimate"])
    assert more["n_left_out"] == found["n_left_out"] + 3
    assert found["n_targets"] + found["n_left_out"] == len(ratings)
    assert bool(found["reason"]) == bool(np.isnan(found["estimate"]))


@given(RATINGS, st.sampled_from(LEVELS))
def test_alpha_of_two_values_is_the_same_at_every_level_but_ratio(ratings, level):
    two = np.where(np.isnan(ratings), np.nan, (ratings > 2).astype(float))
    assume(np.isfinite(one(two, "nominal")["estimate"]))
    assert same(one(two, level)["estimate"], one(two, "nominal")["estimate"])


def test_ratings_as_columns_of_a_table_and_as_text():
    numbers = pd.DataFrame({"ann": [1, 2, 3, 1], "bob": [1, 3, 3, np.nan]})
    words = numbers.replace({1: "low", 2: "mid", 3: "high"}).astype(object)
    words = words.where(numbers.notna(), None)
    assert same(one(words, "nominal")["estimate"], one(numbers, "nominal")["estimate"])
    with pytest.raises(ReliabilityError, match="order of the labels"):
        one(words, "ordinal")
    scale = ["low", "mid", "high"]
    wanted = one(numbers, "ordinal")["estimate"]
    assert same(one(words, "ordinal", labels=scale)["estimate"], wanted)
    kind = pd.CategoricalDtype(scale, ordered=True)
    assert same(one(words.astype(kind), "ordinal")["estimate"], wanted)
    with pytest.raises(ReliabilityError, match="must hold numbers"):
        one(words, "interval")


def test_the_bootstrap_is_seeded():
    rng = np.random.default_rng(0)
    ratings = rng.integers(1, 5, (30, 1)) + rng.integers(0, 2, (30, 3))
    first, second, third = (
        one(ratings, "ordinal", n_resamples=200, seed=seed) for seed in (1, 1, 2)
    )
    assert first["ci_low"] == second["ci_low"]
    assert first["ci_low"] != third["ci_low"]
    assert first["ci_low"] < first["estimate"] < first["ci_high"]
    assert first["n_resamples"] == 200


def test_the_bootstrap_draws_units_by_hand():
    rng = np.random.default_rng(5)
    ratings = rng.integers(0, 4, (12, 1)) + rng.integers(0, 2, (12, 3)).astype(float)
    ratings[3, 1] = np.nan
    dyad = np.repeat([0, 1, 2, 3], 3)
    for level in LEVELS:
        for groups, n_groups in ((None, 12), (dyad, 4)):
            drawn = np.random.default_rng(9).multinomial(
                n_groups, np.full(n_groups, 1 / n_groups), size=10
            )
            weights = drawn if groups is None else drawn[:, groups]
            by_hand = [one(np.repeat(ratings, w, axis=0), level)["estimate"] for w in weights]
            options = {"n_resamples": 10, "seed": 9, "groups": groups}
            found = one(ratings, level, interval="percentile", **options)
            finite = np.array([x for x in by_hand if np.isfinite(x)])
            assert found["n_resamples"] == len(finite)
            assert found["std_error"] == pytest.approx(finite.std(ddof=1))
            assert found["ci_low"] == pytest.approx(np.quantile(finite, 0.025))
            fisher = one(ratings, level, **options)
            spread = stats.t.ppf(0.975, n_groups - 1) * finite.std(ddof=1)
            ends = np.arctanh(fisher["estimate"]) + np.array([-1, 1]) * spread / (
                1 - fisher["estimate"] ** 2
            )
            assert fisher[["ci_low", "ci_high"]].to_numpy(float) == pytest.approx(np.tanh(ends))


def test_undefined_is_missing_with_a_reason():
    constant = one(np.ones((5, 2)), "interval", n_resamples=50)
    assert np.isnan(constant["estimate"])
    assert "one value" in constant["reason"]
    apart = one([[1, np.nan], [np.nan, 2]], "nominal", n_resamples=50)
    assert np.isnan(apart["estimate"])
    assert (apart["reason"], apart["n_left_out"]) == ("undefined: no unit has two ratings", 2)
    single = one([[1.0, 2.0]], "interval", n_resamples=50)
    assert np.isfinite(single["estimate"])
    assert "at least 2 units" in single["reason"]
    perfect = one([[1, 1], [2, 2], [1, 1]], "nominal", n_resamples=200)
    assert perfect["estimate"] == 1
    assert "gives the same" in perfect["reason"]


@pytest.mark.parametrize(
    ("ratings", "options", "words"),
    [
        ([[1, 2], [1, 1]], {"level": "metric"}, "level must be one of nominal, ordinal"),
        ([[1], [2]], {"level": "nominal"}, "at least 2 raters"),
        ([[-1, 2], [1, 1]], {"level": "ratio"}, "negative"),
        ([[1, np.inf], [1, 1]], {"level": "interval"}, "infinity"),
        ([[1, 2], [1, 1]], {"level": "nominal", "n_resamples": -1}, "0 or more"),
        ([[1, 2], [1, 1]], {"level": "nominal", "groups": [1]}, "group of every row"),
    ],
)
def test_bad_input(ratings, options, words):
    with pytest.raises(ReliabilityError, match=words):
        reliability.krippendorff_alpha(ratings, **options)


def test_level_has_no_default():
    with pytest.raises(TypeError, match="level"):
        reliability.krippendorff_alpha([[1, 1], [2, 2]])
