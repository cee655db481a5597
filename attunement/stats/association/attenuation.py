"""Correction for attenuation: what unreliable scores hide, always beside the raw figure."""

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pandas as pd

from attunement.errors import AssociationError
from attunement.stats.association.fit import prepare
from attunement.stats.association.occasion import SAYS, asked
from attunement.stats.association.result import Result


def correct_correlation(
    *,
    r: float,
    n_dyads: int,
    reliability: float,
    reliability_of: str = "",
    reliability_outcome: float = 1.0,
) -> pd.DataFrame:
    """Return a correlation raw and corrected for attenuation, with 95 % intervals.

    Two rows (``raw``, ``corrected``): estimate, ci_low, ci_high, reliability, reliability_of,
    reliability_outcome, n_dyads. It has to be said whether the reliability is that of the
    ``occasion`` (split halves: corrected is the correlation with what the dyads were like that
    day) or of the dyad's ``trait`` (stability over occasions). Intervals are Fisher's z, ends
    divided like the estimate; they take the reliability for known. Values beyond 1 are left
    standing, since they say that the reliability is too low for what was seen.

    Source: Spearman (1904): r / sqrt(reliability reliability_outcome).

    Examples
    --------
    >>> from attunement.stats.association import correct_correlation
    >>> table = correct_correlation(
    ...     r=0.25, n_dyads=80, reliability=0.5, reliability_of="occasion"
    ... )
    >>> print(table[["term", "estimate", "ci_low", "ci_high"]].round(2))
            term  estimate  ci_low  ci_high
    0        raw      0.25    0.03     0.45
    1  corrected      0.35    0.05     0.63
    """
    of = asked(reliability_of)
    for value, name in (
        (reliability, "reliability"),
        (reliability_outcome, "reliability_outcome"),
    ):
        if not 0 < value <= 1:
            raise AssociationError(f"{name} must lie above 0 and at most at 1; found {value}.")
    if not -1 < r < 1 or n_dyads < 4:
        raise AssociationError("r must lie between -1 and 1, and n_dyads be at least 4.")
    half = 1.959963984540054 / np.sqrt(n_dyads - 3)
    ends = np.array([r, np.tanh(np.arctanh(r) - half), np.tanh(np.arctanh(r) + half)])
    factor = 1 / np.sqrt(reliability * reliability_outcome)
    table = pd.DataFrame([ends, ends * factor], columns=["estimate", "ci_low", "ci_high"]).assign(
        reliability=reliability,
        reliability_of=of,
        reliability_outcome=reliability_outcome,
        n_dyads=n_dyads,
    )
    table.insert(0, "term", ["raw", "corrected"])
    return table


def correct_attenuation(
    result: Result, reliability: dict[str, float], *, reliability_of: str = ""
) -> Result:
    """Return the result with rows of slopes corrected for unreliable predictors added.

    Parameters
    ----------
    result : Result
        Of `fit_association` with plain columns as predictors.
    reliability : dict of str to float
        Reliability of each predictor in this study, as it enters: of the mean, where a dyad has
        several sessions.
    reliability_of : {"occasion", "trait"}
        Whose reliability these are, which has to be said: split halves are of the occasion, and
        the corrected slope is then on what the dyads were like that day; the stability over
        occasions is of the dyad's trait, and so is the slope. One for the other is a correction
        too small or too large by up to the ratio of both.

    Returns
    -------
    Result
        The raw rows unchanged; after them one row ``<predictor> (corrected)`` each, estimate,
        standard error and interval divided by the predictor's reliability beside the other
        columns, (reliability - R2) / (1 - R2), R2 from regressing it on them. Statistic and p
        are those of the raw row: correction adds no evidence.

    Raises
    ------
    AssociationError
        When it is not said whose reliability is meant, or a reliability is not above what the other
        columns explain, or names no predictor.

    Notes
    -----
    Exact for least squares where one predictor has error; for the other kinds an approximation
    for small effects (regression calibration: Carroll, Ruppert, Stefanski & Crainiceanu, 2006).
    The reliability is taken for known.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from attunement.stats.association import correct_attenuation, fit_association
    >>> x, noise = np.random.default_rng(0).normal(size=(2, 60))
    >>> scores = pd.DataFrame({"dyad": range(60), "mirroring": x, "sensitivity": x + noise})
    >>> result = fit_association(
    ...     scores, outcome="sensitivity", kind="continuous", predictors="mirroring"
    ... )
    >>> corrected = correct_attenuation(
    ...     result, {"mirroring": 0.7}, reliability_of="occasion"
    ... )
    >>> print(corrected.table[["term", "estimate", "ci_low", "ci_high"]].round(2))
                        term  estimate  ci_low  ci_high
    0              intercept      0.10   -0.17     0.36
    1              mirroring      0.87    0.53     1.21
    2  mirroring (corrected)      1.24    0.75     1.73
    """
    of = asked(reliability_of)
    _, design = prepare(result.refit)
    rows = []
    for name, value in reliability.items():
        if name not in design.names:
            raise AssociationError(
                f"{name!r} is no plain predictor of this model.",
                f"Predictors are {', '.join(design.names)}.",
            )
        factor = _conditional(design.x, list(design.names).index(name), value, name)
        chosen = result.table[result.table["term"].str.split(" [", regex=False).str[0] == name]
        scaled = chosen.assign(
            term=chosen["term"] + " (corrected)", role="corrected", reliability=value,
            reliability_of=of,
        )  # fmt: skip
        for column in ("estimate", "std_error", "ci_low", "ci_high"):
            scaled[column] = chosen[column] / factor
        if "ratio" in scaled:
            for column, source in (
                ("ratio", "estimate"),
                ("ratio_low", "ci_low"),
                ("ratio_high", "ci_high"),
            ):
                scaled[column] = np.exp(scaled[source])
        if "partial_r" in scaled:
            scaled["partial_r"] = np.nan
        rows.append(scaled)
    table = pd.concat([result.table, *rows], ignore_index=True)
    given = ", ".join(f"{name} {value:g}" for name, value in reliability.items())
    note = (
        f"Corrected rows assume the reliability {given} of the {of} and are slopes on {SAYS[of]}; "
        "their tests are those of the raw rows."
    )
    diagnostics = {**result.diagnostics, "notes": (*result.notes, note)}
    return replace(result, table=table, diagnostics=MappingProxyType(diagnostics))


def _conditional(
    x: np.ndarray[tuple[int, ...], np.dtype[np.floating]], k: int, reliability: float, name: str
) -> float:
    others = np.column_stack([np.ones(len(x)), np.delete(x, k, axis=1)])
    rest = x[:, k] - others @ np.linalg.lstsq(others, x[:, k], rcond=None)[0]
    explained = 1 - float(rest @ rest) / float(((x[:, k] - x[:, k].mean()) ** 2).sum())
    if not explained < reliability <= 1:
        raise AssociationError(
            f"The reliability of {name!r} ({reliability:g}) must lie above the share of it that "
            f"the other columns explain ({explained:.2f}) and at most at 1."
        )
    return (reliability - explained) / (1 - explained)
