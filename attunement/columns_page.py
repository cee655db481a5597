"""The tables of columns in ``docs/scoring.md``, as the scores declare them.

Made with: python -m attunement.columns_page docs/scoring.md
"""

import sys
from collections.abc import Iterable
from pathlib import Path

from attunement.columns import Column
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
    lines = ["| column | meaning | unit | kind | by chance | missing |", "| --- " * 6 + "|"]
    for one in declared:
        cells = (
            f"`{one.name}`", one.sentence, one.unit, one.kind, one.chance_level, one.missing,
        )  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_file():
        sys.exit("Expected the page that holds the tables: docs/scoring.md")
    page = Path(sys.argv[1])
    page.write_text(with_columns(page.read_text(encoding="utf-8")), encoding="utf-8")
