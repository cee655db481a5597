"""Checking every session of a study before it is run."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from attunement.cards import Card, Carded
from attunement.checking.card import check_card
from attunement.checking.pictures import prepare_folder
from attunement.checking.reused import name_reused
from attunement.checking.session import (
    SessionCheck,
    check_session,
    to_table,
    unreadable,
    without_files,
)
from attunement.errors import AttunementError
from attunement.faces import guard
from attunement.faces.choice import may_run_here, model_for
from attunement.study import Study
from attunement.study.recordings import Absent, find_absent, refuse_absent
from attunement.workers import open_pool

# Told after every session: how many are done, of how many, and the id of the last one.
Listener = Callable[[int, int, str], None]


@dataclass(frozen=True, repr=False)
class StudyCheck(Carded):
    """What checking a study gave.

    Attributes
    ----------
    table : pandas.DataFrame
        As `check_study` returns it.
    sessions : tuple of SessionCheck
        The same by session, with what running each will cost.

    Examples
    --------
    >>> import attunement
    >>> from attunement.checking import examine_study
    >>> check = examine_study(attunement.read_study("study.toml"))
    >>> print([session.session for session in check.sessions], len(check.table))
    ['s1'] 2
    """

    table: pd.DataFrame
    sessions: tuple[SessionCheck, ...]

    @property
    def passed(self) -> bool:
        """Whether every partner of every session can be scored."""
        return not self.table["verdict"].isin(["unreadable", "not_scorable"]).any()

    def _card(self) -> Card:
        """Return what it holds, in a few lines."""
        return check_card(self)


def check_study(
    study: Study,
    *,
    pictures: str | Path | None = None,
    workers: int = 1,
    model: str | Path | None = None,
    progress: Listener | None = None,
) -> pd.DataFrame:
    """Look at every recording of a study and say what to expect of it.

    Opens every recording and looks at up to sixty frames spread over the time that will be
    analysed (episodes, without excluded spans, where both recordings run), finds the faces in the
    regions that a run would search, and applies the gates of the signals stage.

    Parameters
    ----------
    study : Study
        From `read_study`.
    pictures : str or Path, optional
        Folder for pictures of four of these frames a session, with region, box, mesh and role
        drawn. Nothing is written where it is not given.
    workers : int
        Processes; the result is the same for any number.
    model : str or Path, optional
        The face model file; by default found, or fetched once, as `faces.ensure_model` says.
    progress : callable, optional
        Called with (sessions done, sessions, id) after every session.

    Returns
    -------
    pandas.DataFrame
        A row a session and person, in the order of the manifest, the caregiver first: session,
        person, duration_s, rate_hz (of the frames that a run would analyse), decodable_share,
        found_share (a believable face) and usable_share (passes every gate) of the frames looked
        at, the medians of interocular_px (of the faces found) and of the sizes of yaw_deg and
        pitch_deg (of those and of heads turned too far to be believed), verdict, advice. Missing
        where nothing was measured. Of a table of another program every row is judged.

        ``verdict``: ``good`` and ``usable`` (usable_share at least (1 + min_coverage) / 2, at
        least min_coverage), ``poor`` (less: windows are scored only where the usable time comes in
        one piece), ``not_scorable`` (under a fifth, less than a window, or times in the manifest
        that a run refuses), ``unreadable`` (the reason is the advice).

    Raises
    ------
    StudyError
        When none of several sessions has all of its recordings, as when a disk is not connected.
    ModelError
        When the face model is needed and cannot be had.
    OutputError
        When a picture cannot be written.

    Notes
    -----
    Shares of n looks have a standard error of sqrt(p (1 - p) / n) at most: .065 for 60.

    Examples
    --------
    >>> import attunement
    >>> study = attunement.read_study("study.toml")
    >>> table = attunement.check_study(study)
    >>> print(table[["session", "person", "duration_s", "usable_share", "verdict"]])
      session     person  duration_s  usable_share verdict
    0      s1  caregiver        60.0           1.0  usable
    1      s1     infant        60.0           1.0  usable
    """
    return examine_study(
        study, pictures=pictures, workers=workers, model=model, progress=progress
    ).table


def examine_study(
    study: Study,
    *,
    pictures: str | Path | None = None,
    workers: int = 1,
    model: str | Path | None = None,
    progress: Listener | None = None,
) -> StudyCheck:
    """Check a study as `check_study` does, and keep what `estimate_run_s` needs.

    Examples
    --------
    >>> import attunement
    >>> from attunement.checking import examine_study
    >>> check = examine_study(attunement.read_study("study.toml"))
    >>> print(check.passed, check.table["verdict"].to_list())
    True ['usable', 'usable']
    """
    config = study.config
    has_video = any(partner.videos for session in study.sessions for partner in session.partners)
    absent = find_absent(study.sessions, folder=study.path.parent)
    refuse_absent(study.sessions, absent, strict=False)
    path = model_for(config, Path(model) if model else None) if has_video else None
    folder = prepare_folder(Path(pictures)) if pictures is not None else None
    if workers <= 1 and (not has_video or may_run_here(config)):
        checks = []
        for session in study.sessions:
            files = absent.get(session.session)
            checks.append(
                without_files(session, files)
                if files
                else check_session(session, model=path, pictures=folder)
            )
            _tell(progress, len(checks), study, session.session)
    else:
        checks = _in_processes(study, absent, path, folder, workers, progress)
    named = name_reused(study.sessions, checks)
    return StudyCheck(to_table(named), named)


def _in_processes(
    study: Study,
    absent: Mapping[str, Sequence[Absent]],
    model: Path | None,
    folder: Path | None,
    workers: int,
    progress: Listener | None,
) -> list[SessionCheck]:
    checks = []
    with open_pool(max(workers, 1), initializer=guard.worker_initializer) as pool:
        futures = [
            pool.submit(without_files, session, absent[session.session])
            if session.session in absent
            else pool.submit(check_session, session, model=model, pictures=folder)
            for session in study.sessions
        ]
        for session, future in zip(study.sessions, futures, strict=True):
            try:
                checks.append(future.result())
            except BrokenExecutor:
                checks.append(
                    unreadable(
                        session,
                        AttunementError(
                            "A worker process died while this session was checked or waited.",
                            "It may have run out of memory: check with --workers 1.",
                        ),
                    )
                )
            _tell(progress, len(checks), study, session.session)
    return checks


def estimate_run_s(sessions: Sequence[SessionCheck], *, workers: int = 1) -> float:
    """Return how long `run_study` will take for these sessions, in seconds.

    Parameters
    ----------
    sessions : sequence of SessionCheck
        From `examine_study`.
    workers : int
        Processes of the run.

    Returns
    -------
    float
        The frames to be decoded times the time one took, plus the frames to be searched times the
        mean time of a look, over the workers; no less than the longest piece that cannot be
        divided (30 s of a recording). Sessions that cannot be run count
        nothing, and those finished already are not known of. Signals and scores are not in it.

    Examples
    --------
    >>> import attunement
    >>> from attunement.checking import estimate_run_s, examine_study
    >>> check = examine_study(attunement.read_study("study.toml"))
    >>> print(0 < estimate_run_s(check.sessions, workers=2) < 60)
    True
    """
    if not sessions:
        return 0.0
    total_s = sum(check.run_s for check in sessions)
    return max(total_s / max(workers, 1), max(check.indivisible_s for check in sessions))


def _tell(progress: Listener | None, done: int, study: Study, session: str) -> None:
    if progress is not None:
        progress(done, len(study.sessions), session)
