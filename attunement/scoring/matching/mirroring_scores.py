"""Mirroring of a session: the mean curve over lags of its windows, against surrogates."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement.columns import MOVEMENT_WINDOW, WINDOW, Column, Value
from attunement.scoring.chance.shifts import FEW, MIN_SURROGATES, midrank_p
from attunement.scoring.matching.matched import Matching, excess, weighted
from attunement.scoring.matching.slow import without_slow_p
from attunement.scoring.series.clock import HARMLESS_S, ONE_SIDED

Array = NDArray[np.float64]

LAG_ALPHA = 0.05
_FEW = f"{FEW} (an episode of some 10 s)"
_UNSURE = (
    f"clock unknown, or `peak_lag_s` within an uncertainty of the clock of over {HARMLESS_S:g} s"
)
# A peak of the curve reaches over lag 0 to the other side.
_SPILLED = "where only the %s follows, within some .5 s"
_SHIFTED = "gaps that go with affect (`gaps_affect_p`)"
_SOURCE = "windowed cross-correlation (Boker et al. 2002) against surrogates"
COLUMNS = (
    Column(
        "mirroring", "Fisher's z",
        "How closely the caregiver's face follows the infant's within 2 s, above chance: "
        "the score to model.",
        "score", needs=(WINDOW,), chance_level="0", missing_when=f"{_FEW}; {_SHIFTED}",
        source=f"affect mirroring (Murray et al. 2016; Beebe et al. 2010); {_SOURCE}",
    ),
    Column(
        "mirroring_z", "sd", "`mirroring` in standard deviations of its surrogates.", "z",
        needs=(WINDOW, "minute"), chance_level="0", missing_when=f"{_FEW}; {_SHIFTED}",
        source=_SOURCE,
    ),
    *(
        Column(
            name, "", f"How often chance alone gives {what}.", "p", needs=(WINDOW, "minute"),
            missing_when=f"{_FEW}; {_UNSURE}" if name in ONE_SIDED else _FEW,
            source=f"upper-tail mid-rank p over every shift of the circle; {_SOURCE}",
            not_for=not_for,
        )
        for name, what, not_for in (
            ("mirroring_p", "a curve over lags that is as high at the best delay within 2 s after "
                            "the infant",
             f"proof of who follows, by itself: it is small also {_SPILLED % 'infant'}; see "
             "`mirroring_mean_p`, `direction` and `leading_p`"),
            ("mirroring_mean_p", "as much `mirroring`, the mean over delays within 2 s", ""),
            ("leading_p", "a curve over lags that is as high at the best delay within 2 s after "
                          "the caregiver",
             f"proof of who follows, by itself: it is small also {_SPILLED % 'caregiver'}; see "
             "`direction` and `mirroring_mean_p`"),
            ("coupling_p", "as high a peak of the curve over lags, whoever follows", ""),
            ("mirroring_without_slow_p", "a curve over lags that is as high within 2 s after the "
                                         "infant once what is slower than .04 Hz is taken out of "
                                         "both, as a rhythm is that both share",
             "proof of who follows, by itself, as `mirroring_p`"),
        )
    ),
    Column(
        "mirroring_lag_s", "s",
        "Delay at which both faces are most alike, positive where the caregiver follows.",
        "description", needs=(WINDOW, "minute"),
        missing_when="`coupling_p` over .05, or within the uncertainty of the clock",
        source=_SOURCE,
    ),
    Column(
        "peak_lag_s", "s",
        "Delay at which the mean curve is highest, whatever its p; positive where the caregiver "
        "follows.",
        "score", needs=(WINDOW,), missing_when=f"a flat curve; {_FEW}", source=_SOURCE,
        not_for="a finding: chance has a peak too",
    ),
    Column(
        "simultaneity", "Fisher's z", "How alike both faces are at the same moment, above chance.",
        "score", needs=(WINDOW,), chance_level="0", missing_when=f"{_FEW}; {_SHIFTED}",
        source=_SOURCE,
    ),
    Column(
        "direction", "sd of surrogates",
        "Following minus leading, mean over windows: positive where the caregiver follows.",
        "score", needs=(WINDOW,), chance_level="0",
        missing_when=f"`peak_lag_s` within the uncertainty of the clock; {_SHIFTED}",
        source=_SOURCE,
    ),
    Column(
        "arousal_matching", "Fisher's z", "`mirroring` of the channel arousal alone.",
        "score", needs=(WINDOW,), chance_level="0",
        missing_when=f"no arousal in either; {_FEW}; {_SHIFTED}",
        source=f"affect attunement (Stern 1985); {_SOURCE}",
    ),
    Column(
        "movement_matching", "Fisher's z", "`mirroring` of the channel head_movement alone.",
        "score", needs=(MOVEMENT_WINDOW,), chance_level="0",
        missing_when=f"no head_movement in either; {_FEW}", source=_SOURCE,
    ),
)  # fmt: skip


def scores(matching: Matching) -> dict[str, Value]:
    """Return `COLUMNS` over the given episodes."""
    return {
        **_tested(matching),
        "mirroring": _matching(matching, "all"),
        "peak_lag_s": _peak_lag_s(matching),
        "simultaneity": weighted(
            [(excess(curves[:, matching.max_lag]), w) for curves, w in _all_curves(matching, "all")]
        ),
        "direction": _direction(matching),
        "arousal_matching": _matching(matching, "arousal"),
        # `mirroring` does not hold head movement, which may be all that a table has.
        "movement_matching": _matching(matching, "head_movement", MOVEMENT_WINDOW),
    }


def _direction(matching: Matching) -> float:
    if not matching.episodes:
        return float("nan")
    windows = pd.concat([one.windows for one in matching.episodes])
    return float(windows.loc[windows["following_z"].notna(), "direction"].mean())


def _all_curves(matching: Matching, name: str, need: str = WINDOW) -> list[tuple[Array, float]]:
    """Return, of every scored episode that has it, the curves (observed first) and the weight."""
    all_curves = (matching.curves(one, name) for one, _ in matching.scored(need))
    return [one_curves for one_curves in all_curves if one_curves is not None]


def _following(curves: Array, max_lag: int) -> Array:
    """Return the mean of each curve over the lags in (0, max_lag]."""
    return curves[:, max_lag + 1 :].mean(1)


# What each p tests, of curves from the longest lead of the infant's follower to that of the
# caregiver: by name, a number a curve.
_TESTS: dict[str, Callable[[Array, int], Array]] = {
    "mirroring_p": lambda curves, max_lag: curves[:, max_lag + 1 :].max(1),
    "mirroring_mean_p": _following,
    "leading_p": lambda curves, max_lag: curves[:, :max_lag].max(1),
    "coupling_p": lambda curves, _: curves.max(1),
}


def _matching(matching: Matching, name: str, need: str = WINDOW) -> float:
    return weighted(
        [
            (excess(_following(curves, matching.max_lag)), weight)
            for curves, weight in _all_curves(matching, name, need)
        ]
    )


def _complete(parts: list[Array]) -> Array:
    """Return the sums over episodes of their curves, of surrogates that have every lag."""
    curves = np.sum(parts, axis=0)
    return np.asarray(curves[np.isfinite(curves).all(1)], float)


def _tested(matching: Matching) -> dict[str, Value]:
    """Return z, the four p, and the lag that `coupling_p` allows."""
    max_lag = matching.max_lag
    missing = float("nan")
    row: dict[str, Value] = dict.fromkeys(
        ("mirroring_z", *_TESTS, "mirroring_without_slow_p", "mirroring_lag_s"), missing
    )
    chosen, of_chosen = [], []
    for one, which in matching.scored():
        weighted_curves = matching.curves(one, "all")
        if weighted_curves is not None and matching.is_long(one):
            chosen.append((one, which))
            of_chosen.append(weighted_curves)
    if not chosen:
        return row
    # Only episodes with windows count, each with its own shift: the weighted sum of their curves.
    total = sum(one.weight for one, _ in chosen)
    curve = sum((w * curves[0] for curves, w in of_chosen), np.zeros(2 * max_lag + 1)) / total
    shifts_tested = matching.tested(chosen)
    tested = _complete(
        [
            one.weight * one.curves["all"].curves(shifts, max_lag) / total
            for (one, _), shifts in zip(chosen, shifts_tested, strict=True)
        ]
    )
    null = _complete(
        [
            w * curves[1 + which] / total
            for (curves, w), (_, which) in zip(of_chosen, chosen, strict=True)
        ]
    )
    if min(len(tested), len(null)) < MIN_SURROGATES or not np.isfinite(curve).all():
        return row
    for name, statistic in _TESTS.items():
        observed = float(statistic(curve[None], max_lag)[0])
        row[name] = midrank_p(observed, statistic(tested, max_lag))
    row["mirroring_without_slow_p"] = without_slow_p(
        [one for one, _ in chosen], shifts_tested, max_lag
    )
    usual = _following(null, max_lag)
    if usual.std() > 0:
        level = float(_following(curve[None], max_lag)[0])
        row["mirroring_z"] = (level - float(usual.mean())) / float(usual.std(ddof=1))
    # The lag is that of the maximum which this p tests.
    if float(row["coupling_p"]) <= LAG_ALPHA:
        row["mirroring_lag_s"] = (int(curve.argmax()) - max_lag) / matching.sampling_hz
    return row


def _peak_lag_s(matching: Matching) -> float:
    """Return where the mean curve is highest, whatever its p: a description, not a finding."""
    weighted_curves = _all_curves(matching, "all")
    curve = sum(
        (w * curves[0] for curves, w in weighted_curves), np.zeros(2 * matching.max_lag + 1)
    )
    # A flat curve, as beside a still caregiver, has no peak.
    if not weighted_curves or not np.isfinite(curve).all() or not np.ptp(curve) > 0:
        return float("nan")
    return (int(curve.argmax()) - matching.max_lag) / matching.sampling_hz
