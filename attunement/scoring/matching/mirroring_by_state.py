"""Mirroring of the infant's positive and of its negative states, each on its own."""

import numpy as np
from numpy.typing import NDArray

from attunement.columns import WINDOW, Column, Value
from attunement.scoring.chance.shifts import FEW
from attunement.scoring.matching.matched import Matching, excess, weighted
from attunement.scoring.series.gaps import mean_sd
from attunement.scoring.series.windows import sliding

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]

STATES = ("positive", "negative")
# A window belongs to a state if so much of its movement is there. Where one state alone is followed
# the other's score is then .00 to .03 beside .20 (docs/scoring.md, "Gaps"); by the mean level of
# the windows it would be .04 to .07.
SHARE = 0.8
MIN_WINDOWS = 10
_SOURCE = (
    "`mirroring` by the infant's state; that positive and negative expressions are followed "
    "differently: Malatesta & Haviland 1982; Murray et al. 2016"
)
COLUMNS = tuple(
    Column(
        f"mirroring_{state}", "Fisher's z",
        f"`mirroring` over the windows in which the infant's valence moves {side} its baseline.",
        "score", needs=(WINDOW,), chance_level="0",
        missing_when=f"under {MIN_WINDOWS} such windows, no valence of the infant; {FEW}; gaps "
        "that go with affect (`gaps_affect_p`)",
        source=_SOURCE,
    )
    for state, side in zip(STATES, ("above", "below"), strict=True)
)  # fmt: skip


def windows_by_state(valence: Array, starts: Index, *, window: int) -> dict[str, Mask]:
    r"""Return which windows of the infant belong to each state.

    With :math:`v^+ = \max(v, 0)` and :math:`v^- = \min(v, 0)`, a window is positive where
    :math:`\mathrm{var}(v^+) \ge .8 (\mathrm{var}(v^+) + \mathrm{var}(v^-))`, negative where
    the same holds of :math:`v^-`, and neither where the infant moves on both sides of its baseline
    or not at all. The movement decides and not the level, since a correlation in a window is one
    of movements: a smile that begins from a still face is a positive state.

    Parameters
    ----------
    valence : ndarray, shape (n,)
        In z units over the infant's own baseline; missing values are passed over.
    starts : ndarray of int, shape (k,)
    window : int
        Samples.

    Returns
    -------
    dict of str to ndarray of bool, shape (k,)
        ``positive`` and ``negative``.
    """
    of_starts = sliding(valence, window)[starts]
    # np.maximum keeps NaN.
    halves = (np.maximum(of_starts, 0.0), np.minimum(of_starts, 0.0))
    above, below = (mean_sd(half)[1] ** 2 for half in halves)
    moving = above + below > 0
    return {
        state: moving & (own >= SHARE * (above + below))
        for state, own in zip(STATES, (above, below), strict=True)
    }


def scores(matching: Matching) -> dict[str, Value]:
    """Return `COLUMNS` over the given episodes."""
    return {f"mirroring_{state}": _mirroring(matching, state) for state in STATES}


def _mirroring(matching: Matching, state: str) -> float:
    pairs, n_windows = [], 0.0
    for one, _ in matching.scored():
        found = matching.curves(one, state)
        if found is None:
            continue
        curves, weight = found
        pairs.append((excess(curves[:, matching.max_lag + 1 :].mean(1)), weight))
        n_windows += weight
    return weighted(pairs) if n_windows >= MIN_WINDOWS else float("nan")
