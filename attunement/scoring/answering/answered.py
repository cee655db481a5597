"""What came after the infant's events, over the episodes that a row of scores is made of."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement.scoring.answering.contingency import (
    AnswerCounts,
    Chances,
    Clock,
    chances,
    windows_of,
)
from attunement.scoring.answering.onsets import Expressed
from attunement.scoring.marking.markedness import Train
from attunement.scoring.series.recording import Recording


@dataclass(frozen=True)
class Answered:
    """The infant's events and what the caregiver did then.

    Attributes
    ----------
    recording : Recording
    trains : list of Train
        The infant's onsets, by episode, with the surrogates that belong to this selection.
    clocks, counts : list
        By episode: when answers come, events by delay.
    smiles : list of tuple of Train and AnswerCounts
        By episode: the infant's smiles, and when the caregiver's smiles follow them.
    expressed : dict of str to Expressed
        The caregiver's expressions over the whole recording.
    events : DataFrame
        ``schema.EVENTS`` with answers.
    """

    recording: Recording
    trains: list[Train]
    clocks: list[Clock]
    counts: list[AnswerCounts]
    smiles: list[tuple[Train, AnswerCounts]]
    expressed: dict[str, Expressed]
    events: pd.DataFrame

    @cached_property
    def chances(self) -> Chances:
        """Share answered and time waited, observed and under chance."""
        return chances(self.counts, self.trains, self.clocks[0] if self.clocks else None)

    @cached_property
    def smile_chances(self) -> Chances:
        """The same of smiles that follow smiles."""
        own = [
            replace(smiling, shift_of_surrogate=train.shift_of_surrogate)
            for (smiling, _), train in zip(self.smiles, self.trains, strict=True)
        ]
        counts = [count for _, count in self.smiles]
        return chances(counts, own, self.clocks[0] if self.clocks else None)

    @cached_property
    def wholly_seen(self) -> NDArray[np.bool_]:
        """Of every event, whether its 2 s were seen and no other event came; shape (n events,)."""
        seen = [
            (time.gap[train.onsets] > time.last)
            & (windows_of(train.onsets, train.episode.n, time.last) == time.last)
            for time, train in zip(self.clocks, self.trains, strict=True)
        ]
        return np.concatenate(seen) if seen else np.zeros(0, bool)
