"""Keeping the log lines of compiled libraries off the user's terminal."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()


@contextmanager
def silent_stderr() -> Iterator[None]:
    """Send what C++ writes to file descriptor 2 nowhere for a moment.

    The log lines are written before any setting of ours can reach the library's logger.
    """
    with _lock:
        try:
            kept = os.dup(2)
        except OSError:  # a program without a terminal may have no standard error
            yield
            return
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, 2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            os.close(nowhere)
