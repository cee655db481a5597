from .answering.events import infant_events as infant_events
from .answering.family_contingency import pooled_contingency as pooled_contingency
from .chance.pseudo_dyads import pseudo_dyads as pseudo_dyads
from .chance.surrogates import circular_surrogates as circular_surrogates
from .chance.surrogates import phase_surrogates as phase_surrogates
from .chance.surrogates import segment_surrogates as segment_surrogates
from .halves import score_halves as score_halves
from .halves import score_names as score_names
from .matching.correlation import windowed_cross_correlation as windowed_cross_correlation
from .measures.crosslagged import (
    windowed_cross_lagged_regression as windowed_cross_lagged_regression,
)
from .measures.multiverse import multiverse as multiverse
from .measures.peaks import pick_peaks as pick_peaks
from .measures.recurrence import cross_recurrence as cross_recurrence
from .measures.recurrence import recurrence_profile as recurrence_profile
from .measures.rmea import scale_series as scale_series
from .measures.rmea import synchrony_indices as synchrony_indices
from .measures.sequential import granger as granger
from .measures.sequential import lag_sequential as lag_sequential
from .measures.spectral import coherence as coherence
from .repairing.recovery import recovery_scores as recovery_scores
from .session import Scores as Scores
from .session import score_session as score_session
from .session import score_windows as score_windows
