from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attunement.errors import VideoError
from attunement.video import Frame, read_frames
from attunement.video.geometry import Geometry
from attunement.video.pictures import Picture

FORMATS = ("yuv420p", "yuvj420p", "yuv422p", "yuv444p", "yuv420p10le", "gray", "rgb24")
MATRICES = ((1, 0, 0, 1), (0, 1, -1, 0), (-1, 0, 0, -1), (0, -1, 1, 0), (-1, 0, 0, 1))


def noise(width, height, pix_fmt, seed):
    rng = np.random.default_rng(seed)
    picture = av.VideoFrame(width, height, pix_fmt)
    for plane in picture.planes:
        rows = np.frombuffer(plane, np.uint8)
        rows[:] = rng.integers(0, 256 if "10" not in pix_fmt else 4, rows.size)
    return picture


@given(st.data())
def test_a_part_is_the_same_whichever_way_it_is_asked_for(data):
    width, height = data.draw(st.integers(4, 300)), data.draw(st.integers(4, 90))
    aspect = data.draw(st.sampled_from([1.0, 4 / 3]))
    geometry = Geometry(width, height, aspect, data.draw(st.sampled_from(MATRICES)))
    decoded = noise(width, height, data.draw(st.sampled_from(FORMATS)), seed=width)
    decoded.colorspace = data.draw(st.sampled_from([2, 1, 5]))
    decoded.color_range = data.draw(st.sampled_from([0, 1, 2]))
    shown_width, shown_height = geometry.size_px
    x, y = data.draw(st.integers(0, shown_width - 1)), data.draw(st.integers(0, shown_height - 1))
    w, h = data.draw(st.integers(1, shown_width - x)), data.draw(st.integers(1, shown_height - y))
    part = Frame(0, 0.0, Picture(decoded, geometry, "a.mp4")).crop((x, y, w, h))
    frame = Frame(0, 0.0, Picture(decoded, geometry, "a.mp4"))
    whole = frame.rgb()
    assert whole.shape == (shown_height, shown_width, 3)
    np.testing.assert_array_equal(part, whole[y : y + h, x : x + w])
    np.testing.assert_array_equal(frame.crop((x, y, w, h)), part)
    np.testing.assert_array_equal(frame.crop(None), whole)
    assert part.flags.c_contiguous
    assert part.dtype == np.uint8


def test_a_large_part_of_a_full_hd_picture_is_exact():
    decoded = noise(1920, 1080, "yuv420p", seed=0)
    whole = Picture(decoded, Geometry(1920, 1080), "a.mp4").crop(None)
    for x, y, w, h in ((0, 0, 960, 1080), (961, 3, 511, 777), (1919, 1079, 1, 1), (5, 1, 33, 2)):
        part = Picture(decoded, Geometry(1920, 1080), "a.mp4").crop((x, y, w, h))
        np.testing.assert_array_equal(part, whole[y : y + h, x : x + w])


@pytest.mark.parametrize(
    "roi", [(-1, 0, 5, 5), (0, -1, 5, 5), (60, 0, 5, 5), (0, 60, 5, 5), (3, 3, 0, 5), (3, 3, 5, -2)]
)
def test_parts_outside_the_picture_are_refused(videos, roi):
    frame = next(read_frames(videos.of_kind("h264.mp4")))
    with pytest.raises(VideoError, match=r"does not lie within the 64 x 64 pixels of h264\.mp4"):
        frame.crop(roi)


def test_pictures_are_the_callers_own(videos):
    frame = next(read_frames(videos.of_kind("h264.mp4")))
    before = frame.rgb()
    frame.rgb()[:] = 0
    frame.crop((0, 0, 10, 10))[:] = 0
    np.testing.assert_array_equal(frame.rgb(), before)


def test_nothing_is_converted_until_it_is_asked_for(videos, monkeypatch):
    from attunement.video import pictures, planes

    converted = []
    real = planes.to_rgb
    for module in (pictures, planes):
        monkeypatch.setattr(
            module, "to_rgb", lambda *args: converted.append(args[1:]) or real(*args)
        )
    frames = list(read_frames(videos.of_kind("h264.mp4")))
    assert converted == []
    frames[7].crop((4, 4, 10, 6))
    assert converted == [(10, 6)]
    frames[7].rgb()
    frames[7].rgb()
    assert converted == [(10, 6), (64, 64)]


@pytest.mark.parametrize("colorspace", [1, 5, 2], ids=["bt709", "bt601", "untagged"])
@pytest.mark.parametrize("kind", ["progressive", "interlaced"])
def test_colours_come_back_as_painted(videos, tmp_path, colorspace, kind):
    path = tmp_path / "colours.mp4"
    matrix = {1: "ITU709", 5: "ITU601", 2: "ITU601"}[colorspace]
    interlaced = {"flags": "+ildct+ilme", "x264-params": "tff=1"}
    with av.open(str(path), "w") as container:
        options = interlaced if kind == "interlaced" else {}
        stream = container.add_stream("libx264", rate=25, options={"crf": "5", **options})
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        stream.codec_context.colorspace = colorspace
        for number in range(4):
            frame = av.VideoFrame.from_ndarray(videos.paint(number), format="rgb24")
            frame = frame.reformat(format="yuv420p", dst_colorspace=matrix)
            frame.colorspace = colorspace
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    for frame in read_frames(path):
        picture = frame.rgb().astype(int)
        np.testing.assert_allclose(picture[56, 16], (210, 30, 30), atol=12)
        np.testing.assert_allclose(picture[56, 48], (30, 30, 210), atol=12)
