"""The clock of a session: found out once, remembered beside its results."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from attunement.clock import find_clock
from attunement.clock.sound_clock import CLOCK_VERSION
from attunement.faces.backends.table_clock import TableClock, unlike_lengths
from attunement.pipeline.places import Places, SessionPlaces
from attunement.pipeline.state import Checked, refuse_changed_sources
from attunement.schema import PARTNER_OF, PERSONS
from attunement.study import Clock, Session
from attunement.study.files import write_json

_TABLES = "tables"


def session_clock(session: Session, checked: Checked, out: Path) -> Clock:
    """Return the clock of a session, found out if it is not on disk under the present sources.

    Raises
    ------
    VideoError
        When a recording changed while it was read.
    """
    path = Places(out).session(session.session).path("clock")
    key = _key(checked)
    of_tables = {}
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        if _TABLES in stored:
            of_tables = {_TABLES: stored.pop(_TABLES)}
        if stored.pop("key") == key:
            return Clock(**stored)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass
    clock = find_clock(session)
    refuse_changed_sources(session, checked)
    write_json({"key": key, **asdict(clock), **of_tables}, path)
    return clock


def add_table_clocks(parts: Sequence[Path], places: SessionPlaces) -> tuple[str, ...]:
    """Write beside the session's clock where the times of its tables come from.

    Returns sentences on two tables whose lengths another rate or unit would make alike, and on
    intensities that are not as their program documents them.

    Parameters
    ----------
    parts : sequence of Path
        What was noted when each span of the session was extracted; of a recording there is none.
    places : SessionPlaces
        Of the session; its clock is there.
    """
    path = places.path("clock")
    stored = json.loads(path.read_text(encoding="utf-8"))
    stored.pop(_TABLES, None)
    of_tables: dict[str, Any] = {}
    for part in parts:
        if part.exists():
            of_tables |= json.loads(part.read_text(encoding="utf-8"))
    told = {person: of_tables[person] for person in PERSONS if person in of_tables}
    lengths = [
        unlike_lengths(TableClock.of(told[own]), told[other]["file"], told[other]["lasts_s"])
        for own, other in PARTNER_OF.items()
        if len(told) == len(PERSONS)
    ]
    write_json({**stored, _TABLES: told} if told else stored, path)
    values = [
        f"{one['file']}: {note}" for one in told.values() for note in one.get("value_notes", ())
    ]
    return tuple(dict.fromkeys(filter(None, [*lengths, *values])))


def _key(checked: Checked) -> str:
    depends_on = {
        "version": CLOCK_VERSION,
        **{name: checked.fingerprint[name] for name in ("layout", "clock", "partners")},
    }
    return hashlib.sha256(json.dumps(depends_on, sort_keys=True).encode()).hexdigest()
