"""Parts of a decoded picture taken from its planes, against the same taken from it in RGB."""

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attunement.errors import VideoError
from attunement.video import Frame, Part
from attunement.video.geometry import Geometry
from attunement.video.pictures import Picture
from attunement.video.planes import PLANAR, resize_by_area, warp

MATRICES = ((1, 0, 0, 1), (0, 1, -1, 0), (-1, 0, 0, -1), (0, -1, 1, 0), (-1, 0, 0, 1), (0, 1, 1, 0))
UPRIGHT = MATRICES[0]
LEVEL = np.eye(2, 3)


def frame_of(decoded, matrix=UPRIGHT, aspect=1.0):
    return Frame(
        0, 0.0, Picture(decoded, Geometry(decoded.width, decoded.height, aspect, matrix), "a.mp4")
    )


def noise(width, height, pix_fmt="yuv420p"):
    rng = np.random.default_rng(width)
    picture = av.VideoFrame(width, height, pix_fmt)
    for plane in picture.planes:
        rows = np.frombuffer(plane, np.uint8)
        rows[:] = rng.integers(0, 256, rows.size)
    return picture


def waves(width, height, pix_fmt="yuv420p"):
    """Lightness that changes by up to 3 levels a pixel, and colours by a tenth of that."""
    picture = av.VideoFrame(width, height, pix_fmt)
    for number, plane in enumerate(picture.planes):
        across, down = width // plane.width, height // plane.height
        x = (np.arange(plane.width) + 0.5) * across
        y = (np.arange(plane.height) + 0.5) * down
        height_of_waves, length_px = (15, 50) if number else (50, 17)
        values = np.sin(x / length_px + number) * np.cos(y[:, None] / length_px - number)
        rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
        rows[:, : plane.width] = np.round(128 + height_of_waves * values)
    return picture


@given(st.data())
def test_a_sampled_square_is_what_the_converted_part_would_give(data):
    decoded = waves(240, 160, data.draw(st.sampled_from(PLANAR)))
    decoded.colorspace = data.draw(st.sampled_from([2, 1, 5, 6]))
    decoded.color_range = data.draw(st.sampled_from([0, 1, 2]))
    frame = frame_of(decoded, data.draw(st.sampled_from(MATRICES)))
    height, width = frame.rgb().shape[:2]
    x, y = data.draw(st.integers(0, width - 40)), data.draw(st.integers(0, height - 40))
    w, h = data.draw(st.integers(40, width - x)), data.draw(st.integers(40, height - y))
    angle, scale = data.draw(st.floats(-3.2, 3.2)), data.draw(st.floats(0.2, 2.5))
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = np.array([w, h]) * (data.draw(st.floats(0, 1)), data.draw(st.floats(0, 1)))
    to_part = np.column_stack([turn, middle - turn @ (32, 32)])
    sampled = frame.part((x, y, w, h)).sample(to_part, 64).astype(int)
    expected = warp(frame.crop((x, y, w, h)), to_part, 64)
    apart = np.abs(sampled - expected)
    assert apart.mean() < 1.5
    assert apart.max() <= 12  # of colours between blocks, which conversion does not interpolate
    assert np.abs((sampled - expected).mean()) < 0.6


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuvj420p"])
@pytest.mark.parametrize("matrix", MATRICES)
def test_points_on_the_pixels_are_the_pixels(pix_fmt, matrix):
    frame = frame_of(noise(160, 120, pix_fmt), matrix)
    sampled = frame.part((20, 42, 64, 64)).sample(LEVEL, 64)
    np.testing.assert_array_equal(sampled, frame.crop((20, 42, 64, 64)))


@pytest.mark.parametrize("matrix", MATRICES)
@pytest.mark.parametrize("x", [80, 81])
def test_a_part_shows_nothing_of_what_lies_beside_it(matrix, x):
    pixels = np.zeros((160, 160, 3), np.uint8)
    pixels[:, 80:] = (200, 40, 60)
    decoded = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format="yuv420p")
    turned = Geometry(160, 160, 1.0, matrix).turn(pixels)
    frame = frame_of(decoded, matrix)
    rows, columns = np.nonzero(turned[..., 0])
    left, top = columns.min(), rows.min()
    width, height = np.ptp(columns) + 1, np.ptp(rows) + 1
    area = (int(left), int(top), int(width), int(height))
    around = np.array([[3.0, 0, -96 + width / 2], [0, 3.0, -96 + height / 2]])
    sampled = frame.part(area).sample(around, 64)
    assert np.ptp(sampled.reshape(-1, 3), axis=0).max() <= 1
    np.testing.assert_allclose(sampled[0, 0], (200, 40, 60), atol=6)


@pytest.mark.parametrize(
    ("pix_fmt", "size", "aspect"),
    [
        ("yuv444p", (96, 64), 1.0),
        ("yuv420p10le", (96, 64), 1.0),
        ("rgb24", (96, 64), 1.0),
        ("yuv420p", (97, 64), 1.0),
        ("yuv420p", (96, 64), 4 / 3),
    ],
)
def test_other_pictures_are_converted_first(pix_fmt, size, aspect):
    frame = frame_of(noise(*size, pix_fmt), aspect=aspect)
    to_part = np.array([[0.7, -0.2, 3.0], [0.2, 0.7, -5.0]])
    part = frame.part((3, 5, 60, 50))
    expected = warp(frame.crop((3, 5, 60, 50)), to_part, 64)
    np.testing.assert_array_equal(part.sample(to_part, 64), expected)
    small = resize_by_area(frame.crop((3, 5, 60, 50)), 8, 6)
    np.testing.assert_array_equal(part.shrink(8, 6), small)


@pytest.mark.parametrize("pix_fmt", PLANAR)
@pytest.mark.parametrize("matrix", MATRICES)
def test_a_shrunk_part_has_the_means_of_the_converted_one(pix_fmt, matrix):
    frame = frame_of(waves(320, 240, pix_fmt), matrix)
    height, width = frame.rgb().shape[:2]
    shrunk = frame.part(None).shrink(16, 12)
    expected = resize_by_area(frame.rgb(), 16, 12).astype(int)
    assert shrunk.shape == (12, 16, 3)
    assert np.abs(shrunk - expected).mean() < 4
    assert np.abs((shrunk - expected).mean()) < 1
    half = (width // 2, 0, width // 2, height)
    expected = resize_by_area(frame.crop(half), 8, 12).astype(int)
    assert np.abs(frame.part(half).shrink(8, 12) - expected).mean() < 4


def test_a_part_is_its_pixels_to_numpy(videos):
    from attunement.video import read_frames

    frame = next(read_frames(videos.of_kind("h264.mp4")))
    part = frame.part((3, 4, 20, 10))
    assert isinstance(part, Part)
    np.testing.assert_array_equal(np.asarray(part), frame.crop((3, 4, 20, 10)))
    assert np.asarray(part, np.float32).dtype == np.float32
    np.testing.assert_array_equal(frame.part(None), frame.rgb())
    with pytest.raises(ValueError, match="made when they are asked for"):
        np.array(part, copy=False)
    with pytest.raises(VideoError, match="does not lie within"):
        frame.part((60, 60, 20, 20))


def test_only_the_points_are_converted(monkeypatch):
    from attunement.video import pictures, planes

    converted = []
    real = planes.to_rgb
    for module in (pictures, planes):
        monkeypatch.setattr(
            module, "to_rgb", lambda *args: converted.append(args[1:]) or real(*args)
        )
    part = frame_of(noise(640, 480)).part((100, 100, 300, 300))
    assert converted == []
    part.sample(LEVEL, 64)
    part.shrink(8, 6)
    assert converted == [(64, 64), (8, 6)]
