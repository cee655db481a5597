"""A user's roles.csv: read as it is copied and edited, its faults listed at once."""

from math import inf

import pytest

from attunement.errors import StudyError
from attunement.study import read_study
from attunement.study.faults import Faults
from attunement.study.roles import read_roles
from attunement.study.sessions import Role


@pytest.fixture
def read(tmp_path):
    def reading(text, sessions=("s1", "s2")):
        path = tmp_path / "roles.csv"
        path.write_text(text, encoding="utf-8")
        faults = Faults("roles.csv")
        return read_roles(path, sessions, faults), faults.sentences

    return reading


def test_a_copied_and_edited_table_is_read(read):
    found, faults = read(
        "session,track,start_s,end_s,person,role_confidence,evidence,x_px,y_px\n"
        "s1,0,0.0,12.5,caregiver,1,colours,120.5,88.0\n"
        "s1,1,0:00,0:12.5,infant,0.95,colours,1,2\n"
        "s2,3,1.0,2.0,Other,,,,\n"
    )
    assert faults == []
    assert found["s1"] == (
        Role(0, "caregiver", 0.0, 12.5, 1.0, 2),
        Role(1, "infant", 0.0, 12.5, 0.95, 3),
    )
    assert found["s2"] == (Role(3, "other", 1.0, 2.0, 1.0, 4),)


def test_three_columns_are_enough(read):
    found, faults = read("session;track;person\ns1;4;infant\n")
    assert faults == []
    assert found == {"s1": (Role(4, "infant", -inf, inf, 1.0, 2),)}


@pytest.mark.parametrize(
    ("row", "column", "expected"),
    [
        ("s3,0,1,2,infant,1", "session", "the id of a session in the manifest"),
        ("s1,first,1,2,infant,1", "track", "the number of a track"),
        ("s1,-1,1,2,infant,1", "track", "the number of a track"),
        ("s1,0,1,2,infnat,1", "person", "Did you mean 'infant'?"),
        ("s1,0,2,2,infant,1", "end_s", "an end after the start '2'"),
        ("s1,0,soon,2,infant,1", "start_s", "a time in seconds"),
        ("s1,0,1,2,infant,90", "role_confidence", "a number from 0 to 1"),
        ("s1,0,1,2,infant,sure", "role_confidence", "a number from 0 to 1"),
    ],
)
def test_a_fault_names_row_and_column(read, row, column, expected):
    found, faults = read(f"session,track,start_s,end_s,person,role_confidence\n{row}\n")
    assert found == {}
    assert len(faults) == 1
    assert faults[0].startswith(f"roles.csv, row 2, column {column}: found ")
    assert expected in faults[0]


def test_overlapping_spans_are_named_with_the_other_row(read):
    _, faults = read(
        "session,track,start_s,end_s,person\n"
        "s1,0,0,10,infant\ns1,1,9,12,infant\ns1,0,8,9,other\ns1,2,0,20,other\ns2,5,0,10,infant\n"
    )
    assert len(faults) == 2
    assert faults[0].startswith("roles.csv, row 3, column person")
    assert "infant is track 0 in row 2 up to 0:00:10" in faults[0]
    assert faults[1].startswith("roles.csv, row 4, column track")


def test_all_faults_come_at_once_with_those_of_the_manifest(tmp_path):
    (tmp_path / "study.toml").write_text("")
    (tmp_path / "sessions.csv").write_text("session,layout,video\ns1,one_fram,none.mp4\n")
    (tmp_path / "roles.csv").write_text("session,track,person\ns9,0,infant\ns1,0,mother\n")
    with pytest.raises(StudyError) as caught:
        read_study(tmp_path)
    text = str(caught.value)
    for place in ("sessions.csv, row 2, column layout", "roles.csv, row 2", "roles.csv, row 3"):
        assert place in text


def test_a_column_that_is_missing_is_named(read):
    found, faults = read("session,track,who\ns1,0,infant\n")
    assert found == {}
    assert faults == [
        "roles.csv, row 1: the column 'person' is missing; found session, track, who."
    ]
