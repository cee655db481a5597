from .compute import compute_signals as compute_signals
