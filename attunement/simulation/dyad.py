"""Dyads with known truth, as series: two simulations behind one call."""

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.signal import lfilter

from attunement import schema
from attunement.errors import ConfigError
from attunement.samples import nearest_samples, whole_samples
from attunement.simulation.answers import all_answered, draw_answers, hann, plant
from attunement.simulation.truth import Truth

Array = NDArray[np.float64]

# Autocorrelation and unit innovations are those of series at this rate.
_REFERENCE_HZ = 10.0
_WARM_UP_S = 60.0
_BURST_S = (0.5, 3.0)
# Simulation B is drawn in units in which the smallest event is .5; twice that lifts every event to
# the onset threshold of 1 z.
_UNITS = 2.0
_BUMP_S = 2.0
_BUMP_DELAY_S = 0.8
# Talk that answers an event: when it starts, how long it lasts, how often the mouth opens in it.
_TALK_START_S = (0.3, 1.5)
_TALK_S = (1.0, 3.0)
_SYLLABLES_HZ = 4.0


def simulate_dyad(
    *,
    duration_s: float = 180.0,
    sampling_hz: float = 10.0,
    mirroring: float = 0.0,
    lag_s: float = 1.0,
    marking: float = 0.0,
    autocorrelation: float | None = None,
    missing_share: float = 0.0,
    seed: int = 0,
    infant: Literal["autoregressive", "events"] = "autoregressive",
    event_gap_s: tuple[float, float] = (6.0, 14.0),
    marking_delay_s: float = _BUMP_DELAY_S,
    curvature: float = 0.0,
    speech: float | None = None,
    mirrored_share: float = 1.0,
    marked_share: float = 1.0,
    jitter_s: float = 0.0,
) -> tuple[pd.DataFrame, Truth]:
    """Simulate the signals of one dyad in one episode, with known mirroring and marking.

    Simulation A, ``infant="autoregressive"``: two AR(1) series with unit innovations at 10 Hz in
    `valence`; the caregiver's is one of its own plus `mirroring` times the infant's `lag_s`
    earlier. The coupled dyads of the validation are ``mirroring=0.4, lag_s=1.0``, the independent
    ones ``mirroring=0``.

    Simulation B, ``infant="events"``: the infant has an event every 6 to 14 s, 2 to 4.5 s long, of
    amplitude .5 to 1.5, smoothed by a Hann window of 1.1 s. The caregiver's content is an AR(1)
    series (.95, sd .5) plus `mirroring` times the infant's `lag_s` earlier (``lag_s=0.8`` in the
    validation); the cue is an AR(1) series (.9, sd .4) plus half the content plus `marking` times
    a Hann bump of 2 s that starts .8 s after each onset. The infant and the content are in `smile`
    and `valence`, the cue in `brow_raise`, all doubled, so that every event reaches the onset
    threshold of 1 z.

    Parameters
    ----------
    duration_s, sampling_hz : float
        Length, and samples a second.
    mirroring : float
        Coupling of the caregiver's content to the infant's; 0 is none.
    lag_s : float
        Delay of the coupling in seconds, rounded to samples; negative: the caregiver leads.
    marking : float
        Height of the cue's bump after the infant's onsets; needs ``infant="events"``.
    autocorrelation : float, optional
        From one tenth of a second to the next: of both series in A (default .97), of the
        caregiver's content in B (default .95).
    missing_share : float
        Share of each person's samples, in bursts of 0.5 to 3 s, that are not usable and missing.
    seed : int
        Of everything random.
    infant : {"autoregressive", "events"}
        Which simulation.
    event_gap_s : tuple of float
        Shortest and longest time from one onset to the next in B.
    marking_delay_s : float
        Start of the cue's bump after each onset of B, in seconds; negative: before it.
    curvature : float
        What the cue of B has besides of the square of the content (before the doubling), so that no
        straight line relates the two.
    speech : float, optional
        Gives the caregiver of B a `mouth_opening`: a second cue made as the first is, with noise of
        its own, plus `speech` times the openings of a mouth that talks after each onset, from .3 to
        1.5 s after it for 1 to 3 s, four syllables a second. Without it there is no mouth.
    mirrored_share, marked_share : float
        With which probability the caregiver of B mirrors, and marks, each event of the infant, the
        two independently of each other. `mirrored` and `marked` of the truth say which.
    jitter_s : float
        Each of these answers comes up to so much earlier or later than `lag_s` and
        `marking_delay_s` say, drawn for each on its own.

    Returns
    -------
    signals : DataFrame
        ``schema.SIGNALS``, session ``simulated-<seed>``, episode ``all``.
    truth : Truth
        What was planted; `curves` are the series before anything was made missing.

    Raises
    ------
    ConfigError
        A setting out of range, or marking without events.

    Examples
    --------
    >>> from attunement.simulation import simulate_dyad
    >>> signals, truth = simulate_dyad(duration_s=60, mirroring=0.4, lag_s=1.0)
    >>> print(signals[["time_s", "person", "valence"]].head(2).round(2))
       time_s     person  valence
    0     0.0  caregiver    -0.16
    1     0.0     infant    -3.94
    >>> print(truth)
    Truth(mirroring=0.4, lag_s=1.0, marking=0.0, seed=0, speech=0.0)
    """
    _check_lengths(duration_s, sampling_hz, lag_s=lag_s, marking_delay_s=marking_delay_s)
    _check(autocorrelation, missing_share, infant, marking, event_gap_s)
    picky = (mirrored_share, marked_share, jitter_s) != (1.0, 1.0, 0.0)
    if infant != "events" and (curvature or speech is not None or picky):
        raise ConfigError(
            "curvature and speech, and which events are answered, belong to an infant with events.",
            'Use infant="events".',
        )
    _check_answers(mirrored_share, marked_share, jitter_s)
    rng = np.random.default_rng(seed)
    n = nearest_samples(duration_s, sampling_hz)
    lag = nearest_samples(lag_s, sampling_hz)
    warm_up = nearest_samples(_WARM_UP_S, sampling_hz) + abs(lag)
    length = warm_up + n + abs(lag)
    keep = slice(warm_up, warm_up + n)
    onsets_s: tuple[float, ...] = ()
    mirrored: tuple[bool, ...] = ()
    marked: tuple[bool, ...] = ()
    curves: dict[str, Array] = {"time_s": np.arange(n) / sampling_hz}
    if infant == "autoregressive":
        phi = 0.97 if autocorrelation is None else autocorrelation
        sd = 1 / np.sqrt(1 - phi * phi)
        leader = _ar1(rng, length, phi=phi, sd=sd, sampling_hz=sampling_hz)
        follower = _ar1(rng, length, phi=phi, sd=sd, sampling_hz=sampling_hz)
        follower += mirroring * np.roll(leader, lag)
        curves["infant_valence"], curves["caregiver_valence"] = leader[keep], follower[keep]
    else:
        phi = 0.95 if autocorrelation is None else autocorrelation
        events = plant(rng, length, sampling_hz=sampling_hz, gap_s=event_gap_s)
        leader, onsets = events.series(length, sampling_hz), events.onsets
        answered = leader
        answers = all_answered(len(onsets))
        if picky:
            answers = draw_answers(
                rng,
                len(onsets),
                mirrored_share=mirrored_share,
                marked_share=marked_share,
                jitter_s=jitter_s,
                sampling_hz=sampling_hz,
            )
            answered = events.only(answers.mirrored, answers.mirrored_later).series(
                length, sampling_hz
            )
        content = _ar1(rng, length, phi=phi, sd=0.5, sampling_hz=sampling_hz)
        content += mirroring * np.roll(answered, lag)
        marked_at = (onsets + answers.marked_later)[answers.marked]
        bumps = marking * _bumps(
            marked_at, length, delay_s=marking_delay_s, sampling_hz=sampling_hz
        )
        cue = _cue(rng, content, bumps, curvature=curvature, sampling_hz=sampling_hz)
        if speech is not None:
            mouth = _cue(rng, content, bumps, curvature=curvature, sampling_hz=sampling_hz)
            mouth += speech * _talk(rng, onsets, length, sampling_hz=sampling_hz)
            curves["caregiver_mouth_opening"] = _UNITS * mouth[keep]
        inside = (onsets >= warm_up) & (onsets < warm_up + n)
        onsets_s = tuple(((onsets[inside] - warm_up) / sampling_hz).tolist())
        mirrored = tuple((answers.mirrored[inside] & (mirroring != 0)).tolist())
        marked = tuple((answers.marked[inside] & (marking != 0)).tolist())
        curves["infant_smile"] = curves["infant_valence"] = _UNITS * leader[keep]
        curves["caregiver_smile"] = curves["caregiver_valence"] = _UNITS * content[keep]
        curves["caregiver_brow_raise"] = _UNITS * cue[keep]
    truth = Truth(
        mirroring=mirroring,
        lag_s=lag_s,
        marking=marking,
        seed=seed,
        onsets_s=onsets_s,
        curves=pd.DataFrame(curves),
        speech=speech or 0.0,
        mirrored=mirrored,
        marked=marked,
    )
    return _table(curves, rng, sampling_hz, missing_share, f"simulated-{seed}"), truth


def _check_lengths(
    duration_s: float, sampling_hz: float, *, lag_s: float, marking_delay_s: float
) -> None:
    for name, seconds, least in (
        ("duration_s", duration_s, 1),
        # Either way round.
        ("lag_s", abs(lag_s), 0),
        ("marking_delay_s", abs(marking_delay_s), 0),
    ):
        name = f"{name} of a simulated dyad"
        whole_samples(seconds, sampling_hz, name=name, least=least, error=ConfigError)


def _check(
    autocorrelation: float | None,
    missing_share: float,
    infant: str,
    marking: float,
    event_gap_s: tuple[float, float],
) -> None:
    if autocorrelation is not None and not 0 <= autocorrelation < 1:
        raise ConfigError(f"autocorrelation lies in [0, 1); found {autocorrelation}.")
    if not 0 <= missing_share < 1:
        raise ConfigError(f"missing_share lies in [0, 1); found {missing_share}.")
    if infant not in ("autoregressive", "events"):
        raise ConfigError(f"infant is 'autoregressive' or 'events'; found {infant!r}.")
    if marking and infant != "events":
        raise ConfigError(
            "Marking follows the infant's events, and an autoregressive infant has none.",
            'Use infant="events".',
        )
    if not 0 < event_gap_s[0] <= event_gap_s[1]:
        raise ConfigError(f"event_gap_s is a shortest and a longest time; found {event_gap_s}.")


def _check_answers(mirrored_share: float, marked_share: float, jitter_s: float) -> None:
    for name, share in (("mirrored_share", mirrored_share), ("marked_share", marked_share)):
        if not 0 <= share <= 1:
            raise ConfigError(f"{name} lies from 0 to 1; found {share}.")
    if not (np.isfinite(jitter_s) and jitter_s >= 0):
        raise ConfigError(f"jitter_s is a time of 0 s or more; found {jitter_s}.")


def _ar1(rng: np.random.Generator, n: int, *, phi: float, sd: float, sampling_hz: float) -> Array:
    """Return a stationary AR(1) series of standard deviation `sd`; `phi` holds over 0.1 s."""
    step = phi ** (_REFERENCE_HZ / sampling_hz)
    noise = rng.standard_normal(n) * sd * np.sqrt(1 - step * step)
    noise[0] = rng.standard_normal() * sd
    return lfilter([1.0], [1.0, -step], noise)


def _cue(
    rng: np.random.Generator, content: Array, bumps: Array, *, curvature: float, sampling_hz: float
) -> Array:
    series = _ar1(rng, len(content), phi=0.9, sd=0.4, sampling_hz=sampling_hz) + 0.5 * content
    series += bumps
    return series + curvature * content**2


def _bumps(onsets: NDArray[np.int64], n: int, *, delay_s: float, sampling_hz: float) -> Array:
    bump = hann(_BUMP_S, sampling_hz)
    series = np.zeros(n)
    for at in onsets + nearest_samples(delay_s, sampling_hz):
        part = bump[max(0, -at) : max(0, n - at)]
        series[max(0, at) : max(0, at) + len(part)] += part
    return series


def _talk(
    rng: np.random.Generator, onsets: NDArray[np.int64], n: int, *, sampling_hz: float
) -> Array:
    """Return how far a mouth is open that talks after each onset, from 0 to 1."""
    series = np.zeros(n)
    for onset in onsets:
        start = onset + nearest_samples(rng.uniform(*_TALK_START_S), sampling_hz)
        n_talk = nearest_samples(rng.uniform(*_TALK_S), sampling_hz)
        phase = _SYLLABLES_HZ * np.arange(max(0, min(n_talk, n - start))) / sampling_hz
        series[start : start + len(phase)] = np.sin(np.pi * (phase + rng.uniform())) ** 2
    return series


def _table(
    curves: dict[str, Array],
    rng: np.random.Generator,
    sampling_hz: float,
    missing_share: float,
    session: str,
) -> pd.DataFrame:
    parts = []
    n = len(curves["time_s"])
    for person in schema.PERSONS:
        missing = _bursts(rng, n, share=missing_share, sampling_hz=sampling_hz)
        channels = {
            name.removeprefix(f"{person}_"): np.where(missing, np.nan, values)
            for name, values in curves.items()
            if name.startswith(person)
        }
        parts.append(
            pd.DataFrame(
                {
                    "session": session,
                    "episode": "all",
                    "time_s": curves["time_s"],
                    "person": person,
                    **channels,
                    "usable": ~missing,
                    "interpolated": False,
                    "reason": np.where(missing, "gap", ""),
                    "clock_uncertainty_s": 0.0,
                }
            )
        )
    signals = pd.concat(parts, ignore_index=True)
    signals = signals.sort_values(["time_s", "person"], kind="stable", ignore_index=True)
    return schema.conform(signals, schema.SIGNALS)


def _bursts(
    rng: np.random.Generator, n: int, *, share: float, sampling_hz: float
) -> NDArray[np.bool_]:
    """Return a mask with exactly the share `share` (rounded to samples) taken in bursts."""
    missing = np.zeros(n, bool)
    wanted = round(share * n)
    while (left := wanted - int(missing.sum())) > 0:
        drawn = nearest_samples(float(rng.uniform(*_BURST_S)), sampling_hz)
        length = min(left, max(1, drawn))
        start = int(rng.integers(0, n - length + 1))
        missing[start : start + length] = True
    return missing
