"""Tidy result tables: one row a statistic, in the columns that every table of statistics has."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from attunement.errors import ReliabilityError

NUMBERS = ("estimate", "std_error", "ci_low", "ci_high", "statistic", "df", "p")


def result_table(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Return `rows` as a table: term, the numbers, counts (``n_...``), further columns, reason.

    What a row does not give is missing, whole numbers too; infinity is written as missing.
    """
    names: list[str] = []
    for row in rows:
        names += [name for name in row if name not in names]
    counts = [name for name in names if name.startswith("n_") and name != "n_left_out"]
    fixed = {"term", *NUMBERS, *counts, "n_left_out", "reason"}
    further = [name for name in names if name not in fixed]
    table = pd.DataFrame({"term": pd.Series([row["term"] for row in rows], dtype="str")})
    for name in NUMBERS:
        values = np.array([row.get(name, np.nan) for row in rows], dtype=float)
        table[name] = np.where(np.isfinite(values), values, np.nan)
    for name in [*counts, "n_left_out"]:
        whole = pd.array([row.get(name, pd.NA) for row in rows], dtype="Int64")
        table[name] = whole if whole.isna().any() else whole.astype("int64")
    for name in further:
        table[name] = [row.get(name) for row in rows]
    table["reason"] = pd.Series([row.get("reason", "") for row in rows], dtype="str")
    return table


def stack_tables(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the rows of several result tables as one result table."""
    return result_table(
        [
            {name: value for name, value in row.items() if not _missing(value)}
            for table in tables
            for row in table.to_dict("records")
        ]
    )


def _missing(value: Any) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value))


def check_share(value: float, name: str) -> float:
    """Return `value`, or raise unless it lies between 0 and 1, both excluded."""
    if not 0 < value < 1:
        raise ReliabilityError(f"{name} must lie between 0 and 1 (as .95 does); found {value!r}.")
    return float(value)


def check_choice(value: Any, name: str, choices: Sequence[str]) -> str:
    """Return `value`, or raise unless it is one of `choices`."""
    if value not in choices:
        raise ReliabilityError(f"{name} must be one of {', '.join(choices)}; found {value!r}.")
    return str(value)


def normal_interval(
    estimate: float, std_error: float, *, confidence: float, df: float = np.inf
) -> dict[str, float]:
    """Return `std_error`, `ci_low`, `ci_high` of estimate +- quantile of t (or z) * std_error."""
    half = float(stats.t.ppf((1 + confidence) / 2, df)) * std_error
    return {"std_error": std_error, "ci_low": estimate - half, "ci_high": estimate + half}


def two_sided(statistic: float, df: float = np.inf) -> float:
    """Return the two-sided p of a statistic that is t (z for infinite `df`) under the null."""
    return float(2 * stats.t.sf(abs(statistic), df))


def join_reasons(*reasons: str) -> str:
    """Return the reasons that say something, as one text."""
    return "; ".join(reason for reason in reasons if reason)
