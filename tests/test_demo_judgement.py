"""What the demonstration asks of the three sessions, without rendering them."""

import pandas as pd
import pytest

from attunement.demo import LAG_S, SESSIONS, _compare
from attunement.simulation import expression_curves


def judged(*, attuned=0.8, unrelated=0.05):
    """Return the verdicts where all but the shares of attuned events is as planted."""
    truths = {
        one.session: expression_curves(
            duration_s=8, mirroring=one.mirroring, marking=one.marking, lag_s=LAG_S
        )
        for one in SESSIONS
    }
    rows = [
        {
            "session": one.session,
            "mirroring": one.mirroring,
            "mirroring_p": 0.01 if one.mirroring else 0.6,
            "mirroring_lag_s": LAG_S,
            "markedness": one.marking,
            "markedness_p": 0.01 if one.marking else 0.6,
            "attuned_share": attuned if one.marking else 0.1 if one.mirroring else unrelated,
        }
        for one in SESSIONS
    ]
    table = _compare(truths, pd.DataFrame(rows)).set_index("session")
    return table["as_planted"]


def test_what_was_planted_passes():
    assert judged().all()


@pytest.mark.parametrize(
    ("shares", "passes"),
    [
        ({"attuned": 0.40, "unrelated": 0.0}, True),
        ({"attuned": 0.39, "unrelated": 0.0}, False),
        ({"attuned": 0.60, "unrelated": 0.15}, True),
        ({"attuned": 0.60, "unrelated": 0.16}, False),
        ({"attuned": float("nan")}, False),
    ],
)
def test_too_few_attuned_events_are_a_miss(shares, passes):
    found = judged(**shares)
    assert found["mirrors_and_marks"] == passes
    assert found[["mirrors_only", "unrelated"]].all()
