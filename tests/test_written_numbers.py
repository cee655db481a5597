"""Numbers as spreadsheets write them: read where they can mean one thing, asked for elsewhere."""

import math

import pytest

from attunement.written_numbers import not_coded_words, plain_number, read_numbers, spelt_alike


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1.5", "3.0", "-2", "1e3"], [1.5, 3, -2, 1000]),
        (["1,5", "2"], [1.5, 2]),
        (["1,5", "1.5"], [1.5, 1.5]),
        (["1,234.5", "987"], [1234.5, 987]),
        (["1,234", "987.5"], [1234, 987.5]),
        (["1.234,5", "987"], [1234.5, 987]),
        (["1,234", "0,5"], [1.234, 0.5]),
        (["\u22125", "\u20135", " 7\u00a0", "1\u00a0234,5", "1'234"], [-5, -5, 7, 1234.5, 1234]),
        (["0.123", "1.234"], [0.123, 1.234]),
    ],
)
def test_numbers_that_can_be_read_in_one_way(cells, values):
    written = read_numbers(cells)
    assert written.wrong == {}
    assert list(written.values) == values


def test_a_comma_is_decimal_where_the_file_separates_by_semicolons():
    assert read_numbers(["1,234"], decimal_comma=True).values == (1.234,)
    assert list(read_numbers(["1,234"]).wrong) == [0]
    # A file of decimal commas and a column of decimal points contradict each other.
    assert list(read_numbers(["1,234", "1.5"], decimal_comma=True).wrong) == [0]


def test_what_can_be_read_in_two_ways_is_wrong():
    written = read_numbers(["1.234", "987,5"])
    assert list(written.wrong) == [0]
    assert "1.234 or 1234" in written.wrong[0]
    assert read_numbers(["1,5", "1.5"]).both_marks
    assert not read_numbers(["1,5", "2"]).both_marks


@pytest.mark.parametrize(
    ("cells", "asked", "decimal_comma"),
    [
        (["1.154", "327", "1.052", "939", "NA", ""], [0, 2], True),
        (["1.154", "327", "1.052", "939"], [0, 2], False),
        (["1,154", "327", "1,052", "939"], [0, 2], True),
        (["-1.154", "-327", "12.500", "0"], [0, 2], False),
        (["999", "1.154", "327", "1.052"], [1, 3], True),
        (["1.154%", "327%"], [0], False),
    ],
)
def test_thousands_or_decimals_beside_whole_numbers_are_asked_for(cells, asked, decimal_comma):
    written = read_numbers(cells, decimal_comma=decimal_comma)
    assert list(written.wrong) == asked
    if "1.154" in cells:
        advice = written.wrong[cells.index("1.154")]
        assert "two ways beside 327" in advice
        assert "write 1154" in advice
        assert "327 as 327.0" in advice


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1.154", "2.000", "0.939"], [1.154, 2, 0.939]),
        (["1.154", "2", "3.5"], [1.154, 2, 3.5]),
        (["1.154", "2", "0.939"], [1.154, 2, 0.939]),
        (["1.154", "327.0"], [1.154, 327]),
        (["1154", "327"], [1154, 327]),
        (["1.154", "2.345", "-99", "999"], [1.154, 2.345, -99, 999]),
        (["1.154", "2.345"], [1.154, 2.345]),
    ],
)
def test_decimals_that_show_themselves_are_read(cells, values):
    written = read_numbers(cells, decimal_comma=True)
    assert written.wrong == {}
    assert list(written.values) == values


def test_words_for_missing_numbers_are_missing_and_counted():
    written = read_numbers(["1", "NA", "", "n/a"])
    assert [math.isnan(v) for v in written.values] == [False, True, True, True]
    assert written.words == {1: "NA", 3: "n/a"}
    assert written.wrong == {}


@pytest.mark.parametrize(
    ("cell", "advice"),
    [
        ("n.a.", "missing_values"),
        (".", "missing_values"),
        ("<1", "below or above"),
        ("45%", "no percent sign"),
        ("#DIV/0!", "formula"),
        ("TRUE", "1 and 0"),
        ("yes", "1 and 0"),
        ("1. Feb", "made a date"),
        ("Feb-26", "made a date"),
        ("2026-02-01", "made a date"),
        ("01.02.2026", "made a date"),
        ("inf", "Correct it"),
        ("1,5,2", "Correct it"),
    ],
)
def test_what_is_no_number_is_told_what_to_do(cell, advice):
    written = read_numbers(["1", cell])
    assert list(written.wrong) == [1]
    assert advice in written.wrong[1]
    assert math.isnan(written.values[1])


def test_a_column_of_percent_is_one_of_shares():
    written = read_numbers(["45%", "NA", "7,5 %", ""])
    assert written.wrong == {}
    assert [written.values[0], written.values[2]] == [0.45, 0.075]
    assert math.isnan(written.values[1])
    assert list(read_numbers(["45%", "x%"]).wrong) == [1]


def test_one_cell_alone():
    assert plain_number(" -99,0 ") == -99
    assert plain_number("-99.0") == -99
    assert math.isnan(plain_number("d99"))
    assert math.isnan(plain_number("1,234"))


def test_words_that_say_not_coded():
    assert not_coded_words(["secure", "NA", " ", ".", "?", "n/a", "#N/A"]) == [
        "NA", " ", ".", "?", "n/a", "#N/A",
    ]  # fmt: skip
    assert not_coded_words(["none", "mild", "x", 3, None]) == []
    assert not_coded_words(["smile", "-"]) == ["-"]
    assert not_coded_words(["+", "0", "-"]) == []


def test_none_is_a_label_unless_a_program_wrote_it():
    assert not_coded_words(["none", "smile", "None"]) == ["None"]
    assert not_coded_words(["1", "2", "None"]) == ["None"]
    assert not_coded_words(["NA", "smile", "None"]) == ["NA", "None"]
    assert not_coded_words(["None", "Smile", "Cry"]) == []
    assert not_coded_words(["smile", "not applicable"]) == ["not applicable"]


def test_labels_spelt_alike():
    assert spelt_alike(["secure", "Secure ", "avoidant", "secure"]) == [("Secure ", "secure")]
    assert spelt_alike(["a", "b"]) == []
