"""Which column of the outcomes holds the ids, and which ids of the study they are."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from attunement.config import Association
from attunement.errors import ConfigError
from attunement.fitting.outcomes_file import ID_COLUMNS
from attunement.stats.association.cleaning import as_id
from attunement.stats.association.ids import match_alike
from attunement.study.faults import did_you_mean

_ID_WORD = re.compile(
    r"id|ids|nr|no|number|nummer|code|vp|vpn|subject|participant|proband|patient|case|fall|dyad|"
    r"dyade|family|familie|session|child|infant|baby|kind|sujet|code",
    re.IGNORECASE,
)
_FEWEST = 2  # ids that must be found for a column to be taken for that of the ids


@dataclass(frozen=True)
class Key:
    """A column of ids on both sides, and how they match.

    Attributes
    ----------
    study, outcomes : str
        Names of the two columns.
    exact : tuple of str
        Ids that both have as they are written.
    alike : dict of str to str
        Ids of the outcomes that are written otherwise in the study, and how.
    study_only, outcomes_only : tuple of str
        Ids without a partner.
    repeated : tuple of str
        Ids that several rows of the outcomes have.
    rows_without : tuple of int
        Places of the rows of the outcomes that have no id.
    """

    study: str
    outcomes: str
    exact: tuple[str, ...]
    alike: dict[str, str]
    study_only: tuple[str, ...]
    outcomes_only: tuple[str, ...]
    repeated: tuple[str, ...]
    rows_without: tuple[int, ...]

    @property
    def n_found(self) -> int:
        """Ids of the study that the outcomes have, in whatever spelling."""
        return len(self.exact) + len(self.alike)

    def as_toml(self) -> str:
        """Return the setting as study.toml gives it."""
        if self.study == self.outcomes:
            return f"key = {toml_text(self.study)}"
        return f"key = {{study = {toml_text(self.study)}, outcomes = {toml_text(self.outcomes)}}}"


def toml_text(text: str) -> str:
    """Return a text as TOML writes it."""
    escaped = "".join(
        f"\\u{ord(c):04x}" if ord(c) < 32 or ord(c) == 127 else f"\\{c}" if c in '\\"' else c
        for c in text
    )
    return f'"{escaped}"'


def join_keys(
    settings: Association, scores: pd.DataFrame, outcomes: pd.DataFrame, *, file: str
) -> tuple[str, str]:
    """Return the columns of ids of the scores and of the outcomes, as declared or as both have.

    Raises
    ------
    ConfigError
        When a declared column is not there, or none is declared and the outcomes have no
        ``session``, ``dyad`` or ``family``; what fits the ids is proposed.
    """
    if not settings.key:
        both = [n for n in ID_COLUMNS if n in outcomes.columns and n in scores.columns]
        # A column "session" of visits 1 and 2 is no key where "dyad" is one.
        found = (n for n in both if match_key(scores, outcomes, n, n).n_found)
        if name := next(found, both[0] if both else ""):
            return name, name
        raise ConfigError(
            f"[association] key: {file} has none of the columns {', '.join(ID_COLUMNS)}.",
            _proposal(scores, outcomes)
            or f"Say which of its columns holds the ids ({_columns(outcomes)}): "
            'key = {study = "dyad", outcomes = "..."}.',
        )
    names = declared_names(settings)
    for name, table, what in ((names[0], scores, "the study"), (names[1], outcomes, file)):
        if name not in table.columns:
            known = outcomes.columns if table is outcomes else _study_keys(scores)
            advice = (
                did_you_mean(name, map(str, known))
                or _proposal(scores, outcomes)
                or f"There is {', '.join(map(str, known))}."
            )
            raise ConfigError(f"[association] key: {what} has no column {name!r}.", advice)
    return names


def declared_names(settings: Association) -> tuple[str, str]:
    """Return the declared columns of ids, of the study and of the outcomes; empty where none is."""
    key = settings.key
    return (key["study"], key["outcomes"]) if isinstance(key, dict) else (key, key)


def without_clashes(
    outcomes: pd.DataFrame, scores: pd.DataFrame, settings: Association, key: str
) -> pd.DataFrame:
    """Return the outcomes without columns that the scores have too and that no model asks for.

    What a model asks for and both have is left, to be refused where the tables are joined.
    """
    asked = {
        *settings.outcomes, *settings.covariates, *settings.predictors, *settings.events.values(),
        *settings.exposures.values(), key,
    }  # fmt: skip
    twice = [n for n in outcomes.columns if n in scores.columns and n not in asked]
    return outcomes.drop(columns=twice)


def find_key(
    study: pd.DataFrame, outcomes: pd.DataFrame, *, study_keys: Sequence[str] = ID_COLUMNS
) -> Key | None:
    """Return the pair of columns whose ids fit best, or None where next to none do.

    The pair with the most ids found is taken; among equals one without repeated ids, one whose name
    says that it holds ids, one of the same name, the dyad's.
    """
    best: tuple[tuple[float, ...], Key] | None = None
    for theirs in map(str, outcomes.columns):
        for place, ours in enumerate(name for name in study_keys if name in study.columns):
            key = match_key(study, outcomes, ours, theirs)
            named = ours.casefold() == theirs.casefold() or any(
                _ID_WORD.fullmatch(word) for word in re.split(r"[\W_\d]+", theirs)
            )
            if not named and _could_be_values(key):
                continue
            rank = (
                key.n_found,
                -len(key.repeated),
                named,
                ours.casefold() == theirs.casefold(),
                ours == "dyad",
                -place,
            )
            if key.n_found >= _FEWEST and (best is None or rank > best[0]):
                best = rank, key
    return best[1] if best else None


def _could_be_values(key: Key) -> bool:
    """Tell whether numbers that are found may be ratings: few of the ids of the study are."""
    numbers = all(name.replace(".", "").isdecimal() for name in (*key.exact, *key.alike))
    return numbers and key.n_found < len(key.study_only)


def match_key(study: pd.DataFrame, outcomes: pd.DataFrame, ours: str, theirs: str) -> Key:
    """Return how the ids of two columns match."""
    in_study = list(dict.fromkeys(study[ours].dropna().map(as_id)))
    given = outcomes[theirs]
    as_text = given.dropna().map(as_id)
    in_outcomes = list(dict.fromkeys(as_text))
    theirs_have = set(in_outcomes)
    exact = tuple(name for name in in_study if name in theirs_have)
    same = set(exact)
    alike = {
        name: meant
        for name, meant in match_alike(in_study, in_outcomes).items()
        if name not in same and meant not in same
    }
    of_study, of_outcomes = same | set(alike.values()), same | set(alike)
    return Key(
        study=ours,
        outcomes=theirs,
        exact=exact,
        alike=alike,
        study_only=tuple(n for n in in_study if n not in of_study),
        outcomes_only=tuple(n for n in in_outcomes if n not in of_outcomes),
        repeated=tuple(as_text[as_text.duplicated()].unique()),
        rows_without=tuple(int(k) for k in (given.isna()).to_numpy().nonzero()[0]),
    )


def usable_rows(
    key: Key, scores: pd.DataFrame, outcomes: pd.DataFrame, *, predictors: Sequence[str]
) -> pd.Series:
    """Return which rows of the outcomes match a session with a score, as True and False.

    A session has a score where one of the predictors that are columns of the scores has a value.
    """
    scored = [name for name in predictors if name in scores.columns]
    known = scores[scores[scored].notna().any(axis=1)] if scored else scores
    ids = set(known[key.study].dropna().map(as_id))
    meant = {**{name: name for name in key.exact}, **key.alike}
    rows = outcomes[key.outcomes].map(as_id, na_action="ignore").map(meant)
    return rows.isin(ids)


def _proposal(scores: pd.DataFrame, outcomes: pd.DataFrame) -> str:
    key = find_key(scores, outcomes)
    if key is None:
        return ""
    n = key.n_found + len(key.study_only)
    alike = ' and ids = "alike"' if key.alike else ""
    return f"Its column {key.outcomes!r} fits {key.n_found} of {n}: {key.as_toml()}{alike}"


def _study_keys(scores: pd.DataFrame) -> list[str]:
    return [name for name in ID_COLUMNS if name in scores.columns]


def _columns(table: pd.DataFrame) -> str:
    names = list(map(str, table.columns))
    return ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
