"""Files whose time stamps tell when frames are stored, and not when they are shown."""

import av
import numpy as np
import pytest

from attunement.video import frame_times, ordering, read_frames
from attunement.video.chapters import list_chapter
from attunement.video.picture_order import PictureOrder

UNTOLD = (
    "h264.avi",
    "plain_b.avi",
    "open_gop.avi",
    "untold.mp4",
    "packed.avi",
    "packed_more.avi",
)


def straight_through(path):
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24").tobytes() for frame in container.decode(video=0)]


@pytest.mark.parametrize("name", UNTOLD)
def test_every_frame_that_decodes_straight_through_is_read(videos, name):
    path = videos.of_kind(name)
    chapter = list_chapter(path)
    assert not np.array_equal(chapter.packets.pts, chapter.packets.stamp)
    assert [frame.rgb().tobytes() for frame in read_frames(path)] == straight_through(path)


@pytest.mark.parametrize("profile", ["baseline", "main", "high"])
@pytest.mark.parametrize("more", ["b-pyramid=none", "slices=3", "keyint=7", "tff=1", "ref=1"])
def test_headers_and_decoder_tell_the_same_order(videos, tmp_path, profile, more):
    path = videos.write(
        tmp_path / "a.avi", "libx264", 80, options={"profile": profile, "x264-params": more}
    )
    in_headers = ordering._turn_in_headers(path, 80)
    decoded = ordering._turn_when_decoded(path, 80)
    assert in_headers is not None
    assert np.argsort(in_headers).tolist() == np.argsort(decoded).tolist()
    assert [videos.number_in(frame.rgb()) for frame in read_frames(path)] == list(range(80))


def test_a_wrap_of_the_counts_is_followed(videos, tmp_path):
    path = videos.write(tmp_path / "a.avi", "libx264", 300, options={"g": "300", "bf": "1"})
    with av.open(str(path)) as container:
        sequence = PictureOrder(container.streams.video[0].codec_context.extradata)._sequence
    assert sequence.count_type == 0
    assert 2**sequence.count_bits < 300
    assert ordering._turn_in_headers(path, 300) is not None
    assert [videos.number_in(frame.rgb()) for frame in read_frames(path)] == list(range(300))


def test_a_pause_comes_where_it_is_stored(videos, tmp_path):
    pts = [number + 25 * (number > 40) for number in range(80)]
    options = {"g": "12", "bf": "3", "x264-params": "b-adapt=0"}
    path = videos.write(tmp_path / "pause.avi", "libx264", 80, pts=pts, options=options)
    frames = list(read_frames(path))
    assert [videos.number_in(frame.rgb()) for frame in frames] == list(range(80))
    late = np.array(pts) / 25 - [frame.time_s for frame in frames]
    # The encoder holds up to two frames back, and AVI stores the pause that much later.
    is_early = np.abs(late) > 1e-9
    assert set(np.flatnonzero(is_early).tolist()) <= {41, 42}
    assert (late[is_early] > 0).all()


def test_where_headers_tell_nothing_the_decoder_does(videos, monkeypatch):
    monkeypatch.setattr(ordering, "_turn_in_headers", lambda *_: None)
    told = list_chapter(videos.of_kind("open_gop.avi"))
    monkeypatch.undo()
    np.testing.assert_array_equal(
        told.packets.rank, list_chapter(videos.of_kind("open_gop.avi")).packets.rank
    )


def test_a_damaged_packet_costs_only_frames_that_it_holds_or_feeds(videos, tmp_path):
    path = videos.of_kind("open_gop.avi")
    content = path.read_bytes()
    with av.open(str(path)) as container:
        stored = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    hit = 33
    assert content.count(stored[hit]) == 1
    damaged = tmp_path / "damaged.avi"
    damaged.write_bytes(content.replace(stored[hit], bytes(len(stored[hit]))))
    numbers = {frame.index: videos.number_in(frame.rgb()) for frame in read_frames(damaged)}
    lost = int(list_chapter(path).packets.rank[hit])
    assert len(frame_times(damaged)) == 60
    assert set(range(60)) - set(numbers) <= {lost - 1, lost, lost + 1}
    good = [index for index in numbers if abs(index - lost) > 4]
    assert len(good) >= 50
    assert [numbers[index] for index in good] == good


def test_stamps_that_tell_are_left_as_they_are(videos, kind):
    packets = list_chapter(videos.of_kind(kind)).packets
    assert np.array_equal(packets.pts, packets.stamp) == (kind not in UNTOLD)
