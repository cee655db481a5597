"""Scoring: mirroring, markedness and patterns of two partners' signals, against chance.

Tables in, tables out; nothing here touches the disk, and nothing knows where a channel came from.
"""

from attunement.scoring.correlation import windowed_cross_correlation
from attunement.scoring.events import infant_events
from attunement.scoring.pooled import pooled_contingency
from attunement.scoring.recovery import recovery_scores
from attunement.scoring.halves import score_halves, score_names
from attunement.scoring.rmea import scale_series, synchrony_indices
from attunement.scoring.session import Scores, score_session, score_windows

__all__ = [
    "Scores",
    "infant_events",
    "pooled_contingency",
    "recovery_scores",
    "scale_series",
    "score_halves",
    "score_names",
    "score_session",
    "score_windows",
    "synchrony_indices",
    "windowed_cross_correlation",
]
