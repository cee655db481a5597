"""The sentence that goes with every table of scores."""

import numpy as np
import pandas as pd

from attunement.cards import listed
from attunement.stats.reliability.stability import NEEDED, STABILITY

NOT_A_TRAIT = (
    "They say nothing lasting about the adult, and are not for ranking or for individual feedback, "
    "however long the session."
)
DEFAULT = "temporal_attunement"
MINUTES = "minutes_for_this_occasion_.70"


def reliability_sentence(table: pd.DataFrame, *, score: str = DEFAULT) -> str:
    """Say how reliable a study's scores are: on their occasion, and of the dyad.

    Parameters
    ----------
    table : DataFrame
        From `reliability_of_scores`.
    score : str
        The score that is quoted, by its interleaved split halves and its stability.

    Returns
    -------
    str
        Some sentences, without a line break.

    Examples
    --------
    >>> import pandas as pd
    >>> from attunement.stats.reliability import reliability_sentence
    >>> table = pd.DataFrame(
    ...     {"score": "temporal_attunement", "term": ["split_half_interleaved", "stability"],
    ...      "estimate": [0.62, None], "ci_low": [0.4, None], "ci_high": [0.78, None],
    ...      "n_sessions": 40, "minutes": [4.0, None], "n_families": 40,
    ...      "reason": ["", "no dyad has several sessions"]}
    ... )
    >>> said = reliability_sentence(table).split(". ")
    >>> print(said[1][58:].strip())
    occasion 0.62 [0.40, 0.78] (split halves; 40 sessions of 4.0 minutes, 40 families)
    >>> print(said[2])
    Of the dyad as a trait: not estimated (no dyad has several sessions)
    """
    rows = {row["term"]: row for _, row in table[table["score"] == score].iterrows()}
    halves, lasting = rows.get("split_half_interleaved"), rows.get(STABILITY)
    others = listed([*dict.fromkeys(table["score"])], at_most=5)
    why = f"the table holds only {others}" if others else "no session has halves to compare"
    if rows:
        why = "the table lacks it"
    occasion, trait = _figure(halves, why), _figure(lasting, why)
    if halves is not None and np.isfinite(halves["estimate"]):
        occasion += (
            f" (split halves; {halves['n_sessions']} sessions of {halves['minutes']:.1f} minutes, "
            f"{halves['n_families']} families)"
            f"{_needed(rows.get(MINUTES), 'minutes of one session')}"
        )
    if lasting is not None and np.isfinite(lasting["estimate"]):
        trait += (
            " (the same dyad in another session)"
            f"{_needed(rows.get(NEEDED), 'sessions of each dyad')}"
        )
    return (
        f"Scores describe the sessions that were recorded. Reliability of {score} in this study: "
        f"on this occasion {occasion}. Of the dyad as a trait: {trait}. {NOT_A_TRAIT}"
    )


def _figure(row: "pd.Series[float] | None", why: str) -> str:
    if row is None:
        return f"not estimated ({why})"
    if not np.isfinite(row["estimate"]):
        return f"not estimated ({row['reason']})"
    limits = f" [{row['ci_low']:.2f}, {row['ci_high']:.2f}]" if np.isfinite(row["ci_low"]) else ""
    return f"{row['estimate']:.2f}{limits}"


def _needed(row: "pd.Series[float] | None", what: str) -> str:
    """Say how much would reach .70; no length or number does where nothing agrees."""
    if row is None or not np.isfinite(row["estimate"]):
        return ""
    most = f"{np.ceil(row['ci_high']):.0f}" if np.isfinite(row["ci_high"]) else "no limit"
    needed, least = (max(1, np.ceil(row[name])) for name in ("estimate", "ci_low"))
    return f"; {needed:.0f} [{least:.0f}, {most}] {what} would reach .70"
