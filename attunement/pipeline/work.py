"""Works off the jobs of a run: opens sessions, extracts their spans, finishes them."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ThreadPoolExecutor,
    wait,
)
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from attunement.faces import guard
from attunement.pipeline.cluster import Cluster
from attunement.pipeline.failure import Failure, without_session
from attunement.pipeline.jobs import (
    Extracted,
    Finished,
    Opened,
    extract_part,
    finish_session,
    open_session,
)
from attunement.pipeline.lock import enter_as_worker
from attunement.pipeline.log import RunLog
from attunement.pipeline.places import Places
from attunement.pipeline.progress import Tally
from attunement.pipeline.renaming import take_over
from attunement.pipeline.reuse import reuse_lines, reuse_table
from attunement.pipeline.stages import SCORING, TRACKS
from attunement.pipeline.state import Checked, check_session
from attunement.study import Session
from attunement.study.one_source import one_source_lines
from attunement.study.recordings import Absent, absent_lines
from attunement.workers import open_pool

_READERS = 4  # threads that look at source files; more do not make a disk faster


@dataclass(frozen=True)
class _Job:
    session: Session
    stage: str
    call: Callable[..., Any]
    arguments: tuple[Any, ...]
    then: Callable[[Any], None]


class Work:
    """The work of one run, kept in the main process only.

    Parameters
    ----------
    out : Path
        The output folder.
    tally : Tally
        Counts and tells.
    log : RunLog
        Where every event is written.
    """

    def __init__(self, out: Path, *, tally: Tally, log: RunLog) -> None:
        self.failures: dict[str, Failure] = {}
        self._out = out
        self._tally = tally
        self._log = log
        self._executor: Executor | None = None
        self.stages = reuse_table({})
        self._to_do: list[tuple[Session, Checked]] = []
        self._unopened: set[str] = set()
        # What is still to be done of each session: seconds of recording by number of span, and
        # then of what is scored.
        self._left: dict[str, dict[int, float]] = {}
        self._to_score: dict[str, float] = {}
        self._kinds: dict[str, tuple[str, ...]] = {}
        self._waiting: deque[_Job] = deque()

    def find_out(self, sessions: Sequence[Session], absent: Mapping[str, Sequence[Absent]]) -> bool:
        """Find out what there is to do; return whether faces have to be found in any video.

        Sessions of which files are `absent` have failed; they are told before all else.
        """
        known = [session.session for session in sessions]
        self._unopened = set(known)
        self._tally.news(absent_lines(absent, len(known)))
        self._tally.news(one_source_lines(sessions))
        for session in sessions:
            if files := absent.get(session.session):
                self._fail(session, _absent_failure(session, files, self._out), told=True)
        sessions = [session for session in sessions if session.session not in absent]
        with ThreadPoolExecutor(_READERS) as pool:
            try:
                found = list(pool.map(partial(check_session, out=self._out), sessions))
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        found = self._taken_over(list(zip(sessions, found, strict=True)), known)
        self.stages = reuse_table(
            {c.session: (c.done, c.why) for c in found if isinstance(c, Checked)}
        )
        self._tally.news(reuse_lines(self.stages))
        for session, checked in zip(sessions, found, strict=True):
            self._found(session, checked)
        by_stage = self.stages.groupby("stage", sort=False)["reused"]
        self._log.write(
            "stages",
            **{
                str(name): {"reused": int(reused.sum()), "computed": int((~reused).sum())}
                for name, reused in by_stage
            },
        )
        return any(
            TRACKS.name not in checked.done and any(partner.videos for partner in session.partners)
            for session, checked in self._to_do
        )

    def _taken_over(
        self, found: Sequence[tuple[Session, Checked | Failure]], known: Sequence[str]
    ) -> list[Checked | Failure]:
        whole = [(session, one) for session, one in found if isinstance(one, Checked)]
        given, lines = take_over(whole, self._out, known=known)
        self._tally.news(lines)
        for line in lines:
            self._log.write("found", says=line)
        return [
            one if isinstance(one, Failure) else given.get(one.session, one) for _, one in found
        ]

    @property
    def sources(self) -> tuple[Path, ...]:
        """The files that are read for what there is to do."""
        return tuple(
            dict.fromkeys(
                path
                for _, checked in self._to_do
                if TRACKS.name not in checked.done
                for path, *_ in checked.stamps
            )
        )

    def is_nothing_to_do(self) -> bool:
        """Return whether every session is finished or has failed."""
        return not self._to_do

    def work_off(self, model: Path | None, executor: Executor | None = None) -> None:
        """Do what there is to do; a worker that dies takes only its own session with it.

        Parameters
        ----------
        model : Path or None
            The face model, where it is needed.
        executor : Executor or None
            Where jobs are worked off; None: worker processes of the run's own.
        """
        self._executor = executor
        for session, checked in self._to_do:
            if TRACKS.name in checked.done:
                self._finish(session, checked, n_spans=0)
            else:
                then = partial(self._opened, session, checked, model)
                arguments = (session, checked, self._out)
                self._waiting.append(_Job(session, "video", open_session, arguments, then))
        suspects: deque[_Job] = deque()
        while self._waiting or suspects:
            # After a worker died, the jobs that were under way are tried one at a time, so that
            # the one that kills its worker is known.
            alone = bool(suspects)
            queue = suspects if alone else self._waiting
            with self._pool(1 if alone else self._tally.workers) as pool:
                broken = self._drain(pool, queue, alone=alone)
            if broken:
                jobs = [{"session": job.session.session, "stage": job.stage} for job in broken]
                self._log.write("worker_died", under_way=jobs)
            if alone and broken:
                job = broken[0]
                reason = f"The worker process died in the stage {job.stage}, also when run alone."
                advice = "The system may have ended it for want of memory: close other programs."
                self._fail(job.session, Failure(job.session.session, job.stage, reason, advice))
            else:
                suspects.extend(broken)

    @contextmanager
    def _pool(self, workers: int) -> Iterator[Executor]:
        if self._executor is not None:
            yield self._executor
        else:
            with open_pool(workers, initializer=partial(_prepare_worker, self._out)) as pool:
                yield pool

    def _most_in_flight(self) -> int:
        if isinstance(self._executor, Cluster):
            self._tally.workers = self._executor.n_workers  # they come and go
        return self._tally.workers + 1

    def _drain(self, pool: Executor, queue: deque[_Job], *, alone: bool) -> list[_Job]:
        """Work off `queue`; return the jobs that were under way when a worker died, if any."""
        running: dict[Future[Any], _Job] = {}
        broken: list[_Job] = []
        try:
            while queue or running:
                in_flight = 1 if alone else self._most_in_flight()
                while queue and len(running) < in_flight and not broken:
                    job = queue.popleft()
                    if job.session.session in self.failures:
                        continue
                    try:
                        running[pool.submit(job.call, *job.arguments)] = job
                    except BrokenExecutor:
                        broken.append(job)
                    if job.stage == "faces":
                        self._tally.span_begun()
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
        except BaseException:
            if self._executor is not None and not isinstance(self._executor, Cluster):
                # Another's workers are not stopped, so what is under way must end before the
                # output folder is let go. A pool of the run's own kills its workers, and those of
                # a cluster keep a next run waiting.
                wait([future for future in running if not future.cancel()])
            raise
        return broken

    def _found(self, session: Session, checked: Checked | Failure) -> None:
        name = session.session
        if isinstance(checked, Failure):
            self._fail(session, checked)
        elif checked.is_finished:
            self._is_open(name)
            self._tally.sessions_done += 1
            self._log.write("session_found_finished", session=name)
            self._tally.tell(f"{name}: found finished")
        else:
            if TRACKS.name in checked.done:
                self._is_open(name)
                self._expect_scores(name, checked.recorded_s)
            self._to_do.append((session, checked))

    def _opened(
        self, session: Session, checked: Checked, model: Path | None, opened: Opened
    ) -> None:
        name = session.session
        missing = {k: s for k, s in enumerate(opened.recorded_s) if k not in opened.extracted}
        self._log.write(
            "session_opened",
            session=name,
            spans=len(opened.recorded_s),
            spans_found=len(opened.extracted),
            recorded_s=round(sum(opened.recorded_s), 3),
        )
        self._is_open(name)
        self._left[name] = missing
        self._kinds[name] = opened.kinds
        for k, recorded_s in missing.items():
            self._tally.expect(opened.kinds[k], recorded_s)
        self._expect_scores(name, sum(opened.recorded_s))
        for k in list(missing):
            then = partial(self._extracted, session, checked, opened, k)
            arguments = (session, checked, k, self._out, model)
            self._waiting.append(_Job(session, "faces", extract_part, arguments, then))
        if not missing:
            self._finish(session, checked, n_spans=len(opened.recorded_s))
        self._tally.tell(f"{name}: opened")

    def _extracted(
        self, session: Session, checked: Checked, opened: Opened, k: int, done: Extracted
    ) -> None:
        name = session.session
        self._log.write(
            "span_done", session=name, span=k, seconds=round(done.seconds, 3), frames=done.frames
        )
        for person, told in done.table_times.items():
            self._log.write("table_times", session=name, person=person, **told)
        if name in self.failures:
            return  # it is kept for the next run, but no longer part of what this one does
        recorded_s = self._left[name].pop(k)
        self._tally.span_done(
            recorded_s=recorded_s,
            frames=done.frames,
            seconds=done.seconds,
            kind=opened.kinds[k],
        )
        if not self._left[name]:
            self._finish(session, checked, n_spans=len(opened.recorded_s))
        self._tally.tell(f"{name}: faces")

    def _finish(self, session: Session, checked: Checked, *, n_spans: int) -> None:
        def then(finished: Finished) -> None:
            recorded_s = self._to_score.pop(session.session, 0.0)
            self._tally.session_finished(finished.seconds, recorded_s=recorded_s)
            self._log.write(
                "session_finished",
                session=session.session,
                seconds=round(finished.seconds, 3),
                stages=list(finished.stages),
                **({"told": list(finished.told)} if finished.told else {}),
            )
            self._tally.news([f"{session.session}: {line}" for line in finished.told])
            self._tally.tell(f"{session.session}: finished")

        arguments = (session, checked, n_spans, self._out)
        job = _Job(session, SCORING.name, finish_session, arguments, then)
        # Before what waits, so that whole sessions are there early.
        self._waiting.appendleft(job)

    def _expect_scores(self, name: str, recorded_s: float) -> None:
        # However short, so that a session is no part of nothing.
        self._to_score[name] = max(1.0, recorded_s)
        self._tally.expect("scores", self._to_score[name])

    def _is_open(self, name: str) -> None:
        self._unopened.discard(name)
        self._tally.sessions_opened = self._tally.sessions_total - len(self._unopened)

    def _fail(self, session: Session, failure: Failure, *, told: bool = False) -> None:
        name = session.session
        if name in self.failures:
            return
        self.failures[name] = failure
        self._is_open(name)
        self._tally.sessions_failed += 1
        for k, recorded_s in self._left.pop(name, {}).items():
            self._tally.expect(self._kinds[name][k], -recorded_s)
        self._tally.expect("scores", -self._to_score.pop(name, 0.0))
        self._log.write(
            "session_failed",
            session=name,
            stage=failure.stage,
            reason=failure.reason,
            advice=failure.advice,
        )
        if not told:
            reason = without_session(name, failure.reason)
            said = f"Session {name} failed: {reason} {failure.advice}"
            self._tally.news([" ".join(said.split())])
        self._tally.tell(f"{name}: failed")


def _absent_failure(session: Session, files: Sequence[Absent], out: Path) -> Failure:
    reason = " ".join(one.reason for one in files)
    advice = list(dict.fromkeys(one.advice for one in files if one.advice))
    if Places(out).session(session.session).path("scores").exists():
        advice.append(
            "What an earlier run made of it is kept, and in the tables again once the file is back."
        )
    return Failure(session.session, "video", reason, " ".join(advice))


def _prepare_worker(out: Path) -> None:
    guard.worker_initializer()
    enter_as_worker(out)
