from pathlib import Path

import pytest

from attunement.errors import OutputError
from attunement.study.places import Places


def test_files_lie_where_the_contract_says():
    places = Places(Path("OUT"))
    assert [p.as_posix() for p in (places.scores, places.scores_by_episode, places.windows,
                                   places.events, places.failures, places.study)] == [
        "OUT/scores.csv", "OUT/scores_by_episode.csv", "OUT/windows.parquet",
        "OUT/events.parquet", "OUT/failures.csv", "OUT/study.json",
    ]  # fmt: skip
    session = places.session("007")
    assert [p.as_posix() for p in (session.faces, session.signals, session.windows,
                                   session.events, session.provenance)] == [
        f"OUT/sessions/007/{name}"
        for name in ("faces.parquet", "signals.parquet", "windows.parquet", "events.parquet",
                     "provenance.json")
    ]  # fmt: skip


@pytest.mark.parametrize("session", ["..", "a/b", "", "CON"])
def test_no_session_lies_outside(session):
    with pytest.raises(OutputError, match="folder name"):
        Places(Path("OUT")).session(session)
