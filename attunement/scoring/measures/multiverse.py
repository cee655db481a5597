"""Mirroring under every reasonable choice of window, lag, estimator and surrogate."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement import schema
from attunement.config import Config, Scoring
from attunement.errors import ConfigError
from attunement.samples import LEAST_WINDOW, nearest_samples, whole_samples
from attunement.scoring.chance.held import refuse_phases_of_codes
from attunement.scoring.chance.plan import Plan, plan_drawn
from attunement.scoring.chance.shifts import MIN_SURROGATES, midrank_p
from attunement.scoring.matching.displaced_windows import detrend, to_z
from attunement.scoring.matching.drawn_surrogates import lagged_r, move
from attunement.scoring.matching.stillness import flat_windows
from attunement.scoring.measures.crosslagged import LEAST_SAMPLES, own_lag, stack_gain
from attunement.scoring.series.gaps import totals
from attunement.scoring.series.recording import Episode, Recording, recordings
from attunement.scoring.series.windows import coverage, n_windows

Array = NDArray[np.float64]

ESTIMATORS = ("correlation", "cross_lagged_regression")
SURROGATES = ("circular", "segment", "phase")
COLUMNS = {
    "session": "str",
    "window_s": "float64",
    "max_lag_s": "float64",
    "estimator": "str",
    "surrogate": "str",
    "estimate": "float64",
    "z": "float64",
    "p": "float64",
    "n_windows": "int64",
    "n_scorable": "int64",
    "n_surrogates": "int64",
    "reason": "str",
    "joint": "float64",
    "joint_p": "float64",
}


def multiverse(
    signals: pd.DataFrame,
    *,
    windows_s: Sequence[float] = (3.0, 5.0, 8.0),
    max_lags_s: Sequence[float] = (1.0, 2.0, 3.0),
    estimators: Sequence[str] = ESTIMATORS,
    surrogates: Sequence[str] = SURROGATES,
    n_surrogates: int = 199,
    seed: int = 0,
    config: Config | None = None,
) -> pd.DataFrame:
    """Estimate how much the caregiver follows, under every combination of the given choices.

    Parameters
    ----------
    signals : DataFrame
        ``schema.SIGNALS`` of one or several sessions.
    windows_s, max_lags_s : sequence of float
        Window lengths and longest lags in seconds.
    estimators : sequence of {"correlation", "cross_lagged_regression"}
        Fisher's z of `windowed_cross_correlation`, clipped as in `score_session`, or the signed
        gain in R2 of `windowed_cross_lagged_regression`.
    surrogates : sequence of {"circular", "segment", "phase"}
        What chance is estimated with. Every specification of a session and surrogate is compared
        with the same surrogate series. `phase` is refused for codes and step series.
    n_surrogates : int
        Drawn per session and kind with `seed`; an odd number is rounded up.
    seed : int
        Of the surrogates.
    config : Config, optional
        Rate of `signals`, step and coverage of windows.

    Returns
    -------
    DataFrame
        One row a session and specification: `window_s`, `max_lag_s`, `estimator`, `surrogate`;
        `estimate`, the mean over lags in (0, max_lag_s] and windows, over mirrored channels, minus
        its surrogate mean; `z`, that in sd of the surrogates; `p`, upper-tail mid-rank p of the
        specification by itself; `n_windows`, `n_scorable`, `n_surrogates`; `reason` where
        something is missing (`too_short`, `coverage`, `infant_still`, `caregiver_still`).
        `joint` is the median z over the specifications of the row's session and surrogate, and
        `joint_p` its p where each surrogate is put through all of them in the same way.

    Raises
    ------
    ConfigError
        For an unknown estimator or surrogate, no choice at all for a setting, a window under two
        samples, a longest lag under one, fewer than 50 surrogates, or a negative seed.
    TableError
        As `score_session`; for `phase` surrogates of codes or step series.

    Notes
    -----
    Specification curve analysis (Simonsohn, Simmons and Nelson 2020; Steegen et al. 2016). The
    p-values of single specifications are descriptive: they are many and depend on each other. Only
    `joint_p` tests, and it tests all specifications at once, under one kind of surrogate; with
    three kinds there are three tests. Rules for still faces and episodes are those of
    `score_session`; pairs with a missing value are left out here, where there a straight line goes
    over what is missing. There the score is measured from shifts of at least 10 s and
    `mirroring_p` is that of the highest lag after 0; here both are of the mean over the lags after
    0, from surrogates drawn among all, so that every estimator and surrogate is treated alike.

    Examples
    --------
    >>> from attunement.scoring import multiverse
    >>> from attunement.simulation import simulate_dyad
    >>> signals, truth = simulate_dyad(duration_s=60, mirroring=0.6, lag_s=0.8)
    >>> table = multiverse(
    ...     signals, windows_s=[5], estimators=["correlation"], surrogates=["circular"]
    ... )
    >>> print(table[["window_s", "max_lag_s", "estimate"]].round(2))
       window_s  max_lag_s  estimate
    0       5.0        1.0      0.40
    1       5.0        2.0      0.30
    2       5.0        3.0      0.16
    """
    config = config or Config()
    rate = config.signals.sampling_hz
    estimators = _named("estimators", estimators, ESTIMATORS)
    surrogates = _named("surrogates", surrogates, SURROGATES)
    windows_s = _lengths("windows_s", windows_s, rate, least=LEAST_WINDOW)
    max_lags_s = _lengths("max_lags_s", max_lags_s, rate, least=1)
    if not isinstance(n_surrogates, int | np.integer) or n_surrogates < MIN_SURROGATES:
        raise ConfigError(
            f"n_surrogates of a multiverse is a whole number from {MIN_SURROGATES} on; found "
            f"{n_surrogates!r}.",
            "Fewer say too little of how far an estimate strays by chance.",
        )
    if not isinstance(seed, int | np.integer) or seed < 0:
        raise ConfigError(f"seed of a multiverse is a whole number from 0 on; found {seed!r}.")
    # Under this an episode has no window of any specification.
    least = nearest_samples(min(windows_s), rate) + nearest_samples(min(max_lags_s), rate)
    rows = []
    for recording in recordings(signals, rate):
        if "phase" in surrogates:
            refuse_phases_of_codes(
                recording, schema.MIRRORED_CHANNELS,
                advice='Give surrogates=["circular", "segment"].',
            )  # fmt: skip
        for surrogate in surrogates:
            parts = [
                _moved(recording, episode, _plan(episode.n, rate, surrogate, n_surrogates, draw))
                if episode.n >= least
                else []
                for draw, episode in enumerate(recording.episodes, start=seed)
            ]
            specifications = [
                _specify(recording, parts, estimator, window_s, max_lag_s, config.scoring)
                for window_s, max_lag_s, estimator in product(windows_s, max_lags_s, estimators)
            ]
            rows += _with_joint(specifications, recording.session, surrogate)
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def _named(setting: str, chosen: Sequence[str], known: Sequence[str]) -> list[str]:
    strange = [one for one in chosen if one not in known]
    if strange:
        raise ConfigError(
            f"{setting} of a multiverse are {', '.join(known)}; found {strange[0]!r}."
        )
    return _chosen(setting, list(chosen))


def _lengths(
    setting: str, chosen: Sequence[float], sampling_hz: float, *, least: int
) -> list[float]:
    try:
        lengths_s = [float(one) for one in chosen]
    except (TypeError, ValueError):
        raise ConfigError(
            f"{setting} of a multiverse is a row of lengths in seconds; found {chosen!r}."
        ) from None
    for one in lengths_s:
        name = f"Each of {setting} of a multiverse"
        whole_samples(one, sampling_hz, name=name, least=least, error=ConfigError)
    return _chosen(setting, lengths_s)


def _chosen(setting: str, choices: list[Any]) -> list[Any]:
    if not choices:
        raise ConfigError(f"A multiverse needs at least one choice for every setting: {setting}.")
    return choices


def _plan(n: int, sampling_hz: float, surrogate: str, n_surrogates: int, seed: int) -> Plan:
    if surrogate != "circular":
        return plan_drawn(
            n,
            sampling_hz,
            surrogate="segment" if surrogate == "segment" else "phase",
            max_lag=1,
            n_surrogates=n_surrogates,
            seed=seed,
        )
    drawn = np.random.default_rng(seed).integers(1, n, n_surrogates + n_surrogates % 2)
    orders = (np.arange(n) - drawn[:, None]) % n
    return Plan(n, drawn, drawn, drawn, drawn, orders=orders)


@dataclass(frozen=True)
class Channel:
    """One channel of an episode: the infant's as it is, the caregiver's in every surrogate."""

    infant: Array  # (n,)
    straight: Array  # (n,), detrended
    moved: Array  # (1 + b, n), detrended, observed first
    raw: Array  # (1 + b, n)


def _moved(recording: Recording, episode: Episode, plan: Plan) -> list[Channel]:
    part, channels = slice(episode.lo, episode.hi), []
    for name in schema.MIRRORED_CHANNELS:
        if name in recording.infant and name in recording.caregiver:
            infant = recording.infant[name][part]
            moved, raw = move(recording.caregiver[name][part], plan, opposite=False)
            channels.append(Channel(infant, detrend(infant), moved, raw))
    return channels


def _specify(
    recording: Recording,
    parts: list[list[Channel]],
    estimator: str,
    window_s: float,
    max_lag_s: float,
    settings: Scoring,
) -> tuple[dict[str, object], Array]:
    """Return one specification's row and its value under each surrogate, observed first."""
    rate = recording.sampling_hz
    window, step, max_lag = (
        nearest_samples(length_s, rate) for length_s in (window_s, settings.step_s, max_lag_s)
    )
    own = own_lag(rate)
    total, weight = np.zeros(1), 0.0
    n_all, lost = 0, {"coverage": 0, "infant_still": 0}
    fits = estimator == "correlation" or window >= LEAST_SAMPLES
    for episode, channels in zip(recording.episodes, parts, strict=True):
        count = n_windows(episode.n, window=window, step=step, max_lag=max_lag)
        starts = step * np.arange(count)
        n_all += count
        seen = coverage(recording, episode, starts, window + max_lag)
        covered = np.all(seen >= settings.min_coverage, axis=0)
        lost["coverage"] += int((~covered).sum())
        values = [
            _mean_over_windows(channel, starts[covered], window, max_lag, estimator, own)
            for channel in (channels if fits else ())
        ]
        scored = max((n for _, n in values), default=0)
        lost["infant_still"] += int(covered.sum()) - scored
        known = [value for value, n in values if n]
        if known:
            total = total + scored * np.mean(known, axis=0)
            weight += scored
    row: dict[str, object] = {
        "window_s": window_s, "max_lag_s": max_lag_s, "estimator": estimator,
        "n_windows": n_all, "n_scorable": int(weight), "n_surrogates": 0,
        "estimate": np.nan, "z": np.nan, "p": np.nan, "reason": "",
    }  # fmt: skip
    if not weight:
        row["reason"] = max(lost, key=lambda name: lost[name]) if fits and n_all else "too_short"
        return row, np.zeros(0)
    value = total / weight
    null = value[1:][np.isfinite(value[1:])]
    row["n_surrogates"] = len(null)
    if len(null) < MIN_SURROGATES or not null.std() > 1e-9:
        row["reason"] = "caregiver_still"
        return row, np.zeros(0)
    row["estimate"] = float(value[0] - null.mean())
    row["z"] = float((value[0] - null.mean()) / null.std(ddof=1))
    row["p"] = midrank_p(float(value[0]), null)
    return row, (value - null.mean()) / null.std(ddof=1)


def _mean_over_windows(
    channel: Channel,
    starts: NDArray[np.int64],
    window: int,
    max_lag: int,
    estimator: str,
    own: int,
) -> tuple[Array, int]:
    """Return the mean over windows and lags of each surrogate, observed first; windows used."""
    if not len(starts):
        return np.zeros(0), 0
    straight, moved, raw = channel.straight, channel.moved, channel.raw
    still = flat_windows(channel.infant[None], window)[0, starts]
    total, count = np.zeros(len(moved)), np.zeros(len(moved))
    used = 0
    for t in starts[~still]:
        lead = straight[t : t + window]
        later = slice(t, t + window + max_lag)
        if estimator == "correlation":
            values = to_z(lagged_r(lead, moved[:, later])[:, 1:])
        else:
            values = stack_gain(lead, moved[:, later], own=own)
        flat = flat_windows(raw[:, later], window)[:, 1:]
        values[flat & np.isfinite(raw[:, later]).any(1, keepdims=True)] = 0.0
        window_total, window_count = totals(values)
        used += bool(window_count[0])
        total += window_total
        count += window_count
    with np.errstate(divide="ignore", invalid="ignore"):
        return total / count, used


def _with_joint(
    specifications: list[tuple[dict[str, object], Array]], session: str, surrogate: str
) -> list[dict[str, object]]:
    curves = [curve for _, curve in specifications if len(curve)]
    joint = p = float("nan")
    if curves:
        median = np.median(curves, axis=0)
        joint, p = float(median[0]), midrank_p(float(median[0]), median[1:])
    extra = {"session": session, "surrogate": surrogate, "joint": joint, "joint_p": p}
    return [{**row, **extra} for row, _ in specifications]
