"""One kind of executor for everything that runs in worker processes.

Workers are fresh processes that import only what their jobs name (loky's start method): nothing is
forked, and a script or notebook that calls this package needs no ``if __name__ == "__main__"``.
They end when the process that opened them ends, however it ends.
"""

import multiprocessing
import os
import signal
import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

# One thread of linear algebra a worker: the workers fill the cores already, and a sum that is cut
# differently for another number of threads may differ in its last digit.
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
# The same for OpenCV, whose results do not depend on it.
_OPENCV = {"OPENCV_FOR_THREADS_NUM": "1"}
_THREADS = "ATTUNEMENT_THREADS"
# Set but empty: loky then leaves out the stack dump that a crashing worker would print.
_QUIET = {"PYTHONFAULTHANDLER": ""}


@contextmanager
def open_pool(workers: int, *, initializer: Callable[[], None] | None = None) -> Iterator[Executor]:
    """Open a pool of `workers` processes that ends with the block.

    When the block is left by an exception (Ctrl-C included) the workers are stopped at once;
    else they are let finish. Ctrl-C reaches only this process, which then stops them; a worker
    whose parent is gone (``kill -9``) ends itself at once.
    """
    from loky import ProcessPoolExecutor
    from loky.backend import get_context

    class Pool(ProcessPoolExecutor):  # type: ignore[misc]
        def submit(self, fn: Callable[..., Any], /, *args: Any, **further: Any) -> Future[Any]:
            # Ctrl-C between taking one of loky's locks and giving it back would leave the lock
            # held, and stopping the workers would then wait for ever.
            with _interrupts_held():
                return super().submit(fn, *args, **further)

    watched, held = multiprocessing.Pipe(duplex=False)
    executor = Pool(
        max_workers=workers,
        context=get_context("loky"),
        initializer=_prepare,
        initargs=(watched, initializer),
        env=ONE_THREAD | _OPENCV | _QUIET | {_THREADS: str(max(1, usable_cores() // workers))},
    )
    with warnings.catch_warnings():
        # loky stops workers by name of their parent too, which needs a program that small
        # systems lack; the workers have no children, so nothing is lost without it.
        warnings.filterwarnings("ignore", message="Failed to kill subprocesses")
        # Where psutil is installed, loky starts a worker anew whose memory grew by 300 MB, as it
        # does while decoding and with the networks loaded; what it had to do is done all the same.
        warnings.filterwarnings("ignore", message="A worker (was restarted|stopped) while some")
        try:
            executor.submit(_nothing)  # starts the workers
            yield executor
        except BaseException:
            executor.shutdown(wait=True, kill_workers=True)
            raise
        else:
            executor.shutdown(wait=True)
        finally:
            held.close()
            watched.close()


def threads_here() -> int:
    """Return how many threads a job may keep busy in this process; no result depends on it.

    The cores of the machine in a process of its own, a worker's share of them in a worker.
    """
    return int(os.environ.get(_THREADS) or usable_cores())


def keep_to_one_thread() -> None:
    """Let jobs in this process keep one core busy, as where others share the machine."""
    os.environ[_THREADS] = "1"


def usable_cores() -> int:
    """Return how many cores this process may use."""
    # Fewer than the machine has where a cluster's job was given some of them.
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _prepare(watched: Connection, initializer: Callable[[], None] | None) -> None:
    # Here for systems without signal masks; elsewhere the mask is inherited (`_interrupts_held`).
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, args=(watched,), daemon=True).start()
    if initializer is not None:
        initializer()


def _end_with_parent(watched: Connection) -> None:
    """End this process when the other end of the pipe is closed, as it is by the parent's death."""
    try:
        watched.recv_bytes()
    except (EOFError, OSError):
        os._exit(1)


def _nothing() -> None:
    """Do nothing, in a worker."""


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Hold Ctrl-C back; processes started in the block never get it.

    A worker that is still importing would otherwise answer Ctrl-C with a traceback.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
