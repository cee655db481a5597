# ruff: noqa: E501 - the tables are as their programs write them

import numpy as np
import pandas as pd
import pytest

from attunement import faces, schema
from attunement.config import Config
from attunement.errors import FacesError
from attunement.faces.backends.table import read_table_and_clock
from attunement.study.sessions import Clock, Span

OPENFACE = """frame, face_id, timestamp, confidence, success, pose_Rx, pose_Ry, pose_Rz, AU04_r, AU12_r, AU12_c, x_36, x_45, y_36, y_45
1, 0, 0.000, 0.98, 1, 0.1, -0.2, 0.05, 0.00, 2.50, 1, 100, 160, 50, 50
2, 0, 0.040, 0.30, 1, 0.1, -0.2, 0.05, 1.00, 5.00, 1, 100, 160, 50, 50
3, 0, 0.080, 0.00, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
4, 0, 0.120, 0.98, 1, 0.1, -0.2, 0.05, 5.00, 0.00, 0, 100, 130, 50, 90
"""
PY_FEAT = """frame,FaceRectX,FaceRectY,FaceRectWidth,FaceRectHeight,FaceScore,AU01,AU12,Pitch,Roll,Yaw,input
0.0,10,20,80,90,0.99,0.25,0.5,3.0,1.0,-4.5,a.mp4
1.0,,,,,,,,,,,a.mp4
2.0,10,20,80,90,0.40,0.25,0.5,3.0,1.0,-4.5,a.mp4
"""
LIBREFACE = """frame_idx,frame_time_in_ms,pitch,yaw,roll,facial_expression,au_12,au_1_intensity,au_12_intensity
0,0.0,1.0,2.0,3.0,Happiness,1,0.5,4.0
1,33.3,1.0,2.0,3.0,Neutral,0,0.0,0.0
2,66.7,,,,,,,
"""
FACEREADER = "\n".join(
    [
        "Video analysis detailed log",
        "Face Model:\tBaby 6-24 months",
        "Frame rate\t25",
        "",
        "Video Time\tNeutral\tY - Head Orientation\tX - Head Orientation\tZ - Head Orientation"
        "\tAction Unit 03 + 04 - Brow Knitting and Knotting\tAction Unit 12 - Lip Corner Puller"
        "\tAction Unit 12 - Lip Corner Puller - Left",
        "00:00:00,000\t0,5\t10,5\t-3,0\t1,0\t0,25\t0,75\t0,1",
        "00:00:00,040\tFIND_FAILED" + 6 * "\tFIND_FAILED",
        "00:00:00,080\tFIT_FAILED\t10,5\t-3,0\t1,0\tFIT_FAILED\tFIT_FAILED\tFIT_FAILED",
        "00:01:02,500\t0,5\t10,5\t-3,0\t1,0\tNotActive\tC\tE",
        "",
    ]
)


@pytest.fixture
def read(tmp_path):
    def of(text, name="table.csv", **further):
        (tmp_path / name).write_text(text, encoding=further.pop("encoding", "utf-8"))
        return read_table_and_clock(tmp_path / name, session="s1", person="infant", **further)[0]

    return of


def test_openface(read):
    table = read(OPENFACE)
    assert list(table["status"]) == ["ok", "low_quality", "no_face", "ok"]
    assert list(table["frame"]) == [0, 1, 2, 3]
    assert table["time_s"].to_numpy() == pytest.approx([0, 0.04, 0.08, 0.12])
    assert table["AU12"].to_numpy() == pytest.approx([0.5, np.nan, np.nan, 0.0], nan_ok=True)
    assert table["AU04"].to_numpy() == pytest.approx([0.0, np.nan, np.nan, 1.0], nan_ok=True)
    # Rx turns the nose down and Ry turns it to the left of the picture where they are positive.
    pose = table.loc[0, list(schema.POSE)].to_numpy(float)
    assert pose == pytest.approx(np.degrees([0.2, -0.1, 0.05]))
    assert table["interocular_px"].to_numpy() == pytest.approx([60, 60, np.nan, 50], nan_ok=True)
    assert table["yaw_deg"].notna().tolist() == [True, True, False, True]
    assert (table["track"] == [1, 1, -1, 1]).all()


def test_table_fits_the_schema_and_makes_no_value_up(read):
    table = read(OPENFACE)
    pd.testing.assert_frame_equal(table, schema.conform(table, schema.FACES))
    assert table[[*schema.BLENDSHAPES, *schema.GEOMETRY]].isna().all(axis=None)
    assert set(table.columns) - set(schema.FACES) == {"AU04", "AU12"}


def test_py_feat_needs_the_rate_and_has_none_of_its_own(read):
    table = read(PY_FEAT, rate_hz=25)
    assert list(table["status"]) == ["ok", "no_face", "low_quality"]
    assert table["time_s"].to_numpy() == pytest.approx([0, 0.04, 0.08])
    assert table["AU12"].to_numpy() == pytest.approx([0.5, np.nan, np.nan], nan_ok=True)
    assert table.loc[0, ["yaw_deg", "box_width_px"]].tolist() == [-4.5, 80]
    assert table["interocular_px"].isna().all()
    with pytest.raises(FacesError, match=r"no time stamps.*infant_rate_hz"):
        read(PY_FEAT)


def test_py_feat_radians_beside_a_place_in_space(read):
    text = PY_FEAT.replace("Yaw,input", "Yaw,X,Y,Z,input").replace("3.0,1.0,-4.5", ".1,0,-.2,1,2,3")
    text = text.replace(",,,,,,,,,,,a", ",,,,,,,,,,,,,,a")
    assert read(text, rate_hz=25).loc[0, "yaw_deg"] == pytest.approx(np.degrees(-0.2))


def test_libreface(read):
    table = read(LIBREFACE)
    assert list(table["status"]) == ["ok", "ok", "no_face"]
    assert table["time_s"].to_numpy() == pytest.approx([0, 0.0333, 0.0667])
    assert table["AU12"].to_numpy() == pytest.approx([0.8, 0, np.nan], nan_ok=True)
    assert table["AU01"].to_numpy() == pytest.approx([0.1, 0, np.nan], nan_ok=True)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_baby_facereader_with_decimal_commas(read, encoding):
    table = read(FACEREADER, "log.txt", encoding=encoding)
    assert list(table["status"]) == ["ok", "no_face", "low_quality", "ok"]
    assert table["time_s"].to_numpy() == pytest.approx([0, 0.04, 0.08, 62.5])
    assert table["AU12"].to_numpy() == pytest.approx([0.75, np.nan, np.nan, 0.6], nan_ok=True)
    assert table["AU04"].to_numpy() == pytest.approx([0.25, np.nan, np.nan, 0.0], nan_ok=True)
    assert table.loc[0, list(schema.POSE)].tolist() == [10.5, -3.0, 1.0]


def test_semicolons_and_decimal_commas(read):
    text = LIBREFACE.replace(",", ";").replace(".", ",")
    pd.testing.assert_frame_equal(read(text), read(LIBREFACE, "other.csv"))


def test_offset_and_excluded_spans(read):
    table = read(OPENFACE, offset_s=10.0, exclude=(Span(10.1, 11.0),))
    assert table["time_s"].iloc[0] == 10.0
    assert list(table["status"]) == ["ok", "low_quality", "no_face", "excluded"]
    assert table.loc[3, ["AU12", "yaw_deg", "presence"]].isna().all()


def test_unknown_table_lists_what_was_looked_for(read):
    with pytest.raises(FacesError, match=r"OpenFace: .*AU12_r.*Found: time, smile"):
        read("time,smile\n0,1\n")


def test_empty_missing_and_ambiguous_tables(read, tmp_path):
    with pytest.raises(FacesError, match="empty"):
        read("")
    with pytest.raises(FacesError, match=r"none\.csv cannot be read"):
        read_table_and_clock(tmp_path / "none.csv", session="s1", person="infant")
    with pytest.raises(FacesError, match=r"several rows for 0\.040 s"):
        read(OPENFACE.replace("3, 0, 0.080", "2, 0, 0.040"))


def test_a_table_can_stand_for_one_partner(tmp_path, session_of, paint, write_video):
    (tmp_path / "infant.csv").write_text(OPENFACE)
    video = write_video(
        tmp_path / "a.mp4", [paint((160, 160), [(30, 30, 90, 100, (90, 0, 0))])] * 5
    )
    session = session_of("two_files", video, tmp_path / "infant.csv", clock=Clock(2.0))
    table = faces.extract_faces(session, Config(faces={"backend": "fake"}))
    assert table.groupby("person").size().to_dict() == {"caregiver": 5, "infant": 4}
    infant = table[table["person"] == "infant"]
    assert infant["time_s"].iloc[0] == 2.0
    assert infant["AU12"].iloc[0] == 0.5
    assert table.loc[table["person"] == "caregiver", "AU12"].isna().all()
    fingerprint = faces.tracks_fingerprint(session, Config(faces={"backend": "fake"}))
    assert fingerprint["partners"]["infant"]["table"]
