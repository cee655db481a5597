"""What is on record of a session: which stages are done, and whether its recordings still hold."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attunement import faces as faces_stage
from attunement import provenance
from attunement.errors import FacesError, VideoError
from attunement.pipeline.failure import Failure, guarded
from attunement.pipeline.keys import STAGES, stage_keys
from attunement.study import Partner, Session
from attunement.study.files import write_json
from attunement.study.places import Places, SessionPlaces

# A source file with its size and the time of its last change; -1 where it is not there.
Stamp = tuple[Path, int, int]


@dataclass(frozen=True)
class Checked:
    """What a session's results depend on, and which of them are there.

    Attributes
    ----------
    session : str
        Its id.
    stamps : tuple of (Path, int, int)
        Its source files with size and time of change, from before their fingerprint was taken.
    fingerprint : dict
        What the tracks depend on, from ``faces.tracks_fingerprint``.
    keys : dict of str to str
        The key of each stage.
    done : tuple of str
        The stages whose results on disk still hold.
    """

    session: str
    stamps: tuple[Stamp, ...]
    fingerprint: dict[str, Any]
    keys: dict[str, str]
    done: tuple[str, ...]


def check_session(session: Session, out: Path) -> Checked | Failure:
    """Find out which stages of a session have to be computed; reads a few MB of each source."""

    def checked() -> Checked:
        stamps = _stamps(session)
        fingerprint = faces_stage.tracks_fingerprint(session, session.config)
        keys = stage_keys(session, fingerprint)
        done = stages_done(Places(out).session(session.session), keys)
        return Checked(session.session, stamps, fingerprint, keys, done)

    return guarded(session.session, "video", checked)


def refuse_changed_sources(session: Session, checked: Checked, *, thorough: bool = False) -> None:
    """Raise if a source is no longer what it was when the session was checked.

    A file whose size and time of change are the same is taken for unchanged, unless `thorough`.

    Raises
    ------
    VideoError
        Names the files that changed or are gone.
    """
    now = _stamps(session)
    if now == checked.stamps and not thorough:
        return
    changed = {path.name for path, *_ in set(now) - set(checked.stamps)}
    try:
        fingerprint = faces_stage.tracks_fingerprint(session, session.config)
    except FacesError:
        pass  # gone, or no longer readable
    else:
        if fingerprint == checked.fingerprint:
            return
        for partner in session.partners:
            before, after = (
                f["partners"][partner.person] for f in (checked.fingerprint, fingerprint)
            )
            if before != after:
                changed |= {path.name for path in _sources(partner)}
    raise VideoError(
        f"Session {session.session}: {' or '.join(sorted(changed)) or 'a recording'} was changed,"
        " or went away, while the run was reading it.",
        "Leave recordings alone while a run is working, and run again.",
    )


def record(session: Session, checked: Checked, out: Path, done: Sequence[str]) -> None:
    """Put on record that the stages `done` are on disk, and what they were made from."""
    sections = {"faces", "signals", "scoring"}
    write_json(
        {
            "session": session.session,
            "keys": {stage: checked.keys[stage] for stage in done},
            "inputs": checked.fingerprint,
            "clock": _recorded_clock(Places(out).session(session.session)),
            "roles": faces_stage.roles_fingerprint(session),
            "config": session.config.model_dump(mode="json", include=sections),
            "seed": session.config.scoring.seed,
            "versions": provenance.versions(),
        },
        Places(out).session(session.session).provenance,
    )


def forget_what_follows(session: Session, checked: Checked, out: Path) -> None:
    """Take the stages that are about to be computed off the record.

    Otherwise a run that is killed half-way would leave new files under the old record, and a
    return to the old settings would take them for its own.
    """
    recorded = _recorded_keys(Places(out).session(session.session))
    if set(recorded) - set(checked.done):
        record(session, checked, out, checked.done)


def _stamps(session: Session) -> tuple[Stamp, ...]:
    paths = [path for partner in session.partners for path in _sources(partner)]
    return tuple(_stamp(path) for path in dict.fromkeys(paths))


def _sources(partner: Partner) -> tuple[Path, ...]:
    return (*partner.videos, partner.table) if partner.table is not None else partner.videos


def _stamp(path: Path) -> Stamp:
    try:
        state = path.stat()
    except OSError:
        return (path, -1, -1)
    return (path, state.st_size, state.st_mtime_ns)


def _recorded_keys(places: SessionPlaces) -> dict[str, str]:
    try:
        recorded = json.loads(places.provenance.read_text(encoding="utf-8"))["keys"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return recorded if isinstance(recorded, dict) else {}


def _recorded_clock(places: SessionPlaces) -> dict[str, Any]:
    try:
        recorded = json.loads(places.clock.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {name: value for name, value in recorded.items() if name != "key"}


def stages_done(places: SessionPlaces, keys: dict[str, str]) -> tuple[str, ...]:
    """Return the stages that are on record under these keys, with all their files there."""
    recorded = _recorded_keys(places)
    files = {
        "tracks": (places.tracks,),
        "faces": (places.faces, places.roles),
        "signals": (places.signals,),
        "scoring": (
            places.windows,
            places.events,
            places.states,
            places.contingency,
            places.scores,
            places.scores_by_episode,
            places.halves,
            places.clock,  # it reads how sure the clock is
        ),
    }
    done: list[str] = []
    for stage in STAGES:
        if recorded.get(stage) != keys[stage] or not all(file.exists() for file in files[stage]):
            break
        done.append(stage)
    return tuple(done)
