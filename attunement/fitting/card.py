"""The card of the associations that a study declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attunement.cards import Card, count, listed, tally
from attunement.fitting.entered_words import suspect_sentences
from attunement.stats.association.card import estimate_text

if TYPE_CHECKING:
    from attunement.fitting.study import FittedStudy

_MAX_MODELS = 6


def fitted_card(fitted: FittedStudy) -> Card:
    """Return the estimate of every predictor, the primary ones first, and what was refused."""
    table = fitted.table
    models = zip(table["outcome"], table["predictor"], strict=True)
    rows = table.loc[[model not in fitted.refused for model in models]]
    rows = rows.sort_values("primary", ascending=False, kind="stable").to_dict("records")
    lines = [
        (
            f"{row['outcome']} ~ {row['term']}",
            estimate_text(row) + ", primary" * bool(row["primary"]),
        )
        for row in rows
    ]
    beyond = len(lines) - _MAX_MODELS
    notes = [f"{o} ~ {p}: not fitted: {reason}" for (o, p), reason in fitted.refused.items()]
    return Card(
        f"Associations of {count(table['outcome'].nunique(), 'outcome')}: "
        f"{count(len(fitted.results), 'model')} fitted, {len(fitted.refused)} refused",
        (
            *lines[:_MAX_MODELS],
            ("further", f"{count(beyond, 'coefficient')} in .table" if beyond > 0 else ""),
            ("refused", listed(notes, at_most=2, between=" ")),
            (
                "doubtful",
                listed(
                    [*fitted.entered.changed, *suspect_sentences(fitted.entered)],
                    at_most=2,
                    between=" ",
                ),
            ),
            ("unmatched ids", tally(fitted.unmatched["found_in"])),
            ("files", listed([path.name for path in fitted.files])),
        ),
    )
