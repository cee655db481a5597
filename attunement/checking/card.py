"""The card of a check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attunement.cards import Card, count, duration, listed, tally

if TYPE_CHECKING:
    from attunement.checking.study import StudyCheck


def check_card(check: StudyCheck) -> Card:
    """Return the verdicts, the shares that they rest on, and the advice."""
    table = check.table
    shares = [f"{who} {rows['usable_share'].median():.0%}" for who, rows in table.groupby("person")]
    shares = [text for text in shares if "nan" not in text]
    advice = [
        f"{row.session}: {row.advice}"
        for row in table.drop_duplicates(["session", "advice"]).itertuples()
        if row.advice
    ]
    return Card(
        f"Check of {count(table['session'].nunique(), 'session')}: "
        f"{'all can be scored' if check.passed else 'not all can be scored'}",
        (
            ("verdicts", tally(table["verdict"].str.replace("_", " "))),
            ("usable (median)", ", ".join(shares)),
            ("recorded", duration(float(table["duration_s"].sum()))),
            ("advice", listed(advice, at_most=3, between=" ")),
        ),
    )
