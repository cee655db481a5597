"""A study on a real Dask scheduler with real worker processes, on loopback alone."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Future
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import attunement
from attunement.errors import ClusterError, ConfigError
from attunement.pipeline import cluster as cluster_module
from attunement.pipeline import work as work_module
from attunement.pipeline.cluster import connect, fault_here, with_absolute_paths

ROOT = Path(attunement.__file__).parents[1]
pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals as on Linux and macOS")


def contents(out: Path) -> dict[str, bytes]:
    """Return the bytes of every file of an output folder that compares byte for byte."""
    return {
        str(path.relative_to(out)): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name not in ("log.jsonl", ".lock", ".workers")
    }


@dataclass
class Processes:
    """A scheduler and workers started as a user starts them."""

    folder: Path
    address: str = ""
    traced: bool = False
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, command: str, *options: str, **variables: str) -> subprocess.Popen[bytes]:
        # Also the page of figures that each of them serves is kept to this machine.
        bound = ("--host", "127.0.0.1", "--dashboard-address", "127.0.0.1:0")
        return self.start_python("-m", "dask", command, *bound, *options, **variables)

    def start_python(self, *arguments: str, **variables: str) -> subprocess.Popen[bytes]:
        number = len(self.started)
        trace = ["strace", "-f", "-qq", "-e", "trace=network", "-o", f"{number}.trace"]
        with (self.folder / f"{number}.log").open("wb") as log:
            process = subprocess.Popen(
                [*(trace if self.traced else []), sys.executable, *arguments],
                cwd=self.folder,
                env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.started.append(process)
        return process

    def start_scheduler(self) -> None:
        told = self.folder / "scheduler.json"
        self.start("scheduler", "--port", "0", "--scheduler-file", str(told))
        end_s = time.monotonic() + 60
        while not self.address:
            assert time.monotonic() < end_s, "the scheduler does not start"
            time.sleep(0.05)
            if told.exists() and (text := told.read_text()).endswith("}"):
                self.address = json.loads(text)["address"]

    def start_worker(self, *options: str, **variables: str) -> subprocess.Popen[bytes]:
        scratch = ("--local-directory", str(self.folder))
        return self.start("worker", self.address, *scratch, *options, **variables)

    def stop(self) -> None:
        for process in self.started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def processes(tmp_path) -> Iterator[Processes]:
    folder = tmp_path / "dask"
    folder.mkdir()
    made = Processes(folder)
    yield made
    made.stop()


@pytest.mark.slow
def test_a_missing_recording_and_a_renamed_session_are_the_same_on_a_cluster(
    make_sparse, tmp_path, finished, processes
):
    path = make_sparse(("a", "b_2024", "c"))
    manifest = path.parent / "sessions.csv"
    rows = manifest.read_text().splitlines()
    rows[3] = rows[3].replace("infant.mp4", "gone.mp4")
    manifest.write_text("\n".join(rows) + "\n")
    shutil.copytree(finished.out, tmp_path / "out")
    processes.start_scheduler()
    processes.start_worker("--nthreads", "1", "--nworkers", "2")
    told = []
    study = attunement.read_study(path)
    summary = attunement.run_study(
        study, tmp_path / "out", scheduler=processes.address, progress=told.append
    )
    assert summary.failures["session"].tolist() == ["c"]
    assert summary.scores["session"].tolist() == ["a", "b_2024"]
    assert summary.computed == {"spans": 0, "sessions": 1}
    news = [line for update in told for line in update.news]
    assert news[0] == "1 of 3 sessions cannot be run, the others are:"
    assert any("b_2024 looks renamed" in line for line in news)


def dies_once_in(job: Callable[..., object], session: str, once: Path) -> Callable[..., object]:
    """Return a job that kills its process the first time that it comes to a session."""

    def job_or_die(given, *arguments):
        # A function within a function travels to the worker as it is.
        if given.session == session and not once.exists():
            once.write_text("died")
            os.kill(os.getpid(), signal.SIGKILL)
        return job(given, *arguments)

    return job_or_die


@pytest.mark.slow
def test_two_workers_one_killed_in_the_middle_give_the_bytes_of_a_local_run(
    make_sparse, tmp_path, finished, processes, monkeypatch
):
    processes.start_scheduler()
    # Without a nanny nobody starts a killed worker again: the other one does the rest.
    alone = ("--nthreads", "1", "--no-nanny")
    one_thread = dict.fromkeys(cluster_module.ONE_THREAD, "1")
    workers = [processes.start_worker(*alone, **one_thread) for _ in range(2)]
    once = tmp_path / "died"
    extract_part = dies_once_in(work_module.extract_part, "b", once)
    monkeypatch.setattr(work_module, "extract_part", extract_part)
    monkeypatch.setattr(cluster_module, "_wait_for_a_worker", waits_for(2))
    out = tmp_path / "out"
    study = attunement.read_study(make_sparse(("a", "b")))
    monkeypatch.chdir(tmp_path)
    summary = attunement.run_study(study, "out", scheduler=processes.address)
    assert once.exists()
    assert sorted(worker.poll() is None for worker in workers) == [False, True]
    assert len(summary.failures) == 0
    assert summary.computed == {"spans": 12, "sessions": 2}
    assert contents(out) == contents(finished.out)
    assert not list(out.glob(".cluster-*"))


def waits_for(n_workers: int) -> Callable[..., None]:
    def wait(client, _address) -> None:
        client.wait_for_workers(n_workers, timeout=60)

    return wait


@pytest.mark.slow
def test_scheduler_worker_and_run_reach_for_no_address_but_loopback(
    make_sparse, tmp_path, processes
):
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed, so nothing can be traced")
    processes.traced = True
    processes.start_scheduler()
    processes.start_worker("--nthreads", "1")
    study, out = make_sparse(("a",)), tmp_path / "out"
    run = ("-m", "attunement.cli", "run", str(study), "--out", str(out))
    client = processes.start_python(*run, "--scheduler", processes.address)
    assert client.wait(timeout=120) == 0
    processes.stop()
    assert (out / "scores.csv").exists()
    used = [
        line
        for trace in processes.folder.glob("*.trace")
        for line in trace.read_text(errors="replace").splitlines()
        if re.search(r"sa_family=AF_INET6?,", line)
    ]
    assert any("connect(" in line for line in used), "the trace shows nothing"
    loopback = re.compile(r'inet_addr\("127\.|inet_pton\(AF_INET6, "::1"')
    assert [line for line in used if not loopback.search(line)] == []


@pytest.mark.slow
def test_what_keeps_workers_from_taking_part_is_said_in_one_sentence(
    make_sparse, tmp_path, processes, monkeypatch
):
    study = attunement.read_study(make_sparse(("a",)))
    out = tmp_path / "out"
    processes.start_scheduler()
    monkeypatch.setattr(cluster_module, "FIRST_WORKER_S", 0.2)
    with pytest.raises(ClusterError, match="had no worker within"):
        attunement.run_study(study, out, scheduler=processes.address)
    monkeypatch.setattr(cluster_module, "FIRST_WORKER_S", 60.0)

    worker = processes.start_worker("--nthreads", "1")
    with monkeypatch.context() as patch:
        patch.setattr(cluster_module.provenance, "versions", lambda: {"attunement": "99"})
        with pytest.raises(ClusterError, match=r"attunement 0\.\S+ and not 99"):
            attunement.run_study(study, out, scheduler=processes.address)
    private = tmp_path / "private"
    with monkeypatch.context() as patch:
        # Stands for a folder that is made on a disk of this machine alone.
        patch.setattr(cluster_module, "_token", lambda _out: private / "token")
        with pytest.raises(ClusterError, match="does not see the output folder"):
            attunement.run_study(study, out, scheduler=processes.address)
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()

    processes.start_worker("--nthreads", "2")
    wait_until_there_is_one(processes.address, n_threads=2)
    with pytest.raises(ClusterError, match="2 jobs at a time") as caught:
        attunement.run_study(study, out, scheduler=processes.address)
    assert "--nthreads 1 --nworkers 2" in caught.value.advice
    assert not list(out.glob("sessions/*"))


def wait_until_there_is_one(address: str, *, n_threads: int) -> None:
    from distributed import Client

    with Client(address, set_as_default=False) as client:
        end_s = time.monotonic() + 60
        while list(client.nthreads().values()) != [n_threads]:
            assert time.monotonic() < end_s, "the worker does not come"
            time.sleep(0.05)


def test_a_scheduler_that_does_not_answer_is_said(make_sparse, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster_module, "CONNECT_S", 0.5)
    toml = '[execution]\nscheduler = "tcp://127.0.0.1:9"\n'
    study = attunement.read_study(make_sparse(("a",), toml=toml))
    with pytest.raises(ClusterError, match=r"No Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        attunement.run_study(study, tmp_path / "out")
    with pytest.raises(ClusterError, match="No Dask scheduler answers at nonsense"):
        attunement.run_study(study, tmp_path / "out", scheduler="nonsense://a b")


def test_dask_that_is_not_installed_is_said(make_sparse, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    study = attunement.read_study(make_sparse(("a",)))
    with pytest.raises(ClusterError, match="Dask is not installed") as caught:
        attunement.run_study(study, tmp_path / "out", scheduler="tcp://127.0.0.1:9")
    assert "attunement[cluster]" in caught.value.advice


def test_a_finished_study_asks_no_scheduler(make_sparse, tmp_path, finished):
    study = attunement.read_study(make_sparse(("a", "b")))
    attunement.run_study(study, finished.out, scheduler="tcp://127.0.0.1:9")


def test_an_executor_and_a_scheduler_are_one_too_many(make_sparse, tmp_path, here):
    study = attunement.read_study(make_sparse(("a",)))
    with pytest.raises(ConfigError, match="Both an executor and a scheduler"):
        attunement.run_study(study, tmp_path / "out", executor=here, scheduler="tcp://a:1")


def test_a_worker_says_which_files_it_does_not_see(tmp_path):
    token, seen, unseen = tmp_path / "token", tmp_path / "seen", tmp_path / "unseen"
    token.touch()
    seen.write_text("12345")
    versions = tuple(cluster_module.versions_here().items())
    environment = dict.fromkeys(cluster_module.ONE_THREAD, "1")
    with pytest.MonkeyPatch.context() as patch:
        cluster_module._other_setting.cache_clear()
        for name, value in environment.items():
            patch.setenv(name, value)
        assert fault_here(str(token), [(str(seen), 5)], versions) == ("", "")
        fault, _ = fault_here(str(token), [(str(seen), 5), (str(unseen), 5)], versions)
        assert f"1 of 2 files, such as {unseen}" in fault
        fault, _ = fault_here(str(token), [(str(seen), 6)], versions)
        assert "1 of 1 files" in fault, "an older copy is another file"
        cluster_module._other_setting.cache_clear()
        patch.setenv("OMP_NUM_THREADS", "8")
        fault, _ = fault_here(str(token), [], versions)
        assert "OMP_NUM_THREADS" in fault
    cluster_module._other_setting.cache_clear()


def handed_on(given: Future) -> Future:
    told: Future = Future()
    cluster_module._hand_on(told, given)
    return told


def test_each_error_of_dask_becomes_one_of_ours():
    from distributed.scheduler import KilledWorker

    fine, wrong, killed, lost, no_package = (Future() for _ in range(5))
    fine.set_result(3)
    wrong.set_exception(ValueError("ours"))
    killed.set_exception(KilledWorker("job", None, 3))
    lost.cancel()
    no_package.set_exception(ModuleNotFoundError("No module named 'attunement'"))
    assert handed_on(fine).result() == 3
    with pytest.raises(ValueError, match="ours"):
        handed_on(wrong).result()
    with pytest.raises(BrokenExecutor):
        handed_on(killed).result()
    with pytest.raises(ClusterError, match="scheduler was lost"):
        handed_on(lost).result()
    with pytest.raises(ClusterError, match="cannot import attunement"):
        handed_on(no_package).result()


def test_paths_are_absolute_for_workers_elsewhere(make_sparse, monkeypatch):
    path = make_sparse(("a",))
    monkeypatch.chdir(path.parent)
    study = attunement.read_study(Path(path.name))
    moved = with_absolute_paths(study)
    for session in moved.sessions:
        for partner in session.partners:
            assert all(video.is_absolute() for video in partner.videos)


def test_nothing_is_left_in_the_output_folder_by_a_connection_that_fails(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster_module, "CONNECT_S", 0.5)
    with (
        pytest.raises(ClusterError),
        connect("tcp://127.0.0.1:9", tmp_path, []),
    ):
        pass
    assert list(tmp_path.iterdir()) == []
