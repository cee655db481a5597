"""Runs a study: opens every session, extracts spans, finishes sessions, collects the tables."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from attunement.errors import ConfigError
from attunement.faces import ensure_model, guard
from attunement.pipeline.collect import collect
from attunement.pipeline.jobs import (
    Failure,
    Opened,
    extract_part,
    finish_session,
    open_session,
    part_path,
)
from attunement.pipeline.lock import hold
from attunement.pipeline.progress import Listener, Progress
from attunement.study import Session, Study
from attunement.workers import open_pool


@dataclass(frozen=True)
class Summary:
    """What a run leaves.

    Attributes
    ----------
    out : Path
        The output folder.
    scores, scores_by_episode, windows, failures : pandas.DataFrame
        The study's tables, as written there.
    computed : dict of str to int
        How many spans of faces and how many sessions this run computed; zero where everything
        was found finished.
    """

    out: Path
    scores: pd.DataFrame
    scores_by_episode: pd.DataFrame
    windows: pd.DataFrame
    failures: pd.DataFrame
    computed: dict[str, int]


def run_study(
    study: Study,
    out: str | Path,
    *,
    workers: int | None = None,
    model: str | Path | None = None,
    progress: Listener | None = None,
) -> Summary:
    """Bring every session of a study to scores and collect one table to model.

    What an earlier run into the same folder finished, and what still holds under the present
    manifest, configuration and recordings, is not computed again. A session that fails is listed
    in ``failures.csv`` and tried again next time; the others finish. The files in `out` do not
    depend on the number of workers.

    Parameters
    ----------
    study : Study
        From `read_study`.
    out : str or Path
        The output folder; made if it does not exist.
    workers : int, optional
        Worker processes; by default ``[execution] workers`` of the study.
    model : str or Path, optional
        The face model file; by default found, or fetched once, as `faces.ensure_model` says.
    progress : callable, optional
        Called with a `Progress` after every finished piece of work.

    Returns
    -------
    Summary
        The tables, and how much was computed.

    Raises
    ------
    OutputError
        When `out` cannot be written to, or another run is writing to it.
    ModelError
        When the face model is needed and is wrong, or cannot be found or fetched.
    ConfigError
        When the configuration asks for a scheduler, which this version has not.
    """
    if study.config.execution.scheduler:
        raise ConfigError(
            "[execution] scheduler: this version runs on one machine only.",
            "Remove the key, and set workers instead.",
        )
    out = Path(out)
    with hold(out):
        needs_model = study.config.faces.backend == "mediapipe" and any(
            partner.videos for session in study.sessions for partner in session.partners
        )
        model_path = ensure_model(Path(model) if model else None) if needs_model else None
        run = _Run(study, out, model_path, progress)
        run.work_off(workers or study.config.execution.workers)
        ids = [session.session for session in study.sessions]
        tables = collect(study, out, [run.failures[name] for name in ids if name in run.failures])
    return Summary(
        out=out,
        scores=tables.scores,
        scores_by_episode=tables.scores_by_episode,
        windows=tables.windows,
        failures=tables.failures,
        computed={"spans": run.n_spans, "sessions": run.n_sessions},
    )


@dataclass(frozen=True)
class _Job:
    session: Session
    stage: str
    call: Callable[..., Any]
    arguments: tuple[Any, ...]
    then: Callable[[Any], None]


@dataclass
class _Run:
    """The state of one run, kept in the main process only."""

    study: Study
    out: Path
    model: Path | None
    listener: Listener | None
    waiting: deque[_Job] = field(default_factory=deque)
    failures: dict[str, Failure] = field(default_factory=dict)
    n_left: dict[str, int] = field(default_factory=dict)
    n_done: int = 0
    n_spans: int = 0
    n_sessions: int = 0
    recorded_total_s: float = 0.0
    recorded_done_s: float = 0.0
    frames_done: int = 0

    def work_off(self, workers: int) -> None:
        """Run every job; a worker that dies takes only the session it was working on with it."""
        for session in self.study.sessions:
            arguments = (session, self.out, self.model)
            self._add(session, "video", open_session, arguments, self._opened(session))
        suspects: deque[_Job] = deque()
        while self.waiting or suspects:
            # After a worker died, the jobs under way are tried one at a time, so that the one
            # that kills its worker is known.
            alone = bool(suspects)
            queue = suspects if alone else self.waiting
            with open_pool(1 if alone else workers, initializer=guard.worker_initializer) as pool:
                broken = self._drain(pool.submit, queue, in_flight=1 if alone else workers + 1)
            if alone and broken:
                job = broken[0]
                reason = f"The worker process died in the stage {job.stage}."
                advice = "It may have run out of memory: use fewer workers (--workers 1)."
                self._fail(job.session, Failure(job.session.session, job.stage, reason, advice))
            else:
                suspects.extend(broken)

    def _drain(
        self, submit: Callable[..., Future[Any]], queue: deque[_Job], *, in_flight: int
    ) -> list[_Job]:
        """Work off `queue`; return the jobs that were under way when a worker died, if any."""
        running: dict[Future[Any], _Job] = {}
        broken: list[_Job] = []
        while queue or running:
            while queue and len(running) < in_flight and not broken:
                job = queue.popleft()
                if job.session.session in self.failures:
                    continue
                try:
                    running[submit(job.call, *job.arguments)] = job
                except BrokenExecutor:
                    queue.appendleft(job)
                    break
            if not running:
                break
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                job = running.pop(future)
                try:
                    result = future.result()
                except BrokenExecutor:
                    broken.append(job)
                    continue
                if isinstance(result, Failure):
                    self._fail(job.session, result)
                else:
                    job.then(result)
            if broken and not running:
                break
        return broken

    def _opened(self, session: Session) -> Callable[[Opened], None]:
        def then(opened: Opened) -> None:
            name = session.session
            if opened.done == ("faces", "signals", "scoring"):
                self.n_done += 1
                self._tell(f"{name}: found finished")
                return
            self.n_sessions += 1
            self.n_left[name] = len(opened.tasks)
            if not opened.tasks:
                self._finish(session, opened)
            for number, task in enumerate(opened.tasks):
                self.recorded_total_s += task.end_s - task.start_s
                arguments = (session, task, part_path(self.out, opened, number), self.model)
                then = self._extracted(session, opened, task.end_s - task.start_s)
                self._add(session, "faces", extract_part, arguments, then)
            self._tell(f"{name}: opened")

        return then

    def _extracted(
        self, session: Session, opened: Opened, recorded_s: float
    ) -> Callable[[int], None]:
        def then(n_rows: int) -> None:
            self.n_spans += 1
            self.recorded_done_s += recorded_s
            self.frames_done += n_rows
            self.n_left[session.session] -= 1
            if self.n_left[session.session] == 0:
                self._finish(session, opened)
            self._tell(f"{session.session}: faces")

        return then

    def _finish(self, session: Session, opened: Opened) -> None:
        def then(_: None) -> None:
            self.n_done += 1
            self._tell(f"{session.session}: finished")

        job = _Job(session, "scoring", finish_session, (session, opened, self.out), then)
        self.waiting.appendleft(job)

    def _add(
        self,
        session: Session,
        stage: str,
        call: Callable[..., Any],
        arguments: tuple[Any, ...],
        then: Callable[[Any], None],
    ) -> None:
        self.waiting.append(_Job(session, stage, call, arguments, then))

    def _fail(self, session: Session, failure: Failure) -> None:
        self.failures.setdefault(session.session, failure)
        self._tell(f"{session.session}: failed")

    def _tell(self, step: str) -> None:
        if self.listener is not None:
            self.listener(
                Progress(
                    sessions_total=len(self.study.sessions),
                    sessions_done=self.n_done,
                    sessions_failed=len(self.failures),
                    recorded_total_s=self.recorded_total_s,
                    recorded_done_s=self.recorded_done_s,
                    frames_done=self.frames_done,
                    step=step,
                )
            )
