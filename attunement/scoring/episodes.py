"""One episode of a session: its windows scored, and what the session's scores are made of."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement import schema
from attunement.columns import Column, leading, types
from attunement.config import Config
from attunement.scoring.chance.plan import Plan
from attunement.scoring.chance.shifts import MIN_SURROGATES, Index
from attunement.scoring.marking import patterns
from attunement.scoring.marking.event_patterns import EventPatterns
from attunement.scoring.marking.markedness import Cue, Train
from attunement.scoring.marking.patterns import MarkednessBlock, markedness_block
from attunement.scoring.matching import congruence as level
from attunement.scoring.matching import mirroring as following
from attunement.scoring.matching.concordance import concordance
from attunement.scoring.matching.congruence import CongruenceBlock, congruence_block
from attunement.scoring.matching.displaced_windows import SCORED, EpisodeSides, prepare
from attunement.scoring.matching.drawn_surrogates import move, prepare_drawn
from attunement.scoring.matching.matched import MatchedEpisode
from attunement.scoring.matching.mirroring import CurveSum, MirroringBlock, score_block
from attunement.scoring.matching.mirroring_by_state import STATES, windows_by_state
from attunement.scoring.matching.slow import (
    WITHOUT_SLOW,
    add_without_slow,
    prepare_without_slow,
)
from attunement.scoring.series.gaps import totals
from attunement.scoring.series.lacking import lacking
from attunement.scoring.series.recording import Episode, Recording
from attunement.scoring.series.windows import coverage, n_windows

Array = NDArray[np.float64]

# Numbers held at once per array; bounds memory whatever the length of an episode.
_BLOCK_NUMBERS = 200_000
# Under so few windows at a time, each multiplication is too small to be worth its start.
_LEAST_BLOCK = 24
# What stands first in the windows table, in the order that other programs may rely on.
_FIRST_WINDOWS = (
    "session", "episode", "window", "start_s", "end_s", "coverage_caregiver", "coverage_infant",
    "following_z", *(f"mirroring_{name}" for name in schema.MIRRORED_CHANNELS), "mirroring_p",
    "mirroring_lag_s", "direction", "congruence", "arousal_matching", "movement_matching",
    "marking_z", *(f"cue_{name}" for name in schema.CUES), "pattern", "reason",
)  # fmt: skip
WINDOW_COLUMNS = leading(
    [
        Column("session", "", "The session, as in the manifest.", "id"),
        Column("episode", "", "The episode, as in the manifest.", "id"),
        Column("window", "", "The number of the window in its session.", "id", "int64"),
        Column("start_s", "s", "When the window starts, from the first frame of the caregiver's "
               "video.", "id", "float64"),
        Column("end_s", "s", "When it ends, itself not included.", "id", "float64"),
        *(
            Column(f"coverage_{person}", "share",
                   f"Share of the samples that the window needs with a value of the {person}.",
                   "description")
            for person in schema.PERSONS
        ),
        *following.WINDOW_COLUMNS,
        *level.WINDOW_COLUMNS,
        *patterns.WINDOW_COLUMNS,
        Column("reason", "", "Why the window lacks a score; empty where it has them all.",
               "reason"),
    ],
    _FIRST_WINDOWS,
)  # fmt: skip
_WINDOWS = types(WINDOW_COLUMNS)


@dataclass(frozen=True)
class Lengths:
    """Window, step and longest lag in samples; the coverage a window needs."""

    window: int
    step: int
    max_lag: int
    min_coverage: float

    @classmethod
    def of(cls, config: Config) -> "Lengths":
        """Return the lengths that a configuration asks for."""
        window, step, max_lag = config.window_samples()
        return cls(window, step, max_lag, config.scoring.min_coverage)


@dataclass(frozen=True)
class ScoredEpisode:
    """Windows of one episode, and what session scores are made of."""

    episode: Episode
    matched: MatchedEpisode
    patterns: EventPatterns

    @property
    def windows(self) -> pd.DataFrame:
        """One row a window."""
        return self.matched.windows


def score_episode(
    recording: Recording,
    train: Train,
    plan: Plan,
    cues: dict[str, Cue],
    event_patterns: EventPatterns,
    lengths: Lengths,
    *,
    unmarked: str,
) -> ScoredEpisode:
    """Score every window of an episode; memory is bounded by working on blocks of windows.

    `unmarked` says why the session has no cues; empty where it has some.
    """
    episode, n_shifts = train.episode, len(plan.shifts)
    n, window, max_lag = episode.n, lengths.window, lengths.max_lag
    starts = lengths.step * np.arange(
        n_windows(n, window=window, step=lengths.step, max_lag=max_lag)
    )

    def moved(series: Array) -> Array:
        return move(series, plan, opposite=False)[1]

    curves = {name: CurveSum(plan.n) for name in (*SCORED, "all", *STATES, WITHOUT_SLOW)}
    distance_sum, distance_count = np.zeros((2, plan.n // plan.run))
    tables = []
    if len(starts):
        make = prepare_drawn if plan.drawn else prepare
        sides = make(recording, episode, plan, window=window, max_lag=max_lag)
        faster = prepare_without_slow(recording, episode, plan, window=window, max_lag=max_lag)
        valence = recording.caregiver.get("valence", np.full(len(recording.time_s), np.nan))
        valence = valence[episode.lo : episode.hi]
        if plan.drawn:
            valence = moved(valence)
        seen = coverage(recording, episode, starts, window + max_lag)
        scorable = np.all(seen >= lengths.min_coverage, axis=0)
        block = max(_LEAST_BLOCK, _BLOCK_NUMBERS // max(n, plan.n))
        for first in range(0, len(starts), block):
            part = slice(first, first + block)
            blocks = _score_block(
                recording,
                sides,
                valence,
                train,
                cues,
                starts[part],
                scorable[part],
                curves,
                lengths,
            )
            add_without_slow(faster, starts[part], scorable[part], curves[WITHOUT_SLOW])
            congruence = blocks[1]
            if congruence is not None:
                total, count = totals(congruence.distance, axis=0)
                distance_sum += total
                distance_count += count
            table = _table(recording, episode, starts[part], seen[:, part], lengths, blocks)
            table["pattern"] = event_patterns.of_windows(starts[part], window=window)
            table["reason"] = _reasons(
                seen[:, part], blocks, table["pattern"], lengths, n_shifts, unmarked
            )
            tables.append(table)
    windows = pd.concat(tables, ignore_index=True) if tables else schema.empty(_WINDOWS)
    windows = schema.conform(windows.assign(window=np.arange(len(windows))), _WINDOWS)
    kept = MatchedEpisode(
        n=n,
        windows=windows,
        plan=plan,
        curves=curves,
        distance_sum=distance_sum,
        distance_count=distance_count,
        concordance=concordance(recording, episode, plan, moved, max_lag=max_lag),
    )
    return ScoredEpisode(episode, kept, event_patterns)


Blocks = tuple[MirroringBlock, CongruenceBlock | None, MarkednessBlock]


def _score_block(
    recording: Recording,
    sides: EpisodeSides,
    valence: Array,
    train: Train,
    cues: dict[str, Cue],
    starts: Index,
    scorable: NDArray[np.bool_],
    curves: dict[str, CurveSum],
    lengths: Lengths,
) -> Blocks:
    episode, plan = train.episode, sides.plan
    by_state = None
    if "valence" in recording.infant:
        felt = recording.infant["valence"][episode.lo : episode.hi]
        by_state = windows_by_state(felt, starts, window=lengths.window)
    mirroring = score_block(sides, starts, scorable, curves, some=by_state)
    congruence = None
    if "valence" in recording.infant and "valence" in recording.caregiver:
        congruence = congruence_block(
            recording.infant["valence"][episode.lo : episode.hi],
            valence,
            starts,
            plan,
            window=lengths.window,
            max_lag=lengths.max_lag,
        )
        for values in (congruence.observed, congruence.surrogate, congruence.distance):
            values[~scorable] = np.nan
    marking = markedness_block(
        cues,
        episode,
        train.onsets,
        starts,
        train.shifts,
        window=lengths.window,
        max_lag=lengths.max_lag,
        sampling_hz=recording.sampling_hz,
    )
    for values in (marking.observed, *marking.by_cue.values()):
        values[~scorable] = np.nan
    return mirroring, congruence, marking


def _table(
    recording: Recording,
    episode: Episode,
    starts: Index,
    seen: Array,
    lengths: Lengths,
    blocks: Blocks,
) -> pd.DataFrame:
    mirroring, congruence, marking = blocks
    rate = recording.sampling_hz
    start_s = recording.time_s[episode.lo] + starts / rate
    missing = np.full(len(starts), np.nan)
    lag = np.where(np.isfinite(mirroring.following.observed), mirroring.lag / rate, np.nan)
    channel = mirroring.by_channel
    return pd.DataFrame(
        {
            "session": recording.session,
            "episode": episode.name,
            "start_s": start_s,
            "end_s": start_s + lengths.window / rate,
            "coverage_caregiver": seen[0],
            "coverage_infant": seen[1],
            "following_z": mirroring.following.observed,
            **{
                f"mirroring_{name}": channel.get(name, missing) for name in schema.MIRRORED_CHANNELS
            },
            "mirroring_p": mirroring.p,
            "mirroring_lag_s": lag,
            "direction": mirroring.direction,
            "congruence": missing if congruence is None else congruence.observed,
            "arousal_matching": channel.get("arousal", missing),
            "movement_matching": channel.get("head_movement", missing),
            "marking_z": marking.observed,
            **{f"cue_{name}": marking.by_cue.get(name, missing) for name in schema.CUES},
            "simultaneity": mirroring.simultaneity,
            "caregiver_flat": mirroring.caregiver_flat,
            "clipped": mirroring.clipped,
        }
    )


def _reasons(
    seen: Array,
    blocks: Blocks,
    patterns: pd.Series,
    lengths: Lengths,
    n_shifts: int,
    unmarked: str,
) -> list[str]:
    """Return why each window lacks a score; empty where it has them all."""
    mirroring, congruence, marking = blocks
    unmirrored = "caregiver_still"
    if n_shifts < MIN_SURROGATES:
        unmirrored = lacking("too_short", n_shifts, MIN_SURROGATES, "shifts")
    reasons = np.full(seen.shape[1], "", dtype=object)
    # From the least to the most basic: what is written last stays.
    lost = ~np.isfinite(marking.observed) | (patterns == "not_scorable").to_numpy()
    reasons[lost] = unmarked or "coverage_caregiver"
    reasons[~marking.has_onset] = "no_infant_event"
    lost = ~np.isfinite(mirroring.following.observed)
    if congruence is not None:
        lost |= ~np.isfinite(congruence.observed)
    reasons[lost] = unmirrored
    reasons[lost & mirroring.infant_still] = "infant_still"
    short = seen < lengths.min_coverage
    reasons[short[1]] = "coverage_infant"
    reasons[short[0]] = "coverage_caregiver"
    return [str(reason) for reason in reasons]
