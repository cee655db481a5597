"""How long the infant's distress lasts, in events with and without an answer: a description.

Only distress that is still going on 2 s after its onset counts, and time runs from then (a
landmark). Without it, unanswered crying would seem to end sooner by construction: what ends at once
leaves no time for an answer.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement.columns import Column, Value
from attunement.scoring.answering.answered import Answered
from attunement.scoring.answering.contingency import ANSWER_WITHIN_S
from attunement.scoring.answering.events import OFFSET_Z, expressions
from attunement.scoring.answering.survival import median_s
from attunement.scoring.series.recording import Episode, Recording
from attunement.scoring.series.windows import stretches

Array = NDArray[np.float64]

LANDMARK_S = ANSWER_WITHIN_S
CALM_S = 2.0
MIN_EVENTS = 3
_NOT_FOR = "a claim that answers calm: what else differs with them is not known"
_MISSING = "under half of them seen to recover"
COLUMNS = tuple(
    column
    for suffix, which in (
        ("", "distress events still going on after 2 s"),
        ("_answered", "distress events still going on after 2 s and answered by then"),
        ("_unanswered", "distress events still going on after 2 s and not answered by then"),
    )
    for column in (
        Column(f"recovery_half_life{suffix}_s", "s",
               f"Time by which half have calmed, from 2 s after the onset, of {which}.", "score",
               needs=("distress",), missing_when=_MISSING, not_for=_NOT_FOR,
               source="median by the product limit (Kaplan & Meier 1958), from a landmark at 2 s"),
        Column(f"n_distress{suffix}", "", f"Number of {which}.", "count"),
    )
)  # fmt: skip


def recover(recording: Recording, episode: Episode, events: pd.DataFrame) -> pd.DataFrame:
    """Return, for the events of one episode, how long distress went on after the landmark.

    Returns
    -------
    DataFrame
        `recovery_s`: from 2 s after the onset until distress stays under baseline + .5 sd for
        2 s; `recovered`: 1 where it did, 0 where the time was cut off by a gap or the episode's
        end. Missing for other events, and for distress that was over by the landmark.
    """
    series = expressions(recording.infant).get("distress")
    recovery, recovered = np.full((2, len(events)), np.nan)
    onsets_s, offsets_s = (events[name].to_numpy(float) for name in ("onset_s", "offset_s"))
    for k, channel in enumerate(events["channel"]):
        onset_s = float(onsets_s[k])
        if series is None or channel != "distress" or offsets_s[k] - onset_s < LANDMARK_S:
            continue
        at = recording.samples(onset_s + LANDMARK_S - float(recording.time_s[0]))
        if at < episode.hi and series[at] > OFFSET_Z:
            recovery[k], recovered[k] = _until_calm(series[at : episode.hi], recording)
    return pd.DataFrame({"recovery_s": recovery, "recovered": recovered}, index=events.index)


def _until_calm(series: Array, recording: Recording) -> tuple[float, float]:
    """Return how long a series stays high, and whether it was seen to stay low (1) or not (0)."""
    missing = np.flatnonzero(~np.isfinite(series))
    end = int(missing[0]) if missing.size else len(series)
    low = stretches(series[:end] <= OFFSET_Z)
    for start, stop in low:
        if stop - start >= recording.samples(CALM_S):
            return start / recording.sampling_hz, 1.0
    # Calm that is cut off before 2 s may or may not have lasted: nothing is known from its start.
    cut = low[-1][0] if low and low[-1][1] == end else end
    return cut / recording.sampling_hz, 0.0


def scores(answered: Answered) -> dict[str, Value]:
    """Return `COLUMNS` over the given episodes."""
    return {**recovery_scores(answered.events)}


def recovery_scores(events: pd.DataFrame) -> dict[str, float | int]:
    """Return median times to recovery by the product limit, answered and unanswered.

    Parameters
    ----------
    events : DataFrame
        ``schema.EVENTS`` of a session or of any group of sessions; events that censoring leaves
        without `answered` count in the whole only.

    Returns
    -------
    dict of str to number
        `recovery_half_life_s` over all events past the landmark, `..._answered_s` and
        `..._unanswered_s`; missing under 3 events, or where half were not seen to recover. `n_...`
        count the events. Observational: what else differs between answered and unanswered
        distress is not known.

    Examples
    --------
    >>> from attunement.scoring import recovery_scores, score_session
    >>> from attunement.simulation import simulate_dyad
    >>> signals, truth = simulate_dyad(duration_s=150, mirroring=0.4, lag_s=1.0)
    >>> scores = recovery_scores(score_session(signals).events)
    >>> print(scores["n_distress"], "events, half-life", scores["recovery_half_life_s"], "s")
    4 events, half-life 2.2 s
    """
    # As arrays: selecting rows of the whole table takes longer than all else here.
    recovery_s, recovered, answered = (
        events[name].to_numpy(float) for name in ("recovery_s", "recovered", "answered")
    )
    known = np.isfinite(recovery_s)
    row: dict[str, float | int] = {}
    for name, chosen in (
        ("", known),
        ("_answered", known & (answered == 1)),
        ("_unanswered", known & (answered == 0)),
    ):
        half, n = float("nan"), int(chosen.sum())
        if n >= MIN_EVENTS:
            half = median_s(recovery_s[chosen], recovered[chosen] == 1)
        key = "recovery_half_life_s" if not name else f"recovery_half_life{name}_s"
        row[key] = half
        row[f"n_distress{name}"] = n
    return row
