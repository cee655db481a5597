"""One run at a time in an output folder, and none beside what a killed one has left."""

import subprocess
import sys
import time

import pytest

from attunement.errors import OutputError
from attunement.pipeline import lock
from attunement.pipeline.lock import hold

WORKER = """
import sys, time
from pathlib import Path
from attunement.pipeline.lock import enter_as_worker
enter_as_worker(Path(sys.argv[1]))
print("in", flush=True)
time.sleep(float(sys.argv[2]))
"""


def start_worker(out, lasts_s: float) -> subprocess.Popen[str]:
    out.mkdir()
    command = [sys.executable, "-c", WORKER, str(out), str(lasts_s)]
    worker = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert worker.stdout.readline() == "in\n"
    return worker


def test_a_second_run_at_once_is_refused(tmp_path):
    with (
        hold(tmp_path / "out"),
        pytest.raises(OutputError, match="Another run is writing to"),
        hold(tmp_path / "out"),
    ):
        pass
    with hold(tmp_path / "out"):
        pass


def test_workers_that_a_killed_run_has_left_are_waited_for(tmp_path):
    worker = start_worker(tmp_path / "out", 0.5)
    with worker, hold(tmp_path / "out"):
        assert worker.wait(timeout=1) == 0, "the folder was held while a worker was still in it"


def test_workers_that_do_not_end_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr(lock, "PATIENCE_S", 0.2)
    with start_worker(tmp_path / "out", 60) as worker:
        began_s = time.monotonic()
        with (
            pytest.raises(OutputError, match="Worker processes of a run that was stopped"),
            hold(tmp_path / "out"),
        ):
            pass
        assert time.monotonic() - began_s < 10
        worker.kill()


def test_a_file_system_without_locks_is_worked_on(tmp_path, monkeypatch):
    fcntl = pytest.importorskip("fcntl")

    def no_locks(file, kind) -> None:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    with hold(tmp_path / "out"):
        pass
