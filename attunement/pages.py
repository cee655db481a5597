"""Pages of the documentation that are made from declarations: tables, and which page is meant."""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of Markdown, without a line end after its last row."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def named_page(usual: str) -> Path:
    """Return the page that the command names, or end with one sentence where it names none."""
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_file():
        sys.exit(f"Expected the page to write: {usual}")
    return Path(sys.argv[1])
