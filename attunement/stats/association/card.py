"""The cards of a fitted model and of scores joined with outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from attunement.cards import Card, count, listed, tally
from attunement.stats.association.printing import paper_table
from attunement.stats.association.rendering import interval, number, p_value, table_html

if TYPE_CHECKING:
    from attunement.stats.association.outcomes import Joined
    from attunement.stats.association.result import Result

_MAX_TERMS = 6


def result_card(result: Result) -> Card:
    """Return who was analysed and who was left out and why, the estimates, and the notes."""
    table = result.table
    shown = table[table["role"] != "intercept"] if "role" in table else table
    terms = [(str(row["term"]), estimate_text(row)) for row in shown.to_dict("records")]
    beyond = len(terms) - _MAX_TERMS
    paper, _ = paper_table(result)
    return Card(
        result.title,
        (
            ("analysed", _analysed(result.diagnostics)),
            ("left out", _left_out(result.diagnostics)),
            *terms[:_MAX_TERMS],
            ("further", f"{count(beyond, 'term')} in .table" if beyond > 0 else ""),
            ("notes", " ".join(result.notes)),
        ),
        html=f"<p>{result.text_html}</p>\n{table_html(paper, text_columns=('term', 'note'))}",
    )


def joined_card(joined: Joined) -> Card:
    """Return the rows of scores with outcomes, and the ids that are in one table only."""
    unmatched = joined.unmatched
    ids = [f"{row.id} ({row.found_in})" for row in unmatched.itertuples()]
    return Card(
        f"Scores joined with outcomes: {count(len(joined.table), 'row')}, "
        f"{count(joined.table.shape[1], 'column')}",
        (
            ("unmatched", tally(unmatched["found_in"])),
            ("ids", listed(ids)),
            ("hints", tally(unmatched["hint"], at_most=3)),
        ),
    )


def estimate_text(row: Mapping[Any, Any]) -> str:
    """Return ``−0.13 [−0.47, 0.20], p = .433`` of a row of a result's table."""
    text = number(float(row["estimate"]))
    low, high = float(row["ci_low"]), float(row["ci_high"])
    if np.isfinite(low) or np.isfinite(high):
        text += f" {interval(low, high)}"
    p = float(row.get("p", np.nan))
    text += "" if np.isnan(p) else f", p {p_value(p)}"
    note = row.get("note")
    return f"{text} ({note})" if isinstance(note, str) and note else text


def _analysed(diagnostics: Mapping[str, Any]) -> str:
    parts = [
        count(int(diagnostics[name]), noun, nouns)
        for name, noun, nouns in (
            ("n_dyads", "dyad", ""),
            ("n_families", "family", "families"),
            ("n_sessions", "session", ""),
        )
        if name in diagnostics
    ]
    model = diagnostics.get("model")
    return ", ".join(parts) + (f"; {model}" if model else "")


def _left_out(diagnostics: Mapping[str, Any]) -> str:
    n, left_out = diagnostics.get("n_left_out", 0), diagnostics.get("left_out")
    if not n:
        return "nobody"
    reasons = tally(left_out["reason"]) if isinstance(left_out, pd.DataFrame) else ""
    return f"{count(int(n), 'session')}: {reasons}" if reasons else count(int(n), "session")
