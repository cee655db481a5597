"""Every column of the tables that scoring gives, put together from where each is computed."""

from collections.abc import Mapping
from typing import Any

from attunement import schema
from attunement.columns import Column, ScoreModule, Value, leading, types
from attunement.scoring import (
    clock_limits,
    coverage,
    episodes,
    gaps_with_affect,
    reasons,
    temporal,
)
from attunement.scoring.answering import base_rates, consistency, contingency_scores
from attunement.scoring.marking import attuned_share, markedness_scores
from attunement.scoring.matching import (
    concordance,
    congruence,
    mirroring_by_state,
    mirroring_scores,
)
from attunement.scoring.repairing import recovery, repair

# The modules that compute scores, by what they compute them from, in the order of their columns.
# A score more is a `Column` and a value more in one of them.
MODULES: dict[str, tuple[ScoreModule, ...]] = {
    "matching": (mirroring_scores, mirroring_by_state, concordance, congruence),
    "cues": (markedness_scores,),
    "patterns": (attuned_share,),
    "seen": (coverage, gaps_with_affect),
    "answered": (contingency_scores, consistency, recovery, base_rates, reasons),
    "states": (repair,),
    "others": (temporal,),
}
# What stands first, in the order that other programs may rely on; the rest follows.
_FIRST_SCORES = (
    "dyad", "session", "n_windows", "n_scorable", "coverage_caregiver", "coverage_infant",
    "temporal_attunement", "temporal_attunement_parts", "mirroring", "mirroring_p",
    "mirroring_lag_s", "concordance", "direction", "congruence",
    "congruence_p", "arousal_matching", "movement_matching", "markedness",
    *(f"cue_{name}" for name in schema.CUES),
    "n_infant_events", "attuned_share", "attuned_share_low", "attuned_share_high", "promptness",
    "consistency", "consistency_low", "consistency_high", "contingency", "contingency_p",
    "recovery_half_life_s", "mismatch_s", "repair_rate", "time_to_repair_s", "reason",
)  # fmt: skip
_EPISODE = Column("episode", "", "The episode, as in the manifest.", "id")


def score_columns() -> tuple[Column, ...]:
    """Return the columns of a row of scores, in order."""
    declared = [
        *(column for group in MODULES.values() for one in group for column in one.COLUMNS),
        reasons.REASON,
        *clock_limits.COLUMNS,
    ]
    return leading(declared, _FIRST_SCORES)


def first_scores() -> tuple[Column, ...]:
    """Return the columns of a row of scores that stand first."""
    return score_columns()[: len(_FIRST_SCORES)]


def columns() -> dict[str, tuple[Column, ...]]:
    """Return the columns of `windows`, `scores` and `scores_by_episode`, by table."""
    by_session = score_columns()
    return {
        "scores": by_session,
        "scores_by_episode": (*by_session[:2], _EPISODE, *by_session[2:]),
        "windows": episodes.WINDOW_COLUMNS,
    }


def score_types() -> dict[str, str]:
    """Return the types of a row of scores."""
    return types(columns()["scores"])


def compute(group: str, of: Any) -> Mapping[str, Value]:
    """Return what the modules of one group compute."""
    return {name: value for one in MODULES[group] for name, value in one.scores(of).items()}
