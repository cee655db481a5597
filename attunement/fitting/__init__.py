"""Composes the stats layer with a finished run (``attunement fit``) and with simulated sessions."""

from attunement.fitting.outcomes_file import read_outcomes
from attunement.fitting.planning import plan_study, simulate_pool
from attunement.fitting.study import FittedStudy, fit_study

__all__ = ["FittedStudy", "fit_study", "plan_study", "read_outcomes", "simulate_pool"]
