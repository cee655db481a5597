"""Composes a finished run and the stats layer: ``attunement fit``."""

from attunement.fitting.outcomes_file import read_outcomes
from attunement.fitting.study import FittedStudy, fit_study

__all__ = ["FittedStudy", "fit_study", "read_outcomes"]
