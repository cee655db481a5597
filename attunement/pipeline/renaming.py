"""Recordings that an earlier run has read under another session's name.

To find faces takes nearly all of a run's time. Where the recordings of a session, and all that
their faces depend on, are those of a folder of results, its tracks are taken over; what follows is
computed for the new name, since it may depend on what the manifest says of it.
"""

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from attunement.cards import listed
from attunement.errors import OutputError
from attunement.pipeline import stages
from attunement.pipeline.places import Places, SessionPlaces
from attunement.pipeline.reuse import RENAMED, read_recorded
from attunement.pipeline.state import (
    Checked,
    forget_what_follows,
    is_whole,
    record,
    seconds_of_tracks,
    stages_done,
)
from attunement.study import Session
from attunement.study.files import read_parquet, write_parquet
from attunement.study.ids import id_fault

_TRACKS = stages.TRACKS.name


def take_over(
    found: Sequence[tuple[Session, Checked]], out: Path, *, known: Sequence[str]
) -> tuple[dict[str, Checked], list[str]]:
    """Give sessions without faces those of the same recordings under another name.

    Parameters
    ----------
    found : sequence of (Session, Checked)
        The sessions of the study that can be run.
    out : Path
        The output folder.
    known : sequence of str
        Ids of all sessions of the manifest.

    Returns
    -------
    dict of str to Checked
        The sessions that were given faces, with the stages that are now done.
    list of str
        What was found, in sentences: what is reused and from where, and folders of sessions that
        the manifest does not name.
    """
    strangers = [name for name in _folders(out) if name not in set(known)]
    seeking = [(session, checked) for session, checked in found if _TRACKS not in checked.done]
    lines: list[str] = []
    given: dict[str, Checked] = {}
    if seeking:
        # Folders of sessions that are not in the study, or whose tracks hold for them no more.
        held = _held(out, [*strangers, *(checked.session for _, checked in seeking)])
        sources = {
            checked.session: held[checked.keys[_TRACKS]]
            for _, checked in seeking
            if checked.keys[_TRACKS] in held
        }
        # All are put aside before the first is written, since names may have been exchanged.
        aside = {
            name: copy for name, one in sources.items() if (copy := _put_aside(name, one, out))
        }
        for session, checked in seeking:
            if checked.session in aside and _adopt(session, checked, aside[checked.session], out):
                places = Places(out).session(checked.session)
                given[checked.session] = replace(
                    checked,
                    done=stages_done(places, checked.keys),
                    recorded_s=seconds_of_tracks(places.path("tracks")),
                    why={stage.name: RENAMED for stage in stages.STAGES[1:]},
                )
        lines += [_said(name, sources[name], strangers) for name in given]
        lines += _recomputed(seeking, given, strangers, out)
    used = {sources[name] for name in given} if seeking else set()
    rest = [name for name in strangers if name not in used]
    if rest:
        lines.append(
            f"The output folder also holds results of {listed(rest, at_most=3)}, which the "
            "manifest does not name: they are in no table of the study."
        )
    return given, lines


def _said(name: str, source: str, strangers: Sequence[str]) -> str:
    if source in strangers:
        return (
            f"{name} looks renamed: its recordings are those of {source}, whose faces are reused. "
            f"The folder sessions/{source} stays, and may be deleted."
        )
    return f"{name} has the recordings that {source} had when it was run: its faces are reused."


def _recomputed(
    seeking: Sequence[tuple[Session, Checked]],
    given: Mapping[str, Checked],
    strangers: Sequence[str],
    out: Path,
) -> list[str]:
    by_partners = {
        _as_text(inputs.get("partners")): name
        for name in strangers
        if (inputs := _tracks_inputs(Places(out).session(name)))
    }
    return [
        f"{name} looks renamed from {by_partners[partners]}, but its faces are made anew, since "
        "settings or the version changed."
        for _, checked in seeking
        if (name := checked.session) not in given
        and (partners := _as_text(checked.fingerprint["partners"])) in by_partners
    ]


def _as_text(partners: object) -> str:
    return json.dumps(partners, sort_keys=True)


def _tracks_inputs(places: SessionPlaces) -> dict[str, object]:
    told = read_recorded(places.path("provenance")).stages.get(_TRACKS, {})
    inputs = told.get("inputs", {}) if isinstance(told, dict) else {}
    return inputs if isinstance(inputs, dict) else {}


def _folders(out: Path) -> list[str]:
    try:
        names = sorted(entry.name for entry in (out / "sessions").iterdir() if entry.is_dir())
    except OSError:
        return []
    return [
        name
        for name in names
        if not id_fault(name) and Places(out).session(name).path("provenance").exists()
    ]


def _held(out: Path, names: Sequence[str]) -> dict[str, str]:
    """Return which folder holds whole tracks, by their key; the first of several."""
    held: dict[str, str] = {}
    for name in names:
        places = Places(out).session(name)
        key = read_recorded(places.path("provenance")).keys.get(_TRACKS)
        if key and key not in held and all(is_whole(places.path(n)) for n in ("tracks", "clock")):
            held[key] = name
    return held


def _put_aside(name: str, source: str, out: Path) -> Path | None:
    folder = Places(out).session(name).folder / ".parts"
    source_places = Places(out).session(source)
    copy = folder / "taken_over"
    try:
        copy.mkdir(parents=True, exist_ok=True)
        for table in ("tracks", "clock", "provenance"):
            path = source_places.path(table)
            target = copy / path.name
            with suppress(OSError):
                target.unlink()
            try:
                os.link(path, target)  # files are replaced and never changed in place
            except OSError:
                shutil.copyfile(path, target)
    except OSError:
        return None  # a full disk is found by what must be kept; the faces are made anew
    return copy


def _adopt(session: Session, checked: Checked, aside: Path, out: Path) -> bool:
    places = Places(out).session(checked.session)
    try:
        tracks = read_parquet(aside / places.path("tracks").name)
        tracks["session"] = session.session
        forget_what_follows(session, checked, out)
        write_parquet(tracks, places.path("tracks"))
        os.replace(aside / places.path("clock").name, places.path("clock"))
        recordings = read_recorded(aside / places.path("provenance").name).recordings
        record(session, checked, out, (_TRACKS,), recordings=recordings)
    except (OutputError, OSError, ValueError):
        return False
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        with suppress(OSError):
            aside.parent.rmdir()  # empty, unless spans of an earlier run lie there
    return True
