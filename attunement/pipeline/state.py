"""What is on record of a session: which stages are done, and whether its recordings still hold."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from attunement import faces as faces_stage
from attunement import provenance
from attunement.errors import FacesError, VideoError
from attunement.pipeline import stages
from attunement.pipeline.failure import Failure, guarded
from attunement.pipeline.keys import stage_inputs, stage_keys
from attunement.pipeline.places import Places, SessionPlaces
from attunement.pipeline.reuse import read_recorded, why_anew
from attunement.pipeline.stage import Stage
from attunement.study import Partner, Session
from attunement.study.files import write_json

# A source file with its size and the time of its last change; -1 where it is not there.
Stamp = tuple[Path, int, int]
_PARQUET_END = b"PAR1"


@dataclass(frozen=True)
class Checked:
    """What a session's results depend on, and which of them are there.

    Attributes
    ----------
    session : str
        Its id.
    stamps : tuple of (Path, int, int)
        Its source files with size and time of change, from before their fingerprint was taken.
    inputs : dict of str to dict
        What each stage takes from the session, from `keys.stage_inputs`.
    keys : dict of str to str
        The key of each stage.
    done : tuple of str
        The stages whose results on disk still hold.
    recorded_s : float
        Where the tracks hold and later stages do not, about how many seconds of faces they are.
    why : dict of str to str
        Why each stage that is not done has to be computed, in words.
    """

    session: str
    stamps: tuple[Stamp, ...]
    inputs: dict[str, dict[str, Any]]
    keys: dict[str, str]
    done: tuple[str, ...]
    recorded_s: float = 0.0
    why: dict[str, str] = field(default_factory=dict)

    @property
    def fingerprint(self) -> dict[str, Any]:
        """What the tracks depend on, the recordings among it."""
        return self.inputs[stages.TRACKS.name]

    @property
    def is_finished(self) -> bool:
        """Whether every stage is done."""
        return len(self.done) == len(stages.STAGES)


def check_session(session: Session, out: Path) -> Checked | Failure:
    """Find out which stages of a session have to be computed; reads a few MB of each source."""

    def checked() -> Checked:
        stamps = _stamps(session)
        inputs = stage_inputs(session)
        keys = stage_keys(session, inputs)
        places = Places(out).session(session.session)
        done = stages_done(places, keys)
        is_half = stages.TRACKS.name in done and len(done) < len(stages.STAGES)
        recorded_s = seconds_of_tracks(places.path("tracks")) if is_half else 0.0
        why = why_anew(session, read_recorded(places.path("provenance")), inputs, keys, done)
        return Checked(session.session, stamps, inputs, keys, done, recorded_s, why)

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


def record(
    session: Session,
    checked: Checked,
    out: Path,
    done: Sequence[str],
    *,
    recordings: Mapping[str, Any] | None = None,
) -> None:
    """Put on record that the stages `done` are on disk, and what they were made from.

    Without `recordings` what is on record of them stays.
    """
    places = Places(out).session(session.session)
    if recordings is None:
        recordings = read_recorded(places.path("provenance")).recordings
    sections = {stage.section for stage in stages.STAGES if stage.section}
    write_json(
        {
            "session": session.session,
            "keys": {stage: checked.keys[stage] for stage in done},
            "stages": {
                stage.name: {"version": stage.version, "inputs": checked.inputs[stage.name]}
                for stage in stages.STAGES
                if stage.name in done
            },
            "recordings": recordings,
            "clock": _recorded_clock(places),
            "config": session.config.model_dump(mode="json", include=sections),
            "seed": session.config.scoring.seed,
            "versions": provenance.versions(),
        },
        places.path("provenance"),
    )


def forget_what_follows(session: Session, checked: Checked, out: Path) -> None:
    """Take the stages that are about to be computed off the record.

    Otherwise a run that is killed half-way would leave new files under the old record, and a
    return to the old settings would take them for its own.
    """
    places = Places(out).session(session.session)
    recorded = read_recorded(places.path("provenance")).keys
    if set(recorded) - set(checked.done):
        record(session, checked, out, checked.done)


def seconds_of_tracks(tracks: Path) -> float:
    """Return about how many seconds of faces a table of tracks holds, from its end alone."""
    try:
        return float(pq.read_metadata(tracks).num_rows) / 30
    except (pa.ArrowException, OSError):
        return 0.0


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


def _recorded_clock(places: SessionPlaces) -> dict[str, Any]:
    try:
        recorded = json.loads(places.path("clock").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {name: value for name, value in recorded.items() if name != "key"}


def stages_done(places: SessionPlaces, keys: dict[str, str]) -> tuple[str, ...]:
    """Return the stages that are on record under these keys, with all their files there, whole."""
    recorded = read_recorded(places.path("provenance")).keys
    done: list[str] = []
    for stage in stages.STAGES:
        if recorded.get(stage.name) != keys[stage.name] or not _has_files(stage, places):
            break
        done.append(stage.name)
    return tuple(done)


def _has_files(stage: Stage, places: SessionPlaces) -> bool:
    names = (*stage.reads, *(table.name for table in stage.writes))
    return all(is_whole(places.path(name)) for name in names)


def is_whole(path: Path) -> bool:
    """Tell whether a file is there and was not cut short, without reading it all."""
    try:
        with path.open("rb") as file:
            if path.suffix == ".parquet":
                file.seek(-len(_PARQUET_END), os.SEEK_END)
                return file.read() == _PARQUET_END
            if path.suffix == ".json":
                json.load(file)
                return True
            return bool(file.read(1))
    except (OSError, ValueError):
        return False
