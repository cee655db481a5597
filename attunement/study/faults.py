"""Collects what is wrong with the files of a study, so that everything is said at once."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field

_LONGEST_SHOWN = 80


@dataclass
class Faults:
    """The faults of one file; several files may share one list of sentences.

    Parameters
    ----------
    file : str
        Name of the file, as the sentences give it.
    sentences : list of str
        One line a fault, in the order they were found.
    """

    file: str
    sentences: list[str] = field(default_factory=list)

    def at(self, row: int, column: str, found: str, expected: str, advice: str = "") -> None:
        """Add a fault of one cell; the header is row 1, as a spreadsheet counts."""
        self.add(
            f"{self.file}, row {row}, column {shown(column, quote=False)}: "
            f"found {shown(found)}; expected {expected}. {advice}"
        )

    def add(self, sentence: str) -> None:
        """Add a sentence that says file and place itself; what both partners share is said once."""
        sentence = " ".join(sentence.split())
        if sentence not in self.sentences:
            self.sentences.append(sentence)


def shown(text: str, *, quote: bool = True) -> str:
    """Return `text` fit for one line of a message: printable, not too long, empty said as such."""
    if not text:
        return "an empty cell"
    if len(text) > _LONGEST_SHOWN:
        text = text[:_LONGEST_SHOWN] + "…"
    plain = repr(text)
    return plain if quote else plain[1:-1]


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known name most like `word`, or the empty text where none is like it."""
    by_folded = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(word.casefold(), by_folded, n=1)
    return by_folded[near[0]] if near else ""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a question with the nearest known name, or the empty text."""
    near = nearest(word, known)
    return f"Did you mean {near!r}?" if near else ""
