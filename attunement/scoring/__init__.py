"""Scoring: mirroring, markedness and patterns of two partners' signals, against chance.

Tables in, tables out; nothing here touches the disk, and nothing knows where a channel came from.
"""

from attunement.scoring.correlation import windowed_cross_correlation
from attunement.scoring.crosslagged import windowed_cross_lagged_regression
from attunement.scoring.events import infant_events
from attunement.scoring.halves import score_halves, score_names
from attunement.scoring.multiverse import multiverse
from attunement.scoring.peaks import pick_peaks
from attunement.scoring.pooled import pooled_contingency
from attunement.scoring.pseudo import pseudo_dyads
from attunement.scoring.recovery import recovery_scores
from attunement.scoring.recurrence import cross_recurrence, recurrence_profile
from attunement.scoring.rmea import scale_series, synchrony_indices
from attunement.scoring.sequential import granger, lag_sequential
from attunement.scoring.session import Scores, score_session, score_windows
from attunement.scoring.spectral import coherence
from attunement.scoring.surrogates import (
    circular_surrogates,
    phase_surrogates,
    sample_surrogates,
    segment_surrogates,
)

__all__ = [
    "Scores",
    "circular_surrogates",
    "coherence",
    "cross_recurrence",
    "granger",
    "infant_events",
    "lag_sequential",
    "multiverse",
    "phase_surrogates",
    "pick_peaks",
    "pooled_contingency",
    "pseudo_dyads",
    "recovery_scores",
    "recurrence_profile",
    "sample_surrogates",
    "scale_series",
    "score_halves",
    "score_names",
    "score_session",
    "score_windows",
    "segment_surrogates",
    "synchrony_indices",
    "windowed_cross_correlation",
    "windowed_cross_lagged_regression",
]
