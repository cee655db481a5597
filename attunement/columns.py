"""What a column of a table is: declared where it is computed, told wherever somebody asks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

Value = float | int | str

# What a column can be, and what that means. Scores have a reliability; a p-value, a z, a limit and
# a level by chance belong to a score and are none.
KINDS = {
    "id": "names a row",
    "score": "describes the behaviour in a recording",
    "p": "p-value",
    "z": "a score in sd of its surrogates",
    "limit": "limit of an interval",
    "expected": "level of a score by chance",
    "count": "how many there were",
    "measure": "measured in a picture, or made of what was",
    "description": "describes a row or how it came about",
    "reason": "why something is missing",
}
# What a column of that kind must not be used for, whatever else is said of it.
_NOT_FOR = {
    "score": "a trait of the adult, a diagnosis, ranking or feedback to one person",
    "p": "a predictor or a size of effect: it shrinks as recordings get longer",
    "z": "a predictor or a comparison of sessions: it grows as recordings get longer",
    "limit": "a predictor: it moves with the length of the recording",
}
# What depends on the length of a recording at least as much as on the dyad.
NO_PREDICTORS = ("p", "z", "limit")

# What a column can need beside the channels that it is made of.
WINDOW = "window"
MOVEMENT_WINDOW = "movement_window"
NEEDS = {
    WINDOW: "a window with a score",
    MOVEMENT_WINDOW: "a window with a score of head movement",
    "minute": "an episode of 60 s or more",
    "onsets": "8 infant events",
    "events": "5 infant events at risk",
    "distress": "3 distress events past the landmark",
}


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    name : str
    unit : str
        Empty for text and for numbers that have none.
    sentence : str
        One plain sentence: what a value says.
    kind : str
        One of `KINDS`.
    dtype : str
        As pandas names it; of counts int64, of ids and reasons text, else float64.
    needs : tuple of str
        Of `NEEDS`. A score that needs a window is withheld where no window has a score.
    chance_level : str
        What its value is on average where there is nothing but chance; empty where the question
        has no sense.
    missing_when : str
        Beside what it needs; empty where it never is.
    source : str
        Method or publication.
    not_for : str
        What it must not be used for, beside what holds for all of its kind.
    """

    name: str
    unit: str
    sentence: str
    kind: str
    dtype: str = ""
    needs: tuple[str, ...] = field(default=(), kw_only=True)
    chance_level: str = field(default="", kw_only=True)
    missing_when: str = field(default="", kw_only=True)
    source: str = field(default="", kw_only=True)
    not_for: str = field(default="", kw_only=True)

    def __post_init__(self) -> None:
        """Refuse what no table could tell, while the package is being written."""
        unknown = [name for name in self.needs if name not in NEEDS]
        if self.kind not in KINDS or unknown:
            raise ValueError(f"{self.name}: kind {self.kind!r}, needs {unknown} not known")
        if not self.dtype:
            text = self.kind in ("id", "reason")
            usual = "int64" if self.kind == "count" else "float64"
            object.__setattr__(self, "dtype", "str" if text else usual)

    @property
    def missing(self) -> str:
        """When it is missing: without what it needs, and beside."""
        parts = [f"without {NEEDS[name]}" for name in self.needs]
        return "; ".join([*parts, self.missing_when] if self.missing_when else parts)

    @property
    def misuse(self) -> str:
        """What it must not be used for."""
        return "; ".join(filter(None, (self.not_for, _NOT_FOR.get(self.kind, ""))))


class ScoreModule(Protocol):
    """A module that computes scores: what it computes is declared in it."""

    @property
    def COLUMNS(self) -> tuple[Column, ...]:
        """What it computes."""

    def scores(self, of: Any, /) -> Mapping[str, Value]:
        """Return a value for every declared column, missing ones too."""


def types(columns: Iterable[Column]) -> dict[str, str]:
    """Return the type of every column by its name, in order."""
    return {column.name: column.dtype for column in columns}


def leading(columns: Iterable[Column], first: Sequence[str]) -> tuple[Column, ...]:
    """Return the columns named in `first`, in that order, and then the others in theirs."""
    by_name = {column.name: column for column in columns}
    return tuple(by_name[name] for name in dict.fromkeys([*first, *by_name]))
