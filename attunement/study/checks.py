"""What can be checked once the length of a recording is known."""

from collections.abc import Sequence

from attunement.cards import listed
from attunement.study.sessions import Session
from attunement.study.written_times import format_time

# People round an episode's end up to a full second, and a recording's last frame lies before its
# end; what is missing of the last second is missing data, not a fault.
_TOLERANCE_S = 1.0
# A time that was turned is sixty times as late; one a little late is a slip, or the file is short.
_BY_FAR = 5.0
_MOST_NAMED = 4


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
        Episodes and spans that end more than a second after the recording does, those of a column
        in one sentence, with the times meant where they are so late that a spreadsheet may
        have turned minutes and seconds into hours and minutes; and recordings that the
        offset moves so far apart that nothing overlaps.

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
    beyond: dict[str, list[tuple[str, float, float]]] = {}
    for what, column, start_s, end_s in spans:
        if end_s > duration_s + _TOLERANCE_S:
            beyond.setdefault(column, []).append((what, start_s, end_s))
    # In an episode shorter than a window nothing could be scored.
    shortest_s = dict.fromkeys(beyond, 0.0) | {"episodes": session.config.scoring.window_s}
    for column, late in beyond.items():
        named = [f"{what} ({format_time(start)}-{format_time(end)})" for what, start, end in late]
        sentences.append(
            f"Session {session.session!r}, column {column}: {listed(named, at_most=_MOST_NAMED)} "
            f"{'end' if len(late) > 1 else 'ends'} after the recording, which lasts "
            f"{format_time(duration_s)}. {_proposal(late, duration_s, shortest_s[column])}"
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


def _proposal(
    late: Sequence[tuple[str, float, float]], duration_s: float, shortest_s: float
) -> str:
    meant = []
    last_s = max(end_s for _, _, end_s in late)
    for _, start_s, end_s in late:
        # A spreadsheet takes 2:00 for two hours, so a time it has turned is a full number of
        # minutes; a start that is not was written as seconds and has escaped.
        meant_end_s = end_s / 60
        meant_start_s = start_s if start_s % 60 else start_s / 60
        is_turned = last_s >= _BY_FAR * duration_s and not end_s % 60
        fits = meant_end_s <= duration_s + _TOLERANCE_S
        if (
            not is_turned
            or not fits
            or meant_end_s - meant_start_s < shortest_s
            or meant_start_s >= meant_end_s
        ):
            return "Correct the times, or the file."
        meant.append(f"{format_time(meant_start_s)}-{format_time(meant_end_s)}")
    return (
        "If a spreadsheet turned minutes and seconds into hours and minutes, write "
        f"{', '.join(meant)}."
    )
