"""What the two people of a rendered dyad do: the controls of both faces over time."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.signal import lfilter

from attunement import schema
from attunement.errors import SimulationError
from attunement.samples import nearest_samples
from attunement.simulation.truth import Truth

Array = NDArray[np.float64]

CONTENT = ("smile", "frown", "mouth")

_HANN_S = 1.1  # width of the window that smooths the ends of events
_GAP_S = (5.0, 8.0)  # from the start of an event to the start of the next
_LENGTH_S = (2.0, 4.0)
_AMPLITUDE = (0.5, 1.0)
_QUIET_START_S, _QUIET_END_S = 2.0, 3.0  # without an onset
# Content of an event of amplitude 1; six in a row hold each of these once, in random order.
_KINDS = (
    {"smile": 1.0},
    {"smile": 1.0},
    {"smile": 1.0, "mouth": 0.6},
    {"smile": 1.0, "mouth": 0.6},
    {"frown": 1.0},
    {"frown": 1.0, "mouth": 0.4},
)
_BUMP_S = 2.0
_MARKING = {"brow": 0.85, "eyes": 0.85, "mouth": 0.2}  # height of the bumps at marking 1
_OWN_BROW = 0.3  # greatest height of brow raises that answer nothing
_OWN_LEVEL, _OWN_SD = 0.08, 0.05  # the caregiver's content without any event
_DRIFT_DEG = {"yaw_deg": 4.0, "pitch_deg": 1.5, "roll_deg": 2.5}
_DRIFT_PERIODS_S = (6.0, 25.0)


@dataclass(frozen=True)
class _Event:
    start_s: float
    end_s: float
    amplitude: float
    kind: dict[str, float]


def expression_curves(
    *,
    duration_s: float = 90,
    mirroring: float = 1.0,
    lag_s: float = 0.8,
    marking: float = 1.0,
    rate_hz: float = 15.0,
    seed: int = 0,
) -> Truth:
    """Return the controls of both faces of a dyad, sampled `rate_hz` times a second.

    The infant has an event every 5 to 8 s, 2 to 4 s long, of amplitude .5 to 1, its ends smoothed
    by a Hann window of 1.1 s: of six events four are smiles (two with an open mouth) and two are
    distress (one with an open mouth). The caregiver's content is

        C(t) = mirroring * I(t - lag_s) + (1 - mirroring) * O(t) + own small variation,

    where O has events of the same density that know nothing of the infant: a caregiver who does
    not mirror is as expressive as one who does. Marking is a Hann bump of 2 s in brow raise and eye
    widening, and a low one in mouth opening, that starts `lag_s` after each infant onset. Besides,
    the caregiver raises the brows a little at times of their own, whatever `marking` is. Heads
    drift slowly: yaw within 4, roll within 2.5, pitch within 1.5 degrees (pitch leaks into what
    MediaPipe calls a smile). Nobody blinks.

    Parts are drawn from separate streams of random numbers: with the same seed, a change of
    `mirroring`, `lag_s` or `marking` leaves the infant as it is.

    Parameters
    ----------
    duration_s : float
        Length in seconds, from 1; under 6 s there may be no event.
    mirroring, marking : float
        From 0 (none) to 1.
    lag_s : float
        From -3 to 3; positive: the caregiver follows.
    rate_hz : float
        Samples a second, from 5 to 60.
    seed : int
        Seed of everything random.

    Returns
    -------
    Truth
        ``curves`` holds time_s, ``<person>_smile``, ``_frown``, ``_mouth`` of both,
        ``caregiver_brow`` and ``caregiver_eyes``, all from 0 to 1, and ``<person>_yaw_deg``,
        ``_pitch_deg``, ``_roll_deg``. ``onsets_s`` are the starts of the infant's events, where
        their curves have risen half way. No value is missing.

    Raises
    ------
    SimulationError
        For a setting out of its range.

    Notes
    -----
    Follows simulation B of the scoring design, with levels that stay within what the portraits
    can show.

    Examples
    --------
    >>> from attunement.simulation import expression_curves
    >>> truth = expression_curves(duration_s=20, mirroring=1.0, lag_s=0.8, rate_hz=10)
    >>> smile = truth.curves[["infant_smile", "caregiver_smile"]]
    >>> print(smile.shape, bool(((smile >= 0) & (smile <= 1)).all(axis=None)))
    (200, 2) True
    """
    for name, value, low, high in (
        ("duration_s", duration_s, 1, 3600),
        ("mirroring", mirroring, 0, 1),
        ("lag_s", lag_s, -3, 3),
        ("marking", marking, 0, 1),
        ("rate_hz", rate_hz, 5, 60),
        ("seed", seed, 0, 2**32 - 1),
    ):
        if not low <= value <= high:
            raise SimulationError(f"{name} must be between {low} and {high}; found {value!r}.")
    streams = [np.random.default_rng([seed, k]) for k in range(5)]
    infant_rng, own_rng, brow_rng, infant_pose_rng, caregiver_pose_rng = streams
    time_s = np.arange(nearest_samples(duration_s, rate_hz)) / rate_hz

    infant = _events(infant_rng, duration_s)
    own = _events(own_rng, duration_s)
    onsets_s = tuple(event.start_s for event in infant)
    marks = sum((_bump(time_s - start_s - lag_s) for start_s in onsets_s), np.zeros_like(time_s))
    own_raises = _own_raises(brow_rng, time_s, duration_s)

    curves = {"time_s": time_s}
    for name in CONTENT:
        curves[f"infant_{name}"] = _content(infant, name, time_s)
    for name in CONTENT:
        answer = mirroring * _content(infant, name, time_s - lag_s)
        unrelated = (1 - mirroring) * _content(own, name, time_s)
        mark = marking * _MARKING.get(name, 0.0) * marks
        level = answer + unrelated + mark + _OWN_LEVEL + _variation(own_rng, time_s)
        curves[f"caregiver_{name}"] = np.clip(level, 0, 1)
    for name in ("brow", "eyes"):
        curves[f"caregiver_{name}"] = np.clip(marking * _MARKING[name] * marks + own_raises, 0, 1)
    for person, rng in (("infant", infant_pose_rng), ("caregiver", caregiver_pose_rng)):
        for name in schema.POSE:
            curves[f"{person}_{name}"] = _DRIFT_DEG[name] * _drift(rng, time_s)
    return Truth(
        mirroring=mirroring,
        lag_s=lag_s,
        marking=marking,
        seed=seed,
        onsets_s=onsets_s,
        curves=pd.DataFrame(curves),
    )


def _events(rng: np.random.Generator, duration_s: float) -> list[_Event]:
    events: list[_Event] = []
    kinds: list[int] = []
    start_s = _QUIET_START_S + rng.uniform(0, 1)
    while start_s < duration_s - _QUIET_END_S:
        kinds = kinds or [int(k) for k in rng.permutation(len(_KINDS))]
        length_s = rng.uniform(*_LENGTH_S)
        events.append(
            _Event(start_s, start_s + length_s, rng.uniform(*_AMPLITUDE), _KINDS[kinds.pop()])
        )
        start_s += rng.uniform(*_GAP_S)
    return events


def _content(events: list[_Event], name: str, time_s: Array) -> Array:
    curve = np.zeros_like(time_s)
    for event in events:
        shape = _step(time_s - event.start_s) - _step(time_s - event.end_s)
        curve += event.amplitude * event.kind.get(name, 0.0) * shape
    return curve


def _step(time_s: Array) -> Array:
    """Return a step at 0 smoothed by a Hann window: the window's integral."""
    x = np.clip(time_s / _HANN_S, -0.5, 0.5)
    return 0.5 + x + np.sin(2 * np.pi * x) / (2 * np.pi)


def _bump(time_s: Array) -> Array:
    """Return a Hann bump that starts at 0."""
    x = np.clip(time_s / _BUMP_S, 0, 1)
    return np.sin(np.pi * x) ** 2


def _own_raises(rng: np.random.Generator, time_s: Array, duration_s: float) -> Array:
    raises = np.zeros_like(time_s)
    start_s = rng.uniform(0, _GAP_S[1])
    while start_s < duration_s:
        raises += rng.uniform(0.5, 1) * _OWN_BROW * _bump(time_s - start_s)
        start_s += rng.uniform(*_GAP_S)
    return raises


def _variation(rng: np.random.Generator, time_s: Array) -> Array:
    """Return an AR(1) series of sd `_OWN_SD`, the same whatever the rate of `time_s`."""
    grid_hz, phi, settle = 10, 0.95, 200
    n = int(np.ceil(time_s[-1] * grid_hz)) + 2
    noise = rng.normal(0, _OWN_SD * np.sqrt(1 - phi**2), n + settle)
    series = lfilter([1.0], [1.0, -phi], noise)[settle:]
    return np.interp(time_s, np.arange(n) / grid_hz, series)


def _drift(rng: np.random.Generator, time_s: Array) -> Array:
    """Return a slow wander within -1 and 1: three sines of random period and phase."""
    periods_s = rng.uniform(*_DRIFT_PERIODS_S, size=3)
    phases = rng.uniform(0, 2 * np.pi, size=3)
    return np.mean(np.sin(2 * np.pi * time_s[:, None] / periods_s + phases), axis=1)
