import zipfile
from datetime import datetime, time, timedelta

import openpyxl
import pytest

from attunement.errors import StudyError
from attunement.study import Episode, read_study

HEADER = ["session", "layout", "video"]


@pytest.fixture
def save(make_study, tmp_path):
    """Save rows as sessions.xlsx (cells may be (value, number format)); return the study.toml."""

    def save(rows, *, title="Sheet1", other=None):
        workbook = openpyxl.Workbook()
        sheet = workbook.active
        if other is not None:
            sheet.append(other)
            sheet = workbook.create_sheet(title)
        sheet.title = title
        for r, row in enumerate(rows, start=1):
            for c, value in enumerate(row, start=1):
                if isinstance(value, tuple):
                    sheet.cell(r, c, value[0]).number_format = value[1]
                else:
                    sheet.cell(r, c, value)
        workbook.save(tmp_path / "sessions.xlsx")
        return make_study()

    return save


def test_a_workbook_reads_as_what_it_shows(save, tmp_path):
    rows = [
        ["Session", "layout ", "video", "offset_s", "age", "when", "consent", "note"],
        [("7", "@"), "one_frame", " a.mp4", -0.4, 3, datetime(2024, 1, 31), True, None],
        [],
        [(8, "000"), "one_frame", "b.mp4", "1,5", 3.25, time(2, 0), False, timedelta(minutes=90)],
    ]
    study = read_study(save(rows))
    first, second = study.sessions
    assert (first.session, second.session) == ("7", "008")
    assert first.caregiver.videos == (tmp_path / "a.mp4",)
    assert (first.clock.offset_s, second.clock.offset_s) == (-0.4, 1.5)
    assert dict(first.covariates) == {
        "age": 3.0, "when": "2024-01-31", "consent": "TRUE", "note": None,
    }  # fmt: skip
    assert dict(second.covariates) == {
        "age": 3.25, "when": "02:00:00", "consent": "FALSE", "note": "1:30:00",
    }  # fmt: skip
    assert study.table["session"].tolist() == ["7", "008"]


def test_percent_beside_plain_numbers_is_seen(save):
    rows = [
        ["session", "layout", "video", "share", "mixed"],
        ["1", "one_frame", "a.mp4", (0.45, "0%"), (0.45, "0%")],
        ["2", "one_frame", "b.mp4", (0.075, "0.0%"), 45],
    ]
    cells = [dict(session.covariates) for session in read_study(save(rows)).sessions]
    assert [row["share"] for row in cells] == [0.45, 0.075]
    assert [row["mixed"] for row in cells] == ["45%", "45"]


def test_faults_of_a_workbook_name_row_and_column(save):
    rows = [HEADER, [1, "one_frame", "a.mp4"], [None, None, None], ["a/b", "one", "x.mp4|"]]
    with pytest.raises(StudyError) as caught:
        read_study(save(rows))
    assert sorted(fault.split(":")[0] for fault in caught.value.faults) == [
        "sessions.xlsx, row 4, column layout",
        "sessions.xlsx, row 4, column session",
        "sessions.xlsx, row 4, column video",
    ]


def test_a_formula_without_a_saved_value_is_a_fault(save):
    with pytest.raises(StudyError) as caught:
        read_study(save([[*HEADER, "age"], [1, "one_frame", "a.mp4", "=1+1"]]))
    (fault,) = caught.value.faults
    assert fault.startswith("sessions.xlsx, row 2, column D: found '=1+1'; expected a value")


def test_a_formula_with_a_saved_value_is_that_value(save, tmp_path):
    path = save([[*HEADER, "age", "note"], [1, "one_frame", "a.mp4", "=1+1", '=""']])
    _edit(
        tmp_path / "sessions.xlsx",
        (b"<f>1+1</f><v></v>", b"<f>1+1</f><v>2</v>"),
        (b'<c r="E2"><f>""</f><v></v>', b'<c r="E2" t="str"><f>""</f><v></v>'),
    )
    (session,) = read_study(path).sessions
    assert dict(session.covariates)["age"] == 2.0


def test_the_sheet_named_sessions_is_preferred(save):
    rows = [HEADER, [1, "one_frame", "a.mp4"]]
    assert read_study(save(rows, title="Sessions", other=["Notes"])).sessions[0].session == "1"
    with pytest.raises(StudyError, match="'session' is missing"):
        read_study(save(rows, title="more", other=["Notes"]))


def test_a_formatted_cell_far_below_is_no_hindrance(save, tmp_path):
    rows = [HEADER, [1, "one_frame", "a.mp4"]]
    path = save(rows)
    workbook = openpyxl.load_workbook(tmp_path / "sessions.xlsx")
    workbook.active.cell(300_000, 200).number_format = "0.00"
    workbook.save(tmp_path / "sessions.xlsx")
    assert len(read_study(path).sessions) == 1


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"session,layout\n"])
def test_what_is_no_workbook_is_refused(make_study, tmp_path, content):
    (tmp_path / "sessions.xlsx").write_bytes(content)
    with pytest.raises(StudyError, match=r"sessions\.xlsx cannot be read"):
        read_study(make_study())


def test_a_zip_that_is_no_workbook_is_refused(make_study, tmp_path):
    with zipfile.ZipFile(tmp_path / "sessions.xlsx", "w") as file:
        file.writestr("a", "b")
    with pytest.raises(StudyError, match=r"sessions\.xlsx cannot be read"):
        read_study(make_study())


def test_times_of_the_episode_file_that_a_spreadsheet_rewrote(make_study):
    manifest = "session,layout,video\n1,one_frame,a.mp4\n2,one_frame,b.mp4\n"
    episodes = (
        "Session;Episode;Start;End\n1;play;00:00:00;02:00:00\n1;rest;02:00:00;2:30:00,5\n;;;\n"
    )
    first, second = read_study(make_study(manifest, episodes=episodes)).sessions
    assert first.episodes == (Episode("play", 0, 7200), Episode("rest", 7200, 9000.5))
    assert second.episodes == ()


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("session,episode,start,stop\n1,play,0,5", "row 1", "'end' is missing"),
        ("session,episode,begin,end\n1,play,0,5", "row 1", "'start' is missing"),
        ("session,episode,start,end\n11,play,0,5", "row 2, column session", "Did you mean '1'?"),
        ("session,episode,start,end\n1,,0,5", "row 2, column episode", "name of an episode"),
        ("session,episode,start,end\n1,play,x,5", "row 2, column start", "[h:]mm:ss"),
        ("session,episode,start,end\n1,play,0,-5", "row 2, column end", "negative"),
        ("session,episode,start,end\n1,play,5,5", "row 2, column end", "after the start"),
        ("session,episode,start,end\n1,a,0,5\n1,b,4,6", "row 3, column session", "'b' starts"),
        ("session,episode,start,end\n1,a,0,5\n1,a,5,6", "row 3, column session", "twice"),
    ],
)
def test_faults_of_the_episode_file(make_study, text, place, words):
    with pytest.raises(StudyError) as caught:
        read_study(make_study("session,layout,video\n1,one_frame,a.mp4\n", episodes=text))
    (fault,) = caught.value.faults
    assert fault.startswith(f"episodes.csv, {place}:")
    assert words in fault


def test_episodes_in_both_places_are_a_fault(make_study):
    manifest = "session,layout,video,episodes\n1,one_frame,a.mp4,play=0-5\n"
    with pytest.raises(
        StudyError, match=r"row 2, column episodes: found 'play=0-5'.*episodes\.csv"
    ):
        read_study(make_study(manifest, episodes="session,episode,start,end\n1,play,0,5\n"))


def _edit(path, *changes):
    with zipfile.ZipFile(path) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    name = "xl/worksheets/sheet1.xml"
    for before, after in changes:
        parts[name] = parts[name].replace(b"<v />", b"<v></v>").replace(b"<v/>", b"<v></v>")
        assert before in parts[name]
        parts[name] = parts[name].replace(before, after)
    with zipfile.ZipFile(path, "w") as file:
        for name, content in parts.items():
            file.writestr(name, content)


def test_a_title_above_the_names_is_one_fault_that_says_where_they_are(save):
    rows = [["Sessions of the study"], [], ["session", "layout", "video", "note"]]
    rows += [[f"s{k}", "one_frame", "x.mp4", None] for k in range(9)]
    with pytest.raises(StudyError) as caught:
        read_study(save(rows))
    (fault,) = caught.value.faults
    assert "row 1: expected the names of the columns, found 'Sessions of the study'" in fault
    assert "Row 3 may hold the names ('session', 'layout', 'video', 'note', ...)" in fault


def test_a_column_without_a_name_is_one_fault(save):
    rows = [[None, "session", "layout", "video"]]
    rows += [[k, f"s{k}", "one_frame", "x.mp4"] for k in range(9)]
    with pytest.raises(StudyError) as caught:
        read_study(save(rows))
    faults = [fault for fault in caught.value.faults if "no name" in fault]
    assert len(faults) == 1
    assert "row 2, column A: found '0'" in faults[0]
    assert "8 rows more" in faults[0]
