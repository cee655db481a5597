"""Markedness of a session: how far its cues rise after the infant's events, against shifts."""

import numpy as np

from attunement import schema
from attunement.columns import Column, Value
from attunement.scoring.chance.shifts import enough, midrank_p
from attunement.scoring.marking.markedness import Cue
from attunement.scoring.series.gaps import mean_of

_SOURCE = (
    "marked mirroring (Gergely & Watson 1996; Fonagy et al. 2002); regression on content, pose and "
    "time from the infant's events, against shifted events"
)
_MISSING = "no channel of a cue; under half a second of the caregiver in a box after events"
_UNIT = "residual sd"
COLUMNS = (
    Column(
        "markedness", _UNIT,
        "How far the caregiver's cues rise after the infant's events beyond what the expression "
        "itself explains, above chance.",
        "score", needs=("onsets",), chance_level="0", missing_when=_MISSING, source=_SOURCE,
        not_for="how marked is good: more is not better",
    ),
    *(
        Column(
            f"cue_{name}", _UNIT, f"`markedness` of the cue {name} alone.", "score",
            needs=("onsets",), chance_level="0", missing_when=_MISSING, source=_SOURCE,
        )
        for name in schema.CUES
    ),
    Column("markedness_p", "",
           "p of `markedness`: how often chance alone gives as much.",
           "p", needs=("onsets",),
           missing_when=_MISSING,
           source="upper-tail mid-rank p over every shift of the infant's events"),
    Column(
        "markedness_mean", _UNIT,
        "`markedness` from the mean of the boxes .5 to 3 s instead of the highest within 4 s.",
        "score", needs=("onsets",), chance_level="0", missing_when=_MISSING, source=_SOURCE,
    ),
    Column(
        "markedness_without_mouth", _UNIT,
        "`markedness` without mouth opening, which speech disturbs.",
        "score", needs=("onsets",), chance_level="0", missing_when=_MISSING, source=_SOURCE,
    ),
)  # fmt: skip


def complete_cues(cues: dict[str, Cue]) -> dict[str, Cue]:
    """Return the cues that were seen after onsets, observed and in surrogates enough."""
    return {
        name: cue
        for name, cue in cues.items()
        if np.isfinite(cue.peak) and enough(cue.peak_surrogate)
    }


def scores(cues: dict[str, Cue]) -> dict[str, Value]:
    """Return `COLUMNS` of the fitted cues."""
    cues = complete_cues(cues)
    missing = float("nan")
    peak = {name: cue.peak - mean_of(cue.peak_surrogate) for name, cue in cues.items()}
    answer = {name: cue.mean - mean_of(cue.mean_surrogate) for name, cue in cues.items()}
    p = missing
    if cues:
        observed = float(np.mean([cue.peak for cue in cues.values()]))
        tested = np.mean([cue.peak_tested for cue in cues.values()], axis=0)
        if enough(tested):
            p = midrank_p(observed, tested)
    without = [value for name, value in peak.items() if name != "mouth_opening"]
    return {
        "markedness": float(np.mean(list(peak.values()))) if peak else missing,
        **{f"cue_{name}": peak.get(name, missing) for name in schema.CUES},
        "markedness_p": p,
        "markedness_mean": float(np.mean(list(answer.values()))) if answer else missing,
        "markedness_without_mouth": float(np.mean(without)) if without else missing,
    }
