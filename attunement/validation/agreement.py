"""How far two measurements of the same dyads agree, with intervals that draw whole families."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement.stats.reliability.repeated import without
from attunement.stats.reliability.resampling import draw_counts

Array = NDArray[np.float64]

_KIND = ["age", "partner"]
_MIN_PAIRS = 10


class Agreement(NamedTuple):
    """An agreement, its 95 % interval (missing where none was drawn), and the pairs in it."""

    estimate: float
    low: float
    high: float
    n: int


def prophesied(reliability: float, longer: float) -> float:
    """Return the reliability of `longer` times as much (Spearman-Brown)."""
    return longer * reliability / (1 + (longer - 1) * reliability)


def by_family(
    tables: Sequence[pd.DataFrame], *, halves: bool = False, n_bootstrap: int = 0
) -> Agreement:
    """Return the mean over tables of the correlation of `a` and `b`; of halves, for the whole.

    Parameters
    ----------
    tables : sequence of DataFrame
        family, a, b: one for every way to split.
    halves : bool
        Whether a and b are halves: then 2 r / (1 + r).
    n_bootstrap : int
        Draws of whole families.
    """
    n = round(float(np.mean([len(one) for one in tables]))) if tables else 0
    missing = float("nan")
    if n < _MIN_PAIRS:
        return Agreement(missing, missing, missing, n)
    families = pd.Index(sorted({name for one in tables for name in one["family"]}))
    counts = np.ones((1, len(families)))
    if n_bootstrap:
        counts = np.vstack([counts, draw_counts(len(families), n_bootstrap, 0)])
    each = [
        _correlations(
            one["a"].to_numpy(float),
            one["b"].to_numpy(float),
            counts[:, families.get_indexer(one["family"])],
        )
        for one in tables
    ]
    r: Array = np.mean(np.array(each), axis=0)
    found: Array = 2 * r / (1 + r) if halves else r
    low, high = np.quantile(found[1:], [0.025, 0.975]) if n_bootstrap else (missing, missing)
    return Agreement(float(found[0]), float(low), float(high), n)


def _correlations(a: Array, b: Array, weights: Array) -> Array:
    total = weights.sum(1)
    mean_a, mean_b = weights @ a / total, weights @ b / total
    both = weights @ (a * b) / total - mean_a * mean_b
    spread = (weights @ a**2 / total - mean_a**2) * (weights @ b**2 / total - mean_b**2)
    return np.asarray(both / np.sqrt(spread), float)


def pairs_of_halves(
    halves: pd.DataFrame, sessions: pd.DataFrame, name: str, *, base_rates: bool = False
) -> list[pd.DataFrame]:
    """Return, of every split, both halves of a score within age and partner, by session."""
    of = sessions.set_index("session")[["family", "dyad", *_KIND]]
    tables = []
    for _, split in halves.groupby("split"):
        a, b = (split[split["half"] == half].set_index("session") for half in "ab")
        table = pd.DataFrame({"a": a[name], "b": b[name]}).join(of, how="inner")
        rates = ["infant_positive", "caregiver_positive"] if base_rates else []
        for rate in rates:
            table[rate] = (a[rate] + b[rate]) / 2
        table = table.dropna()
        if len(table) < _MIN_PAIRS:
            continue
        kinds = pd.get_dummies(table[_KIND].astype("str").agg("|".join, axis="columns"))
        held = np.column_stack([kinds.to_numpy(float), table[rates].to_numpy(float)])
        centred = {half: without(table[half].to_numpy(float), held) for half in "ab"}
        tables.append(table.assign(**centred))
    return tables


def _centred(sessions: pd.DataFrame, name: str) -> pd.DataFrame:
    known = sessions.dropna(subset=[name])
    return known.assign(x=known[name] - known.groupby(_KIND)[name].transform("mean"))


def pairs_of_dyads(sessions: pd.DataFrame, name: str) -> list[pd.DataFrame]:
    """Return a score of every dyad at both ages, within age and partner."""
    wide = _centred(sessions, name).pivot_table(index=["family", "dyad"], columns="age", values="x")
    first, *_, last = wide.columns if len(wide.columns) > 1 else (None, None)
    if first is None:
        return []
    table = wide[[first, last]].dropna().set_axis(["a", "b"], axis="columns")
    return [table.reset_index()]


def pairs_of_partners(sessions: pd.DataFrame, name: str) -> list[pd.DataFrame]:
    """Return a score of every two partners of an infant at one age, within age and partner."""
    known = _centred(sessions, name)[["family", "age", "partner", "x"]]
    both = known.merge(known, on=["family", "age"])
    both = both[both["partner_x"] < both["partner_y"]]
    return [both.rename(columns={"x_x": "a", "x_y": "b"})[["family", "a", "b"]]]


def pooled(
    halves: pd.DataFrame, sessions: pd.DataFrame, name: str, *, by: list[str], k: int
) -> Iterator[tuple[str, Agreement]]:
    """Yield how halves agree of one session, and of the mean of k that belong together."""
    ones, means = [], []
    for table in pairs_of_halves(halves, sessions, name):
        groups = table.groupby(by)["a"].transform("count")
        together = table[groups >= k]
        ones.append(together)
        mean = together.groupby(list(dict.fromkeys(["family", *by])))[["a", "b"]].mean()
        means.append(mean.reset_index())
    yield "each alone", by_family(ones, halves=True)
    yield "pooled", by_family(means, halves=True)


def error_variance(halves: pd.DataFrame, name: str) -> pd.Series:
    """Return, by session, the error variance of its score: (a - b)^2 / 4, mean over splits."""
    wide = halves.pivot_table(index=["session", "split"], columns="half", values=name)
    squares = ((wide["a"] - wide["b"]) ** 2 / 4).dropna()
    return squares.groupby("session").mean()
