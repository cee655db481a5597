"""Labels of events: what is planted is called, chance is not, and windows follow."""

import numpy as np
import pandas as pd
import pytest

from attunement.scoring import score_session
from attunement.simulation import simulate_dyad
from attunement.validation.planted_events import called, planted_events

SOME = {
    "infant": "events", "lag_s": 0.8, "mirrored_share": 0.5, "marked_share": 0.5, "jitter_s": 0.5
}  # fmt: skip


def events(seeds, **planted):
    tables = [planted_events({"seed": seed, **SOME, **planted}) for seed in seeds]
    return pd.concat(tables, ignore_index=True)


def test_planted_answers_are_called_and_others_are_not():
    found = events(range(300, 308), mirroring=1.2, marking=1.2)
    for axis, truth in (("matched", "planted_match"), ("marked", "planted_mark")):
        assert found.loc[found[truth], axis].mean() > 0.75
        assert found.loc[~found[truth], axis].mean() < 0.15
    both = found["planted_match"] & found["planted_mark"]
    called = found["matched"] & found["marked"]
    assert called[both].mean() > 0.65
    assert called[~both].mean() < 0.12


def test_following_alone_does_not_look_marked():
    found = events(range(320, 328), mirroring=1.2, mirrored_share=1.0, marking=0.0)
    assert found["matched"].mean() > 0.75
    assert found["marked"].mean() < 0.15


@pytest.fixture(scope="module")
def scores():
    signals, _ = simulate_dyad(seed=5, mirroring=1.0, marking=1.0, missing_share=0.15, **SOME)
    return score_session(signals)


def test_labels_follow_from_the_margins(scores):
    of = scores.events
    above = of[["match_margin", "mark_margin"]] > 0
    known = of[["match_margin", "mark_margin"]].notna().all(axis="columns")
    assert ((of["pattern"] == "attuned") == above.all(axis="columns")).all()
    assert ((of["pattern"] == "not_scorable") == ~known).all()
    assert (above["match_margin"] & ~above["mark_margin"])[of["pattern"] == "merged"].all()
    assert (above["mark_margin"] & ~above["match_margin"])[of["pattern"] == "marked_only"].all()
    assert (~above.any(axis="columns"))[of["pattern"] == "not_shown"].all()
    assert len(set(of["pattern"])) >= 4


def test_the_share_counts_events_and_windows_take_the_first(scores):
    of = scores.events[scores.events["pattern"] != "not_scorable"]
    assert scores.by_session["attuned_share"].iloc[0] == (of["pattern"] == "attuned").mean()
    for window in scores.windows.itertuples():
        inside = of[
            (of["onset_s"] >= window.start_s - 1e-6) & (of["onset_s"] < window.end_s - 1e-6)
        ]
        expected = inside["pattern"].iloc[0] if len(inside) else "not_scorable"
        assert window.pattern == expected


def test_validation_calls_what_a_session_calls():
    signals, _ = simulate_dyad(seed=10, duration_s=90, mirroring=1.0, marking=1.0, **SOME)
    scores, (of, shares) = score_session(signals), called(signals)
    pd.testing.assert_frame_equal(of[["pattern"]], scores.events[["pattern"]])
    np.testing.assert_array_equal(of["mark_margin"], scores.events["mark_margin"])
    row = scores.by_session.iloc[0]
    assert {name: row[name] for name in shares} == pytest.approx(shares)


def test_an_answer_that_was_not_seen_is_not_scorable():
    signals, truth = simulate_dyad(seed=6, mirroring=1.0, marking=1.0, **SOME)
    onset_s = truth.onsets_s[5]
    hidden = signals["time_s"].between(onset_s - 2, onset_s + 4)
    hidden &= signals["person"] == "caregiver"
    signals.loc[hidden, ["smile", "valence", "brow_raise"]] = np.nan
    of = score_session(signals).events.set_index("onset_s")
    nearest = np.abs(of.index - onset_s).argmin()
    assert of["pattern"].iloc[nearest] == "not_scorable"
    assert of[["match_evidence", "mark_evidence"]].iloc[nearest].isna().all()
    assert (of["pattern"] != "not_scorable").sum() > 10


def test_a_session_does_not_depend_on_the_others_it_is_scored_with():
    tables = [simulate_dyad(seed=seed, mirroring=1.0, **SOME)[0] for seed in (7, 8)]
    together = score_session(pd.concat(tables, ignore_index=True)).events
    alone = [score_session(table).events for table in tables]
    pd.testing.assert_frame_equal(together, pd.concat(alone, ignore_index=True))


def test_without_cues_nothing_is_said_of_marking():
    signals, _ = simulate_dyad(seed=9, mirroring=1.0, **SOME)
    scores = score_session(signals.drop(columns="brow_raise"))
    assert set(scores.events["pattern"]) == {"not_scorable"}
    assert scores.events["match_evidence"].notna().any()
    assert np.isnan(scores.by_session["attuned_share"].iloc[0])
