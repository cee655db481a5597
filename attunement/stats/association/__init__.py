"""From scores to coded outcomes: models by declared kind, guards, robustness, power, tables."""

from attunement.stats.association.covariates import offered_covariates
from attunement.stats.association.fit import fit_association
from attunement.stats.association.good_enough import good_enough
from attunement.stats.association.multiplicity import adjust_p, adjust_table
from attunement.stats.association.outcomes import Joined, clean_outcomes, join_outcomes
from attunement.stats.association.result import Result

__all__ = [
    "Joined",
    "Result",
    "adjust_p",
    "adjust_table",
    "clean_outcomes",
    "fit_association",
    "good_enough",
    "join_outcomes",
    "offered_covariates",
]
