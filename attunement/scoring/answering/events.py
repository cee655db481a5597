"""Infant events: when a smile, a distress or an anger face starts and ends."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement import schema
from attunement.config import Config
from attunement.scoring.series.recording import Recording, recordings

Array = NDArray[np.float64]

ONSET_Z = 1.0
OFFSET_Z = 0.5
MIN_DURATION_S = 0.5
MERGE_S = 0.5
REFRACTORY_S = 1.0
EXPRESSIONS = ("smile", "distress", "anger")


def infant_events(signals: pd.DataFrame, config: Config | None = None) -> pd.DataFrame:
    """Find the infant's expressive events.

    An event is a stretch of the largest z of smile, distress and anger: it starts where that
    reaches 1.0, ends where it falls under 0.5, lasts at least 0.5 s, is merged with the next when
    they are closer than 0.5 s, and is dropped when it starts within 1 s after the one before
    ended. A gap ends an event; after a gap an event starts only from below the threshold. Where
    none of the three channels is there, valence stands in: positive as smile, negative as distress.

    Parameters
    ----------
    signals : DataFrame
        ``schema.SIGNALS``, one or several sessions.
    config : Config, optional
        Its ``signals.sampling_hz`` is the rate of the table.

    Returns
    -------
    DataFrame
        ``schema.EVENTS``: `channel` is the expression at the event's peak, `peak` its z there,
        `event` counts within the session. Events that start outside every episode are left out.
        What the caregiver answered is missing here: `score_session` tells that.

    Raises
    ------
    TableError
        As for `score_session`.

    Examples
    --------
    >>> from attunement.scoring import infant_events
    >>> from attunement.simulation import simulate_dyad
    >>> signals, truth = simulate_dyad(duration_s=60, infant="events", mirroring=0.8)
    >>> events = infant_events(signals)
    >>> print(events.loc[:2, ["channel", "onset_s", "offset_s"]])
      channel  onset_s  offset_s
    0   smile      7.4      10.2
    1   smile     14.1      18.0
    2   smile     24.9      28.2
    """
    config = config or Config()
    tables = [
        session_events(recording) for recording in recordings(signals, config.signals.sampling_hz)
    ]
    tables = [table for table in tables if len(table)]
    return pd.concat(tables, ignore_index=True) if tables else schema.empty(schema.EVENTS)


def session_events(recording: Recording) -> pd.DataFrame:
    """Return the infant's events of one session (``schema.EVENTS``)."""
    channels = expressions(recording.infant)
    if not channels:
        return schema.empty(schema.EVENTS)
    stacked = np.stack(list(channels.values()))
    known = np.isfinite(stacked)
    filled = np.where(known, stacked, -np.inf)
    height = np.where(known.any(0), filled.max(0), np.nan)
    names = list(channels)
    rows: list[dict[str, object]] = []
    for start, stop in spans(height, recording.sampling_hz):
        containing = [episode for episode in recording.episodes if episode.lo <= start < episode.hi]
        if not containing:
            continue
        top = start + int(np.nanargmax(height[start:stop]))
        rows.append(
            {
                "session": recording.session,
                "episode": containing[0].name,
                "event": len(rows),
                "person": "infant",
                "channel": names[int(filled[:, top].argmax())],
                "onset_s": recording.time_s[start],
                "offset_s": recording.time_s[0] + stop / recording.sampling_hz,
                "peak": height[top],
            }
        )
    if not rows:
        return schema.empty(schema.EVENTS)
    return schema.conform(pd.DataFrame(rows), schema.EVENTS)


def expressions(person: dict[str, Array]) -> dict[str, Array]:
    """Return the channels of one person that expressions are looked for in."""
    channels = {name: person[name] for name in EXPRESSIONS if name in person}
    if not channels and "valence" in person:
        channels = {"smile": person["valence"], "distress": -person["valence"]}
    return channels


def valence_of(channels: dict[str, Array]) -> Array | None:
    """Return a person's valence, made of smile and distress where it is absent."""
    if "valence" in channels:
        return channels["valence"]
    if "smile" in channels and "distress" in channels:
        return np.asarray(channels["smile"] - channels["distress"])
    return None


def spans(
    height: Array, sampling_hz: float, *, refractory_s: float = REFRACTORY_S
) -> list[tuple[int, int]]:
    """Return (first sample, sample after the last) of every event in one series of z."""
    crossings: list[tuple[int, int]] = []
    start = -1
    for at in range(1, len(height)):
        before, here = height[at - 1], height[at]
        if start < 0:
            # Comparisons with NaN are false: a gap before or here starts nothing. Reaching the
            # threshold is enough, because people's codes of the lowest intensity lie on it.
            if here >= ONSET_Z and before < ONSET_Z:
                start = at
        elif not here >= OFFSET_Z:
            crossings.append((start, at))
            start = -1
    if start >= 0:
        crossings.append((start, len(height)))

    merged: list[tuple[int, int]] = []
    for start, stop in crossings:
        if merged:
            between = height[merged[-1][1] : start]
            near = (start - merged[-1][1]) / sampling_hz < MERGE_S - 1e-9
            if near and np.isfinite(between).all():
                merged[-1] = (merged[-1][0], stop)
                continue
        merged.append((start, stop))

    kept: list[tuple[int, int]] = []
    for start, stop in merged:
        if (stop - start) / sampling_hz < MIN_DURATION_S - 1e-9:
            continue
        if kept and (start - kept[-1][1]) / sampling_hz < refractory_s - 1e-9:
            continue
        kept.append((start, stop))
    return kept
