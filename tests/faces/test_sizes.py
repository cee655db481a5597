"""Faces of recordings whose pictures change their size on the way."""

from dataclasses import replace

import numpy as np
import pandas as pd

from attunement import extract_faces
from attunement.config import Config

FAKE = Config(faces={"backend": "fake"})


def test_chapters_of_different_size_give_the_same_with_any_number_of_workers(
    paint, write_video, session_of, tmp_path
):
    # 40 s at 320 x 160, then 20 s of the same camera in a higher mode, then 10 s in few pixels.
    sizes = {"wide": (160, 0, 160), "high": (240, 40, 80)}
    videos = []
    for name, (height, down, n) in sizes.items():
        patches = [(20, 30 + down, 60, 80, (200, 60, 90)), (190, 20 + down, 70, 90, (90, 200, 60))]
        pictures = [paint((320, height), patches)] * n
        videos.append(write_video(tmp_path / f"{name}.mp4", pictures, rate_hz=4))
    half = [np.ascontiguousarray(paint((320, 240), patches)[::2, ::2])] * 40
    videos.append(write_video(tmp_path / "half.mp4", half, rate_hz=4))
    session = session_of("side_by_side", *2 * [videos[0]], sides=("left", "right"))
    session = replace(
        session,
        caregiver=replace(session.caregiver, videos=tuple(videos)),
        infant=replace(session.infant, videos=tuple(videos)),
    )
    faces = extract_faces(session, FAKE)
    pd.testing.assert_frame_equal(faces, extract_faces(session, FAKE, workers=2))
    assert (faces["status"] == "ok").all()
    for person, left, width in (("caregiver", 20, 60), ("infant", 190, 70)):
        rows = faces[faces["person"] == person].reset_index(drop=True)
        # In the middle of the larger picture the face has not moved.
        middle = rows["box_x_px"] + rows["box_width_px"] / 2
        np.testing.assert_allclose(middle, left + width / 2, atol=3)
        assert rows["brow_height"].std() < 0.02 * rows["brow_height"].mean()
        # The eyes are as far apart as they were recorded.
        own = rows["interocular_px"].groupby(rows.index // 40).median()
        np.testing.assert_allclose(own / own[0], [1, 1, 1, 1, 1, 1, 0.5], atol=0.05)
