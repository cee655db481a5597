"""The timeline draws what is there, leaves gaps where nothing is, and touches no setting."""

from itertools import combinations

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from attunement.errors import TableError
from attunement.report import plot_timeline


@pytest.fixture
def tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    time_s = np.arange(0, 20, 0.1)
    signals = pd.concat(
        [
            pd.DataFrame(
                {
                    "session": "a",
                    "time_s": time_s,
                    "person": person,
                    "smile": np.sin(time_s + shift),
                }
            )
            for person, shift in (("caregiver", 0.0), ("infant", 0.8))
        ],
        ignore_index=True,
    )
    signals.loc[(signals["person"] == "infant") & signals["time_s"].between(5, 8), "smile"] = np.nan
    start_s = np.arange(0.0, 14)
    windows = pd.DataFrame(
        {
            "session": "a",
            "start_s": start_s,
            "end_s": start_s + 5,
            "following_z": np.where(start_s == 3, np.nan, start_s),
            "marking_z": 0.5,
            "pattern": np.where(start_s == 3, "not_scorable", "attuned"),
        }
    )
    return signals, windows


def test_lines_hold_the_values_with_their_gaps(tables):
    signals, windows = tables
    figure = plot_timeline(signals, windows)
    smile, mirroring, markedness, _ = figure.axes
    by_person = {line.get_label(): line for line in smile.get_lines()}
    for person in ("caregiver", "infant"):
        drawn = by_person[person].get_ydata()
        np.testing.assert_array_equal(drawn, signals.loc[signals["person"] == person, "smile"])
    assert np.isnan(by_person["infant"].get_ydata()).any()
    line = mirroring.get_lines()[-1]
    np.testing.assert_array_equal(line.get_ydata(), windows["following_z"])
    np.testing.assert_array_equal(line.get_xdata(), windows["start_s"] + 2.5)
    assert mirroring.get_ylabel() == "following\n(surrogate sd,\nchance 0)"
    assert markedness.get_ylabel() == "marking\n(residual sd,\nchance 0)"


def test_no_label_lies_over_another(tables):
    figure = plot_timeline(*tables, channels=("smile", "smile"))
    figure.draw_without_rendering()
    boxes = [axis.yaxis.label.get_window_extent() for axis in figure.axes]
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))


def test_every_window_has_a_pattern_bar(tables):
    figure = plot_timeline(*tables)
    assert len(figure.axes[-1].patches) == len(tables[1])


def test_no_setting_of_matplotlib_changes(tables):
    before = dict(mpl.rcParams)
    plot_timeline(*tables, channels=("smile",), title="t")
    assert dict(mpl.rcParams) == before


def test_a_session_must_be_named_where_there_are_several(tables):
    signals, windows = tables
    two = pd.concat([signals, signals.assign(session="b")], ignore_index=True)
    with pytest.raises(TableError, match="Expected one session"):
        plot_timeline(two, windows)
    with pytest.raises(TableError, match="'c'"):
        plot_timeline(two, windows, session="c")


def test_missing_columns_are_named(tables):
    signals, windows = tables
    with pytest.raises(TableError, match="missing: distress"):
        plot_timeline(signals, windows, channels=("distress",))
