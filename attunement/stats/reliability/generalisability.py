"""A generalisability table: where the variance of a score lies when sessions repeat."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from attunement.stats.reliability.repeated import Repeated

Array = NDArray[np.float64]

MIN_SESSIONS = 10
MIN_FAMILIES = 5


def percentile_limits(estimates: Array, confidence: float, row: dict[str, Any]) -> dict[str, Any]:
    """Return estimate, std_error and percentile limits; the first estimate is as observed."""
    if not np.isfinite(estimates[0]):
        return {"reason": row.get("reason", "not defined in these data")}
    drawn = estimates[1:][np.isfinite(estimates[1:])]
    if len(drawn) < max(2, len(estimates) / 2):
        return {"estimate": estimates[0], "reason": "no interval: most resamples have no estimate"}
    low, high = np.quantile(drawn, [(1 - confidence) / 2, (1 + confidence) / 2])
    return {
        "estimate": float(estimates[0]),
        "std_error": float(drawn.std(ddof=1)),
        "ci_low": float(low),
        "ci_high": float(high),
    }


def share_rows(sessions: Repeated, reliability: Array, confidence: float) -> list[dict[str, Any]]:
    """Return the rows of one score; none where fewer than 5 families have several sessions.

    Parameters
    ----------
    sessions : Repeated
    reliability : ndarray, shape (1 + b,)
        Of one session, in the same draws.
    confidence : float
    """
    row: dict[str, Any] = {**sessions.n}
    several = int((sessions.known["family"].value_counts() > 1).sum())
    if row["n_sessions"] < MIN_SESSIONS or several < MIN_FAMILIES:
        return []
    between, pairs, _ = sessions.components
    total = np.nansum(sessions.components, axis=0)
    if not total[0] > 0:
        return [{**row, "term": "share_family", "reason": "the score does not vary over sessions"}]
    lasting = np.nansum([between, pairs], axis=0) / total
    error = np.where(np.isfinite(reliability), 1 - reliability, np.nan)
    merged = {
        "share_family": "no family has several dyads: see share_dyad",
        "share_dyad": "no dyad has several sessions: part of share_session",
    }
    no_halves = "the split-half reliability that it needs is missing"
    parts = {
        "share_family": between / total,
        "share_dyad": pairs / total,
        "share_session": 1 - lasting - error,
        "share_error": error,
    }
    rows = []
    for term, estimates in parts.items():
        own = {**row, "term": term, "reason": merged.get(term, no_halves)}
        figures = percentile_limits(estimates, confidence, own)
        rows.append({**own, "reason": "", **figures})
    return rows
