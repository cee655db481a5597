"""What can be checked once the length of a recording is known."""

from attunement.study.sessions import Session
from attunement.study.written_times import format_time

# People round an episode's end up to a full second, and a recording's last frame lies before its
# end; what is missing of the last second is missing data, not a fault.
_TOLERANCE_S = 1.0


def check_times(
    session: Session, duration_s: float, *, infant_duration_s: float | None = None
) -> list[str]:
    """Return what is wrong with a session's times, one sentence a fault.

    Parameters
    ----------
    session : Session
        As `read_study` returns it; without a clock, both recordings are taken to begin together.
    duration_s : float
        Length of the caregiver's recording, which is the clock of all times.
    infant_duration_s : float, optional
        Length of the infant's recording; taken to be `duration_s` where it is not given.

    Returns
    -------
    list of str
        Episodes and spans that end more than a second after the recording does, with the time
        meant where a spreadsheet has turned minutes and seconds into hours and minutes; and
        recordings that the offset moves so far apart that nothing overlaps.

    Examples
    --------
    >>> from pathlib import Path
    >>> from attunement.study import Episode, Partner, Session, check_times
    >>> caregiver, infant = (Partner(who, (Path("s1.mp4"),)) for who in ("caregiver", "infant"))
    >>> episodes = (Episode("play", 0, 300),)
    >>> session = Session("s1", "d1", "f1", "one_frame", caregiver, infant, episodes=episodes)
    >>> print(len(check_times(session, 300.0)), len(check_times(session, 240.0)))
    0 1
    """
    sentences = []
    spans = [(f"episode {e.name!r}", "episodes", e.start_s, e.end_s) for e in session.episodes]
    spans += [("a span", "exclude", span.start_s, span.end_s) for span in session.exclude]
    for partner in session.partners:
        column = f"{partner.person}_neutral"
        spans += [("a span", column, span.start_s, span.end_s) for span in partner.neutral]
    for what, column, start_s, end_s in spans:
        if end_s > duration_s + _TOLERANCE_S:
            sentences.append(
                f"Session {session.session!r}, column {column}: {what} "
                f"({format_time(start_s)}-{format_time(end_s)}) ends after the recording, which "
                f"lasts {format_time(duration_s)}.{_proposal(start_s, end_s, duration_s)}"
            )
    offset_s = session.clock.offset_s if session.clock else 0.0
    overlap_start_s = max(0.0, offset_s)
    infant_s = duration_s if infant_duration_s is None else infant_duration_s
    overlap_end_s = min(duration_s, offset_s + infant_s)
    if overlap_end_s <= overlap_start_s:
        sentences.append(
            f"Session {session.session!r}, column offset_s: found {offset_s:g}; with it "
            f"the infant's recording ({format_time(infant_s)}) and the caregiver's "
            f"({format_time(duration_s)}) do not overlap. Correct the offset, in seconds."
        )
    return sentences


def _proposal(start_s: float, end_s: float, duration_s: float) -> str:
    # A spreadsheet takes 2:00 for two hours, so a time it has turned is a full number of minutes;
    # a start that is not was written as seconds and has escaped.
    meant_end_s = end_s / 60
    meant_start_s = start_s if start_s % 60 else start_s / 60
    if end_s % 60 or meant_end_s > duration_s + _TOLERANCE_S or meant_start_s >= meant_end_s:
        return " Correct the times, or the file."
    return (
        f" If a spreadsheet turned minutes and seconds into hours and minutes, write "
        f"{format_time(meant_start_s)}-{format_time(meant_end_s)}."
    )
