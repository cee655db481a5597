"""A session's signals as arrays: the table checked, both partners on one grid, cut in episodes."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement import schema
from attunement.errors import TableError
from attunement.samples import nearest_samples

Array = NDArray[np.float64]

_CLOCK_TOLERANCE = 1e-3  # of a sampling step: what decimal time stamps lose by rounding


@dataclass(frozen=True)
class Episode:
    """A named stretch of a recording: the samples from `lo` up to `hi`."""

    name: str
    lo: int
    hi: int

    @property
    def n(self) -> int:
        """Number of samples."""
        return self.hi - self.lo


@dataclass(frozen=True)
class Recording:
    """One session on one even grid.

    Attributes
    ----------
    session : str
        Its id.
    sampling_hz : float
        Samples a second.
    time_s : ndarray, shape (n,)
        Time stamps.
    episodes : tuple of Episode
        In order of time; samples outside every episode belong to none.
    infant, caregiver : dict of str to ndarray, shape (n,)
        Channels and pose angles that have any value; NaN where missing or not usable. Where the
        table has them, `engagement` and `state` too: a state's place in `state_names`.
    state_names : tuple of str
        The states that people coded.
    clock_uncertainty_s : float
        By how much the infant's times can be wrong against the caregiver's; NaN: not known.
    """

    session: str
    sampling_hz: float
    time_s: Array
    episodes: tuple[Episode, ...]
    infant: dict[str, Array]
    caregiver: dict[str, Array]
    state_names: tuple[str, ...] = ()
    clock_uncertainty_s: float = float("nan")

    def samples(self, seconds: float) -> int:
        """Return the whole number of samples nearest to `seconds`."""
        return nearest_samples(seconds, self.sampling_hz)

    def seen(self, person: str) -> NDArray[np.bool_]:
        """Return where a person has a value in any channel, shape (n,)."""
        any_value = np.zeros(len(self.time_s), bool)
        for name, values in getattr(self, person).items():
            if name in schema.CHANNELS:
                any_value |= np.isfinite(values)
        return any_value


def recordings(signals: pd.DataFrame, sampling_hz: float) -> Iterator[Recording]:
    """Check a signals table and yield its sessions in order of appearance.

    Raises
    ------
    TableError
        Missing columns, no channel at all, rows without a session, a person missing, times that are
        no numbers, unsorted, doubled or uneven, a rate other than `sampling_hz`, infinities,
        `usable` that is neither true nor false, `engagement` outside 0 to 1, partners on different
        grids, an episode in pieces, or a `clock_uncertainty_s` that is no one number of seconds.
    """
    schema.require(signals, schema.SIGNALS_REQUIRED, what="A signals table")
    further = (*schema.POSE, "engagement")
    names = [name for name in (*schema.CHANNELS, *further) if name in signals.columns]
    if not set(names) & set(schema.CHANNELS):
        raise TableError(
            f"A signals table must have at least one channel of {', '.join(schema.CHANNELS)}.",
            f"Found: {', '.join(map(str, signals.columns))}.",
        )
    try:
        values = signals[names].astype(float)
    except (ValueError, TypeError) as error:
        raise TableError(f"A channel of the signals table is not numeric ({error}).") from None
    infinite = [name for name in names if np.isinf(values[name].to_numpy()).any()]
    if infinite:
        raise TableError(
            f"The signals table holds infinities in {', '.join(infinite)}.",
            "Write missing values as NaN.",
        )
    check_keys(signals)
    if "engagement" in names:
        looks = values["engagement"].to_numpy()
        if ((looks < 0) | (looks > 1)).any():
            raise TableError(
                "`engagement` in a signals table is 1 (attending to the partner) or 0 (not), or "
                f"between while resampled; found {np.nanmin(looks):g} to {np.nanmax(looks):g}."
            )
    channels = {name: values[name].to_numpy() for name in names}
    state_names: tuple[str, ...] = ()
    if "state" in signals.columns:
        coded = signals["state"].astype("str").replace("", np.nan)
        place, states = pd.factorize(coded, sort=True)
        channels["state"] = np.where(place < 0, np.nan, place.astype(float))
        state_names = tuple(str(name) for name in states)
    usable = usable_rows(signals)
    channels = {name: np.where(usable, series, np.nan) for name, series in channels.items()}
    columns = _Columns(
        person=signals["person"].to_numpy(object),
        time_s=_times(signals),
        episode=signals["episode"].fillna("").astype(str).to_numpy(object),
        channels=channels,
    )
    number, sessions = pd.factorize(signals["session"])
    uncertainties_s = signals.get(schema.CLOCK_UNCERTAINTY)
    for k, session in enumerate(sessions):
        own = number == k
        uncertainty_s = schema.clock_uncertainty_s(
            None if uncertainties_s is None else uncertainties_s[own],
            where=f"the signals of session {str(session)!r}",
        )
        recording = _recording(str(session), own, columns, sampling_hz, state_names)
        yield replace(recording, clock_uncertainty_s=uncertainty_s)


def usable_rows(signals: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which rows of a signals table are usable; a missing word is no.

    Raises
    ------
    TableError
        Where `usable` is neither true nor false (1 or 0), such as the text "False", which would
        count as true.
    """
    usable = signals["usable"]
    if usable.dtype != bool:
        known = usable[usable.notna()]
        strange = known[~known.isin([True, False])]
        if len(strange):
            raise TableError(
                f"`usable` in a signals table is true or false; found {strange.tolist()[0]!r} in "
                f"{len(strange)} of {len(usable)} rows.",
                "Read the column as booleans.",
            )
        usable = usable.isin([True])
    return usable.to_numpy(bool)


def check_keys(signals: pd.DataFrame) -> None:
    """Rows of nobody, or of no session, would be left out without a word."""
    nameless = signals["session"].isna().to_numpy()
    if nameless.any():
        raise TableError(
            f"{int(nameless.sum())} of {len(signals)} rows of the signals table have no session, "
            f"row {int(nameless.argmax())} (counted from 0) first."
        )
    strangers = set(signals["person"]) - set(schema.PERSONS)
    if strangers:
        others = sorted(map(str, strangers))
        raise TableError(f"`person` in a signals table is caregiver or infant; found {others!r}.")


def _times(signals: pd.DataFrame) -> Array:
    try:
        return signals["time_s"].to_numpy(float)
    except (ValueError, TypeError) as error:
        raise TableError(f"`time_s` of the signals table is not numeric ({error}).") from None


@dataclass(frozen=True)
class _Columns:
    """A signals table as arrays, a value a row; channels are NaN where not usable."""

    person: NDArray[np.object_]
    time_s: Array
    episode: NDArray[np.object_]
    channels: dict[str, Array]


def _recording(
    session: str,
    own: NDArray[np.bool_],
    columns: _Columns,
    sampling_hz: float,
    state_names: tuple[str, ...],
) -> Recording:
    rows = {}
    for person in schema.PERSONS:
        rows[person] = np.flatnonzero(own & (columns.person == person))
        if not len(rows[person]):
            raise TableError(f"Session {session!r} has no rows of the {person}.")
        check_grid(
            f"Session {session!r}, {person}",
            columns.time_s[rows[person]],
            sampling_hz,
            asked="the configuration says",
            advice="Set sampling_hz in [signals], or resample the table.",
        )
    caregiver, infant = rows["caregiver"], rows["infant"]
    time_s, other_s = columns.time_s[caregiver], columns.time_s[infant]
    if len(time_s) != len(other_s) or np.abs(time_s - other_s).max() > 0.5 / sampling_hz:
        raise TableError(
            f"Session {session!r}: caregiver and infant must have rows at the same times; found "
            f"{len(time_s)} rows from {time_s[0]:g} s on and {len(other_s)} rows from "
            f"{other_s[0]:g} s on."
        )
    label = columns.episode[caregiver]
    if (label != columns.episode[infant]).any():
        raise TableError(f"Session {session!r}: the partners' episodes differ at the same time.")
    return Recording(
        session=session,
        sampling_hz=sampling_hz,
        time_s=time_s,
        episodes=_episodes(session, label),
        infant=_channels(columns, infant),
        caregiver=_channels(columns, caregiver),
        state_names=state_names,
    )


def check_grid(where: str, time_s: Array, sampling_hz: float, *, asked: str, advice: str) -> None:
    """Raise unless times increase in even steps of 1 / sampling_hz.

    `where`, `asked` (by whom the rate is said) and `advice` stand in the errors.
    """
    if not np.isfinite(time_s).all():
        raise TableError(f"{where}: times are missing or infinite.")
    gaps = np.diff(time_s)
    if (gaps <= 0).any():
        at = time_s[np.argmax(gaps <= 0)]
        raise TableError(f"{where}: times must increase; they are unsorted or doubled at {at:g} s.")
    if not len(gaps):
        return
    step = float(np.median(gaps))
    if abs(step * sampling_hz - 1) > _CLOCK_TOLERANCE:
        raise TableError(
            f"{where}: found {1 / step:g} samples a second where {asked} {sampling_hz:g}.", advice
        )
    drift = np.abs(time_s - time_s[0] - np.arange(len(time_s)) / sampling_hz) * sampling_hz
    if (np.abs(gaps / step - 1) > 0.05).any() or drift.max() > 0.5:
        at = time_s[np.argmax(np.abs(gaps / step - 1))]
        raise TableError(
            f"{where}: times must lie on an even grid; the step changes at {at:g} s.",
            "Keep a row for every grid time and write what is missing as NaN.",
        )


def _episodes(session: str, label: NDArray[np.object_]) -> tuple[Episode, ...]:
    edges = np.flatnonzero(label[1:] != label[:-1]) + 1
    bounds = [0, *edges.tolist(), len(label)]
    episodes = [Episode(str(label[lo]), lo, hi) for lo, hi in pairwise(bounds) if label[lo] != ""]
    names = [episode.name for episode in episodes]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise TableError(
            f"Session {session!r}: the episode {twice[0]!r} is in pieces.",
            "Give each stretch its own name.",
        )
    return tuple(episodes)


def _channels(columns: _Columns, rows: NDArray[np.int64]) -> dict[str, Array]:
    """Return the channels that have any value in these rows."""
    own = {name: series[rows] for name, series in columns.channels.items()}
    return {name: values for name, values in own.items() if np.isfinite(values).any()}
