import tracemalloc

import numpy as np
import pytest

from attunement.scoring.chance.plan import plan_shifts
from attunement.scoring.matching import circular_windows, displaced_windows, mirroring
from attunement.scoring.matching.circular_windows import Circle, pieces
from attunement.scoring.matching.correlation import (
    correlate_windows,
    level,
    prepare_windows,
)
from attunement.scoring.series.recording import Episode, Recording
from attunement.scoring.series.windows import sliding


def series(n, *, missing_share=0.0, seed=0):
    rng = np.random.default_rng(seed)
    values = rng.standard_normal(n).cumsum()
    values[rng.random(n) < missing_share] = np.nan
    return values


@pytest.mark.parametrize("n", [1, 2, 1919, 1921, 3839, 3840, 3841, 9007])
def test_the_parts_hold_every_window_once_and_in_order(n):
    cuts = pieces(n)
    np.testing.assert_array_equal(np.concatenate([np.arange(n)[cut] for cut in cuts]), np.arange(n))
    assert all(cut.stop - cut.start == circular_windows._PIECE for cut in cuts[:-1])
    assert cuts[-1].stop - cuts[-1].start < 2 * circular_windows._PIECE


@pytest.mark.parametrize("missing_share", [0.0, 0.2])
def test_windows_cut_in_parts_correlate_like_the_table_of_all(missing_share):
    values, partner = (series(4001, missing_share=missing_share, seed=seed) for seed in (1, 2))
    of_values, of_partner = Circle.of(values, 50), Circle.of(partner, 50)
    starts = np.arange(0, 4001, 190)

    def table(one):
        around = np.concatenate([one, one[:49]])
        return prepare_windows(sliding(around, 50), series_level=level(one))

    whole = correlate_windows(table(values), table(partner), min_pairs=25)
    found = [
        correlate_windows(of_values[starts], of_partner[cut], min_pairs=25) for cut in pieces(4001)
    ]
    assert len(found) == 2
    np.testing.assert_allclose(np.concatenate(found, axis=1), whole[starts], rtol=0, atol=1e-12)
    # A window that goes on at the beginning of the series.
    turned = table(np.roll(values, 10))
    np.testing.assert_array_equal(of_values[slice(3991, 4001)].centred, turned.centred[:10])


def test_a_part_without_gaps_of_a_series_with_gaps_is_still_told_what_it_has():
    values = series(300)
    values[5] = np.nan
    found = Circle.of(values, 20)[slice(100, 110)]
    assert found.length is None
    assert found.seen is not None
    assert found.seen.all()


def test_an_hour_with_gaps_is_scored_without_a_table_of_its_windows():
    n, window, max_lag = 36_000, 50, 20
    people = [
        {
            name: series(n, missing_share=0.1, seed=10 * person + number)
            for number, name in enumerate(displaced_windows.SCORED)
        }
        for person in (0, 1)
    ]
    episode = Episode("hour", 0, n)
    recording = Recording("one", 10.0, np.arange(n) / 10, (episode,), *people)
    plan = plan_shifts(n, 10, max_lag=max_lag, max_shifts=999, seed=0)
    starts = np.arange(0, 240, 10)
    sums = {name: mirroring.CurveSum(plan.n) for name in (*displaced_windows.SCORED, "all")}
    tracemalloc.start()
    try:
        prepared = displaced_windows.prepare(
            recording, episode, plan, window=window, max_lag=max_lag
        )
        held, at_most = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        mirroring.score_block(prepared, starts, np.ones(len(starts), bool), sums)
        _, of_block = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    of_series = 8 * n * 2 * len(displaced_windows.SCORED)
    # One table of windows would be 50 series.
    assert held < 4 * of_series
    assert at_most < 6 * of_series
    # Beside them, some numbers for each window of the block and each displacement.
    assert of_block - held < 9 * 8 * n * len(starts)
