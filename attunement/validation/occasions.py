"""What two minutes tell of an occasion and of a dyad: halves, months later, few windows."""

from collections.abc import Iterator
from functools import partial
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement.config import Config
from attunement.scoring import score_session
from attunement.scoring.halves import labelled_half, positive_share
from attunement.scoring.series.recording import Recording, recordings
from attunement.scoring.session import session_rows
from attunement.scoring.temporal import COLUMNS, REFERENCE_SD, least_scorable
from attunement.validation.agreement import (
    Agreement,
    by_family,
    error_variance,
    pairs_of_dyads,
    pairs_of_halves,
    pairs_of_partners,
    pooled,
    prophesied,
)
from attunement.validation.coded import read_coded
from attunement.validation.properties import Row, figure_row
from attunement.workers import open_pool

COMPOSITE = COLUMNS[0].name
STATE = "congruence"
BLOCK_S = 20.0
N_SPLITS = 10
N_BOOTSTRAP = 300
_NAMES = (*REFERENCE_SD, COMPOSITE, STATE)
# Edges between sessions of few and of many windows with a score.
_EDGES = (0, 30, 50, 80, 10**6)


def occasions(path: Path | None, *, workers: int, n_sessions: int | None = None) -> Iterator[Row]:
    """Split the coded sessions in ten ways, and compare every dyad with itself months later.

    Parameters
    ----------
    path : Path, optional
        The codes; without them one row says so.
    workers : int
        Worker processes.
    n_sessions : int, optional
        The first so many of them; by default all.
    """
    if path is None:
        yield figure_row(
            "occasions", np.nan, required="../shared", good=None, n=0, note="data not here"
        )
        return
    signals, sessions = read_coded(path)
    parts = [one for _, one in signals.groupby("session", sort=False)][:n_sessions]
    with open_pool(workers) as pool:
        halves, whole = zip(*pool.map(partial(score_splits, n_splits=N_SPLITS), parts), strict=True)
    scored = pd.concat(whole, ignore_index=True).drop(columns="dyad")
    yield from occasion_rows(pd.concat(halves, ignore_index=True), sessions.merge(scored))


def score_splits(signals: pd.DataFrame, *, n_splits: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the scores of one session's halves, in many splits into blocks of 20 s, and its own.

    With six blocks, as of two minutes, there are ten ways to put three of them into a half.
    """
    config = Config()
    parts: list[pd.DataFrame] = []
    described: list[dict[str, object]] = []
    (recording,) = recordings(signals, config.signals.sampling_hz)
    labels, block = _blocks(recording)
    for split, chosen in enumerate(_splits(int(block.max()) + 1, n_splits)):
        for half, inside in (
            ("a", np.isin(block, chosen)),
            ("b", (block >= 0) & ~np.isin(block, chosen)),
        ):
            shares = {
                f"{person}_positive": positive_share(recording, person, inside)
                for person in ("infant", "caregiver")
            }
            described.append({"session": recording.session, "split": split, "half": half, **shares})
            label = np.where(inside, labels, "")
            parts.append(labelled_half(signals, label, str(len(parts))))
    scores = score_session(signals, config).by_session
    if not parts:
        return pd.DataFrame(), scores
    rows = session_rows(pd.concat(parts, ignore_index=True), config).reset_index(drop=True)
    return pd.concat([pd.DataFrame(described), rows[list(_NAMES)]], axis="columns"), scores


def _blocks(
    recording: Recording,
) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    n = len(recording.time_s)
    labels, block = np.full(n, "", dtype=object), np.full(n, -1, dtype=np.int64)
    for place, episode in enumerate(recording.episodes):
        count = round(episode.n / recording.sampling_hz / BLOCK_S)
        edges = np.round(np.linspace(episode.lo, episode.hi, max(count, 1) + 1)).astype(int)
        for at in range(count):
            inside = slice(edges[at], edges[at + 1])
            labels[inside], block[inside] = f"{place}.{at}", block.max() + 1
    return labels, block


def _splits(n_blocks: int, n_splits: int) -> list[tuple[int, ...]]:
    """Return which blocks make the first half; block 0 always does, so that no split is doubled."""
    if n_blocks < 2:
        return []
    ways = [one for one in combinations(range(n_blocks), n_blocks // 2) if one[0] == 0]
    if len(ways) <= n_splits:
        return ways
    chosen = np.random.default_rng(n_blocks).choice(len(ways), n_splits, replace=False)
    return [ways[k] for k in sorted(chosen)]


def occasion_rows(halves: pd.DataFrame, sessions: pd.DataFrame) -> Iterator[Row]:
    """Report what the halves and the sessions say.

    Parameters
    ----------
    halves : DataFrame
        session, split, half, infant_positive, caregiver_positive and the scores.
    sessions : DataFrame
        session, family, dyad, age, partner, n_scorable and the scores.
    """
    least = least_scorable(Config().scoring.step_s)
    seen = sessions[sessions["n_scorable"] >= least]
    for name in _NAMES:
        found = by_family(pairs_of_halves(halves, seen, name), halves=True, n_bootstrap=N_BOOTSTRAP)
        yield _row(f"{name}: this occasion, 2 min, split halves", found)
        yield figure_row(
            f"{name}: this occasion, 5 min (Spearman-Brown)", prophesied(found.estimate, 2.5),
            required="reported", good=None, n=found.n,
        )  # fmt: skip
        even = pairs_of_halves(halves, seen, name, base_rates=True)
        yield _row(f"{name}: this occasion, base rates out", by_family(even, halves=True))
        own = sessions if name != COMPOSITE else sessions.assign(**{name: _unwithheld(sessions)})
        later = by_family(pairs_of_dyads(own, name), n_bootstrap=N_BOOTSTRAP)
        yield _row(f"{name}: the same dyad 4 months later", later)
        if name == COMPOSITE:
            needed = 7 / 3 * (1 - later.estimate) / later.estimate if later.estimate > 0 else np.nan
            yield figure_row(
                f"{name}: sessions of 2 min for a dyad at .70", needed, required="reported",
                good=None, n=later.n,
                note="no upper limit" if not later.low > 0 else "",
            )  # fmt: skip
            other = by_family(pairs_of_partners(own, name), n_bootstrap=N_BOOTSTRAP)
            yield _row(f"{name}: another partner of the same infant", other)
    for what, by, k in (
        ("two sessions of a dyad", ["dyad"], 2),
        ("three partners of an infant", ["family", "age"], 3),
    ):
        for label, found in pooled(halves, seen, COMPOSITE, by=by, k=k):
            yield _row(f"{COMPOSITE}: halves of {what}, {label}", found)
    yield from _few_windows(halves, sessions, least)


def _few_windows(halves: pd.DataFrame, sessions: pd.DataFrame, least: int) -> Iterator[Row]:
    unwithheld = sessions.assign(**{COMPOSITE: _unwithheld(sessions)})
    error = error_variance(halves, COMPOSITE).reindex(sessions["session"]).to_numpy()
    n_scorable = sessions["n_scorable"].to_numpy()
    kinds = unwithheld[n_scorable >= least].groupby(["age", "partner"])[COMPOSITE]
    total = float((unwithheld[COMPOSITE] - kinds.transform("mean")).var())
    for low, high in pairwise(_EDGES):
        chosen = (n_scorable >= low) & (n_scorable < high) & np.isfinite(error)
        ratio = float(error[chosen].mean()) / total if chosen.any() else np.nan
        to = f"{low} to {high - 1}" if high < _EDGES[-1] else f"{low} and more"
        yield figure_row(
            f"{COMPOSITE}: error over all differences, {to} windows", ratio,
            required="reported", good=None, n=int(chosen.sum()),
        )  # fmt: skip
    could = unwithheld[COMPOSITE].notna()
    withheld = could & (sessions["n_scorable"] < least)
    yield figure_row(
        f"{COMPOSITE}: share of sessions withheld, under {least} windows",
        withheld.sum() / could.sum() if could.any() else np.nan,
        required="reported", good=None, n=int(could.sum()),
    )  # fmt: skip
    cuts = np.quantile(n_scorable[could], [1 / 3, 2 / 3]) if could.any() else np.array([0.0, 0.0])
    third = np.searchsorted(cuts, n_scorable)
    for at, label in enumerate(("fewest", "middle", "most")):
        part = unwithheld[third == at]
        found = by_family(pairs_of_halves(halves, part, COMPOSITE), halves=True)
        yield _row(f"{COMPOSITE}: split halves, third with {label} windows", found)


def _unwithheld(sessions: pd.DataFrame) -> pd.Series:
    """Return the composite of every session, of those with few windows too."""
    parts = pd.DataFrame({name: sessions[name] / sd for name, sd in REFERENCE_SD.items()})
    return parts.mean(axis="columns").where(parts.notna().sum(axis="columns") >= 3)


def _row(name: str, found: Agreement) -> Row:
    return Row(name, "reported", found.estimate, found.low, found.high, found.n, "-")
