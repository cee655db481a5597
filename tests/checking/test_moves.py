"""A check of a call whose parts go to others on the way."""

from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

from attunement import check_study
from attunement.checking.text import to_text
from attunement.study import read_study

# x, y, width, height in a part of 160 x 240, and a colour that the fake backend takes for a face.
ADULT, CHILD = ((20, 40, 80, 86), (200, 90, 60)), ((70, 60, 64, 70), (60, 110, 190))
SCREEN = ((0, 0, 160, 20), (240, 240, 240))
RATE_HZ = 10


@pytest.fixture(scope="module")
def call(tmp_path_factory):
    """Write a call of 70 s; who is in its parts, by the time."""
    folder = tmp_path_factory.mktemp("calls")

    def call(name, parts_at):
        path = folder / f"{name}.mp4"
        with av.open(str(path), "w") as file:
            options = {"crf": "12", "preset": "ultrafast", "g": "50", "sc_threshold": "0"}
            stream = file.add_stream("libx264", rate=RATE_HZ, options=options)
            stream.width, stream.height = 160 * len(parts_at(0)), 240
            stream.pix_fmt = "yuv420p"
            stream.time_base = Fraction(1, RATE_HZ)
            for k in range(70 * RATE_HZ):
                picture = np.zeros((240, stream.width, 3), np.uint8)
                for j, ((x, y, width, height), colour) in enumerate(parts_at(k / RATE_HZ)):
                    picture[y : y + height, 160 * j + x : 160 * j + x + width] = colour
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                frame.pts = k
                file.mux(stream.encode(frame))
            file.mux(stream.encode())
        return path

    return call


@pytest.fixture
def checked(write_study):
    def checked(video, roles="", **row):
        cells = {"session": "a", "layout": "side_by_side", "caregiver_side": "left", **row}
        folder = write_study({**cells, "video": video})
        (folder / "roles.csv").write_text("session,track,person,start_s,end_s\n" + roles)
        return check_study(read_study(folder, who_needed=False))

    return checked


def test_who_stays_is_not_accused(checked, call):
    def leaves_and_comes_back(t):
        return (ADULT if not 20 < t < 40 else SCREEN, CHILD)

    for name, parts in (("stay", lambda _: (ADULT, CHILD)), ("leave", leaves_and_comes_back)):
        advice = " ".join(checked(call(name, parts))["advice"])
        assert "change places" not in advice
        assert "another one" not in advice


def test_an_exchange_is_named_to_the_frame_and_mended_by_what_is_printed(checked, call):
    video = call("swap", lambda t: (ADULT, CHILD) if t < 30 else (CHILD, ADULT))
    table = checked(video)
    assert table["usable_share"].tolist() == pytest.approx([30 / 70, 30 / 70], abs=0.02)
    for advice in table["advice"]:
        assert "At 0:00:30, in one frame, the two faces change places" in advice
    lines = [line.strip() for line in to_text(table).splitlines()]
    first = next(k for k, line in enumerate(lines) if line.endswith("person,start_s,end_s:")) + 1
    rows = lines[first : first + 2]
    assert rows == ["a,0,infant,30,", "a,1,caregiver,30,"]
    for side in ("left", "right"):
        after = checked(video, caregiver_side=side, roles="\n".join(rows))
        assert set(after["verdict"]) == {"good"}
        assert not after["advice"].str.contains("change places").any()


def test_faces_are_counted_and_drawn_as_whose_they_are(checked, call, tmp_path):
    video = call("swap", lambda t: (ADULT, CHILD) if t < 30 else (CHILD, ADULT))
    steady = checked(call("stay", lambda _: (ADULT, CHILD))).set_index("person")
    rows = "a,0,infant,30,\na,1,caregiver,30,\n"
    after = checked(video, roles=rows).set_index("person")
    assert after["interocular_px"].to_dict() == pytest.approx(
        steady["interocular_px"].to_dict(), rel=0.02
    )
    for roles, label in (("", "infant?"), (rows, "infant")):
        checked(video, roles=roles)
        check_study(read_study(tmp_path / "study"), pictures=tmp_path / "looks")
        last = cv2.imread(str(tmp_path / "looks" / "a_4.png")).astype(int)
        blue = (np.abs(last - (255, 160, 60)).max(axis=2) < 8)[80:220]
        assert blue[:, 5:155].sum() > 100, label
        assert blue[:, 165:315].sum() == 0


def test_an_exchange_and_back_has_an_end(checked, call):
    video = call("back", lambda t: (CHILD, ADULT) if 20 <= t < 50 else (ADULT, CHILD))
    advice = checked(video)["advice"][0]
    assert "At 0:00:20, in one frame, the two" in advice
    assert "a,0,infant,20,50; a,1,caregiver,20,50." in advice


def test_another_picture_is_named_with_the_time_to_leave_out(checked, call):
    video = call("screen", lambda t: (SCREEN, SCREEN) if 20 <= t < 50 else (ADULT, CHILD))
    table = checked(video)
    assert "exclude = 0:00:20-0:00:50" in to_text(table)
    assert "both parts of the picture become another one" in table["advice"][0]
    without = checked(video, exclude="0:00:20-0:00:50")
    assert without["advice"].str.contains("another one").sum() == 0
    assert set(without["verdict"]) == {"good"}


def test_a_and_b_change_places_too(checked, call):
    video = call("swap", lambda t: (ADULT, CHILD) if t < 30 else (CHILD, ADULT))
    advice = checked(video, caregiver_side="")["advice"][0]
    assert "At 0:00:30, in one frame, the two faces change places" in advice
    assert "whichever caregiver_side is" in advice
    assert "Expected usable time once it is known whose face it is: 29 s of 70 s." in advice
    rows = "a,0,infant,30,; a,1,caregiver,30,."
    assert rows in advice
    for side in ("left", "right"):
        assert rows in checked(video, caregiver_side=side)["advice"][0]


def test_people_who_change_cameras_are_named_too(checked, call):
    one = call("one", lambda t: (ADULT if t < 30 else CHILD,))
    two = call("two", lambda t: (CHILD if t < 30 else ADULT,))
    row = {"layout": "two_files", "caregiver_video": one, "infant_video": two, "offset_s": "0"}
    table = checked("", caregiver_side="", **row)
    advice = table["advice"][0]
    assert "at the latest the two faces change places" in advice
    assert "each recording shows the other partner" in advice
    assert table["usable_share"].between(0.4, 0.46).all()
    table = checked("", caregiver_side="", roles="a,0,infant,30,\na,1,caregiver,30,\n", **row)
    assert (table["usable_share"] == 1).all()
