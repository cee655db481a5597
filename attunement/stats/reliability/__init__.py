"""Agreement between coders and reliability of ratings.

Every function returns a tidy table, one row a statistic, with the columns ``term``, ``estimate``,
``std_error``, ``ci_low``, ``ci_high``, ``statistic``, ``df``, ``p``, counts (``n_targets``,
``n_raters``, ``n_left_out``, ...) and ``reason``. What these data leave undefined is missing and
``reason`` says why; what makes no sense to ask is a `ReliabilityError`.
"""

from attunement.stats.reliability.agreement import (
    agreement,
    maximum_kappa,
    pabak,
    percent_agreement,
)
from attunement.stats.reliability.alignment import align_events
from attunement.stats.reliability.bland_altman import bland_altman
from attunement.stats.reliability.events import event_kappa, timed_agreement
from attunement.stats.reliability.fleiss import fleiss_kappa
from attunement.stats.reliability.icc import icc
from attunement.stats.reliability.kappa import cohen_kappa, kappa_from_counts
from attunement.stats.reliability.krippendorff import krippendorff_alpha
from attunement.stats.reliability.scores import reliability_of_scores
from attunement.stats.reliability.time_units import time_unit_kappa
from attunement.stats.reliability.wording import reliability_sentence

__all__ = [
    "agreement",
    "align_events",
    "bland_altman",
    "cohen_kappa",
    "event_kappa",
    "fleiss_kappa",
    "icc",
    "kappa_from_counts",
    "krippendorff_alpha",
    "maximum_kappa",
    "pabak",
    "percent_agreement",
    "reliability_of_scores",
    "reliability_sentence",
    "time_unit_kappa",
    "timed_agreement",
]
