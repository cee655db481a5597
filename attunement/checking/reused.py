"""Tables that are the other partner's in another session, as after a slip of a row."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from attunement.checking.session import SessionCheck
from attunement.study import Session


def name_reused(
    sessions: Sequence[Session], checks: Sequence[SessionCheck]
) -> tuple[SessionCheck, ...]:
    """Return the checks, with a sentence for tables of a caregiver here and an infant there.

    One table of one person in several sessions may be a long recording cut by episodes, and one of
    both persons is told apart by its identities.
    """
    users: dict[tuple[Path, str], list[tuple[str, str]]] = {}
    for session in sessions:
        for partner in session.partners:
            if partner.table is not None:
                users.setdefault((partner.table, partner.table_id), []).append(
                    (session.session, partner.person)
                )
    told: dict[tuple[str, str], str] = {}
    for (path, _), named in users.items():
        for session_id, person in named:
            other = next((one for one in named if one[0] != session_id and one[1] != person), None)
            if other is not None:
                told[session_id, person] = (
                    f"{path.name} is also the {other[1]}'s in session {other[0]}: one of them names"
                    " the wrong table."
                )
    return tuple(
        replace(check, rows=tuple(_with(row, told) for row in check.rows)) for check in checks
    )


def _with(row: dict[str, object], told: dict[tuple[str, str], str]) -> dict[str, object]:
    sentence = told.get((str(row["session"]), str(row["person"])))
    if sentence is None:
        return row
    verdict = "usable" if row["verdict"] == "good" else row["verdict"]
    return row | {"advice": f"{sentence} {row['advice']}".strip(), "verdict": verdict}
