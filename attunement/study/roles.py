"""Who tracks are: ``roles.csv`` beside ``study.toml``, which wins over what a run proposes."""

import itertools
from collections import defaultdict
from collections.abc import Collection
from math import inf
from pathlib import Path

from attunement.schema import OTHER, PERSONS, ROLES
from attunement.study.faults import Faults, did_you_mean
from attunement.study.footage import Row
from attunement.study.sessions import Role
from attunement.study.sheets import has_columns, read_sheet
from attunement.study.written_times import format_time, parse_time

REQUIRED = ("session", "track", "person")
WHO = (*PERSONS, OTHER)


def read_roles(
    path: Path, sessions: Collection[str], faults: Faults
) -> dict[str, tuple[Role, ...]]:
    """Return the rows of a user's ``roles.csv`` by session.

    Needed are the columns session, track and person. Where ``start_s`` or ``end_s`` is empty or
    absent the row holds from the track's start, or up to its end; ``role_confidence`` is then 1.
    The other columns of the file that a run writes are ignored.
    """
    sheet = read_sheet(path, known=tuple(ROLES), faults=faults)
    if sheet is None:
        return {}
    if not has_columns(sheet, REQUIRED, known=ROLES, faults=faults):
        return {}
    by_session: dict[str, list[tuple[Row, Role]]] = defaultdict(list)
    for number, cells in sheet.rows:
        row = Row(number, cells, faults)
        session = row.text("session")
        if session not in sessions:
            expected = "the id of a session in the manifest"
            row.fault("session", expected, did_you_mean(session, sessions))
        elif (role := _role(row)) is not None:
            by_session[session].append((row, role))
    for rows in by_session.values():
        _check_overlaps(rows)
    return {session: tuple(role for _, role in rows) for session, rows in by_session.items()}


def _role(row: Row) -> Role | None:
    n_before = len(row.faults.sentences)
    track = row.text("track")
    if not (track.isascii() and track.isdigit()):
        row.fault("track", "the number of a track, such as 3")
    person = row.text("person").casefold()
    if person not in WHO:
        row.fault("person", f"one of {', '.join(WHO)}", did_you_mean(person, WHO))
    start_s, end_s = _time(row, "start_s", -inf), _time(row, "end_s", inf)
    if end_s <= start_s:
        row.fault("end_s", f"an end after the start {row.text('start_s')!r}")
    confidence = _confidence(row)
    if len(row.faults.sentences) > n_before:
        return None
    return Role(int(track), person, start_s, end_s, confidence, row.number)


def _time(row: Row, column: str, default: float) -> float:
    if not row.text(column):
        return default
    try:
        return parse_time(row.text(column))
    except ValueError as error:
        row.fault(column, str(error))
        return default


def _confidence(row: Row) -> float:
    text = row.text("role_confidence")
    try:
        confidence = float(text.replace(",", ".")) if text else 1.0
    except ValueError:
        confidence = -1.0
    if not 0 <= confidence <= 1:
        row.fault("role_confidence", "a number from 0 to 1; 1 where you have looked")
    return confidence


def _check_overlaps(rows: list[tuple[Row, Role]]) -> None:
    """Check that nobody is two tracks at a time, and that no track is two people at a time.

    Rows that leave start or end open are compared once the tracks are known.
    """
    for (_, before), (row, after) in itertools.combinations(rows, 2):
        start_s, end_s = max(before.start_s, after.start_s), min(before.end_s, after.end_s)
        if start_s >= end_s or -inf in (before.start_s, after.start_s):
            continue
        where = f"row {before.row} up to {format_time(before.end_s)}" if end_s < inf else ""
        if not where:
            continue
        if before.track == after.track:
            row.fault("track", f"every track once at a time, but it is in {where} too")
        elif before.person == after.person != OTHER:
            expected = f"everyone once at a time, but {before.person} is track {before.track} in"
            row.fault("person", f"{expected} {where}")
