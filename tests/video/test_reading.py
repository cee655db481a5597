import subprocess
import sys
from fractions import Fraction
from functools import cache
from itertools import pairwise
from math import inf, nan

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attunement.errors import VideoError
from attunement.video import frame_times, probe_video, read_frames
from attunement.video.reading import nearest_to_grid


def listed(paths, **span):
    return [
        (frame.index, frame.time_s, frame.rgb().tobytes()) for frame in read_frames(paths, **span)
    ]


@pytest.fixture(scope="module")
def whole():
    return cache(listed)


def test_every_frame_comes_out_once_with_its_number_and_time(videos, kind):
    path = videos.of_kind(kind)
    expected_s = videos.pts_of_kind(kind)
    frames = list(read_frames(path))
    assert [frame.index for frame in frames] == list(range(len(expected_s)))
    assert [videos.number_in(frame.rgb()) for frame in frames] == list(range(len(expected_s)))
    # Matroska stores milliseconds, MPEG streams 1/90000 s.
    np.testing.assert_allclose([frame.time_s for frame in frames], expected_s, atol=0.0006)
    assert frame_times(path).tolist() == [frame.time_s for frame in frames]


@pytest.mark.parametrize("first", [0, 1, 9, 10, 11, 14, 27, 29])
def test_a_span_gives_the_bytes_of_the_whole(videos, kind, whole, first):
    path = videos.of_kind(kind)
    expected = whole(path)
    start_s, end_s = expected[first][1], expected[min(first + 7, len(expected) - 1)][1]
    part = listed(path, start_s=start_s, end_s=end_s)
    assert part == [item for item in expected if start_s <= item[1] < end_s]
    assert part or start_s == end_s


@given(data=st.data())
def test_spans_that_cut_a_recording_hold_every_frame_once(videos, whole, data):
    path = videos.of_kind(data.draw(st.sampled_from(videos.kinds)))
    expected = whole(path)
    assert len(expected) > 1
    end_s = expected[-1][1]
    cuts = sorted(data.draw(st.lists(st.floats(-0.1, end_s + 0.1), max_size=3)))
    rate_hz = data.draw(st.sampled_from([0.0, 7.0]))
    edges = [-inf, *cuts, inf]
    spans = [
        listed(path, start_s=start, end_s=end, rate_hz=rate_hz) for start, end in pairwise(edges)
    ]
    joined = [item for span in spans for item in span]
    assert joined == listed(path, rate_hz=rate_hz)
    if rate_hz == 0:
        assert joined == expected


def test_a_span_that_starts_late_does_not_decode_from_the_start(videos, monkeypatch):
    from attunement.video import reading

    decoded = []
    real = reading.decode
    monkeypatch.setattr(
        reading, "decode", lambda stream, packet: decoded.append(packet) or real(stream, packet)
    )
    for kind in ("h264.mp4", "h264.mkv", "h264.ts", "hevc.mp4", "mpeg4.avi", "vp9.webm"):
        decoded.clear()
        assert len(listed(videos.of_kind(kind), start_s=2.0, end_s=2.1)) == 3
        assert len(decoded) < 40, kind


def test_frames_nearest_to_a_grid_are_kept_with_their_index(videos):
    path = videos.of_kind("uneven.mp4")
    times_s = frame_times(path)
    kept = [frame.index for frame in read_frames(path, rate_hz=5.0)]
    grid_s = np.arange(int(times_s[-1] * 5) + 1) / 5
    expected = sorted({int(np.argmin(np.abs(times_s - point))) for point in grid_s})
    assert kept == expected
    assert len(kept) < len(times_s)


@given(
    steps=st.lists(st.floats(0.001, 2.0), max_size=40),
    rate_hz=st.floats(0.2, 60),
)
def test_grid_keeps_a_nearest_frame_of_every_grid_time_and_no_other(steps, rate_hz):
    times_s = np.cumsum([0.0, *steps])
    kept = times_s[nearest_to_grid(times_s, rate_hz=rate_hz)]
    grid_s = np.arange(int(times_s[-1] * rate_hz) + 1) / rate_hz
    to_any = np.abs(grid_s[:, None] - times_s).min(axis=1)
    to_kept = np.abs(grid_s[:, None] - kept).min(axis=1)
    np.testing.assert_allclose(to_kept, to_any, atol=2e-9)
    assert len(kept) <= len(grid_s) + 1
    assert kept[0] == 0


def test_of_two_frames_equally_near_the_earlier_is_kept():
    times_s = np.arange(7) / 30
    assert np.flatnonzero(nearest_to_grid(times_s, rate_hz=20)).tolist() == [0, 1, 3, 4, 6]


def test_chapters_follow_each_other(videos, tmp_path):
    first = videos.write(tmp_path / "a.mp4", "libx264", 20)
    second = videos.write(tmp_path / "b.mp4", "libx264", 15, first_number=100)
    frames = list(read_frames([first, second]))
    assert [frame.index for frame in frames] == list(range(35))
    assert [videos.number_in(frame.rgb()) for frame in frames] == [*range(20), *range(100, 115)]
    np.testing.assert_allclose([frame.time_s for frame in frames], np.arange(35) / 25, atol=1e-9)
    span = listed([first, second], start_s=0.7, end_s=0.9)
    assert span == listed([first, second])[18:23]
    assert [item[0] for item in listed([first, second], start_s=1.0, end_s=1.1)] == [25, 26, 27]


def test_a_damaged_packet_leaves_a_gap_and_nothing_else(videos, tmp_path):
    path = videos.write(tmp_path / "damaged.mov", "prores_ks", 12, pix_fmt="yuv422p10le")
    overwrite_packet(path, 5)
    frames = list(read_frames(path))
    assert [frame.index for frame in frames] == [0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11]
    assert [videos.number_in(frame.rgb()) for frame in frames] == [frame.index for frame in frames]
    assert len(frame_times(path)) == 12
    assert [frame.index for frame in read_frames(path, start_s=0.2, end_s=0.28)] == [6]


@pytest.mark.parametrize("name", ["h264.mp4", "hevc.mp4", "mpeg4.mp4"])
@pytest.mark.parametrize("position", [10, 13, 22])
def test_spans_of_a_damaged_recording_agree_with_the_whole(videos, tmp_path, name, position):
    path = tmp_path / name
    path.write_bytes(videos.of_kind(name).read_bytes())
    overwrite_packet(path, position)
    expected = listed(path)
    assert 30 < len(expected) <= 60
    for start_s in (0.3, 0.42, 0.6, 0.9, 1.3, 2.0):
        span = listed(path, start_s=start_s, end_s=start_s + 0.3)
        # Where spans begin decides at most what becomes of pictures that damage reaches.
        assert [item for item in span if item[1] > 1.3] == [
            item for item in expected if start_s <= item[1] < start_s + 0.3 and item[1] > 1.3
        ]
        indices = [item[0] for item in span]
        assert indices == sorted(set(indices))


@pytest.mark.parametrize("name", ["h264.mkv", "h264.ts", "interlaced_h264.ts"])
def test_a_recording_cut_off_in_the_middle_is_read_as_far_as_it_goes(videos, tmp_path, name):
    data = videos.of_kind(name).read_bytes()
    path = tmp_path / name
    path.write_bytes(data[: len(data) * 6 // 10])
    check_cut_recording(videos, path)


def test_a_cut_mp4_with_its_index_in_front_is_read_as_far_as_it_goes(videos, tmp_path):
    path = videos.write(
        tmp_path / "front.mp4", "libx264", 60, container_options={"movflags": "faststart"}
    )
    start, size = packet_place(path, 35)
    path.write_bytes(path.read_bytes()[: start + size // 2])
    check_cut_recording(videos, path)


def check_cut_recording(videos, path):
    frames = list(read_frames(path))
    assert 10 < len(frames) < 60
    assert len(frames) <= probe_video(path).n_frames < 60
    assert [videos.number_in(frame.rgb()) for frame in frames[:-1]] == [
        frame.index for frame in frames[:-1]
    ]
    assert listed(path, start_s=0.2, end_s=0.4) == listed(path)[5:10]


def test_a_stream_that_changes_size_is_shown_in_its_largest_size(videos, tmp_path):
    large = videos.write(tmp_path / "large.ts", "mpeg2video", 10, options={"q": "2"})
    small = videos.write(
        tmp_path / "small.ts",
        "mpeg2video",
        10,
        size=(96, 96),
        pts=range(11, 21),
        first_number=10,
        options={"q": "2"},
    )
    path = tmp_path / "both.ts"
    path.write_bytes(large.read_bytes() + small.read_bytes())
    frames = list(read_frames(path))
    assert {frame.rgb().shape for frame in frames} == {(96, 96, 3)}
    assert {frame.crop((1, 3, 30, 20)).shape for frame in frames} == {(20, 30, 3)}
    # The decoder itself drops the picture that it holds back when the size changes.
    assert len(frames) >= 17
    assert [videos.number_in(frame.rgb()) for frame in frames] == [frame.index for frame in frames]


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_recording_is_turned_clockwise_where_asked(videos, tmp_path, degrees):
    path = videos.write(tmp_path / "a.mp4", "libx264", 5, size=(96, 64), options={"bf": "0"})
    assert (probe_video(path, rotation_deg=degrees).width_px == 96) == (degrees == 180)
    frames = zip(read_frames(path), read_frames(path, rotation_deg=degrees), strict=True)
    for frame, turned in frames:
        np.testing.assert_array_equal(turned.rgb(), np.rot90(frame.rgb(), -degrees // 90))
        np.testing.assert_array_equal(turned.crop((3, 5, 20, 30)), turned.rgb()[5:35, 3:23])
    for call in (probe_video, read_frames):
        with pytest.raises(VideoError, match="turned by 45 degrees"):
            call(path, rotation_deg=45)


def test_wrong_spans_are_refused_at_the_call(videos):
    path = videos.of_kind("h264.mp4")
    for wrong in ({"rate_hz": -1.0}, {"rate_hz": nan}, {"start_s": nan}, {"end_s": nan}):
        with pytest.raises(VideoError, match="rate must be 0"):
            read_frames(path, **wrong)
    with pytest.raises(VideoError, match="There is no video"):
        read_frames(path.with_name("absent.mp4"))


def test_a_span_without_frames_is_empty(videos):
    path = videos.of_kind("h264.mp4")
    assert list(read_frames(path, start_s=1.001, end_s=1.002)) == []
    assert list(read_frames(path, start_s=2.0, end_s=1.0)) == []


PEAK = """
import resource, sys
from itertools import islice
from pathlib import Path
from attunement.video import read_frames
for frame in islice(read_frames(Path(sys.argv[1])), int(sys.argv[2])):
    frame.rgb()
    frame.crop((10, 10, 50, 50))
unit = 1 if sys.platform == "darwin" else 1024
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)
"""


def test_memory_does_not_grow_with_the_recording(videos, tmp_path):
    # 700 frames of 320 x 240 would be 80 MB as decoded, 160 MB as RGB.
    path = videos.write(
        tmp_path / "long.mp4",
        "mpeg4",
        800,
        size=(320, 240),
        options={"q": "5", "bf": "0"},
        time_base=Fraction(1, 30),
    )
    peaks = [
        int(
            subprocess.run(
                [sys.executable, "-c", PEAK, path, n], check=True, capture_output=True
            ).stdout
        )
        for n in ("100", "800")
    ]
    assert peaks[1] - peaks[0] < 16e6


def overwrite_packet(path, position):
    start, size = packet_place(path, position)
    data = bytearray(path.read_bytes())
    noise = np.random.default_rng(0).integers(0, 256, size, dtype=np.uint8).tobytes()
    data[start : start + size] = noise
    path.write_bytes(data)


def packet_place(path, position):
    with av.open(str(path)) as container:
        packet = [packet for packet in container.demux(video=0) if packet.size][position]
        return packet.pos, packet.size
