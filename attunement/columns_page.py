"""The tables of columns in ``docs/scoring.md``, as the scores declare them.

Made with: python -m attunement.columns_page docs/scoring.md
"""

from collections.abc import Iterable

from attunement.columns import Column
from attunement.pages import markdown_table, named_page
from attunement.scoring.columns import columns

MARKER = "<!-- columns of {}: made by python -m attunement.columns_page docs/scoring.md -->"
END = "<!-- end of columns -->"
TABLES = ("scores", "windows")


def with_columns(text: str) -> str:
    """Return a page with the tables between its markers made anew."""
    for table in TABLES:
        head, marker, rest = text.partition(MARKER.format(table))
        _, end, tail = rest.partition(END)
        text = f"{head}{marker}\n{_markdown(columns()[table])}\n{end}{tail}"
    return text


def _markdown(declared: Iterable[Column]) -> str:
    return markdown_table(
        ("column", "meaning", "unit", "kind", "by chance", "missing"),
        [
            (f"`{one.name}`", one.sentence, one.unit, one.kind, one.chance_level, one.missing)
            for one in declared
        ],
    )


if __name__ == "__main__":
    page = named_page("docs/scoring.md")
    page.write_text(with_columns(page.read_text(encoding="utf-8")), encoding="utf-8")
