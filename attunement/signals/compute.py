"""From a table of faces to channels of expression on an even time grid."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement import schema
from attunement.channels import CHANNELS, SHARE_FLOOR, STATED, Channel
from attunement.config import Config
from attunement.config import Signals as Settings
from attunement.errors import TableError
from attunement.signals.baseline import baseline, standardise
from attunement.signals.gates import column, gate_frames
from attunement.signals.measures import combine, take_measures
from attunement.signals.movement import head_movement
from attunement.signals.pose import correct_pose
from attunement.signals.reasons import missing_reasons
from attunement.signals.resample import (
    bracket,
    find_runs,
    frame_interval,
    grid_times,
    resampler,
)
from attunement.signals.times_in_spans import episode_names, in_spans
from attunement.study.sessions import Session, Span

# Jitter of the measured pose alone moves a still head by this much between 1 and 5 Hz; see
# docs/signals.md.
MOVEMENT_FLOOR_DEG = 0.3
FINE_CHANNELS = tuple(channel.name for channel in CHANNELS if channel.is_fine)
_FACE_CHANNELS = tuple(channel.name for channel in CHANNELS if channel.of_measures is not None)


def compute_signals(
    faces: pd.DataFrame, session: Session | None = None, config: Config | None = None
) -> pd.DataFrame:
    """Turn one session's faces into channels on an even grid, each relative to its own person.

    Parameters
    ----------
    faces : pandas.DataFrame
        `schema.FACES` of one session, a row a frame and person, the infant's times on the
        caregiver's clock. Frame rates may differ and vary. Where rows come from another program's
        table, columns of `schema.ACTION_UNITS` (0 to 1) stand in for blendshapes and geometry.
        `clock_uncertainty_s` is handed on; a table without it says that nothing is known.
    session : Session, optional
        Gives episodes, excluded and neutral spans. Without it: one episode ``all``, no spans.
    config : Config, optional
        Its section ``signals`` is used. Default: the session's own, else the defaults.

    Returns
    -------
    pandas.DataFrame
        `schema.SIGNALS`, sorted by time, then caregiver before infant; both have a row for every
        grid time k / sampling_hz from 0 to the later of the two recordings' ends. Channels are in
        z = (x - baseline) / scale; definitions in docs/signals.md.

    Raises
    ------
    TableError
        When `faces` lacks a key column, holds several sessions or another than `session`, or a
        person, status, time or clock uncertainty that is not to be.

    Notes
    -----
    Missing data: a sample is `usable` where enclosed by usable frames no more than ``max_gap_s``
    apart, and `interpolated` where frames are missing between these. Everything else is missing
    with a `reason`. A channel whose inputs the table does not have is missing throughout; distress,
    anger and valence also where the face is smaller than ``min_interocular_distress_px``.

    Examples
    --------
    >>> import attunement
    >>> study = attunement.read_study("study.toml")
    >>> faces = attunement.extract_faces(study.sessions[0])
    >>> signals = attunement.compute_signals(faces, study.sessions[0])
    >>> print(signals.loc[4:5, ["time_s", "person", "smile", "usable"]].round(1))
       time_s     person  smile  usable
    4     1.0  caregiver    0.5    True
    5     1.0     infant    1.0    True
    """
    name = _check(faces, session)
    uncertainty_s = schema.clock_uncertainty_s(
        faces.get(schema.CLOCK_UNCERTAINTY), where=f"the faces of session {name!r}"
    )
    settings = (config or (session.config if session else Config())).signals
    episodes = session.episodes if session else ()
    exclude = session.exclude if session else ()
    neutral = {p.person: p.neutral for p in session.partners} if session else {}

    last_s = faces["time_s"].max() if len(faces) else -1.0
    grid_s = grid_times(float(last_s), sampling_hz=settings.sampling_hz)
    people = [
        _person_signals(
            faces[faces["person"] == person],
            grid_s,
            settings=settings,
            exclude=exclude,
            neutral=neutral.get(person, ()),
        )
        for person in schema.PERSONS
    ]
    signals = pd.DataFrame(
        {
            "session": name,
            "episode": np.repeat(episode_names(grid_s, episodes), len(people)),
            "time_s": np.repeat(grid_s, len(people)),
            "person": np.tile(np.array(schema.PERSONS, dtype=object), len(grid_s)),
            **{
                column_name: np.stack([one[column_name] for one in people], axis=1).reshape(-1)
                for column_name in people[0]
            },
            schema.CLOCK_UNCERTAINTY: uncertainty_s,
        }
    )
    return schema.conform(signals, schema.SIGNALS)


def _person_signals(
    frames: pd.DataFrame,
    grid_s: NDArray[np.float64],
    *,
    settings: Settings,
    exclude: Sequence[Span],
    neutral: Sequence[Span],
) -> dict[str, NDArray[Any]]:
    """Return the columns of `schema.SIGNALS` that a person has, each of shape (m,)."""
    times_s = frames["time_s"].to_numpy(float)
    if not (np.diff(times_s) > 0).all():
        # Of frames with one and the same time stamp only the first can be placed on a time axis.
        frames = frames.sort_values("time_s", kind="stable").drop_duplicates("time_s")
        times_s = frames["time_s"].to_numpy(float)
    measures, floors = take_measures(frames)
    measured = np.any([np.isfinite(values) for values in measures.values()], axis=0)
    reasons = gate_frames(frames, measured=measured, settings=settings, exclude=exclude)
    usable = reasons == ""
    neutral_frames = usable & in_spans(times_s, neutral)
    angles_deg = _usable_angles(frames, usable)

    excursions = {}
    for measure, values in measures.items():
        values = np.where(usable, values, np.nan)
        values = correct_pose(values, angles_deg[:, :2], neutral_frames)
        excursions[measure] = values - baseline(values, neutral_frames)
    raw = combine(excursions)
    stated = {name: excursions[name] for name in STATED if np.isfinite(excursions[name]).any()}
    raw |= stated
    too_small = column(frames, "interocular_px") < settings.min_interocular_distress_px
    for name in FINE_CHANNELS:
        raw[name] = np.where(too_small, np.nan, raw[name])
    floors = {name: floors.get(name, SHARE_FLOOR) for name in raw}

    interval_s = frame_interval(times_s)
    runs = find_runs(times_s, usable, max_gap_s=settings.max_gap_s, exclude=exclude)
    raw["head_movement"] = head_movement(times_s, angles_deg, runs, rate_hz=1 / interval_s)
    floors["head_movement"] = MOVEMENT_FLOOR_DEG

    series = {
        name: standardise(values, neutral_frames, floor=floors[name])
        for name, values in raw.items()
    }
    series |= dict(zip(schema.POSE, angles_deg.T, strict=True))
    on_grid = {}
    # Most columns are missing in the same frames.
    ways: dict[bytes, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {}
    for column_name, values in series.items():
        there = usable & np.isfinite(values)
        way = there.tobytes()
        if way not in ways:
            own = find_runs(times_s, there, max_gap_s=settings.max_gap_s, exclude=exclude)
            ways[way] = resampler(times_s, own, grid_s, sampling_hz=settings.sampling_hz)
        on_grid[column_name] = ways[way](values)
    for channel in CHANNELS:
        if channel.of_channels is not None:
            members = (on_grid[name] for name in channel.takes)
            on_grid[channel.name] = channel.of_channels(*members)
        if channel.of_stated is not None and _is_stated(channel, raw):
            members = (on_grid[name] for name in channel.takes_stated)
            on_grid[channel.name] = channel.of_stated(*members)

    before, after, inside = bracket(grid_s, times_s, runs)
    excluded = in_spans(grid_s, exclude)
    shown = [np.isnan(on_grid[name]) for name in (*_FACE_CHANNELS, *stated)]
    inside &= ~excluded & ~np.all(shown, axis=0)
    on_grid = {name: values for name, values in on_grid.items() if name not in stated}
    return {
        **{name: np.where(inside, values, np.nan) for name, values in on_grid.items()},
        "usable": inside,
        "interpolated": inside & _bridged(times_s, before, after, interval_s),
        "reason": missing_reasons(grid_s, times_s, reasons, inside, excluded),
    }


def _is_stated(channel: Channel, raw: Mapping[str, NDArray[np.float64]]) -> bool:
    """Return whether a channel is stated for a person who has none of its parts."""
    parts = [raw[name] for name in channel.takes if name in _FACE_CHANNELS]
    return all(name in raw for name in channel.takes_stated) and not any(
        np.isfinite(values).any() for values in parts
    )


def _usable_angles(frames: pd.DataFrame, usable: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return yaw, pitch and roll of usable frames, shape (n, 3), without turns of 360 degrees."""
    angles_deg = np.column_stack([column(frames, name) for name in schema.POSE])
    angles_deg[~usable] = np.nan
    for angle in angles_deg.T:
        there = np.isfinite(angle)
        angle[there] = np.unwrap(angle[there], period=360)
    return angles_deg


def _bridged(
    times_s: NDArray[np.float64],
    before: NDArray[np.int64],
    after: NDArray[np.int64],
    interval_s: float,
) -> NDArray[np.bool_]:
    """Return where frames are missing between the usable ones on either side, shape (m,)."""
    if not len(times_s):
        return np.zeros(len(before), dtype=bool)
    apart_s = times_s[np.minimum(after, len(times_s) - 1)] - times_s[np.maximum(before, 0)]
    return (after - before > 1) | (apart_s > 1.5 * interval_s)


def _check(faces: pd.DataFrame, session: Session | None) -> str:
    """Return the session's id, or raise when the table cannot be worked with."""
    schema.require(faces, ("session", "time_s", "person", "status"), what="A faces table")
    names = sorted(map(str, faces["session"].unique()))
    if session is not None:
        names = sorted({session.session, *names})
    if len(names) > 1:
        raise TableError(
            f"Faces of one session were expected; found sessions {', '.join(names)}.",
            "Call compute_signals once for each session, with that session's faces.",
        )
    for key, known in (("person", schema.PERSONS), ("status", schema.FACE_STATUS)):
        strange = sorted(set(map(str, faces[key].unique())) - set(known))
        if strange:
            raise TableError(
                f"Column {key!r} of a faces table must hold only {', '.join(known)}; "
                f"found {', '.join(strange)}."
            )
    if not np.isfinite(faces["time_s"].to_numpy(dtype=float, na_value=np.nan)).all():
        raise TableError(
            "Column 'time_s' of a faces table has missing values: every frame has one."
        )
    return names[0] if names else ""
