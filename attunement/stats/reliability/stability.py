"""What of a score is the same dyad's in every session, and what several sessions give."""

from typing import Any

import numpy as np

from attunement.cards import count
from attunement.stats.reliability.generalisability import (
    MIN_FAMILIES,
    MIN_SESSIONS,
    percentile_limits,
)
from attunement.stats.reliability.repeated import Repeated

SESSIONS = (2, 4, 8)
WANTED = 0.70
STABILITY, NEEDED = "stability", "sessions_for_this_dyad_.70"
_ONCE = "no dyad has several sessions"


def stability_rows(sessions: Repeated, confidence: float) -> list[dict[str, Any]]:
    """Return the rows of one score; one with a reason where too few dyads have several sessions.

    Notes
    -----
    Stability: the intraclass correlation (1) of the sessions of a dyad, (family + dyad) / (family +
    dyad + within dyads) by the nested analysis of variance. The mean of k sessions of a dyad has
    k s / (1 + (k - 1) s) (Spearman 1910; Brown 1910), which takes the sessions for equally long and
    alike in what lies between them.
    """
    row: dict[str, Any] = {**sessions.n}
    repeated = sessions.known[sessions.known["dyad"].duplicated()]
    n_families = int(repeated["family"].nunique())
    if n_families < MIN_FAMILIES or row["n_sessions"] < MIN_SESSIONS:
        reason = _ONCE
        if n_families:
            reason = (
                f"{count(n_families, 'family', 'families')} with a dyad of several sessions; at "
                f"least {MIN_FAMILIES} are needed, and {MIN_SESSIONS} sessions"
            )
        return [{**row, "term": STABILITY, "reason": reason}]
    between, pairs, _ = sessions.components
    total = np.nansum(sessions.components, axis=0)
    if not total[0] > 0:
        return [{**row, "term": STABILITY, "reason": "the score does not vary over sessions"}]
    with np.errstate(divide="ignore", invalid="ignore"):
        lasting = np.nansum([between, pairs], axis=0) / total
    limits = percentile_limits(lasting, confidence, row)
    rows = [{**row, "term": STABILITY, **limits}]
    for k in SESSIONS:
        means = [_of_several(limits.get(key, np.nan), k) for key in _FIGURES]
        figures = dict(zip(_FIGURES, means, strict=True))
        rows.append({**row, "term": f"stability_of_{k}_sessions", **figures})
    return [*rows, {**row, "term": NEEDED, **_needed(limits)}]


_FIGURES = ("estimate", "ci_low", "ci_high")


def _of_several(share: float, k: int) -> float:
    """Return the reliability of the mean of k sessions; below 0 it stays what it is of one."""
    return float(k * share / (1 + (k - 1) * share)) if share > 0 else float(share)


def _needed(limits: dict[str, Any]) -> dict[str, Any]:
    """Return how many sessions of a dyad have a mean that is reliable enough."""
    shares = {"estimate": "estimate", "ci_low": "ci_high", "ci_high": "ci_low"}
    found: dict[str, Any] = {
        key: WANTED * (1 - share) / (share * (1 - WANTED)) if share > 0 else np.nan
        for key, share in ((key, limits.get(other, np.nan)) for key, other in shares.items())
    }
    if not limits["estimate"] > 0:
        found["reason"] = "no number would do: nothing lasts from session to session"
    elif not np.isfinite(found["ci_high"]):
        found["reason"] = "no upper limit: the interval of what lasts reaches 0"
    return found
