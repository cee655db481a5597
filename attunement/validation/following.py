"""The tests of mirroring: how often they find what is not there, and what is."""

from collections.abc import Iterator

import pandas as pd

from attunement.validation.dyads import Job, Runner
from attunement.validation.properties import Row, share_row
from attunement.validation.simulated import AT_MOST, EVENTS, LONG, NOMINAL, Size

DURATIONS_S = (60.0, 120.0, 180.0)
# Independent partners of every kind of series that channels are.
KINDS: dict[str, Job] = {
    "AR .90": {"autocorrelation": 0.90},
    "AR .97": {"autocorrelation": 0.97},
    "AR .99": {"autocorrelation": 0.99},
    "codes": {"how": "codes"},
    "steps": {"how": "steps"},
    "heavy tails": {"how": "heavy"},
    "bursts": {"how": "bursty"},
    "simulation B": {**EVENTS, "marking": 0.6},
}
_OTHERS = ("mirroring_mean_p", "mirroring_without_slow_p", "leading_p", "coupling_p")
_ENOUGH = 9 * LONG.cell // 10  # some series of bursts are too still for a p
_SEEDS = 10_000  # apart, so that no two cells are of the same dyads
_FIRST_SEED = 1_000_000
# Coupling, length and the least share to be found; None: it is reported.
_PLANTED: tuple[tuple[str, Job, float, float | None], ...] = (
    ("simulation A .4", {"mirroring": 0.4, "lag_s": 1.0}, 60.0, 0.74),
    ("simulation A .4", {"mirroring": 0.4, "lag_s": 1.0}, 120.0, 0.90),
    ("simulation A .4", {"mirroring": 0.4, "lag_s": 1.0}, 180.0, 0.95),
    ("simulation B .6", {**EVENTS, "mirroring": 0.6, "marking": 0.6}, 60.0, 0.88),
    ("simulation A .2", {"mirroring": 0.2, "lag_s": 1.0}, 60.0, None),
    ("simulation A .2", {"mirroring": 0.2, "lag_s": 1.0}, 120.0, None),
    ("simulation B .3", {**EVENTS, "mirroring": 0.3, "marking": 0.6}, 60.0, None),
    ("simulation B .3", {**EVENTS, "mirroring": 0.3, "marking": 0.6}, 120.0, None),
)


_SHORT = tuple(
    ("only the infant follows", lag_s, "leading_p", "mirroring_p") for lag_s in (-0.3, -0.5)
)


def _hits(p: pd.Series) -> float:
    return float((p.dropna() <= 0.05).mean())


def false_positives(run: Runner, size: Size) -> Iterator[Row]:
    """Independent dyads: how often p <= .05."""
    for at, duration in enumerate(DURATIONS_S):
        tables: dict[str, pd.DataFrame] = {}
        for kind_at, (kind, settings) in enumerate(KINDS.items()):
            if not size.every and (duration, kind) not in ((120.0, "AR .97"), (60.0, "codes")):
                continue
            first = _FIRST_SEED + _SEEDS * (len(KINDS) * at + kind_at)
            jobs = [
                {"seed": first + seed, "duration_s": duration, **settings}
                for seed in range(size.cell)
            ]
            tables[kind] = scores = run(jobs)
            yield share_row(
                f"false positives of mirroring_p, {duration:g} s, {kind}", scores["mirroring_p"],
                bounds=NOMINAL, wanted=_ENOUGH,
            )  # fmt: skip
        for name in _OTHERS if size.every else ():
            by_kind = {kind: _hits(table[name]) for kind, table in tables.items()}
            yield share_row(
                f"false positives of {name}, {duration:g} s, all of these",
                pd.concat([table[name] for table in tables.values()]),
                bounds=NOMINAL, wanted=LONG.cell,
                note=", ".join(f"{kind} {share:.3f}" for kind, share in by_kind.items()),
            )  # fmt: skip
    if size.every:
        yield from _shared_rhythm(run, size)
        yield from _unmarked(run, size)
    cells: tuple[tuple[str, Job], ...] = (
        ("20 % missing in bursts", {"missing_share": 0.2}),
        ("gaps tied to crying", {"how": "crying"}),
        ("shared straight line of 4 sd", {"how": "trend"}),
    )
    for at, (name, settings) in enumerate(cells):
        jobs = [{"seed": _SEEDS * (3 + at) + seed, **settings} for seed in range(size.cell)]
        p = run(jobs)["mirroring_p"]
        yield share_row(f"false positives, {name}", p, bounds=NOMINAL, wanted=LONG.cell)


def _shared_rhythm(run: Runner, size: Size) -> Iterator[Row]:
    for duration in DURATIONS_S:
        jobs = [
            {"seed": seed, "how": "rhythm", "duration_s": duration} for seed in range(size.cell)
        ]
        scores = run(jobs)
        for name, bounds, note in (
            ("mirroring_p", None, "known weakness"),
            ("mirroring_without_slow_p", NOMINAL, ""),
        ):
            yield share_row(
                f"false positives of {name}, shared rhythm of .02 Hz, {duration:g} s",
                scores[name], bounds=bounds, wanted=LONG.cell, note=note,
            )  # fmt: skip


def _unmarked(run: Runner, size: Size) -> Iterator[Row]:
    """Couple dyads of simulation B closely, whose cues mark nothing."""
    cells = [(cue, how, coupling, duration) for cue, how in (("", ""), (", slow cue", "slow_cue"))
             for coupling, duration in ((0.8, 120.0), (1.2, 180.0))]  # fmt: skip
    for at, (cue, how, coupling, duration) in enumerate(cells):
        first = 4 * _FIRST_SEED + _SEEDS * at
        jobs = [
            {"seed": first + seed, **EVENTS, "mirroring": coupling, "duration_s": duration,
             "how": how}
            for seed in range(size.cell)
        ]  # fmt: skip
        yield share_row(
            f"false positives of markedness_p, simulation B {coupling:g}, {duration:g} s{cue}",
            run(jobs)["markedness_p"], bounds=NOMINAL, wanted=LONG.cell // 2,
        )  # fmt: skip


def power(run: Runner, size: Size) -> Iterator[Row]:
    """Couple dyads: how often p <= .05; and who is found to follow, where only one does."""
    for at, (name, settings, duration, least) in enumerate(_PLANTED):
        if not size.every and at not in (0, 1):
            continue
        first = 2 * _FIRST_SEED + _SEEDS * at
        # What is required at 60 s lies within a standard error of 400 dyads.
        n = size.cell if least is None or duration > 60 else 4 * size.cell
        jobs = [{"seed": first + seed, "duration_s": duration, **settings} for seed in range(n)]
        scores = run(jobs)
        yield share_row(
            f"power of mirroring_p, {name}, {duration:g} s", scores["mirroring_p"],
            bounds=None if least is None else (least, 1.0), wanted=LONG.cell,
            note=", ".join(
                f"{other} {_hits(scores[other]):.3f}" for other in _OTHERS[:2]
            ),
        )  # fmt: skip
    yield from _only_one_follows(run, size)


def _only_one_follows(run: Runner, size: Size) -> Iterator[Row]:
    for who, lag_s, found, absent in (
        *(_SHORT if size.every else ()),
        ("only the infant follows", -1.0, "leading_p", "mirroring_p"),
        ("only the caregiver follows", 1.0, "mirroring_p", "leading_p"),
    ):
        jobs = [
            {"seed": 3 * _FIRST_SEED + seed, "mirroring": 0.4, "lag_s": lag_s, "duration_s": 120.0}
            for seed in range(size.cell)
        ]
        scores = run(jobs)
        short = abs(lag_s) < 1  # a peak there reaches over lag 0
        at = f" at {abs(lag_s):g} s" if short else ""
        tests: tuple[tuple[str, tuple[float, float] | None], ...] = (
            (found, (0.90, 1.0)), (absent, AT_MOST),
        )  # fmt: skip
        if short:
            tests = ((found, None), (absent, None), ("mirroring_mean_p", None))
        for name, bounds in tests:
            yield share_row(
                f"{who}{at}, simulation A .4, 120 s: {name} <= .05", scores[name], bounds=bounds,
                wanted=LONG.cell, note="a peak reaches over lag 0" if short else "",
            )  # fmt: skip
