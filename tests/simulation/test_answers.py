"""Answers planted event by event."""

import numpy as np
import pytest

from attunement.errors import ConfigError
from attunement.simulation import simulate_dyad

EVENTS = {"infant": "events", "duration_s": 600.0, "lag_s": 0.8}


def test_half_of_the_events_are_answered_and_the_truth_says_which():
    _, truth = simulate_dyad(
        **EVENTS, mirroring=1.0, marking=1.0, mirrored_share=0.5, marked_share=0.5, seed=1
    )
    assert len(truth.mirrored) == len(truth.marked) == len(truth.onsets_s) > 40
    assert 0.3 < np.mean(truth.mirrored) < 0.7
    assert 0.3 < np.mean(truth.marked) < 0.7
    assert truth.mirrored != truth.marked


def test_only_answered_events_are_followed_and_jitter_moves_them():
    settings = {**EVENTS, "mirroring": 100.0, "mirrored_share": 0.5, "seed": 2}
    signals, truth = simulate_dyad(**settings, jitter_s=0.5)
    content = signals.loc[signals["person"] == "caregiver", "smile"].to_numpy()
    rises_s = []
    for onset_s, mirrored in zip(truth.onsets_s[:-1], truth.mirrored[:-1], strict=True):
        part = content[round(onset_s * 10) : round(onset_s * 10) + 30]
        assert (part.max() > 50) == mirrored
        if mirrored:
            rises_s.append(np.argmax(part > part.max() / 2) / 10)
    assert 0.2 < min(rises_s) < 0.7
    assert 0.9 < max(rises_s) < 1.5


def test_without_marking_no_event_is_marked():
    _, truth = simulate_dyad(**EVENTS, mirroring=1.0, seed=3)
    assert all(truth.mirrored)
    assert not any(truth.marked)


@pytest.mark.parametrize(
    "wrong", [{"mirrored_share": 1.1}, {"marked_share": -0.1}, {"jitter_s": -1.0}]
)
def test_impossible_answers_are_refused(wrong):
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        simulate_dyad(**EVENTS, **wrong)
    with pytest.raises(ConfigError, match="belong to an infant with events"):
        simulate_dyad(**wrong)
