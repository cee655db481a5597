"""Statistics of scores and codes: reliability, association with coded outcomes, power.

Public names load when first used, because statsmodels takes a second to import. Tables in, tables
out; nothing here touches the disk.
"""

from importlib import import_module
from typing import Any

_ROOMS = ("association", "reliability")
_ASSOCIATION = (
    "Joined", "Result", "adjust_p", "adjust_table", "bootstrap", "by_coverage", "clean_outcomes",
    "correct_attenuation", "correct_correlation", "cross_validate", "draw_from_pool",
    "dyads_needed", "fit_actor_partner", "fit_association", "fit_mediation", "good_enough",
    "impute", "join_outcomes", "leave_one_family_out", "observed_correlation",
    "offered_covariates", "plan_dyads", "power_correlation", "report_missing", "simulate_power",
    "spearman_brown",
)  # fmt: skip

__all__ = [*_ROOMS, *_ASSOCIATION]


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(f"attunement.stats.{name}")
    if name in _ASSOCIATION:
        return getattr(import_module("attunement.stats.association"), name)
    raise AttributeError(f"module 'attunement.stats' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
