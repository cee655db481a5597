"""The score of a session for differences between dyads: four scores of timing, equally weighted."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from attunement import schema
from attunement.columns import WINDOW, Column, Value
from attunement.scoring.gaps_with_affect import REASON as WITH_AFFECT
from attunement.scoring.series.lacking import lacking

# What each part is divided by, so that all count alike: its standard deviation between sessions.
# Fixed, so that a session's score depends on no other session. From the 238 of 289 coded sessions
# of two minutes that have `MIN_SCORABLE_S` of windows (docs/two_minutes.md), within age of the
# infant and partner, rounded to two digits.
REFERENCE_SD = {"mirroring": 0.13, "concordance": 0.06, "simultaneity": 0.17, "contingency": 0.17}
MIN_PARTS = 3
# With less time in windows that have a score, error alone is more than all sessions differ by.
MIN_SCORABLE_S = 30.0
FEW_WINDOWS = "few_scorable_windows"
COLUMNS = (
    Column(
        "temporal_attunement", "reference sd",
        "How far the caregiver's face goes with the infant's in time, above chance: the score to "
        "model for differences between dyads.",
        "score", needs=(WINDOW,), chance_level="0",
        missing_when=f"under {MIN_PARTS} of its {len(REFERENCE_SD)} parts; of windows with a "
        f"score, under {MIN_SCORABLE_S:g} s; gaps that go with affect",
        source=f"mean of {', '.join(f'`{name}`' for name in REFERENCE_SD)}, each over its sd in "
        "238 coded sessions of 2 minutes",
        not_for="a lasting difference between dyads, from one session",
    ),
    Column(
        "temporal_attunement_parts", "",
        "The scores that `temporal_attunement` is the mean of, separated by semicolons.",
        "description", schema.TEXT, missing_when="no `temporal_attunement`",
    ),
)  # fmt: skip


def scores(row: Mapping[str, Value]) -> dict[str, Value]:
    """Return `COLUMNS` from the other scores of a row.

    The mean of the parts that are there, each divided by its `REFERENCE_SD`; missing where fewer
    than three of the four are, and where gaps go with affect: what is left of the parts then is
    shifted as those that are withheld.
    """
    withheld = WITH_AFFECT in str(row.get("reason", "")).split(";")
    parts = {name: float(row[name]) / sd for name, sd in REFERENCE_SD.items()}
    known = {name: value for name, value in parts.items() if np.isfinite(value)}
    if withheld or len(known) < MIN_PARTS:
        return {"temporal_attunement": float("nan"), "temporal_attunement_parts": ""}
    return {
        "temporal_attunement": float(np.mean(list(known.values()))),
        "temporal_attunement_parts": ";".join(known),
    }


def withhold_few(table: pd.DataFrame, step_s: float) -> pd.DataFrame:
    """Return scores without `temporal_attunement` where few windows have a score.

    Parameters
    ----------
    table : DataFrame
        One row a session, or an episode.
    step_s : float
        Between windows: `n_scorable` windows stand for `n_scorable` times as long.
    """
    least = least_scorable(step_s)
    few = table["temporal_attunement"].notna() & (table["n_scorable"] < least)
    if not few.any():
        return table
    said = [
        ";".join(filter(None, (reason, lacking(FEW_WINDOWS, n, least) if gone else "")))
        for reason, n, gone in zip(table["reason"], table["n_scorable"], few, strict=True)
    ]
    return table.assign(
        temporal_attunement=table["temporal_attunement"].mask(few),
        temporal_attunement_parts=table["temporal_attunement_parts"].mask(few, ""),
        reason=pd.Series(said, index=table.index, dtype=schema.TEXT),
    )


def least_scorable(step_s: float) -> int:
    """Return the number of windows with a score under which the score is withheld."""
    return int(np.ceil(MIN_SCORABLE_S / step_s - 1e-9))
