"""The cards of a study and of a session."""

from __future__ import annotations

from collections.abc import Iterable
from math import isnan
from typing import TYPE_CHECKING

from attunement.cards import Card, count, duration, listed, tally

if TYPE_CHECKING:
    from attunement.study.sessions import Episode, Partner, Session, Span, Study


_CLOCKS = {
    "one_recording": "one recording",
    "manifest": "from the manifest",
    "sound": "by sound",
    "flash": "by a flash",
    "assumed": "taken to begin together",
}


def study_card(study: Study) -> Card:
    """Return how many sessions of whom, how recorded, and what the manifest leaves open."""
    sessions = study.sessions
    dyads = count(len({session.dyad for session in sessions}), "dyad")
    families = count(len({session.family for session in sessions}), "family", "families")
    partners = [partner for session in sessions for partner in session.partners]
    videos = {path for partner in partners for path in partner.videos}
    n_tables = sum(partner.table is not None for partner in partners)
    recorded = [count(len(videos), "video file")] if videos else []
    recorded += [count(n_tables, "table of another program", "tables of other programs")] * (
        n_tables > 0
    )
    return Card(
        f"Study of {count(len(sessions), 'session')}, {dyads}, {families}",
        (
            ("file", str(study.path)),
            ("layouts", tally(session.layout for session in sessions)),
            ("recordings", ", ".join(recorded)),
            ("clocks", tally(_clock(session) for session in sessions)),
            (
                "episodes",
                _episodes(episode for session in sessions for episode in session.episodes),
            ),
            ("excluded", _spans([span for session in sessions for span in session.exclude])),
            ("covariates", listed(_names(sessions), at_most=8)),
            ("missing", _missing(sessions)),
        ),
    )


def session_card(session: Session) -> Card:
    """Return who is to be seen where, on which clock and when."""
    return Card(
        f"Session {session.session} of dyad {session.dyad}, family {session.family}",
        (
            ("layout", session.layout),
            ("caregiver", _footage(session.caregiver)),
            ("infant", _footage(session.infant)),
            ("clock", _clock_of(session)),
            (
                "episodes",
                listed([f"{e.name} {e.start_s:g} to {e.end_s:g} s" for e in session.episodes]),
            ),
            ("excluded", _spans(session.exclude)),
            ("roles", count(len(session.roles), "row") if session.roles else ""),
            (
                "covariates",
                listed([f"{name} {_value(value)}" for name, value in session.covariates]),
            ),
        ),
    )


def _clock(session: Session) -> str:
    if session.clock:
        return _CLOCKS.get(session.clock.source, session.clock.source)
    return "to be found" if session.layout == "two_files" else _CLOCKS["one_recording"]


def _clock_of(session: Session) -> str:
    clock = session.clock
    if clock is None or clock.source == "one_recording":
        return _clock(session)
    known = "" if clock.uncertainty_s is None else f", uncertain by {clock.uncertainty_s:.3g} s"
    return f"offset {clock.offset_s:g} s, drift {clock.drift_ppm:g} ppm{known} ({_clock(session)})"


def _footage(partner: Partner) -> str:
    parts = [str(partner.table)] if partner.table else [listed([str(p) for p in partner.videos])]
    if partner.table_id:
        parts.append(f"identity {partner.table_id}")
    if partner.table_scale is not None:
        parts.append(f"intensities from 0 to {partner.table_scale:g}")
    if partner.side:
        parts.append(partner.side)
    if partner.roi:
        parts.append(f"x, y, width, height {', '.join(map(str, partner.roi))} px")
    if partner.rotation_deg:
        parts.append(f"turned by {partner.rotation_deg} degrees clockwise")
    if partner.neutral:
        parts.append(f"neutral in {_spans(partner.neutral)}")
    return "; ".join(part for part in parts if part)


def _episodes(episodes: Iterable[Episode]) -> str:
    """Return how often each episode is declared and how long they last together."""
    lasting: dict[str, list[float]] = {}
    for episode in episodes:
        lasting.setdefault(episode.name, []).append(episode.end_s - episode.start_s)
    return listed([f"{name} {len(s):,} ({duration(sum(s))})" for name, s in lasting.items()])


def _spans(spans: Iterable[Span]) -> str:
    lengths = [span.end_s - span.start_s for span in spans]
    return f"{count(len(lengths), 'span')}, {duration(sum(lengths))}" if lengths else ""


def _names(sessions: Iterable[Session]) -> list[str]:
    return list(dict.fromkeys(name for session in sessions for name, _ in session.covariates))


def _missing(sessions: tuple[Session, ...]) -> str:
    of_all = [dict(session.covariates) for session in sessions]
    n_missing = {
        name: sum(_is_missing(covariates.get(name)) for covariates in of_all)
        for name in _names(sessions)
    }
    return listed([f"{name} in {n} of {len(sessions)}" for name, n in n_missing.items() if n])


def _is_missing(value: object) -> bool:
    return value is None or value == "" or (isinstance(value, float) and isnan(value))


def _value(value: object) -> str:
    if _is_missing(value):
        return "missing"
    return f"{value:g}" if isinstance(value, float) else str(value)
