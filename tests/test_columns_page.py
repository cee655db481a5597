"""The tables of columns in the docs are what the scores declare."""

from pathlib import Path

from attunement.columns_page import END, MARKER, with_columns

PAGE = Path(__file__).parents[1] / "docs" / "scoring.md"


def test_the_committed_tables_are_what_the_scores_declare():
    text = PAGE.read_text(encoding="utf-8")
    assert text.count(END) == 2
    assert "| `congruence` | How close both partners' valence" in text
    assert with_columns(text) == text, "python -m attunement.columns_page docs/scoring.md"


def test_what_stands_around_the_tables_is_kept():
    scores, windows = MARKER.format("scores"), MARKER.format("windows")
    made = with_columns(f"above\n{scores}\nold\n{END}\nbetween\n{windows}\n{END}\nbelow\n")
    assert made.startswith(f"above\n{scores}\n| column |")
    assert f"{END}\nbetween\n{windows}\n| column |" in made
    assert made.endswith(f"{END}\nbelow\n")
    assert "old" not in made
