"""Scoring: mirroring, markedness and patterns of two partners' signals, against chance.

Tables in, tables out; nothing here touches the disk, and nothing knows where a channel came from.
"""

from attunement.scoring.answering.events import infant_events
from attunement.scoring.answering.family_contingency import pooled_contingency
from attunement.scoring.chance.pseudo_dyads import pseudo_dyads
from attunement.scoring.chance.surrogates import (
    circular_surrogates,
    phase_surrogates,
    sample_surrogates,
    segment_surrogates,
)
from attunement.scoring.halves import score_halves, score_names
from attunement.scoring.matching.correlation import windowed_cross_correlation
from attunement.scoring.measures.crosslagged import windowed_cross_lagged_regression
from attunement.scoring.measures.multiverse import multiverse
from attunement.scoring.measures.peaks import pick_peaks
from attunement.scoring.measures.recurrence import cross_recurrence, recurrence_profile
from attunement.scoring.measures.rmea import scale_series, synchrony_indices
from attunement.scoring.measures.sequential import granger, lag_sequential
from attunement.scoring.measures.spectral import coherence
from attunement.scoring.repairing.recovery import recovery_scores
from attunement.scoring.session import Scores, score_session, score_windows

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
