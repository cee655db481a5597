"""The properties that simulated dyads decide; each group yields its rows as they are found."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import qmc

from attunement.stats.reliability import reliability_of_scores
from attunement.validation.dyads import Job, Runner
from attunement.validation.properties import (
    Row,
    correlation_row,
    figure_row,
    mean_row,
    share_row,
)

NOMINAL = (0.02, 0.08)
# Of tests that are allowed to be too careful: a count of few events, two tests at once.
AT_MOST = (-np.inf, 0.08)
NO_BOUND = -np.inf
EVENTS: Job = {"infant": "events", "lag_s": 0.8}


@dataclass(frozen=True)
class Size:
    """How many dyads: `cell` of false positives and power, `planted` where truth varies."""

    cell: int
    planted: int
    every: bool  # all cells, or the few that a short look needs


LONG = Size(cell=400, planted=200, every=True)
SHORT = Size(cell=10, planted=12, every=False)


def lags(run: Runner, size: Size) -> Iterator[Row]:
    """Plant other lags in simulation A: how far the peak of the mean curve lies off."""
    for lag in (0.0, 0.4, 1.0, 1.6, -1.0) if size.every else (0.4, -1.0):
        jobs = [
            {"seed": seed, "mirroring": 0.4, "lag_s": lag} for seed in range(max(3, size.cell // 4))
        ]
        lag_s = run(jobs)["mirroring_lag_s"]
        error = (lag_s.dropna() - lag).abs()
        left = int(lag_s.isna().sum())
        yield figure_row(
            f"lag, planted {lag:g} s, median error (s)", error.median(), required="<= .1",
            good=bool(error.median() <= 0.1 + 1e-9), n=len(error),
            note=f"{left} without a lag (p > .05)" if left else "",
        )  # fmt: skip


def separability(run: Runner, size: Size) -> Iterator[Row]:
    """Ask in simulation B whether scores follow what was planted for them, and nothing else."""
    # Quasi-random pairs: independent draws of 100 pairs correlate by .10 by accident, which would
    # show up in the scores' cross-correlations as if they leaked.
    planted = 1.2 * qmc.Halton(2, seed=1).random(size.planted)
    cells: list[tuple[str, float | None, Job]] = [
        ("360 s", 0.90, {"duration_s": 360.0}),
        ("180 s", 0.90, {}),
        ("120 s", 0.85, {"duration_s": 120.0}),
        ("180 s, events every 4 to 6 s", None, {"event_gap_s": (4.0, 6.0)}),
    ]
    for name, least, settings in cells if size.every else cells[2:3]:
        jobs = [
            {"seed": seed, **EVENTS, "mirroring": rho, "marking": kappa, **settings}
            for seed, (rho, kappa) in enumerate(planted.tolist())
        ]
        scores = run(jobs)
        for score, truth, bound in (
            ("mirroring", "rho", None if least is None else 0.90),
            ("markedness", "kappa", least),
        ):
            yield correlation_row(
                f"simulation B, {name}: r({score}, {truth})", scores[score], scores[truth],
                bounds=None if bound is None else (bound, 1.0), wanted=60,
            )  # fmt: skip
        for score, truth in (("mirroring", "kappa"), ("markedness", "rho")):
            yield correlation_row(
                f"simulation B, {name}: |r({score}, {truth})|", scores[score], scores[truth],
                bounds=None if least is None else (NO_BOUND, 0.15), wanted=60, absolute=True,
            )  # fmt: skip
    if not size.every:
        return
    for sd in (0.10, 0.05):
        drawn = np.random.default_rng(2).normal(0.25, sd, size.planted).tolist()
        jobs = [
            {"seed": seed, **EVENTS, "mirroring": rho, "duration_s": 120.0}
            for seed, rho in enumerate(drawn)
        ]
        scores = run(jobs)
        name = f"simulation B, 120 s, rho .25 sd {sd:.2f}: r(mirroring, rho)"
        yield correlation_row(name, scores["mirroring"], scores["rho"], bounds=None, wanted=60)


def shares(run: Runner, size: Size) -> Iterator[Row]:
    """Share of attuned windows beside its expectation where there is nothing to find."""
    values = np.random.default_rng(3).uniform(0, 1.2, (size.planted, 2)).tolist()
    cases = [("rho 0", 0.0, 1.0), ("kappa 0", 1.0, 0.0), ("both 0", 0.0, 0.0),
             ("both free", 1.0, 1.0)]  # fmt: skip
    tables = {}
    for at, (name, rho, kappa) in enumerate(cases if size.every else cases[:2]):
        # Other seeds in every case: dyads of two cases are counted together below.
        jobs = [
            {"seed": 10_000 * at + seed, **EVENTS, "mirroring": rho * a, "marking": kappa * b}
            for seed, (a, b) in enumerate(values)
        ]
        tables[name] = scores = run(jobs)
        yield mean_row(
            f"attuned_share minus its expectation, {name}", scores["attuned_share_excess"],
            required_zero=name != "both free", wanted=60,
        )  # fmt: skip
    if size.every:
        yield from _other_p(tables)


def _other_p(tables: dict[str, pd.DataFrame]) -> Iterator[Row]:
    """Count false positives of the other p of a session, in dyads without what each is to find."""
    uncoupled, unmarked = ["rho 0", "both 0"], ["kappa 0", "both 0"]
    for score, cases, bounds in (
        ("mirroring_p", uncoupled, NOMINAL),
        ("congruence_p", uncoupled, NOMINAL),
        ("contingency_p", uncoupled, AT_MOST),
        ("markedness_p", unmarked, NOMINAL),
        ("attuned_share_p", ["rho 0", "kappa 0", "both 0"], AT_MOST),
    ):
        p = pd.concat([tables[case][score] for case in cases])
        name = f"simulation B without {_without(cases)}: false positives of {score}"
        yield share_row(name, p, bounds=bounds, wanted=LONG.cell)


def _without(cases: list[str]) -> str:
    return " or ".join(
        word for word, case in (("coupling", "rho 0"), ("marking", "kappa 0")) if case in cases
    )


def removed(run: Runner, size: Size) -> Iterator[Row]:
    """Remove a fifth of the samples in bursts: how far the score moves."""
    cases: list[tuple[str, Job]] = [
        ("simulation A", {"mirroring": 0.4}),
        ("simulation B", {**EVENTS, "mirroring": 0.6, "marking": 0.6}),
    ]
    for name, settings in cases:
        n = max(4, size.cell // 4)
        whole = run([{"seed": seed, **settings} for seed in range(n)])
        less = run([{"seed": seed, "missing_share": 0.2, **settings} for seed in range(n)])
        sd = (whole["mirroring"] / whole["mirroring_z"]).abs()
        moved = ((less["mirroring"] - whole["mirroring"]).abs() / sd).dropna()
        yield figure_row(
            f"20 % of frames removed, {name}: median change (surrogate sd)", moved.median(),
            required="< 1", good=bool(moved.median() < 1), n=len(moved),
        )  # fmt: skip
        rise = max(
            float((less[f"coverage_{person}"] - whole[f"coverage_{person}"]).max())
            for person in ("infant", "caregiver")
        )
        yield figure_row(
            f"20 % of frames removed, {name}: largest rise of coverage", rise,
            required="<= 0", good=rise <= 0, n=n,
        )  # fmt: skip


def swapping(run: Runner, size: Size) -> Iterator[Row]:
    """Infant and caregiver change places: direction and lag change sign."""
    n = max(3, size.cell // 20)
    settings: Job = {"mirroring": 0.4, "lag_s": 0.7}
    one = run([{"seed": seed, **settings} for seed in range(n)])
    other = run([{"seed": seed, "how": "swap", **settings} for seed in range(n)])
    for score in ("direction", "mirroring_lag_s"):
        off = float((one[score] + other[score]).abs().max())
        yield figure_row(
            f"swapping the people: largest |{score} + {score} swapped|", off,
            required="0 to rounding", good=off < 1e-9, n=int(one[score].notna().sum()),
        )  # fmt: skip


def reliability(run: Runner, size: Size) -> Iterator[Row]:
    """Split sessions of dyads that differ little (rho .25, sd .10) in halves, for every score."""
    rng = np.random.default_rng(4)
    n = size.planted
    drawn = np.column_stack([rng.normal(0.25, 0.10, n), rng.uniform(0, 1.2, n)]).tolist()
    for minutes in (2, 4, 6) if size.every else (2,):
        jobs = [
            {"seed": seed, **EVENTS, "mirroring": rho, "marking": kappa,
             "duration_s": 60.0 * minutes, "halves": True}
            for seed, (rho, kappa) in enumerate(drawn)
        ]  # fmt: skip
        halves = run(jobs).drop(columns=["rho", "kappa", "seed"])
        names = (
            None if size.every else ("temporal_attunement", "mirroring", "congruence", "markedness")
        )
        estimates = reliability_of_scores(halves, scores=names, n_resamples=299)
        for row in estimates[estimates["term"] == "split_half_interleaved"].itertuples():
            if not np.isfinite(row.estimate):
                continue
            yield Row(
                f"split halves, {minutes} min, rho .25 sd .10: {row.score}", "reported",
                row.estimate, row.ci_low, row.ci_high, int(row.n_sessions), "-",
                f"{row.n_left_out} left out" if row.n_left_out else "",
            )  # fmt: skip
