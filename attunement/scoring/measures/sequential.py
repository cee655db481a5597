"""Lag-sequential analysis of codes, and Granger's test: does one partner's past tell of the other.

Both describe; their p assume independent moments, which faces are not.
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

from attunement.errors import TableError
from attunement.samples import whole_samples
from attunement.scoring.series.two_series import as_pair
from attunement.scoring.series.windows import sliding

Array = NDArray[np.float64]

# Of a series' range, against its level: less is rounding.
_CONSTANT = 1e-12
# Of the length of a regressor, or of the outcome, what is rounding where another one explains it.
_ROUNDING = 1e-8


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
        Codes of different length or not in one row, a lag that is negative or no whole number, or
        one that leaves no pair.

    Notes
    -----
    z is Haberman's (1978) adjusted residual, as Allison and Liker (1982) propose for sequences;
    Q = (ad - bc) / (ad + bc) (Bakeman and Quera, 2011).

    Examples
    --------
    >>> from attunement.scoring import lag_sequential
    >>> infant = ["smile", "none", "smile", "cry", "none", "smile", "cry", "smile", "none"]
    >>> caregiver = ["none", "smile", "none", "smile", "cry", "none", "smile", "cry", "smile"]
    >>> table = lag_sequential(infant, caregiver, lag=1)
    >>> print(table.loc[table["z"].idxmax(), ["given", "target", "observed", "probability"]])
    given          cry
    target         cry
    observed         2
    probability    1.0
    Name: 0, dtype: object
    """
    codes = [np.asarray(row, dtype=object) for row in (given, target)]
    if any(row.ndim != 1 for row in codes):
        raise TableError(
            "Codes must stand in one row of time units; found shapes "
            f"{codes[0].shape} given and {codes[1].shape} target."
        )
    first, second = (pd.Series(row) for row in codes)
    if len(first) != len(second):
        raise TableError(
            f"Codes must be equally long; found {len(first)} given and {len(second)} target."
        )
    if not isinstance(lag, int | np.integer) or not 0 <= lag < len(first):
        raise TableError(
            f"A lag must be a whole number of units, 0 or more and under {len(first)}; found "
            f"{lag!r}."
        )
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
        where there are fewer than two moments a parameter (``too_short``), a series does not vary
        (``constant``), the partner's past is a weighted sum of the own one (``collinear``), or
        nothing is left to explain, so that F has no error to be measured by (``perfect_fit``). `df`
        counts what the partner's past has beyond the own, which is less than its samples where
        some follow from others.

    Raises
    ------
    TableError
        As `windowed_cross_correlation`, or for a past under one sample.

    Notes
    -----
    Granger (1969); F of nested models by statsmodels.

    Examples
    --------
    >>> import numpy as np
    >>> from attunement.scoring import granger
    >>> rng = np.random.default_rng(0)
    >>> infant = rng.normal(size=600)
    >>> caregiver = 0.5 * np.roll(infant, 5) + rng.normal(size=600)  # half a second later
    >>> table = granger(infant, caregiver, sampling_hz=10, past_s=1)
    >>> print(table[["direction", "gain", "df", "p"]].round(2))
               direction  gain    df     p
    0  caregiver_follows  0.25  10.0  0.00
    1     infant_follows  0.01  10.0  0.79
    """
    what = "Granger's test"
    x, y = as_pair(infant, caregiver, what=what, sampling_hz=sampling_hz)
    past = whole_samples(past_s, sampling_hz, name=f"past_s of {what}", least=1)
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
        else:
            row |= _compare(now[known], own[known], other[known])
        rows.append(row)
    return pd.DataFrame(rows)


def _compare(now: Array, own: Array, other: Array) -> dict[str, object]:
    """Compare the regression of `now` on `own` with that on both; a reason where that is nothing.

    The regressors are replaced by as many that stand upright on each other, which explain the same
    and whose number is the rank that F needs.
    """
    import statsmodels.api as sm

    if not (_varies(now[:, None]).any() and _varies(other).any()):
        return {"reason": "constant"}
    less = _upright(np.column_stack([np.ones(len(now)), _scaled(own)]))
    rest = _scaled(other)
    for _ in range(2):  # once leaves rounding that a second time takes
        rest = rest - less @ (less.T @ rest)
    more = _upright(rest)
    if not more.shape[1]:
        return {"reason": "collinear"}
    outcome = now - now.mean()
    small = sm.OLS(outcome, less, hasconst=True).fit()
    large = sm.OLS(outcome, np.column_stack([less, more]), hasconst=True).fit()
    if not large.ssr > _ROUNDING**2 * large.centered_tss:
        return {"reason": "perfect_fit"}
    statistic, p, df = large.compare_f_test(small)
    return {
        "gain": large.rsquared - small.rsquared, "statistic": statistic, "df": df,
        "df_residual": large.df_resid, "p": p,
    }  # fmt: skip


def _varies(columns: Array) -> NDArray[np.bool_]:
    return np.asarray(np.ptp(columns, axis=0) > _CONSTANT * np.abs(columns).max(axis=0))


def _scaled(columns: Array) -> Array:
    """Return the columns centred, at length 1; 0 where one does not vary."""
    centred = (columns - columns.mean(axis=0)) * _varies(columns)
    length = np.linalg.norm(centred, axis=0)
    return np.asarray(centred / np.where(length > 0, length, 1.0))


def _upright(columns: Array) -> Array:
    """Return an orthonormal basis of columns of length 1 or less, shape (n, rank)."""
    basis, size, _ = np.linalg.svd(columns, full_matrices=False)
    return np.asarray(basis[:, size > _ROUNDING])


def _pasts(series: np.ndarray, past: int) -> np.ndarray:
    """Return, for every moment from `past` on, the `past` values before it, shape (n - past, p)."""
    if len(series) <= past:
        return np.empty((0, past))
    return sliding(series, past)[:-1]
