"""Times, spans and episodes as people write them in a cell.

A function here raises ``ValueError`` with what was expected, as the end of a sentence; who calls
it knows the file, row and column to put before it.
"""

import itertools
import math
import re
from decimal import Decimal

from attunement.study.sessions import Episode, Span

_SECONDS = re.compile(r"-?(?:\d+(?:[.,]\d*)?|[.,]\d+)", re.ASCII)
_CLOCK = re.compile(r"(-)?(?:(\d+):)?(\d+):(\d\d(?:[.,]\d*)?)", re.ASCII)
# A word processor turns the hyphen between two times into a dash, and a minus into its own sign.
_SPAN = re.compile(r"(.+?)\s*[-\u2013\u2014]\s*(.+)", re.DOTALL)
TIME_FORMS = "a time in seconds or as [h:]mm:ss, such as 75, 75.5, 1:15 or 0:01:15.5"


def parse_time(text: str) -> float:
    """Return the seconds that `text` says.

    Parameters
    ----------
    text : str
        Seconds (``75``, ``75.5``, ``75,5``) or ``[h:]mm:ss`` with an optional decimal part.
        Without hours the minutes may be any number; with hours they must be under 60.

    Returns
    -------
    float
        Seconds, the float nearest to what is written.

    Raises
    ------
    ValueError
        When `text` is no time, or a negative one.
    """
    text = text.strip()
    if _SECONDS.fullmatch(text):
        time_s = _number(text)
    elif clock := _CLOCK.fullmatch(text):
        sign, hours, minutes, seconds = clock.groups()
        if _number(seconds) >= 60 or (hours is not None and _number(minutes) >= 60):
            raise ValueError(f"minutes and seconds under 60 in {_short(text)}")
        parts = (Decimal(hours or 0), Decimal(minutes), Decimal(seconds.replace(",", ".")))
        time_s = float(parts[0] * 3600 + parts[1] * 60 + parts[2])
        time_s = -time_s if sign else time_s
    else:
        raise ValueError(f"{TIME_FORMS}, not {_short(text)}")
    if not math.isfinite(time_s):
        raise ValueError(f"a shorter time than {_short(text)}")
    if time_s < 0:
        raise ValueError(f"a time from the recording's start on, not the negative {_short(text)}")
    return time_s


def format_time(time_s: float) -> str:
    """Return a time as ``h:mm:ss``, with the milliseconds where there are any."""
    total_ms = round(time_s * 1000)
    seconds, ms = divmod(total_ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    text = f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"
    return f"{text}.{ms:03d}".rstrip("0") if ms else text


def parse_span(text: str) -> Span:
    """Return the span that `text` says, such as ``0:10-0:14``.

    Raises
    ------
    ValueError
        When it is not two times with a hyphen between, or does not end after its start.
    """
    ends = _SPAN.fullmatch(text.strip())
    if ends is None:
        raise ValueError(
            f"start and end with a hyphen between, such as 0:10-0:14, not {_short(text)}"
        )
    start_s, end_s = parse_time(ends[1]), parse_time(ends[2])
    if end_s <= start_s:
        raise ValueError(f"an end after the start, not {_short(text)}")
    return Span(start_s, end_s)


def parse_episode(text: str) -> Episode:
    """Return the episode that `text` says, such as ``play=0:00-2:00``.

    Raises
    ------
    ValueError
        When the name is missing or the span is not one.
    """
    name, equals, span_text = text.partition("=")
    name = " ".join(name.split())
    if not equals or not name or not name.isprintable():
        raise ValueError(f"name=start-end, such as play=0:00-2:00, not {_short(text)}")
    span = parse_span(span_text)
    return Episode(name, span.start_s, span.end_s)


def split_cell(text: str) -> list[str]:
    """Return the parts of a cell that are separated by semicolons or line breaks."""
    return [part.strip() for part in re.split(r"[;\r\n]", text) if part.strip()]


def clashes(episodes: list[Episode]) -> list[str]:
    """Return, as ends of sentences, which episodes share a name or overlap; touching is fine."""
    faults = []
    names: set[str] = set()
    for episode in episodes:
        if episode.name in names:
            faults.append(f"every episode name once, but {_short(episode.name)} is there twice")
        names.add(episode.name)
    ordered = sorted(episodes, key=lambda episode: (episode.start_s, episode.end_s))
    for before, after in itertools.pairwise(ordered):
        if after.start_s < before.end_s:
            faults.append(
                f"episodes that do not overlap, but {_short(after.name)} starts at "
                f"{format_time(after.start_s)}, before {_short(before.name)} ends at "
                f"{format_time(before.end_s)}"
            )
    return faults


def _number(text: str) -> float:
    return float(text.replace(",", "."))


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "…")
