"""Reads a study: ``study.toml``, the manifest of its sessions and the file of episodes."""

import math
import re
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pandas as pd

from attunement.cards import count, listed
from attunement.config import Config, read_config
from attunement.errors import StudyError
from attunement.study.covariates import read_covariates
from attunement.study.episodes import read_episode_file, read_episodes, read_spans
from attunement.study.faults import Faults, did_you_mean
from attunement.study.finding import find_manifest, find_study_file, is_true
from attunement.study.footage import Row, read_partners
from attunement.study.ids import folded, id_fault, safe_id
from attunement.study.recordings import find_absent
from attunement.study.roles import read_roles
from attunement.study.sessions import Clock, Episode, Role, Session, Study
from attunement.study.sheets import Sheet, read_sheet

IDS = ("session", "dyad", "family")
REQUIRED = ("session", "layout")
COLUMNS = (
    "session", "dyad", "family", "layout", "video", "caregiver_video", "infant_video",
    "caregiver_side", "caregiver_roi", "infant_roi",
    "rotation", "caregiver_rotation", "infant_rotation", "offset_s", "drift_ppm", "episodes",
    "exclude",
    "caregiver_neutral", "infant_neutral", "caregiver_table", "infant_table", "caregiver_table_id",
    "infant_table_id", "caregiver_table_scale", "infant_table_scale", "rate_hz",
    "caregiver_rate_hz", "infant_rate_hz", "codes",
)  # fmt: skip
# Clocks of cameras differ by some tens; more is a mistake of the unit, or another rate of frames.
MAX_DRIFT_PPM = 10_000.0
# What spreadsheets make of 3.4: 2026-04-03, 03.04.2026, 03. Apr.
_DATE = re.compile(r"\d{4}-\d\d-\d\d|\d{1,2}[./]\d{1,2}[./]\d{2,4}$")
_MONTH = re.compile(r"\d{1,2}[. -]+[^\W\d]{3,}|[^\W\d]{3,}[. -]+\d{1,4}")
_OFFSET = "seconds, such as 1.25 or -0.4, that are added to the infant's time"
_NUMBER = re.compile(r"[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)", re.ASCII)


def read_study(path: str | Path, *, who_needed: bool = True) -> Study:
    """Read a study: its settings, its sessions, and where their recordings are.

    Parameters
    ----------
    path : str or Path
        The ``study.toml``, or the folder it is in. Beside it lies the manifest ``sessions.csv``
        or ``sessions.xlsx`` and, optionally, ``episodes.csv`` and ``roles.csv``. Commas,
        semicolons or tabs, decimal points or commas, and UTF-8 or UTF-16 with a byte order mark
        are all read. Of a workbook the sheet named ``sessions``, else the first, is read.
    who_needed : bool
        Whether it is a fault that ``layout``, the video of one partner or ``caregiver_side`` is
        still empty. A check does without them and says what to fill in
        (`attunement.check_study`); a run does not.

    Returns
    -------
    Study
        With every session checked: ids safe as folder names, times in order. Recordings are not
        looked for: one that is missing or empty fails its own session when the study is run or
        checked. Nor is their length known yet; see `check_times`. Columns that the manifest has
        beyond the known ones are carried as covariates: floats, NaN where missing, if the whole
        column is numeric; else text, None where empty.

    Raises
    ------
    ConfigError
        When ``study.toml`` is not acceptable.
    StudyError
        Lists all faults of the manifest and the episodes, each with file, row and column.

    Examples
    --------
    >>> import attunement
    >>> study = attunement.read_study("study.toml")
    >>> print([(session.session, session.layout) for session in study.sessions])
    [('s1', 'two_files')]
    """
    path = find_study_file(path)
    config = _read_settings(path)
    manifest = find_manifest(path.parent)
    faults = Faults(manifest.name)
    sheet = read_sheet(manifest, known=COLUMNS, faults=faults)
    sessions: tuple[Session, ...] = ()
    if sheet is not None:
        sessions = _read_sessions(sheet, path.parent, config, faults, who_needed=who_needed)
        if not sheet.rows and not faults.sentences:
            faults.add(f"{manifest.name}: expected a row for every session, found none.")
    if faults.sentences or sheet is None:
        raise StudyError(faults.sentences, _absent_too(sessions, path.parent))
    rows = [cells for _, cells in sheet.rows]
    table = pd.DataFrame(rows, columns=list(sheet.columns), dtype="str")
    return Study(path=path, sessions=sessions, table=table, config=config)


def _read_sessions(
    sheet: Sheet, folder: Path, config: Config, faults: Faults, *, who_needed: bool
) -> tuple[Session, ...]:
    for name in REQUIRED:
        if name not in sheet.columns:
            _missing_column(sheet, name, "every session has one", faults)
    covariates = read_covariates(sheet, COLUMNS, REQUIRED, faults)
    ids = {cells.get("session", "") for _, cells in sheet.rows} - {""}
    from_file: dict[str, tuple[Episode, ...]] = {}
    # A link that leads nowhere does not exist, and is a fault rather than no episodes.
    if is_true((folder / "episodes.csv").exists) or is_true((folder / "episodes.csv").is_symlink):
        in_file = Faults("episodes.csv", faults.sentences)
        from_file = read_episode_file(folder / "episodes.csv", ids, in_file)
    roles: dict[str, tuple[Role, ...]] = {}
    if is_true((folder / "roles.csv").exists) or is_true((folder / "roles.csv").is_symlink):
        roles = read_roles(folder / "roles.csv", ids, Faults("roles.csv", faults.sentences))
    absent: dict[tuple[str, str], list[int]] = defaultdict(list)
    rows = [Row(number, cells, faults, absent, who_needed) for number, cells in sheet.rows]
    sessions = tuple(
        replace(
            _read_session(row, folder, config, from_file, further),
            roles=roles.get(row.text("session"), ()),
        )
        for row, further in zip(rows, covariates, strict=True)
    )
    _check_ids(rows, sessions)
    for (column, reason), numbers in absent.items():
        if column not in REQUIRED:
            shown = ", ".join(map(str, numbers[:5])) + (", …" if len(numbers) > 5 else "")
            _missing_column(sheet, column, f"{reason} (row {shown})", faults)
    return sessions


def _read_session(
    row: Row,
    folder: Path,
    config: Config,
    from_file: dict[str, tuple[Episode, ...]],
    covariates: tuple[tuple[str, object], ...],
) -> Session:
    session = row.need("session", "an id", "every session has one")
    dyad = row.text("dyad") or session
    for column in IDS:
        text = row.text(column)
        if text and (fault := id_fault(text)):
            expected = f"an id that can be a folder's name, but {fault}"
            row.fault(column, expected, f"Use {safe_id(text)!r}.")
    if row.text("codes"):
        advice = "Empty the cell."
        row.fault("codes", "an empty cell, because no reader of coders' files exists yet", advice)
    neutral = {person: read_spans(row, f"{person}_neutral") for person in ("caregiver", "infant")}
    layout, partners = read_partners(row, folder, neutral)
    return Session(
        session=session,
        dyad=dyad,
        family=row.text("family") or dyad,
        layout=layout,
        caregiver=partners["caregiver"],
        infant=partners["infant"],
        clock=_clock(row),
        episodes=read_episodes(row, from_file.get(session, ())),
        exclude=read_spans(row, "exclude"),
        covariates=covariates,
        config=config,
    )


def _number(row: Row, column: str, expected: str) -> float:
    text = row.text(column).replace("−", "-")  # noqa: RUF001 (the minus of a word processor)
    if not text:
        return 0.0
    if _NUMBER.fullmatch(text) and math.isfinite(value := float(text.replace(",", "."))):
        return value
    is_date = _DATE.match(text) or _MONTH.fullmatch(text)
    made = "A spreadsheet has made a date of it: format the column as text and write the number."
    row.fault(column, expected, made if is_date else "")
    return 0.0


def _clock(row: Row) -> Clock | None:
    clock = Clock(offset_s=_number(row, "offset_s", _OFFSET), drift_ppm=_drift_ppm(row))
    return clock if row.text("offset_s") else None


def _drift_ppm(row: Row) -> float:
    expected = f"parts per million, at most {MAX_DRIFT_PPM:g} to either side, such as 20 or -35.5"
    value = _number(row, "drift_ppm", expected)
    if abs(value) > MAX_DRIFT_PPM:
        row.fault("drift_ppm", expected)
    elif row.text("drift_ppm") and not row.text("offset_s"):
        row.fault("offset_s", "seconds, because drift_ppm is filled", "Fill both, or neither.")
    return value


def _absent_too(sessions: tuple[Session, ...], folder: Path) -> str:
    """Return what else will have to be seen to, so that it need not be found out one by one."""
    absent = find_absent(sessions, folder=folder)
    if not absent:
        return ""
    first = [f"{session} ({files[0].name} {files[0].problem})" for session, files in absent.items()]
    return (
        f"Besides, recordings of {count(len(absent), 'session')} cannot be read: "
        f"{listed(first, at_most=3)}."
    )


def _check_ids(rows: list[Row], sessions: tuple[Session, ...]) -> None:
    """Check that ids are told apart on every system, and that a dyad is of one family."""
    first: dict[tuple[str, str], tuple[int, str]] = {}
    families: dict[str, tuple[int, str]] = {}
    taken = {folded(session.session) for session in sessions}
    for row, session in zip(rows, sessions, strict=True):
        for column in IDS:
            text = getattr(session, column)
            number, before = first.setdefault((column, folded(text)), (row.number, text))
            if not row.text(column) or number == row.number:
                continue
            if text != before:
                expected = f"ids that differ by more than case, but row {number} has {before!r}"
                row.fault(column, expected, f"Write {before!r}, or choose another id.")
            elif column == "session":
                k = next(k for k in range(2, len(rows) + 3) if folded(f"{text}_{k}") not in taken)
                expected = f"every session once, but row {number} has it too"
                row.fault(column, expected, f"Use another id, such as {safe_id(f'{text}_{k}')!r}.")
        number, family = families.setdefault(session.dyad, (row.number, session.family))
        if family != session.family:
            expected = f"the family of dyad {session.dyad!r} as in row {number}, {family!r}"
            row.fault("family", expected, "Give the dyad one family.")


def _missing_column(sheet: Sheet, name: str, why: str, faults: Faults) -> None:
    others = [column for column in sheet.columns if column not in COLUMNS]
    faults.add(
        f"{faults.file}, row 1: the column {name!r} is missing, and {why}; found "
        f"{', '.join(map(repr, sheet.columns[:12]))}. "
        f"{did_you_mean(name, others) or 'Add the column.'}"
    )


def _read_settings(path: Path) -> Config:
    try:
        return read_config(path)
    except OSError as error:
        raise StudyError(f"{path} cannot be read ({error.strerror}).") from None
