"""What the caregiver answers to each event of the infant.

The answer to an event is the caregiver's first onset or step up in (0.1, 2] s after the infant's
onset. Its type follows from the infant's expression, from the caregiver's, and from how far it is
marked as the caregiver's own version (`Cue.partial`: what content and pose do not explain).
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement import schema
from attunement.scoring.answering.answers import Face, answer_type, silence_type
from attunement.scoring.answering.contingency import ANSWER_WITHIN_S, Clock, windows_of
from attunement.scoring.answering.events import expressions
from attunement.scoring.answering.onsets import Expressed
from attunement.scoring.marking.markedness import MIN_SCALE, Cue, Train
from attunement.scoring.marking.patterns import ANSWER_S, MARKED_QUANTILE, MIN_MARKED
from attunement.scoring.series.recording import Recording
from attunement.scoring.series.windows import sliding

Array = NDArray[np.float64]

# Over how long the caregiver's face is averaged when sadness and playfulness are read off it.
FACE_S = 0.5
# Without events for less than this, nothing can be said of what comes without them.
MIN_FREE_S = 10.0
LOW_QUANTILE, HIGH_QUANTILE = 0.20, 0.95
COLUMNS = (
    "response", "response_channel", "answered", "latency_s", "observed_s", "continuing",
    "response_markedness", "as_if_distress", "as_if_anger", "exaggeration", "reason",
)  # fmt: skip


def respond(
    recording: Recording,
    train: Train,
    time: Clock,
    events: pd.DataFrame,
    expressed: dict[str, Expressed],
    cues: dict[str, Cue],
) -> pd.DataFrame:
    """Return what the caregiver answered to the events of one episode.

    Parameters
    ----------
    events : DataFrame
        ``schema.EVENTS`` of this episode, in the order of `train`.
    expressed : dict of str to Expressed
        The caregiver's expressions over the whole recording.
    cues : dict of str to Cue
        Where empty, nothing can be said of marking.

    Returns
    -------
    DataFrame
        `COLUMNS`, indexed as `events`.
    """
    lo, rate = train.episode.lo, recording.sampling_hz
    length = windows_of(train.onsets, train.episode.n, time.last)
    following = np.append(train.onsets[1:], train.episode.n)
    marking, cut = _marking(train, cues, recording)
    both = {"smile", "distress"} <= set(recording.caregiver)
    channels, peaks = events["channel"].to_numpy(object), events["peak"].to_numpy(float)
    rows = []
    for k, onset in enumerate(train.onsets):
        expression = str(channels[k])
        delay, gap = int(time.answer[onset]), int(time.gap[onset])
        answered = delay <= length[k] and gap > delay
        observed = delay if answered else max(0, min(int(length[k]), gap - 1))
        until = lo + min(int(following[k]), int(onset) + recording.samples(ANSWER_S[1]))
        face = _face(recording, lo + int(onset), until, both, float(marking[onset]), cut)
        mine = expressed.get(expression)
        showing = mine is not None and bool(mine.showing[lo + onset + time.first - 1])
        answer = _first(expressed, expression, lo + int(onset) + delay) if answered else ""
        exaggeration = float("nan")
        stop = min(int(following[k]), int(onset) + delay + recording.samples(ANSWER_WITHIN_S))
        # An answer that starts with the next event has no time of its own to have a peak in.
        if mine is not None and answer == expression and stop > onset + delay:
            peak = float(np.nanmax(mine.series[lo + onset + delay : lo + stop]))
            own = expressions(recording.infant)[expression]
            exaggeration = _share_of_range(peak, mine.series) - _share_of_range(
                float(peaks[k]), own
            )
        kind, reason = "", ""
        if not expressed:
            reason = "no_caregiver_expression"
        elif answered:
            kind, reason = answer_type(expression, answer, face)
        elif observed < time.last:
            reason = _cut_off(observed, int(length[k]), int(following[k]) < train.episode.n)
        elif mine is None:
            reason = f"no_{expression}"
        else:
            kind, reason = silence_type(showing=showing, marked=face.marked)
        if reason == "no_cue" and cues:
            reason = "coverage_caregiver"
        seen = answered or observed >= time.last
        rows.append(
            (
                kind, answer, float(answered) if seen else np.nan,
                observed / rate if answered else np.nan, observed / rate,
                float(showing) if mine is not None and gap >= time.first else np.nan,
                face.marking, face.as_if_distress, face.as_if_anger, exaggeration, reason,
            )
        )  # fmt: skip
    kinds = {name: schema.EVENTS[name] for name in COLUMNS}
    return schema.conform(pd.DataFrame(rows, columns=list(COLUMNS), index=events.index), kinds)


def _cut_off(observed: int, length: int, by_event: bool) -> str:
    """Return what ended the time in which an answer could have been seen."""
    if observed < length:
        return "coverage_caregiver"
    return "next_event" if by_event else "episode_end"


def _first(expressed: dict[str, Expressed], expression: str, at: int) -> str:
    """Return whose onset is at a sample; the infant's own expression where several are."""
    names = [name for name, one in expressed.items() if one.onsets[at]]
    return expression if expression in names else names[0]


def _marking(train: Train, cues: dict[str, Cue], recording: Recording) -> tuple[Array, float]:
    """Return, from every sample of the episode, the markedness that follows, and the cut.

    Mean over cues of the mean residual from .5 to 3 s later (half of the frames at least), minus
    its mean over the samples whose answer time no event shares. The cut is the 90th percentile of
    those, and at least .25. Taken over all samples, answers that are always marked would raise
    their own cut; where events leave less than 10 s, it is taken over all of them all the same.
    """
    n = train.episode.n
    first, last = (recording.samples(edge) for edge in ANSWER_S)
    by_cue = []
    for cue in cues.values():
        partial = np.full(n + last, np.nan)
        partial[:n] = cue.partial[train.episode.lo : train.episode.hi]
        seen = np.isfinite(partial)
        total = np.cumsum(np.concatenate([[0.0], np.where(seen, partial, 0.0)]))
        count = np.cumsum(np.concatenate([[0], seen]))
        frames = count[last : last + n] - count[first : first + n]
        mean = (total[last : last + n] - total[first : first + n]) / np.maximum(frames, 1)
        by_cue.append(np.where(2 * frames >= last - first, mean, np.nan))
    known = np.ones(n, bool) & (len(by_cue) > 0)
    for one in by_cue:
        known &= np.isfinite(one)
    if not known.any():
        return np.full(n, np.nan), float("nan")
    mean = np.where(known, np.mean(by_cue, axis=0), np.nan)
    free = known.copy()
    for onset in train.onsets:
        free[max(0, onset - (last - first) + 1) : onset + (last - first)] = False
    usual = mean[free if free.sum() >= recording.samples(MIN_FREE_S) else known]
    mean -= usual.mean()
    return mean, max(MIN_MARKED, float(np.quantile(usual - usual.mean(), MARKED_QUANTILE)))


def _face(
    recording: Recording, start: int, stop: int, both: bool, marking: float, cut: float
) -> Face:
    """Return the caregiver's face in the samples [start, stop) after an onset.

    Without both smile and distress (`both`), valence stands in for sadness and no playful residue
    can be told from it.
    """
    missing = float("nan")
    adult = expressions(recording.caregiver)
    span, width = slice(start + 1, stop), max(1, recording.samples(FACE_S))
    smile = adult["smile"][span] if "smile" in adult else np.zeros(0)
    grim = {}
    for name in ("distress", "anger"):
        level, play = missing, missing
        if name in adult:
            smooth = _moving_mean(adult[name][span], width)
            if np.isfinite(smooth).any():
                at = int(np.nanargmax(smooth))
                level = float(smooth[at])
                if "smile" in recording.caregiver and (both or name == "anger"):
                    play = float(_moving_mean(smile, width)[at])
        grim[name] = (level, play)
    return Face(*grim["distress"], *grim["anger"], marking, cut)


def _moving_mean(series: Array, width: int) -> Array:
    """Return the means of `width` neighbouring samples, NaN where one of them is missing."""
    if len(series) < width:
        return np.full(1, np.nan)
    return np.asarray(sliding(series, width).mean(1))


def _share_of_range(peak: float, series: Array) -> float:
    """Return log((peak - base) / range): base is the 20th percentile, range up to the 95th.

    Missing where the person hardly moves in this channel or the peak is no higher than the base.
    """
    known = series[np.isfinite(series)]
    low, high = np.quantile(known, [LOW_QUANTILE, HIGH_QUANTILE])
    if high - low < MIN_SCALE or peak <= low:
        return float("nan")
    return float(np.log((peak - low) / (high - low)))
