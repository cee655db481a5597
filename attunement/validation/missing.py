"""Gaps: how far they move the score, when it is withheld, and following of one state alone."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from attunement.scoring.gaps_with_affect import REASON
from attunement.validation.dyads import Job, Runner
from attunement.validation.properties import Row, figure_row, mean_row
from attunement.validation.simulated import EVENTS, LONG, Size

_SHARE = 0.25
_MOST_CHANGE = 0.10
_MOST_WITHHELD, _LEAST_WITHHELD = 0.05, 0.60
# Of what is found in the state that is followed; a window of 5 s seldom holds one state alone.
_MOST_LEAK = 0.5
_FIRST_SEED = 4_000_000
_SEEDS = 10_000
_A: Job = {"mirroring": 0.4, "lag_s": 1.0}
_PLANTED: tuple[tuple[str, Job], ...] = (
    ("simulation A .4", _A),
    ("simulation B .6", {**EVENTS, "mirroring": 0.6, "marking": 0.6}),
)


def gaps(run: Runner, size: Size) -> Iterator[Row]:
    """Hide a quarter at random, then by affect; then follow one state alone."""
    n = max(6, size.cell // 4)
    for at, (name, settings) in enumerate(_PLANTED):
        first = _FIRST_SEED + _SEEDS * at
        many = size.cell if at == 0 else n
        jobs = [{"seed": first + seed, **settings} for seed in range(many)]
        whole = run(jobs[:n])
        less = run([{**job, "missing_share": _SHARE} for job in jobs])
        title = f"{name}, a quarter of both missing at random"
        yield _change(title, whole, less[:n], enough=size.every)
        if at == 0:
            yield _withheld(title, less, most=_MOST_WITHHELD, enough=size.every)
            for hidden in ("tenth", "quarter"):
                lost = run([{**job, "how": f"lowest {hidden}"} for job in jobs[:n]])
                title = f"{name}, the infant's lowest {hidden} of valence hidden"
                yield _withheld(title, lost, enough=size.every)
                yield _change(title, whole, lost, enough=size.every)
            lost = run([{**job, "how": "outer quarter"} for job in jobs[:n]])
            title = f"{name}, the quarter farthest from the infant's median valence hidden"
            yield _withheld(title, lost, least=_LEAST_WITHHELD, enough=size.every)
    yield from _states(run, n, enough=size.every)


def withheld(scores: pd.DataFrame) -> pd.Series:
    """Return whether each session's score is withheld since its gaps go with affect."""
    codes = scores["reason"].fillna("").str.split(";")
    return codes.map(lambda found: REASON in found).astype(bool)


def _change(name: str, whole: pd.DataFrame, less: pd.DataFrame, *, enough: bool) -> Row:
    """Judge by how much the mean of the scores that are left differs from the same dyads whole."""
    name, required = f"{name}: mirroring, share by which it changes", "|change| <= .10"
    a, b = (table["mirroring"].to_numpy(float) for table in (whole, less))
    left = np.isfinite(a) & np.isfinite(b)
    a, b = a[left], b[left]
    if not len(a):
        return Row(name, required, np.nan, np.nan, np.nan, 0, "yes", "all are withheld")
    # Of a ratio of means, by its linear terms.
    ratio = b.mean() / a.mean()
    half = 1.96 * (b - ratio * a).std(ddof=1) / np.sqrt(len(a)) / a.mean() if len(a) > 2 else np.nan
    change = ratio - 1
    passed = "yes" if abs(change) <= _MOST_CHANGE else "no"
    return Row(
        name, required, change, change - half, change + half, len(a),
        passed if enough else "open", f"{len(left) - len(a)} without a score",
    )  # fmt: skip


def _withheld(
    name: str,
    scores: pd.DataFrame,
    *,
    most: float | None = None,
    least: float | None = None,
    enough: bool,
) -> Row:
    share = float(withheld(scores).mean())
    good, required = None, "reported"
    if most is not None:
        good, required = share <= most, f"<= {most:.2f}"
    if least is not None:
        good, required = share >= least, f">= {least:.2f}"
    return figure_row(
        f"{name}: share withheld", share, required=required.replace("0.", "."),
        good=good if enough else None, n=len(scores),
    )  # fmt: skip


def _states(run: Runner, n: int, *, enough: bool) -> Iterator[Row]:
    """Follow one state alone, both alike, and none."""
    first = _FIRST_SEED + 5 * _SEEDS
    for at, (state, other) in enumerate((("positive", "negative"), ("negative", "positive"))):
        jobs = [
            {"seed": first + at * _SEEDS + seed, "how": f"follows {state}"} for seed in range(n)
        ]
        scores = run(jobs)
        found, leak = (float(scores[f"mirroring_{name}"].mean()) for name in (state, other))
        yield figure_row(
            f"only {state} states followed, .4: mirroring_{other} as a share of "
            f"mirroring_{state}", leak / found, required="< .50",
            good=leak < _MOST_LEAK * found if enough else None, n=n,
            note=f"{found:.3f} and {leak:.3f}",
        )  # fmt: skip
    for title, settings in (("no state followed", {}), ("both states followed alike, .4", _A)):
        jobs = [{"seed": first + 3 * _SEEDS + seed, **settings} for seed in range(n)]
        scores = run(jobs)
        if settings:
            apart = scores["mirroring_positive"] - scores["mirroring_negative"]
            name = f"{title}: mirroring_positive minus mirroring_negative"
            yield mean_row(name, apart, required_zero=True, wanted=LONG.cell // 4)
            continue
        for state in ("positive", "negative"):
            yield mean_row(
                f"{title}: mirroring_{state}", scores[f"mirroring_{state}"],
                required_zero=True, wanted=LONG.cell // 4,
            )  # fmt: skip
