"""Cross-recurrence: which moments of one partner come back in the other, and in what runs."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from attunement.errors import TableError
from attunement.samples import whole_samples
from attunement.scoring.series.two_series import as_pair

WHAT = "cross-recurrence"
MIN_LINE_S = 0.5
MAX_SAMPLES = 6000  # 36 million pairs of moments


def cross_recurrence(
    infant: ArrayLike,
    caregiver: ArrayLike,
    *,
    radius: float,
    sampling_hz: float,
    min_line_s: float | None = None,
) -> pd.DataFrame:
    """Quantify the cross-recurrence plot of two series.

    Moments i of the infant and j of the caregiver recur where their values are at most `radius`
    apart; with codes as numbers and radius 0, where they are the same code.

    Parameters
    ----------
    infant, caregiver : array_like, shape (n,)
        One channel of each, in the same unit; NaN is missing and recurs with nothing. At most
        6,000 samples.
    radius : float
        In the unit of the series.
    sampling_hz : float
        Samples a second.
    min_line_s : float, optional
        Shortest run that counts as a line, at least two samples; 0.5 s by default, or two samples
        where that is longer.

    Returns
    -------
    DataFrame
        One row: `recurrence_rate` of the pairs of moments known in both; `determinism` and
        `laminarity`, the share of recurrent points on diagonal and on vertical lines (the infant's
        one moment, the caregiver's run); `mean_line_s`, `longest_line_s` and `entropy` (nats) of
        the diagonal lines; `n_samples`, `n_left_out` (moments missing in either). Missing where
        nothing is known, or nothing recurs.

    Raises
    ------
    TableError
        As `windowed_cross_correlation`; for a radius that is negative or not finite, a rate that
        is not positive, a length of too few samples, or series that are too long.

    Notes
    -----
    Zbilut, Giuliani and Webber (1998); Marwan and Kurths (2002). No embedding. The figures rise
    with base rates alone: compare them with those of `circular_surrogates` of one partner.

    Examples
    --------
    >>> import numpy as np
    >>> from attunement.scoring import cross_recurrence
    >>> infant = np.sin(np.arange(0, 30, 0.1))
    >>> caregiver = np.roll(infant, 5)
    >>> row = cross_recurrence(infant, caregiver, radius=0.2, sampling_hz=10).loc[0]
    >>> print(row[["recurrence_rate", "determinism"]].astype(float).round(2))
    recurrence_rate    0.19
    determinism        0.69
    Name: 0, dtype: float64
    """
    name = f"min_line_s of {WHAT}"
    if min_line_s is None:
        shortest = max(2, whole_samples(MIN_LINE_S, sampling_hz, name=name, least=0))
    else:
        shortest = whole_samples(min_line_s, sampling_hz, name=name, least=2)
    near, x, y = _plot(infant, caregiver, radius, sampling_hz)
    n_pairs = int(np.isfinite(x).sum()) * int(np.isfinite(y).sum())
    points = int(near.sum())
    diagonal = _lines([np.diagonal(near, k) for k in range(1 - len(x), len(x))])
    vertical = _lines(list(near))
    lines = diagonal[diagonal >= shortest]
    missing = float("nan")
    shares = np.unique(lines, return_counts=True)[1] / max(len(lines), 1)
    row = {
        "recurrence_rate": points / n_pairs if n_pairs else missing,
        "determinism": lines.sum() / points if points else missing,
        "mean_line_s": lines.mean() / sampling_hz if len(lines) else missing,
        "longest_line_s": lines.max() / sampling_hz if len(lines) else missing,
        "entropy": float(-(shares * np.log(shares)).sum()) if len(lines) else missing,
        "laminarity": vertical[vertical >= shortest].sum() / points if points else missing,
        "n_samples": len(x),
        "n_left_out": int((~np.isfinite(x) | ~np.isfinite(y)).sum()),
    }
    return pd.DataFrame([row])


def recurrence_profile(
    infant: ArrayLike,
    caregiver: ArrayLike,
    *,
    radius: float,
    sampling_hz: float,
    max_lag_s: float,
) -> pd.DataFrame:
    """Return the recurrence rate of every lag: the diagonal profile of the plot.

    Parameters and errors are those of `cross_recurrence`.

    Returns
    -------
    DataFrame
        `lag_s` (positive: the caregiver follows), `recurrence_rate` of the pairs known at that
        lag, `n_pairs`.

    Examples
    --------
    >>> import numpy as np
    >>> from attunement.scoring import recurrence_profile
    >>> infant = np.random.default_rng(0).normal(size=600)
    >>> caregiver = np.roll(infant, 5)  # half a second later
    >>> profile = recurrence_profile(infant, caregiver, radius=0.2, sampling_hz=10, max_lag_s=2)
    >>> print(float(profile.loc[profile["recurrence_rate"].idxmax(), "lag_s"]))
    0.5
    """
    reach = whole_samples(max_lag_s, sampling_hz, name=f"max_lag_s of {WHAT}", least=0)
    near, x, y = _plot(infant, caregiver, radius, sampling_hz)
    reach = min(reach, len(x) - 1)
    rows = []
    for lag in range(-reach, reach + 1):
        lead, follow = (x[: len(x) - lag], y[lag:]) if lag >= 0 else (x[-lag:], y[:lag])
        pairs = int((np.isfinite(lead) & np.isfinite(follow)).sum())
        rate = np.diagonal(near, lag).sum() / pairs if pairs else np.nan
        rows.append((lag / sampling_hz, rate, pairs))
    return pd.DataFrame(rows, columns=["lag_s", "recurrence_rate", "n_pairs"])


def _plot(
    infant: ArrayLike, caregiver: ArrayLike, radius: float, sampling_hz: float
) -> tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64]]:
    x, y = as_pair(infant, caregiver, what=WHAT, sampling_hz=sampling_hz)
    if not isinstance(radius, int | float | np.number) or not 0 <= radius < np.inf:
        raise TableError(f"The radius of a recurrence must be 0 or more; found {radius!r}.")
    if not 1 <= len(x) <= MAX_SAMPLES:
        raise TableError(
            f"Cross-recurrence takes 1 to {MAX_SAMPLES} samples; found {len(x)}.",
            "Take an episode, or fewer samples a second.",
        )
    # The slack keeps values that differ by exactly the radius apart from rounding.
    return np.abs(x[:, None] - y[None, :]) <= radius * (1 + 1e-12), x, y


def _lines(rows: list[NDArray[np.bool_]]) -> NDArray[np.int64]:
    """Return the lengths of all runs of True in the rows."""
    gap = np.zeros(1, bool)
    joined = np.concatenate([gap, *(part for row in rows for part in (row, gap))])
    edges = np.flatnonzero(np.diff(joined.astype(np.int8)))
    return np.asarray(edges[1::2] - edges[::2], np.int64)
