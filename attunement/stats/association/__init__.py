"""From scores to coded outcomes: models by declared kind, guards, robustness, power, tables."""

from attunement.stats.association.actor_partner import fit_actor_partner
from attunement.stats.association.attenuation import correct_attenuation, correct_correlation
from attunement.stats.association.covariates import offered_covariates
from attunement.stats.association.fit import fit_association
from attunement.stats.association.good_enough import good_enough
from attunement.stats.association.mediation import fit_mediation
from attunement.stats.association.missingness import impute, report_missing
from attunement.stats.association.multiplicity import adjust_p, adjust_table
from attunement.stats.association.outcomes import Joined, clean_outcomes, join_outcomes
from attunement.stats.association.power import (
    draw_from_pool,
    dyads_needed,
    observed_correlation,
    plan_dyads,
    power_correlation,
    simulate_power,
    spearman_brown,
)
from attunement.stats.association.prediction import cross_validate
from attunement.stats.association.result import Result
from attunement.stats.association.robustness import bootstrap, by_coverage, leave_one_family_out

__all__ = [
    "Joined",
    "Result",
    "adjust_p",
    "adjust_table",
    "bootstrap",
    "by_coverage",
    "clean_outcomes",
    "correct_attenuation",
    "correct_correlation",
    "cross_validate",
    "draw_from_pool",
    "dyads_needed",
    "fit_actor_partner",
    "fit_association",
    "fit_mediation",
    "good_enough",
    "impute",
    "join_outcomes",
    "leave_one_family_out",
    "observed_correlation",
    "offered_covariates",
    "plan_dyads",
    "power_correlation",
    "report_missing",
    "simulate_power",
    "spearman_brown",
]
