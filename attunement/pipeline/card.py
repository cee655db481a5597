"""The card of what a run leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from attunement.cards import Card, count, listed, missing, shapes
from attunement.pipeline.gaps_sentence import gaps_sentence
from attunement.pipeline.outcomes import LABELS, OUTCOMES, tallied
from attunement.scoring.card import main_scores, why, windows_text

if TYPE_CHECKING:
    from attunement.pipeline.run import Summary


def summary_card(summary: Summary) -> Card:
    """Return how many sessions are scored, what failed or waits, what is missing, and why."""
    scores, windows, failures = summary.scores, summary.windows, summary.failures
    failed = [f"{row.session}: {row.reason}" for row in failures.itertuples()]
    waiting = [
        f"{row.session} ({row.share:.0%} of the frames, {row.roles})"
        for row in summary.waiting.itertuples()
    ]
    return Card(
        f"Run of {count(len(summary.outcomes), 'session')}: {_counts(summary.outcomes)}",
        (
            ("folder", str(summary.out)),
            ("computed now", _computed(summary.computed)),
            ("windows", windows_text(scores, windows)),
            ("missing", missing(scores, main_scores())),
            ("why", why(scores)),
            ("gaps", gaps_sentence(scores)),
            ("not scorable", _of(summary.outcomes, "not_scorable")),
            ("barely", _of(summary.outcomes, "barely")),
            ("failed", listed(failed, at_most=3, between=" ")),
            ("say who is who", listed(waiting, at_most=3)),
            ("next", summary.next_step),
            (
                "tables",
                shapes(
                    scores=scores,
                    scores_by_episode=summary.scores_by_episode,
                    reliability=summary.reliability,
                    windows=windows,
                    failures=failures,
                    waiting=summary.waiting,
                ),
            ),
        ),
    )


def _counts(outcomes: pd.DataFrame) -> str:
    counts = tallied(outcomes)
    parts = [
        f"{counts[name]:,} {LABELS[name]}"
        for name in OUTCOMES
        if counts[name] or name in ("scored", "failed")
    ]
    return ", ".join(parts)


def _of(outcomes: pd.DataFrame, outcome: str) -> str:
    of = outcomes[outcomes["outcome"] == outcome]
    return listed([f"{row.session} ({row.why})" for row in of.itertuples()], at_most=3)


def _computed(computed: dict[str, int]) -> str:
    if not any(computed.values()):
        return "nothing, all was found finished"
    spans = count(computed.get("spans", 0), "span of faces", "spans of faces")
    return f"{spans}, {count(computed.get('sessions', 0), 'session')}"
