"""One kind of executor for everything that runs in worker processes.

Workers are fresh processes that import only what their jobs name (loky's start method): nothing is
forked, and a script or notebook that calls this package needs no ``if __name__ == "__main__"``.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

# One thread of linear algebra a worker: the workers fill the cores already, and a sum that is cut
# differently for another number of threads may differ in its last digit.
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


@contextmanager
def open_pool(workers: int, *, initializer: Callable[[], None] | None = None) -> Iterator[Executor]:
    """Open a pool of `workers` processes that ends with the block.

    When the block is left by an exception (Ctrl-C included) the workers are stopped at once;
    else they are let finish.
    """
    from loky import ProcessPoolExecutor
    from loky.backend import get_context

    executor = ProcessPoolExecutor(
        max_workers=workers,
        context=get_context("loky"),
        initializer=initializer,
        env=_ONE_THREAD,
    )
    try:
        yield executor
    except BaseException:
        executor.shutdown(wait=True, kill_workers=True)
        raise
    else:
        executor.shutdown(wait=True)
