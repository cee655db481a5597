"""The card of a session's scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from attunement.cards import Card, count, duration, listed, missing, shapes, tally
from attunement.reasons import tally_in_words
from attunement.scoring.columns import first_scores

if TYPE_CHECKING:
    from attunement.scoring.session import Scores


def scores_card(scores: Scores) -> Card:
    """Return how much was scored, what is missing, and why."""
    windows, events, states = scores.windows, scores.events, scores.states
    sessions = scores.by_session
    usable_min = sessions["usable_min"].sum()
    usable = duration(60 * float(usable_min))
    answered = int((events["answered"] == 1).sum())
    asked = int(events["answered"].notna().sum())
    return Card(
        f"Scores of {count(len(sessions), 'session')}, "
        f"{count(sessions['dyad'].nunique(), 'dyad')}, {usable} usable",
        (
            ("episodes", tally(scores.by_episode["episode"])),
            ("windows", windows_text(sessions, windows)),
            ("patterns", tally(windows["pattern"].str.replace("_", " "), at_most=6)),
            ("events", f"{len(events):,} of infants, {answered:,} of {asked:,} answered"),
            ("states", tally(states["state"].str.replace("_", " "), at_most=4)),
            ("missing", missing(sessions, main_scores())),
            ("why", why(sessions)),
            ("absent channels", _absent(sessions)),
            (
                "tables",
                shapes(
                    windows=windows,
                    events=events,
                    states=states,
                    contingency=scores.contingency,
                    by_episode=scores.by_episode,
                    by_session=sessions,
                ),
            ),
        ),
    )


def windows_text(sessions: pd.DataFrame, windows: pd.DataFrame) -> str:
    """Return how many windows there are, how many of them are scorable, and what the others lack.

    A window of which something is missing has its reason and may be scorable all the same.
    """
    text = f"{len(windows):,}, {int(sessions['n_scorable'].sum()):,} scorable"
    reasons = tally_in_words(windows["reason"], at_most=1)
    return f"{text}; {reasons}" if reasons else text


def main_scores() -> list[str]:
    """Return the scores that a reader asks for first, without their p and limits."""
    return [
        column.name
        for column in first_scores()
        if column.dtype == "float64" and column.kind not in ("p", "limit")
    ]


def why(table: pd.DataFrame) -> str:
    """Return the reasons of a table of scores in words, each with the number of its rows."""
    columns = [name for name in ("reason", "events_reason", "states_reason") if name in table]
    by_row = table[columns].fillna("").itertuples(index=False)
    return tally_in_words(";".join(row) for row in by_row)


def _absent(sessions: pd.DataFrame) -> str:
    if "absent_channels" not in sessions:
        return ""
    n, of = len(sessions), sessions["absent_channels"].fillna("")
    counts = of[of != ""].str.split(";").explode().value_counts(sort=False)
    return listed(
        [f"{name} {k:,}" if n > 1 else str(name) for name, k in counts.items()], at_most=7
    )
