"""A check of a study in which it is not yet said who is who."""

import sys

import cv2
import numpy as np
import pandas as pd
import pytest

from attunement import check_study
from attunement.checking.session import COLUMNS
from attunement.checking.text import to_text
from attunement.cli import main
from attunement.errors import FacesError, StudyError
from attunement.faces import plan_faces
from attunement.study import read_study

LEFT, RIGHT = (10, 20, 110, 120), (180, 30, 100, 110)


@pytest.fixture(scope="module")
def pictures_of(tmp_path_factory, film):
    folder = tmp_path_factory.mktemp("who")
    wide = {"duration_s": 70, "size": (320, 160)}
    return {
        "both": film(folder / "both.mp4", [LEFT, RIGHT], **wide),
        "left": film(folder / "left.mp4", [LEFT], **wide),
        "tall": film(
            folder / "tall.mp4",
            [(20, 10, 110, 120), (20, 190, 110, 120)],
            duration_s=70,
            size=(160, 320),
        ),
        "later": film(folder / "later.mp4", lambda t: [LEFT, RIGHT] if t > 5 else [LEFT], **wide),
    }


@pytest.fixture
def checked(write_study):
    def checked(**row):
        folder = write_study({"session": "a", **row})
        return check_study(read_study(folder, who_needed=False)).set_index("face")

    return checked


def pasted(table, label):
    """The cells that the advice gives in case that this face is the caregiver's."""
    lines = to_text(table.reset_index()).splitlines()
    first = lines.index(f"  If {label} is the caregiver:") + 1
    cells = {}
    while first < len(lines) and lines[first].startswith("    ") and " = " in lines[first]:
        column, cell = lines[first].strip().split(" = ")
        cells[column] = cell
        first += 1
    return cells


def test_the_side_of_the_caregiver_may_be_told_after_the_check(checked, pictures_of, write_study):
    row = {"layout": "side_by_side", "video": pictures_of["both"]}
    table = checked(**row)
    assert set(table.index) == {"A", "B"}
    assert (table["verdict"] == "not_scorable").all()
    assert (table["found_share"] == 1).all()
    assert (table["role_confidence"] < 0.9).all()
    assert pasted(table, "A") == {"caregiver_side": "left"}
    assert pasted(table, "B") == {"caregiver_side": "right"}
    assert table.loc["A", "interocular_px"] > table.loc["B", "interocular_px"]
    assert (
        "Expected usable time once it is known whose face it is: 70 s of 70 s."
        in table.loc["A", "advice"]
    )
    folder = write_study({"session": "a", **row, **pasted(table, "B")})
    after = check_study(read_study(folder)).set_index("person")
    assert set(after["verdict"]) == {"good"}
    assert after.loc["caregiver", "interocular_px"] == table.loc["B", "interocular_px"]
    assert set(after["face"]) == {""}


def test_parts_above_each_other_are_told_too(checked, pictures_of):
    table = checked(layout="top_bottom", video=pictures_of["tall"])
    assert pasted(table, "B") == {"caregiver_side": "bottom"}
    assert "in the upper part" in table.loc["A", "advice"]


def test_starting_regions_are_the_manifests_own_spelling(checked, pictures_of, write_study):
    row = {"layout": "one_frame", "video": pictures_of["both"]}
    table = checked(**row)
    cells = pasted(table, "A")
    assert list(cells) == ["caregiver_roi", "infant_roi"]
    for cell, (x, y, width, height) in zip(cells.values(), (LEFT, RIGHT), strict=True):
        left, top, wide, high = map(int, cell.split(","))
        assert left <= x
        assert top <= y + 4
        assert left + wide >= x + width - 4
        assert top + high >= y + height - 4
    assert pasted(table, "B")["caregiver_roi"] == cells["infant_roi"]
    folder = write_study({"session": "a", **row, **cells})
    after = check_study(read_study(folder)).set_index("person")
    assert set(after["verdict"]) == {"good"}
    assert after.loc["caregiver", "interocular_px"] > after.loc["infant", "interocular_px"]


def test_one_region_leaves_the_other_a_guess_with_its_confidence(checked, pictures_of):
    table = checked(layout="one_frame", video=pictures_of["both"], infant_roi="170,20,120,130")
    assert list(table.index) == ["A", ""]
    assert "a guess (confidence 0.80 of 1)" in table.loc["A", "advice"]
    assert table.loc["", "verdict"] == "good"
    assert table.loc["A", "role_confidence"] == 0.8
    assert "If A is the caregiver: caregiver_roi = " in table.loc["A", "advice"]


def test_who_is_not_there_at_the_start_is_said(checked, pictures_of):
    table = checked(layout="one_frame", video=pictures_of["later"])
    assert "B the one not seen at the start" in table.loc["A", "advice"]
    assert list(pasted(table, "A")) == ["caregiver_roi"]
    assert list(pasted(table, "B")) == ["infant_roi"]


def test_roles_csv_is_not_said_to_be_missing(write_study, pictures_of):
    folder = write_study({"session": "a", "layout": "one_frame", "video": pictures_of["both"]})
    (folder / "roles.csv").write_text("session,track,person\na,0,caregiver\na,1,infant\n")
    table = check_study(read_study(folder))
    assert set(table["verdict"]) == {"good"}
    assert "roles.csv" in table["advice"][0]
    assert "nothing is scored" not in table["advice"][0]


def test_a_part_without_a_face_is_said(checked, pictures_of):
    table = checked(layout="side_by_side", video=pictures_of["left"])
    advice = table.loc["B", "advice"]
    assert "No face of B is found in any of the sampled frames of left.mp4, on the right" in advice
    assert "only A's on the other side" in advice


def test_a_region_without_a_face_is_said_and_where_one_is(checked, pictures_of, write_study):
    row = {"layout": "side_by_side", "caregiver_side": "left", "video": pictures_of["both"]}
    table = checked(**row, infant_roi="130,0,40,40")
    advice = table[table["person"] == "infant"]["advice"].iloc[0]
    assert "of both.mp4, region 130,0,40,40, but one is seen outside of it." in advice
    lines = [line.strip() for line in to_text(table.reset_index()).splitlines()]
    cell = next(line for line in lines if line.startswith("infant_roi = ")).split(" = ")[1]
    folder = write_study({"session": "a", **row, "infant_roi": cell})
    after = check_study(read_study(folder)).set_index("person")
    assert after.loc["infant", "verdict"] == "good"
    other = checked(**{**row, "video": pictures_of["left"]}, infant_roi="170,0,100,100")
    advice = other[other["person"] == "infant"]["advice"].iloc[0]
    assert "region 170,0,100,100, only the caregiver's on the other side" in advice


def test_only_who_is_who_may_be_missing(write_study, pictures_of):
    row = {"session": "a", "layout": "side_by_side", "video": pictures_of["both"]}
    with pytest.raises(StudyError, match="caregiver_side"):
        read_study(write_study(row))
    for wrong in ({"caregiver_side": "top"}, {"layout": "split"}):
        with pytest.raises(StudyError):
            read_study(write_study({**row, **wrong}), who_needed=False)
    (session,) = read_study(write_study(row), who_needed=False).sessions
    with pytest.raises(FacesError, match=r"caregiver_side \(left or right\)"):
        plan_faces(session, session.config)


def test_pictures_show_a_and_b_in_their_own_pixels(
    write_study, pictures_of, tmp_path, monkeypatch, capsys
):
    folder = write_study({"session": "a", "layout": "side_by_side", "video": pictures_of["both"]})
    looks = tmp_path / "looks"
    monkeypatch.setattr(sys, "argv", ["attunement", "check", str(folder), "--pictures", str(looks)])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 1
    said = capsys.readouterr().out
    assert f"\n  {looks}\n" in said
    assert "as safe as the recordings" in said
    assert len(list(looks.iterdir())) == 4
    picture = cv2.imread(str(looks / "a_4.png")).astype(int)
    assert picture.shape == (160, 320, 3)
    yellow = np.abs(picture - (90, 235, 250)).max(axis=2) < 8
    violet = np.abs(picture - (245, 130, 225)).max(axis=2) < 8
    assert yellow[70:140, :158].sum() > 300
    assert violet[70:140, 162:].sum() > 300
    assert violet[70:140, :158].sum() == yellow[70:140, 162:].sum() == 0


def test_cells_stand_alone_whatever_the_next_sentence_begins_with():
    said = "If B is the caregiver: caregiver_side = right. 300 of 901 pictures of a.webm are late."
    row = dict.fromkeys(COLUMNS, np.nan) | {"session": "a", "face": "", "verdict": "good"}
    table = pd.DataFrame([row | {"person": p, "advice": said} for p in ("caregiver", "infant")])
    assert to_text(table).splitlines()[-3:] == [
        "  If B is the caregiver:",
        "    caregiver_side = right",
        "  300 of 901 pictures of a.webm are late.",
    ]
