"""Cutting a session's recordings into spans of work that can be done anywhere, in any order."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from attunement.clock import on_clock
from attunement.config import Config
from attunement.errors import FacesError
from attunement.faces.areas import Area, half_of
from attunement.schema import PERSONS
from attunement.study.sessions import SIDES, Clock, Partner, Session, Span
from attunement.video import frame_times, probe_video
from attunement.video.reading import nearest_to_grid

SPAN_S = 30.0
T = TypeVar("T", float, NDArray[np.float64])


@dataclass(frozen=True)
class Watched:
    """One partner to be followed in a span.

    Attributes
    ----------
    person : str
        ``caregiver`` or ``infant``.
    region : tuple of int
        x, y, width, height that the face is looked for in.
    hint : tuple of int or None
        Where it is expected at first (``one_frame``).

    Examples
    --------
    >>> from attunement.faces import Watched
    >>> infant = Watched("infant", region=(0, 0, 640, 720))
    >>> print(infant.person, infant.region, infant.hint)
    infant (0, 0, 640, 720) None
    """

    person: str
    region: Area
    hint: Area | None = None


@dataclass(frozen=True)
class SpanTask:
    """A span of a recording and who is to be followed in it, or a whole table.

    Attributes
    ----------
    session : str
        Id of the session.
    videos : tuple of Path
        Chapters of the recording; empty for a table.
    watched : tuple of Watched
        Who; two people only where one picture shows both.
    together : bool
        Whether the region shows both, and whoever else comes by (``one_frame``).
    frames : tuple of int
        Indices of the frames to analyse.
    times_s : tuple of float
        Their times in the recording.
    start_s, end_s : float
        The span in the recording's time.
    offset_s : float
        Added to the recording's time to give session time.
    exclude : tuple of Span
        Session time that is not analysed.
    table : Path or None
        Table of another program, read instead of a recording.
    rotation_deg : int
        Turn clockwise of the recording's pictures as players show them; regions refer to what comes
        of it.
    drift_ppm : float
        By how much the recording's clock is slower than that of the session.
    table_id : str
        Which of the table's identities are the partner's.
    rate_hz : float or None
        Frames a second of a table whose frames carry no time.
    table_scale : float or None
        End of the scale of the table's intensities; None: as its program has it.

    Examples
    --------
    >>> import attunement
    >>> from attunement.faces import plan_faces
    >>> session = attunement.read_study("study.toml").sessions[0]
    >>> task = plan_faces(session, session.config)[0]
    >>> print(task.session, len(task.frames), "frames of", task.videos[0].name)
    s1 60 frames of caregiver.mp4
    """

    session: str
    videos: tuple[Path, ...]
    watched: tuple[Watched, ...]
    together: bool
    frames: tuple[int, ...] = field(repr=False)
    times_s: tuple[float, ...] = field(repr=False)
    start_s: float
    end_s: float
    offset_s: float
    exclude: tuple[Span, ...]
    table: Path | None = None
    rotation_deg: int = 0
    drift_ppm: float = 0.0
    table_id: str = ""
    rate_hz: float | None = None
    table_scale: float | None = None

    def session_s(self, time_s: T) -> T:
        """Return a time of the recording, or an array of them, in session time."""
        return time_s * (1 + self.drift_ppm * 1e-6) + self.offset_s

    def recorded_s(self, time_s: T) -> T:
        """Return a session time, or an array of them, in the recording's time."""
        return (time_s - self.offset_s) / (1 + self.drift_ppm * 1e-6)


def plan_faces(session: Session, config: Config) -> tuple[SpanTask, ...]:
    """Cut a session into spans of 30 s of its recordings.

    Opens the recordings and reads their packets, but decodes next to nothing. Boundaries depend
    on the recording alone, and tracking starts afresh in each span, so that any number of workers
    gives the same result. Tracks are linked from span to span afterwards (`join_spans`). The clock
    of a session that has none is found out first (`attunement.find_clock`).

    Raises
    ------
    VideoError
        When a recording cannot be opened.
    FacesError
        When a partner has neither recording nor table, or a region does not lie within the
        picture; names session and numbers.

    Examples
    --------
    >>> import attunement
    >>> from attunement.faces import plan_faces
    >>> session = attunement.read_study("study.toml").sessions[0]
    >>> tasks = plan_faces(session, session.config)
    >>> print([(task.watched[0].person, task.start_s, task.end_s) for task in tasks][:2])
    [('caregiver', 0.0, 30.0), ('caregiver', 30.0, 60.0)]
    """
    session = on_clock(session)
    tasks: list[SpanTask] = []
    shared = session.layout != "two_files"
    watching = [partner for partner in session.partners if partner.table is None]
    for partner in session.partners:
        if partner.table is not None:
            tasks.append(table_task(session, partner))
        elif not partner.videos:
            raise FacesError(
                f"Session {session.session}: the {partner.person} has neither video nor table.",
                "Name one in the manifest.",
            )
    if shared and watching:
        tasks += _video_tasks(session, watching, config)
    elif not shared:
        for partner in watching:
            tasks += _video_tasks(session, [partner], config)
    return tuple(tasks)


def table_task(session: Session, partner: Partner) -> SpanTask:
    """Return the reading of a partner's table as one task."""
    clock = _clock_of(session, partner)
    return SpanTask(
        session=session.session,
        videos=(),
        watched=(Watched(partner.person, (0, 0, 0, 0)),),
        together=False,
        frames=(),
        times_s=(),
        start_s=0.0,
        end_s=float("inf"),
        offset_s=clock.offset_s,
        drift_ppm=clock.drift_ppm,
        exclude=session.exclude,
        table=partner.table,
        table_id=partner.table_id,
        rate_hz=partner.rate_hz,
        table_scale=partner.table_scale,
    )


def _clock_of(session: Session, partner: Partner) -> Clock:
    """Return how a partner's recording lies on session time, which is the caregiver's."""
    # In the other layouts both partners are in the same frames; a table stands for a recording of
    # its own.
    apart = session.layout == "two_files" or partner.table is not None
    if partner.person == "infant" and apart and session.clock is not None:
        return session.clock
    return Clock()


def _video_tasks(session: Session, partners: list[Partner], config: Config) -> list[SpanTask]:
    videos = partners[0].videos
    rotation_deg = partners[0].rotation_deg
    info = probe_video(videos, rotation_deg=rotation_deg)
    watched = tuple(_watched(session, p, info.width_px, info.height_px) for p in partners)
    clock = _clock_of(session, partners[0]) if len(partners) == 1 else Clock()
    times = frame_times(videos)
    rate_hz = config.faces.frame_rate_hz
    kept = np.flatnonzero(nearest_to_grid(times, rate_hz=rate_hz) if rate_hz else times >= 0)
    number = (times[kept] // SPAN_S).astype(int)
    tasks = []
    for k in np.unique(number):
        frames = kept[number == k]
        tasks.append(
            SpanTask(
                session=session.session,
                videos=videos,
                watched=watched,
                together=session.layout == "one_frame" and len(partners) > 1,
                frames=tuple(int(frame) for frame in frames),
                times_s=tuple(float(time) for time in times[frames]),
                start_s=float(k * SPAN_S),
                end_s=float((k + 1) * SPAN_S),
                offset_s=clock.offset_s,
                exclude=session.exclude,
                rotation_deg=rotation_deg,
                drift_ppm=clock.drift_ppm,
            )
        )
    return tasks


def _watched(session: Session, partner: Partner, width_px: int, height_px: int) -> Watched:
    if partner.roi is not None:
        _check_inside(session, partner, partner.roi, width_px, height_px)
    if session.layout == "one_frame":
        whole = (0, 0, width_px, height_px)
        return Watched(partner.person, whole, partner.roi)
    if partner.roi is not None:
        return Watched(partner.person, partner.roi)
    side = partner.side if session.layout in SIDES else ""
    if session.layout in SIDES and not side:
        raise FacesError(
            f"Session {session.session}: in which part of the picture the {partner.person} is has "
            "not been said.",
            f"Write caregiver_side ({' or '.join(SIDES[session.layout])}) into the manifest.",
        )
    return Watched(partner.person, half_of(side, width_px, height_px))


def _check_inside(
    session: Session, partner: Partner, roi: Area, width_px: int, height_px: int
) -> None:
    x, y, width, height = roi
    if x < 0 or y < 0 or width < 1 or height < 1 or x + width > width_px or y + height > height_px:
        raise FacesError(
            f"Session {session.session}: {partner.person}_roi is {x},{y},{width},{height}"
            f" (x, y, width, height), but the picture is {width_px} x {height_px} pixels.",
            "Give a rectangle inside the picture as it is displayed.",
        )


def track_of(person: str) -> int:
    """Return the track number of a person whom the layout tells: caregiver 0, infant 1."""
    return PERSONS.index(person)
