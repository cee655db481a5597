"""Why scores of a row are missing."""

from collections import Counter
from collections.abc import Mapping

import numpy as np
import pandas as pd

from attunement import schema
from attunement.columns import Column, Value
from attunement.scoring.answering.answered import Answered
from attunement.scoring.answering.contingency import MIN_AT_RISK
from attunement.scoring.answering.events import expressions
from attunement.scoring.marking.markedness import MIN_ONSETS, Cue
from attunement.scoring.marking.markedness_scores import complete_cues
from attunement.scoring.repairing.recovery import MIN_EVENTS
from attunement.scoring.series.recording import Recording

REASON = Column(
    "reason", "", "Why something is missing although the channels are there; empty where nothing "
    "is.", "reason",
)  # fmt: skip
COLUMNS = (
    Column("events_reason", "", "Why scores of events are missing; empty where none is.",
           "reason"),
)  # fmt: skip


def scores(answered: Answered) -> dict[str, Value]:
    """Return why scores of events are missing, separated by semicolons; empty where none is."""
    reasons = []
    events, chances = answered.events, answered.chances
    if answered.recording.infant and not expressions(answered.recording.infant):
        reasons.append("no_infant_expression")
    elif not len(events):
        reasons.append("no_infant_event")
    elif not answered.expressed:
        reasons.append("no_caregiver_expression")
    elif chances.n_at_risk < MIN_AT_RISK:
        reasons.append("few_events")
    elif not np.isfinite(chances.p):
        reasons.append("too_short")
    if len(events):
        if (events["reason"] == "no_cue").any():
            reasons.append("no_cue")
        if events["recovery_s"].notna().sum() < MIN_EVENTS:
            reasons.append("few_distress_events")
    return {"events_reason": ";".join(reasons)}


def reason(
    recording: Recording, windows: pd.DataFrame, cues: dict[str, Cue], row: Mapping[str, Value]
) -> str:
    """Return why scores are missing, separated by semicolons; empty where none is.

    Parameters
    ----------
    windows : DataFrame
        Of the episodes that the row is made of.
    cues : dict of str to Cue
        Fitted over them.
    row : mapping
        The other scores of the row.
    """
    reasons = []
    if not len(windows):
        reasons.append("too_short")
    elif not row["n_scorable"]:
        lost = Counter(reason for reason in windows["reason"] if reason != "no_infant_event")
        reasons += [reason for reason, _ in lost.most_common(1)]
    elif not np.isfinite(float(row["mirroring_p"])):
        reasons.append("too_short")
    if not complete_cues(cues):
        if int(row["n_infant_events"]) < MIN_ONSETS:
            reasons.append("no_infant_event")
        elif set(schema.CUES) & set(recording.caregiver):
            reasons.append("coverage_caregiver")
        else:
            reasons.append("no_cue")
    return ";".join(dict.fromkeys(reasons))
