"""What starting a study says of what it could not tell."""

import csv
import shutil
from pathlib import Path, PurePosixPath

import av
import numpy as np
import pytest

from attunement.checking import examine_study
from attunement.errors import StudyError
from attunement.study import init_study, read_study
from attunement.study.init import start_study, started_text
from attunement.study.naming import propose_sessions, role_of

OPENFACE = (
    "frame, timestamp, confidence, success, AU01_r, AU02_r, AU04_r, AU12_r\n1,0,1,1,0,0,0,0\n"
)


def film(path: Path, size=(160, 120), *, level=90, n=3, **how) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", **how) as container:
        stream = container.add_stream("mpeg2video", rate=25)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for k in range(n):
            picture = np.full((size[1], size[0], 3), level + k, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
        container.mux(stream.encode())
    return path


def rows(folder: Path) -> dict[str, dict[str, str]]:
    with (folder / "sessions.csv").open(encoding="utf-8", newline="") as file:
        return {row["session"]: row for row in csv.DictReader(file)}


def told(folder: Path) -> str:
    return "\n".join(start_study(folder, overwrite=True).untold)


def test_what_is_plain_is_not_doubted(tmp_path):
    film(tmp_path / "017_mother.mp4", level=60)
    film(tmp_path / "017_baby.mp4", level=90)
    assert told(tmp_path) == ""
    text = started_text(start_study(tmp_path, overwrite=True), tmp_path)
    assert "could not" not in text
    assert f"attunement check {tmp_path} --pictures {tmp_path}/looks" in text


def test_a_file_that_does_not_open_is_named_with_the_reason(tmp_path):
    whole = film(tmp_path / "a.mp4").read_bytes()
    (tmp_path / "b.mp4").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "c.mp4").write_bytes(b"")
    film(tmp_path / "d_mother.mp4", level=60)
    (tmp_path / "d_baby.mp4").write_bytes(b"no video")
    said = told(tmp_path)
    assert "b.mp4 does not open: it is an MP4 or MOV file without a readable index" in said
    assert "c.mp4 is empty (0 bytes)." in said
    assert "The layout of session b is left empty." in said
    assert "d_baby.mp4 does not open" in said
    assert [rows(tmp_path)[name]["layout"] for name in "abcd"] == [
        "one_frame", "", "", "two_files"
    ]  # fmt: skip


def test_chapters_are_written_out_and_asked_for(tmp_path):
    for name in ("p_part1.mp4", "p_part2.mp4"):
        film(tmp_path / name, level=40 + len(name) + int(name[6]))
    for number in (4, 5, 6, 9):
        film(tmp_path / f"0000{number}.MTS", level=80 + 5 * number, format="mpegts")
    said = told(tmp_path)
    assert "p_part1.mp4|p_part2.mp4" in said
    assert rows(tmp_path)["p"]["video"] == "p_part1.mp4|p_part2.mp4"
    assert "00004.MTS|00005.MTS" in said
    assert "00004.MTS, 00005.MTS, 00006.MTS, 00009.MTS differ by a number alone" in said
    assert "as large as" not in said
    # As large as a card of old lets a file become: what follows goes on with it.
    with (tmp_path / "00005.MTS").open("ab") as file:
        file.truncate(4_290_000_000)
    assert "00005.MTS is as large as such cameras let a file become" in told(tmp_path)
    assert "00005.MTS|00006.MTS" in told(tmp_path)


def test_the_likely_partner_of_a_lone_recording_is_proposed(tmp_path):
    film(tmp_path / "P09_mother.mp4", level=40)
    film(tmp_path / "P9_baby.mp4", level=50)
    film(tmp_path / "P10_infant.mp4", level=60)
    said = told(tmp_path)
    assert "If it is P9_baby.mp4, write that there and remove the row of session P9_baby." in said
    assert "P10_infant.mp4 says that it shows the infant" in said
    assert "caregiver_video is left empty. Name it there, or remove the row." in said
    assert "P10_mother" not in said


@pytest.mark.parametrize(
    ("one", "other"),
    [("cam1.mp4", "cam2.mp4"), ("P1 camera A.mp4", "P1 camera B.mp4"), ("x_L.mp4", "x_R.mp4"),
     ("x_left.mp4", "x_right.mp4"), ("3-front.mp4", "3-side.mp4")],
)  # fmt: skip
def test_two_cameras_of_one_session_are_asked_for(tmp_path, one, other):
    film(tmp_path / "P10" / one, level=50)
    film(tmp_path / "P10" / other, level=70)
    said = told(tmp_path)
    assert f"P10/{one} and P10/{other} may be two cameras of one session" in said
    assert "by a number alone" not in said


def test_files_that_are_no_cameras_are_not_taken_for_them(tmp_path):
    for k, name in enumerate(("a.mp4", "c.mp4", "left_play.mp4", "right_talk.mp4", "abc.mp4")):
        film(tmp_path / name, level=50 + 9 * k)
    assert "cameras" not in told(tmp_path)


def test_tables_of_faces_stand_in_for_recordings(tmp_path):
    film(tmp_path / "1_mother.mp4", level=40)
    film(tmp_path / "1_infant.mp4", level=50)
    for name in ("1_mother.csv", "8_mother.csv", "8_infant.csv", "loose.csv"):
        (tmp_path / name).write_text(OPENFACE)
    (tmp_path / "outcomes.csv").write_text("session,iq\n1,100\n")
    said = told(tmp_path)
    made = rows(tmp_path)
    assert made["8"]["layout"] == "two_files"
    assert (made["8"]["caregiver_table"], made["8"]["infant_table"]) == (
        "8_mother.csv", "8_infant.csv"
    )  # fmt: skip
    assert made["1"]["caregiver_video"] == "1_mother.mp4"
    assert made["1"]["caregiver_table"] == ""
    assert set(made) == {"1", "8"}
    assert "1_mother.csv, loose.csv: faces measured by another program." in said
    assert "1 .csv." in said
    read_study(tmp_path)


def test_a_folder_of_tables_is_a_study(tmp_path):
    (tmp_path / "1_mother.csv").write_text(OPENFACE)
    (tmp_path / "1_infant.csv").write_text(OPENFACE.replace("0,0,0,0", "0,0,0,1"))
    assert len(init_study(tmp_path)) == 2
    assert len(read_study(tmp_path).sessions) == 1


def test_columns_are_those_that_the_layouts_need(tmp_path):
    film(tmp_path / "one.mp4")
    init_study(tmp_path)
    assert {"caregiver_roi", "infant_roi"} <= set(rows(tmp_path)["one"])
    assert "caregiver_table" not in rows(tmp_path)["one"]
    (tmp_path / "one.mp4").unlink()
    film(tmp_path / "wide.mp4", (320, 120))
    init_study(tmp_path, overwrite=True)
    assert "caregiver_roi" not in rows(tmp_path)["wide"]


def test_layouts_from_the_shape_are_said_to_be_guesses(tmp_path):
    film(tmp_path / "phone.mp4", (144, 256), level=30)
    film(tmp_path / "high.mp4", (120, 180), level=50)
    film(tmp_path / "wide.mp4", (320, 120), level=70)
    said = told(tmp_path)
    assert "Layout one_frame is a guess from the shape of the picture for phone (144 x 256)" in said
    assert "Layout top_bottom is a guess from the shape of the picture for high (120 x 180)" in said
    assert (
        "Layout side_by_side is a guess from the shape of the picture for wide (320 x 120)" in said
    )


def test_what_is_left_out_is_counted(tmp_path):
    film(tmp_path / "a.mp4", level=40)
    film(tmp_path / "old.vob", level=50, format="vob")
    shutil.copy(tmp_path / "a.mp4", tmp_path / "copy of a.mp4")
    for name in ("._a.mp4", ".DS_Store", "notes.docx", "b.docx", "script.ts", ".P3.mov.icloud"):
        (tmp_path / name).write_bytes(b"x")
    film(tmp_path / "stream.ts", level=60, format="mpegts")
    said = told(tmp_path)
    assert set(rows(tmp_path)) == {"a", "copy of a", "old", "stream"}
    assert "1 file that macOS writes beside others (._a.mp4)" in said
    assert "2 .docx, 1 .ts." in said
    assert "P3.mov: only a place holder is here" in said
    assert "a.mp4 and copy of a.mp4 hold the same" in said


def test_partners_are_told_in_other_languages_and_spellings():
    pairs = [("mutter", "kind"), ("mère", "bébé"), ("padre", "niño"), ("mommy", "toddler")]
    for caregiver, infant in (*pairs, ("me\u0300re", "be\u0301be\u0301")):
        names = [PurePosixPath(f"017_{word}.mp4") for word in (caregiver, infant)]
        assert [role_of(name) for name in names] == ["caregiver", "infant"]
        (proposal,) = propose_sessions(names)
        assert proposal.session == "017"
        assert proposal.caregiver.files == (names[0],)


def test_a_check_begins_where_init_left_off(tmp_path):
    film(tmp_path / "wide.mp4", (320, 120), n=40)
    film(tmp_path / "P9_baby.mp4", level=50, n=40)
    (tmp_path / "cut.mp4").write_bytes(b"no video")
    init_study(tmp_path)
    (tmp_path / "study.toml").write_text('[faces]\nbackend = "fake"\n')
    with pytest.raises(StudyError):
        read_study(tmp_path)
    table = examine_study(read_study(tmp_path, who_needed=False)).table
    first = table.drop_duplicates("session").set_index("session")["advice"]
    assert "caregiver_side = left" in first["wide"]
    assert first["cut"].startswith("cut.mp4 is not a video")
    assert "Besides, layout is empty" in first["cut"]
    assert "caregiver_video is empty" in first["P9_baby"]
