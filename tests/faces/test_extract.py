import json
import pickle
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from attunement import faces, schema
from attunement.config import Config
from attunement.errors import FacesError, VideoError
from attunement.study.sessions import Clock, Span

FAKE = Config(faces={"backend": "fake"})
SIDES = ("left", "right")
VALUES = [*schema.GEOMETRY, *schema.BLENDSHAPES]


@pytest.fixture(scope="module")
def split(painted_split, session_of):
    return session_of("side_by_side", painted_split, painted_split, sides=SIDES)


@pytest.fixture(scope="module")
def table(split):
    return faces.extract_faces(split, FAKE)


def test_table_fits_the_schema_and_its_order(table):
    pd.testing.assert_frame_equal(table, schema.conform(table, schema.FACES))
    assert list(table["person"].unique()) == ["caregiver", "infant"]
    for _, rows in table.groupby("person"):
        assert rows["frame"].tolist() == list(range(140))
        assert rows["time_s"].to_numpy() == pytest.approx(np.arange(140) / 4)


def test_partners_of_a_split_picture_are_told_by_their_half(table):
    caregiver = table[table["person"] == "caregiver"]
    infant = table[table["person"] == "infant"].set_index("frame")
    red = (60 + np.arange(140)) / 255
    assert caregiver["mouthSmileLeft"].to_numpy() == pytest.approx(red, abs=0.03)
    assert set(caregiver["status"]) == {"ok"}
    assert (infant["mouthSmileLeft"].dropna() < 0.05).all()
    gone = infant.loc[20:27]
    assert set(gone["status"]) == {"no_face"}
    assert gone[[*VALUES, *schema.BOX, *schema.POSE, "interocular_px"]].isna().all(axis=None)
    assert (gone["track"] == -1).all()
    assert (infant.drop(gone.index)["status"] == "ok").all()
    assert (caregiver["box_x_px"] + caregiver["box_width_px"] < 160).all()
    assert (infant["box_x_px"].dropna() > 160).all()
    assert (table["role_confidence"] == 1.0).all()


def test_swapped_sides_swap_the_people(split, table, session_of, painted_split):
    swapped = session_of("side_by_side", painted_split, painted_split, sides=SIDES[::-1])
    other = faces.extract_faces(swapped, FAKE)
    for person, now in (("caregiver", "infant"), ("infant", "caregiver")):
        a = table.loc[table["person"] == person, VALUES].reset_index(drop=True)
        b = other.loc[other["person"] == now, VALUES].reset_index(drop=True)
        pd.testing.assert_frame_equal(a, b)


def test_any_number_of_workers_gives_the_same(split, table):
    pd.testing.assert_frame_equal(faces.extract_faces(split, FAKE, 2), table)


def test_spans_are_cut_by_time_and_joined_in_order(split, table):
    tasks = faces.plan_faces(split, FAKE)
    assert [(task.start_s, task.end_s) for task in tasks] == [(0, 30), (30, 60)]
    assert [len(task.frames) for task in tasks] == [120, 20]
    tasks = pickle.loads(pickle.dumps(tasks))
    parts = [faces.extract_span(task, FAKE) for task in tasks]
    tracks = faces.join_spans(split, parts[::-1])
    roles = faces.propose_roles(split, tracks)
    joined = faces.assign_roles(tracks, roles, clock_uncertainty_s=0.0)
    pd.testing.assert_frame_equal(joined, table)


def test_joining_refuses_nothing_and_strangers(split, table):
    with pytest.raises(FacesError, match="no span"):
        faces.join_spans(split, [])
    with pytest.raises(FacesError, match="other"):
        faces.join_spans(split, [table.assign(session="other")])


def test_excluded_frames_are_not_analysed(split, table):
    session = replace(split, exclude=(Span(2.0, 4.0), Span(31.0, 32.0)))
    found = faces.extract_faces(session, FAKE)
    away = found["time_s"].between(2, 4, "left") | found["time_s"].between(31, 32, "left")
    assert ((found["status"] == "excluded") == away).all()
    assert found.loc[away, VALUES].isna().all(axis=None)
    assert (found.loc[~away, "status"] == table.loc[~away, "status"]).all()


def test_frame_rate_thins_out_and_keeps_indices(split, table):
    config = Config(faces={"backend": "fake", "frame_rate_hz": 1})
    found = faces.extract_faces(split, config)
    assert found["frame"].tolist() == 2 * list(range(0, 140, 4))
    same = table[table["frame"] % 4 == 0].reset_index(drop=True)
    assert (found["status"] == same["status"]).all()


def test_frames_that_do_not_decode_are_errors(split, monkeypatch):
    from attunement.faces import span_extraction

    whole = span_extraction.read_frames

    def without_some(*args, **kwargs):
        return (frame for frame in whole(*args, **kwargs) if frame.index not in (5, 6, 125))

    monkeypatch.setattr(span_extraction, "read_frames", without_some)
    found = faces.extract_faces(split, FAKE)
    assert sorted(found.loc[found["status"] == "error", "frame"]) == [5, 5, 6, 6, 125, 125]


def test_two_files_with_an_offset(tmp_path, paint, write_video, session_of):
    first = [paint((160, 160), [(40, 30, 80, 100, (200, 0, 0))])] * 12
    second = [paint((120, 120), [(20, 20, 70, 80, (100, 0, 0))])] * 8
    session = session_of(
        "two_files",
        write_video(tmp_path / "a.mp4", first),
        write_video(tmp_path / "b.mp4", second),
        clock=Clock(offset_s=-0.35),
    )
    found = faces.extract_faces(session, FAKE).groupby("person")
    assert found["time_s"].first().to_dict() == pytest.approx({"caregiver": 0.0, "infant": -0.35})
    assert found.size().to_dict() == {"caregiver": 12, "infant": 8}
    smile = found["mouthSmileRight"].median()
    assert smile["caregiver"] == pytest.approx(200 / 255, abs=0.02)
    assert smile["infant"] == pytest.approx(100 / 255, abs=0.02)


def test_roi_is_a_crop_and_wins_over_the_half(painted_split, session_of):
    rois = ((180, 0, 140, 160), None)
    session = session_of("side_by_side", painted_split, painted_split, sides=SIDES, rois=rois)
    task = faces.plan_faces(session, FAKE)[0]
    assert [w.region for w in task.watched] == [(180, 0, 140, 160), (160, 0, 160, 160)]


def test_roi_outside_the_picture_is_named(painted_split, session_of):
    rois = (None, (200, 0, 200, 160))
    session = session_of("side_by_side", painted_split, painted_split, sides=SIDES, rois=rois)
    with pytest.raises(FacesError, match=r"s1: infant_roi is 200,0,200,160 .* 320 x 160"):
        faces.plan_faces(session, FAKE)


def test_missing_recording_is_an_error_when_planning(tmp_path, session_of):
    session = session_of("one_frame", tmp_path / "none.mp4", tmp_path / "none.mp4")
    with pytest.raises(VideoError, match=r"none\.mp4"):
        faces.plan_faces(session, FAKE)
    with pytest.raises(FacesError, match=r"none\.mp4"):
        faces.tracks_fingerprint(session, FAKE)


def test_one_frame_is_a_guess_without_hints(painted_split, session_of):
    session = session_of("one_frame", painted_split, painted_split)
    assert len(faces.plan_faces(session, FAKE)) == 2
    found = faces.extract_faces(session, FAKE)
    assert (found["role_confidence"].dropna() < 0.9).all()
    hinted = replace(
        session,
        caregiver=replace(session.caregiver, roi=(180, 0, 140, 160)),
        infant=replace(session.infant, roi=(20, 10, 130, 140)),
    )
    told = faces.extract_faces(hinted, FAKE)
    infant = told[told["person"] == "infant"]
    assert (infant["role_confidence"] >= 0.9).all()
    assert (infant["status"] == "ok").all()
    assert (told.loc[told["person"] == "caregiver", "box_x_px"].dropna() > 160).all()


def test_landmarks_survive_parquet(split, tmp_path):
    config = Config(faces={"backend": "fake", "keep_landmarks": True, "frame_rate_hz": 1})
    found = faces.extract_faces(split, config)
    found.to_parquet(tmp_path / "faces.parquet")
    back = pd.read_parquet(tmp_path / "faces.parquet")
    assert back["landmarks"].isna().tolist() == (found["status"] == "no_face").tolist()
    for kept, read in zip(found["landmarks"].dropna(), back["landmarks"].dropna(), strict=True):
        assert read.dtype == np.float32
        assert np.array_equal(kept, read)
        assert len(read) == 478 * 3
    assert "landmarks" not in faces.extract_faces(split, FAKE)


def test_fingerprint_follows_what_the_faces_depend_on(split, tmp_path, painted_split, session_of):
    base = faces.tracks_fingerprint(split, FAKE)
    assert str(painted_split.parent) not in json.dumps(base)
    moved = tmp_path / "elsewhere.mp4"
    moved.write_bytes(painted_split.read_bytes())
    assert (
        faces.tracks_fingerprint(session_of("side_by_side", moved, moved, sides=SIDES), FAKE)
        == base
    )
    scored = Config(faces={"backend": "fake"}, scoring={"window_s": 3})
    assert faces.tracks_fingerprint(split, scored) == base
    for other in (
        faces.tracks_fingerprint(split, Config()),
        faces.tracks_fingerprint(replace(split, clock=Clock(offset_s=1.0)), FAKE),
        faces.tracks_fingerprint(replace(split, exclude=(Span(0, 1),)), FAKE),
        faces.tracks_fingerprint(replace(split, layout="one_frame"), FAKE),
        faces.tracks_fingerprint(
            replace(split, infant=replace(split.infant, roi=(200, 0, 100, 100))), FAKE
        ),
    ):
        assert other != base
    with moved.open("ab") as file:
        file.write(b"x")
    longer = session_of("side_by_side", moved, moved, sides=SIDES)
    assert faces.tracks_fingerprint(longer, FAKE) != base
