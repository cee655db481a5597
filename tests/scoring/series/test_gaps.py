"""What is there, counted one value at a time."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from attunement.scoring.series.gaps import (
    RunningMean,
    centred,
    mean_known,
    mean_of,
    mean_sd,
    pearson,
    totals,
)

numbers = st.one_of(st.just(math.nan), st.integers(-50, 50).map(lambda k: k / 8))
tables = arrays(float, st.tuples(st.integers(1, 5), st.integers(1, 12)), elements=numbers)


def there(row):
    return [value for value in row if not math.isnan(value)]


def mean(row):
    return sum(there(row)) / len(there(row)) if there(row) else math.nan


def sd(row, least):
    n = len(there(row))
    if n < least:
        return math.nan
    return math.sqrt(sum((value - mean(row)) ** 2 for value in there(row)) / (n - 1))


@given(tables)
def test_sums_and_means_are_of_what_is_there(table):
    assume(np.isfinite(table).any())
    for axis, rows in ((1, table), (0, table.T)):
        total, count = totals(table, axis=axis)
        assert count.tolist() == [len(there(row)) for row in rows]
        np.testing.assert_allclose(total, [sum(there(row)) for row in rows], atol=1e-12)
        np.testing.assert_allclose(mean_known(table, axis=axis), [mean(row) for row in rows])
    assert mean_of(table) == pytest.approx(mean(table.ravel()), nan_ok=True)


@given(tables, st.integers(2, 9))
def test_mean_and_sd_need_some_values(table, least):
    assume(np.isfinite(table).sum(1).max() >= least)
    means, sds = mean_sd(table, least=least)
    expected = [mean(row) if len(there(row)) >= least else math.nan for row in table]
    np.testing.assert_allclose(means, expected, atol=1e-12)
    np.testing.assert_allclose(sds, [sd(row, least) for row in table], atol=1e-12)


@given(tables)
def test_centred_rows_are_about_0_and_0_where_nothing_is(table):
    away, count = centred(table)
    assert count.tolist() == [len(there(row)) for row in table]
    for row, values in zip(away, table, strict=True):
        expected = [0.0 if math.isnan(value) else value - mean(values) for value in values]
        np.testing.assert_allclose(row, expected, atol=1e-12)


def test_centred_takes_the_mean_of_the_known_alone():
    away, count = centred(np.array([[1.0, 3.0, 50.0, np.nan]]), np.array([[1, 1, 0, 0]], bool))
    assert away.tolist() == [[-1.0, 1.0, 0.0, 0.0]]
    assert count.tolist() == [2]


@given(st.lists(arrays(float, (2, 3), elements=numbers), max_size=5))
def test_a_running_mean_is_that_of_all_at_once(tables):
    running = RunningMean((2, 3))
    for table in tables:
        running.add(table)
    every = np.array(tables).reshape(len(tables), 6)
    expected = [mean(column) for column in every.T] if tables else [math.nan] * 6
    np.testing.assert_allclose(running.value().ravel(), expected, atol=1e-12)


def of_sums(a, b, **settings):
    """Correlate two rows through sums over what both have."""
    both = np.isfinite(a) & np.isfinite(b)
    a, b = (np.where(both, one - mean(one), 0.0) for one in (a, b))
    sums = (np.array([one.sum()]) for one in (a, b))
    squares = (np.array([(one * one).sum()]) for one in (a, b))
    count = np.array([float(both.sum())])
    settings = {"min_pairs": 2, "rounding": 1e-12} | settings
    return pearson(count, tuple(sums), tuple(squares), np.array([(a * b).sum()]), **settings)[0]


def rows(seed, n=30):
    a, b = np.random.default_rng(seed).standard_normal((2, n))
    b += a / 2
    a[3:7], b[5:12] = np.nan, np.nan
    return a, b


@given(st.integers(0, 99))
def test_r_is_that_of_the_samples_both_have(seed):
    a, b = rows(seed)
    both = np.isfinite(a) & np.isfinite(b)
    expected = np.corrcoef(a[both], b[both])[0, 1]
    assert of_sums(a, b) == pytest.approx(expected, abs=1e-12)
    assert of_sums(b, a) == of_sums(a, b)


def test_r_is_missing_with_too_few_pairs():
    a, b = rows(0)
    pairs = int((np.isfinite(a) & np.isfinite(b)).sum())
    assert np.isfinite(of_sums(a, b, min_pairs=pairs))
    assert np.isnan(of_sums(a, b, min_pairs=pairs + 1))


def test_r_is_missing_where_a_series_varies_by_no_more_than_rounding():
    a, b = rows(1)
    level = np.where(np.isfinite(a), 0.3, np.nan)
    for one, other in ((level, b), (b, level)):
        assert np.isnan(of_sums(one, other))
    # A tiny movement is one, unless the series is known to be large elsewhere.
    little = level + a * 1e-9
    assert np.isfinite(of_sums(little, b, floors=(1e-22, 0.0)))
    assert np.isnan(of_sums(little, b, floors=(1e-16, 0.0)))
    assert np.isnan(of_sums(b, little, floors=(0.0, 1e-16)))
