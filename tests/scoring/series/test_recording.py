"""What the check of a signals table refuses, so that no row is lost without a word."""

import numpy as np
import pandas as pd
import pytest

from attunement.errors import TableError
from attunement.scoring import pseudo_dyads, score_halves, score_session
from attunement.scoring.series.recording import recordings, usable_rows
from attunement.simulation import simulate_dyad

SIGNALS, _ = simulate_dyad(duration_s=10, missing_share=0.2, seed=1)
LATE = SIGNALS["time_s"] >= 6


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"session": None}, "200 of 200 rows .* have no session, row 0"),
        ({"session": SIGNALS["session"].where(~LATE)}, "80 of 200 rows .* row 120 "),
        ({"person": SIGNALS["person"].where(~LATE)}, r"found \['nan'\]"),
        ({"person": np.where(LATE, None, "nurse")}, r"found \['nan', 'nurse'\]"),
        ({"usable": SIGNALS["usable"].map(str)}, "true or false; found '.*' in 200 of 200"),
        ({"usable": np.where(LATE, 2, 1)}, "true or false; found 2 in 80 of 200"),
        ({"time_s": SIGNALS["time_s"].map("{:g} s".format)}, "`time_s` .* not numeric"),
        ({"engagement": 2.0}, "`engagement` .* found 2 to 2"),
        ({"engagement": np.where(LATE, -1.0, np.nan)}, "`engagement` .* found -1 to -1"),
    ],
)
@pytest.mark.parametrize("call", [score_session, score_halves])
def test_rows_that_would_be_lost_or_misread_are_refused(change, says, call):
    with pytest.raises(TableError, match=says):
        call(SIGNALS.assign(**change))


def test_pseudo_dyads_ask_for_the_session_of_every_row():
    with pytest.raises(TableError, match="have no session"):
        pseudo_dyads(pd.concat([SIGNALS, SIGNALS.assign(session=None)]))


@pytest.mark.parametrize("kind", ["bool", "boolean", "object", "int64", "float64", "Int64"])
def test_true_and_false_may_be_written_in_any_type(kind):
    written = SIGNALS["usable"].astype(kind)
    assert 0 < written.sum() < len(written)
    np.testing.assert_array_equal(usable_rows(SIGNALS.assign(usable=written)), SIGNALS["usable"])


@pytest.mark.parametrize(("kind", "blank"), [("boolean", pd.NA), ("object", None), ("float", None)])
def test_a_missing_word_is_not_usable(kind, blank):
    written = SIGNALS["usable"].astype(kind).where(~LATE, blank)
    expected = SIGNALS["usable"] & ~LATE
    np.testing.assert_array_equal(usable_rows(SIGNALS.assign(usable=written)), expected)


def test_engagement_may_lie_between_while_it_is_resampled():
    (recording,) = recordings(SIGNALS.assign(engagement=0.4), 10)
    assert np.nanmax(recording.infant["engagement"]) == 0.4
