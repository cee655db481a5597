"""Contingency over the sessions of a family, where one session has too few events to test."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement import schema
from attunement.scoring.answering.contingency import MIN_AT_RISK, Chances
from attunement.scoring.chance.shifts import enough, midrank_p
from attunement.scoring.series.lacking import lacking

Array = NDArray[np.float64]

N_DRAWS = 1999
COLUMNS = {
    "family": schema.TEXT,
    "n_sessions": "int64",
    "n_at_risk": "int64",
    "answered_share": "float64",
    "answered_share_expected": "float64",
    "contingency": "float64",
    "contingency_p": "float64",
    "reason": schema.TEXT,
}


def contingency_table(session: str, session_chances: Chances) -> pd.DataFrame:
    """Return a session's share answered and how often its shifts gave which share."""
    values = session_chances.share_surrogate[np.isfinite(session_chances.share_surrogate)]
    if (
        not np.isfinite(session_chances.share)
        or not session_chances.n_at_risk
        or not enough(values)
    ):
        return schema.empty(schema.CONTINGENCY)
    # Equal shares that were summed in another order must count as one.
    share, times = np.unique(np.round(values, 9), return_counts=True)
    table = pd.DataFrame(
        {
            "session": session,
            "n_at_risk": session_chances.n_at_risk,
            "answered_share": session_chances.share,
            "surrogate": share,
            "n_shifts": times,
        }
    )
    return schema.conform(table, schema.CONTINGENCY)


def pooled_contingency(
    table: pd.DataFrame, families: Mapping[str, str], *, seed: int = 0
) -> pd.DataFrame:
    """Return the contingency of every family, pooled over its sessions.

    Parameters
    ----------
    table : DataFrame
        ``schema.CONTINGENCY`` of any number of sessions (`Scores.contingency`, or
        ``contingency.parquet``). Sessions without a row give nothing.
    families : mapping of str to str
        The family of each session.
    seed : int
        Of the draws.

    Returns
    -------
    DataFrame
        One row a family, in the order of `families`: sessions and events that went in, share
        answered weighted by the events at risk, its mean under shifts, the difference
        (`contingency`) and its upper-tail p. Every session is shifted on its own, so 1,999
        combinations of their shifts are drawn. p is missing under 5 events at risk
        (``few_events(3 of 5)``), everything is where no session has any (``no_infant_event``).

    Examples
    --------
    >>> import pandas as pd
    >>> from attunement.scoring import pooled_contingency, score_session
    >>> from attunement.simulation import simulate_dyad
    >>> options = {"duration_s": 60, "infant": "events", "mirroring": 0.8}
    >>> with_father, with_mother = (simulate_dyad(seed=seed, **options)[0] for seed in (0, 1))
    >>> table = score_session(pd.concat([with_father, with_mother])).contingency
    >>> pooled = pooled_contingency(table, {"simulated-0": "f1", "simulated-1": "f1"})
    >>> print(pooled[["family", "n_sessions", "n_at_risk", "answered_share"]].round(2))
      family  n_sessions  n_at_risk  answered_share
    0     f1           2         11            0.73
    """
    rng = np.random.default_rng(seed)
    own = {str(session): rows for session, rows in table.groupby("session", sort=False)}
    missing = float("nan")
    rows = []
    for family in dict.fromkeys(families.values()):
        parts = [
            own[session] for session, name in families.items() if name == family and session in own
        ]
        n = sum(int(part["n_at_risk"].iloc[0]) for part in parts)
        row: dict[str, object] = {
            "family": family,
            "n_sessions": len(parts),
            "n_at_risk": n,
            "answered_share": missing,
            "answered_share_expected": missing,
            "contingency": missing,
            "contingency_p": missing,
            "reason": "no_infant_event",
        }
        if n:
            share, expected, drawn = 0.0, 0.0, np.zeros(N_DRAWS)
            for part in parts:
                weight = int(part["n_at_risk"].iloc[0]) / n
                chance = part["n_shifts"].to_numpy(float) / part["n_shifts"].sum()
                values = part["surrogate"].to_numpy(float)
                share += weight * float(part["answered_share"].iloc[0])
                expected += weight * float(chance @ values)
                drawn += weight * rng.choice(values, N_DRAWS, p=chance)
            few = n < MIN_AT_RISK
            # Shares were rounded to 1e-9 in the table; a tie must survive that.
            p = missing if few else midrank_p(round(share, 7), np.round(drawn, 7))
            row |= {
                "answered_share": share,
                "answered_share_expected": expected,
                "contingency": share - expected,
                "contingency_p": p,
                "reason": lacking("few_events", n, MIN_AT_RISK) if few else "",
            }
        rows.append(row)
    return schema.conform(pd.DataFrame(rows, columns=list(COLUMNS)), COLUMNS)
