"""Checking one session: what can be read, who is seen, and what is wrong with its times."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from attunement.checking import clock_advice, table_advice
from attunement.checking.advice import Judged, judge
from attunement.checking.footage import Footage, group_footage
from attunement.checking.looks import analysed_spans
from attunement.checking.moves import across_recordings, move_sentences
from attunement.checking.overlap import together_sentence
from attunement.checking.pictures import write_pictures
from attunement.checking.watching import (
    N_PICTURES,
    Pictured,
    Seen,
    doubted,
    read_rows,
    watch,
)
from attunement.checking.who import besides, not_filled, told, with_parts
from attunement.clock import find_clock
from attunement.errors import AttunementError, OutputError, as_told
from attunement.faces import plan_faces
from attunement.faces.places import Look
from attunement.faces.plan import SPAN_S, table_task
from attunement.faces.same_faces import same_faces
from attunement.faces.span_extraction import extract_span
from attunement.schema import PARTNER_OF, PERSONS
from attunement.study import Clock, Partner, Session, Span, check_times
from attunement.study.recordings import Absent
from attunement.video import probe_video

# The columns of the table, with their types; docs/check.md explains them.
COLUMNS = {
    "session": "str", "person": "str", "duration_s": "float64", "rate_hz": "float64",
    "decodable_share": "float64", "found_share": "float64", "usable_share": "float64",
    "interocular_px": "float64", "yaw_deg": "float64", "pitch_deg": "float64", "verdict": "str",
    "advice": "str", **clock_advice.COLUMNS, "face": "str", "role_confidence": "float64",
}  # fmt: skip


@dataclass(frozen=True)
class SessionCheck:
    """What checking one session gave.

    Attributes
    ----------
    rows : tuple of dict
        The caregiver's row and the infant's, with the columns of `COLUMNS`.
    run_s : float
        What extracting its faces will take in one process, in seconds; 0 where it cannot be run.
    indivisible_s : float
        The longest piece of that which one process does alone.
    """

    session: str
    rows: tuple[dict[str, object], ...]
    run_s: float
    indivisible_s: float


def check_session(session: Session, *, model: Path | None, pictures: Path | None) -> SessionCheck:
    """Check one session; whatever is wrong with it is in its rows.

    Raises
    ------
    OutputError
        When a picture cannot be written.
    """
    try:
        return _checked(session, model=model, pictures=pictures)
    except OutputError:
        raise
    except Exception as error:  # a defect in one session must not cost the others
        return unreadable(session, as_told(error))


def _checked(session: Session, *, model: Path | None, pictures: Path | None) -> SessionCheck:
    if empty := not_filled(session):
        own = dict.fromkeys(_fault_of(session, partner) for partner in session.partners)
        if broken := " ".join(filter(None, own)):
            return _unreadable_rows(session, dict.fromkeys(PERSONS, broken))
        said = f"Nothing can be looked at: {empty}. Fill it in, or remove the row."
        return _unreadable_rows(session, dict.fromkeys(PERSONS, said), empty="")
    clock = find_clock(session)
    known = told(session)
    session = with_parts(replace(session, clock=clock))
    sources = group_footage(plan_faces(session, session.config), session.config)
    by_person = {w.person: source for source in sources for w in source.watched}
    faults, spans = _times(session, by_person)
    if one_face := _same_faces(session, by_person):
        faults = [one_face, *faults]
    of_tables, explained = table_advice.of_tables(sources)
    together = "" if explained else together_sentence(session, by_person)
    seen: dict[str, Seen] = {}
    pictured: list[list[Pictured]] = []
    run_s = 0.0
    who: list[str] = [together] if together else []
    looks: dict[str, list[Look]] = {}
    for source in sources:
        if source.table is not None:
            watching = read_rows(source, session.config.signals, spans)
        else:
            n_pictures = N_PICTURES if pictures is not None else 0
            watching = watch(source, session, known, spans, model=model, n_pictures=n_pictures)
        who += watching.sentences
        if watching.looks:
            looks[source.watched[0].person] = watching.looks
        seen |= {one.person: one for one in watching.seen}
        pictured.append(watching.pictures)
        run_s += watching.run_s
    if pictures is not None:
        write_pictures(pictures, session.session, pictured)
    if found := across_recordings(looks):
        duration_s = by_person["caregiver"].duration_s
        who += move_sentences(session, found, is_told=True, duration_s=duration_s)
        seen = {person: doubted(one, session, found) for person, one in seen.items()}
    both = [seen[person] for person in PERSONS]
    judged = judge(session, both, spans=spans, faults=faults, who=who)
    rows = tuple(
        _row(session.session, one, said, clock, of_tables[one.person])
        for one, said in zip(both, judged, strict=True)
    )
    longest_s = max((source.duration_s for source in sources if source.table is None), default=0.0)
    indivisible_s = run_s * min(1.0, SPAN_S / longest_s) if longest_s > 0 else run_s
    return SessionCheck(session.session, rows, run_s, indivisible_s)


def _same_faces(session: Session, by_person: dict[str, Footage]) -> str:
    tables = {person: one.table for person, one in by_person.items() if one.table is not None}
    return same_faces(session, tables)


def _times(session: Session, by_person: dict[str, Footage]) -> tuple[list[str], list[Span]]:
    caregiver, infant = by_person["caregiver"], by_person["infant"]
    faults = check_times(session, caregiver.duration_s, infant_duration_s=infant.duration_s)
    start_s = max(0.0, infant.offset_s)
    end_s = min(caregiver.duration_s, infant.offset_s + infant.duration_s)
    if end_s <= start_s:
        start_s, end_s = 0.0, caregiver.duration_s
    spans = analysed_spans(start_s, end_s, episodes=session.episodes, exclude=session.exclude)
    if not spans:
        faults = faults or [
            "Nothing is left to analyse: every episode lies in time that is excluded or that only "
            "one of the two recordings has. Correct episodes, exclude or offset_s."
        ]
        spans = analysed_spans(start_s, end_s, episodes=(), exclude=())
    return faults, spans


def _row(
    session: str, seen: Seen, judged: Judged, clock: Clock, of_table: Sequence[str]
) -> dict[str, object]:
    # Whatever the pictures are like, half of what a session is recorded for is then lost; and what
    # a table means is for the user to say.
    is_open = seen.footage.clock is not None and seen.footage.clock.is_open
    not_good = (clock.source == "assumed" or is_open) and judged.verdict == "good"
    return {
        "session": session,
        "person": seen.person,
        "duration_s": seen.footage.duration_s,
        "rate_hz": seen.footage.rate_hz,
        **judged.measures,
        **clock_advice.clock_cells(clock),
        "face": "" if seen.named.is_told else seen.named.label,
        "role_confidence": seen.named.confidence,
        "verdict": "usable" if not_good else judged.verdict,
        "advice": " ".join(
            filter(None, [*clock_advice.clock_sentences(clock), *of_table, judged.advice])
        ),
    }


def unreadable(session: Session, error: AttunementError) -> SessionCheck:
    """Return the rows of a session that cannot be checked; the error is their advice."""
    said = {person: _say(error) for person in PERSONS}
    if session.layout == "two_files" or all(p.table for p in session.partners):
        # Of two broken recordings a run would name the first only.
        own = {p.person: _fault_of(session, p) for p in session.partners}
        broken = {person: fault for person, fault in own.items() if fault}
        for person in PERSONS if broken else ():
            said[person] = (
                broken.get(person)
                or f"The {PARTNER_OF[person]}'s recording or table cannot be used, see there."
            )
    return _unreadable_rows(session, said)


def without_files(session: Session, files: Sequence[Absent]) -> SessionCheck:
    """Return the rows of a session of which files cannot be read, each under whose it is."""
    of: dict[str, list[str]] = {person: [] for person in PERSONS}
    for one in files:
        for person in PERSONS:
            if one.column.startswith(person) or not one.column.startswith(PERSONS):
                of[person].append(f"{one.reason} {one.advice}".strip())
    said = {
        person: " ".join(sentences)
        or f"The {PARTNER_OF[person]}'s recording cannot be used, see there."
        for person, sentences in of.items()
    }
    return _unreadable_rows(session, said)


def _unreadable_rows(
    session: Session, advice: Mapping[str, str], *, empty: str | None = None
) -> SessionCheck:
    # All at once, so that the manifest is gone back to once.
    empty = besides(session) if empty is None else empty
    rows: tuple[dict[str, object], ...] = tuple(
        {
            "session": session.session,
            "person": person,
            "verdict": "unreadable",
            "advice": f"{advice[person]} {empty}".strip(),
            "face": "",
        }
        for person in PERSONS
    )
    return SessionCheck(session.session, rows, 0.0, 0.0)


def _fault_of(session: Session, partner: Partner) -> str:
    try:
        if partner.table is not None:
            extract_span(table_task(session, partner), session.config)
        elif partner.videos:
            probe_video(partner.videos)
    except Exception as error:  # a defect in one recording must not hide the other's fault
        return _say(as_told(error))
    return ""


def _say(error: AttunementError) -> str:
    return f"{error.reason} {error.advice}".strip().replace("\n", " ")


def to_table(checks: Sequence[SessionCheck]) -> pd.DataFrame:
    """Return the rows of all sessions, one a session and person, in the order given."""
    rows = [row for check in checks for row in check.rows]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.astype(COLUMNS)
