"""Decoding ahead in another thread, while the frames before are looked at."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from queue import Empty, Queue
from typing import TypeVar

Item = TypeVar("Item")

N_AHEAD = 4  # one or two hide an uneven decoder; each is a decoded picture in memory
_END = object()


def read_ahead(items: Iterator[Item]) -> Iterator[Item]:
    """Yield what `items` yields, in its order, computed up to `N_AHEAD` in advance in a thread.

    ffmpeg works outside Python's lock, so decoding costs the caller no time while a core is free.
    What `items` raises is raised here, after all that came before it. When the caller stops early,
    the thread ends after the item at hand.

    Parameters
    ----------
    items : iterator
        Used by the thread alone from now on.
    """
    waiting: Queue[tuple[object, BaseException | None]] = Queue(maxsize=N_AHEAD)
    stopped = threading.Event()

    def fill() -> None:
        try:
            for item in items:
                waiting.put((item, None))
                if stopped.is_set():
                    return
            waiting.put((_END, None))
        except BaseException as error:
            waiting.put((_END, error))

    thread = threading.Thread(target=fill, name="decoding", daemon=True)
    thread.start()
    try:
        while True:
            item, error = waiting.get()
            if error is not None:
                raise error
            if item is _END:
                return
            yield item  # type: ignore[misc]
    finally:
        stopped.set()
        # Room for what the thread may be waiting to put down, so that it sees the stop.
        while thread.is_alive():
            with suppress(Empty):
                waiting.get_nowait()
            thread.join(timeout=0.01)
