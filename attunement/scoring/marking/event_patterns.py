"""The pattern of every infant event: whether the caregiver matched it, marked the answer, or both.

Each of the two is a figure (`evidence`) that the caregiver's series has at every sample, so that
what *shifted* events would meet is read off the same series. An event is called where its figure
exceeds what nine of ten shifted events meet that lie apart from the infant's own events.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from attunement import schema
from attunement.samples import nearest_samples
from attunement.scoring.chance.shifts import MIN_SURROGATES, Index
from attunement.scoring.marking.evidence import (
    Whitened,
    bumps,
    evidence,
    partial_out,
    rises,
    whiten,
)
from attunement.scoring.marking.markedness import MOUTH_BELOW_HZ, Train, _design, low_pass
from attunement.scoring.series.recording import Episode, Recording

Array = NDArray[np.float64]
Axis = NDArray[np.int8]
Mask = NDArray[np.bool_]

NO, UNCLEAR, YES, UNKNOWN = -1, 0, 1, 2
NAMES = {
    (YES, YES): "attuned",
    (YES, NO): "merged",
    (NO, YES): "marked_only",
    (NO, NO): "not_shown",
}
# Of shifted events: what is called exceeds this share of them, what is not called surely exceeds
# no more than the other.
CALLED, NEAR = 0.90, 0.80
# When an answer starts to rise, after the infant's onset. The infant's own rise starts before the
# onset, which is where it passes the threshold.
RISE_S = (-0.5, 1.5)
BUMP_S = (0.0, 2.0)
# Shifted events within this time of an event of the infant would meet the answer to that.
APART_S = (-2.0, 4.0)
# Two shifted events closer than this meet the same answer.
DISTINCT_S = 2.0
# With less time apart from events than this, all of an episode is what shifted events meet.
MIN_APART_S = 20.0
MAX_SHIFTS = 499


@dataclass(frozen=True)
class Figures:
    """What an axis has of an episode's events.

    Attributes
    ----------
    value, cut, near : ndarray, shape (k,)
        Of every event: its figure, what it must exceed to be called, and what it must not exceed
        to be not called.
    shifted : ndarray, shape (k, b)
        Whether each shifted event is called by what *its* shifted events meet: 1, 0, or NaN.
    """

    value: Array
    cut: Array
    near: Array
    shifted: Array

    @property
    def axis(self) -> Axis:
        """YES, NO, UNCLEAR or UNKNOWN of every event."""
        side = np.where(self.value > self.near, UNCLEAR, NO)
        side = np.where(self.value > self.cut, YES, side)
        known = np.isfinite(self.value) & np.isfinite(self.cut)
        return np.where(known, side, UNKNOWN).astype(np.int8)

    @property
    def called(self) -> Array:
        """1, 0, or NaN of every event."""
        return np.where(self.axis == UNKNOWN, np.nan, (self.axis == YES).astype(float))


@dataclass(frozen=True)
class EventPatterns:
    """The events of one episode.

    Attributes
    ----------
    episode : Episode
    onsets : ndarray of int, shape (k,)
        Samples from the episode's start.
    matched, marked : Figures
    surrogates : ndarray of int, shape (b,)
        Which of the session's surrogates `shifted` holds.
    """

    episode: Episode
    onsets: Index
    matched: Figures
    marked: Figures

    @property
    def names(self) -> list[str]:
        """The pattern of every event."""
        return [
            _name(int(a), int(b)) for a, b in zip(self.matched.axis, self.marked.axis, strict=True)
        ]

    def of_windows(self, starts: Index, *, window: int) -> list[str]:
        """Return the pattern of every window: that of the first event with one that starts in it.

        The first, whatever it is: to prefer one pattern would find more of it where events are
        dense.
        """
        names = np.array(self.names, dtype=object)
        scorable = names != "not_scorable"
        onsets, names = self.onsets[scorable], names[scorable]
        at = np.searchsorted(onsets, starts)
        inside = at < np.searchsorted(onsets, starts + window)
        return [str(names[k]) if there else "not_scorable" for k, there in zip(at, inside)]


@dataclass
class Answering:
    """How clearly the caregiver answers at every sample of a recording, by what is asked.

    Attributes
    ----------
    content : dict of str to ndarray, shape (n,)
        By expression of the infant: how clearly the caregiver shows it too.
    marking : ndarray, shape (n,)
        How clearly cues rise beyond content and pose.
    """

    content: dict[str, Array] = field(default_factory=dict)
    marking: Array = field(default_factory=lambda: np.zeros(0))


def answering(recording: Recording, trains: list[Train]) -> Answering:
    """Return how clearly the caregiver of a recording answers at every of its samples."""
    n, rate = len(recording.time_s), recording.sampling_hz
    nothing = np.full(n, np.nan)
    person = recording.caregiver
    start, stop = (nearest_samples(edge, rate) for edge in RISE_S)
    content = {}
    for name in ("smile", "distress", "anger"):
        series = person.get(name)
        if series is None and "valence" in person:
            series = person["valence"] if name == "smile" else -person["valence"]
        found = None if series is None else whiten(series)
        content[name] = (
            nothing if found is None else evidence([found], rises(rate), first=start, last=stop)
        )
    cues = [found for name in schema.CUES if (found := _cue(name, recording, trains)) is not None]
    start, stop = (nearest_samples(edge, rate) for edge in BUMP_S)
    marking = evidence(cues, bumps(rate), first=start, last=stop) if cues else nothing
    return Answering(content, marking)


def event_patterns(
    recording: Recording,
    train: Train,
    channels: list[str],
    caregiver: Answering,
    which: Index,
) -> EventPatterns:
    """Return the patterns of one episode's events.

    Parameters
    ----------
    channels : list of str
        Expression of every event of the train.
    caregiver : Answering
        Of the whole recording.
    which : ndarray of int, shape (b,)
        Shift of every surrogate that is asked for, in samples.
    """
    episode = train.episode
    part = slice(episode.lo, episode.hi)
    apart = _apart(train.onsets, episode.n, recording.sampling_hz)
    expressions = np.array(channels, dtype=object)
    shape = (len(train.onsets), len(which))
    matched = Figures(*(np.full(shape[0], np.nan) for _ in range(3)), np.full(shape, np.nan))
    for name in sorted(set(channels)):
        own = expressions == name
        found = _figures(
            caregiver.content[name][part], train.onsets[own], apart, which, recording.sampling_hz
        )
        for whole, of in zip(
            (matched.value, matched.cut, matched.near, matched.shifted),
            (found.value, found.cut, found.near, found.shifted),
            strict=True,
        ):
            whole[own] = of
    marked = _figures(caregiver.marking[part], train.onsets, apart, which, recording.sampling_hz)
    return EventPatterns(episode, train.onsets, matched, marked)


def _cue(name: str, recording: Recording, trains: list[Train]) -> Whitened | None:
    u = recording.caregiver.get(name)
    if u is None:
        return None
    rate = recording.sampling_hz
    if name == "mouth_opening":
        u = low_pass(u, sampling_hz=rate, below_hz=MOUTH_BELOW_HZ)
    design = _design(name, recording, np.isfinite(u))
    # What answers an event may be content and marking at once, which would pass for content.
    apart = np.ones(len(u), bool)
    for train in trains:
        lo, hi = train.episode.lo, train.episode.hi
        apart[lo:hi] = _apart(train.onsets, hi - lo, rate, before_s=0.0)
    usable = np.isfinite(u) & np.isfinite(design).all(1)
    if np.count_nonzero(usable & apart) < nearest_samples(MIN_APART_S, rate):
        apart = np.ones(len(u), bool)
    return whiten(partial_out(u, design, apart))


def _apart(
    onsets: Index, n: int, sampling_hz: float, *, before_s: float = -APART_S[0]
) -> Mask:
    """Return which samples of an episode lie apart from every event, shape (n,)."""
    before, after = (nearest_samples(edge, sampling_hz) for edge in (before_s, APART_S[1]))
    apart = np.ones(n, bool)
    for onset in onsets:
        apart[max(0, onset - before) : onset + after] = False
    return apart


def _figures(
    series: Array, onsets: Index, apart: Mask, shifts: Index, sampling_hz: float
) -> Figures:
    n = len(series)
    value = series[onsets]
    cut, near = _cuts(series, apart, sampling_hz)
    shifted = np.full((len(onsets), len(shifts)), np.nan)
    if len(onsets):
        for at, shift in enumerate(shifts):
            # A caregiver displaced by s meets the onset at t with the sample t - s.
            met = series[(onsets - shift) % n]
            own, _ = _cuts(series, np.roll(apart, -shift), sampling_hz)
            if np.isfinite(own):
                shifted[:, at] = np.where(np.isfinite(met), met > own, np.nan)
    return Figures(value, np.full(len(onsets), cut), np.full(len(onsets), near), shifted)


def _cuts(series: Array, apart: Mask, sampling_hz: float) -> tuple[float, float]:
    """Return what an event must exceed to be called, and what it must not to be not called.

    Quantiles of what shifted events meet, the upper one raised so far that of new events that
    nobody answers no more than a tenth exceed it: a quantile of m values is exceeded by more than
    its share of new ones (Vovk et al. 2005), and m counts stretches, not samples.
    """
    known = np.isfinite(series)
    chosen = known & apart
    if np.count_nonzero(chosen) < nearest_samples(MIN_APART_S, sampling_hz):
        chosen = known
    values = series[chosen]
    if len(values) < MIN_SURROGATES:
        return float("nan"), float("nan")
    m = len(values) / (DISTINCT_S * sampling_hz)
    cut, near = np.quantile(values, [min(1.0, CALLED * (m + 1) / m), NEAR])
    return float(cut), float(near)


def _name(matched: int, marked: int) -> str:
    if UNKNOWN in (matched, marked):
        return "not_scorable"
    return NAMES.get((matched, marked), "indeterminate")
