"""What is known of video files that were listed: kept in this process, and as bytes for others.

Listing a file reads all of it, so each file is listed once and not once a span or a process.
"""

import json
import threading
import zipfile
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import astuple
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from attunement.video.chapters import Chapter, Packets, list_chapter
from attunement.video.geometry import Geometry

# Nine hours at 30 Hz, some 60 MB. The longest unused files are forgotten first.
MOST_PACKETS = 1_000_000
_PACKETS = ("pts", "stamp", "seek", "size", "is_key", "rank")
_FRAMES = ("pts", "times_s")
_PLAIN = ("codec", "interlaced", "has_sound", "frame_s", "n_repeated", "track", "n_tracks")

_State = tuple[str, int, int]  # a file's name, size and time of change
_known: OrderedDict[_State, Chapter] = OrderedDict()
_using_known = threading.Lock()


def read_chapter(path: Path) -> Chapter:
    """Return what `list_chapter` finds, or found: files are remembered up to `MOST_PACKETS`.

    A file of another size or time of change is another file.

    Raises
    ------
    VideoError
        As `list_chapter`.
    """
    path = path.absolute()
    state = _state(path)
    if state is None:
        return list_chapter(path)  # which says what is wrong with it
    with _using_known:
        if state in _known:
            _known.move_to_end(state)
            return _known[state]
    chapter = list_chapter(path)
    _remember(state, chapter)
    return chapter


def is_listed(paths: Sequence[Path]) -> bool:
    """Return whether all files are remembered in this process."""
    states = [_state(path.absolute()) for path in paths]
    with _using_known:
        return all(state is not None and state in _known for state in states)


def pack_listing(paths: Sequence[Path]) -> bytes:
    """Return what is known of files as bytes, for `recall_listing` in another process.

    Errors are those of `read_chapter`.
    """
    arrays: dict[str, Any] = {}
    told = []
    for k, path in enumerate(paths):
        # Taken first: a list of a file that changes now is then of no use, and not a wrong one.
        state = _state(path.absolute())
        chapter = read_chapter(path)
        arrays |= {f"packets_{name}_{k}": getattr(chapter.packets, name) for name in _PACKETS}
        arrays |= {f"frames_{name}_{k}": getattr(chapter, name) for name in _FRAMES}
        told.append(
            {
                "state": state,
                "shapes": [(rank, astuple(geometry)) for rank, geometry in chapter.shapes],
                **{name: getattr(chapter, name) for name in _PLAIN},
            }
        )
    packed = BytesIO()
    np.savez(packed, told=np.array(json.dumps(told)), **arrays)
    return packed.getvalue()


def recall_listing(content: bytes) -> None:
    """Remember what `pack_listing` returned; bytes that are torn or something else change nothing.

    It is used for files that still have the name, size and time of change that they had then.
    """
    with (
        suppress(OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile),
        np.load(BytesIO(content), allow_pickle=False) as arrays,
    ):
        for k, one in enumerate(json.loads(str(arrays["told"]))):
            name, size, changed_ns = one["state"]
            shapes = tuple(
                (rank, Geometry(width_px, height_px, aspect, tuple(matrix)))
                for rank, (width_px, height_px, aspect, matrix) in one["shapes"]
            )
            chapter = Chapter(
                path=Path(name),
                shapes=shapes,
                packets=Packets(*(arrays[f"packets_{part}_{k}"] for part in _PACKETS)),
                **{part: arrays[f"frames_{part}_{k}"] for part in _FRAMES},
                **{part: one[part] for part in _PLAIN},
            )
            _remember((name, size, changed_ns), chapter)


def _state(path: Path) -> _State | None:
    try:
        state = path.stat()
    except OSError:
        return None
    return str(path), state.st_size, state.st_mtime_ns


def _remember(state: _State, chapter: Chapter) -> None:
    with _using_known:
        _known[state] = chapter
        _known.move_to_end(state)
        held = sum(len(one.packets.pts) for one in _known.values())
        while held > MOST_PACKETS and len(_known) > 1:
            _, forgotten = _known.popitem(last=False)
            held -= len(forgotten.packets.pts)
