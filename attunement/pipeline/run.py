"""Runs a study: from its sessions to the tables of the whole study."""

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from attunement import __version__
from attunement.cards import Card, Carded
from attunement.errors import AttunementError, ConfigError
from attunement.faces.choice import model_for
from attunement.pipeline.card import summary_card
from attunement.pipeline.cluster import connect, with_absolute_paths
from attunement.pipeline.collect import collect
from attunement.pipeline.lock import hold
from attunement.pipeline.log import RunLog
from attunement.pipeline.outcomes import find_outcomes, next_step, tallied
from attunement.pipeline.places import Places
from attunement.pipeline.progress import Listener, Tally
from attunement.pipeline.waiting import find_waiting
from attunement.pipeline.work import Work
from attunement.study import Study
from attunement.study.recordings import find_absent, refuse_absent
from attunement.tried import untried


@dataclass(frozen=True, repr=False)
class Summary(Carded):
    """What a run leaves.

    Attributes
    ----------
    out : Path
        The output folder.
    scores, scores_by_episode, reliability, windows, failures : pandas.DataFrame
        The study's tables, as written there.
    waiting : pandas.DataFrame
        Sessions in which it is not sure who is who: session, share (of the frames with a face that
        are left out for it), n_tracks (that it concerns) and roles (the table to copy and edit).
    outcomes : pandas.DataFrame
        What became of every session, as `attunement.pipeline.outcomes.find_outcomes` says: scored,
        barely, not_scorable or failed, why, and what to do.
    next_step : str
        The one thing to do next.
    stages : pandas.DataFrame
        Of every session that could be looked at and every stage: session, stage, reused (whether
        what an earlier run left still holds), and why not, in words.
    computed : dict of str to int
        How many spans of faces and how many sessions this run computed; zero where everything
        was found finished.

    Examples
    --------
    >>> import attunement
    >>> study = attunement.read_study("study.toml")
    >>> summary = attunement.run_study(study, "results", workers=1)
    >>> print(len(summary.scores), "scored,", len(summary.failures), "failed")
    1 scored, 0 failed
    >>> print(summary.out)
    results
    """

    out: Path
    scores: pd.DataFrame
    scores_by_episode: pd.DataFrame
    reliability: pd.DataFrame
    windows: pd.DataFrame
    failures: pd.DataFrame
    waiting: pd.DataFrame
    outcomes: pd.DataFrame
    next_step: str
    stages: pd.DataFrame
    computed: dict[str, int]

    def _card(self) -> Card:
        """Return what it holds, in a few lines."""
        return summary_card(self)


def run_study(
    study: Study,
    out: str | Path,
    *,
    workers: int | None = None,
    model: str | Path | None = None,
    progress: Listener | bool | None = True,
    executor: Executor | None = None,
    scheduler: str | None = None,
    strict: bool = False,
) -> Summary:
    """Bring every session of a study to scores and collect one table to model.

    What an earlier run into the same folder finished, and what still holds under the present
    manifest, configuration and recordings, is not computed again. A session that fails is listed
    in ``failures.csv`` and tried again next time; the others finish. The files in `out` do not
    depend on the number of workers, nor on how often a run was stopped and taken up again. Only
    ``log.jsonl`` does, which tells with times what every run did.

    Parameters
    ----------
    study : Study
        From `read_study`.
    out : str or Path
        The output folder; made if it does not exist.
    workers : int, optional
        Worker processes, or jobs given to `executor` at a time; by default ``[execution]
        workers`` of the study.
    model : str or Path, optional
        The face model file; by default found, or fetched once, as `faces.ensure_model` says.
    progress : callable or bool
        Called with a `Progress` after every finished piece of work. True shows it: in a notebook in
        the cell's output, on a terminal as a bar, in a log file as a line every so often, of which
        there is none in the first ten seconds. False or None is silent.
    executor : concurrent.futures.Executor, optional
        Where the work is done instead of worker processes that are started for this run. It is
        not shut down.
    scheduler : str, optional
        Address of a Dask scheduler whose workers do the work, such as ``tcp://127.0.0.1:8786``;
        `workers` is then not used, since the cluster has as many as it has. By default
        ``[execution] scheduler``, and "" for none.
    strict : bool
        Whether a recording or table that is missing, empty or not to be read stops the run before
        it begins. Otherwise it fails its own session, which is said before the work begins. What
        is in a file is not looked at before: a recording that is cut short fails its session.

    Returns
    -------
    Summary
        The tables, and how much was computed.

    Raises
    ------
    StudyError
        With `strict`, when a recording or table is missing, empty or not to be read; without it,
        when none of several sessions has all of its own, as when a disk is not connected. Nothing
        is written then.
    OutputError
        When `out` cannot be written to, another run is writing to it, or a table of the study
        cannot be replaced; what was computed for the sessions is kept in each case.
    ModelError
        When the face model is needed and is wrong, or cannot be found or fetched.
    ClusterError
        When the scheduler cannot be reached or is lost, or its workers cannot take part.
    ConfigError
        When both `executor` and `scheduler` are given.

    Examples
    --------
    >>> import attunement
    >>> study = attunement.read_study("study.toml")
    >>> summary = attunement.run_study(study, "results", workers=1)
    >>> print(summary.scores[["session", "n_windows", "n_scorable"]])
      session  n_windows  n_scorable
    0      s1         54          42
    >>> print(summary.computed)  # an earlier run had finished it
    {'spans': 0, 'sessions': 0}
    """
    if executor is not None and scheduler:
        raise ConfigError("Both an executor and a scheduler are given.", "Give one of the two.")
    if scheduler is None:
        scheduler = study.config.execution.scheduler if executor is None else ""
    out = Path(out)
    if scheduler:
        out, study = out.absolute(), with_absolute_paths(study)
    absent = find_absent(study.sessions, folder=study.path.parent)
    refuse_absent(study.sessions, absent, strict=strict)
    n_workers = workers or study.config.execution.workers
    with (
        _listening(progress) as listener,
        hold(out),
        RunLog(Places(out).path("log")) as log,
        _told(log, tally := Tally(len(study.sessions), n_workers, listener)),
    ):
        work = Work(out, tally=tally, log=log)
        needs_pictures = work.find_out(study.sessions, absent)
        named = Path(model) if model else None
        face_model = model_for(study.config, named) if needs_pictures else None
        if scheduler and not work.is_nothing_to_do():
            files = (*work.sources, *([face_model] if face_model else []))
            with connect(scheduler, out, files) as cluster:
                work.work_off(face_model, cluster)
        else:
            work.work_off(face_model, executor)
        ids = [session.session for session in study.sessions]
        tables = collect(study, out, [work.failures[name] for name in ids if name in work.failures])
        tables["waiting"] = find_waiting(study, out, tables["failures"]["session"])
        outcomes = find_outcomes(study, tables)
        next_is = next_step(study, out, outcomes, tables["waiting"])
        log.write("outcomes", **tallied(outcomes))
    return Summary(
        out=out,
        scores=tables["scores"],
        scores_by_episode=tables["scores_by_episode"],
        reliability=tables["reliability"],
        windows=tables["windows"],
        failures=tables["failures"],
        waiting=tables["waiting"],
        outcomes=outcomes,
        next_step=next_is,
        stages=work.stages,
        computed={"spans": tally.spans_done, "sessions": tally.sessions_finished},
    )


@contextmanager
def _listening(progress: Listener | bool | None) -> Iterator[Listener | None]:
    if progress is True:
        # Here, since who listens for himself needs no terminal.
        from attunement.terminal import LINE_EVERY_S, show_progress

        with show_progress(quiet_s=LINE_EVERY_S) as listener:
            yield listener
    else:
        yield progress or None


@contextmanager
def _told(log: RunLog, tally: Tally) -> Iterator[None]:
    """Put the beginning of a run on its log, and its end, whatever it is."""
    log.write(
        "run_started",
        version=__version__,
        sessions=tally.sessions_total,
        workers=tally.workers,
        untried=untried(),
    )
    ended: dict[str, str] = {"outcome": "stopped", "reason": "a defect of attunement"}
    try:
        yield
        ended = {"outcome": "done"}
    except KeyboardInterrupt:
        ended = {"outcome": "interrupted"}
        raise
    except AttunementError as error:
        ended = {"outcome": "stopped", "reason": error.reason}
        raise
    finally:
        log.write(
            "run_ended",
            **ended,
            sessions_done=tally.sessions_done,
            sessions_failed=tally.sessions_failed,
            spans_done=tally.spans_done,
        )
