"""Episodes and spans of a session: cells of the manifest, and the file ``episodes.csv``."""

from collections.abc import Collection
from pathlib import Path

from attunement.study.faults import Faults, did_you_mean
from attunement.study.footage import Row
from attunement.study.sessions import Episode, Span
from attunement.study.sheets import has_columns, read_sheet
from attunement.study.written_times import (
    clashes,
    parse_episode,
    parse_span,
    parse_time,
    split_cell,
)

COLUMNS = ("session", "episode", "start", "end")


def read_spans(row: Row, column: str) -> tuple[Span, ...]:
    """Return the spans of a cell such as ``0:10-0:14; 1:02-1:05``, in order of time."""
    spans = []
    for part in split_cell(row.text(column)):
        try:
            spans.append(parse_span(part))
        except ValueError as error:
            row.fault(column, str(error), _comma_advice(part))
    return tuple(sorted(spans, key=lambda span: (span.start_s, span.end_s)))


def read_episodes(row: Row, from_file: tuple[Episode, ...]) -> tuple[Episode, ...]:
    """Return the episodes of a session, in order of time, from its cell or from the file."""
    if not row.text("episodes"):
        return from_file
    if from_file:
        advice = "Keep one of the two."
        row.fault("episodes", "an empty cell, because episodes.csv has this session", advice)
    episodes = []
    for part in split_cell(row.text("episodes")):
        try:
            episodes.append(parse_episode(part))
        except ValueError as error:
            row.fault("episodes", str(error), _comma_advice(part))
    for clash in clashes(episodes):
        row.fault("episodes", clash)
    return _in_order(episodes)


def read_episode_file(
    path: Path, sessions: Collection[str], faults: Faults
) -> dict[str, tuple[Episode, ...]]:
    """Return the episodes of ``episodes.csv`` (session, episode, start, end) by session."""
    sheet = read_sheet(path, known=COLUMNS, faults=faults)
    if sheet is None:
        return {}
    if not has_columns(sheet, COLUMNS, known=COLUMNS, faults=faults):
        return {}
    by_session: dict[str, list[Episode]] = {}
    rows: dict[str, Row] = {}
    for number, cells in sheet.rows:
        row = Row(number, cells, faults)
        session = cells["session"]
        if session not in sessions:
            expected = "the id of a session in the manifest"
            row.fault("session", expected, did_you_mean(session, sessions))
            continue
        if (episode := _episode(row)) is not None:
            by_session.setdefault(session, []).append(episode)
            rows[session] = row
    for session, episodes in by_session.items():
        for clash in clashes(episodes):
            rows[session].fault("session", clash)
    return {session: _in_order(episodes) for session, episodes in by_session.items()}


def _episode(row: Row) -> Episode | None:
    times = {}
    for column in ("start", "end"):
        try:
            times[column] = parse_time(row.text(column))
        except ValueError as error:
            row.fault(column, str(error))
    name = " ".join(row.text("episode").split())
    if not name or not name.isprintable():
        row.fault("episode", "the name of an episode, such as play")
        return None
    if len(times) < 2:
        return None
    if times["end"] <= times["start"]:
        row.fault("end", f"an end after the start {row.text('start')!r}")
        return None
    return Episode(name, times["start"], times["end"])


def _comma_advice(part: str) -> str:
    return "Separate several with semicolons." if "," in part else ""


def _in_order(episodes: list[Episode]) -> tuple[Episode, ...]:
    return tuple(sorted(episodes, key=lambda episode: (episode.start_s, episode.end_s)))
