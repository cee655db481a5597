"""A check of real faces."""

import av
import numpy as np
import pytest

from attunement import check_study, extract_faces
from attunement.study import read_study

pytestmark = [pytest.mark.shared_data, pytest.mark.slow]


@pytest.fixture
def real_study(shared, tmp_path):
    def study(row):
        (tmp_path / "study.toml").write_text("")
        cells = {name: shared / "clips" / cell if "video" in name else cell
                 for name, cell in row.items()}  # fmt: skip
        text = "\n".join(",".join(map(str, line)) for line in (cells, cells.values()))
        (tmp_path / "sessions.csv").write_text(text + "\n")
        return read_study(tmp_path)

    return study


def test_a_face_at_a_webcam_is_good(real_study):
    clip = "webcam_expressions.mp4"
    row = {"session": "a", "layout": "two_files", "caregiver_video": clip, "infant_video": clip}
    table = check_study(real_study(row))
    assert set(table["verdict"]) == {"good"}
    assert (table["usable_share"] > 0.9).all()
    assert table["advice"].str.contains("mirroring_p needs 60 s").all()


def test_profiles_cannot_be_scored_as_a_run_would_find(real_study):
    row = {"session": "a", "layout": "one_frame", "video": "caregiver_infant_peekaboo.mp4"}
    study = real_study(row)
    table = check_study(study).set_index("person")
    assert set(table["verdict"]) == {"not_scorable"}
    assert "in profile" in table.loc["infant", "advice"]
    assert "this camera angle cannot be scored" in table.loc["infant", "advice"]
    assert table["advice"].str.contains("Expected usable time").all()
    faces = extract_faces(study.sessions[0])
    found = (faces["status"] == "ok").groupby(faces["person"]).mean()
    assert (table["found_share"] - found).abs().max() < 0.1


def test_two_real_people_who_change_places_are_named_and_two_who_stay_are_not(shared, tmp_path):
    names = ("webcam_expressions.mp4", "WolfgangLanger_Pexels.mp4")
    parts = [_part(shared / "clips" / name, n=200) for name in names]
    for name, back in (("stay", 200), ("swap", 100)):
        with av.open(str(tmp_path / f"{name}.mp4"), "w") as file:
            stream = file.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
            stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
            for k, pair in enumerate(zip(*parts, strict=True)):
                picture = np.hstack(pair if k < back else pair[::-1])
                file.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            file.mux(stream.encode())
    (tmp_path / "study.toml").write_text("")
    rows = "".join(f"{name},side_by_side,{name}.mp4,left\n" for name in ("stay", "swap"))
    (tmp_path / "sessions.csv").write_text("session,layout,video,caregiver_side\n" + rows)
    advice = check_study(read_study(tmp_path)).groupby("session")["advice"].first()
    assert "change places" not in advice["stay"]
    assert "At 0:00:04, in one frame, the two faces change places" in advice["swap"]


def _part(clip, *, n):
    """The first frames of a clip, each cut to 320 x 360 about its middle."""
    cut = []
    with av.open(str(clip)) as file:
        for frame in file.decode(video=0):
            wide = round(frame.width * 360 / frame.height)
            picture = frame.to_ndarray(width=wide, height=360, format="rgb24")
            left = (wide - 320) // 2
            cut.append(picture[:, left : left + 320])
            if len(cut) == n:
                return cut
    raise AssertionError(f"{clip} has fewer than {n} frames")
