"""Sessions in which one recording, or one table, is named for both partners."""

from collections.abc import Sequence

from attunement.cards import listed
from attunement.study.sessions import Session


def one_source(session: Session) -> str:
    """Return what is said where both partners have the same recording or table; else nothing.

    It is said and not refused: a recording that shows both may be meant, by mistake under this
    layout, and a pipeline may be tried out with one file. Where regions or identities tell the
    partners apart, nothing is said.

    Parameters
    ----------
    session : Session

    Returns
    -------
    str
        One sentence and what to do, or an empty text.
    """
    caregiver, infant = session.partners
    if caregiver.table is not None and caregiver.table == infant.table:
        if caregiver.table_id != infant.table_id:
            return ""
        return (
            "The columns caregiver_table and infant_table both name"
            f" {caregiver.table.name}, and the same rows of it: one face stands for both persons,"
            " and what is scored is a face beside itself. Give each person's own table, or, where"
            " one holds both, say in caregiver_table_id and infant_table_id who is who."
        )
    same = bool(caregiver.videos) and caregiver.videos == infant.videos
    if session.layout == "two_files" and same and caregiver.roi == infant.roi:
        return (
            "The columns caregiver_video and infant_video both name"
            f" {caregiver.videos[0].name}: one face stands for both persons, and what is scored is"
            " a face beside itself. Give each person's own recording, or, where one shows both,"
            " write side_by_side, top_bottom or one_frame as layout and the file as video."
        )
    return ""


def one_source_lines(sessions: Sequence[Session]) -> list[str]:
    """Return `one_source` of several sessions, the same thing once with the sessions' ids."""
    by_kind: dict[str, list[tuple[str, str]]] = {}
    for session in sessions:
        if said := one_source(session):
            by_kind.setdefault(said.split(" both ")[0], []).append((session.session, said))
    lines = []
    for found in by_kind.values():
        (first, said), *others = found
        also = f" So it is with {listed([name for name, _ in others])}." if others else ""
        lines.append(f"{first}: {said}{also}")
    return lines
