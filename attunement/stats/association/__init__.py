"""From scores to coded outcomes: models by declared kind, guards, robustness, power, tables."""

from attunement.stats.association.fit import fit_association
from attunement.stats.association.result import Result

__all__ = ["Result", "fit_association"]
