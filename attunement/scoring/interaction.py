"""Events, answers and states of one session, and the scores that its episodes come to."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement import schema
from attunement.config import Config
from attunement.scoring.answering.consistency import Score, consistency_scores
from attunement.scoring.answering.contingency import (
    MIN_AT_RISK,
    AnswerCounts,
    Chances,
    Clock,
    answer_counts,
    chances,
    clock,
    mean_defined,
    odds_ratio,
    windows_of,
)
from attunement.scoring.answering.events import OFFSET_Z, expressions, session_events
from attunement.scoring.answering.onsets import Expressed, caregiver_expressions
from attunement.scoring.answering.responses import respond
from attunement.scoring.chance.shifts import admissible_shifts, combinations
from attunement.scoring.marking.markedness import Cue, Train
from attunement.scoring.repairing.recovery import MIN_EVENTS, recover, recovery_scores
from attunement.scoring.repairing.repair import state_scores
from attunement.scoring.repairing.states import EpisodeStates, episode_states, valence_of
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

    def chances(self, trains: list[Train]) -> Chances:
        """Return the chances over the episodes of the given trains."""
        which = self._which(trains)
        return chances(
            [self.counts[k] for k in which], trains, self.clocks[which[0]] if which else None
        )

    def scores(self, trains: list[Train], config: Config) -> dict[str, Score]:
        """Return the scores over the episodes of the given trains.

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
        found = self.chances(trains)
        smiles = self._smile_chances(trains)
        seen = [
            (time.gap[train.onsets] > time.last)
            & (windows_of(train.onsets, train.episode.n, time.last) == time.last)
            for time, train in self._pairs(which)
        ]
        scores: dict[str, Score] = {
            "promptness": found.promptness,
            "promptness_expected": mean_defined(found.promptness_surrogate),
            "n_at_risk": found.n_at_risk,
            "answered_share": found.share,
            "answered_share_expected": mean_defined(found.share_surrogate),
            "contingency": found.excess,
            "contingency_p": found.p,
            "contingency_smile": smiles.excess,
            "contingency_smile_p": smiles.p,
            "contingency_odds_ratio": odds_ratio(
                [train for _, train in self._pairs(which)], [self.clocks[k] for k in which]
            ),
            "continuing_share": _mean(events["continuing"]),
            "exaggeration": _mean(events["exaggeration"]),
            **consistency_scores(events, np.concatenate(seen) if seen else np.zeros(0, bool)),
            **recovery_scores(events),
            **self._rates(which),
            "events_reason": _events_reason(self, events, found),
        }
        scoring = config.scoring
        return scores | state_scores(
            [self.episodes[k] for k in which], n_surrogates=scoring.n_surrogates, seed=scoring.seed
        )

    def _smile_chances(self, trains: list[Train]) -> Chances:
        which = self._which(trains)
        own = [
            replace(self.smiles[k][0], picks=train.picks)
            for k, train in zip(which, trains, strict=True)
        ]
        return chances(
            [self.smiles[k][1] for k in which], own, self.clocks[which[0]] if which else None
        )

    def _which(self, trains: list[Train]) -> list[int]:
        names = [train.episode.name for train in self.trains]
        return [names.index(train.episode.name) for train in trains]

    def _pairs(self, which: list[int]) -> list[tuple[Clock, Train]]:
        return [(self.clocks[k], self.trains[k]) for k in which]

    def _rates(self, which: list[int]) -> dict[str, Score]:
        """Return how often and how much either partner expresses anything, and usable time."""
        rate = self.recording.sampling_hz
        seen = {person: self.recording.seen(person) for person in schema.PERSONS}
        both = seen["infant"] & seen["caregiver"]
        started = np.zeros(len(both), bool)
        adult = np.ones(len(both), bool) & (len(self.expressed) > 0)
        for one in self.expressed.values():
            started |= one.onsets
            adult &= np.isfinite(one.series)
        samples = {"both": 0, "infant": 0, "free": 0, "onsets": 0, "events": 0}
        inside = np.zeros(len(both), bool)
        for time, train in self._pairs(which):
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
        scores: dict[str, Score] = {
            "usable_min": samples["both"] / minute,
            "infant_event_rate": _per(samples["events"], samples["infant"] / minute),
            "caregiver_event_rate": _per(samples["onsets"], samples["free"] / minute),
        }
        for person in ("infant", "caregiver"):
            valence = valence_of(getattr(self.recording, person))
            known = inside & np.isfinite(valence) if valence is not None else np.zeros(0, bool)
            share = float("nan")
            if valence is not None and known.any():
                share = float((valence[known] >= OFFSET_Z).mean())
            scores[f"{person}_positive_share"] = share
        return scores


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
    told = []
    for train, time in zip(trains, clocks, strict=True):
        own = events[events["episode"] == train.episode.name]
        if len(own):
            answers = respond(recording, train, time, own, expressed, cues)
            told.append(answers.join(recover(recording, train.episode, own)))
    if told:
        answered = pd.concat(told)
        events = pd.concat([events.drop(columns=list(answered)), answered], axis=1)
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
        picks = combinations(
            [len(found) for found in shifts],
            n_surrogates=config.scoring.n_surrogates,
            seed=config.scoring.seed,
        )
        trains = [
            Train(episode, onset_samples(recording, episode, events), found, pick, found[pick])
            for episode, found, pick in zip(recording.episodes, shifts, picks, strict=True)
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
    hers = {name: one for name, one in expressed.items() if name == "smile"}
    return own, answer_counts(own, clock(recording, train.episode, hers))


def _mean(values: pd.Series) -> float:
    return float(values.mean()) if values.notna().any() else float("nan")


def _per(count: int, minutes: float) -> float:
    return count / minutes if minutes > 0 else float("nan")


def _events_reason(told: Interaction, events: pd.DataFrame, found: Chances) -> str:
    """Return why scores of events are missing, separated by semicolons; empty where none is."""
    reasons = []
    if told.recording.infant and not expressions(told.recording.infant):
        reasons.append("no_infant_expression")
    elif not len(events):
        reasons.append("no_infant_event")
    elif not told.expressed:
        reasons.append("no_caregiver_expression")
    elif found.n_at_risk < MIN_AT_RISK:
        reasons.append("few_events")
    elif not np.isfinite(found.p):
        reasons.append("too_short")
    if len(events):
        if (events["reason"] == "no_cue").any():
            reasons.append("no_cue")
        if events["recovery_s"].notna().sum() < MIN_EVENTS:
            reasons.append("few_distress_events")
    return ";".join(reasons)
