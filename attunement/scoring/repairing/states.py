"""Second by second: whether the partners are in the same state, and how mismatch is repaired."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement import schema
from attunement.scoring.answering.events import OFFSET_Z, valence_of
from attunement.scoring.chance.shifts import Index, admissible_shifts
from attunement.scoring.series.gaps import mean_known
from attunement.scoring.series.recording import Episode, Recording
from attunement.scoring.series.windows import stretches

Array = NDArray[np.float64]

STATE_S = 1.0
# Shared steady affect counts as such from the length of a window on, in which no correlation of
# steady faces can exist.
SUSTAINED_S = 5.0
MIN_SEEN = 0.5
NAMES = {-1: "negative", 0: "neutral", 1: "positive"}
MATCHED, MISMATCHED, SUSTAINED = "matched", "mismatched", "sustained_match"


@dataclass(frozen=True)
class EpisodeStates:
    """States of one episode.

    Attributes
    ----------
    episode : Episode
    table : DataFrame
        ``schema.STATES``, one row a second.
    infant, caregiver : ndarray, shape (n,)
        The state as a number, equal where the partners match; NaN where missing.
    shifts : ndarray of int
        Admissible circular shifts in seconds.
    """

    episode: Episode
    table: pd.DataFrame
    infant: Array
    caregiver: Array
    shifts: Index


def episode_states(recording: Recording, episode: Episode) -> EpisodeStates:
    """Return the partners' states in every whole second of an episode.

    A person's state in a second is the sign of mean valence: positive from +.5 on, negative from
    -.5 on, neutral between; missing when fewer than half of the samples have a value. Where a
    person has `engagement` (1 attending to the partner, 0 not), its majority belongs to the state,
    and where both have `state` (codes of people), that is taken instead of either.
    """
    width = max(1, recording.samples(STATE_S))
    n = episode.n // width
    people, names = {}, {}
    coded = "state" in recording.infant and "state" in recording.caregiver
    attending = "engagement" in recording.infant and "engagement" in recording.caregiver
    for person in schema.PERSONS:
        channels = recording.infant if person == "infant" else recording.caregiver
        blocks = {
            name: series[episode.lo : episode.lo + n * width].reshape(n, width)
            for name, series in _sources(channels).items()
        }
        if coded:
            people[person] = _majority(blocks["state"])
            names[person] = [
                recording.state_names[int(value)] if np.isfinite(value) else ""
                for value in people[person]
            ]
            continue
        sign = _signs(blocks["valence"]) if "valence" in blocks else np.full(n, np.nan)
        state, label = sign, [NAMES.get(value, "") for value in sign.tolist()]
        if attending:
            look = _majority(np.round(blocks["engagement"]))
            state = sign + 10 * look
            words = {0.0: "away", 1.0: "engaged"}
            label = [
                f"{a}_{words[b]}" if a and np.isfinite(b) else ""
                for a, b in zip(label, look, strict=True)
            ]
        people[person], names[person] = state, label
    infant, caregiver = people["infant"], people["caregiver"]
    table = pd.DataFrame(
        {
            "session": recording.session,
            "episode": episode.name,
            "time_s": recording.time_s[episode.lo] + np.arange(n) * width / recording.sampling_hz,
            "infant_state": names["infant"],
            "caregiver_state": names["caregiver"],
            "state": _compare(infant, caregiver, names["infant"]),
            "reason": np.where(
                ~np.isfinite(caregiver),
                "coverage_caregiver",
                np.where(~np.isfinite(infant), "coverage_infant", ""),
            ),
        }
    )
    shifts = admissible_shifts(n, 1 / STATE_S) if n else np.zeros(0, np.int64)
    return EpisodeStates(episode, schema.conform(table, schema.STATES), infant, caregiver, shifts)


def _sources(channels: dict[str, Array]) -> dict[str, Array]:
    names: tuple[str, ...] = ("engagement", "state")
    series = {name: channels[name] for name in names if name in channels}
    valence = valence_of(channels)
    if valence is not None:
        series["valence"] = valence
    return series


def _signs(block: Array) -> Array:
    mean = mean_known(block)
    sign = np.where(np.abs(mean) >= OFFSET_Z - 1e-9, np.sign(mean), 0.0)
    return np.where(np.isfinite(block).mean(1) >= MIN_SEEN, sign, np.nan)


def _majority(block: Array) -> Array:
    """Return the most frequent value of each row (the lowest of several), NaN if mostly missing."""
    values = np.unique(block[np.isfinite(block)])
    if not values.size:
        return np.full(len(block), np.nan)
    often = np.stack([(block == value).sum(1) for value in values])
    enough = np.isfinite(block).mean(1) >= MIN_SEEN
    return np.where(enough, values[often.argmax(0)], np.nan)


def _compare(infant: Array, caregiver: Array, label: list[str]) -> list[str]:
    """Return the dyad's state in every second; empty where either partner's is missing."""
    known = np.isfinite(infant) & np.isfinite(caregiver)
    dyad = np.where(infant == caregiver, MATCHED, MISMATCHED).astype(object)
    dyad[~known] = ""
    steady = (dyad == MATCHED) & ~np.array([name.startswith("neutral") for name in label], bool)
    for value in np.unique(infant[steady]):
        for start, stop in stretches(steady & (infant == value)):
            if (stop - start) * STATE_S >= SUSTAINED_S:
                dyad[start:stop] = SUSTAINED
    return [str(state) for state in dyad]
