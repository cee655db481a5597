"""Whether a check sees that a recording is upside down or on its side."""

from dataclasses import replace

import av
import numpy as np
import pytest

from attunement import check_study, simulation
from attunement.checking import turns, watching
from attunement.faces.backends import fake
from attunement.study import read_study

FOUND = {0: 12, 90: 0, 180: 0, 270: 0}


class OnlyUpright(fake.Fake):
    """Sees a face where a patch is lighter at its top, as a forehead is."""

    def find(self, picture, *, n_faces):
        bright = picture.max(axis=2) >= fake.BLACK
        rows = np.flatnonzero(bright.any(axis=1))
        if not len(rows):
            return []
        top, bottom = np.array_split(rows, 2)
        is_upright = picture[top].sum() > 1.2 * picture[bottom].sum()
        return super().find(picture, n_faces=n_faces) if is_upright else []


@pytest.fixture
def sees_only_upright(monkeypatch):
    monkeypatch.setattr(watching, "backend_for", lambda *_: OnlyUpright())


@pytest.fixture
def write_turned(tmp_path):
    def write(degrees, *, n=120, size=(200, 160), name="turned.mp4"):
        path = tmp_path / name
        picture = np.zeros((size[1], size[0], 3), np.uint8)
        picture[20:80, 30:140] = (200, 150, 120)
        picture[80:140, 30:140] = (90, 60, 60)
        picture = np.ascontiguousarray(np.rot90(picture, -degrees // 90))
        with av.open(str(path), "w") as file:
            stream = file.add_stream("libx264", rate=10, options={"crf": "12", "g": "20"})
            stream.height, stream.width = picture.shape[:2]
            stream.pix_fmt = "yuv420p"
            for k in range(n):
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                frame.pts = k
                file.mux(stream.encode(frame))
            file.mux(stream.encode())
        return path

    return write


@pytest.mark.usefixtures("sees_only_upright")
@pytest.mark.parametrize(("degrees", "cell"), [(90, 270), (180, 180), (270, 90)])
def test_a_turned_recording_is_told_with_the_cell_that_turns_it(
    study_of, write_turned, degrees, cell
):
    row = {"session": "a", "layout": "two_files", "offset_s": "0"}
    row["caregiver_video"] = write_turned(0, name="upright.mp4")
    row["infant_video"] = write_turned(degrees)
    said = check_study(study_of(row)).set_index("person")["advice"]
    assert f"Write infant_rotation = {cell}" in said["infant"]
    assert "upright in 12 of 12 frames, against 0 as it is" in said["infant"]
    assert "rotation" not in said["caregiver"]
    table = check_study(study_of({**row, "infant_rotation": cell})).set_index("person")
    assert "rotation" not in " ".join(table["advice"])
    assert table["found_share"].to_list() == [1, 1]
    # Turned the wrong way by the manifest: the cell to write is the whole turn.
    wrong = check_study(study_of({**row, "infant_rotation": (cell + 90) % 360}))
    assert f"Write infant_rotation = {cell}" in wrong.set_index("person")["advice"]["infant"]


@pytest.mark.usefixtures("sees_only_upright")
def test_one_recording_of_both_is_turned_by_rotation(study_of, write_turned):
    row = {"session": "a", "layout": "side_by_side", "caregiver_side": "left"}
    said = check_study(study_of({**row, "video": write_turned(180)}))["advice"]
    assert said.str.contains("Write rotation = 180").all()


@pytest.mark.parametrize(
    ("counts", "turn"),
    [
        ({}, 0),
        ({0: 0}, 0),
        ({0: 0, 180: 12}, 180),
        ({0: 0, 90: 3}, 90),
        ({0: 0, 90: 2}, 0),  # too few to say so
        ({0: 4, 180: 11}, 0),  # somebody is upright in a third of them
        ({0: 3, 270: 12}, 270),
        ({0: 0, 90: 0, 180: 0, 270: 0}, 0),
    ],
)
def test_only_what_is_clear_is_told(counts, turn):
    assert turns.turn_of(FOUND | counts) == turn


@pytest.mark.slow
@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_rendered_faces_turned_by_hand(tmp_path, degrees):
    paths, _ = simulation.render_dyad(tmp_path, duration_s=20, layout="side_by_side")
    turned = tmp_path / "turned.mp4"
    with av.open(str(paths["video"])) as source, av.open(str(turned), "w") as file:
        stream = None
        for k, frame in enumerate(source.decode(video=0)):
            picture = np.rot90(frame.to_ndarray(format="rgb24"), -degrees // 90)
            if stream is None:
                stream = file.add_stream("libx264", rate=15, options={"g": "15"})
                stream.height, stream.width = picture.shape[:2]
                stream.pix_fmt = "yuv420p"
            again = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            again.pts = k
            file.mux(stream.encode(again))
        file.mux(stream.encode())
    (tmp_path / "study.toml").write_text("")
    manifest = tmp_path / "sessions.csv"
    manifest.write_text("session,layout,video,caregiver_side\na,side_by_side,turned.mp4,left\n")
    study = read_study(tmp_path)
    assert check_study(study)["advice"].str.contains(f"Write rotation = {360 - degrees};").all()
    session = study.sessions[0]
    righted = replace(
        session,
        caregiver=replace(session.caregiver, rotation_deg=360 - degrees),
        infant=replace(session.infant, rotation_deg=360 - degrees),
    )
    table = check_study(replace(study, sessions=(righted,)))
    assert not table["advice"].str.contains("rotation").any()
    assert (table["found_share"] > 0.9).all()
