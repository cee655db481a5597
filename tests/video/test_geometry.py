import struct
from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attunement.video import probe_video, read_frames
from attunement.video.geometry import Geometry, nearest_quarter_turn

ONE = 1 << 16
TURNS = {0: (1, 0, 0, 1), 90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}
MATRICES = [*TURNS.values(), (-1, 0, 0, 1), (1, 0, 0, -1), (0, 1, 1, 0), (0, -1, -1, 0)]


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_turn_is_clockwise(degrees):
    picture = np.arange(6 * 4 * 3, dtype=np.uint8).reshape(4, 6, 3)
    geometry = Geometry(6, 4, 1.0, TURNS[degrees])
    np.testing.assert_array_equal(geometry.turn(picture), np.rot90(picture, -degrees // 90))
    assert geometry.rotation_deg == degrees
    assert geometry.size_px == ((6, 4) if degrees == 180 else (4, 6))


@pytest.mark.parametrize("matrix", MATRICES)
@pytest.mark.parametrize("degrees", TURNS)
def test_a_further_turn_is_of_what_is_displayed(matrix, degrees):
    picture = np.arange(6 * 4 * 3, dtype=np.uint8).reshape(4, 6, 3)
    geometry = Geometry(6, 4, 1.0, matrix)
    turned = geometry.turned(degrees)
    expected = np.rot90(geometry.turn(picture), -degrees // 90)
    np.testing.assert_array_equal(turned.turn(picture), expected)
    assert turned.size_px == (expected.shape[1], expected.shape[0])


@given(st.data())
def test_a_region_is_found_again_before_turning(data):
    width, height = data.draw(st.integers(2, 12)), data.draw(st.integers(2, 12))
    geometry = Geometry(width, height, 1.0, data.draw(st.sampled_from(MATRICES)))
    picture = np.arange(width * height * 3, dtype=np.uint16).reshape(height, width, 3)
    shown_width, shown_height = geometry.size_px
    x, y = data.draw(st.integers(0, shown_width - 1)), data.draw(st.integers(0, shown_height - 1))
    w, h = data.draw(st.integers(1, shown_width - x)), data.draw(st.integers(1, shown_height - y))
    left, top, across, down = geometry.before_turning((x, y, w, h))
    np.testing.assert_array_equal(
        geometry.turn(picture[top : top + down, left : left + across]),
        geometry.turn(picture)[y : y + h, x : x + w],
    )


def test_matrices_are_brought_to_quarter_turns():
    for matrix in MATRICES:
        scaled = [ONE * value for value in matrix]
        assert nearest_quarter_turn(*scaled) == matrix
    assert nearest_quarter_turn(0, 0, 0, 0) == (1, 0, 0, 1)
    assert nearest_quarter_turn(ONE, 300, -300, ONE) == (1, 0, 0, 1)


def colours(picture):
    """Where the red and the blue patch lie, as shares of width and height."""
    height, width = picture.shape[:2]
    signed = picture.astype(int)
    places = []
    for own, other in ((0, 2), (2, 0)):
        rows, columns = np.nonzero(signed[..., own] - signed[..., other] > 100)
        places.append((columns.mean() / width, rows.mean() / height))
    return np.array(places)


# The painted picture has red at the lower left (.25, .875) and blue at the lower right.
@pytest.mark.parametrize(
    ("counterclockwise", "rotation_deg", "red", "blue"),
    [
        (90, 270, (0.875, 0.75), (0.875, 0.25)),
        (180, 180, (0.75, 0.125), (0.25, 0.125)),
        (270, 90, (0.125, 0.25), (0.125, 0.75)),
    ],
)
@pytest.mark.parametrize("aspect", [Fraction(1), Fraction(3, 2)])
def test_rotation_and_pixel_shape_are_applied(
    videos, tmp_path, counterclockwise, rotation_deg, red, blue, aspect
):
    def prepare(stream):
        stream.set_display_rotation(counterclockwise)
        stream.codec_context.sample_aspect_ratio = aspect

    path = videos.write(tmp_path / "turned.mp4", "libx264", 6, size=(96, 64), prepare=prepare)
    info = probe_video(path)
    width, height = round(96 * aspect), 64
    shown = (width, height) if counterclockwise == 180 else (height, width)
    assert (info.width_px, info.height_px) == shown
    assert info.rotation_deg == rotation_deg
    assert info.sample_aspect_ratio == pytest.approx(float(aspect))
    frames = list(read_frames(path))
    assert [frame.index for frame in frames] == list(range(6))
    # A turn that is asked for comes on top of the file's own.
    further = probe_video(path, rotation_deg=90)
    assert further.rotation_deg == (rotation_deg + 90) % 360
    assert (further.width_px, further.height_px) == shown[::-1]
    for frame in frames:
        picture = frame.rgb()
        assert picture.shape == (shown[1], shown[0], 3)
        np.testing.assert_allclose(colours(picture), [red, blue], atol=0.04)
        upright = np.rot90(picture, rotation_deg // 90)
        assert videos.number_in(upright) == frame.index


@pytest.mark.parametrize(("orientation", "turn_deg"), [(1, 0), (3, 180), (6, 90), (8, 270)])
def test_the_turn_in_a_photo_cameras_jpeg_pictures_is_applied(
    videos, tmp_path, orientation, turn_deg
):
    path = videos.write(tmp_path / "a.avi", "mjpeg", 3, pix_fmt="yuvj420p", options={"q": "2"})
    with av.open(str(path)) as container:
        jpegs = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    tag = struct.pack("<IHHHIHHI", 8, 1, 0x112, 3, 1, orientation, 0, 0)
    exif = b"Exif\0\0II*\0" + tag
    segment = b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
    with av.open(str(tmp_path / "exif.avi"), "w") as container:
        stream = container.add_stream("mjpeg", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuvj420p"
        for number, jpeg in enumerate(jpegs):
            packet = av.Packet(jpeg[:2] + segment + jpeg[2:])
            packet.pts = packet.dts = number
            packet.time_base, packet.stream = Fraction(1, 25), stream
            container.mux(packet)
    assert probe_video(tmp_path / "exif.avi").rotation_deg == turn_deg
    frames = list(read_frames(tmp_path / "exif.avi"))
    upright = [np.rot90(frame.rgb(), turn_deg // 90) for frame in frames]
    assert [videos.number_in(picture) for picture in upright] == [0, 1, 2]


@pytest.mark.parametrize("name", ["wide.mp4", "wide.ts"])
def test_wide_pixels_keep_the_height(videos, tmp_path, name):
    def prepare(stream):
        stream.codec_context.sample_aspect_ratio = Fraction(16, 11)

    path = videos.write(tmp_path / name, "libx264", 4, size=(88, 64), prepare=prepare)
    info = probe_video(path)
    assert (info.width_px, info.height_px) == (128, 64)
    for frame in read_frames(path):
        assert videos.number_in(frame.rgb()) == frame.index
        np.testing.assert_allclose(colours(frame.rgb()), [(0.25, 0.875), (0.75, 0.875)], atol=0.03)
