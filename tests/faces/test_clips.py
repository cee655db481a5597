"""Real faces: coverage of the shared clips, and two people who are never mixed up."""

from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from attunement import faces
from attunement.schema import BLENDSHAPES
from attunement.study.sessions import Span
from attunement.video import read_frames

pytestmark = pytest.mark.shared_data


@pytest.fixture(scope="module")
def clip(shared):
    return lambda name: shared / "clips" / name


def shares(table):
    return table.groupby("person")["status"].value_counts(normalize=True)


def pictures(path: Path, n: int, size, step=1):
    """The first frames of a clip on a canvas of width x height."""
    for frame in islice(read_frames(path), 0, n * step, step):
        rgb = frame.rgb()
        canvas = np.zeros((size[1], size[0], 3), np.uint8)
        canvas[: rgb.shape[0], : rgb.shape[1]] = rgb[: size[1], : size[0]]
        yield canvas


def test_two_real_people_side_by_side_are_never_mixed_up(clip, tmp_path, write_video, session_of):
    half = (640, 360)
    one, other = clip("webcam_expressions.mp4"), clip("single_face.mp4")
    pairs = zip(pictures(one, 36, half, 2), pictures(other, 36, half, 2), strict=True)
    path = write_video(tmp_path / "split.mp4", (np.hstack(pair) for pair in pairs), rate_hz=12)
    table = faces.extract_faces(session_of("side_by_side", path, path, sides=("left", "right")))
    assert set(table["status"]) == {"ok"}
    middle = table["box_x_px"] + table["box_width_px"] / 2
    assert ((middle < 640) == (table["person"] == "caregiver")).all()
    # Each keeps the size of face that the person has in the clip of their own.
    first_seconds = (Span(3.0, 1e6),)
    alone = faces.extract_faces(session_of("two_files", one, other, exclude=first_seconds))
    for person, rows in table.groupby("person"):
        own = alone.loc[alone["person"] == person].iloc[:72:2].reset_index(drop=True)
        rows = rows.reset_index(drop=True)
        assert rows["interocular_px"].to_numpy() == pytest.approx(own["interocular_px"], rel=0.08)
        smiles = [name for name in BLENDSHAPES if name.startswith("mouthSmile")]
        assert (rows[smiles] - own[smiles]).abs().median().max() < 0.05


def test_partner_who_is_not_there_has_rows_and_no_values(clip, tmp_path, write_video, session_of):
    frames = [
        np.hstack([picture, np.full_like(picture, 90)])
        for picture in pictures(clip("single_face.mp4"), 10, (640, 360))
    ]
    path = write_video(tmp_path / "alone.mp4", frames)
    table = faces.extract_faces(session_of("side_by_side", path, path, sides=("left", "right")))
    caregiver, infant = (table[table["person"] == person] for person in ("caregiver", "infant"))
    assert set(caregiver["status"]) == {"ok"}
    assert set(infant["status"]) == {"no_face"}
    assert infant[[*BLENDSHAPES, "lip_gap", "yaw_deg", "box_x_px"]].isna().all(axis=None)


@pytest.mark.slow
def test_clip_with_a_face_in_73_of_169_frames(clip, session_of):
    table = faces.extract_faces(
        session_of("two_files", clip("noface_face.mov"), clip("single_face.mp4"))
    )
    caregiver = table[table["person"] == "caregiver"]
    assert len(caregiver) == 169
    assert abs((caregiver["status"] == "ok").sum() - 73) <= 2
    assert shares(table)["infant", "ok"] == 1.0


@pytest.mark.slow
def test_clear_faces_are_found_nearly_always(clip, session_of):
    table = faces.extract_faces(
        session_of("two_files", clip("webcam_expressions.mp4"), clip("infant_webcam.mp4")),
        workers=2,
    )
    assert shares(table)["caregiver", "ok"] > 0.99
    assert shares(table)["infant", "ok"] > 0.98


@pytest.mark.slow
def test_profiles_are_not_passed_off_as_faces(clip, session_of):
    video = clip("caregiver_infant_peekaboo.mp4")
    table = faces.extract_faces(session_of("one_frame", video, video))
    assert (table["role_confidence"].dropna() < 0.9).all()
    ok = table[table["status"] == "ok"]
    assert ok.groupby("person").size().max() < 40
    assert ok["yaw_deg"].abs().max() <= 45
    both = ok.pivot(index="frame", columns="person", values="box_x_px").dropna()
    if len(both):
        assert (both["caregiver"] - both["infant"]).abs().min() > 50
    # The caregiver sits on the right.
    middle = (ok["box_x_px"] + ok["box_width_px"] / 2).groupby(ok["person"]).median()
    assert middle["infant"] < 320 < middle["caregiver"]
