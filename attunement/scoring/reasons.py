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
from attunement.scoring.chance.shifts import MIN_SURROGATES
from attunement.scoring.marking.markedness import MIN_ONSETS, Cue
from attunement.scoring.marking.measured import constant_cues
from attunement.scoring.matching.matched import MIN_EPISODE_S, Matching
from attunement.scoring.repairing.recovery import MIN_EVENTS
from attunement.scoring.series.lacking import lacking
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
        reasons.append(lacking("few_events", chances.n_at_risk, MIN_AT_RISK))
    elif not np.isfinite(chances.p):
        n_shifts = int(np.isfinite(chances.share_surrogate).sum())
        reasons.append(lacking("too_short", n_shifts, MIN_SURROGATES, "shifts"))
    if len(events):
        if (events["reason"] == "no_cue").any():
            reasons.append("no_cue")
        n_distress = int(events["recovery_s"].notna().sum())
        if n_distress < MIN_EVENTS:
            reasons.append(lacking("few_distress_events", n_distress, MIN_EVENTS))
    return {"events_reason": ";".join(reasons)}


def reason(
    recording: Recording,
    matching: Matching,
    windows: pd.DataFrame,
    cues: dict[str, Cue],
    row: Mapping[str, Value],
    *,
    needed_s: float,
) -> str:
    """Return why scores are missing, separated by semicolons; empty where none is.

    Parameters
    ----------
    matching : Matching
        The episodes that the row is made of.
    windows : DataFrame
        Theirs.
    cues : dict of str to Cue
        Those that the row's markedness is made of.
    row : mapping
        The other scores of the row.
    needed_s : float
        What the first window needs of an episode.
    """
    reasons = []
    if not len(windows):
        reasons.append(lacking("too_short", matching.longest_s(), needed_s, "s"))
    elif not windows["following_z"].notna().any():
        reasons += [found for found, _ in Counter(windows["reason"]).most_common(1)]
    elif not np.isfinite(float(row["mirroring_p"])):
        longest_s = matching.longest_s(scored=True)
        short = longest_s < MIN_EPISODE_S
        said = lacking("too_short", longest_s, MIN_EPISODE_S, "s") if short else "too_short"
        reasons.append(said)
    unmarked = why_unmarked(recording, cues, int(row["n_infant_events"]))
    reasons += [unmarked] if unmarked else []
    reasons += ["constant_cue"] if constant_cues(recording) else []
    return ";".join(dict.fromkeys(reasons))


def why_unmarked(recording: Recording, cues: dict[str, Cue], n_onsets: int) -> str:
    """Return why there is no markedness; empty where there is."""
    if cues:
        return ""
    if recording.caregiver and not set(schema.CUES) & set(recording.caregiver):
        return "no_cue"  # however many events there were
    if not n_onsets:
        return "no_infant_event"
    if n_onsets < MIN_ONSETS:
        return lacking("few_infant_events", n_onsets, MIN_ONSETS)
    return "coverage_caregiver"
