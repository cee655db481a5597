"""How often and how soon the caregiver answers the infant's events, against chance.

Answers are counted by their delay, in product-limit form: at every delay, how many events were
still unanswered and observed, and how many of them were answered then. Counts under every circular
shift of the onset train come from circular correlations, so that chance meets the same onsets,
gaps and event windows as the observed figure.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from attunement.scoring.answering.onsets import Expressed, samples_until
from attunement.scoring.answering.survival import restricted_mean, share_waiting
from attunement.scoring.chance.shifts import enough, mean_defined, midrank_p
from attunement.scoring.marking.markedness import Train
from attunement.scoring.series.recording import Episode, Recording

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]

# An answer starts later than this after the infant's onset: faster is no reaction.
REACTION_S = 0.1
ANSWER_WITHIN_S = 2.0
MIN_AT_RISK = 5
_DELAYS_AT_ONCE = 32  # bounds memory at high rates


@dataclass(frozen=True)
class Clock:
    """From every sample of an episode, how many samples later something comes.

    Attributes
    ----------
    first, last : int
        Delays in samples that count as an answer.
    answer : ndarray of int, shape (n,)
        Delay of the first onset; ``last + 1`` where there is none.
    gap : ndarray of int, shape (n,)
        Delay of the caregiver's first missing sample; ``last + 1`` where there is none.
    """

    first: int
    last: int
    answer: Index
    gap: Index


@dataclass(frozen=True)
class AnswerCounts:
    """Events by delay, shape (1 + s, delays); observed first, then under every shift.

    Attributes
    ----------
    at_risk : ndarray
        Events not yet answered and still observed.
    answered : ndarray
        Of those, answered at that delay.
    """

    at_risk: Array
    answered: Array


@dataclass(frozen=True)
class Chances:
    """Share answered and restricted mean time of a session, observed and under chance.

    Attributes
    ----------
    n_at_risk : int
        Events with any time in which an answer could have been seen.
    share, promptness : float
        By the product limit; missing where the time to 2 s was not observed in any event.
    share_surrogate, promptness_surrogate : ndarray, shape (b,)
    """

    n_at_risk: int
    share: float
    promptness: float
    share_surrogate: Array
    promptness_surrogate: Array

    @property
    def excess(self) -> float:
        """Share answered minus its mean under shifts."""
        return self.share - mean_defined(self.share_surrogate)

    @property
    def p(self) -> float:
        """Upper-tail p of the share; missing under 5 events at risk."""
        if self.n_at_risk < MIN_AT_RISK or not enough(self.share_surrogate):
            return float("nan")
        return midrank_p(self.share, self.share_surrogate)


def clock(recording: Recording, episode: Episode, expressed: dict[str, Expressed]) -> Clock:
    """Return when the caregiver's next onset and next gap come, the episode taken as a circle."""
    part = slice(episode.lo, episode.hi)
    first = int(np.floor(REACTION_S * recording.sampling_hz + 1e-9)) + 1
    last = max(first, recording.samples(ANSWER_WITHIN_S))
    onsets, missing = np.zeros(episode.n, bool), np.zeros(episode.n, bool)
    for one in expressed.values():
        onsets |= one.onsets[part]
        missing |= ~np.isfinite(one.series[part])
    if not expressed:
        missing[:] = True
    return Clock(
        first=first,
        last=last,
        answer=samples_until(onsets, first=first, last=last),
        gap=samples_until(missing, first=0, last=last),
    )


def windows_of(onsets: Index, n: int, last: int) -> Index:
    """Return the longest delay looked at for each onset: 2 s, the next onset, the episode's end."""
    following = np.append(onsets[1:], n - 1)
    return np.minimum(last, following - onsets).astype(np.int64)


def answer_counts(train: Train, time: Clock) -> AnswerCounts:
    """Count the events of one episode by delay, observed and under every shift of the train."""
    n, delays = train.episode.n, np.arange(time.first, time.last + 1)
    shifts = np.concatenate([[0], train.shifts]) % n
    at_risk, answered = np.zeros((2, len(shifts), len(delays)))
    if not len(train.onsets):
        return AnswerCounts(at_risk, answered)
    length = windows_of(train.onsets, n, time.last)
    for first in range(0, len(delays), _DELAYS_AT_ONCE):
        part = slice(first, first + _DELAYS_AT_ONCE)
        delay = delays[part, None]
        onsets = np.zeros((len(delay), n))
        onsets[:, train.onsets] = length >= delay
        spectrum = np.conj(fft.rfft(onsets))
        here = (time.answer >= delay) & (time.gap > delay)
        for counts, mask in ((at_risk, here), (answered, here & (time.answer == delay))):
            by_sample = fft.irfft(spectrum * fft.rfft(mask.astype(float)), n=n)
            counts[:, part] = np.round(by_sample[:, shifts].T)
    return AnswerCounts(at_risk, answered)


def chances(counts: list[AnswerCounts], trains: list[Train], time: Clock | None) -> Chances:
    """Combine the episodes of a session, each shifted on its own, into its chances."""
    missing = float("nan")
    if time is None or not counts:
        return Chances(0, missing, missing, np.zeros(0), np.zeros(0))
    rows = [np.concatenate([[0], 1 + train.shift_of_surrogate]) for train in trains]
    at_risk = np.sum([one.at_risk[row] for one, row in zip(counts, rows, strict=True)], axis=0)
    answered = np.sum([one.answered[row] for one, row in zip(counts, rows, strict=True)], axis=0)
    share, promptness = _share_and_promptness(at_risk, answered, time)
    return Chances(int(at_risk[0, 0]), share[0], promptness[0], share[1:], promptness[1:])


def _share_and_promptness(at_risk: Array, answered: Array, time: Clock) -> tuple[Array, Array]:
    """Return the share answered by 2 s and the restricted mean time in seconds, by row."""
    waiting = share_waiting(at_risk, answered)
    waited = restricted_mean(waiting, first=time.first)
    return 1 - waiting[:, -1], np.asarray(waited / time.last * ANSWER_WITHIN_S)


def odds_ratio(trains: list[Train], clocks: list[Clock]) -> float:
    """Return the odds of an onset after an event over those in windows without one.

    Windows without an event are laid end to end in the time that no event's answer window takes;
    only windows that are wholly observed count. One half is added to every cell (Haldane), so that
    empty cells leave it finite. Missing where either kind has no window, and where the caregiver
    never or always had an onset: the halves alone would then decide.
    """
    after, free = np.zeros(2), np.zeros(2)
    for train, time in zip(trains, clocks, strict=True):
        n, width = train.episode.n, time.last - time.first + 1
        length = windows_of(train.onsets, n, time.last)
        taken = np.zeros(n, bool)
        for onset, longest in zip(train.onsets, length, strict=True):
            taken[onset + time.first : onset + longest + 1] = True
            if longest == time.last and time.gap[onset] > time.last:
                after[int(time.answer[onset] <= time.last)] += 1
        at = 0
        while at + time.last < n:
            if taken[at + time.first : at + time.last + 1].any():
                at += 1
                continue
            if time.gap[at] > time.last:
                free[int(time.answer[at] <= time.last)] += 1
            at += width
    if not after.sum() or not free.sum() or not (after + free).all():
        return float("nan")
    (missed, answered), (quiet, onset) = after + 0.5, free + 0.5
    return float(answered * quiet / (missed * onset))
