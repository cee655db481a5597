"""The clock of a session: found out once, remembered beside its results."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

from attunement.clock import find_clock
from attunement.clock.sound_clock import CLOCK_VERSION
from attunement.pipeline.places import Places
from attunement.pipeline.state import Checked, refuse_changed_sources
from attunement.study import Clock, Session
from attunement.study.files import write_json


def session_clock(session: Session, checked: Checked, out: Path) -> Clock:
    """Return the clock of a session, found out if it is not on disk under the present sources.

    Raises
    ------
    VideoError
        When a recording changed while it was read.
    """
    path = Places(out).session(session.session).path("clock")
    key = _key(checked)
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        if stored.pop("key") == key:
            return Clock(**stored)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass
    clock = find_clock(session)
    refuse_changed_sources(session, checked)
    write_json({"key": key, **asdict(clock)}, path)
    return clock


def _key(checked: Checked) -> str:
    depends_on = {
        "version": CLOCK_VERSION,
        **{name: checked.fingerprint[name] for name in ("layout", "clock", "partners")},
    }
    return hashlib.sha256(json.dumps(depends_on, sort_keys=True).encode()).hexdigest()
