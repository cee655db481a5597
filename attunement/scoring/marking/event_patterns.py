"""The pattern of every infant event: whether the caregiver matched it, marked the answer, or both.

Each of the two is a figure (`evidence`) that the caregiver's series has at every sample, so that
what *shifted* events would meet is read off the same series. An event is called where its figure
exceeds what nine of ten shifted events meet that lie apart from the infant's own events.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement.samples import nearest_samples
from attunement.scoring.chance.shifts import Index
from attunement.scoring.marking.evidence import (
    Whitened,
    bumps,
    evidence,
    partial_out,
    rises,
    whiten,
)
from attunement.scoring.marking.markedness import MOUTH_BELOW_HZ, Train, design_of, low_pass
from attunement.scoring.marking.measured import measured_cues
from attunement.scoring.series.recording import Recording

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
# Less than this is no answer, however little shifted events meet: a still face has no rises.
MIN_EVIDENCE = 0.5
# When an answer starts to rise, after the infant's onset. The infant's own rise starts before the
# onset, which is where it passes the threshold.
RISE_S = (-0.5, 1.5)
BUMP_S = (0.0, 2.0)
# Shifted events closer than this to an event of the infant would meet the answer to that.
APART_S = 3.0
# Two shifted events closer than this meet the same answer.
DISTINCT_S = 2.0
# Where events leave less time apart than this, so much is taken all the same: what is farthest.
MIN_APART_S = 20.0
# With less than this seen, nothing is said.
MIN_MET_S = 10.0
# Over so much time at least a cue is regressed on content and pose.
MIN_FIT_S = 60.0


@dataclass(frozen=True)
class Figures:
    """One of the two of some events that share a series.

    Attributes
    ----------
    series : ndarray, shape (n,)
        The figure at every sample of the episode.
    onsets : ndarray of int, shape (k,)
    away : ndarray of int, shape (n,)
        Samples from every sample to the nearest event.
    sampling_hz : float
    """

    series: Array
    onsets: Index
    away: Index
    sampling_hz: float

    @property
    def value(self) -> Array:
        """The figure of every event, shape (k,)."""
        return self.series[self.onsets]

    @cached_property
    def cuts(self) -> tuple[float, float]:
        """What an event must exceed to be called, and what it must not to be surely not called."""
        met = self._met(self.away)
        if len(met) < nearest_samples(MIN_MET_S, self.sampling_hz):
            return float("nan"), float("nan")
        cut, near = (max(float(np.quantile(met, q)), MIN_EVIDENCE) for q in (self._level, NEAR))
        return cut, near

    @property
    def axis(self) -> Axis:
        """YES, NO, UNCLEAR or UNKNOWN of every event, shape (k,)."""
        cut, near = self.cuts
        side = np.where(self.value > near, UNCLEAR, NO)
        side = np.where(self.value > cut, YES, side)
        known = np.isfinite(self.value) & np.isfinite(cut)
        return np.where(known, side, UNKNOWN).astype(np.int8)

    def shifted(self, shifts: Index) -> Array:
        """Return whether shifted events are called (1, 0, NaN) by what *they* exceed, (k, b)."""
        called = np.full((len(self.onsets), len(shifts)), np.nan)
        if not np.isfinite(self.cuts[0]) or not len(self.onsets):
            return called
        for at, shift in enumerate(shifts):
            # A caregiver displaced by s meets the onset at t with the sample t - s.
            met = self.series[(self.onsets - shift) % len(self.series)]
            others = self._met(np.roll(self.away, -shift))
            cut = max(float(np.quantile(others, self._level)), MIN_EVIDENCE)
            called[:, at] = np.where(np.isfinite(met), met > cut, np.nan)
        return called

    def _met(self, away: Index) -> Array:
        """Return what shifted events meet that lie apart from the others."""
        return self.series[_apart(away, self._known, self.sampling_hz)]

    @cached_property
    def _known(self) -> Mask:
        return np.isfinite(self.series)

    @cached_property
    def _level(self) -> float:
        """The quantile that no more than a tenth of new events exceed that nobody answers.

        A quantile of m values is exceeded by more than its share of new ones (Vovk et al. 2005).
        Neighbouring samples meet the same, so m counts stretches.
        """
        m = len(self._met(self.away)) / nearest_samples(DISTINCT_S, self.sampling_hz)
        return min(1.0, CALLED * (m + 1) / m)


@dataclass(frozen=True)
class EventPatterns:
    """The events of one episode.

    Attributes
    ----------
    onsets : ndarray of int, shape (k,)
        Samples from the episode's start.
    matched : list of tuple of ndarray of bool, shape (k,), and Figures
        By expression: which of the events have it, and theirs.
    marked : Figures
    """

    onsets: Index
    matched: list[tuple[Mask, Figures]]
    marked: Figures

    @cached_property
    def axes(self) -> tuple[Axis, Axis]:
        """Whether each event is matched, and marked; shape (k,) each."""
        matched = np.full(len(self.onsets), UNKNOWN, np.int8)
        for own, figures in self.matched:
            matched[own] = figures.axis
        return matched, self.marked.axis

    @cached_property
    def names(self) -> list[str]:
        """The pattern of every event."""
        return [_name(int(a), int(b)) for a, b in zip(*self.axes, strict=True)]

    def table(self) -> pd.DataFrame:
        """Return both figures of every event, how far they lie above their cuts, its pattern."""
        evidence_of, margin = np.full((2, len(self.onsets)), np.nan)
        for own, figures in self.matched:
            evidence_of[own], margin[own] = figures.value, figures.value - figures.cuts[0]
        return pd.DataFrame(
            {
                "match_evidence": evidence_of,
                "match_margin": margin,
                "mark_evidence": self.marked.value,
                "mark_margin": self.marked.value - self.marked.cuts[0],
                "pattern": self.names,
            }
        )

    def shifted(self, shifts: Index) -> tuple[Array, Array]:
        """Return whether shifted events are matched, and marked (1, 0, NaN), shape (k, b) each."""
        matched = np.full((len(self.onsets), len(shifts)), np.nan)
        for own, figures in self.matched:
            matched[own] = figures.shifted(shifts)
        return matched, self.marked.shifted(shifts)

    def of_windows(self, starts: Index, *, window: int) -> list[str]:
        """Return the pattern of every window: that of the first event with one that starts in it.

        The first, whatever it is: to prefer one pattern would find more of it where events are
        dense.
        """
        names = np.array(self.names, dtype=object)
        scorable = names != "not_scorable"
        onsets, names = self.onsets[scorable], names[scorable]
        first = np.searchsorted(onsets, starts)
        inside = first < np.searchsorted(onsets, starts + window)
        return [
            str(names[at]) if there else "not_scorable"
            for at, there in zip(first, inside, strict=True)
        ]


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
    names = measured_cues(recording)
    cues = [found for name in names if (found := _cue(name, recording, trains)) is not None]
    start, stop = (nearest_samples(edge, rate) for edge in BUMP_S)
    marking = evidence(cues, bumps(rate), first=start, last=stop) if cues else nothing
    return Answering(content, marking)


def event_patterns(
    recording: Recording, train: Train, channels: list[str], caregiver: Answering
) -> EventPatterns:
    """Return the patterns of one episode's events.

    Parameters
    ----------
    channels : list of str
        Expression of every event of the train.
    caregiver : Answering
        Of the whole recording.
    """
    part = slice(train.episode.lo, train.episode.hi)
    away = _away(train.onsets, train.episode.n)
    rate = recording.sampling_hz
    matched = []
    for name in sorted(set(channels)):
        own = np.array([channel == name for channel in channels], bool)
        figures = Figures(caregiver.content[name][part], train.onsets[own], away, rate)
        matched.append((own, figures))
    marked = Figures(caregiver.marking[part], train.onsets, away, rate)
    return EventPatterns(train.onsets, matched, marked)


def _cue(name: str, recording: Recording, trains: list[Train]) -> Whitened | None:
    u, rate = recording.caregiver[name], recording.sampling_hz
    if name == "mouth_opening":
        u = low_pass(u, sampling_hz=rate, below_hz=MOUTH_BELOW_HZ)
    design = design_of(name, recording, np.isfinite(u))
    # What answers an event may be content and marking at once, which would pass for content.
    usable = np.isfinite(u) & np.isfinite(design).all(1)
    onsets = [train.onsets + train.episode.lo for train in trains]
    away = _away(np.concatenate([*onsets, np.zeros(0, np.int64)]), len(u))
    apart = _apart(away, usable, rate, least_s=MIN_FIT_S)
    return whiten(partial_out(u, design, apart))


def _away(onsets: Index, n: int) -> Index:
    """Return how many samples every sample is away from the nearest event, shape (n,)."""
    away = np.full(n, n, np.int64)
    for onset in onsets:
        away = np.minimum(away, np.abs(np.arange(n) - onset))
    return away


def _apart(away: Index, known: Mask, sampling_hz: float, *, least_s: float = MIN_APART_S) -> Mask:
    """Return which of the known samples lie apart from every event, shape (n,).

    Events may leave little: the `least_s` seconds farthest from them are taken then.
    """
    least = nearest_samples(APART_S, sampling_hz)
    apart = known & (away >= least)
    wanted = min(nearest_samples(least_s, sampling_hz), int(np.count_nonzero(known)))
    if np.count_nonzero(apart) < wanted:
        apart = known & (away >= np.sort(away[known])[-wanted])
    return apart


def _name(matched: int, marked: int) -> str:
    if UNKNOWN in (matched, marked):
        return "not_scorable"
    return NAMES.get((matched, marked), "indeterminate")
