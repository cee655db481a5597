"""What was recorded, as plain frozen data: a study of sessions, each of two partners."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import Any

import pandas as pd

from attunement.cards import Card, Carded
from attunement.config import Config
from attunement.study.card import session_card, study_card

LAYOUTS = ("two_files", "side_by_side", "top_bottom", "one_frame")
# The parts of the picture that the split ones have.
SIDES = {"side_by_side": ("left", "right"), "top_bottom": ("top", "bottom")}
# Phones film up to 240 frames a second; files that do not say their rate come to 600 or 1000.
MAX_RATE_HZ = 400.0
ALL = "all"  # the name of the one episode of a session that declares none
EVERYONE = "all"  # the identity in a table that stands for all of its rows


@dataclass(frozen=True)
class Span:
    """A stretch of a session's time, in seconds from the caregiver video's first frame.

    Examples
    --------
    >>> from attunement.study import Span
    >>> out_of_sight = Span(start_s=61.5, end_s=68.0)
    >>> print(out_of_sight.end_s - out_of_sight.start_s)
    6.5
    """

    start_s: float
    end_s: float


@dataclass(frozen=True)
class Episode:
    """A named stretch of a session, such as play, still_face or reunion.

    Examples
    --------
    >>> from attunement.study import Episode
    >>> episode = Episode("still_face", start_s=120, end_s=240)
    >>> print(episode.name, episode.end_s - episode.start_s)
    still_face 120
    """

    name: str
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Partner:
    """One partner's footage.

    Attributes
    ----------
    person : str
        ``caregiver`` or ``infant``.
    videos : tuple of Path
        Chapters of the recording, played one after the other; empty where `table` is given.
    side : str
        The half of a split screen this partner is in: ``left``, ``right``, ``top``, ``bottom``,
        or empty where the layout is not split.
    roi : tuple of int or None
        x, y, width, height in pixels of the displayed picture; a crop, except in ``one_frame``
        where it is a starting hint.
    rotation_deg : int
        0, 90, 180 or 270: turn clockwise of the recording as players show it. Side and region refer
        to the turned picture.
    table : Path or None
        Table of another program that stands in for the video.
    neutral : tuple of Span
        Spans in which this person's face is declared neutral.
    table_id : str
        Which identities of the table are this person, several joined by ``|``; ``all``: every row
        is. Empty where nothing is said.
    rate_hz : float or None
        Frames a second of the recording that `table` was made of, where its frames carry no time.
    table_scale : float or None
        End of the scale of the table's intensities, such as 1 or 100; None: as its program has it.

    Examples
    --------
    >>> from pathlib import Path
    >>> from attunement.study import Partner, Span
    >>> partner = Partner("infant", (Path("s1.mp4"),), side="left", neutral=(Span(0, 5),))
    >>> print(partner.person, partner.side, len(partner.neutral))
    infant left 1
    """

    person: str
    videos: tuple[Path, ...] = ()
    side: str = ""
    roi: tuple[int, int, int, int] | None = None
    table: Path | None = None
    neutral: tuple[Span, ...] = ()
    table_id: str = ""
    rate_hz: float | None = None
    table_scale: float | None = None
    rotation_deg: int = 0


@dataclass(frozen=True)
class Role:
    """Who a track is, as a row of the user's ``roles.csv`` says.

    Attributes
    ----------
    track : int
        Number of the track in ``tracks.parquet``.
    person : str
        ``caregiver``, ``infant`` or ``other``.
    start_s, end_s : float
        From when up to, not including, when; infinite where the row leaves it open.
    role_confidence : float
        How sure it is, 0 to 1.
    row : int
        Number of the row, as a spreadsheet counts.
    """

    track: int
    person: str
    start_s: float = -inf
    end_s: float = inf
    role_confidence: float = 1.0
    row: int = 0


@dataclass(frozen=True)
class Clock:
    """How the infant's recording lies on the caregiver's, and how sure that is.

    Attributes
    ----------
    offset_s, drift_ppm : float
        Session time is `offset_s` + time in the infant's recording * (1 + `drift_ppm` * 1e-6).
    uncertainty_s : float or None
        By how much a time so converted can be wrong; None where it is not known. Of a clock given
        by hand `attunement.find_clock` works it out, unless it is given too.
    source : str
        ``manifest``, which is any clock given by hand; ``one_recording``, where both partners are
        in one picture; ``sound``; ``flash``; or ``assumed``, which is an offset of 0 that nothing
        speaks for.
    drift_uncertainty_ppm : float or None
        Of the drift.
    sound : mapping or None
        What came of the two sound tracks, where they were compared: why they were refused, or how
        many stretches of the session agree.

    Examples
    --------
    >>> from attunement.study import Clock
    >>> clock = Clock(offset_s=0.4, drift_ppm=20)
    >>> recorded_s = 600.0  # in the infant's recording
    >>> print(round(clock.offset_s + recorded_s * (1 + clock.drift_ppm * 1e-6), 3))
    600.412
    """

    offset_s: float = 0.0
    drift_ppm: float = 0.0
    uncertainty_s: float | None = None
    source: str = "manifest"
    drift_uncertainty_ppm: float | None = None
    sound: Mapping[str, Any] | None = field(default=None, hash=False)


@dataclass(frozen=True, repr=False)
class Session(Carded):
    """One recorded session of a dyad.

    Attributes
    ----------
    session, dyad, family : str
        Ids, text as written in the manifest, safe as folder names.
    layout : str
        One of `LAYOUTS`.
    caregiver, infant : Partner
        Who is to be seen where.
    clock : Clock or None
        How the infant's recording lies on the caregiver's; None where the manifest leaves it to be
        found out (`attunement.find_clock`).
    episodes : tuple of Episode
        Empty where none is declared: then the whole session is one episode named ``all``.
    exclude : tuple of Span
        Stretches that are not analysed.
    roles : tuple of Role
        Who tracks are, where the user says so.
    covariates : tuple of (str, object)
        The manifest's further columns, carried to ``scores.csv``.
    config : Config
        The configuration of the study that the session belongs to.

    Examples
    --------
    >>> from pathlib import Path
    >>> from attunement.study import Episode, Partner, Session
    >>> caregiver, infant = (Partner(who, (Path("s1.mp4"),)) for who in ("caregiver", "infant"))
    >>> episodes = (Episode("play", 0, 120), Episode("still_face", 120, 240))
    >>> session = Session("s1", "d1", "f1", "side_by_side", caregiver, infant, episodes=episodes)
    >>> print(session)
    Session s1 of dyad d1, family f1
      layout     side_by_side
      caregiver  s1.mp4
      infant     s1.mp4
      clock      one recording
      episodes   play 0 to 120 s, still_face 120 to 240 s
    """

    session: str
    dyad: str
    family: str
    layout: str
    caregiver: Partner
    infant: Partner
    clock: Clock | None = None
    episodes: tuple[Episode, ...] = ()
    exclude: tuple[Span, ...] = ()
    roles: tuple[Role, ...] = ()
    covariates: tuple[tuple[str, object], ...] = ()
    config: Config = field(default_factory=Config)

    @property
    def partners(self) -> tuple[Partner, Partner]:
        """The caregiver and the infant, in this order."""
        return (self.caregiver, self.infant)

    def _card(self) -> Card:
        """Return what it holds, in a few lines."""
        return session_card(self)


@dataclass(frozen=True, repr=False)
class Study(Carded):
    """A study: its sessions, its manifest as read, its configuration.

    Attributes
    ----------
    path : Path
        The ``study.toml``.
    sessions : tuple of Session
        In the order of the manifest.
    table : pandas.DataFrame
        The manifest as read, every cell text, one row a session.
    config : Config
        The settings of ``study.toml``.

    Examples
    --------
    >>> import attunement
    >>> study = attunement.read_study("study.toml")
    >>> print(len(study.sessions), study.sessions[0].session, study.config.faces.backend)
    1 s1 fake
    """

    path: Path
    sessions: tuple[Session, ...]
    table: pd.DataFrame
    config: Config

    def _card(self) -> Card:
        """Return what it holds, in a few lines."""
        return study_card(self)
