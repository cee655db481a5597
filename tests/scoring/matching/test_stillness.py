import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from attunement.scoring.matching.stillness import FLAT_SD, flat_windows


@given(st.integers(0, 200), st.integers(2, 9))
def test_a_window_is_still_where_its_sd_is_small(seed, window):
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((3, 25)) * rng.choice([0.05, 0.3, 1.0], 25) + 40
    rows[rng.random((3, 25)) < 0.3] = np.nan
    still = flat_windows(rows, window)
    assert still.shape == (3, 26 - window)
    for k, row in enumerate(rows):
        for at in range(26 - window):
            seen = row[at : at + window][np.isfinite(row[at : at + window])]
            sd = seen.std(ddof=1) if len(seen) > 1 else np.inf
            assert still[k, at] == (sd < FLAT_SD)
