"""Reasons with numbers stay readable by people and by programs."""

from attunement.scoring.series.lacking import lacking, without_numbers


def test_a_reason_says_how_much_there_was_and_is_needed():
    assert lacking("few_events", 3, 5) == "few_events(3 of 5)"
    assert lacking("too_short", 49.9, 60.0, "s") == "too_short(49.9 of 60 s)"


def test_reasons_of_a_cell_are_told_apart_without_their_numbers():
    cell = f"{lacking('too_short', 45, 60, 's')};{lacking('few_infant_events', 3, 8)};no_cue"
    assert without_numbers(cell) == "too_short;few_infant_events;no_cue"
    assert len(cell.split(";")) == 3
