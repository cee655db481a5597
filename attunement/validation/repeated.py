"""Studies with several sessions a dyad, whose outcome follows a score differently by dyad."""

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from attunement.stats.association import fit_association
from attunement.validation.properties import Row, share_row
from attunement.validation.simulated import Size
from attunement.workers import open_pool

# Stricter than of the scores' own p: nothing here is discrete, and this many studies can tell.
NOMINAL = (0.035, 0.065)
WANTED = 1000
_PERMUTATIONS = 199
_CHUNK = 50


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
    seeds: range, *, design: Repeated, repeated: str = "mixed", n_permutations: int = 0
) -> pd.DataFrame:
    """Return p, p_permutation and notes of the studies with these seeds."""
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


def repeated_sessions(size: Size, *, workers: int) -> Iterator[Row]:
    """Fit mixed models to studies without a mean slope: how often p <= .05."""
    cells = [Repeated(sd, time_like) for time_like in (False, True) for sd in (0.5, 1.0)]
    n = WANTED if size.every else 2 * size.cell
    chunks = [range(first, min(first + _CHUNK, n)) for first in range(0, n, _CHUNK)]
    with nullcontext() if workers == 1 else open_pool(workers) as pool:
        over = map if pool is None else pool.map
        for design in cells if size.every else cells[:1]:
            judge = partial(judge_repeated, design=design, n_permutations=_PERMUTATIONS)
            found = pd.concat(list(over(judge, chunks)), ignore_index=True)
            yield from _rows(design, found)


def _rows(design: Repeated, found: pd.DataFrame) -> Iterator[Row]:
    name = f"{design.n_dyads} dyads x {design.n_sessions} sessions, slopes' sd {design.slope_sd}"
    name += ", a score that rises with the session" if design.time_like else ""
    for column, test in (("p", "repeated='mixed'"), ("p_permutation", "permutation p")):
        yield share_row(
            f"{name}: false positives, {test}", found[column], bounds=NOMINAL, wanted=WANTED,
            note="n counts studies",
        )  # fmt: skip
