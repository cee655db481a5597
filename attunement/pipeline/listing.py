"""Handing on what one worker listed of a session's recordings to the others.

Listing reads a recording from end to end. Of a long one, whose spans go to all workers, each would
read all of it before its first span.
"""

from contextlib import suppress
from pathlib import Path

from attunement.errors import OutputError
from attunement.study import Session
from attunement.study.files import write_bytes
from attunement.video.listing import is_listed, pack_listing, recall_listing

# Some two minutes; a shorter file is read as fast as what is known of it.
_LEAST_FRAMES = 3_000


def hand_on_listing(session: Session, path: Path, *, n_frames: int) -> None:
    """Write what is known of a session's recordings to `path`, where that saves others much."""
    if n_frames >= _LEAST_FRAMES:
        # Without it the others list for themselves, and a full disk is found by what must be kept.
        with suppress(OutputError):
            write_bytes(pack_listing(_videos(session)), path)


def take_over_listing(session: Session, path: Path) -> None:
    """Remember what another worker wrote, where this one does not know the recordings yet."""
    if not is_listed(_videos(session)):
        with suppress(OSError):
            recall_listing(path.read_bytes())


def _videos(session: Session) -> list[Path]:
    return list(dict.fromkeys(video for one in session.partners for video in one.videos))
