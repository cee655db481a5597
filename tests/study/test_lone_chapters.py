"""Names of one partner's recordings that look like chapters of one."""

from pathlib import PurePosixPath

import pytest

from attunement.study.lone_chapters import lone_chapters
from attunement.study.naming import propose_sessions


def said(*names):
    proposals = propose_sessions([PurePosixPath(name) for name in names])
    return lone_chapters([p for p in proposals if bool(p.caregiver) != bool(p.infant)])


@pytest.mark.parametrize(
    ("first", "second", "partner"),
    [
        ("03_mother_a.mp4", "03_mother_b.mp4", "03_baby.mp4"),
        ("03_mother_1.mp4", "03_mother_2.mp4", "03_baby.mp4"),
        ("mother_1.mp4", "mother_2.mp4", "baby.mp4"),
        ("S7_Mutter_Teil1.mp4", "S7_Mutter_Teil2.mp4", "S7_Kind.mp4"),
        ("S7_Teil_1_Mutter.MOV", "S7_Teil_2_Mutter.MOV", "s7_kind.mp4"),
        ("mother/03-1.mp4", "mother/03-2.mp4", "baby/03.mp4"),
    ],
)
def test_the_cell_is_proposed_in_the_row_of_the_partner(first, second, partner):
    (sentence,), spoken = said(second, partner, first)
    assert f"write {first}|{second} under caregiver_video of session" in sentence
    assert "remove the rows of" in sentence
    assert len(spoken) == 3


def test_chapters_of_the_infant_without_a_partner_need_a_word_or_a_letter():
    (sentence,), spoken = said("S7_Kind_Teil1.mp4", "S7_Kind_Teil2.mp4", "S8_Mutter.mp4")
    assert "write S7_Kind_Teil1.mp4|S7_Kind_Teil2.mp4 under infant_video" in sentence
    assert "caregiver_video is left empty" in sentence
    assert (
        "remove the row of S7_Teil2." in sentence or "remove the row of S7_Kind_Teil2" in sentence
    )
    assert len(spoken) == 2
    assert said("S7_baby_1.mp4", "S7_baby_2.mp4", "S8_mother.mp4") == ([], set())


@pytest.mark.parametrize(
    "names",
    [
        ("03_mother_1.mp4", "03_mother_2.mp4", "03_baby_1.mp4", "03_baby_2.mp4"),
        ("03_mother_1.mp4", "03_mother_2.mp4", "03_baby_1.mp4"),
        ("mother_01.mp4", "mother_02.mp4", "baby_03.mp4"),
        ("03_mother_2.mp4", "03_mother_4.mp4", "03_baby.mp4"),
        ("03_mother.mp4", "03_baby.mp4"),
        ("03_mother_1.mp4", "03_mother_2.csv", "03_baby.mp4"),
    ],
)
def test_visits_and_sessions_are_not_taken_for_chapters(names):
    assert said(*names) == ([], set())
