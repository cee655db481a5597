"""Keeps a second run out of an output folder that a first one, or what it left, is writing to."""

import errno
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from attunement.errors import OutputError

# Workers of a killed run end within a fraction of a second; a machine that swaps needs longer.
PATIENCE_S = 20.0
# Locks lie far behind any content, so that they keep nobody from reading a file on Windows.
_WHERE = 2**30
_MOST_WORKERS = 2**16
_TAKEN = (errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK)
# The files that this process keeps locked as a worker, by folder, until it ends.
_kept: dict[Path, IO[bytes]] = {}


@contextmanager
def hold(out: Path) -> Iterator[None]:
    """Hold the folder `out` for this process; the system lets go when the process ends.

    Worker processes of a run that was killed are waited for, so that nothing they still write
    comes after what this process writes. On a file system without locks nothing is held.

    Raises
    ------
    OutputError
        When another process holds it, or it cannot be written to.
    """
    with _opened(out, ".lock") as file:
        if not _try_lock(file, _WHERE, 1):
            raise OutputError(
                f"Another run is writing to {out}.",
                "Wait for it to finish, or choose another folder with --out.",
            )
        _wait_for_workers(out)
        yield


def enter_as_worker(out: Path) -> None:
    """Mark this process as one that writes into `out`, until it ends."""
    if out in _kept:
        return
    with suppress(OutputError):  # where this cannot be written to, nothing else can
        file = _opened(out, ".workers")
        _try_lock(file, _WHERE + os.getpid() % _MOST_WORKERS, 1, shared=True)
        _kept[out] = file


@contextmanager
def entered(out: Path) -> Iterator[None]:
    """Mark this process as one that writes into `out` for as long as the block lasts."""
    with _opened(out, ".workers") as file:
        _try_lock(file, _WHERE + os.getpid() % _MOST_WORKERS, 1, shared=True)
        yield


def _wait_for_workers(out: Path) -> None:
    end_s = time.monotonic() + PATIENCE_S
    with _opened(out, ".workers") as file:
        while not _try_lock(file, _WHERE, _MOST_WORKERS):
            if time.monotonic() > end_s:
                raise OutputError(
                    f"Worker processes of a run that was stopped are still writing to {out}.",
                    "Wait a minute (a worker of a cluster ends what it is at), or end the processes"
                    " named python that it left, then run again.",
                )
            time.sleep(0.05)


def _opened(out: Path, name: str) -> IO[bytes]:
    try:
        out.mkdir(parents=True, exist_ok=True)
        return (out / name).open("a+b")
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise OutputError(
            f"The output folder {out} cannot be written to ({error.strerror}).",
            "Free some space and run again."
            if full
            else "Choose another folder with --out, or change its permissions.",
        ) from None


def _try_lock(file: IO[bytes], start: int, n_bytes: int, *, shared: bool = False) -> bool:
    """Lock bytes of a file (on Windows) or all of it; return whether nobody else had."""
    try:
        if os.name == "nt":
            import msvcrt

            file.seek(start)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, n_bytes)  # type: ignore[attr-defined]
        else:
            import fcntl

            kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
            fcntl.flock(file, kind | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in _TAKEN
    return True
