"""The clock of a session: by hand, from sound, or from a flash, and how sure it is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import hypot, isfinite
from pathlib import Path
from typing import Any

from attunement.clock.flash import FLASH_LOOK_S, flash_s
from attunement.clock.sound_clock import clock_from_sound
from attunement.errors import AttunementError
from attunement.study.sessions import Session
from attunement.video import probe_video
from attunement.video.sound import read_sound

# By so much the clocks of two cameras differ where nothing is known: quartz is good to some 20 to
# 50 parts per million.
USUAL_DRIFT_PPM = 50.0
# What is seen by eye, or stands in a table, is taken to be good to a frame of 25 a second.
_FRAME_S = 0.04


@dataclass(frozen=True)
class Clock:
    """From the infant's recording to session time, and how sure that is.

    Attributes
    ----------
    offset_s, drift_ppm : float
        Session time is `offset_s` + time in the infant's recording * (1 + `drift_ppm` * 1e-6).
    uncertainty_s : float or None
        By how much a time so converted can be wrong; None where it is not known at all.
    source : str
        ``manifest``; ``one_recording``, where both partners are in one picture; ``sound``;
        ``flash``; or ``assumed``, which is an offset of 0 that nothing speaks for.
    drift_uncertainty_ppm : float or None
        Of the drift.
    sound : dict
        What came of the two sound tracks, where they were compared: why they were refused, or how
        many stretches of the session agree.
    """

    offset_s: float = 0.0
    drift_ppm: float = 0.0
    uncertainty_s: float | None = None
    source: str = "assumed"
    drift_uncertainty_ppm: float | None = None
    sound: dict[str, Any] | None = None

    def on(self, session: Session) -> Session:
        """Return the session with this clock."""
        return replace(
            session,
            offset_s=self.offset_s,
            drift_ppm=self.drift_ppm,
            clock_source=self.source,
        )


def find_clock(session: Session) -> Clock:
    """Find out how the infant's recording lies on the caregiver's.

    Parameters
    ----------
    session : Session
        From `attunement.read_study`.

    Returns
    -------
    Clock
        From the manifest, where ``offset_s`` is filled; else, in layout ``two_files``, from the
        sound tracks of the two recordings, or a flash that both cameras saw in their first two
        minutes, or assumed to be 0. See ``docs/clock.md``.

    Notes
    -----
    Whatever is wrong with a recording is for the stages to tell that need it: here it only means
    that nothing is known.
    """
    caregiver, infant = session.caregiver, session.infant
    apart = session.layout == "two_files" or infant.table is not None
    if session.clock_source == "manifest" and apart:
        return _as_given(session)
    tables = caregiver.table is not None or infant.table is not None
    if session.layout != "two_files" or (not tables and caregiver.videos == infant.videos):
        return Clock(uncertainty_s=0.0, source="one_recording", drift_uncertainty_ppm=0.0)
    if tables:
        return Clock()
    try:
        return _from_sound(caregiver.videos, infant.videos)
    except AttunementError:
        return Clock()


def _as_given(session: Session) -> Clock:
    frame_s = max(_frame_s(partner.videos) for partner in session.partners)
    known = session.drift_ppm != 0
    drifted_s = 0.0 if known else USUAL_DRIFT_PPM * 1e-6 * _duration_s(session.infant.videos)
    return Clock(
        offset_s=session.offset_s,
        drift_ppm=session.drift_ppm,
        uncertainty_s=_rounded(hypot(frame_s, drifted_s)),
        source="manifest",
    )


def _from_sound(first: Sequence[Path], second: Sequence[Path]) -> Clock:
    found = clock_from_sound(read_sound(first), read_sound(second))
    told: dict[str, Any] = {
        "refused": found.refused,
        "stretches": found.n_stretches,
        "agreeing": found.n_agreeing,
        **{
            name: round(value, 3)
            for name, value in (("z", found.z), ("rival", found.rival), ("other", found.other))
            if isfinite(value)
        },
    }
    if not found.refused:
        return Clock(
            offset_s=round(found.offset_s, 5),
            drift_ppm=round(found.drift_ppm, 2),
            uncertainty_s=_rounded(found.uncertainty_s),
            source="sound",
            drift_uncertainty_ppm=round(found.drift_uncertainty_ppm, 2),
            sound=told,
        )
    flashes = [flash_s(paths) for paths in (first, second)]
    if flashes[0] is None or flashes[1] is None:
        return Clock(sound=told)
    frame_s = max(_frame_s(paths) for paths in (first, second))
    drifted_s = USUAL_DRIFT_PPM * 1e-6 * max(_duration_s(second) - flashes[1], FLASH_LOOK_S)
    return Clock(
        offset_s=round(flashes[0] - flashes[1], 5),
        uncertainty_s=_rounded(hypot(frame_s, drifted_s)),
        source="flash",
        sound=told,
    )


def _frame_s(videos: Sequence[Path]) -> float:
    try:
        rate_hz = probe_video(videos).rate_hz if videos else 0.0
    except AttunementError:
        return _FRAME_S
    return 1 / rate_hz if isfinite(rate_hz) and rate_hz > 0 else _FRAME_S


def _duration_s(videos: Sequence[Path]) -> float:
    try:
        return probe_video(videos).duration_s if videos else 0.0
    except AttunementError:
        return 0.0


def _rounded(seconds: float) -> float:
    return round(seconds, 5)
