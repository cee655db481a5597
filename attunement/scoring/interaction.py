"""Events, answers and states of one session, and the scores that its episodes come to."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement import schema
from attunement.columns import Value
from attunement.config import Config
from attunement.scoring.answering.answered import Answered
from attunement.scoring.answering.contingency import AnswerCounts, Clock, answer_counts, clock
from attunement.scoring.answering.events import session_events
from attunement.scoring.answering.onsets import Expressed, caregiver_expressions
from attunement.scoring.answering.responses import respond
from attunement.scoring.chance.shifts import admissible_shifts, combinations
from attunement.scoring.columns import compute
from attunement.scoring.marking.markedness import Cue, Train
from attunement.scoring.repairing.recovery import recover
from attunement.scoring.repairing.repair import States
from attunement.scoring.repairing.states import EpisodeStates, episode_states
from attunement.scoring.series.recording import Episode, Recording, recordings

Index = NDArray[np.int64]


@dataclass(frozen=True)
class Interaction:
    """What happened between the partners of one session.

    Attributes
    ----------
    recording : Recording
    trains : list of Train
        The infant's onsets, by episode.
    expressed : dict of str to Expressed
        The caregiver's expressions over the whole recording.
    clocks, counts, episodes : list
        By episode: when answers come, events by delay, states.
    smiles : list of tuple of Train and AnswerCounts
        By episode: the infant's smiles, and when the caregiver's smiles follow them.
    events : DataFrame
        ``schema.EVENTS`` with answers.
    """

    recording: Recording
    trains: list[Train]
    expressed: dict[str, Expressed]
    clocks: list[Clock]
    counts: list[AnswerCounts]
    episodes: list[EpisodeStates]
    smiles: list[tuple[Train, AnswerCounts]]
    events: pd.DataFrame

    @property
    def states(self) -> pd.DataFrame:
        """``schema.STATES`` of all episodes."""
        tables = [one.table for one in self.episodes if len(one.table)]
        return pd.concat(tables, ignore_index=True) if tables else schema.empty(schema.STATES)

    def answered(self, trains: list[Train]) -> Answered:
        """Return events and answers over the episodes of the given trains.

        Parameters
        ----------
        trains : list of Train
            Some of the recording's, with the surrogates that belong to this selection.
        """
        which = self._which(trains)
        events = self.events
        if len(trains) < len(self.trains):
            names = [train.episode.name for train in trains]
            events = events[events["episode"].isin(names)]
        return Answered(
            recording=self.recording,
            trains=trains,
            clocks=[self.clocks[k] for k in which],
            counts=[self.counts[k] for k in which],
            smiles=[self.smiles[k] for k in which],
            expressed=self.expressed,
            events=events,
        )

    def scores(self, trains: list[Train], config: Config) -> dict[str, Value]:
        """Return the scores of events, answers and states over the episodes of the given trains."""
        scoring = config.scoring
        episodes = [self.episodes[k] for k in self._which(trains)]
        states = States(episodes, scoring.n_surrogates, scoring.seed)
        return {**compute("answered", self.answered(trains)), **compute("states", states)}

    def _which(self, trains: list[Train]) -> list[int]:
        names = [train.episode.name for train in self.trains]
        return [names.index(train.episode.name) for train in trains]


def interact(
    recording: Recording, trains: list[Train], events: pd.DataFrame, cues: dict[str, Cue]
) -> Interaction:
    """Find the caregiver's answers to the infant's events, and both partners' states.

    Parameters
    ----------
    events : DataFrame
        ``schema.EVENTS`` of the recording, without answers.
    cues : dict of str to Cue
        Their `partial` tells how marked an answer is.
    """
    expressed = caregiver_expressions(recording)
    clocks = [clock(recording, train.episode, expressed) for train in trains]
    answered = []
    for train, time in zip(trains, clocks, strict=True):
        own = events[events["episode"] == train.episode.name]
        if len(own):
            answers = respond(recording, train, time, own, expressed, cues)
            answered.append(answers.join(recover(recording, train.episode, own)))
    if answered:
        columns = pd.concat(answered)
        events = pd.concat([events.drop(columns=list(columns)), columns], axis=1)
    return Interaction(
        recording=recording,
        trains=trains,
        expressed=expressed,
        clocks=clocks,
        counts=[answer_counts(train, time) for train, time in zip(trains, clocks, strict=True)],
        episodes=[episode_states(recording, train.episode) for train in trains],
        smiles=[_smiles(recording, train, events, expressed) for train in trains],
        events=schema.conform(events, schema.EVENTS),
    )


def interactions(signals: pd.DataFrame, config: Config | None = None) -> Iterator[Interaction]:
    """Yield the events, answers and states of every session, without scoring its windows.

    Parameters and errors are those of `score_session`. Marking is not fitted, so that types of
    answers that need it are missing (``no_cue``).
    """
    config = config or Config()
    for recording in recordings(signals, config.signals.sampling_hz):
        events = session_events(recording)
        shifts = [admissible_shifts(one.n, recording.sampling_hz) for one in recording.episodes]
        indices = combinations(
            [len(of_episode) for of_episode in shifts],
            n_surrogates=config.scoring.n_surrogates,
            seed=config.scoring.seed,
        )
        trains = [
            Train(episode, onset_samples(recording, episode, events), own, which, own[which])
            for episode, own, which in zip(recording.episodes, shifts, indices, strict=True)
        ]
        yield interact(recording, trains, events, {})


def onset_samples(recording: Recording, episode: Episode, events: pd.DataFrame) -> Index:
    """Return the onsets of an episode's events in samples from its start."""
    onset_s = events.loc[events["episode"] == episode.name, "onset_s"].to_numpy(float)
    samples = np.round((onset_s - recording.time_s[episode.lo]) * recording.sampling_hz)
    return samples.astype(np.int64)


def _smiles(
    recording: Recording, train: Train, events: pd.DataFrame, expressed: dict[str, Expressed]
) -> tuple[Train, AnswerCounts]:
    smiling = events[events["channel"] == "smile"]
    own = replace(train, onsets=onset_samples(recording, train.episode, smiling))
    adult = {name: one for name, one in expressed.items() if name == "smile"}
    return own, answer_counts(own, clock(recording, train.episode, adult))
