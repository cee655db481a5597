"""The clock of a session: by hand, from sound, or from a flash, and how sure it is."""

from collections.abc import Sequence
from dataclasses import replace
from math import hypot, isfinite
from pathlib import Path
from typing import Any

from attunement.clock.flash import FLASH_LOOK_S, flash_s
from attunement.clock.sound_clock import clock_from_sound
from attunement.errors import AttunementError
from attunement.study.sessions import Clock, Session
from attunement.video import probe_video
from attunement.video.sound import read_sound

# By so much the clocks of two cameras differ where nothing is known: quartz is good to some 20 to
# 50 parts per million.
USUAL_DRIFT_PPM = 50.0
# What is seen by eye, or stands in a table, is taken to be good to a frame of 25 a second.
_FRAME_S = 0.04


def find_clock(session: Session) -> Clock:
    """Find out how the infant's recording lies on the caregiver's.

    Parameters
    ----------
    session : Session
        From `attunement.read_study`.

    Returns
    -------
    Clock
        The session's own, where it has one (the manifest's ``offset_s``, or as set in Python), with
        its uncertainty; else, in layout ``two_files``, from the sound tracks of the two recordings,
        or a flash that both cameras saw in their first two minutes, or assumed to be 0, with an
        uncertainty that is not known. Where one recording shows both, an uncertainty of 0. See
        ``docs/clock.md``.

    Notes
    -----
    Whatever is wrong with a recording is for the stages to tell that need it: here it only means
    that nothing is known.

    Examples
    --------
    >>> from pathlib import Path
    >>> from attunement import find_clock
    >>> from attunement.study import Partner, Session
    >>> both = [Partner(person, (Path("both.mp4"),)) for person in ("caregiver", "infant")]
    >>> clock = find_clock(Session("s1", "d1", "f1", "one_frame", *both))
    >>> print(clock.source, clock.uncertainty_s)
    one_recording 0.0
    """
    caregiver, infant = session.caregiver, session.infant
    given = session.clock
    apart = session.layout == "two_files" or infant.table is not None
    if given is not None and apart:
        is_whole = given.source != "manifest" or given.uncertainty_s is not None
        return given if is_whole else _as_given(session, given)
    tables = caregiver.table is not None or infant.table is not None
    if session.layout != "two_files" or (not tables and caregiver.videos == infant.videos):
        return Clock(uncertainty_s=0.0, source="one_recording", drift_uncertainty_ppm=0.0)
    if tables:
        return Clock(source="assumed")
    try:
        return _from_sound(caregiver.videos, infant.videos)
    except AttunementError:
        return Clock(source="assumed")


def on_clock(session: Session) -> Session:
    """Return the session with its clock, found out if it has none yet.

    Examples
    --------
    >>> from pathlib import Path
    >>> from attunement.clock import on_clock
    >>> from attunement.study import Partner, Session
    >>> both = [Partner(person, (Path("both.mp4"),)) for person in ("caregiver", "infant")]
    >>> session = on_clock(Session("s1", "d1", "f1", "one_frame", *both))
    >>> print(session.clock.source)
    one_recording
    """
    return replace(session, clock=find_clock(session))


def _as_given(session: Session, given: Clock) -> Clock:
    frame_s = max(_frame_s(partner.videos) for partner in session.partners)
    known = given.drift_ppm != 0
    drifted_s = 0.0 if known else USUAL_DRIFT_PPM * 1e-6 * _duration_s(session.infant.videos)
    return replace(given, uncertainty_s=_rounded(hypot(frame_s, drifted_s)))


def _from_sound(first: Sequence[Path], second: Sequence[Path]) -> Clock:
    heard = clock_from_sound(read_sound(first), read_sound(second))
    told: dict[str, Any] = {
        "refused": heard.refused,
        "stretches": heard.n_stretches,
        "agreeing": heard.n_agreeing,
        **{
            name: round(value, 3)
            for name, value in (("z", heard.z), ("rival", heard.rival), ("other", heard.other))
            if isfinite(value)
        },
    }
    if not heard.refused:
        return Clock(
            offset_s=round(heard.offset_s, 5),
            drift_ppm=round(heard.drift_ppm, 2),
            uncertainty_s=_rounded(heard.uncertainty_s),
            source="sound",
            drift_uncertainty_ppm=round(heard.drift_uncertainty_ppm, 2),
            sound=told,
        )
    flashes = [flash_s(paths) for paths in (first, second)]
    if flashes[0] is None or flashes[1] is None:
        return Clock(source="assumed", sound=told)
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
