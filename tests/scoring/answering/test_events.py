import numpy as np
import pandas as pd
import pytest

from attunement import schema
from attunement.config import Config
from attunement.scoring import infant_events
from attunement.scoring.answering.events import spans


def series(*levels):
    """Pairs of (seconds, z) at 10 Hz."""
    return np.concatenate([np.full(round(s * 10), float(z)) for s, z in levels])


def table(**channels):
    n = len(next(iter(channels.values())))
    infant = pd.DataFrame(
        {"session": "a", "episode": "all", "time_s": np.arange(n) / 10, "person": "infant",
         "usable": True, **channels}
    )  # fmt: skip
    still = dict.fromkeys(channels, 0.0)
    return pd.concat([infant, infant.assign(person="caregiver", **still)])


def test_hysteresis_starts_above_one_and_ends_under_a_half():
    height = series((1, 0), (1, 1.2), (1, 0.6), (1, 0.4), (1, 0.9))
    assert spans(height, 10) == [(10, 30)]


@pytest.mark.parametrize(("length", "found"), [(0.4, []), (0.5, [(10, 15)])])
def test_shorter_than_half_a_second_is_none(length, found):
    assert spans(series((1, 0), (length, 2), (1, 0)), 10) == found


@pytest.mark.parametrize(
    ("gap", "found"),
    [(0.4, [(10, 34)]), (0.5, [(10, 20)]), (0.9, [(10, 20)]), (1.0, [(10, 20), (30, 40)])],
)
def test_close_events_merge_and_the_refractory_second_holds(gap, found):
    assert spans(series((1, 0), (1, 2), (gap, 0), (1, 2), (1, 0)), 10) == found


def test_a_gap_ends_an_event_and_starts_none():
    height = series((1, 0), (1, 2), (0.3, np.nan), (2, 2), (2, 0), (1, np.nan), (1, 2), (1, 0))
    assert spans(height, 10) == [(10, 20)]


def test_the_first_sample_starts_no_event():
    assert spans(series((2, 2), (1, 0)), 10) == []


def test_the_expression_is_that_of_the_peak():
    smile = series((1, 0), (1, 1.5), (1, 0), (2, 0), (1, 0))
    distress = series((1, 0), (1, 1.2), (1, 0), (2, 3.0), (1, 0))
    found = infant_events(table(smile=smile, distress=distress))
    assert list(found.columns) == list(schema.EVENTS)
    assert found["channel"].tolist() == ["smile", "distress"]
    assert found["peak"].tolist() == [1.5, 3.0]
    assert found["onset_s"].tolist() == [1.0, 3.0]
    assert found["offset_s"].tolist() == [2.0, 5.0]
    assert found["event"].tolist() == [0, 1]


def test_valence_stands_in_by_its_sign():
    found = infant_events(table(valence=series((1, 0), (1, 2), (2, 0), (1, -2), (1, 0))))
    assert found["channel"].tolist() == ["smile", "distress"]


def test_unusable_rows_are_missing_and_other_times_are_no_event():
    signals = table(smile=series((1, 0), (1, 2), (2, 0), (1, 2), (1, 0)))
    signals.loc[(signals["time_s"] < 1.5) & (signals["person"] == "infant"), "usable"] = False
    signals.loc[signals["time_s"] > 5.5, "episode"] = ""
    assert infant_events(signals)["onset_s"].tolist() == [4.0]
    signals["episode"] = ""
    assert infant_events(signals).empty


def test_the_rate_is_that_of_the_configuration():
    signals = table(smile=series((1, 0), (1, 2), (1, 0)))
    signals["time_s"] = signals["time_s"] * 2
    found = infant_events(signals, Config(signals={"sampling_hz": 5}))
    assert found["onset_s"].tolist() == [2.0]
