import numpy as np
import pandas as pd
import pytest

from attunement.config import Config
from attunement.errors import ConfigError, TableError
from attunement.report import plot_specifications
from attunement.scoring import multiverse, windowed_cross_lagged_regression
from attunement.scoring.measures.crosslagged import stack_gain
from attunement.simulation import simulate_dyad

FEW = {"windows_s": (3, 5), "max_lags_s": (1,), "n_surrogates": 60}


@pytest.mark.parametrize("missing", [False, True])
def test_many_partners_at_once_give_the_gain_of_each(missing):
    rng = np.random.default_rng(2)
    infant, caregiver = rng.standard_normal((2, 200)).cumsum(1)
    if missing:
        caregiver[20:24] = np.nan
    table = windowed_cross_lagged_regression(
        infant, caregiver, sampling_hz=10, window_s=5, step_s=1, max_lag_s=2
    )
    for start in (0, 10, 90):
        found = stack_gain(infant[start : start + 50], caregiver[None, start : start + 70], own=1)
        np.testing.assert_allclose(found[0], table.loc[start / 10, 0.1:].to_numpy(), atol=1e-9)


def test_every_specification_has_one_row_and_a_planted_coupling_is_found_by_all():
    signals, _ = simulate_dyad(duration_s=90, mirroring=1.0, lag_s=0.5, seed=1)
    found = multiverse(signals, **FEW)
    settings = ["window_s", "max_lag_s", "estimator", "surrogate"]
    assert len(found) == 2 * 1 * 2 * 3
    assert not found.duplicated(settings).any()
    assert (found["p"] <= 0.05).mean() > 0.8
    assert (found["joint_p"] <= 0.05).all()
    assert len(found[["surrogate", "joint_p"]].drop_duplicates()) == 3
    assert (found["n_windows"] == found["n_scorable"]).all()
    one = {**FEW, "windows_s": (5,), "estimators": ("correlation",), "surrogates": ("segment",)}
    again, other = multiverse(signals, **one), multiverse(signals, **one, seed=1)
    key = (found["window_s"] == 5) & (found["estimator"] == "correlation")
    row = found[key & (found["surrogate"] == "segment")].iloc[0]
    assert again["p"].iloc[0] == row["p"]
    assert again["estimate"].iloc[0] == row["estimate"] != other["estimate"].iloc[0]


@pytest.mark.slow
def test_unrelated_people_are_not_found_by_all():
    p = []
    for seed in range(6):
        signals, _ = simulate_dyad(duration_s=60, seed=seed)
        p.append(multiverse(signals, **FEW, surrogates=("circular",))["joint_p"].iloc[0])
    assert 0.1 < np.mean(p) < 0.9
    assert np.sum(np.array(p) <= 0.05) <= 2


def test_what_cannot_be_estimated_says_why():
    signals, _ = simulate_dyad(duration_s=60, seed=1)
    still = signals.copy()
    still.loc[still["person"] == "infant", "valence"] *= 0.001
    away = signals.copy()
    away.loc[(away["person"] == "caregiver") & (away["time_s"] > 2), "usable"] = False
    stone = signals.copy()
    stone.loc[stone["person"] == "caregiver", "valence"] = 0.0
    short = signals[signals["time_s"] < 4.5]
    for table, reason in (
        (still, "infant_still"), (away, "coverage"), (stone, "caregiver_still"),
        (short, "too_short"),
    ):  # fmt: skip
        found = multiverse(table, windows_s=(5,), max_lags_s=(2,), n_surrogates=50)
        assert set(found["reason"]) == {reason}
        assert found[["estimate", "z", "p", "joint", "joint_p"]].isna().all(axis=None)


def test_unknown_choices_are_refused():
    signals, _ = simulate_dyad(duration_s=30)
    with pytest.raises(ConfigError, match="found 'sample'"):
        multiverse(signals, surrogates=("sample",))
    with pytest.raises(ConfigError, match="at least one"):
        multiverse(signals, windows_s=())
    with pytest.raises(TableError, match="samples a second"):
        multiverse(signals, config=Config(signals={"sampling_hz": 25}))


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"windows_s": (5, np.nan)}, "windows_s .* a length in seconds; found nan"),
        ({"windows_s": (-5,)}, "found -5"),
        ({"windows_s": (0.1,)}, "windows_s .* 0.2 s, which is 2 samples at 10 Hz; found 0.1"),
        ({"windows_s": 5.0}, "row of lengths in seconds; found 5.0"),
        ({"max_lags_s": (0,)}, "max_lags_s .* 0.1 s, which is 1 sample at 10 Hz; found 0"),
        ({"max_lags_s": (np.inf,)}, "found inf"),
        ({"n_surrogates": 0}, "from 50 on; found 0"),
        ({"n_surrogates": 60.5}, "whole number"),
        ({"seed": -1}, "seed .* found -1"),
    ],
)
def test_choices_that_are_none_are_refused(settings, says):
    signals, _ = simulate_dyad(duration_s=10)
    with pytest.raises(ConfigError, match=says):
        multiverse(signals, **settings)


@pytest.mark.parametrize("samples", [1, 2, 39])
def test_an_episode_under_a_window_adds_nothing(samples):
    signals, _ = simulate_dyad(duration_s=30, mirroring=0.5, seed=1)
    label = np.where(signals["time_s"] < samples / 10 - 0.01, "", "all")
    short = np.where(label == "", "short", label)
    settings = {**FEW, "windows_s": (3,), "surrogates": ("segment", "circular")}
    alone = multiverse(signals[label == ""].assign(episode="short"), **settings)
    assert set(alone["reason"]) == {"too_short"}
    assert (alone[["n_windows", "n_scorable", "n_surrogates"]] == 0).all(axis=None)
    beside = multiverse(signals.assign(episode=short), **settings, seed=0)
    without = multiverse(signals.assign(episode=label), **settings, seed=1)  # the same draws
    assert without["estimate"].notna().all()
    pd.testing.assert_frame_equal(beside, without)


def test_a_window_must_hold_more_than_the_coefficients_of_its_regression():
    signals, _ = simulate_dyad(duration_s=20, seed=1)
    found = multiverse(signals, **{**FEW, "windows_s": (0.7, 0.8)}, surrogates=("circular",))
    of = found.set_index(["estimator", "window_s"])["reason"]
    assert of.loc["cross_lagged_regression"].tolist() == ["too_short", ""]
    assert (of.loc["correlation"] == "").all()
    lead, partners = np.random.default_rng(0).standard_normal((2, 9))
    for width, some in ((7, False), (8, True)):
        gain = stack_gain(lead[:width], partners[None, : width + 1], own=1)
        assert np.isfinite(gain).any() == some


def test_the_curve_shows_every_specification_in_order():
    signals, _ = simulate_dyad(duration_s=60, mirroring=0.5, seed=1)
    found = multiverse(signals, **FEW, surrogates=("circular",))
    found.loc[0, ["estimate", "z", "p"]] = np.nan
    figure = plot_specifications(found)
    upper, lower = figure.axes
    drawn = np.concatenate([line.get_ydata() for line in upper.lines if line.get_marker() == "o"])
    np.testing.assert_allclose(np.sort(drawn), np.sort(found["z"].dropna()))
    marks = sum(len(line.get_xdata()) for line in lower.lines if line.get_marker() == "|")
    assert marks == 4 * 3
    assert "1 without an estimate" in figure._supxlabel.get_text()


def test_a_curve_needs_specifications_of_one_session():
    signals, _ = simulate_dyad(duration_s=60, seed=1)
    one = multiverse(signals, **FEW, surrogates=("circular",), estimators=("correlation",))
    two = pd.concat([one, one.assign(session="other")])
    with pytest.raises(TableError, match="one session; found 2"):
        plot_specifications(two)
    assert plot_specifications(two, session="other").axes[0].get_title(loc="left") == "other"
    with pytest.raises(TableError, match="not in the table"):
        plot_specifications(one, session="nobody")
    with pytest.raises(TableError, match="lacks the columns"):
        plot_specifications(one.drop(columns="z"))
    with pytest.raises(TableError, match="No specification"):
        plot_specifications(one.assign(z=np.nan))
