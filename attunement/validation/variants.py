"""Simulation B made harder: speech in a cue, a curved relation, marking before the event."""

from collections.abc import Iterator

import pandas as pd
from scipy.stats import qmc

from attunement.validation.dyads import Job, Runner
from attunement.validation.properties import Row, correlation_row
from attunement.validation.simulated import EVENTS, NO_BOUND, Size

CURVATURE = 0.5
# Start of the bump of 2 s: its height at the onset, and its end there.
EARLY_S, EARLIER_S = -1.0, -2.0
_MOST = 1.2
_LEAK = (NO_BOUND, 0.15)
_WANTED = 60


def variants(run: Runner, size: Size) -> Iterator[Row]:
    """Ask what coupling and marking are found where the cues are less simple than in B itself."""
    if not size.every:
        return
    planted = _MOST * qmc.Halton(3, seed=1).random(size.planted)
    cells: tuple[tuple[str, Job], ...] = (
        ("speech in the mouth cue", {}),
        ("cue and content on a curve", {"curvature": CURVATURE}),
        ("marking highest at the onset", {"marking_delay_s": EARLY_S}),
        ("marking over before the event", {"marking_delay_s": EARLIER_S}),
    )
    for at, (name, settings) in enumerate(cells):
        jobs = [
            {"seed": seed, **EVENTS, "mirroring": rho, "marking": kappa, **settings}
            | ({"speech": speech} if at == 0 else {})
            for seed, (rho, kappa, speech) in enumerate(planted.tolist())
        ]
        scores = run(jobs).assign(speech=planted[:, 2])
        yield from _rows(f"simulation B, 180 s, {name}", scores, spoken=at == 0)


def _rows(name: str, scores: pd.DataFrame, *, spoken: bool) -> Iterator[Row]:
    marked = ("markedness", "markedness_without_mouth") if spoken else ("markedness",)
    for score, truth in (("mirroring", "rho"), *((score, "kappa") for score in marked)):
        yield correlation_row(
            f"{name}: r({score}, {truth})", scores[score], scores[truth],
            bounds=None, wanted=_WANTED,
        )  # fmt: skip
    for score, truth in (("mirroring", "kappa"), *((score, "rho") for score in marked)):
        yield correlation_row(
            f"{name}: |r({score}, {truth})|", scores[score], scores[truth],
            bounds=_LEAK, wanted=_WANTED, absolute=True,
        )  # fmt: skip
    if not spoken:
        return
    # What the design expects of the mouth is that it is contaminated; of the rest, that it is not.
    for score in ("cue_mouth_opening", *marked):
        yield correlation_row(
            f"{name}: |r({score}, speech)|", scores[score], scores["speech"],
            bounds=_LEAK if score == "markedness_without_mouth" else None, wanted=_WANTED,
            absolute=True,
        )  # fmt: skip
