"""Lag-sequential analysis of codes, and Granger's test: does one partner's past tell of the other.

Both describe; their p assume independent moments, which faces are not.
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import norm

from attunement.errors import TableError
from attunement.scoring.correlation import as_pair, n_samples


def lag_sequential(given: ArrayLike, target: ArrayLike, *, lag: int = 1) -> pd.DataFrame:
    """Count which codes of one person follow which of the other, against independence.

    Parameters
    ----------
    given, target : array_like, shape (n,)
        Codes by time unit (text or numbers); None and NaN are missing, and so is their pair.
    lag : int
        Units from `given` to `target`; 0 for the same unit.

    Returns
    -------
    DataFrame
        One row a pair of codes: `given`, `target`, `observed`, `expected` count, `probability` of
        the target after the given code, adjusted residual `z` and its two-sided `p`, `yules_q` of
        the two-by-two table of the pair; `n_pairs`, `n_left_out`. z and Q are missing where a code
        is all there is.

    Raises
    ------
    TableError
        Codes of different length or not in one row, a negative lag, or one that leaves no pair.

    Notes
    -----
    z is Haberman's (1978) adjusted residual, as Allison and Liker (1982) propose for sequences;
    Q = (ad - bc) / (ad + bc) (Bakeman and Quera, 2011).
    """
    first, second = (pd.Series(np.asarray(codes, dtype=object)) for codes in (given, target))
    if len(first) != len(second):
        raise TableError(
            f"Codes must be equally long; found {len(first)} given and {len(second)} target."
        )
    if not 0 <= lag < len(first):
        raise TableError(f"A lag must be 0 or more and under {len(first)} units; found {lag}.")
    lead = first.iloc[: len(first) - lag].reset_index(drop=True)
    follow = second.iloc[lag:].reset_index(drop=True)
    known = lead.notna() & follow.notna()
    counts = pd.crosstab(lead[known], follow[known])
    n = int(counts.to_numpy().sum())
    rows = []
    for one, row in counts.iterrows():
        for other, a in row.items():
            n_row, n_column = int(row.sum()), int(counts[other].sum())
            b, c = n_row - a, n_column - a
            d = n - a - b - c
            expected = n_row * n_column / n
            spread = expected * (1 - n_row / n) * (1 - n_column / n)
            z = (a - expected) / np.sqrt(spread) if spread > 0 else np.nan
            q = (a * d - b * c) / (a * d + b * c) if a * d + b * c else np.nan
            rows.append((one, other, a, expected, a / n_row, z, 2 * norm.sf(abs(z)), q))
    names = ["given", "target", "observed", "expected", "probability", "z", "p", "yules_q"]
    table = pd.DataFrame(rows, columns=names)
    return table.assign(n_pairs=n, n_left_out=len(first) - n)


def granger(
    infant: ArrayLike, caregiver: ArrayLike, *, sampling_hz: float, past_s: float = 2.0
) -> pd.DataFrame:
    """Test whether the past of one partner improves the prediction of the other beyond its own.

    Parameters
    ----------
    infant, caregiver : array_like, shape (n,)
        One channel of each; NaN is missing. A moment of the person predicted counts where it is
        known, and all `past_s` before it in both.
    sampling_hz : float
        Samples a second.
    past_s : float
        Length of both pasts.

    Returns
    -------
    DataFrame
        Two rows, `direction` ``caregiver_follows`` and ``infant_follows``: `gain` in R squared,
        `statistic` (F), `df`, `df_residual`, `p`, `n_moments`, `n_left_out`, `reason`. Missing
        where there are fewer than two moments a parameter (``too_short``) or a series does not
        vary (``constant``).

    Raises
    ------
    TableError
        As `windowed_cross_correlation`, or for a past under one sample.

    Notes
    -----
    Granger (1969); least squares and F of nested models by statsmodels.
    """
    import statsmodels.api as sm

    x, y = as_pair(infant, caregiver, what="Granger's test")
    past = n_samples(past_s, sampling_hz) if sampling_hz > 0 else 0
    if past < 1:
        raise TableError(
            f"A past must be a sample or more; found {past_s:g} s at {sampling_hz:g} Hz."
        )
    rows = []
    for direction, leads, follows in (("caregiver_follows", x, y), ("infant_follows", y, x)):
        own, other = (_pasts(series, past) for series in (follows, leads))
        now = follows[past:]
        known = np.isfinite(now) & np.isfinite(own).all(axis=1) & np.isfinite(other).all(axis=1)
        row: dict[str, object] = {
            "direction": direction, "gain": np.nan, "statistic": np.nan, "df": np.nan,
            "df_residual": np.nan, "p": np.nan, "n_moments": int(known.sum()),
            "n_left_out": len(x) - int(known.sum()), "reason": "",
        }  # fmt: skip
        if known.sum() < 2 * (2 * past + 1):
            row["reason"] = "too_short"
        elif np.ptp(now[known]) == 0 or np.ptp(other[known]) == 0:
            row["reason"] = "constant"
        else:
            small = sm.OLS(now[known], sm.add_constant(own[known])).fit()
            both = np.column_stack([own[known], other[known]])
            large = sm.OLS(now[known], sm.add_constant(both)).fit()
            statistic, p, df = large.compare_f_test(small)
            row |= {"gain": large.rsquared - small.rsquared, "statistic": statistic, "p": p}
            row |= {"df": df, "df_residual": large.df_resid}
        rows.append(row)
    return pd.DataFrame(rows)


def _pasts(series: np.ndarray, past: int) -> np.ndarray:
    """Return, for every moment from `past` on, the `past` values before it, shape (n - past, p)."""
    if len(series) <= past:
        return np.empty((0, past))
    return np.lib.stride_tricks.sliding_window_view(series, past)[:-1]
