"""Runs the jobs of a study on a Dask cluster instead of worker processes of this machine.

Dask schedules, moves jobs away from workers that are lost and takes in workers that come later.
What is here is what it cannot know: that every worker must see the same files and compute with the
same versions, that a job needs a process for itself, and which of its errors are whose.
"""

import os
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from attunement import provenance
from attunement.errors import ClusterError
from attunement.faces import guard
from attunement.pipeline.lock import entered
from attunement.study import Partner, Study
from attunement.workers import ONE_THREAD, keep_to_one_thread

CONNECT_S = 10.0
FIRST_WORKER_S = 60.0
_RETRY = "What is finished is kept: run the same command again."
# A worker that is asked for more than one job at a time, or that Dask gives the same job again
# while it is still at it, does one after the other.
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class Place:
    """What a worker must share with the process that gives it jobs.

    Attributes
    ----------
    out : Path
        The output folder, absolute.
    versions : tuple of (str, str)
        Of the packages that can change a result.
    """

    out: Path
    versions: tuple[tuple[str, str], ...]


class Cluster(Executor):
    """A Dask cluster as an executor whose jobs run one at a time in a worker.

    Parameters
    ----------
    client : distributed.Client
        Connected.
    place : Place
        Checked in every worker before its first job.
    """

    def __init__(self, client: Any, place: Place) -> None:
        self._client = client
        self._given = client.get_executor(pure=False)
        self._place = place

    @property
    def n_workers(self) -> int:
        """How many workers there are now, at least 1."""
        with suppress(Exception):  # the scheduler does not answer: the jobs under way will tell
            return max(1, len(self._client.nthreads()))
        return 1

    def submit(self, fn: Callable[..., Any], /, *args: Any, **further: Any) -> Future[Any]:
        """Give a job to the cluster.

        The future raises `BrokenExecutor` for a job under which several workers died one after
        the other, and `ClusterError` when the scheduler is lost.
        """
        told: Future[Any] = Future()
        given = self._given.submit(_do, self._place, fn, *args, **further)
        given.add_done_callback(partial(_hand_on, told))
        return told


@contextmanager
def connect(address: str, out: Path, sources: Sequence[Path]) -> Iterator[Cluster]:
    """Connect to a Dask scheduler, and see that its workers can do the work.

    Parameters
    ----------
    address : str
        Such as ``tcp://127.0.0.1:8786``.
    out : Path
        The output folder, absolute; it exists and can be written to here.
    sources : sequence of Path
        Files that the workers have to read, absolute.

    Raises
    ------
    ClusterError
        When Dask is not installed, no scheduler answers within 10 s, no worker comes within 60 s,
        or a worker does not see the same files, has other versions, or runs several jobs at once.
    """
    client = _client(address)
    try:
        _wait_for_a_worker(client, address)
        place = Place(out, tuple(sorted(versions_here().items())))
        _check_workers(client, place, sources)
        yield Cluster(client, place)
    finally:
        with suppress(Exception):  # the scheduler may be gone, and then nothing is left to close
            client.close(timeout=CONNECT_S)


def with_absolute_paths(study: Study) -> Study:
    """Return the study with the paths of its files absolute, as workers elsewhere need them."""

    def moved(partner: Partner) -> Partner:
        videos = tuple(video.absolute() for video in partner.videos)
        return replace(partner, videos=videos, table=partner.table and partner.table.absolute())

    sessions = tuple(
        replace(session, caregiver=moved(session.caregiver), infant=moved(session.infant))
        for session in study.sessions
    )
    return replace(study, sessions=sessions)


def _client(address: str) -> Any:
    try:
        from distributed import Client
    except ImportError:
        raise ClusterError(
            "A Dask scheduler is given, but Dask is not installed.",
            "Run: python -m pip install 'attunement[cluster]', here and where the workers run.",
        ) from None
    try:
        return Client(address, timeout=CONNECT_S, set_as_default=False, name="attunement")
    except (OSError, ValueError, TypeError) as error:
        said = " ".join(str(error).split()) or type(error).__name__
        raise ClusterError(
            f"No Dask scheduler answers at {address} within {CONNECT_S:.0f} s ({said}).",
            "Start 'dask scheduler', and give the address that it prints, such as"
            " tcp://127.0.0.1:8786.",
        ) from None


def _wait_for_a_worker(client: Any, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=FIRST_WORKER_S)
    except TimeoutError:
        raise ClusterError(
            f"The Dask scheduler at {address} had no worker within {FIRST_WORKER_S:.0f} s.",
            f"Start some: dask worker {address} --nthreads 1 --nworkers 2",
        ) from None


def _check_workers(client: Any, place: Place, sources: Sequence[Path]) -> None:
    several = {worker: n for worker, n in client.nthreads().items() if n != 1}
    if several:
        worker, n = next(iter(several.items()))
        raise ClusterError(
            f"The Dask worker {worker} runs {n} jobs at a time in one process; the face models"
            " need a process for each.",
            f"Start it with: --nthreads 1 --nworkers {n}",
        )
    stamps = [(str(path), path.stat().st_size) for path in sources if path.exists()]
    token = _token(place.out)
    try:
        answers = client.run(_probe(), str(token), stamps, place.versions, on_error="return")
    finally:
        token.unlink(missing_ok=True)
    for worker, said in sorted(answers.items()):
        fault = said if isinstance(said, tuple) else (f"it answers {said!r}", _RETRY)
        if any(fault):
            raise ClusterError(f"The Dask worker {worker} cannot take part: {fault[0]}.", fault[1])


def _token(out: Path) -> Path:
    # Of a name that no system can remember as absent, as network file systems do for a while.
    token = out / f".cluster-{uuid.uuid4().hex}"
    token.touch()
    return token


def _probe() -> Callable[..., tuple[str, str]]:
    # A function within a function travels to the worker as it is, also where there is none of
    # this package to import it from.
    def probe(token: str, stamps: Any, versions: Any) -> tuple[str, str]:
        try:
            from attunement.pipeline.cluster import fault_here
        except ImportError as error:
            return (f"it cannot import attunement ({error})", "Install the same version there.")
        return fault_here(token, stamps, versions)

    return probe


def fault_here(
    token: str, stamps: Sequence[tuple[str, int]], versions: tuple[tuple[str, str], ...]
) -> tuple[str, str]:
    """Return what keeps this process from taking part, and what to do; empty where nothing does.

    Parameters
    ----------
    token : str
        A file just made in the output folder.
    stamps : sequence of (str, int)
        Files to read, with their sizes.
    versions : tuple of (str, str)
        Of the packages that can change a result.
    """
    fault = _other_setting(versions)
    if any(fault):
        return fault
    advice = "Workers need the same files under the same paths, as on a shared disk."
    folder = Path(token).parent
    if not Path(token).exists():
        return (f"it does not see the output folder {folder}", advice)
    if not os.access(folder, os.W_OK):
        return (f"it may not write to the output folder {folder}", "Change its permissions.")
    unseen = [path for path, size in stamps if _size(path) != size]
    if unseen:
        fault_is = f"it does not see {len(unseen)} of {len(stamps)} files, such as {unseen[0]}"
        return (fault_is, advice)
    return ("", "")


def _size(path: str) -> int:
    try:
        return Path(path).stat().st_size
    except OSError:
        return -1


@lru_cache(maxsize=4)
def _other_setting(versions: tuple[tuple[str, str], ...]) -> tuple[str, str]:
    here = versions_here()
    other = [f"{name} {here.get(name)} and not {v}" for name, v in versions if here.get(name) != v]
    if other:
        return (f"it has {', '.join(other)}", "Install the same versions there.")
    many = [name for name, value in ONE_THREAD.items() if os.environ.get(name) != value]
    if many:
        return (
            f"{many[0]} is not 1 there, and sums cut for several threads may differ in a digit",
            "Start it without --no-nanny, or set OMP_NUM_THREADS, OPENBLAS_NUM_THREADS and"
            " MKL_NUM_THREADS to 1.",
        )
    return ("", "")


def versions_here() -> dict[str, str]:
    """Return the versions that every worker must share."""
    import platform

    return {**provenance.versions(), "python": platform.python_version().rpartition(".")[0]}


def _do(place: Place, call: Callable[..., Any], *arguments: Any) -> Any:
    """Do a job, in a worker."""
    with _one_at_a_time:
        fault = _other_setting(place.versions)  # a worker may have come after all were asked
        if any(fault):
            raise ClusterError(f"A Dask worker cannot take part: {fault[0]}.", fault[1])
        guard.worker_initializer()
        keep_to_one_thread()
        with entered(place.out):
            return call(*arguments)


def _hand_on(told: Future[Any], given: Future[Any]) -> None:
    from distributed.scheduler import KilledWorker

    if not told.set_running_or_notify_cancel():
        return
    if given.cancelled():
        reason = "The Dask scheduler was lost, or the run was cancelled there."
        told.set_exception(ClusterError(reason, _RETRY))
        return
    error = given.exception()
    if isinstance(error, KilledWorker):
        told.set_exception(BrokenExecutor("several workers died of one job"))
    elif isinstance(error, ImportError):
        reason = f"A Dask worker cannot import attunement ({error})."
        told.set_exception(ClusterError(reason, "Install the same version there."))
    elif error is not None:
        told.set_exception(error)
    else:
        told.set_result(given.result())
