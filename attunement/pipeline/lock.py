"""Keeps a second run out of an output folder that a first one is writing to."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from attunement.errors import OutputError


@contextmanager
def hold(out: Path) -> Iterator[None]:
    """Hold the folder `out` for this process; the system lets go when the process ends.

    Raises
    ------
    OutputError
        When another process holds it, or it cannot be written to.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        file = (out / ".lock").open("a+b")
    except OSError as error:
        raise OutputError(
            f"The output folder {out} cannot be written to ({error.strerror}).",
            "Choose another folder with --out, or change its permissions.",
        ) from None
    with file:
        if not _try_lock(file):
            raise OutputError(
                f"Another run is writing to {out}.",
                "Wait for it to finish, or choose another folder with --out.",
            )
        yield


def _try_lock(file: IO[bytes]) -> bool:
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
