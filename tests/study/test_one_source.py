from dataclasses import replace
from pathlib import Path

import pytest

from attunement.study import Partner, Session
from attunement.study.one_source import one_source, one_source_lines


def session_of(name="s1", layout="two_files", caregiver=None, infant=None):
    return Session(
        session=name, dyad=name, family=name, layout=layout,
        caregiver=Partner(person="caregiver", **(caregiver or {})),
        infant=Partner(person="infant", **(infant or {})),
    )  # fmt: skip


VIDEO = {"videos": (Path("a.mp4"),)}
TABLE = {"table": Path("a.csv")}


@pytest.mark.parametrize(("source", "named"), [(VIDEO, "a.mp4"), (TABLE, "a.csv")])
def test_one_file_for_both_partners_is_named(source, named):
    said = one_source(session_of(caregiver=source, infant=source))
    assert f"both name {named}" in said
    assert "one face stands for both persons" in said


@pytest.mark.parametrize(
    ("layout", "caregiver", "infant"),
    [
        ("two_files", VIDEO, {"videos": (Path("b.mp4"),)}),
        ("two_files", VIDEO | {"roi": (0, 0, 9, 9)}, VIDEO | {"roi": (9, 0, 9, 9)}),
        ("side_by_side", VIDEO, VIDEO),
        ("one_frame", VIDEO, VIDEO),
        ("two_files", TABLE | {"table_id": "0"}, TABLE | {"table_id": "1"}),
        ("two_files", TABLE, {"table": Path("b.csv")}),
        ("two_files", TABLE, VIDEO),
    ],
)
def test_partners_that_are_told_apart_are_not_accused(layout, caregiver, infant):
    assert one_source(session_of(layout=layout, caregiver=caregiver, infant=infant)) == ""


def test_the_same_thing_is_said_once_of_several_sessions():
    both = session_of(caregiver=VIDEO, infant=VIDEO)
    sessions = [replace(both, session=f"s{k}") for k in range(3)]
    (line,) = one_source_lines([*sessions, session_of("s9")])
    assert line.startswith("s0: The columns caregiver_video and infant_video both name a.mp4")
    assert line.endswith("So it is with s1, s2.")
