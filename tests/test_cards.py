"""Cards are short, carry the text of users as text, and bring no colour, script or link."""

import re

import numpy as np
import pandas as pd
import pytest

from attunement import cards
from attunement.cards import Card

SCRIPT = "<script>alert(1)</script>"
STEERING = "a\x1b[31mb\nc\u202ed"


def test_text_aligns_labels_and_leaves_out_what_is_not_there():
    card = Card("A study", (("file", "study.toml"), ("excluded", ""), ("covariates", "sex, age")))
    assert cards.card_text(card).splitlines() == [
        "A study",
        "  file        study.toml",
        "  covariates  sex, age",
    ]


@pytest.mark.parametrize("n_labels", [1, 7, 12])
def test_text_is_short_and_narrow_whatever_it_holds(n_labels: int):
    lines = tuple((f"label {k} " + "x" * k * 9, "word " * 900) for k in range(n_labels))
    shown = cards.card_text(Card("title " * 90, lines)).splitlines()
    assert len(shown) <= cards.MAX_LINES
    assert max(len(line) for line in shown) <= cards.WIDTH
    assert sum("…" in line for line in shown) >= n_labels + 1  # what is cut says so


@pytest.mark.parametrize("text", [SCRIPT, STEERING, '" onmouseover="alert(1)'])
def test_text_of_users_neither_runs_nor_steers(text: str):
    card = Card(text, ((text, text),))
    shown, page = cards.card_text(card), cards.card_html(card)
    assert all(c.isprintable() or c == "\n" for c in shown)
    assert len(shown.splitlines()) == 2
    assert set(re.findall(r"<(\w+)", page)) == {"div", "strong", "dl", "dt", "dd"}
    assert re.findall(r'(?<=\s)on\w+="', page) == []
    assert not re.search(r"href|src|url\(|\x1b|\u202e", page)


def test_html_takes_its_colours_from_the_page():
    page = cards.card_html(Card("A study", (("file", "study.toml"),)))
    assert re.findall(r"(?<!-)\bcolor:|background|#[0-9a-f]{3}", page) == []
    assert re.findall(r"rgba\(([\d,.]+)\)", page) == ["127,127,127,.45"]


def test_html_holds_long_texts_but_not_endless_ones():
    page = cards.card_html(Card("A study", (("ids", "word " * 60), ("more", "word " * 9000))))
    assert "word " * 59 in page
    assert len(page) < 3000


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (4.25, "4.2 s"),
        (245, "4 min 5 s"),
        (299.7, "5 min 0 s"),
        (4325, "1 h 12 min"),
        (np.nan, "unknown time"),
    ],
)
def test_durations_are_said_in_the_unit_that_fits(seconds: float, shown: str):
    assert cards.duration(seconds) == shown


def test_missing_says_how_often_and_groups_what_is_missing_alike():
    table = pd.DataFrame({"a": [1, np.nan], "b": [np.nan] * 2, "c": [np.nan] * 2, "d": [1.0, 2]})
    assert cards.missing(table, ["a", "b", "c", "d", "absent"]) == "b, c in all 2; a in 1 of 2"


def test_tally_counts_each_reason_of_a_cell_and_no_empty_ones():
    assert cards.tally(["a;b", "b", "", np.nan], at_most=1) == "b 2 and 1 more"


def test_plurals():
    assert cards.count(1, "family", "families") == "1 family"
    assert cards.count(1200, "family", "families") == "1,200 families"
    assert cards.count(0, "dyad") == "0 dyads"
