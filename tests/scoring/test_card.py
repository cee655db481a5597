"""What scores show of themselves."""

import pandas as pd
import pytest

from attunement.scoring import Scores, score_session
from attunement.simulation import simulate_dyad


@pytest.fixture(scope="module")
def scores() -> Scores:
    dyads = []
    for seed, duration_s in enumerate((20, 70, 70)):
        signals, _ = simulate_dyad(duration_s=duration_s, mirroring=0.5, seed=seed)
        dyads.append(signals.assign(session=f"s{seed}"))
    return score_session(pd.concat(dyads, ignore_index=True))


def test_scores_are_told_in_a_few_lines(scores):
    shown = repr(scores).splitlines()
    assert len(shown) < 15
    assert shown[0] == "Scores of 3 sessions, 3 dyads, 2 min 40 s usable"


def test_counts_are_those_of_the_tables(scores):
    n, n_scorable = len(scores.windows), int(scores.by_session["n_scorable"].sum())
    answered = int(scores.events["answered"].sum())
    assert f"windows          {n}, {n_scorable} scorable" in repr(scores)
    assert f"events           {len(scores.events)} of infants, {answered} of" in repr(scores)
    assert f".by_session 3 by {scores.by_session.shape[1]}" in repr(scores)


def test_what_is_missing_and_why(scores):
    lines = {line[2:19].strip(): line[19:] for line in repr(scores).splitlines()[1:]}
    assert lines["missing"].startswith("arousal_matching, movement_matching")
    assert lines["why"].startswith(
        "the caregiver has no channel in which marking shows (3), too few"
    )
    assert "_events" not in lines["why"], "words, not codes"
    assert lines["absent channels"].startswith("arousal 3")


def test_no_session_is_shown_as_none():
    one, _ = simulate_dyad(duration_s=20, mirroring=0.5)
    nothing = score_session(one.iloc[:0])
    assert repr(nothing).startswith("Scores of 0 sessions, 0 dyads")
    assert "  windows  0, 0 scorable\n" in repr(nothing)
    assert "why" not in repr(nothing)
