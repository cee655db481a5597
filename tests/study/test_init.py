import csv
import tomllib
from fractions import Fraction
from pathlib import Path, PurePosixPath

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attunement.config import Config, read_config
from attunement.errors import OutputError, StudyError
from attunement.study import init_study, read_study
from attunement.study.ids import folded, id_fault
from attunement.study.naming import propose_sessions
from attunement.study.template import study_toml


def film(path: Path, width: int, height: int, *, sample_aspect_ratio: str = "1") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(sample_aspect_ratio)
        picture = np.full((height, width, 3), 90, np.uint8)
        for _ in range(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
        container.mux(stream.encode())


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "sessions.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def proposed(*names: str) -> list[tuple[str, str]]:
    """The id of every session, and what stands in its video cells."""

    def cell(recording):
        return "" if recording is None else "|".join(map(str, recording.files))

    return [
        (p.session, cell(p.shared) or f"{cell(p.caregiver)} + {cell(p.infant)}")
        for p in propose_sessions(map(PurePosixPath, names))
    ]


@pytest.mark.parametrize(
    ("width", "height", "ratio", "layout"),
    [(320, 120, "1", "side_by_side"), (160, 120, "1", "one_frame"), (240, 128, "1", "one_frame"),
     (120, 180, "1", "top_bottom"), (160, 120, "2", "side_by_side"), (320, 120, "1/2", "one_frame"),
     (120, 120, "3/4", "top_bottom")],
)  # fmt: skip
def test_the_size_of_the_displayed_picture_tells_the_layout(tmp_path, width, height, ratio, layout):
    film(tmp_path / "a.mp4", width, height, sample_aspect_ratio=ratio)
    init_study(tmp_path)
    (row,) = rows(tmp_path)
    assert row["layout"] == layout
    assert row["video"] == "a.mp4"
    assert row["caregiver_side"] == ""


def test_a_started_study_reads_but_for_what_is_to_fill_in(tmp_path):
    film(tmp_path / "wide.mp4", 320, 120)
    film(tmp_path / "sub" / "-one.mp4", 160, 120)
    film(tmp_path / "017_mother.mp4", 160, 120)
    film(tmp_path / "017_Infant.MP4", 160, 120)
    (tmp_path / "018.avi").write_bytes(b"no video")
    written = init_study(tmp_path)
    assert written == (tmp_path / "study.toml", tmp_path / "sessions.csv")
    by_session = {row["session"]: row for row in rows(tmp_path)}
    assert set(by_session) == {"017", "018", "wide", "one"}
    assert by_session["017"]["layout"] == "two_files"
    assert by_session["017"]["caregiver_video"] == "017_mother.mp4"
    assert by_session["017"]["infant_video"] == "017_Infant.MP4"
    assert by_session["one"]["video"] == "sub/-one.mp4"
    assert by_session["018"]["layout"] == ""
    with pytest.raises(StudyError) as caught:
        read_study(tmp_path)
    faults = sorted(
        fault.split("; expected")[0].split("column ")[1] for fault in caught.value.faults
    )
    assert faults == ["caregiver_side: found an empty cell", "layout: found an empty cell"]
    text = (tmp_path / "sessions.csv").read_text()
    text = text.replace("018,,,", "018,,one_frame,").replace("wide.mp4,,,,", "wide.mp4,,,left,")
    (tmp_path / "sessions.csv").write_text(text)
    study = read_study(tmp_path)
    assert study.config == Config()
    assert {s.session for s in study.sessions} == set(by_session)


def test_what_is_there_is_kept(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"x")
    (tmp_path / "sessions.csv").write_text("mine")
    with pytest.raises(OutputError, match=r"sessions\.csv already") as caught:
        init_study(tmp_path)
    assert "study.toml" not in str(caught.value)
    assert not (tmp_path / "study.toml").exists()
    assert (tmp_path / "sessions.csv").read_text() == "mine"
    init_study(tmp_path, overwrite=True)
    assert rows(tmp_path)[0]["session"] == "a"
    with pytest.raises(OutputError, match=r"study\.toml and sessions\.csv already"):
        init_study(tmp_path)
    (tmp_path / "sessions.xlsx").touch()
    with pytest.raises(OutputError, match=r"sessions\.xlsx already"):
        init_study(tmp_path, overwrite=True)


def test_a_folder_without_videos_is_said(tmp_path):
    (tmp_path / "a.txt").touch()
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "a.mp4").touch()
    (tmp_path / "._b.mp4").touch()
    with pytest.raises(StudyError, match="No video found"):
        init_study(tmp_path)
    with pytest.raises(StudyError, match="not a folder"):
        init_study(tmp_path / "a.txt")
    assert not (tmp_path / "study.toml").exists()


def test_a_name_that_no_manifest_can_hold_is_said(tmp_path):
    (tmp_path / "a|b.mp4").touch()
    with pytest.raises(StudyError, match=r"a\|b\.mp4.*Rename"):
        init_study(tmp_path)


@pytest.mark.parametrize(
    "words", [("mother", "infant"), ("Mom", "BABY"), ("cg", "inf"), ("father", "child"),
              ("caregiver", "infant"), ("mum", "baby"), ("dad", "inf"), ("parent", "child"),
              ("adult", "infant")],
)  # fmt: skip
@pytest.mark.parametrize(
    "form", ["017_{}.mp4", "{} 017.mp4", "017-{}-play.mp4", "x/{}/017.mp4", "17/{}.mp4"]
)
def test_pairs_are_told_from_words_in_names(words, form):
    caregiver, infant = (form.format(word) for word in words)
    ((session, cell),) = proposed(caregiver, infant)
    assert cell == f"{caregiver} + {infant}"
    assert session.startswith(("17", "017"))


@pytest.mark.parametrize(
    ("names", "sessions"),
    [
        (["motherhood.mp4", "infants.mp4"],
         [("infants", "infants.mp4"), ("motherhood", "motherhood.mp4")]),
        (["17_mother_infant.mp4"], [("17_mother_infant", "17_mother_infant.mp4")]),
        (["17_mother.mp4", "18_infant.mp4"],
         [("17_mother", "17_mother.mp4 + "), ("18_infant", " + 18_infant.mp4")]),
        (["1_mother.mp4", "1_father.mp4", "1_infant.mp4"],
         [("1_father", "1_father.mp4 + "), ("1_infant", " + 1_infant.mp4"),
          ("1_mother", "1_mother.mp4 + ")]),
        (["a/1_mother.mp4", "b/1_infant.mp4"],
         [("1_mother", "a/1_mother.mp4 + "), ("1_infant", " + b/1_infant.mp4")]),
        (["17_1.mts", "17_2.mts"], [("17_1", "17_1.mts"), ("17_2", "17_2.mts")]),
        (["17_part1.mts", "17_part2.mts"], [("17", "17_part1.mts|17_part2.mts")]),
        (["17 Chapter 10.mts"] + [f"17 Chapter {k}.mts" for k in range(1, 10)],
         [("17", "|".join(f"17 Chapter {k}.mts" for k in range(1, 11)))]),
        (["17_part1.mts", "17_part3.mts"],
         [("17_part1", "17_part1.mts"), ("17_part3", "17_part3.mts")]),
        (["17_part1.mts"], [("17_part1", "17_part1.mts")]),
        (["a/part1.mts", "a/part2.mts"], [("a", "a/part1.mts|a/part2.mts")]),
        (["17_mother_part1.mp4", "17_mother_part2.mp4", "17_baby.mp4"],
         [("17", "17_mother_part1.mp4|17_mother_part2.mp4 + 17_baby.mp4")]),
        (["GX010007.MP4", "GX020007.MP4", "GX010008.MP4"],
         [("GX0007", "GX010007.MP4|GX020007.MP4"), ("GX010008", "GX010008.MP4")]),
        (["GP010007.MP4", "GOPR0007.MP4"], [("GOPR0007", "GOPR0007.MP4|GP010007.MP4")]),
        (["a/1.mp4", "b/1.mp4"], [("a_1", "a/1.mp4"), ("b_1", "b/1.mp4")]),
        (["1.mp4", "1.avi"], [("1_1", "1.avi"), ("1_2", "1.mp4")]),
        (["10.mp4", "9.mp4"], [("9", "9.mp4"), ("10", "10.mp4")]),
        (["con.mp4"], [("id_con", "con.mp4")]),
    ],
)  # fmt: skip
def test_what_names_tell(names, sessions):
    assert proposed(*names) == sessions


NAME = st.lists(
    st.sampled_from(["017", "18", "mother", "Baby", "part1", "part 2", "_", "-", " ", "é", "CON",
                     "=", "GX010001", "x" * 60]),
    min_size=1, max_size=4,
).map("".join)  # fmt: skip


@given(
    st.sets(
        st.tuples(st.sampled_from(["", "a/", "mother/", "infant/"]), NAME), min_size=1, max_size=12
    )
)
def test_every_video_is_in_one_session_and_every_id_is_safe(names):
    files = {f"{folder}{name}.mp4" for folder, name in names}
    proposals = propose_sessions(map(PurePosixPath, files))
    used = [
        str(file)
        for p in proposals
        for recording in (p.shared, p.caregiver, p.infant)
        if recording is not None
        for file in recording.files
    ]
    assert sorted(used) == sorted(files)
    ids = [p.session for p in proposals]
    assert [id_fault(text) for text in ids] == [""] * len(ids)
    assert len({folded(text) for text in ids}) == len(ids)


def test_the_settings_stand_at_their_defaults_with_what_they_mean(tmp_path):
    text = study_toml()
    assert tomllib.loads(text) == {name: {} for name in Config.model_fields}
    uncommented = "\n".join(
        line.removeprefix("# ") for line in text.splitlines() if " = " in line or line[:1] == "["
    )
    (tmp_path / "study.toml").write_text(uncommented)
    assert read_config(tmp_path / "study.toml") == Config()
    settings = tomllib.loads(uncommented)
    for name in ("faces", "signals", "scoring", "association"):
        fields = Config.model_fields[name].annotation.model_fields
        assert set(settings[name]) == set(fields)
        assert all(field.description in text for field in fields.values())
