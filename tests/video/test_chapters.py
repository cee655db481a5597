from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attunement.errors import VideoError
from attunement.video import frame_times, probe_video, read_frames
from attunement.video.ranking import BACKWARD, HIDDEN, REPEATED, rank_packets


def rank(pts, **options):
    hidden = np.array(options.pop("hidden", [False] * len(pts)), bool)
    return rank_packets(np.array(pts, np.int64), hidden, **options).tolist()


def test_packets_in_coding_order_get_their_rank_in_presentation_order():
    assert rank([0, 4, 2, 1, 3]) == [0, 4, 2, 1, 3]
    assert rank([-20, 40, 10]) == [0, 2, 1]


def test_hidden_packets_have_no_rank():
    assert rank([0, 1, 2, 3], hidden=[True, True, False, False]) == [HIDDEN, HIDDEN, 0, 1]


def test_of_equal_stamps_the_last_packet_stays():
    assert rank([0, 1, 1, 2]) == [0, REPEATED, 1, 2]
    assert rank([0, 0, 0, 2, 2]) == [REPEATED, REPEATED, 0, REPEATED, 1]
    assert rank([0] * 50 + [1] * 50) == [REPEATED] * 49 + [0] + [REPEATED] * 49 + [1]


def test_stamps_that_start_over_are_dropped_until_they_have_passed():
    ranks = rank([*range(100), *range(50, 120)])
    assert ranks[:100] == list(range(100))
    assert ranks[100:150] == [BACKWARD] * 50
    assert ranks[150:] == list(range(100, 120))


def test_a_second_field_belongs_to_the_frame_before_it():
    assert rank([0, 50, 100, 200, 250], least_gap=75.0) == [0, 0, 1, 2, 2]


@given(
    st.lists(st.integers(-100, 400), min_size=1, max_size=150),
    st.sampled_from([0.0, 2.5]),
)
def test_ranked_stamps_ascend_without_a_gap_in_rank(pts, least_gap):
    stamps = np.array(pts)
    ranks = np.array(rank(pts, least_gap=least_gap))
    assert sorted(set(ranks[ranks >= 0])) == list(range(ranks.max() + 1))
    first_of_frame = [stamps[ranks == r].min() for r in range(ranks.max() + 1)]
    assert (np.diff(first_of_frame) >= max(1, least_gap)).all()


@given(st.permutations(range(16)), st.integers(1, 1000))
def test_any_reordering_that_codecs_do_is_undone(order, step):
    assert rank([step * place for place in order]) == list(order)


def test_what_an_edit_list_hides_is_no_frame(videos, tmp_path):
    path = videos.write(
        tmp_path / "edited.mp4", "libx264", 40, pts=range(-12, 28), options={"g": "8", "bf": "2"}
    )
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    assert any(packet.is_discard for packet in packets)
    frames = list(read_frames(path))
    assert len(frames) == len(frame_times(path)) == 28
    assert [videos.number_in(frame.rgb()) for frame in frames] == list(range(12, 40))
    assert frames[0].time_s == 0
    late = next(read_frames(path, start_s=0.5))
    assert (late.index, videos.number_in(late.rgb())) == (13, 25)


def test_a_recording_that_does_not_begin_at_zero_begins_at_zero(videos, tmp_path):
    path = videos.write(tmp_path / "late.ts", "mpeg2video", 20, pts=range(90, 110))
    np.testing.assert_allclose(frame_times(path), np.arange(20) / 25, atol=1e-9)


def test_a_repeated_time_stamp_gives_one_frame(videos, tmp_path):
    path = tmp_path / "repeated.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuvj420p"
        encoded = []
        for number in range(10):
            picture = videos.paint(number)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuvj420p")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            encoded += stream.encode(frame)
        for number, packet in enumerate([*encoded, *stream.encode()]):
            packet.pts = packet.dts = number - (number >= 4)
            container.mux(packet)
    frames = list(read_frames(path))
    assert len(frame_times(path)) == 9
    assert [frame.index for frame in frames] == list(range(9))
    assert [videos.number_in(frame.rgb()) for frame in frames] == [0, 1, 2, 4, 5, 6, 7, 8, 9]
    assert probe_video(path).n_repeated == 1


def test_files_glued_together_are_refused_rather_than_half_read(videos, tmp_path):
    path = tmp_path / "glued.ts"
    path.write_bytes(2 * videos.of_kind("h264.ts").read_bytes())
    with pytest.raises(VideoError, match=r"glued\.ts.*start over.*chapters"):
        probe_video(path)


def test_a_file_that_is_replaced_is_read_anew(videos, tmp_path):
    path = videos.write(tmp_path / "same.mp4", "libx264", 10)
    assert probe_video(path).n_frames == 10
    videos.write(path, "libx264", 25)
    assert probe_video(path).n_frames == 25
