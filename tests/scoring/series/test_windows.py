from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from attunement.scoring.series.recording import recordings
from attunement.scoring.series.windows import coverage, n_windows, sliding, stretches, window_sums
from attunement.simulation import simulate_dyad


@given(
    n=st.integers(0, 60), window=st.integers(2, 20), step=st.integers(1, 9), lag=st.integers(0, 9)
)
def test_as_many_windows_as_fit_with_their_lags(n, window, step, lag):
    starts = [at for at in range(0, n, step) if at + window + lag <= n]
    assert n_windows(n, window=window, step=step, max_lag=lag) == len(starts)


def test_sums_over_windows_are_those_of_the_windows():
    rows = np.random.default_rng(0).standard_normal((3, 40))
    for width in (1, 7, 40):
        np.testing.assert_allclose(window_sums(rows, width), sliding(rows, width).sum(-1))


def test_coverage_is_the_share_of_samples_with_a_value_caregiver_first():
    signals, _ = simulate_dyad(duration_s=20, missing_share=0.3, seed=3)
    (recording,) = recordings(signals, 10)
    starts = np.array([0, 10, 60])
    shares = coverage(recording, recording.episodes[0], starts, 70)
    for share, person in zip(shares, ("caregiver", "infant"), strict=True):
        own = signals[signals["person"] == person]["valence"].notna().to_numpy()
        assert share.tolist() == [own[at : at + 70].mean() for at in starts]
    assert coverage(recording, recording.episodes[0], starts[:0], 900).shape == (2, 0)


@given(st.lists(st.booleans(), max_size=12))
def test_stretches_are_the_runs_of_true(mask):
    runs = stretches(np.array(mask, bool))
    inside = [at for first, last in runs for at in range(first, last)]
    assert inside == [at for at, true in enumerate(mask) if true]
    # No two of them touch.
    assert all(last < first for (_, last), (first, _) in pairwise(runs))
