import pytest
from hypothesis import given
from hypothesis import strategies as st

from attunement.study import Episode, Span
from attunement.study.written_times import (
    clashes,
    format_time,
    parse_episode,
    parse_span,
    parse_time,
    split_cell,
)


@pytest.mark.parametrize(
    ("text", "time_s"),
    [("0", 0), ("75", 75), ("75.5", 75.5), ("75,5", 75.5), (".5", 0.5), ("1:15", 75),
     ("01:15", 75), ("90:00", 5400), ("0:01:15.25", 75.25), ("0:01:15,25", 75.25),
     ("02:00:00", 7200), ("30:00:00", 108000), (" 1:15 ", 75)],
)  # fmt: skip
def test_times_as_people_write_them(text, time_s):
    assert parse_time(text) == time_s


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "[h:]mm:ss"), ("soon", "'soon'"), ("1:2", "'1:2'"), ("1:60", "under 60"),
     ("1:60:00", "under 60"), ("-5", "negative"), ("-1:00", "negative"), ("1e5", "'1e5'"),
     ("inf", "'inf'"), ("٣", "[h:]mm:ss"), ("1:2:3:4", "[h:]mm:ss"), ("9" * 400, "shorter"),
     ("9" * 400 + ":00", "shorter"), ("2:00 PM", "'2:00 PM'")],
)  # fmt: skip
def test_what_is_no_time(text, words):
    with pytest.raises(ValueError, match=r"^(a time|a shorter|minutes)") as caught:
        parse_time(text)
    assert words in str(caught.value)


@given(total_ms=st.integers(0, 10**9))
def test_a_written_time_reads_as_itself(total_ms):
    text = format_time(total_ms / 1000)
    assert parse_time(text) == total_ms / 1000
    assert parse_time(text.replace(".", ",")) == total_ms / 1000
    assert parse_time(repr(total_ms / 1000)) == total_ms / 1000


@given(
    start_ms=st.integers(0, 10**8), length_ms=st.integers(1, 10**7),
    dash=st.sampled_from("-\u2013\u2014"),
    space=st.sampled_from(["", " "]), name=st.sampled_from(["play", "still face", "re-union"]),
)  # fmt: skip
def test_a_written_span_reads_as_itself(start_ms, length_ms, dash, space, name):
    start_s, end_s = start_ms / 1000, (start_ms + length_ms) / 1000
    text = f"{format_time(start_s)}{space}{dash}{space}{format_time(end_s)}"
    assert parse_span(text) == Span(start_s, end_s)
    assert parse_episode(f"{name}{space}={space}{text}") == Episode(name, start_s, end_s)


@given(text=st.text(max_size=20))
def test_any_text_is_a_time_or_a_value_error(text):
    for parse in (parse_time, parse_span, parse_episode):
        reason = ""
        try:
            parse(text)
        except ValueError as error:
            reason = str(error)
        assert reason.startswith(
            ("a time", "a shorter", "minutes", "start and end", "an end", "name=") if reason else ""
        )


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 5)), min_size=2, max_size=5))
def test_overlaps_are_found_exactly_where_time_is_shared(spans):
    episodes = [Episode(f"e{k}", start, start + length) for k, (start, length) in enumerate(spans)]
    seconds = [second for e in episodes for second in range(int(e.start_s), int(e.end_s))]
    assert bool(clashes(episodes)) == (len(seconds) > len(set(seconds)))


def test_cells_are_split_at_semicolons_and_line_breaks():
    assert split_cell(" 0-1 ;; 2-3\n4-5; ") == ["0-1", "2-3", "4-5"]
