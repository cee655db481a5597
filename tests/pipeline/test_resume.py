"""A run that is stopped, however it is stopped, is gone on with, and ends as if undisturbed."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import BrokenExecutor
from dataclasses import replace
from pathlib import Path

import pytest

import attunement
from attunement.pipeline import Progress, jobs, stages
from attunement.pipeline import work as work_module
from attunement.study.files import read_parquet

posix = pytest.mark.skipif(os.name != "posix", reason="signals as on Linux and macOS")


def contents(out: Path) -> dict[str, bytes]:
    """Return the bytes of every file of an output folder that compares byte for byte."""
    return {
        str(path.relative_to(out)): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name not in ("log.jsonl", ".lock", ".workers")
    }


def events(out: Path) -> list[dict]:
    """Return the whole lines of the log; a run that is working may be in the middle of one."""
    log = out / "log.jsonl"
    if not log.exists():
        return []
    return [
        json.loads(line) for line in log.read_text().splitlines(keepends=True) if line[-1] == "\n"
    ]


def parts(out: Path) -> set[tuple[str, int]]:
    """Return session and number of every span whose faces are on disk."""
    found = out.glob("sessions/*/.parts/*/?????.parquet")
    return {(path.parents[2].name, int(path.stem)) for path in found}


def start(study: Path, out: Path, *, workers: int = 2) -> subprocess.Popen[str]:
    """Start the command line in a process group of its own."""
    command = [sys.executable, "-m", "attunement.cli", "run", str(study), "--out", str(out)]
    return subprocess.Popen(
        [*command, "--workers", str(workers)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=_heed_ctrl_c,
    )


def _heed_ctrl_c() -> None:
    """Heed Ctrl-C, which programs ignore that a shell has put in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def run_to_the_end(study: Path, out: Path) -> None:
    """Run the command line without disturbance."""
    process = start(study, out)
    _, said = process.communicate()
    assert process.returncode == 0, said


def wait_for(condition, *, process: subprocess.Popen[str] | None = None, at_most_s: float = 120):
    """Wait until the condition holds, or the process ends by itself."""
    end_s = time.monotonic() + at_most_s
    while not condition():
        if process is not None and process.poll() is not None:
            return
        assert time.monotonic() < end_s, "what the test waits for did not come"
        time.sleep(0.005)


def kill_somewhere(
    process: subprocess.Popen[str], out: Path, told: int, draw: random.Random
) -> bool:
    """Kill every process of a run at a random moment; return whether it was still running."""
    # So many events after its start, and a little more, or before it has begun at all.
    n_events = draw.choice([0, 1, 2, 2, 3, 3, 4, 5])
    wait_for(lambda: len(events(out)) >= told + n_events, process=process)
    time.sleep(draw.uniform(0, 0.4))
    if process.poll() is not None:
        return False
    os.killpg(process.pid, signal.SIGKILL)
    return True


def group_is_gone(group: int) -> bool:
    """Return whether no living process is left in a group (one that is not reaped is not alive)."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, pgrp = stat.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(pgrp) == group and state not in "ZX":
            return False
    return True


def test_spans_of_an_interrupted_run_are_not_computed_twice(make_sparse, tmp_path, finished, here):
    study = attunement.read_study(make_sparse(("a", "b")))
    out = tmp_path / "out"
    spans_done = 0

    def stop_after_two(update: Progress) -> None:
        nonlocal spans_done
        spans_done += update.step.endswith("faces")
        if spans_done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        attunement.run_study(study, out, progress=stop_after_two, executor=here)
    left = parts(out)
    assert 2 <= len(left) < 12
    assert events(out)[-1]["outcome"] == "interrupted"
    before = len(events(out))

    summary = attunement.run_study(study, out, executor=here)
    assert summary.computed["spans"] == 12 - len(left)
    again = [(e["session"], e["span"]) for e in events(out)[before:] if e["event"] == "span_done"]
    assert not left & set(again)
    assert contents(out) == contents(finished.out)


def test_new_files_never_lie_under_an_old_record(
    make_sparse, tmp_path, finished, here, monkeypatch
):
    out = tmp_path / "out"
    shutil.copytree(finished.out, out)
    changed = "[signals]\nsampling_hz = 4\nmax_gap_s = 0.6\n[scoring]\nn_surrogates = 50\n"

    def power_cut(*arguments: object, **named: object) -> None:
        raise KeyboardInterrupt  # not an Exception: like a kill, it is not turned into a failure

    study = attunement.read_study(make_sparse(("a", "b"), toml=changed))
    with monkeypatch.context() as patch:
        patch.setattr(jobs, "record", power_cut)
        with pytest.raises(KeyboardInterrupt):
            attunement.run_study(study, out, executor=here)
    attunement.run_study(attunement.read_study(make_sparse(("a", "b"))), out, executor=here)
    assert contents(out) == contents(finished.out)


def test_a_session_whose_worker_died_while_finishing_it_is_finished_by_another(
    make_sparse, tmp_path, finished, here, monkeypatch
):
    out = tmp_path / "out"
    study = attunement.read_study(make_sparse(("a", "b")))
    died: list[str] = []

    def finish_or_die(session, *arguments):
        if session.session == "b" and not died:
            died.append("b")
            with monkeypatch.context() as patch:
                patch.setattr(stages, "STAGES", (*stages.STAGES[:-1], dying))
                return jobs.finish_session(session, *arguments)
        return jobs.finish_session(session, *arguments)

    def dies(*arguments: object) -> None:
        raise BrokenExecutor("as a pool says when its worker is gone")

    dying = replace(stages.SCORING, compute=dies)
    monkeypatch.setattr(jobs, "guarded", lambda _session, _stage, do: do())
    monkeypatch.setattr(work_module, "finish_session", finish_or_die)
    summary = attunement.run_study(study, out, executor=here)
    assert died == ["b"]
    assert len(summary.failures) == 0
    assert contents(out) == contents(finished.out)


@pytest.mark.slow
@posix
def test_twenty_kills_at_random_moments_change_nothing(make_sparse, tmp_path):
    study = make_sparse(("a", "b", "c"))
    undisturbed = tmp_path / "undisturbed"
    run_to_the_end(study, undisturbed)
    draw = random.Random(20)
    n_kills = n_rounds = 0
    while n_kills < 20:
        n_rounds += 1
        out = tmp_path / f"out{n_rounds}"
        done: Counter[tuple[str, int]] = Counter()
        while True:
            there, told = parts(out), len(events(out))
            process = start(study, out)
            was_running = n_kills < 20 and kill_somewhere(process, out, told, draw)
            n_kills += was_running
            _, said = process.communicate()
            assert "Traceback" not in said
            computed = [
                (event["session"], event["span"])
                for event in events(out)[told:]
                if event["event"] == "span_done"
            ]
            assert not there & set(computed), "a span that was there is computed again"
            done.update(computed)
            if not was_running:
                assert process.returncode == 0, said
                break
        assert set(done.values()) == {1}
        assert contents(out) == contents(undisturbed)
    assert n_rounds < 20, "the kills came so late that nothing was ever left half done"


@pytest.mark.slow
@posix
def test_orphaned_workers_end_and_a_run_started_at_once_is_not_disturbed(make_sparse, tmp_path):
    study = make_sparse(("a", "b"))
    undisturbed = tmp_path / "undisturbed"
    run_to_the_end(study, undisturbed)
    out = tmp_path / "out"
    first = start(study, out)
    wait_for(lambda: any(e["event"] == "span_done" for e in events(out)), process=first)
    os.kill(first.pid, signal.SIGKILL)  # the main process alone: its workers are not told
    second = start(study, out)
    first.communicate()  # ends when nobody holds its output any more, workers included
    wait_for(lambda: group_is_gone(first.pid), at_most_s=20)
    _, said = second.communicate()
    assert second.returncode == 0, said
    assert contents(out) == contents(undisturbed)


@pytest.mark.slow
@posix
def test_ctrl_c_ends_the_workers_and_says_how_to_go_on(make_sparse, tmp_path):
    study = make_sparse(("a", "b"))
    out = tmp_path / "out"
    process = start(study, out)
    wait_for(lambda: any(e["event"] == "span_done" for e in events(out)), process=process)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does it: to every process of the run
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "run the same command again" in said
    assert "Traceback" not in said
    assert "KeyboardInterrupt" not in said
    wait_for(lambda: group_is_gone(process.pid), at_most_s=20)
    assert events(out)[-1]["outcome"] == "interrupted"
    for path in out.rglob("*.parquet"):
        read_parquet(path)  # what is there under its own name is whole
    run_to_the_end(study, out)


@pytest.mark.slow
@posix
def test_a_second_run_at_once_is_refused_with_2(make_sparse, tmp_path):
    study = make_sparse(("a", "b"))
    out = tmp_path / "out"
    first = start(study, out)
    wait_for(lambda: any(e["event"] == "session_opened" for e in events(out)), process=first)
    second = start(study, out)
    _, said = second.communicate()
    assert second.returncode == 2
    assert "Another run is writing to" in said
    assert "Traceback" not in said
    _, said = first.communicate()
    assert first.returncode == 0, said
    assert sum(event["event"] == "run_started" for event in events(out)) == 1


def kills_its_worker(session: str, once: Path | None):
    """Return an `extract_part` that kills its process for one session, always or only once."""
    extract_part = jobs.extract_part

    def extract_or_die(given, *arguments):
        # A function within a function travels to the worker as it is.
        if given.session == session and (once is None or not once.exists()):
            if once is not None:
                once.write_text("died")
            os.kill(os.getpid(), signal.SIGKILL)
        return extract_part(given, *arguments)

    return extract_or_die


@pytest.mark.slow
@posix
def test_a_worker_killed_once_costs_nothing(make_sparse, tmp_path, finished, monkeypatch):
    once = tmp_path / "died"
    monkeypatch.setattr(work_module, "extract_part", kills_its_worker("b", once))
    out = tmp_path / "out"
    study = attunement.read_study(make_sparse(("a", "b")))
    summary = attunement.run_study(study, out, workers=2)
    assert once.exists()
    assert len(summary.failures) == 0
    assert sum(event["event"] == "worker_died" for event in events(out)) == 1
    assert contents(out) == contents(finished.out)


@pytest.mark.slow
@posix
def test_a_job_that_always_kills_its_worker_fails_its_session_alone(
    make_sparse, tmp_path, monkeypatch
):
    monkeypatch.setattr(work_module, "extract_part", kills_its_worker("b", None))
    study = attunement.read_study(make_sparse(("a", "b", "c")))
    summary = attunement.run_study(study, tmp_path / "out", workers=2)
    assert summary.scores["session"].tolist() == ["a", "c"]
    assert summary.failures["session"].tolist() == ["b"]
    assert "The worker process died" in summary.failures["reason"].iloc[0]
    assert "memory" in summary.failures["advice"].iloc[0]
    monkeypatch.undo()
    assert len(attunement.run_study(study, tmp_path / "out").failures) == 0


@posix
def test_a_worker_that_dies_breaks_off_no_other_job(make_sparse, tmp_path, finished, monkeypatch):
    # A given executor that breaks stands for a pool whose worker died; a new pool is what helps.
    from concurrent.futures import Executor, Future
    from contextlib import contextmanager

    class Breaks(Executor):
        n_left = 5

        def submit(self, call, /, *arguments):
            Breaks.n_left -= 1
            future: Future = Future()
            if Breaks.n_left == 0:
                future.set_exception(BrokenExecutor("killed"))
            else:
                future.set_result(call(*arguments))
            return future

    @contextmanager
    def pool(workers, *, initializer):
        yield Breaks()

    monkeypatch.setattr(work_module, "open_pool", pool)
    out = tmp_path / "out"
    summary = attunement.run_study(attunement.read_study(make_sparse(("a", "b"))), out)
    assert len(summary.failures) == 0
    assert [e["event"] for e in events(out)].count("worker_died") == 1
    assert contents(out) == contents(finished.out)
