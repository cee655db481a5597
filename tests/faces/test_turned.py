"""Recordings that the manifest turns."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from attunement import extract_faces
from attunement.config import Config
from attunement.faces import plan_faces, tracks_fingerprint

FAKE = Config(faces={"backend": "fake"})


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_turned_by_the_manifest_is_as_recorded_upright(
    paint, write_video, session_of, tmp_path, degrees
):
    patches = [(20, 30, 60, 80, (200, 60, 90)), (190, 20, 70, 90, (90, 200, 60))]
    upright = [paint((320, 160), patches) for _ in range(30)]
    turned = [np.rot90(picture, degrees // 90) for picture in upright]  # against the clock
    session = session_of(
        "side_by_side",
        *2 * [write_video(tmp_path / "upright.mp4", upright)],
        sides=("left", "right"),
        rois=(None, (170, 0, 140, 150)),
    )
    video = write_video(tmp_path / "turned.mp4", turned)
    of_turned = replace(
        session,
        **{
            partner.person: replace(partner, videos=(video,), rotation_deg=degrees)
            for partner in session.partners
        },
    )
    watched = plan_faces(of_turned, FAKE)[0].watched
    assert [one.region for one in watched] == [(0, 0, 160, 160), (170, 0, 140, 150)]
    faces = [extract_faces(one, FAKE) for one in (session, of_turned)]
    assert (faces[1]["status"] == "ok").all()
    # Two codings of the same pictures differ by a pixel at the edges of a patch.
    pd.testing.assert_frame_equal(*faces, atol=2.0, rtol=0.02)
    assert tracks_fingerprint(session, FAKE) != tracks_fingerprint(
        replace(
            session,
            caregiver=replace(session.caregiver, rotation_deg=degrees),
            infant=replace(session.infant, rotation_deg=degrees),
        ),
        FAKE,
    )
