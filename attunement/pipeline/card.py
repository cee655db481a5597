"""The card of what a run leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attunement.cards import Card, count, listed, missing, shapes
from attunement.scoring.card import main_scores, why, windows_text

if TYPE_CHECKING:
    from attunement.pipeline.run import Summary


def summary_card(summary: Summary) -> Card:
    """Return how many sessions are scored, what failed or waits, what is missing, and why."""
    scores, windows, failures = summary.scores, summary.windows, summary.failures
    n_failed = failures["session"].nunique()
    failed = [f"{row.session}: {row.reason}" for row in failures.itertuples()]
    waiting = [
        f"{row.session} ({row.share:.0%} of the frames, {row.roles})"
        for row in summary.waiting.itertuples()
    ]
    return Card(
        f"Run of {count(len(scores) + n_failed, 'session')}: {len(scores):,} scored, "
        f"{n_failed:,} failed",
        (
            ("folder", str(summary.out)),
            ("computed now", _computed(summary.computed)),
            ("windows", windows_text(scores, windows)),
            ("missing", missing(scores, main_scores())),
            ("why", why(scores)),
            ("failed", listed(failed, at_most=3, between=" ")),
            ("say who is who", listed(waiting, at_most=3)),
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


def _computed(computed: dict[str, int]) -> str:
    if not any(computed.values()):
        return "nothing, all was found finished"
    spans = count(computed.get("spans", 0), "span of faces", "spans of faces")
    return f"{spans}, {count(computed.get('sessions', 0), 'session')}"
