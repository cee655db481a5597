"""Studies with several sessions a dyad, in which the outcome follows a score differently by dyad."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from attunement.stats.association import fit_association
from attunement.validation.properties import Row, share_row

# Stricter than of the scores' own p: nothing here is discrete, and 1,000 studies can tell.
NOMINAL = (0.035, 0.065)
WANTED = 1000


@dataclass(frozen=True)
class Repeated:
    """A study in which the mean slope is zero.

    Attributes
    ----------
    slope_sd : float
        Spread of the dyads' slopes, where the noise of a session has sd 1 and the score sd 1.
    time_like : bool
        Whether the score rises from session to session alike in all dyads, or is drawn anew.
    n_dyads, n_sessions : int
        Size.
    """

    slope_sd: float
    time_like: bool = False
    n_dyads: int = 30
    n_sessions: int = 6


def simulate_repeated(design: Repeated, seed: int) -> pd.DataFrame:
    """Return one row a session: dyad, session, mirroring, sensitivity."""
    rng = np.random.default_rng([seed, int(100 * design.slope_sd), design.time_like])
    shape = (design.n_dyads, design.n_sessions)
    steps = np.arange(design.n_sessions)
    score = rng.normal(size=shape)
    if design.time_like:
        score = np.tile((steps - steps.mean()) / steps.std(), (design.n_dyads, 1))
    level, slope = rng.normal(size=(2, design.n_dyads, 1)) * [[[1.0]], [[design.slope_sd]]]
    outcome = level + slope * score + rng.normal(size=shape)
    dyad = np.repeat(np.arange(design.n_dyads), design.n_sessions)
    return pd.DataFrame(
        {
            "dyad": dyad,
            "session": np.arange(dyad.size),
            "mirroring": score.ravel(),
            "sensitivity": outcome.ravel(),
        }
    )


def judge_repeated(
    design: Repeated, *, seeds: range, repeated: str = "mixed", n_permutations: int = 0
) -> pd.DataFrame:
    """Return p, permutation p, and the notes of every study."""
    found = []
    for seed in seeds:
        result = fit_association(
            simulate_repeated(design, seed),
            outcome="sensitivity",
            kind="continuous",
            predictors="mirroring",
            kinds={"mirroring": "continuous"},
            repeated=repeated,
            n_permutations=n_permutations,
            seed=seed,
        )
        row = result.table[result.table["role"] == "predictor"].iloc[0]
        found.append({"p": row["p"], "p_permutation": row["p_permutation"], "notes": result.notes})
    return pd.DataFrame(found)
