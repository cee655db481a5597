import numpy as np
import pandas as pd
import pytest

from attunement import schema
from attunement.scoring import score_session
from attunement.scoring.answering.consistency import consistency_scores
from attunement.scoring.answering.events import session_events
from attunement.scoring.answering.onsets import caregiver_expressions
from attunement.scoring.interaction import interact, interactions, onset_samples
from attunement.scoring.marking.markedness import Cue, Train
from attunement.scoring.series.recording import recordings


def series(n, *spans):
    """Zeros at 10 Hz with (start_s, stop_s, level)."""
    values = np.zeros(n)
    for start, stop, level in spans:
        values[round(start * 10) : round(stop * 10)] = level
    return values


def table(infant, caregiver, **further):
    """Signals of one session from dicts of channels."""
    n = len(next(iter(infant.values())))
    parts = [
        pd.DataFrame({"session": "a", "episode": "all", "time_s": np.arange(n) / 10,
                      "person": person, "usable": True, **channels, **further})
        for person, channels in (("infant", infant), ("caregiver", caregiver))
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def told(signals):
    return next(interactions(signals))


def onsets_s(values, name="smile"):
    flat = series(len(values))
    recording = next(recordings(table({"smile": flat}, {name: values}), 10))
    found = caregiver_expressions(recording)[name]
    return (np.flatnonzero(found.onsets) / 10).tolist(), found


def test_onsets_and_steps_up():
    values = series(200, (2, 6, 1.2), (4, 6, 2.3), (6, 9, 1.9), (12, 12.3, 3.0), (15, 18, 1.0))
    found, one = onsets_s(values)
    assert found == [2.0, 4.0, 15.0]
    assert one.showing[20:90].all()
    assert not one.showing[90:150].any()


def test_one_long_rise_is_one_onset():
    values = np.concatenate([np.zeros(20), np.linspace(0, 2.4, 9), np.full(30, 2.4), np.zeros(20)])
    assert onsets_s(values)[0] == [2.4]


def test_an_expression_that_was_there_before_has_no_onset():
    values = series(100, (0, 3, 1.5), (5, 8, 1.5))
    values[40:55] = np.nan
    found, one = onsets_s(values)
    assert found == []
    assert one.showing[:30].all()
    assert one.showing[55:80].all()


def test_answers_their_latency_and_what_cuts_them_off():
    infant = series(400, *((start, start + 1, 2) for start in (2, 7, 12, 17, 22, 27, 39)))
    caregiver = series(400, (2.5, 4, 2), (7.1, 8, 2), (11, 16, 2), (24.1, 25, 2), (28, 29, 2))
    caregiver[180:] = np.where(np.arange(180, 400) == 180, np.nan, caregiver[180:])
    events = told(table({"smile": infant}, {"smile": caregiver})).events
    assert events["onset_s"].tolist() == [2, 7, 12, 17, 22, 27, 39]
    # Within .1 s is no reaction but shows already; 2.1 s is too late.
    np.testing.assert_array_equal(events["answered"], [1, 0, 0, np.nan, 0, 1, np.nan])
    np.testing.assert_array_equal(
        events["latency_s"], [0.5, np.nan, np.nan, np.nan, np.nan, 1.0, np.nan]
    )
    assert events["continuing"].tolist() == [0, 1, 1, 0, 0, 0, 0]
    assert events["response"].tolist() == ["", "continuing", "continuing", "", "", "", ""]
    assert events["reason"].tolist() == [
        "no_cue", "", "", "coverage_caregiver", "no_cue", "no_cue", "episode_end"
    ]  # fmt: skip
    assert events["observed_s"].tolist() == pytest.approx([0.5, 2, 2, 0.9, 2, 1, 0.9])


def test_the_next_event_ends_the_time_to_answer():
    infant = series(100, (2, 2.6, 2), (3.7, 4.3, 2))
    events = told(table({"smile": infant}, {"smile": series(100, (3.9, 5, 2))})).events
    assert events["observed_s"].tolist() == pytest.approx([1.7, 0.2])
    assert np.isnan(events["answered"].iloc[0])
    assert events["answered"].iloc[1] == 1
    assert events["reason"].iloc[0] == "next_event"


def test_a_bright_answer_to_distress_needs_no_cue():
    infant = {"smile": series(100), "distress": series(100, (3, 6, 2))}
    adult = {"smile": series(100, (3.5, 6, 2)), "distress": series(100)}
    events = told(table(infant, adult)).events
    assert events["response"].tolist() == ["bright_mismatch"]


def test_a_caregiver_without_expressions_leaves_answers_missing():
    signals = table({"smile": series(100, (3, 6, 2))}, {"smile": series(100)})
    adult = signals["person"] == "caregiver"
    signals["arousal"] = 1.0
    signals.loc[adult, "smile"] = np.nan
    events = told(signals).events
    assert events["reason"].tolist() == ["no_caregiver_expression"]
    assert events["answered"].isna().all()


def test_exaggeration_compares_each_with_the_own_range():
    infant = series(300, *((k, k + 2, 1 + k / 50) for k in range(5, 28, 6)))
    adult = 2 * np.roll(infant, 6)
    events = told(table({"smile": infant}, {"smile": adult})).events
    np.testing.assert_allclose(events["exaggeration"], 0, atol=1e-9)
    adult[120:150] *= 1.5
    events = told(table({"smile": infant}, {"smile": adult})).events
    assert events["exaggeration"].iloc[1] > events["exaggeration"].iloc[0]


def test_an_answer_that_starts_with_the_next_event_has_no_peak_of_its_own():
    smiles = series(300, *((k, k + 0.8, 2) for k in range(5, 28, 6)))
    cries = series(300, *((k + 1.9, k + 3.4, 2) for k in range(5, 28, 6)))
    adult = series(300, *((k + 1.9, k + 4.4, 2) for k in range(5, 28, 6)))
    signals = table({"smile": smiles, "distress": cries}, {"smile": adult, "distress": 0 * adult})
    events = told(signals).events
    first = events[events["channel"] == "smile"]
    assert first["latency_s"].tolist() == pytest.approx([1.9] * 4)
    assert first["answered"].tolist() == [1] * 4
    assert first["exaggeration"].isna().all()


def test_marked_answers_are_told_from_unmarked_ones():
    rng = np.random.default_rng(0)
    starts = np.arange(5, 175, 8)
    infant = series(1800, *((k, k + 2, 2) for k in starts))
    adult = series(1800, *((k + 0.6, k + 2.6, 2) for k in starts))
    brow = 0.3 * rng.standard_normal(1800) + series(
        1800, *((k + 0.8, k + 2.5, 2.5) for k in starts[::2])
    )
    signals = table(
        {"smile": infant, "brow_raise": 0 * infant}, {"smile": adult, "brow_raise": brow}
    )
    events = score_session(signals).events
    assert events["response"].iloc[::2].value_counts().to_dict() == {"matched_marked": 11}
    assert set(events["response"].iloc[1::2]) == {"matched_unmarked"}
    assert (events["reason"] == "").all()


def test_events_keep_their_schema_with_and_without_events():
    for spans in ([], [(3, 5, 2)]):
        events = told(table({"smile": series(100, *spans)}, {"smile": series(100)})).events
        assert len(events) == len(spans)
        pd.testing.assert_frame_equal(events, schema.conform(events, schema.EVENTS))


@pytest.mark.parametrize(("level", "found"), [(2.19, [2.0]), (2.21, [2.0, 4.0])])
def test_a_rise_of_one_steps_up(level, found):
    assert onsets_s(series(200, (2, 6, 1.2), (4, 6, level)))[0] == found


@pytest.mark.parametrize(("second", "found"), [(4.9, [2.0, 4.9]), (5.2, [2.0])])
def test_what_rises_within_a_second_is_one_step(second, found):
    assert onsets_s(series(200, (2, 8, 1.2), (4, 8, 1.8), (second, 8, 2.4)))[0] == found


@pytest.mark.parametrize(("second", "found"), [(2.4, [2.0]), (2.8, [2.0, 2.8])])
def test_half_a_second_after_an_onset_nothing_steps_up(second, found):
    assert onsets_s(series(200, (2, 6, 1.2), (second, 6, 2.4)))[0] == found


@pytest.mark.parametrize(("lasting_s", "kind"), [(0.2, "bright_mismatch"), (0.3, "")])
def test_a_face_is_averaged_over_half_a_second(lasting_s, kind):
    infant = {"smile": series(100), "distress": series(100, (3, 6, 2))}
    frown = series(100, (3.7, 3.7 + lasting_s, 1.0))
    adult = {"smile": series(100, (3.5, 6, 2)), "distress": frown}
    assert told(table(infant, adult)).events["response"].tolist() == [kind]


def marked_by(residual, onsets_s):
    """Events at these times, of a caregiver whose cue is this much more than content and pose."""
    infant = series(len(residual), *((start, start + 1, 2) for start in onsets_s))
    signals = table({"smile": infant}, {"smile": 0 * infant})
    recording = next(recordings(signals, 10))
    events = session_events(recording)
    onsets = onset_samples(recording, recording.episodes[0], events)
    none = np.zeros(0)
    shift = none.astype(np.int64)
    train = Train(recording.episodes[0], onsets, shift, shift, shift)
    cue = Cue("brow_raise", 0.0, 0.0, none, none, none, residual)
    return interact(recording, [train], events, {"brow_raise": cue}).events


@pytest.mark.parametrize(("first", "usual"), [(12.4, 0.0), (12.3, None)])
def test_marking_is_told_from_ten_seconds_without_events(first, usual):
    # 2.4 s before an onset its answer begins to count.
    onsets = [first + 4 * k for k in range(4)]
    residual = series(round((onsets[-1] + 3.5) * 10), *((k + 0.5, k + 3, 2.0) for k in onsets))
    events = marked_by(residual, onsets)
    first_marking = events["response_markedness"].iloc[0]
    assert first_marking == pytest.approx(2.0) if usual == 0 else first_marking < 1.5


@pytest.mark.parametrize(("level", "kind"), [(0.24, "none"), (0.26, "marked_only")])
def test_a_still_face_is_not_marked_by_rounding(level, kind):
    residual = series(300, (20.5, 23, level))
    assert marked_by(residual, [20])["response"].tolist() == [kind]


@pytest.mark.parametrize(("share", "kind"), [(0.08, "marked_only"), (0.12, "none")])
def test_marked_is_more_than_nine_tenths_of_what_comes_without_events(share, kind):
    # In some of the 77.6 s before the event the mean of 2.5 s is higher than after it.
    residual = series(900, (80.5, 83, 2.0), (2, 2 + 1.5 + share * 77.6, 2.5))
    assert marked_by(residual, [80])["response"].tolist() == [kind]


def test_exaggeration_counts_in_the_range_of_each():
    rng = np.random.default_rng(0)
    infant, adult = rng.uniform(-0.4, 0.4, (2, 600))
    infant[300:310], adult[306:316] = 2.0, 3.0
    events = told(table({"smile": infant}, {"smile": adult})).events

    def share(values):
        low, high = np.quantile(values, [0.2, 0.95])
        return np.log((values.max() - low) / (high - low))

    assert events["exaggeration"].tolist() == [pytest.approx(share(adult) - share(infant))]


@pytest.mark.parametrize(
    ("typed", "cut_off", "known"), [(7, 0, True), (6, 0, False), (6, 2, True), (4, 6, False)]
)
def test_types_are_consistent_only_where_most_events_have_one(typed, cut_off, known):
    response = ["matched_marked"] * typed + [""] * (10 - typed)
    reason = [""] * typed + ["next_event"] * cut_off + ["no_cue"] * (10 - typed - cut_off)
    events = pd.DataFrame({"response": response, "reason": reason, "channel": "smile",
                           "answered": 1.0})  # fmt: skip
    scores = consistency_scores(events, np.zeros(10, bool))
    assert np.isfinite(scores["type_consistency"]) == known
    assert np.isnan(scores["consistency"])
