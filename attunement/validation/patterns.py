"""The pattern of single events: how often what was planted is called, and what was not."""

from collections.abc import Iterator

import pandas as pd
from scipy import stats

from attunement.validation.dyads import Job, Runner
from attunement.validation.properties import Row, figure_row, rate_row, share_row
from attunement.validation.simulated import EVENTS, LONG, NO_BOUND, NOMINAL, Size

# Coupling and marking as planted, what must be called of the events that have them, and the areas
# under the curve that a plain measure reaches (highest 1 s mean, largest bump).
REQUIRED = (
    (0.8, {"matched": 0.38, "marked": 0.43, "both": 0.20}, {"matched": 0.88, "marked": 0.84}),
    (1.2, {"matched": 0.65, "marked": 0.74, "both": 0.50}, {"matched": 0.95, "marked": 0.95}),
)
MAX_FALSE = 0.10
# Half of the events each, and answers that come when they come.
SOME: Job = {**EVENTS, "mirrored_share": 0.5, "marked_share": 0.5, "jitter_s": 0.5}
_FIRST_SEED = 50_000
_WANTED_EVENTS = 1000


def patterns(run: Runner, size: Size) -> Iterator[Row]:
    """Plant answers to half of the events, and count what is called."""
    cells: list[tuple[str, Job]] = [("", {})]
    if size.every:
        cells += [
            (", 60 s", {"duration_s": 60.0}),
            (", every 4 to 6 s", {"event_gap_s": (4.0, 6.0)}),
            (", 20 % missing", {"missing_share": 0.2}),
        ]
    for name, settings in cells:
        for at, (height, least, areas) in enumerate(REQUIRED):
            jobs = [
                {"seed": _FIRST_SEED + 10_000 * at + seed, "events": "each", "mirroring": height,
                 "marking": height, **SOME, **settings}
                for seed in range(size.planted)
            ]  # fmt: skip
            yield from _judged(
                run(jobs), f"planted {height:g}{name}", {} if name else least, {} if name else areas
            )
    for at, height in enumerate((0.8, 1.2) if size.every else (0.8,)):
        first = _FIRST_SEED + 10_000 * (2 + at)
        jobs = [
            {"seed": first + seed, "events": "shares", **EVENTS, "mirroring": height}
            for seed in range(size.cell)
        ]
        p = run(jobs)["attuned_share_p"]
        name = f"patterns: false positives of attuned_share_p, coupled by {height:g}, no marking"
        yield share_row(name, p, bounds=NOMINAL, wanted=LONG.cell)


def _judged(
    events: pd.DataFrame, name: str, least: dict[str, float], areas: dict[str, float]
) -> Iterator[Row]:
    called = {"matched": events["matched"], "marked": events["marked"]}
    truth = {"matched": events["planted_match"], "marked": events["planted_mark"]}
    called["both"] = called["matched"] & called["marked"]
    truth["both"] = truth["matched"] & truth["marked"]
    for axis, of in called.items():
        bounds = (least[axis], 1.0) if least else None
        yield rate_row(
            f"patterns, {name}: called {axis}, of the events that are", of[truth[axis]],
            bounds=bounds, wanted=_WANTED_EVENTS // 4,
        )  # fmt: skip
        yield rate_row(
            f"patterns, {name}: called {axis}, of those that are not", of[~truth[axis]],
            bounds=(NO_BOUND, MAX_FALSE) if least else None, wanted=_WANTED_EVENTS // 4,
        )  # fmt: skip
    for axis, figure in (("matched", "match_evidence"), ("marked", "mark_evidence")):
        area = _area(events[figure], truth[axis])
        enough = len(events) >= _WANTED_EVENTS
        yield figure_row(
            f"patterns, {name}: area under the curve, {axis}", area,
            required=f">= {areas[axis]:.2f}".replace("0.", ".") if areas else "reported",
            good=area >= areas[axis] if areas and enough else None, n=len(events),
        )  # fmt: skip


def _area(figure: pd.Series, truth: pd.Series) -> float:
    """Return how often an event with an answer has the larger figure of two."""
    n, m = int(truth.sum()), int((~truth).sum())
    if not n or not m:
        return float("nan")
    return float(stats.mannwhitneyu(figure[truth], figure[~truth]).statistic / (n * m))
