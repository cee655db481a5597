from pathlib import Path

import pytest

from attunement.errors import OutputError
from attunement.pipeline.places import Places


def test_files_lie_where_the_contract_says():
    places = Places(Path("OUT"))
    names = ("scores", "scores_by_episode", "windows", "events", "failures", "study", "log")
    assert [places.path(name).as_posix() for name in names] == [
        "OUT/scores.csv", "OUT/scores_by_episode.csv", "OUT/windows.parquet",
        "OUT/events.parquet", "OUT/failures.csv", "OUT/study.json", "OUT/log.jsonl",
    ]  # fmt: skip
    session = places.session("007")
    names = ("faces", "roles", "signals", "windows", "scores", "clock", "provenance")
    assert [session.path(name).as_posix() for name in names] == [
        f"OUT/sessions/007/{name}"
        for name in ("faces.parquet", "roles.csv", "signals.parquet", "windows.parquet",
                     "scores.parquet", "clock.json", "provenance.json")
    ]  # fmt: skip


@pytest.mark.parametrize("session", ["..", "a/b", "", "CON"])
def test_no_session_lies_outside(session):
    with pytest.raises(OutputError, match="folder name"):
        Places(Path("OUT")).session(session)
