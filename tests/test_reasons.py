"""Codes of reasons in words: every code has some, numbers tell what is needed and what there is."""

import re
from pathlib import Path

import pytest

import attunement
from attunement.reasons import P_NEEDS_S, WORDS, in_words, tally_in_words
from attunement.scoring.matching.matched import MIN_EPISODE_S
from attunement.signals.gates import FRAME_REASONS

ROOT = Path(attunement.__file__).parent
DOCS = Path(__file__).parents[1] / "docs"


def test_every_code_has_words():
    codes = {*FRAME_REASONS, "gap", "no_frame"}
    for file in (ROOT / "scoring").rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        codes |= set(re.findall(r'lacking\("(\w+)"', text))
        codes |= set(re.findall(r'reasons?(?:\.append\(|\[[^]]*\] = |"?: | = )"([a-z_]+)"', text))
    section = (DOCS / "scoring.md").read_text(encoding="utf-8").partition("## Reasons")[2]
    for line in section.partition("\n\nCounted beside")[0].splitlines():
        if line.startswith("| `"):
            codes |= set(re.findall(r"`(\w+)", line.split("|")[1]))
    codes.discard("str")  # the type of such a column
    assert len(codes) > 25
    assert codes - set(WORDS) == set()
    assert all("_" not in words.says and not words.says.endswith(".") for words in WORDS.values())


def test_the_p_is_told_from_the_window_by_what_scoring_needs():
    assert P_NEEDS_S == MIN_EPISODE_S


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("", ""),
        ("too_short(48 of 60 s)", "needs 60 s of usable time for a p; has 48 s"),
        ("too_short(6 of 7 s)",
         "needs 7 s of usable time in one piece for a first window; has 6 s"),
        ("few_events(3 of 5)",
         "needs 5 expressions of the infant that could be answered for a p; has 3"),
        ("too_short", "too little usable time in one piece"),
        ("no_mismatch; no_face",
         "the states never differ, so there is nothing to repair; and no face is found"),
        ("a code of tomorrow(2)", "a code of tomorrow(2)"),
    ],
)  # fmt: skip
def test_a_cell_in_words(cell, words):
    assert in_words(cell) == words


def test_reasons_that_differ_in_numbers_alone_are_counted_together():
    cells = ["too_short(48 of 60 s);no_cue", "too_short(12 of 60 s)", "", None, "no_cue;no_cue"]
    assert tally_in_words(cells) == (
        "too little usable time in one piece for a p (2), "
        "the caregiver has no channel in which marking shows (2)"
    )
    assert tally_in_words(["no_cue;gap;jump"], at_most=2).endswith(" and 1 more")


def test_a_code_is_explained():
    assert attunement.explain("few_infant_events") == (
        "few_infant_events (a reason)\n  Too few expressions of the infant for markedness."
    )
    both = attunement.explain("coverage_infant")
    assert both.startswith("coverage_infant (a reason)\n  The infant's face is not usable")
    assert "\n\ncoverage_infant (scores" in both, "a column of the same name is explained too"
    assert "attunement explain coverage_infant" in attunement.explain("windows.reason")
