import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attunement.scoring.chance.shifts import (
    admissible_shifts,
    ahead_max,
    ahead_sum,
    combinations,
    midrank_p,
    midrank_p_rows,
)


def test_shifts_keep_the_least_distance_both_ways_round():
    shifts = admissible_shifts(1800, 10)
    assert (shifts[0], shifts[-1]) == (100, 1700)
    assert set(1800 - shifts) == set(shifts)
    assert admissible_shifts(200, 10)[0] == 50


def test_p_counts_itself_and_half_the_ties():
    assert midrank_p(2.0, np.array([1.0, 2.0, 3.0, 4.0])) == (1 + 2 + 0.5) / 5
    assert midrank_p(9.0, np.arange(9.0)) == 1 / 10
    assert midrank_p(1.0, np.array([np.nan, 0.0])) == 1 / 2
    assert np.isnan(midrank_p(np.nan, np.arange(3.0)))
    assert np.isnan(midrank_p(1.0, np.full(3, np.nan)))


@given(st.integers(0, 2**31))
def test_p_of_rows_is_p_of_each_row(seed):
    rng = np.random.default_rng(seed)
    null = rng.integers(0, 5, (6, 40)).astype(float)
    null[rng.random(null.shape) < 0.2] = np.nan
    observed = rng.integers(0, 5, 6).astype(float)
    each = [midrank_p(value, row) for value, row in zip(observed, null, strict=True)]
    np.testing.assert_allclose(midrank_p_rows(observed, null), each)


@pytest.mark.parametrize("width", [1, 2, 7, 20])
def test_looking_ahead_agrees_with_a_loop(width):
    rng = np.random.default_rng(width)
    values = rng.standard_normal((3, 53))
    values[1:, 10:40] = np.nan
    filled = np.nan_to_num(values)
    for d in range(53):
        ahead = [(d + j) % 53 for j in range(1, width + 1)]
        known = values[:, ahead]
        some = np.isfinite(known).any(1)
        highest = np.where(some, np.where(np.isnan(known), -np.inf, known).max(1), np.nan)
        np.testing.assert_array_equal(ahead_max(values, width)[:, d], highest)
        np.testing.assert_allclose(ahead_sum(filled, width)[:, d], filled[:, ahead].sum(1))


@pytest.mark.parametrize("run", [1, 8])
def test_many_windows_are_looked_ahead_from_as_each_alone(run):
    values = np.random.default_rng(0).standard_normal((5, 16_000))
    values[1:3, 100:9000] = np.nan
    each = [ahead_max(values[[row]], 7, run=run) for row in range(5)]
    np.testing.assert_array_equal(ahead_max(values, 7, run=run), np.concatenate(each))


def test_of_blocks_only_the_first_of_each_is_looked_ahead_from():
    values = np.random.default_rng(0).standard_normal((3, 40))
    values[1, 8:16] = np.nan
    highest, total = ahead_max(values, 7, run=8), ahead_sum(values, 7, run=8)
    assert highest.shape == total.shape == (3, 5)
    np.testing.assert_array_equal(highest, ahead_max(values, 7)[:, ::8])
    np.testing.assert_allclose(total[::2], ahead_sum(values[::2], 7)[:, ::8])
    assert np.isnan([total[1, 1], highest[1, 1]]).all()


def test_one_episode_is_enumerated_and_several_are_drawn():
    (only,) = combinations([7], n_surrogates=3, seed=0)
    assert only.tolist() == list(range(7))
    drawn = combinations([7, 9], n_surrogates=60, seed=0)
    again = combinations([7, 9], n_surrogates=60, seed=0)
    assert [len(part) for part in drawn] == [60, 60]
    assert all((a == b).all() for a, b in zip(drawn, again, strict=True))
    assert not (drawn[0] == drawn[1]).all()


@pytest.mark.parametrize("paired", [False, True])
def test_every_second_combination_is_the_opposite_of_the_one_before(paired):
    sizes = [8, 12]
    drawn = combinations(sizes, n_surrogates=7, seed=1, paired=paired)
    assert [len(part) for part in drawn] == [8, 8]
    for part, size in zip(drawn, sizes, strict=True):
        assert ((part >= 0) & (part < size)).all()
        opposite = [at + 1 - 2 * (at % 2) if paired else size - 1 - at for at in part[::2]]
        assert part[1::2].tolist() == opposite
