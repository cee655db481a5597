"""Outcomes that people coded: cleaned as declared, joined to scores by ids as text."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from attunement.cards import Card, Carded
from attunement.errors import TableError
from attunement.stats.association.card import joined_card
from attunement.stats.association.cleaning import as_id, clean_outcomes
from attunement.stats.association.ids import match_alike, near_ids
from attunement.stats.association.missing_codes import MissingValues
from attunement.written_numbers import not_coded_words, plain_number

WRITTEN_OTHERWISE = "written"  # how the hint of an id begins that ids_alike joins
_MOST_MEANT = 3


@dataclass(frozen=True, repr=False)
class Joined(Carded):
    """Scores with outcomes.

    Attributes
    ----------
    table : pandas.DataFrame
        Every row of the scores in its order; outcomes missing where no row matches.
    unmatched : pandas.DataFrame
        id, found_in (``scores`` or ``outcomes``), hint: ids that are in one table only.
    alike : dict of str to str
        Ids of the outcomes that the scores write otherwise, and how; empty unless asked for.

    Examples
    --------
    >>> import pandas as pd
    >>> from attunement.stats.association import join_outcomes
    >>> scores = pd.DataFrame({"dyad": ["d1", "d2", "d3"], "mirroring": [0.2, 0.4, 0.1]})
    >>> outcomes = pd.DataFrame({"dyad": ["d1", "d2", "D3"], "sensitivity": [5, 6, 3]})
    >>> joined = join_outcomes(scores, outcomes, key="dyad")
    >>> print(joined.unmatched[["id", "found_in"]])
       id  found_in
    0  d3    scores
    1  D3  outcomes
    """

    table: pd.DataFrame
    unmatched: pd.DataFrame
    alike: dict[str, str] = field(default_factory=dict)

    def _card(self) -> Card:
        """Return what it holds, in a few lines."""
        return joined_card(self)


def join_outcomes(
    scores: pd.DataFrame,
    outcomes: pd.DataFrame,
    *,
    key: str,
    scores_key: str = "",
    ids_alike: bool = False,
    missing_values: MissingValues = (),
    labels: Mapping[str, Mapping[str, str]] | None = None,
) -> Joined:
    """Join outcomes to scores; ids are compared as text, and rows that do not match are listed.

    Parameters
    ----------
    scores : pandas.DataFrame
        One row a session.
    outcomes : pandas.DataFrame
        One row an id: a session, a dyad or a family.
    key : str
        Id column of the outcomes; whole numbers are read as their digits, so read "007" as text.
    scores_key : str
        The same id in the scores; `key` by default.
    ids_alike : bool
        Whether ids match that are the same but for how they are written: capitals, blanks, hyphens,
        zeros before a number, a ``.0``, or a word before every number of one table only
        (``7``, ``007``, ``dyad-7``). An id that could mean two matches none.
    missing_values, labels
        As for `clean_outcomes`.

    Raises
    ------
    TableError
        When an id column is not there, an id of the outcomes is missing or repeats, a column is
        in both tables, or nothing matches.

    Examples
    --------
    >>> import pandas as pd
    >>> from attunement.stats.association import join_outcomes
    >>> scores = pd.DataFrame({"dyad": ["d1", "d2", "d3"], "mirroring": [0.2, 0.4, 0.1]})
    >>> outcomes = pd.DataFrame({"dyad": ["d1", "d2"], "sensitivity": [5, -99]})
    >>> joined = join_outcomes(scores, outcomes, key="dyad", missing_values=[-99])
    >>> print(joined.table)
      dyad  mirroring  sensitivity
    0   d1        0.2          5.0
    1   d2        0.4          NaN
    2   d3        0.1          NaN
    """
    scores_key = scores_key or key
    for table, name, what in ((outcomes, key, "outcomes"), (scores, scores_key, "scores")):
        if name not in table.columns:
            raise TableError(
                f"The {what} have no column {name!r} to join by.",
                f"Columns are {', '.join(map(str, table.columns))}.",
            )
    if outcomes[key].isna().any():
        raise TableError(f"{int(outcomes[key].isna().sum())} rows of the outcomes have no {key}.")
    ids = outcomes[key].map(as_id)
    repeated = ids[ids.duplicated()]
    if len(repeated):
        raise TableError(
            f"The outcomes have {key} {repeated.iloc[0]!r} more than once "
            f"({len(repeated)} repeats in all).",
            "It says that there is no id: give those rows theirs, or delete them."
            if not_coded_words([repeated.iloc[0]]) or plain_number(repeated.iloc[0]) < 0
            else "Leave one row for each id.",
        )
    clash = [name for name in outcomes.columns if name != key and name in scores.columns]
    if clash:
        raise TableError(
            f"{', '.join(map(repr, clash))} is in the scores and in the outcomes.",
            "Rename it in one of them.",
        )
    cleaned = clean_outcomes(outcomes, missing_values=missing_values, labels=labels, keep=[key])
    cleaned = cleaned.drop(columns=key).set_axis(ids.to_numpy(), axis=0)
    wanted = scores[scores_key].map(as_id, na_action="ignore")
    meant: dict[str, str] = {}
    if ids_alike:
        meant = match_alike(wanted.dropna(), ids)
        ids = ids.replace(meant)
        cleaned = cleaned.set_axis(ids.to_numpy(), axis=0)
    table = scores.copy()
    for name in cleaned.columns:
        table[name] = wanted.map(cleaned[name]).to_numpy()
    unmatched = _unmatched(set(wanted.dropna()), set(ids))
    if set(wanted.dropna()).isdisjoint(ids):
        hints = list(dict.fromkeys(unmatched.loc[unmatched["hint"] != "", "hint"]))
        hint = " ".join(hints[:3])
        if any(one.startswith(WRITTEN_OTHERWISE) for one in hints):
            hint += ' [association] ids = "alike" (ids_alike=True) joins such ids.'
        raise TableError(
            f"No {key} of the outcomes is among the scores: scores have "
            f"{', '.join(sorted(set(wanted.dropna()))[:3])}, outcomes {', '.join(ids.iloc[:3])}.",
            hint or "Check which id is joined.",
        )
    return Joined(table, unmatched, meant)


def _unmatched(in_scores: set[str], in_outcomes: set[str]) -> pd.DataFrame:
    rows = []
    for found_in, alone, other in (
        ("scores", in_scores - in_outcomes, in_outcomes - in_scores),
        ("outcomes", in_outcomes - in_scores, in_scores - in_outcomes),
    ):
        near = match_alike(other, alone)
        looks = near_ids(alone, sorted(other))
        for name in sorted(alone):
            hint = ""
            if name in near:
                hint = f"{WRITTEN_OTHERWISE} {near[name]!r} in the other table?"
            elif name in looks:
                hint = f"meant: {' or '.join(map(repr, looks[name][:_MOST_MEANT]))}?"
            rows.append({"id": name, "found_in": found_in, "hint": hint})
    return pd.DataFrame(rows, columns=["id", "found_in", "hint"])
