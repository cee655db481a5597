"""Scores of a session, from its windows up."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from attunement import schema
from attunement.cards import Card, Carded
from attunement.columns import types
from attunement.config import Config
from attunement.scoring.answering.events import session_events
from attunement.scoring.answering.family_contingency import contingency_table
from attunement.scoring.card import scores_card
from attunement.scoring.chance.held import refuse_phases_of_codes
from attunement.scoring.chance.plan import Plan, plan_episode
from attunement.scoring.chance.shifts import combinations
from attunement.scoring.clock_limits import withhold_scores, withhold_windows
from attunement.scoring.columns import columns, score_types
from attunement.scoring.episodes import Lengths, ScoredEpisode, score_episode
from attunement.scoring.interaction import interact, onset_samples
from attunement.scoring.marking.event_patterns import EventPatterns, answering, event_patterns
from attunement.scoring.marking.markedness import Train, fit_cues
from attunement.scoring.matching.displaced_windows import SCORED
from attunement.scoring.reasons import why_unmarked
from attunement.scoring.series.recording import Recording, recordings
from attunement.scoring.summary import summarise
from attunement.scoring.temporal import withhold_few


@dataclass(frozen=True, repr=False)
class Scores(Carded):
    """All that scoring says about the sessions of a signals table.

    Attributes
    ----------
    windows : DataFrame
        One row a window.
    events : DataFrame
        ``schema.EVENTS``; one row an infant event, with the caregiver's answer.
    states : DataFrame
        ``schema.STATES``; one row a second of an episode.
    contingency : DataFrame
        ``schema.CONTINGENCY``: what `pooled_contingency` pools over the sessions of a family.
    by_episode : DataFrame
        As `by_session`, with `episode` after `session`; one row an episode.
    by_session : DataFrame
        One row a session.

    Examples
    --------
    >>> from attunement.scoring import score_session
    >>> from attunement.simulation import simulate_dyad
    >>> signals, truth = simulate_dyad(duration_s=90, mirroring=0.4, lag_s=1.0)
    >>> scores = score_session(signals)
    >>> print(len(scores.windows), "windows,", len(scores.events), "events of the infant")
    84 windows, 4 events of the infant
    >>> print(scores.by_session[["mirroring", "mirroring_lag_s", "congruence"]].round(2))
       mirroring  mirroring_lag_s  congruence
    0       0.38              1.0        0.31
    """

    windows: pd.DataFrame
    events: pd.DataFrame
    states: pd.DataFrame
    contingency: pd.DataFrame
    by_episode: pd.DataFrame
    by_session: pd.DataFrame

    def _card(self) -> Card:
        """Return what it holds, in a few lines."""
        return scores_card(self)


def score_session(
    signals: pd.DataFrame, config: Config | None = None, *, clock_uncertainty_s: float | None = None
) -> Scores:
    """Score mirroring, markedness and patterns of one or several sessions, each on its own.

    Parameters
    ----------
    signals : DataFrame
        ``schema.SIGNALS``: one row per session, grid time and person, in z units over the person's
        own baseline. A channel that is absent or all missing is undefined and left out; rows that
        are not `usable` are missing; rows with an empty `episode` enter no window, only the
        session-wide regression of markedness. `clock_uncertainty_s`, alike in all rows of a
        session, says by how much the infant's times can be wrong against the caregiver's: 0 where
        both are on one clock. A table without it does not say that they are.
    config : Config, optional
        Its ``scoring`` section, and the rate of ``signals``.
    clock_uncertainty_s : float, optional
        Stands in for the table's own column, for every session in it. Lags and directions that it
        could turn are withheld; where it is missing, all of them (`reason` has ``clock_unknown``).

    Returns
    -------
    Scores

    Raises
    ------
    TableError
        Columns missing, times unsorted, doubled or uneven, a rate other than the configuration's,
        infinities, a person missing, partners on different grids, an episode in pieces; codes or
        step series where `[scoring] surrogate` is ``"phase"``.

    Notes
    -----
    Definitions, sources and measured properties are in ``docs/scoring.md``. Nothing is drawn at
    random in a session of one episode.

    Examples
    --------
    >>> from attunement.scoring import score_session
    >>> from attunement.simulation import simulate_dyad
    >>> signals, truth = simulate_dyad(duration_s=120, mirroring=0.4, lag_s=1.0)
    >>> scores = score_session(signals)
    >>> print(float(scores.by_session["mirroring_lag_s"].iloc[0]))
    1.0
    """
    config = config or Config()
    if clock_uncertainty_s is not None:
        signals = signals.assign(clock_uncertainty_s=clock_uncertainty_s)
    scored = [
        _withheld(_score(one, config), one.clock_uncertainty_s, config.scoring.step_s)
        for one in recordings(signals, config.signals.sampling_hz)
    ]
    tables = {name: types(one) for name, one in columns().items()}
    return Scores(
        windows=_stack([one.windows for one in scored], tables["windows"]),
        events=_stack([one.events for one in scored], schema.EVENTS),
        states=_stack([one.states for one in scored], schema.STATES),
        contingency=_stack([one.contingency for one in scored], schema.CONTINGENCY),
        by_episode=_stack([one.by_episode for one in scored], tables["scores_by_episode"]),
        by_session=_stack([one.by_session for one in scored], tables["scores"]),
    )


def score_windows(
    signals: pd.DataFrame, config: Config | None = None, *, clock_uncertainty_s: float | None = None
) -> pd.DataFrame:
    """Score mirroring, markedness and pattern of every window.

    Parameters, errors and definitions are those of `score_session`.

    Returns
    -------
    DataFrame
        One row a window; a score that cannot be given is NaN and `reason` says
        why.

    Examples
    --------
    >>> from attunement.scoring import score_windows
    >>> from attunement.simulation import simulate_dyad
    >>> signals, truth = simulate_dyad(duration_s=60, mirroring=0.4, lag_s=1.0)
    >>> windows = score_windows(signals)
    >>> print(windows.loc[:2, ["start_s", "end_s", "following_z", "congruence"]].round(2))
       start_s  end_s  following_z  congruence
    0      0.0    5.0        -1.97       -0.30
    1      1.0    6.0        -2.01       -0.29
    2      2.0    7.0        -1.62       -0.37
    """
    return score_session(signals, config, clock_uncertainty_s=clock_uncertainty_s).windows


def _withheld(scores: Scores, clock_uncertainty_s: float, step_s: float) -> Scores:
    by_episode, by_session = (
        withhold_few(withhold_scores(table, clock_uncertainty_s), step_s)
        for table in (scores.by_episode, scores.by_session)
    )
    windows = withhold_windows(scores.windows, clock_uncertainty_s)
    return replace(scores, windows=windows, by_episode=by_episode, by_session=by_session)


def _stack(tables: list[pd.DataFrame], columns: dict[str, str]) -> pd.DataFrame:
    tables = [table for table in tables if len(table)]
    if not tables:
        return schema.empty(columns)
    if len(tables) == 1:  # nothing to join
        return schema.conform(tables[0].reset_index(drop=True), columns)
    return schema.conform(pd.concat(tables, ignore_index=True), columns)


def session_rows(signals: pd.DataFrame, config: Config) -> pd.DataFrame:
    """Return `score_session(...).by_session` alone, in less time."""
    tables = [
        _score(one, config, episodes_too=False).by_session
        for one in recordings(signals, config.signals.sampling_hz)
    ]
    return _stack(tables, score_types())


def _score(recording: Recording, config: Config, *, episodes_too: bool = True) -> Scores:
    lengths = Lengths.of(config)
    rate, scoring = recording.sampling_hz, config.scoring
    if scoring.surrogate == "phase":
        refuse_phases_of_codes(
            recording, SCORED, advice='Write surrogate = "circular" in [scoring].'
        )
    events = session_events(recording)
    plans = [
        plan_episode(episode.n, rate, max_lag=lengths.max_lag, settings=scoring, at=at)
        for at, episode in enumerate(recording.episodes)
    ]
    indices, tested_indices = (
        combinations(
            sizes,
            n_surrogates=scoring.n_surrogates,
            seed=scoring.seed,
            paired=any(plan.drawn for plan in plans),
        )
        for sizes in (
            [len(plan.circular) for plan in plans],
            [len(plan.circular_tested) for plan in plans],
        )
    )
    trains = []
    for episode, plan, which, which_tested in zip(
        recording.episodes, plans, indices, tested_indices, strict=True
    ):
        onsets = onset_samples(recording, episode, events)
        tested = plan.circular_tested[which_tested]
        trains.append(Train(episode, onsets, plan.circular, which, tested))
    cues = fit_cues(recording, trains, slice(None))
    n_onsets = sum(len(train.onsets) for train in trains)
    unmarked = why_unmarked(recording, cues, n_onsets)
    patterns = _patterns(recording, trains, events)
    episodes = [
        score_episode(recording, train, plan, cues, of_episode, lengths, unmarked=unmarked)
        for train, plan, of_episode in zip(trains, plans, patterns, strict=True)
    ]
    # An answer is called marked by its own residual, which a few onsets suffice to compute; that
    # a session's cues rise at all needs more of them.
    some_cues = cues or fit_cues(
        recording, [_observed(train) for train in trains], slice(None), min_onsets=1
    )
    interaction = interact(recording, trains, events, some_cues)

    def row(chosen: list[ScoredEpisode], chosen_trains: list[Train], whole: bool) -> pd.DataFrame:
        own = cues if whole else fit_cues(recording, chosen_trains, _frames(chosen_trains))
        row_values = summarise(recording, chosen, chosen_trains, own, interaction, config)
        return schema.conform(pd.DataFrame([row_values]), score_types())

    by_session = row(episodes, trains, True)
    if len(episodes) == 1 and episodes[0].episode.n == len(recording.time_s):
        tables = [by_session]
    elif not episodes_too:
        tables = []
    else:
        tables = [
            row([one], [_alone(train, plan)], False)
            for one, train, plan in zip(episodes, trains, plans, strict=True)
        ]
    by_episode = pd.concat(tables, ignore_index=True) if tables else by_session.iloc[:0]
    names = [one.episode.name for one in episodes]
    by_episode.insert(2, "episode", pd.Series(names, dtype=schema.TEXT))
    windows = pd.concat([one.windows for one in episodes]) if episodes else pd.DataFrame()
    if len(windows):
        windows = windows.assign(window=np.arange(len(windows)))
    contingency = contingency_table(recording.session, interaction.answered(trains).chances)
    events, states = _with_patterns(interaction.events, trains, patterns), interaction.states
    return Scores(windows, events, states, contingency, by_episode, by_session)


def _patterns(
    recording: Recording, trains: list[Train], events: pd.DataFrame
) -> list[EventPatterns]:
    caregiver = answering(recording, trains)
    return [
        event_patterns(
            recording,
            train,
            events.loc[events["episode"] == train.episode.name, "channel"].tolist(),
            caregiver,
        )
        for train in trains
    ]


def _with_patterns(
    events: pd.DataFrame, trains: list[Train], patterns: list[EventPatterns]
) -> pd.DataFrame:
    tables = [
        one.table().set_index(events.index[events["episode"] == train.episode.name])
        for train, one in zip(trains, patterns, strict=True)
        if len(one.onsets)
    ]
    if not tables:
        return events
    columns = pd.concat(tables)
    return schema.conform(events.assign(**columns), schema.EVENTS)


def _alone(train: Train, plan: Plan) -> Train:
    everything = np.arange(len(train.shifts), dtype=np.int64)
    return replace(train, shift_of_surrogate=everything, tested=plan.circular_tested)


def _observed(train: Train) -> Train:
    """Return a train without surrogates."""
    return replace(train, shift_of_surrogate=train.shift_of_surrogate[:0], tested=train.tested[:0])


def _frames(trains: list[Train]) -> slice:
    return slice(trains[0].episode.lo, trains[0].episode.hi)
