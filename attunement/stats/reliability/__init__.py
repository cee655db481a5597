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
from attunement.stats.reliability.fleiss import fleiss_kappa
from attunement.stats.reliability.icc import icc
from attunement.stats.reliability.kappa import cohen_kappa, kappa_from_counts
from attunement.stats.reliability.krippendorff import krippendorff_alpha

__all__ = [
    "agreement",
    "cohen_kappa",
    "fleiss_kappa",
    "icc",
    "kappa_from_counts",
    "krippendorff_alpha",
    "maximum_kappa",
    "pabak",
    "percent_agreement",
]
