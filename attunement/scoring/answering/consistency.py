"""What the caregiver's answers are like over a session: how reliable, and of how many kinds."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement.columns import Column, Value
from attunement.scoring.answering.answered import Answered
from attunement.scoring.answering.answers import TYPES
from attunement.scoring.answering.contingency import MIN_AT_RISK

# Of the events that could be told, this share must have a type: otherwise those that have one
# are a choice.
MIN_TYPED = 0.7
_CUT_OFF = ("coverage_caregiver", "next_event", "episode_end", "no_caregiver_expression")
_UNSEEN = "no event whose 2 s were wholly seen before any other"
COLUMNS = (
    Column("continuing_share", "share",
           "Share of the events at whose onset the caregiver showed the infant's expression "
           "already.", "score", missing_when="no event, or no such expression of the caregiver",
           source="the caregiver's expression .1 s after the infant's onset"),
    Column("exaggeration", "log ratio",
           "How far the caregiver's matching answers outdo the infant's expression, each in units "
           "of the person's own range: 0 is as much.",
           "score", missing_when="no answer with the infant's own expression",
           source="log((peak - 20th percentile) / range up to the 95th) of the caregiver, minus "
           "that of the infant",
           not_for="markedness: it grows with imitation"),
    Column("consistency", "share",
           "Of the events whose 2 s were wholly seen before any other event, the share answered.",
           "score", missing_when=_UNSEEN, source="share of events answered"),
    Column("consistency_low", "share", "Lower limit of the 95 % interval of `consistency`.",
           "limit", missing_when=_UNSEEN, source="Wilson (1927)"),
    Column("consistency_high", "share", "Upper limit of the 95 % interval of `consistency`.",
           "limit", missing_when=_UNSEEN, source="Wilson (1927)"),
    Column("type_consistency", "share",
           "How much answers are of one type: 1 where all are, 0 where every type is as frequent.",
           "score",
           missing_when=f"under {MIN_AT_RISK} events with a type, or under "
           f"{100 * MIN_TYPED:.0f} % of those seen",
           source="1 - entropy of the type over the largest possible"),
)  # fmt: skip


def scores(answered: Answered) -> dict[str, Value]:
    """Return `COLUMNS` over the given episodes."""
    events = answered.events
    return {
        "continuing_share": float(events["continuing"].mean()),
        "exaggeration": float(events["exaggeration"].mean()),
        **consistency_scores(events, answered.wholly_seen),
    }


def consistency_scores(events: pd.DataFrame, seen: NDArray[np.bool_]) -> dict[str, Value]:
    """Return the share answered with its Wilson interval, and one minus the entropy of the type.

    Parameters
    ----------
    events : DataFrame
        ``schema.EVENTS`` with answers.
    seen : ndarray of bool, shape (n events,)
        Whether the caregiver was seen for the whole 2 s after the event, and no other event came.
        Only such events count in the share: an answer that precedes a gap is seen, a silence that
        a gap cuts off is not, and counting the one without the other would favour answers.

    Returns
    -------
    dict of str to float
        `consistency`, `consistency_low`, `consistency_high`: share and 95 % interval.
        `type_consistency`: 1 - entropy of the type over the largest possible (log of the smaller
        of events and types), within positive and within negative events, weighted by their number;
        1 where every answer is of one type. Missing under 5 events with a type, or with a type in
        less than 70 % of the events that were not cut off.
    """
    from statsmodels.stats.proportion import proportion_confint

    missing = float("nan")
    row: dict[str, Value] = {
        "consistency": missing,
        "consistency_low": missing,
        "consistency_high": missing,
        "type_consistency": _type_consistency(events),
    }
    n = int(seen.sum())
    if n:
        answered = int((events["answered"].to_numpy(float)[seen] == 1).sum())
        low, high = proportion_confint(answered, n, method="wilson")
        row |= {
            "consistency": answered / n,
            "consistency_low": float(low),
            "consistency_high": float(high),
        }
    return row


def _type_consistency(events: pd.DataFrame) -> float:
    not_cut_off = ~events["reason"].isin(_CUT_OFF).to_numpy()
    response = events["response"].to_numpy(object)
    typed = not_cut_off & (response != "")
    n_typed = int(typed.sum())
    if n_typed < MIN_AT_RISK or n_typed < MIN_TYPED * int(not_cut_off.sum()):
        return float("nan")
    positive = events["channel"].to_numpy(object) == "smile"
    total, weight = 0.0, 0
    for group in (typed & ~positive, typed & positive):
        n = int(group.sum())
        if n < 2:
            continue
        share = pd.Series(response[group]).value_counts().to_numpy(float) / n
        entropy = float(-(share * np.log(share)).sum()) / np.log(min(n, len(TYPES)))
        total, weight = total + n * (1 - entropy), weight + n
    return total / weight if weight else float("nan")
