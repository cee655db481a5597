import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attunement.errors import TableError
from attunement.scoring import cross_recurrence, recurrence_profile


def naive_lines(near):
    n = len(near)
    rows = [near.diagonal(k) for k in range(1 - n, n)]

    def runs(row):
        found, length = [], 0
        for value in [*row, False]:
            if value:
                length += 1
            elif length:
                found.append(length)
                length = 0
        return found

    return [n for row in rows for n in runs(row)], [n for row in near for n in runs(row)]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_a_naive_count_agrees(seed):
    rng = np.random.default_rng(seed)
    x, y = rng.integers(0, 3, (2, 30)).astype(float)
    x[rng.random(30) < 0.1] = np.nan
    row = cross_recurrence(x, y, radius=0, sampling_hz=1, min_line_s=2).iloc[0]
    near = x[:, None] == y[None, :]
    diagonal, vertical = naive_lines(near)
    kept = [n for n in diagonal if n >= 2]
    assert row["recurrence_rate"] == pytest.approx(near.sum() / (np.isfinite(x).sum() * 30))
    assert row["determinism"] == pytest.approx(sum(kept) / near.sum())
    assert row["laminarity"] == pytest.approx(sum(n for n in vertical if n >= 2) / near.sum())
    assert row["mean_line_s"] == pytest.approx(np.mean(kept))
    assert row["longest_line_s"] == max(kept)
    shares = np.array([kept.count(n) for n in set(kept)]) / len(kept)
    assert row["entropy"] == pytest.approx(-(shares * np.log(shares)).sum())


def test_the_profile_is_highest_at_the_planted_lag():
    infant = np.cumsum(np.random.default_rng(1).normal(size=400))
    profile = recurrence_profile(
        infant[8:], infant[:-8], radius=0.5, sampling_hz=10, max_lag_s=2
    ).set_index("lag_s")
    assert profile["recurrence_rate"].idxmax() == 0.8
    assert profile.loc[0.8, "recurrence_rate"] == 1
    assert profile.loc[0.8, "n_pairs"] == 392 - 8


def test_nothing_known_gives_nothing():
    row = cross_recurrence(np.full(9, np.nan), np.ones(9), radius=1, sampling_hz=1).iloc[0]
    shares = ["recurrence_rate", "determinism", "laminarity", "entropy", "mean_line_s"]
    assert row[shares].isna().all()
    assert row["n_left_out"] == 9


@pytest.mark.parametrize("radius", [-1, np.nan, np.inf, "wide", None])
def test_a_radius_that_is_none_is_refused(radius):
    with pytest.raises(TableError, match="radius"):
        cross_recurrence([0, 1], [0, 1], radius=radius, sampling_hz=1)


@pytest.mark.parametrize(
    ("length", "rate"), [(2, 0), (2, np.nan), (2, -1), (np.nan, 1), (np.inf, 1), (-1, 1)]
)
def test_a_length_that_is_none_is_refused(length, rate):
    settings = {"radius": 1, "sampling_hz": rate}
    with pytest.raises(TableError, match="min_line_s of cross-recurrence"):
        cross_recurrence([0, 1], [0, 1], min_line_s=length, **settings)
    with pytest.raises(TableError, match="max_lag_s of cross-recurrence"):
        recurrence_profile([0, 1], [0, 1], max_lag_s=length, **settings)


def test_a_line_under_two_samples_is_refused_and_two_are_the_least_by_default():
    x, y = np.tile([0, 0, 1], 9), np.tile([0, 0, 1, 1], 7)[:27]
    settings = {"radius": 0, "sampling_hz": 1}
    with pytest.raises(TableError, match=r"min_line_s .* at least 2 s, which is 2 samples at 1 Hz"):
        cross_recurrence(x, y, min_line_s=0.5, **settings)
    default = cross_recurrence(x, y, **settings)
    pd.testing.assert_frame_equal(default, cross_recurrence(x, y, min_line_s=2, **settings))


def test_a_plot_without_end_is_refused():
    with pytest.raises(TableError, match="6000 samples"):
        cross_recurrence(np.zeros(6001), np.zeros(6001), radius=1, sampling_hz=10)
