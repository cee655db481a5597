import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.duration.survfunc import SurvfuncRight

from attunement.scoring.repairing.survival import median_s, product_limit, restricted_mean_s

waits = st.lists(
    st.tuples(st.integers(1, 20).map(lambda k: k / 10), st.booleans()), min_size=1, max_size=30
)


@given(waits)
def test_the_product_limit_is_that_of_statsmodels(waits):
    time, ended = np.array([w[0] for w in waits]), np.array([w[1] for w in waits])
    times, waiting = product_limit(time, ended)
    assert len(times) == len(set(time[ended]))
    if ended.any():
        theirs = SurvfuncRight(time, ended.astype(int))
        known = dict(zip(theirs.surv_times, theirs.surv_prob, strict=True))
        np.testing.assert_allclose(waiting, [known[at] for at in times], atol=1e-12)
        median = median_s(time, ended)
        if np.isfinite(median) and not np.isclose(waiting, 0.5, atol=1e-9).any():
            assert median == theirs.quantile(0.5)


@given(waits)
def test_the_restricted_mean_is_the_area_under_the_curve(waits):
    time, ended = np.array([w[0] for w in waits]), np.array([w[1] for w in waits])
    found = restricted_mean_s(time, ended, until_s=2.0)
    times, waiting = product_limit(time, ended)
    if time.max() < 2.0 and not (waiting.size and waiting[-1] == 0):
        assert np.isnan(found)
        return
    at = np.linspace(0, 2, 20_001)[:-1]
    heights = np.concatenate([[1.0], waiting])[np.searchsorted(times, at, side="right")]
    assert found == pytest.approx(heights.mean() * 2, abs=1e-3)


def test_responders_alone_are_not_averaged():
    # One answers after .5 s, three never do.
    assert restricted_mean_s([0.5, 2, 2, 2], [True, False, False, False], until_s=2) == 1.625
    assert np.isnan(median_s([0.5, 2, 2, 2], [True, False, False, False]))


@pytest.mark.parametrize("time", [[], [np.nan]])
def test_nothing_gives_nothing(time):
    assert np.isnan(restricted_mean_s(time, [False] * len(time), until_s=2))
    assert np.isnan(median_s(time, [False] * len(time)))
