"""From a plain table of codes to the signals table that scoring takes."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement import schema
from attunement.codes.coded_spans import read_spans
from attunement.config import Config
from attunement.errors import TableError

Array = NDArray[np.float64]

# What the usual words for affect mean; None is a stretch that the coder could not code.
SIGNS: Mapping[str, float | None] = {
    "positive": 1, "pos": 1, "neutral": 0, "neut": 0, "negative": -1, "neg": -1,
    "not codable": None, "uncodable": None, "not visible": None, "missing": None,
}  # fmt: skip

# Times written with a few decimals must still reach the grid point that they stand for.
_CLOCK_S = 1e-6


def codes_to_signals(
    codes: pd.DataFrame,
    *,
    signs: Mapping[str, float | None] = SIGNS,
    channel: str = "valence",
    episodes: pd.DataFrame | None = None,
    sampling_hz: float | None = None,
    ignore_unknown: bool = False,
    clock_uncertainty_s: float = 0.0,
) -> pd.DataFrame:
    """Turn people's codes into a channel: sign times intensity, on an even grid.

    No baseline is taken off, nothing is scaled and nothing filtered: a code already says what the
    face does, and a filter would invent movement in constant stretches. A grid time has the code
    that holds there (the previous value); where no code holds, or one that means nothing can be
    said, the value is missing and the row not usable.

    Parameters
    ----------
    codes : DataFrame
        Either one row a span: `session`, `person` (caregiver, infant), `code`, `onset_s`,
        `offset_s`; or one row a time unit: `session`, `person`, `code`, `time_s`, where a row holds
        until the next one (rows that lie more than 1.5 units apart leave a gap). Seconds from the
        start of the recording; `onset`, `offset` and `time` are read as these. A column
        `intensity` is multiplied in; without it every intensity is 1. Rows of one session and
        person are in order of time. A span of no length is passed over.
    signs : mapping of str to float or None
        What every code means: 1, 0, -1, or None for not codable. Upper and lower case are alike.
    channel : str
        Name of the channel, one of ``schema.CHANNELS``.
    episodes : DataFrame, optional
        `session`, `episode`, `start_s`, `end_s`; times outside have no episode. Without it the
        whole session is one episode, ``all``. Sessions it does not name are refused.
    sampling_hz : float, optional
        Grid points a second; by default the configuration's.
    ignore_unknown : bool
        Take codes that `signs` does not name as missing instead of refusing them.
    clock_uncertainty_s : float
        By how much the infant's times can be wrong against the caregiver's, handed on in the column
        of that name. 0 holds where both were coded on one time axis, as from one picture of both;
        NaN where each was coded from a recording of their own and nobody knows how these lie on
        each other.

    Returns
    -------
    DataFrame
        ``schema.SIGNALS``, ordered by session (as first met), time and person. The grid of a
        session runs from its first to its last code, of whichever person, on multiples of
        1 / sampling_hz. `reason` is ``not_codable`` or ``not_coded`` where the value is missing.

    Raises
    ------
    TableError
        Missing columns; unknown codes or persons; times missing, infinite, unsorted or doubled;
        spans that overlap by more than a millisecond or end before they start; negative
        intensities; a session in which one person has no code, only codes of no length, or a single
        row of a time unit; or whose codes all lie between two grid points. The rows are listed.
        Episodes without a name, with times that are missing, infinite or reversed, that overlap, or
        that hold no grid point of their session.

    Examples
    --------
    >>> import pandas as pd
    >>> from attunement import codes_to_signals
    >>> codes = pd.DataFrame(
    ...     {"session": "s1", "person": ["infant", "infant", "caregiver"],
    ...      "code": ["neutral", "positive", "positive"], "intensity": [None, 2, 1],
    ...      "onset_s": [0.0, 1.5, 0.0], "offset_s": [1.5, 3.0, 3.0]}
    ... )
    >>> signals = codes_to_signals(codes)
    >>> print(signals.loc[signals["person"] == "infant", "valence"].iloc[[14, 15]].tolist())
    [0.0, 2.0]
    """
    if channel not in schema.CHANNELS:
        raise TableError(f"channel must be one of {', '.join(schema.CHANNELS)}; found {channel!r}.")
    rate = Config().signals.sampling_hz if sampling_hz is None else float(sampling_hz)
    if not (np.isfinite(rate) and rate > 0):
        raise TableError(f"sampling_hz must be a positive number; found {sampling_hz!r}.")
    spans = read_spans(codes, signs=signs, strangers=ignore_unknown)
    alone = spans.groupby("session", sort=False)["person"].nunique() < len(schema.PERSONS)
    if alone.any():
        raise TableError(
            f"{int(alone.sum())} sessions have codes of one person only, "
            f"{alone.index[alone][0]!r} first.",
            "Both partners need codes; leave such sessions out.",
        )
    if episodes is not None:
        episodes = _checked(episodes)
    tables = []
    for session, rows in spans.groupby("session", sort=False):
        tables.append(_session(str(session), rows, channel, episodes, rate))
    if not tables:
        return schema.empty(schema.SIGNALS)
    signals = pd.concat(tables, ignore_index=True)
    return schema.conform(
        signals.assign(clock_uncertainty_s=float(clock_uncertainty_s)), schema.SIGNALS
    )


def _session(
    session: str, rows: pd.DataFrame, channel: str, episodes: pd.DataFrame | None, rate: float
) -> pd.DataFrame:
    first = int(np.ceil((rows["start_s"].min() - _CLOCK_S) * rate))
    last = int(np.ceil((rows["end_s"].max() - _CLOCK_S) * rate))
    time_s = np.arange(first, last) / rate
    if not len(time_s):
        raise TableError(
            f"Session {session!r}: its codes, from {rows['start_s'].min():g} to "
            f"{rows['end_s'].max():g} s, hold no point of a grid of {rate:g} Hz.",
            "Times are in seconds; leave the session out, or take a higher sampling_hz.",
        )
    label = _episode(session, time_s, episodes)
    parts = []
    for person in schema.PERSONS:
        own = rows[(rows["person"] == person) & (rows["end_s"] > rows["start_s"])]
        value, coded = _held(own, time_s)
        usable = np.isfinite(value)
        parts.append(
            pd.DataFrame(
                {
                    "session": session,
                    "episode": label,
                    "time_s": time_s,
                    "person": person,
                    channel: value,
                    "usable": usable,
                    "interpolated": False,
                    "reason": np.where(usable, "", np.where(coded, "not_codable", "not_coded")),
                }
            )
        )
    table = pd.concat(parts, ignore_index=True)
    return table.sort_values(["time_s", "person"], kind="stable", ignore_index=True)


def _held(rows: pd.DataFrame, time_s: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Return the value that holds at each time (NaN where none does), and where a code holds."""
    if not len(rows):
        return np.full(len(time_s), np.nan), np.zeros(len(time_s), bool)
    start, end = rows["start_s"].to_numpy(float), rows["end_s"].to_numpy(float)
    at = np.searchsorted(start, time_s + _CLOCK_S, side="right") - 1
    coded = (at >= 0) & (time_s + _CLOCK_S < end[at])
    return np.where(coded, rows["value"].to_numpy(float)[at], np.nan), coded


def _checked(episodes: pd.DataFrame) -> pd.DataFrame:
    """Return the episodes with times as numbers; a faulty one would be taken for time outside."""
    schema.require(episodes, ["session", "episode", "start_s", "end_s"], what="Episodes")
    try:
        table = episodes.astype({"start_s": "float64", "end_s": "float64"})
    except (TypeError, ValueError):
        raise TableError("start_s and end_s of episodes must be numbers, in seconds.") from None
    for row in table.itertuples():
        where = f"Session {row.session!r}, episode {row.episode!r}"
        if pd.isna(row.session) or pd.isna(row.episode) or not str(row.episode):
            raise TableError(f"{where}: an episode needs a session and a name.")
        if not (np.isfinite([row.start_s, row.end_s]).all() and row.start_s < row.end_s):
            raise TableError(
                f"{where}: it must end after it starts, both in seconds; found {row.start_s:g} to "
                f"{row.end_s:g}."
            )
    return table


def _episode(session: str, time_s: Array, episodes: pd.DataFrame | None) -> NDArray[np.object_]:
    label = np.full(len(time_s), "all" if episodes is None else "", dtype=object)
    if episodes is None:
        return label
    own = episodes[episodes["session"].astype("str") == session]
    if own.empty:
        raise TableError(f"The table of episodes has no row of session {session!r}.")
    for name, start, end in zip(own["episode"], own["start_s"], own["end_s"], strict=True):
        inside = (time_s >= start - _CLOCK_S) & (time_s < end - _CLOCK_S)
        if not inside.any():
            raise TableError(
                f"Session {session!r}: the episode {name!r} from {start:g} to {end:g} s holds no "
                f"point of the grid of its codes, {time_s[0]:g} to {time_s[-1]:g} s."
            )
        if (label[inside] != "").any():
            raise TableError(f"Session {session!r}: episode {name!r} overlaps another one.")
        label[inside] = str(name)
    return label
