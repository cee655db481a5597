"""The score test of a term in Cox's model, for the term's columns in any order of the dyads.

The variance is that of the partial likelihood: how far the columns spread among those still watched
at every event, less what the other columns say of them (Cox 1972, Regression models and life
tables, JRSS B 34). Who is still watched may hang on the column, so that a spread that is taken over
all dyads would not do.
"""

import numpy as np
from numpy.typing import NDArray

from attunement.stats.association.design import Design

Array = NDArray[np.floating]


class CoxScores:
    """Risk sets of the model without the term.

    Parameters
    ----------
    null : Design
        The model without the term.
    slopes : ndarray, shape (k,)
        Its coefficients, as many as it has columns.
    """

    def __init__(self, null: Design, slopes: Array) -> None:
        times, at = np.unique(null.y[null.event == 1], return_inverse=True)
        eta = null.x @ slopes
        shares = (null.y >= times[:, None]) * np.exp(eta - eta.max())
        self._shares = shares / shares.sum(1, keepdims=True)
        self._counts = np.bincount(at).astype(float)
        self._hazard = self._counts @ self._shares
        self._residuals = null.event - self._hazard
        self._others = null.x - null.x.mean(0)
        self._means = self._shares @ self._others
        self._inverse = np.linalg.pinv(self._with_others(self._others))

    def _with_others(self, columns: Array) -> Array:
        """Return the information between columns (n, m) and the model's, shape (m, k)."""
        within = columns.T @ (self._hazard[:, None] * self._others)
        means = (self._shares @ columns).T @ (self._counts[:, None] * self._means)
        return np.asarray(within - means)

    def apart(self, columns: Array) -> Array:
        """Return columns (n, q) less their mean and what the other columns say of them."""
        columns = columns - columns.mean(0)
        return columns - self._others @ (self._with_others(columns) @ self._inverse).T

    def statistic(self, columns: Array) -> Array:
        """Return U' V^-1 U for columns (b, n, q), one value an order."""
        b, n, q = columns.shape
        flat = columns.transpose(1, 0, 2).reshape(n, b * q)
        means = (self._shares @ flat).reshape(-1, b, q)
        crossed = self._with_others(flat).reshape(b, q, -1)
        spread = np.einsum("n,bni,bnj->bij", self._hazard, columns, columns)
        spread -= np.einsum("e,ebi,ebj->bij", self._counts, means, means)
        spread -= crossed @ self._inverse @ crossed.transpose(0, 2, 1)
        sums = self._residuals @ columns
        if q == 1:
            with np.errstate(invalid="ignore", divide="ignore"):
                return np.asarray(sums[:, 0] ** 2 / spread[:, 0, 0])
        return np.asarray(np.einsum("bi,bij,bj->b", sums, np.linalg.pinv(spread), sums))
