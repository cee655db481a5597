"""How often and how much either partner expresses anything, and how long both were seen.

The same coupling at other base rates gives other scores: these go beside them as covariates.
"""

import numpy as np

from attunement import schema
from attunement.columns import Column, Value
from attunement.scoring.answering.answered import Answered
from attunement.scoring.answering.events import OFFSET_Z, valence_of

_NOT_FOR = "a score of attunement: it is a base rate, for the side of the covariates"
_EVENTS = "onsets of smile, distress or anger of 1 z and more"
COLUMNS = (
    Column("n_infant_events", "", "The infant's events: onsets that an answer can follow.",
           "count"),
    Column("usable_min", "min", "Minutes in which both partners were seen.", "description"),
    Column("infant_event_rate", "per min", "The infant's events per minute seen.", "score",
           missing_when="an infant who was not seen", not_for=_NOT_FOR, source=_EVENTS),
    Column("caregiver_event_rate", "per min",
           "The caregiver's onsets per minute outside the 2 s after the infant's events.", "score",
           missing_when="no such time; no expression of the caregiver", not_for=_NOT_FOR,
           source=_EVENTS),
    *(
        Column(f"{person}_positive_share", "share",
               f"Share of the time in which the {person}'s valence is positive (.5 z or more).",
               "score", missing_when=f"no valence of the {person}", not_for=_NOT_FOR,
               source="share of the samples with a value")
        for person in ("infant", "caregiver")
    ),
)  # fmt: skip


def scores(answered: Answered) -> dict[str, Value]:
    """Return `COLUMNS` over the given episodes."""
    recording = answered.recording
    rate = recording.sampling_hz
    seen = {person: recording.seen(person) for person in schema.PERSONS}
    both = seen["infant"] & seen["caregiver"]
    started = np.zeros(len(both), bool)
    adult = np.ones(len(both), bool) & (len(answered.expressed) > 0)
    for one in answered.expressed.values():
        started |= one.onsets
        adult &= np.isfinite(one.series)
    samples = {"both": 0, "infant": 0, "free": 0, "onsets": 0, "events": 0}
    inside = np.zeros(len(both), bool)
    for time, train in zip(answered.clocks, answered.trains, strict=True):
        part = slice(train.episode.lo, train.episode.hi)
        inside[part] = True
        free = adult[part].copy()
        for onset in train.onsets:
            free[onset + time.first : onset + time.last + 1] = False
        samples["both"] += int(both[part].sum())
        samples["infant"] += int(seen["infant"][part].sum())
        samples["free"] += int(free.sum())
        samples["onsets"] += int((started[part] & free).sum())
        samples["events"] += len(train.onsets)
    minute = 60 * rate
    row: dict[str, Value] = {
        "n_infant_events": samples["events"],
        "usable_min": samples["both"] / minute,
        "infant_event_rate": _per(samples["events"], samples["infant"] / minute),
        "caregiver_event_rate": _per(samples["onsets"], samples["free"] / minute),
    }
    for person in ("infant", "caregiver"):
        valence = valence_of(getattr(recording, person))
        known = inside & np.isfinite(valence) if valence is not None else np.zeros(0, bool)
        share = float("nan")
        if valence is not None and known.any():
            share = float((valence[known] >= OFFSET_Z).mean())
        row[f"{person}_positive_share"] = share
    return row


def _per(count: int, minutes: float) -> float:
    return count / minutes if minutes > 0 else float("nan")
