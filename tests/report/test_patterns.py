"""Every event stands where its two margins say, in the colour of its pattern."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from attunement.errors import TableError
from attunement.report import plot_patterns
from attunement.report.timeline import PATTERN_COLOURS

EVENTS = pd.DataFrame(
    {
        "session": ["a", "a", "a", "b"],
        "match_margin": [3.0, -1.0, np.nan, 2.0],
        "mark_margin": [2.0, -2.0, 1.0, -0.5],
        "pattern": ["attuned", "not_shown", "not_scorable", "merged"],
    }
)


def test_events_stand_at_their_margins_in_the_colour_of_their_pattern():
    axis = plot_patterns(EVENTS, session="a").axes[0]
    found = {
        to_hex(points.get_facecolor()[0]): points.get_offsets().tolist()
        for points in axis.collections
        if len(points.get_offsets())
    }
    assert found == {
        PATTERN_COLOURS["attuned"].lower(): [[3.0, 2.0]],
        PATTERN_COLOURS["not_shown"].lower(): [[-1.0, -2.0]],
    }
    assert axis.get_title(loc="left") == "a: 2 of 3 events have a pattern"


def test_all_sessions_are_drawn_together():
    axis = plot_patterns(EVENTS).axes[0]
    assert sum(len(points.get_offsets()) for points in axis.collections) == 3
    assert axis.get_title(loc="left") == "2 sessions: 3 of 4 events have a pattern"


def test_no_event_is_told():
    with pytest.raises(TableError, match="found none of session 'c'"):
        plot_patterns(EVENTS, session="c")
