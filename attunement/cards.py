"""Cards: what an object holds, in a few lines of text and as HTML for notebooks.

A card has a title and labelled lines. Text of users is shown as it is, escaped and without
characters that could steer a terminal; nothing in the HTML runs or is fetched, and its colours are
those of the page, light or dark.
"""

import html
import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

WIDTH = 96
PRINTED_WIDTH = 100  # columns of what commands print
MAX_LINES = 14
_MAX_LABEL = 32
_MAX_TITLE = 160
_MAX_TEXT = 600  # of one labelled text, in HTML
_MUTED = "opacity:.7;font-weight:normal"
_STYLE = {
    "card": "border:1px solid rgba(127,127,127,.45);border-radius:6px;padding:.6em .9em;"
    "max-width:60em;overflow-x:auto",
    "lines": "display:grid;grid-template-columns:max-content 1fr;gap:.2em 1.2em;margin:.5em 0 0",
    "label": _MUTED,
    "text": "margin:0;overflow-wrap:anywhere",
}


@dataclass(frozen=True)
class Card:
    """A title and labelled lines.

    Attributes
    ----------
    title : str
    lines : tuple of (str, str)
        Label and text; a line without text is not shown.
    html : str
        Shown under the lines in notebooks; its texts are escaped already.
    """

    title: str
    lines: tuple[tuple[str, str], ...]
    html: str = ""


class Carded:
    """Shows itself as the card that `_card` makes."""

    def _card(self) -> Card:
        """Return the card."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return card_text(self._card())

    def _repr_html_(self) -> str:
        return card_html(self._card())


def card_text(card: Card) -> str:
    """Return a card as text: `WIDTH` columns at most, two lines a label, one where it gets long."""
    lines = [(_cut(label, _MAX_LABEL), text) for label, text in card.lines if text]
    indent = 4 + max((len(label) for label, _ in lines), default=0)
    shown: list[str] = []
    for lines_each in (2, 1):
        shown = [_cut(card.title, WIDTH)]
        for label, text in lines:
            parts = textwrap.wrap(
                _printable(text), WIDTH - indent, max_lines=lines_each, placeholder=" …"
            )
            labels = [label, *[""] * (len(parts) - 1)]
            shown += [
                f"  {name:<{indent - 2}}{part}" for name, part in zip(labels, parts, strict=True)
            ]
        if len(shown) <= MAX_LINES:
            break
    return "\n".join(shown)


def card_html(card: Card) -> str:
    """Return a card as HTML: no script, no link, no colour of its own but a grey border."""
    pairs = "\n".join(
        f'<dt style="{_STYLE["label"]}">{_escaped(label, _MAX_TITLE)}</dt>'
        f'<dd style="{_STYLE["text"]}">{_escaped(text, _MAX_TEXT)}</dd>'
        for label, text in card.lines
        if text
    )
    return (
        f'<div style="{_STYLE["card"]}">\n<strong>{_escaped(card.title, _MAX_TITLE)}</strong>\n'
        f'<dl style="{_STYLE["lines"]}">\n{pairs}\n</dl>\n{card.html}</div>\n'
    )


def count(n: int, noun: str, nouns: str = "") -> str:
    """Return ``1 dyad``, ``12 dyads``; `nouns` where the plural is not formed by an s."""
    return f"{n:,} {noun if n == 1 else nouns or f'{noun}s'}"


def duration(seconds: float) -> str:
    """Return ``42.0 s``, ``4 min 5 s`` or ``1 h 12 min``."""
    if not np.isfinite(seconds):
        return "unknown time"
    return f"{seconds:.1f} s" if seconds < 60 else format_duration(seconds)


def format_duration(duration_s: float) -> str:
    """Return a time span in the two units that matter: ``3 h 20 min``, ``4 min 10 s``, ``8 s``."""
    total_s = round(duration_s)
    minutes, seconds = divmod(total_s, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    if minutes:
        return f"{minutes} min {seconds} s"
    return f"{seconds} s"


def listed(names: Sequence[str], *, at_most: int = 5, between: str = ", ") -> str:
    """Return names with commas, or sentences with blanks, and how many are beyond `at_most`."""
    shown = between.join(names[:at_most])
    beyond = len(names) - at_most
    return f"{shown} and {beyond} more" if beyond > 0 else shown


def wrapped(line: str, width: int = PRINTED_WIDTH) -> list[str]:
    """Return a line as lines of at most `width` columns; what goes on is set in by two more."""
    begin = " " * (len(line) - len(line.lstrip()))
    return textwrap.wrap(
        line.strip(),
        width,
        initial_indent=begin,
        subsequent_indent=f"{begin}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def tally(values: Iterable[object], *, at_most: int = 5) -> str:
    """Return how often each text occurs, the most frequent first; empty texts do not count.

    Reasons that stand in one cell with semicolons between them are counted each.
    """
    counts: Counter[str] = Counter()
    for value, n in Counter(values).items():  # first the cells, which may be a million
        if isinstance(value, str):
            counts.update({part: n for part in value.split(";") if part})
    return listed([f"{name} {n:,}" for name, n in counts.most_common()], at_most=at_most)


def missing(table: pd.DataFrame, names: Iterable[str]) -> str:
    """Return which columns of a table are missing in how many rows, the emptiest first."""
    by_number: dict[int, list[str]] = {}
    for name in names:
        n = int(table[name].isna().sum()) if name in table else 0
        if n:
            by_number.setdefault(n, []).append(name)
    parts = []
    for n, columns in sorted(by_number.items(), reverse=True):
        of = "all" if n == len(table) else f"{n} of"
        parts.append(f"{listed(columns, at_most=4)} in {of} {len(table):,}")
    return "; ".join(parts)


def shapes(**tables: pd.DataFrame) -> str:
    """Return the names of tables with their rows and columns."""
    return ", ".join(f".{name} {len(t):,} by {t.shape[1]}" for name, t in tables.items())


def _printable(text: str) -> str:
    """Return a text in which line ends are blanks and what cannot be printed is replaced."""
    return "".join(c if c.isprintable() else "�" for c in " ".join(text.split()))


def _cut(text: str, width: int) -> str:
    text = _printable(text)
    return text if len(text) <= width else text[: width - 1] + "…"


def _escaped(text: str, width: int) -> str:
    return html.escape(_cut(text, width))
