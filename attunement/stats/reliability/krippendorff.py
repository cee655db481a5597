"""Krippendorff's alpha: any number of coders, any level of measurement, missing ratings."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement.errors import ReliabilityError
from attunement.stats.reliability.blanks import without_blanks
from attunement.stats.reliability.ratings import (
    complete_labels,
    group_codes,
    rating_matrix,
    ratings_table,
)
from attunement.stats.reliability.resampling import bootstrap_interval, draw_counts
from attunement.stats.reliability.results import check_choice, check_share, result_table

Array = NDArray[np.float64]

LEVELS = ("nominal", "ordinal", "interval", "ratio")


def krippendorff_alpha(
    ratings: Any,
    *,
    level: str,
    labels: Sequence[Any] | None = None,
    groups: Any = None,
    interval: str = "fisher",
    n_resamples: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
    missing_values: Sequence[Any] | None = None,
) -> pd.DataFrame:
    """Krippendorff's alpha: 1 - observed over expected disagreement.

    Parameters
    ----------
    ratings : DataFrame or array, shape (n_units, n_coders)
        One ROW a unit (what is coded), one COLUMN a coder, missing where a coder did not code.
        Many programs want coders in rows: transpose their tables. ``n_targets`` and ``n_raters`` of
        the result say how the table was read.
    level : {"nominal", "ordinal", "interval", "ratio"}
        Level of measurement, which says how far two values are apart. No default: it is a
        statement about the codes.
    labels : sequence, optional
        All categories in order, for ordinal codes that are text.
    groups : sequence, shape (n_units,), optional
        Dyad (family) of every unit: whole groups are drawn in the bootstrap. Without them units are
        taken as independent.
    interval : {"fisher", "percentile"}
        Limits from the bootstrap's standard error by Fisher's z and t on one degree of freedom less
        than there are units (groups), which hold the truth more often, or its percentiles.
    n_resamples : int
        Bootstrap samples; 0 for no interval.
    seed : int
        Of the bootstrap; the same seed gives the same interval.
    confidence : float
        Of the interval.
    missing_values
        As in `cohen_kappa`.

    Returns
    -------
    DataFrame
        One row: term (``alpha_<level>``), estimate, std_error, ci_low, ci_high, n_targets (units
        with two ratings or more), n_raters, n_ratings (that can be paired), n_resamples (used),
        n_left_out (units with fewer than two ratings, which say nothing about agreement), reason.
        Missing with a reason where all paired ratings are one value, or none can be paired.

    Raises
    ------
    ReliabilityError
        For an unknown level, fewer than two coders, text where numbers are needed, negative numbers
        at ratio level, infinity.

    Notes
    -----
    Observed disagreement: mean squared difference of the ratings of a unit, each unit weighted by
    its number of ratings; expected: of all ratings that can be paired. Squared difference: nominal
    0 or 1; interval (c - k)^2; ratio ((c - k) / (c + k))^2; ordinal: that of the values' mean ranks
    among all paired ratings (Krippendorff 2019, chapter 12). The bootstrap draws units (or groups)
    with replacement and recomputes expected disagreement and ranks each time.

    Examples
    --------
    >>> import numpy as np
    >>> from attunement.stats.reliability import krippendorff_alpha
    >>> ratings = [[1, 1, np.nan], [2, 2, 3], [3, 3, 3], [4, 4, 4], [np.nan, 1, 1], [2, 2, 1]]
    >>> row = krippendorff_alpha(ratings, level="ordinal").loc[0]
    >>> print(row["term"], round(float(row["estimate"]), 2), "of", int(row["n_targets"]), "units")
    alpha_ordinal 0.89 of 6 units
    """
    check_choice(level, "level", LEVELS)
    check_choice(interval, "interval", ("fisher", "percentile"))
    confidence = check_share(confidence, "confidence")
    if n_resamples < 0:
        raise ReliabilityError(f"n_resamples must be 0 or more; found {n_resamples}.")
    counts, values, n_raters = _value_counts(ratings, level, labels, missing_values)
    usable = counts.sum(axis=1) >= 2
    row: dict[str, Any] = {
        "term": f"alpha_{level}",
        "n_targets": int(usable.sum()),
        "n_raters": n_raters,
        "n_ratings": int(counts[usable].sum()),
        "n_left_out": int((~usable).sum()),
        "n_resamples": 0,
    }
    if not usable.any():
        return result_table([{**row, "reason": "undefined: no unit has two ratings"}])
    codes = None if groups is None else group_codes(groups, usable)
    parts = _Disagreement.of(counts[usable], values, level)
    once = np.ones((1, row["n_targets"]))
    row["estimate"] = float(parts.alpha(once)[0])
    if not np.isfinite(row["estimate"]):
        return result_table([{**row, "reason": "undefined: all paired ratings are one value"}])
    n_groups = row["n_targets"] if codes is None else int(codes.max()) + 1
    if n_resamples and n_groups < 2:
        row["reason"] = "no interval: it needs at least 2 units"
    elif n_resamples:
        drawn = draw_counts(n_groups, n_resamples, seed)
        weights = drawn if codes is None else drawn[:, codes]
        row |= bootstrap_interval(
            row["estimate"],
            parts.alpha(weights),
            confidence=confidence,
            percentile=interval == "percentile",
            df=n_groups - 1,
        )
    return result_table([row])


def _value_counts(
    ratings: Any,
    level: str,
    labels: Sequence[Any] | None,
    missing_values: Sequence[Any] | None,
) -> tuple[Array, Array, int]:
    """Return units x values counts, the values as numbers (places where nominal), and coders."""
    table = ratings_table(ratings)
    if level == "ordinal" and labels is None and not _numeric(table):
        labels = _ordered_categories(table)
    objects = without_blanks(table, missing_values=missing_values, labels=labels)
    if level in ("interval", "ratio") or (level == "ordinal" and labels is None):
        matrix = rating_matrix(objects, missing_values=())
        if level == "ratio" and np.nanmin(matrix, initial=0) < 0:
            raise ReliabilityError("Ratio level needs numbers from 0 up; found a negative rating.")
        values = np.unique(matrix[~np.isnan(matrix)])
        places = np.searchsorted(values, matrix)
        seen = ~np.isnan(matrix)
    else:
        seen = objects.notna().to_numpy()
        order = complete_labels(objects.to_numpy()[seen].tolist(), labels)
        place = {label: i for i, label in enumerate(order)}
        places = np.array(
            [[place.get(v, 0) for v in row] for row in objects.to_numpy()], dtype=np.int64
        ).reshape(table.shape)
        values = np.arange(len(order), dtype=float)
    counts = np.zeros((len(table), max(len(values), 1)))
    units = np.broadcast_to(np.arange(len(table))[:, None], table.shape)
    np.add.at(counts, (units[seen], places[seen]), 1)
    return counts, values, table.shape[1]


def _numeric(table: pd.DataFrame) -> bool:
    return not any(
        isinstance(value, str) and value.strip()
        for name in table.columns
        for value in table[name].dropna()
    )


def _ordered_categories(table: pd.DataFrame) -> list[Any]:
    kinds = [table[name].dtype for name in table.columns]
    if all(isinstance(kind, pd.CategoricalDtype) and kind.ordered for kind in kinds):
        scales = [list(kind.categories) for kind in kinds]
        if all(scale == scales[0] for scale in scales):
            return scales[0]
    raise ReliabilityError(
        "Ordinal level needs the order of the labels, which text does not tell.",
        "Pass labels=[...] from lowest to highest, or ordered categoricals.",
    )


@dataclass(frozen=True)
class _Disagreement:
    """Observed and expected disagreement of weighted units.

    counts (units x values), the units' sizes, and the values' scores.
    """

    counts: Array
    sizes: Array
    values: Array
    level: str

    @classmethod
    def of(cls, counts: Array, values: Array, level: str) -> "_Disagreement":
        # Centred values keep the differences of squares below from cancelling.
        centred = values - values.mean() if level == "interval" else values
        return cls(counts, counts.sum(axis=1), centred, level)

    def alpha(self, weights: Array) -> Array:
        """Return alpha for each row of unit weights; NaN without expected disagreement."""
        totals = weights @ self.counts
        n = totals.sum(axis=1)
        if self.level in ("nominal", "ratio"):
            far = self._distances()
            pairs = np.einsum("uc,uc->u", self.counts @ far, self.counts)
            observed = weights @ (pairs / (self.sizes - 1))
            expected = np.einsum("bc,bc->b", totals @ far, totals)
        else:
            scores = self.values[None, :]
            if self.level == "ordinal":
                # A value's mean rank depends on which units are in; centred as above.
                scores = np.cumsum(totals, axis=1) - totals / 2 - n[:, None] / 2
            # Sum of (c - k)^2 over ordered pairs = 2 (m sum c^2 - (sum c)^2).
            within = self.sizes * (scores**2 @ self.counts.T) - (scores @ self.counts.T) ** 2
            observed = np.sum(weights * 2 * within / (self.sizes - 1), axis=1)
            mean = np.sum(totals * scores, axis=1) / n
            expected = 2 * n * np.sum(totals * (scores - mean[:, None]) ** 2, axis=1)
        varied = (totals > 0).sum(axis=1) > 1
        ratio = np.divide(observed, expected, out=np.full(len(n), np.nan), where=varied)
        return 1 - (n - 1) * ratio

    def _distances(self) -> Array:
        if self.level == "nominal":
            return np.asarray(1 - np.eye(self.counts.shape[1]))
        sums = np.add.outer(self.values, self.values)
        squares = np.subtract.outer(self.values, self.values) ** 2
        return np.divide(squares, sums**2, out=np.zeros_like(sums), where=sums > 0)
