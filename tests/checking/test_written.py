"""What a check says of how a recording was written."""

from fractions import Fraction

import av
import numpy as np
import pytest

from attunement import check_study
from attunement.video import probe_video


@pytest.fixture
def stamped(tmp_path):
    """Write a painted face whose pictures carry the given times, in milliseconds."""

    def write(times_ms, name="stamped.mkv"):
        path = tmp_path / name
        with av.open(str(path), "w") as file:
            stream = file.add_stream("libx264", rate=30, options={"bf": "0", "g": "20"})
            stream.width, stream.height, stream.pix_fmt = 160, 160, "yuv420p"
            packets = []
            for k in range(len(times_ms)):
                picture = np.zeros((160, 160, 3), np.uint8)
                picture[20:140, 20:130] = (60 + k % 100, 90, 60)
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                frame.pts, frame.time_base = k, Fraction(1, 30)
                packets += stream.encode(frame)
            for packet, time_ms in zip([*packets, *stream.encode()], times_ms, strict=True):
                packet.time_base = Fraction(1, 1000)
                packet.pts = packet.dts = round(time_ms)
                file.mux(packet)
        return path

    return write


def advice(study_of, path):
    row = {"session": "a", "layout": "two_files", "offset_s": "0", "infant_video": path}
    return check_study(study_of({**row, "caregiver_video": path}))


def test_pictures_of_one_time_are_counted_and_the_true_rate_is_told(study_of, stamped):
    path = stamped([60 * (k // 2) for k in range(200)])
    table = advice(study_of, path)
    assert table["rate_hz"].to_list() == [pytest.approx(1 / 0.06)] * 2
    for said in table["advice"]:
        assert "100 of 200 pictures of stamped.mkv carry the time of a later one" in said
        assert "16.7 a second" in said
        assert "glued" not in said


def test_where_a_recording_stands_still_is_named_and_its_rate_is_that_between(study_of, stamped):
    times_ms = [40 * k + (10_000 if k >= 50 else 0) for k in range(300)]
    path = stamped(times_ms)
    table = advice(study_of, path)
    assert table["rate_hz"].to_list() == [pytest.approx(25)] * 2
    for said in table["advice"]:
        assert "stands still from 0:00:02 for 10.0 s" in said


def test_time_without_pictures_is_not_expected_to_be_usable(study_of, stamped):
    path = stamped([100 * k + (60_000 if k >= 100 else 0) for k in range(300)])
    table = advice(study_of, path)
    assert table["usable_share"].to_list() == [1, 1]
    assert table["verdict"].to_list() == ["poor", "poor"]
    for said in table["advice"]:
        assert "Expected usable time 30 s of 90 s" in said


def test_many_stalls_are_summed_up(study_of, stamped):
    times_ms = [40 * k + 3000 * (k // 25) for k in range(250)]
    table = advice(study_of, stamped(times_ms))
    assert "stands still 9 times, 27 s in all, the longest from" in table["advice"].iloc[0]


@pytest.mark.parametrize(
    "times_ms",
    [
        [100 / 3 * k for k in range(150)],  # rounded to milliseconds: 33, 33, 34
        [40 * k + (13 if k % 3 else 0) for k in range(150)],  # a rate that varies
        [2000 * k for k in range(40)],  # every two seconds, all along
        [50_000_000 + 40 * k for k in range(150)],
    ],
)
def test_nothing_is_said_of_times_that_are_only_uneven(study_of, stamped, times_ms):
    path = stamped(times_ms)
    info = probe_video(path)
    assert (info.n_frames, info.n_repeated, info.stalls) == (len(times_ms), 0, ())
    assert info.rate_hz == pytest.approx(
        1000 * (len(times_ms) - 1) / (times_ms[-1] - times_ms[0]), rel=1e-3
    )
    for said in advice(study_of, path)["advice"]:
        assert "stands still" not in said
        assert "carry the time" not in said


def test_when_pictures_change_their_size_is_named(study_of, tmp_path):
    path = tmp_path / "call.ts"
    parts = []
    for first, (width, height) in ((0, (160, 160)), (100, (160, 120))):
        part = tmp_path / f"{width}x{height}.ts"
        with av.open(str(part), "w") as file:
            stream = file.add_stream("libx264", rate=25, options={"bf": "0", "g": "25"})
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            stream.codec_context.time_base = Fraction(1, 25)
            for k in range(first, first + 100):
                picture = np.zeros((height, width, 3), np.uint8)
                picture[10 : height - 10, 20:130] = (60 + k % 100, 90, 60)
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                frame.pts, frame.time_base = k, Fraction(1, 25)
                file.mux(stream.encode(frame))
            file.mux(stream.encode())
        parts.append(part.read_bytes())
    path.write_bytes(b"".join(parts))
    for said in advice(study_of, path)["advice"]:
        assert "160 x 160 from 0:00:00 and 160 x 120 from 0:00:04" in said
        assert "regions are in pixels of that" in said
