"""On which scale intensities of a table are, and what else its cells may hold."""

import numpy as np
import pandas as pd
import pytest

from attunement import schema
from attunement.errors import FacesError, StudyError
from attunement.faces.backends.table import read_table_and_clock
from attunement.signals import compute_signals
from attunement.study import read_study

N = 300
LEVEL = np.round(5 * np.sin(np.linspace(0, 20, N)) ** 2, 2)  # 0 to 5, as OpenFace writes it


def openface(values=LEVEL, **columns):
    table = {
        "frame": np.arange(1, N + 1),
        "face_id": 0,
        "timestamp": np.round(np.arange(N) / 25, 3),
        "confidence": 0.98,
        "success": 1,
        "AU06_r": values,
        "AU12_r": values,
        "AU12_c": 1.0,
    }
    return pd.DataFrame(table | columns)


def py_feat(values=LEVEL / 5, **columns):
    return pd.DataFrame({"FaceScore": 0.99, "AU12": values, "frame": np.arange(N)} | columns)


def libreface(values=LEVEL):
    return pd.DataFrame(
        {
            "frame_idx": np.arange(N),
            "frame_time_in_ms": np.arange(N) * 40.0,
            "au_12": 1,
            "au_12_intensity": values,
        }
    )


def facereader(values=LEVEL / 5):
    times = [f"00:00:{k / 25:06.3f}" for k in range(N)]
    return pd.DataFrame({"Video Time": times, "Action Unit 12 - Lip Corner Puller": values})


@pytest.fixture
def read(tmp_path):
    def of(table, **further):
        path = tmp_path / "infant.csv"
        if isinstance(table, str):
            path.write_text(table)
        else:
            table.to_csv(path, index=False)
        return read_table_and_clock(path, session="s", person="infant", rate_hz=25, **further)[0]

    return of


def test_a_scale_that_the_values_reach_is_not_asked_for(read):
    for table in (openface(), libreface(), py_feat(), facereader()):
        assert read(table)["AU12"].to_numpy() == pytest.approx(LEVEL / 5)


def with_notes(tmp_path, table, **further):
    path = tmp_path / "infant.csv"
    table.to_csv(path, index=False)
    table, clock = read_table_and_clock(path, session="s", person="infant", rate_hz=25, **further)
    of_scale = (note for note in clock.value_notes if not note.startswith("for want of"))
    return table, " ".join(of_scale), clock.is_open


def with_lacking(tmp_path, table):
    path = tmp_path / "infant.csv"
    table.to_csv(path, index=False)
    table, clock = read_table_and_clock(path, session="s", person="infant", rate_hz=25)
    return table, " ".join(n for n in clock.value_notes if n.startswith("for want of"))


@pytest.mark.parametrize(
    ("table", "why"),
    [
        (openface(LEVEL / 5), "more than the 2 decimals that OpenFace writes"),
        (openface(LEVEL * 0.137), "more than the 2 decimals"),
        (openface(np.round(LEVEL / 5, 2)), "several are exactly 1"),
        (openface(LEVEL / 5).drop(columns="face_id"), "several are exactly 1"),
        (libreface(LEVEL / 5), "several are exactly 1"),
    ],
)
def test_shares_under_a_name_of_0_to_5_are_not_divided_again(tmp_path, table, why):
    unit = next(name for name in ("AU12_r", "au_12_intensity") if name in table)
    read, notes, is_open = with_notes(tmp_path, table)
    assert read["AU12"].to_numpy() == pytest.approx(table[unit].to_numpy())
    assert why in notes
    assert "infant_table_scale = 5" in notes
    assert not is_open
    own, notes, _ = with_notes(tmp_path, table, table_scale=5)
    assert own["AU12"].to_numpy() == pytest.approx(table[unit].to_numpy() / 5)
    assert notes == ""


@pytest.mark.parametrize(
    "table",
    [
        openface(np.round(LEVEL * 0.15, 2)),
        # Before 2.0 OpenFace wrote more decimals, and no face_id.
        openface(LEVEL * 0.137).drop(columns="face_id"),
        libreface(LEVEL * 0.137),
    ],
)
def test_weak_intensities_as_the_program_writes_them_are_read_so_and_asked_about(tmp_path, table):
    unit = next(name for name in ("AU12_r", "au_12_intensity") if name in table)
    read, notes, is_open = with_notes(tmp_path, table)
    assert read["AU12"].to_numpy() == pytest.approx(table[unit].to_numpy() / 5)
    assert "infant_table_scale = 5 or infant_table_scale = 1" in notes
    assert is_open
    for scale in (1, 5):
        read, notes, is_open = with_notes(tmp_path, table, table_scale=scale)
        assert read["AU12"].to_numpy() == pytest.approx(table[unit].to_numpy() / scale)
        assert (notes, is_open) == ("", False)


def test_a_table_in_which_nothing_changes_is_named(tmp_path):
    read, notes, is_open = with_notes(tmp_path, openface(1.0))
    assert "no intensity changes in its 300 rows" in notes
    assert (read["AU12"] == 0.2).all()
    assert not is_open


def test_a_short_table_is_read_as_it_is_documented(tmp_path):
    read, notes, _ = with_notes(tmp_path, openface(LEVEL / 5).iloc[:20])
    assert read["AU12"].to_numpy() == pytest.approx(LEVEL[:20] / 25)
    assert notes == ""


def test_rows_without_a_face_say_nothing_of_the_scale(read):
    values = LEVEL.copy()
    values[:10] = 700.0
    table = read(openface(values, success=(np.arange(N) >= 10).astype(int)))
    assert table["AU12"][10:].to_numpy() == pytest.approx(LEVEL[10:] / 5)


@pytest.mark.parametrize(
    ("table", "known"),
    [(openface(LEVEL * 20), 100), (py_feat(LEVEL), 5), (facereader(LEVEL * 20), 100)],
)
def test_intensities_beyond_the_scale_are_asked_about(read, table, known):
    with pytest.raises(FacesError, match=rf"up to .*end at .*infant_table_scale = {known}"):
        reason_and_advice(read, table)
    assert read(table, table_scale=known)["AU12"].to_numpy() == pytest.approx(LEVEL / 5)
    with pytest.raises(FacesError, match=r"up to .*but infant_table_scale is 2"):
        read(table, table_scale=2)


def reason_and_advice(read, table):
    try:
        read(table)
    except FacesError as error:
        raise FacesError(f"{error.reason} {error.advice}") from None


def test_standardised_intensities_are_refused(read):
    z = (LEVEL - LEVEL.mean()) / LEVEL.std()
    for table in (openface(z), py_feat(z)):
        with pytest.raises(
            FacesError, match=r"negative intensities, down to -1\.\d+.*standardised"
        ):
            read(table)


def test_regressions_that_py_feat_does_not_clip_are_read(read):
    values = LEVEL / 5 * 1.2 - 0.1
    assert read(py_feat(values))["AU12"].to_numpy() == pytest.approx(values)


def test_letters_are_shares_of_the_scale_whatever_it_is(read):
    values = [str(v) for v in LEVEL * 20]
    values[3] = "E"
    table = read(facereader(values), table_scale=100)
    assert table.loc[3, "AU12"] == 1
    assert table.loc[4, "AU12"] == pytest.approx(LEVEL[4] / 5)


def test_a_run_that_measured_nothing_is_named(read):
    with pytest.raises(FacesError, match=r"Every intensity of infant\.csv is 0 in all of its 300"):
        read(openface(0, **{f"AU{unit:02d}_r": 0 for unit in (1, 4, 7, 25, 26)}))
    assert (read(openface(0))["AU12"] == 0).all()  # a calm face, of which two units were kept
    for nothing in ("-inf", "inf", "nan", ""):
        with pytest.raises(FacesError, match="no intensity in its 300 rows"):
            read(openface(nothing))


def test_infinite_values_are_missing(read):
    values = [str(v) for v in LEVEL]
    values[5], values[6] = "-inf", "inf"
    table = read(openface(values))
    assert table["AU12"].isna().sum() == 2
    assert np.isfinite(table["AU12"].drop([5, 6])).all()


def test_text_that_a_spreadsheet_made_of_a_number_is_named(read):
    values = [str(v) for v in LEVEL]
    values[7] = values[9] = "01. Feb"
    with pytest.raises(FacesError, match=r"row 9, column AU06_r: found '01\. Feb' \(2 such cells"):
        read(openface(values))
    values[7] = values[9] = "n/a"
    assert read(openface(values))["AU12"].isna().sum() == 2


@pytest.mark.parametrize(("yes", "no"), [("True", "False"), ("TRUE", "FALSE"), ("WAHR", "FALSCH")])
def test_success_in_words(read, yes, no):
    table = read(openface(success=np.where(np.arange(N) % 3 == 0, no, yes)))
    assert (table["status"] == "no_face").sum() == N // 3
    with pytest.raises(FacesError, match=r"row 3, column success: found 'maybe'"):
        read(openface(success=np.where(np.arange(N) == 1, "maybe", yes)))


@pytest.mark.parametrize("written", ["{:g}%", "{:g} %", "{:g}"])
def test_confidence_in_percent(read, written):
    percent = [written.format(30 if k < 60 else 98) for k in range(N)]
    for table in (openface(confidence=percent), py_feat(FaceScore=percent)):
        found = read(table)
        assert (found["status"] == "low_quality").sum() == 60
        assert found["presence"].max() == pytest.approx(0.98)


def test_columns_that_stand_there_twice(read):
    table = openface()
    again = table[["AU12_r"]].set_axis([" AU12_r"], axis=1)
    assert read(pd.concat([table, again], axis=1))["AU12"].to_numpy() == pytest.approx(LEVEL / 5)
    for name in (" AU12_r", "AU12_r"):
        other = (again * 0.5).set_axis([name], axis=1)
        with pytest.raises(FacesError, match="several columns AU12_r, and their values differ"):
            read(pd.concat([table, other], axis=1))
    unread = pd.DataFrame({"note": "a"}, index=table.index), pd.DataFrame({"note": "b"}, index=[0])
    assert len(read(pd.concat([table, *unread], axis=1))) == N


def test_a_row_of_units_is_no_frame(read):
    lines = openface().to_csv(index=False).splitlines()
    units = "no,id,s,share,yes or no,0-5 scale,0-5 scale,c"
    assert len(read("\n".join([lines[0], units, *lines[1:]]))) == N


def test_two_tables_one_below_the_other(read):
    text = openface().to_csv(index=False)
    with pytest.raises(FacesError, match="names its columns again in row 302"):
        read(text + text)


def test_eye_corners_of_a_mesh_of_478_points(read):
    points = {f"{axis}_{k}": 0.0 for k in (33, 36, 45, 263, 477) for axis in "xy"}
    table = py_feat(**points | {"x_33": 10.0, "x_263": 70.0, "x_36": 5.0, "x_45": 6.0})
    assert (read(table)["interocular_px"] == 60).all()
    table = py_feat(x_36=10.0, x_45=50.0, y_36=0.0, y_45=30.0)
    assert (read(table)["interocular_px"] == 50).all()


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("SampleNumber,Timestamp,MediaTime,Joy,Anger,Smile,Brow Furrow,Engagement", "Affectiva"),
        ("#Study : a\n#Date : b\n\nStudyName\tMediaTime\tJoy Evidence\tAU12 Evidence", "FACET"),
        ("frame,timestamp,confidence,success,AU12_c,AU06_c", "presence .* AU01_r, AU02_r"),
        ("frame,face_id,timestamp,confidence,success,pose_Rx", "OpenFace without action units"),
        ("face,confidence,AU12_r", "FaceLandmarkImg"),
        ("frame_idx,frame_time_in_ms,au_1,au_12", "LibreFace .* au_12_intensity"),
        ("frame,FaceScore,Pitch,Roll,Yaw,happiness", "Py-Feat without action units"),
        ("Video Time;Stimulus;Event Marker", "FaceReader without"),
        ("time,mouthSmileLeft,browInnerUp", "MediaPipe's blendshapes"),
    ],
)
def test_what_a_table_is_that_cannot_be_read(read, header, expected):
    cells = header.splitlines()[-1].replace("\t", ",").replace(";", ",").count(",")
    separator = next(s for s in "\t;," if s in header.splitlines()[-1])
    text = f"{header}\n" + f"0{separator * cells}\n" * 3
    with pytest.raises(FacesError, match=f"(?s){expected}"):
        reason_and_advice(read, text)


def study_of(tmp_path, columns, row):
    (tmp_path / "study.toml").write_text("")
    for name in ("c.csv", "i.csv"):
        openface().to_csv(tmp_path / name, index=False)
    (tmp_path / "sessions.csv").write_text(f"session;layout;{columns}\n1;two_files;{row}\n")
    return read_study(tmp_path / "study.toml")


SCALES = "caregiver_table;infant_table;caregiver_table_scale;infant_table_scale"


def test_the_manifest_says_the_scale(tmp_path):
    (session,) = study_of(tmp_path, SCALES, "c.csv;i.csv;1,0;").sessions
    assert (session.caregiver.table_scale, session.infant.table_scale) == (1.0, None)


@pytest.mark.parametrize("cell", ["0-1", "0", "-5", "percent", "1e9"])
def test_a_scale_that_is_none(tmp_path, cell):
    with pytest.raises(StudyError, match=r"infant_table_scale.*such as 1, 5 or 100"):
        study_of(tmp_path, SCALES, f"c.csv;i.csv;;{cell}")


@pytest.mark.parametrize(
    ("table", "unit"),
    [
        (openface().drop(columns="AU12_r"), "AU06"),
        (py_feat().rename(columns={"AU12": "AU25"}), "AU25"),
        (libreface().rename(columns={"au_12_intensity": "au_25_intensity"}), "AU25"),
        (
            facereader().set_axis(["Video Time", "Action Unit 06 - Cheek Raiser"], axis=1),
            "AU06",
        ),
    ],
)
def test_a_table_of_some_units_is_known_without_the_smile_s(tmp_path, table, unit):
    read, notes = with_lacking(tmp_path, table)
    assert read[unit].max() == pytest.approx(1)
    assert "smile (needs AU12)" in notes
    assert "Without smile and distress no valence, congruence or states." in notes


ALL_OF_OPENFACE = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26, 45)
ANGLES = {"pose_Rx": 0.1, "pose_Ry": 0.1, "pose_Rz": 0.1}


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        (ALL_OF_OPENFACE, ""),
        (
            (1, 2, 4, 5, 6, 12, 25, 26),
            "for want of columns distress (needs AU15 or AU20) and anger (needs AU23 or AU24) stay "
            "missing. Without distress no valence, congruence or states.",
        ),
        ((1, 2, 4, 5, 6, 12, 15, 23, 25), ""),
        (
            (1, 2, 5, 12, 20),
            "for want of columns anger (needs AU04 and AU23 or AU24), eye_constriction (needs AU06 "
            "or AU07), mouth_opening (needs AU25, AU26 or AU27) and arousal (needs two of "
            "eye_constriction, mouth_opening, head_movement) stay missing.",
        ),
    ],
)
def test_channels_that_a_table_cannot_give_are_named_with_what_they_need(tmp_path, kept, said):
    units = {f"AU{number:02d}_r": LEVEL for number in kept}
    table = openface(**ANGLES).drop(columns=["AU06_r", "AU12_r"]).assign(**units)
    assert with_lacking(tmp_path, table)[1] == said


def test_without_angles_of_the_head_its_movement_is_named(tmp_path):
    units = {f"AU{number:02d}_r": LEVEL for number in ALL_OF_OPENFACE}
    notes = with_lacking(tmp_path, openface(**units))[1]
    assert notes == (
        "for want of columns head_movement (needs the angles of the head) stays missing."
    )


def test_a_unit_without_any_value_is_as_good_as_none(tmp_path):
    units = {f"AU{number:02d}_r": LEVEL for number in ALL_OF_OPENFACE}
    table = openface(**units, **ANGLES).assign(AU15_r=np.nan, AU20_r=np.nan)
    assert "distress (needs AU15 or AU20) stays" in with_lacking(tmp_path, table)[1]


def test_the_channels_that_are_named_are_those_that_are_missing(tmp_path):
    units = {f"AU{number:02d}_r": LEVEL for number in (4, 12, 25)}
    table, notes = with_lacking(tmp_path, openface(**units, **ANGLES).drop(columns="AU06_r"))
    signals = compute_signals(table.assign(session="s")).query("person == 'infant'")
    for name in schema.CHANNELS:
        is_named = f"{name} (needs" in notes or f"no {name}" in notes
        assert signals[name].isna().all() == is_named, name
