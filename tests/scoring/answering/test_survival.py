import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from statsmodels.duration.survfunc import SurvfuncRight

from attunement.scoring.answering.survival import (
    median_s,
    product_limit,
    restricted_mean,
    share_waiting,
)

waits = st.lists(
    st.tuples(st.integers(1, 20).map(lambda k: k / 10), st.booleans()), min_size=1, max_size=30
)


@given(waits)
def test_the_product_limit_is_that_of_statsmodels(waits):
    time, ended = np.array([w[0] for w in waits]), np.array([w[1] for w in waits])
    assume(ended.any())
    times, waiting = product_limit(time, ended)
    assert len(times) == len(set(time[ended]))
    if ended.any():
        theirs = SurvfuncRight(time, ended.astype(int))
        known = dict(zip(theirs.surv_times, theirs.surv_prob, strict=True))
        np.testing.assert_allclose(waiting, [known[at] for at in times], atol=1e-12)
        median = median_s(time, ended)
        if np.isfinite(median) and not np.isclose(waiting, 0.5, atol=1e-9).any():
            assert median == theirs.quantile(0.5)


def counts(time, ended, *, first, last):
    """Return how many are at risk and how many end, by step of a tenth of a second."""
    step = np.rint(np.asarray(time) * 10).astype(int)
    steps = np.arange(first, last + 1)[:, None]
    return (step >= steps).sum(1), ((step == steps) & ended).sum(1)


@given(waits, st.integers(1, 3))
def test_the_restricted_mean_is_the_area_under_the_curve(waits, first):
    # Nobody ends before the first step.
    time, ended = np.array([max(w[0], first / 10) for w in waits]), np.array([w[1] for w in waits])
    waiting = share_waiting(*counts(time, ended, first=first, last=20))
    waited = restricted_mean(waiting, first=first) / 10
    times, curve = product_limit(time, ended)
    # Whoever was cut off before the last step leaves the curve unknown from the next step on.
    if time.max() < 1.9 and not (curve.size and curve[-1] == 0):
        assert np.isnan(waited)
        return
    at = np.linspace(0, 2, 20_001)[:-1]
    heights = np.concatenate([[1.0], curve])[np.searchsorted(times, at, side="right")]
    assert waited == pytest.approx(heights.mean() * 2, abs=1e-3)


def test_responders_alone_are_not_averaged():
    # One answers after .5 s, three never do.
    time, ended = [0.5, 2, 2, 2], [True, False, False, False]
    waiting = share_waiting(*counts(time, ended, first=1, last=20))
    assert restricted_mean(waiting, first=1) == pytest.approx(16.25)
    assert np.isnan(median_s(time, ended))


@pytest.mark.parametrize("time", [[], [np.nan]])
def test_nothing_gives_nothing(time):
    assert np.isnan(median_s(time, [False] * len(time)))


def test_nobody_at_risk_gives_nothing():
    assert np.isnan(restricted_mean(share_waiting(np.zeros(4), np.zeros(4)), first=1))
