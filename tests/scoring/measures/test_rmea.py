import numpy as np
import pandas as pd
import pytest

from attunement.errors import TableError
from attunement.scoring import scale_series, synchrony_indices


@pytest.mark.shared_data
def test_the_published_figures_of_twenty_dyads_come_out(shared):
    folder = shared / "data/videoconference_dyads"
    published = pd.read_csv(folder / "published_1080p.csv")
    assert len(published) == 40
    for row in published.itertuples():
        series = pd.read_csv(folder / f"series/{row.signal}/1080p_{row.session}_0.csv", sep=" ")
        both = scale_series(*series.to_numpy(float).T, sampling_hz=30)
        found = synchrony_indices(*both, sampling_hz=30)
        wanted = [row.global_synchrony, row.peak_synchrony, row.peak_lag_s, row.lag_zero]
        np.testing.assert_allclose(
            found, wanted, rtol=0, atol=1e-9, err_msg=f"{row.signal} {row.session}"
        )


def test_scaling_divides_by_the_sd_and_leaves_the_level():
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((2, 900)) + 0.5
    one, other = scale_series(a, b, sampling_hz=30)
    assert one.std(ddof=1) == pytest.approx(1)
    assert np.median(one) > 0.5
    np.testing.assert_array_equal(one[-7:], 0)
    middle = a[100 - 7 : 100 + 8].mean()
    assert one[100] / one[200] == pytest.approx(middle / a[200 - 7 : 200 + 8].mean())
    assert other.shape == (900,)


def test_a_spike_is_missing():
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((2, 9000)) * 0.01
    a[4000] = 1000
    one, other = scale_series(a, b, sampling_hz=30)
    assert np.isnan(one).sum() == 15
    assert np.isfinite(other).all()


def test_the_second_person_follows_at_a_positive_lag():
    rng = np.random.default_rng(3)
    a = rng.standard_normal(1200).cumsum()
    found = synchrony_indices(a, np.roll(a, 20), sampling_hz=10, window_s=20)
    assert found["peak_lag_s"] == 2.0
    assert found["peak_synchrony"] > found["lag_zero"]


@pytest.mark.parametrize("b", [np.zeros(400), np.full(400, np.nan)])
def test_without_any_window_all_is_missing(b):
    a = np.random.default_rng(0).standard_normal(400)
    assert synchrony_indices(a, b, sampling_hz=10).isna().all()


@pytest.mark.parametrize(
    ("a", "b", "options", "says"),
    [
        (np.zeros(40), np.zeros(41), {}, "equally long"),
        (np.zeros(9), np.zeros(9), {}, "longer than"),
        (np.ones(90), np.ones(90) * np.nan, {}, "no missing"),
        (np.zeros(90), np.arange(90.0), {}, "constant"),
        (np.arange(90.0), np.arange(90.0), {"smoothing_s": 0.4}, "odd number"),
        (np.arange(90.0), np.arange(90.0), {"smoothing_s": np.nan}, "smoothing_s of a moving sum"),
        (np.arange(90.0), np.arange(90.0), {"smoothing_s": -0.5}, "0.0333 s, which is 1 sample"),
    ],
)
def test_unfit_series_are_refused(a, b, options, says):
    with pytest.raises(TableError, match=says):
        scale_series(a, b, sampling_hz=30, **options)
