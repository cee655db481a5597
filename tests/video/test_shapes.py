"""Recordings whose pictures change their size or shape on the way."""

from fractions import Fraction

import av
import numpy as np
import pytest

from attunement.video import probe_video, read_frames
from attunement.video.geometry import Geometry
from attunement.video.listing import pack_listing, recall_listing
from attunement.video.pictures import Picture

RATE_HZ = 25
CODECS = {
    "mjpeg.mkv": ("mjpeg", "yuvj420p", {"qmin": "2", "qmax": "2"}),
    "vp8.webm": ("libvpx", "yuv420p", {"deadline": "realtime", "cpu-used": "8", "b": "2M"}),
    "vp9.webm": ("libvpx-vp9", "yuv420p", {"deadline": "realtime", "cpu-used": "8", "b": "2M"}),
    "h264.ts": ("libx264", "yuv420p", {"bf": "2", "g": "10", "crf": "10"}),
    "hevc.ts": ("libx265", "yuv420p", {"x265-params": "keyint=10:bframes=2:log-level=none"}),
    "mpeg2.ts": ("mpeg2video", "yuv420p", {"bf": "0", "g": "10", "q": "2", "b": "4M"}),
    "av1.mkv": ("libsvtav1", "yuv420p", {"g": "10", "preset": "10", "crf": "10"}),
}


def write_shapes(path, videos, shapes, *, name="mjpeg.mkv"):
    """Write shapes of (size, n pictures[, aspect]) one after the other into one track."""
    codec, pix_fmt, options = CODECS[name]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=RATE_HZ)
        stream.width, stream.height = shapes[0][0]
        stream.pix_fmt, stream.time_base = pix_fmt, Fraction(1, RATE_HZ)
        first = 0
        for size, n_pictures, *aspect in shapes:
            encoder = av.CodecContext.create(codec, "w")
            encoder.width, encoder.height = size
            encoder.pix_fmt, encoder.time_base = pix_fmt, Fraction(1, RATE_HZ)
            encoder.framerate, encoder.options = RATE_HZ, options
            if aspect:
                encoder.sample_aspect_ratio = aspect[0]
            packets = []
            for number in range(first, first + n_pictures):
                picture = av.VideoFrame.from_ndarray(videos.paint(number, *size), format="rgb24")
                frame = picture.reformat(format=pix_fmt)
                frame.pts, frame.time_base = number, Fraction(1, RATE_HZ)
                packets += encoder.encode(frame)
            for packet in [*packets, *encoder.encode(None)]:
                packet.stream, packet.time_base = stream, Fraction(1, RATE_HZ)
                container.mux(packet)
            first += n_pictures
    return path


def inner(picture, size):
    """The middle of a picture, and whether all around it is black."""
    (width, height), (high, wide) = size, picture.shape[:2]
    left, top = (wide - width) // 2, (high - height) // 2
    around = picture.copy()
    around[top : top + height, left : left + width] = 0
    return picture[top : top + height, left : left + width], not around.any()


@pytest.mark.parametrize("name", CODECS)
def test_a_smaller_shape_stands_in_the_middle_of_the_largest_and_is_not_stretched(
    videos, tmp_path, name
):
    shapes = [((128, 64), 20), ((128, 96), 20), ((96, 96), 20)]
    path = write_shapes(tmp_path / name, videos, shapes, name=name)
    info = probe_video(path)
    assert (info.width_px, info.height_px) == (128, 96)
    assert info.sizes == ((0, 128, 64), (0.8, 128, 96), (1.6, 96, 96))
    frames = list(read_frames(path))
    assert len(frames) >= 56  # a decoder may drop what it holds back where the size changes
    for frame in frames:
        size = shapes[frame.index // 20][0]
        assert frame.scale == 1
        shown, is_black = inner(frame.rgb(), size)
        assert is_black
        assert videos.number_in(shown) == frame.index
    for start_s in (0.4, 0.8, 1.24, 1.6):
        late = {frame.index: frame.rgb() for frame in read_frames(path, start_s=start_s)}
        for frame in frames:
            if frame.index in late:
                assert (frame.rgb() == late[frame.index]).all()


def test_a_picture_that_is_much_lower_is_no_field_wherever_reading_begins(videos, tmp_path):
    path = write_shapes(tmp_path / "low.mkv", videos, [((128, 128), 10), ((128, 64), 10)])
    frames = list(read_frames(path))
    for start_s in np.arange(0, 0.8, 0.04):
        late = {frame.index: frame.rgb() for frame in read_frames(path, start_s=start_s)}
        assert len(late) == sum(frame.time_s >= start_s for frame in frames)
        assert all((frames[index].rgb() == rgb).all() for index, rgb in late.items())


def test_the_same_shape_in_fewer_pixels_is_enlarged(videos, tmp_path):
    path = write_shapes(tmp_path / "call.mkv", videos, [((64, 48), 10), ((128, 96), 10)])
    frames = list(read_frames(path))
    assert [videos.number_in(frame.rgb()) for frame in frames] == list(range(20))
    assert [frame.scale for frame in frames] == 10 * [2.0] + 10 * [1.0]
    assert {frame.rgb().shape for frame in frames} == {(96, 128, 3)}


def test_width_and_height_may_come_from_different_pictures(videos, tmp_path):
    path = write_shapes(tmp_path / "turned.mkv", videos, [((128, 96), 10), ((96, 128), 10)])
    info = probe_video(path)
    assert (info.width_px, info.height_px) == (128, 128)
    for frame in read_frames(path):
        shown, is_black = inner(frame.rgb(), ((128, 96), (96, 128))[frame.index // 10])
        assert is_black
        assert videos.number_in(shown) == frame.index


def test_a_shape_of_a_picture_or_two_does_not_count_for_the_size(videos, tmp_path):
    shapes = [((64, 64), 10), ((256, 256), 2), ((64, 64), 10)]
    path = write_shapes(tmp_path / "damage.mkv", videos, shapes)
    info = probe_video(path)
    assert (info.width_px, info.height_px) == (64, 64)
    frames = list(read_frames(path))
    assert [videos.number_in(frame.rgb()) for frame in frames] == list(range(22))


def test_pixels_that_are_no_squares_from_some_moment_on(videos, tmp_path):
    shapes = [((96, 96), 20, Fraction(4, 3)), ((96, 96), 20, Fraction(1, 1))]
    for name in ("h264.ts", "mpeg2.ts"):
        # MPEG-2 knows the aspect of the whole picture only.
        path = write_shapes(tmp_path / name, videos, shapes, name=name)
        info = probe_video(path)
        assert info.sizes == ((0, 128, 96), (0.8, 96, 96))
        for frame in read_frames(path):
            shown, is_black = inner(frame.rgb(), info.sizes[frame.index // 20][1:])
            assert is_black
            assert videos.number_in(shown) == frame.index


def test_chapters_of_different_size_are_shown_in_the_largest(videos, tmp_path):
    first = write_shapes(tmp_path / "a.mkv", videos, [((128, 64), 10)])
    second = write_shapes(tmp_path / "b.mkv", videos, [((96, 96), 10)])
    info = probe_video([first, second])
    assert (info.width_px, info.height_px) == (128, 96)
    assert info.sizes == ((0, 128, 64), (pytest.approx(0.4), 96, 96))
    frames = list(read_frames([first, second]))
    shown = [inner(frame.rgb(), info.sizes[frame.index // 10][1:])[0] for frame in frames]
    assert [videos.number_in(one) for one in shown] == 2 * list(range(10))
    late = next(read_frames([first, second], start_s=0.5))
    assert (late.rgb() == frames[late.index].rgb()).all()


def test_shapes_are_handed_on_to_another_process(videos, tmp_path):
    path = write_shapes(tmp_path / "call.mkv", videos, [((64, 48), 10), ((128, 64), 10)])
    packed = pack_listing([path])
    before = probe_video(path)
    path.rename(path.with_suffix(".moved"))
    path.with_suffix(".moved").rename(path)
    recall_listing(packed)
    assert probe_video(path) == before


@pytest.mark.parametrize("matrix", [(1, 0, 0, 1), (0, 1, -1, 0), (-1, 0, 0, -1), (-1, 0, 0, 1)])
def test_a_fitted_picture_is_the_same_whichever_way_it_is_asked_for(videos, matrix):
    decoded = av.VideoFrame.from_ndarray(videos.paint(77, 96, 64), format="rgb24").reformat(
        format="yuv420p"
    )
    picture = Picture(decoded, Geometry(96, 64, 1.0, matrix), "a.mp4", (200, 200))
    whole = picture.crop(None)
    assert whole.shape == (200, 200, 3)
    assert (picture.crop((20, 50, 101, 77)) == whole[50:127, 20:121]).all()
    still = np.array([[1.0, 0, 0], [0, 1, 0]])
    assert (picture.sample((20, 50, 64, 64), still, 64) == whole[50:114, 20:84]).all()
    assert picture.scale == pytest.approx(200 / 96)


def test_shapes_that_no_header_is_read_for_are_fitted_into_the_first(videos, tmp_path, monkeypatch):
    monkeypatch.setitem(CODECS, "png.mov", ("png", "rgb24", {}))
    path = write_shapes(
        tmp_path / "a.mov", videos, [((128, 96), 10), ((128, 48), 10)], name="png.mov"
    )
    info = probe_video(path)
    assert info.sizes == ((0, 128, 96),)
    frames = list(read_frames(path))
    for frame in frames:
        shown, is_black = inner(frame.rgb(), ((128, 96), (128, 48))[frame.index // 10])
        assert is_black
        assert videos.number_in(shown) == frame.index
    for frame in read_frames(path, start_s=0.6):
        assert (frame.rgb() == frames[frame.index].rgb()).all()


def test_a_turn_is_of_the_fitted_picture(videos, tmp_path):
    path = write_shapes(tmp_path / "call.mkv", videos, [((128, 96), 5), ((128, 48), 5)])
    for degrees in (90, 180, 270):
        pairs = zip(read_frames(path), read_frames(path, rotation_deg=degrees), strict=True)
        for frame, turned in pairs:
            assert (turned.rgb() == np.rot90(frame.rgb(), -degrees // 90)).all()


@pytest.mark.parametrize("suffix", ["mkv", "mp4"])
def test_h264_that_tells_its_new_size_among_the_pictures(videos, tmp_path, suffix):
    """As browsers' recorders write it: the file's head holds the first size only."""
    sizes = [(128, 64), (128, 96), (128, 64)]
    path = tmp_path / f"call.{suffix}"
    with av.open(str(path), "w") as container:
        stream = None
        for k, size in enumerate(sizes):
            part = videos.write(
                tmp_path / f"{k}.mp4",
                "libx264",
                20,
                size=size,
                options={"bf": "2", "g": "10"},
                first_number=20 * k,
            )
            with av.open(str(part)) as source:
                track = source.streams.video[0]
                stream = stream or container.add_stream_from_template(track)
                # The configuration record: length and bytes of one set of either kind.
                record = track.codec_context.extradata
                end = 8 + int.from_bytes(record[6:8])
                sets = [
                    record[8:end],
                    record[end + 3 :][: int.from_bytes(record[end + 1 : end + 3])],
                ]
                head = b"".join(len(one).to_bytes(4) + one for one in sets)
                shift = round(k * 0.8 / track.time_base)
                for packet in source.demux(track):
                    if packet.size:
                        told = head if packet.is_keyframe and k else b""
                        copy = av.Packet(told + bytes(packet))
                        copy.pts, copy.dts = packet.pts + shift, packet.dts + shift
                        copy.time_base, copy.stream = packet.time_base, stream
                        copy.is_keyframe = packet.is_keyframe
                        container.mux(copy)
    info = probe_video(path)
    assert info.sizes == (
        (0, 128, 64),
        (pytest.approx(0.8), 128, 96),
        (pytest.approx(1.6), 128, 64),
    )
    frames = list(read_frames(path))
    for frame in frames:
        shown, is_black = inner(frame.rgb(), sizes[frame.index // 20])
        assert is_black
        assert videos.number_in(shown) == frame.index
    for start_s in (0.6, 0.8, 1.1, 1.9):
        for late in read_frames(path, start_s=start_s):
            assert (late.rgb() == frames[late.index].rgb()).all()
