"""Reasons with numbers stay readable by people and by programs."""

from attunement.scoring.series.lacking import lacking


def test_a_reason_says_how_much_there_was_and_is_needed():
    assert lacking("few_events", 3, 5) == "few_events(3 of 5)"
    assert lacking("too_short", 49.9, 60.0, "s") == "too_short(49.9 of 60 s)"
