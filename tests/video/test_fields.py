"""H.264 in which every field of an interlaced picture is a packet of its own, as AVCHD cameras do.

No encoder at hand writes field pictures, so this one does, with uncompressed (I_PCM) macroblocks.
Clause numbers are those of ITU-T H.264.
"""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from attunement.video import frame_times, probe_video, read_frames


class Bits:
    def __init__(self) -> None:
        self.bits: list[int] = []

    def put(self, value: int, n_bits: int) -> None:
        self.bits += [value >> shift & 1 for shift in range(n_bits - 1, -1, -1)]

    def ue(self, *values: int) -> None:
        """Exponential Golomb code of unsigned numbers (9.1)."""
        for value in values:
            length = (value + 1).bit_length()
            self.put(value + 1, 2 * length - 1)

    def align(self) -> None:
        self.bits += [0] * (-len(self.bits) % 8)

    def unit(self, header: int) -> bytes:
        """The bits as a NAL unit (7.3.1) with start code, stop bit and emulation prevention."""
        self.put(1, 1)
        self.align()
        body = np.packbits(self.bits).tobytes()
        escaped, n_zeros = bytearray(), 0
        for byte in body:
            if n_zeros >= 2 and byte <= 3:
                escaped.append(3)
                n_zeros = 0
            escaped.append(byte)
            n_zeros = n_zeros + 1 if byte == 0 else 0
        return b"\x00\x00\x00\x01" + bytes([header]) + bytes(escaped)


def parameter_sets(width: int, height: int) -> bytes:
    sps = Bits()
    sps.put(77 << 16 | 30, 24)  # Main profile, level 3
    sps.ue(0, 0, 0, 4, 1)  # id, 4 bits of frame_num, order count type 0 with 8 bits, 1 reference
    sps.put(0, 1)
    sps.ue(width // 16 - 1, height // 32 - 1)
    sps.put(0b00100, 5)  # fields allowed, not adaptive, direct 8x8, no cropping, no VUI
    pps = Bits()
    pps.ue(0, 0)
    pps.put(0, 2)
    pps.ue(0, 0, 0)
    pps.put(0, 3)
    pps.ue(0, 0, 0)
    pps.put(0b100, 3)
    return sps.unit(0x67) + pps.unit(0x68)


def field(planes: list[np.ndarray], number_in_group: int, is_bottom: bool) -> bytes:
    """One field as an access unit: delimiter, parameter sets where decoding may begin, a slice."""
    is_idr = number_in_group == 0 and not is_bottom
    bits = Bits()
    bits.ue(0, 7, 0)  # first macroblock, I slices only, parameter set 0
    bits.put(number_in_group, 4)
    bits.put(0b10 | is_bottom, 2)
    if is_idr:
        bits.ue(0)
    bits.put(2 * number_in_group + is_bottom, 8)
    bits.put(0, 2 if is_idr else 1)
    bits.ue(0, 1)  # no change of quantiser, no deblocking
    luma, *chroma = planes
    for y in range(0, luma.shape[0], 16):
        for x in range(0, luma.shape[1], 16):
            bits.ue(25)  # I_PCM
            bits.align()
            blocks = [luma[y : y + 16, x : x + 16]]
            blocks += [plane[y // 2 : y // 2 + 8, x // 2 : x // 2 + 8] for plane in chroma]
            for block in blocks:
                bits.bits += np.unpackbits(np.ascontiguousarray(block)).tolist()
    delimiter = b"\x00\x00\x00\x01\x09\x10"
    heading = parameter_sets(luma.shape[1], 2 * luma.shape[0]) if is_idr else b""
    return delimiter + heading + bits.unit(0x65 if is_idr else 0x61)


def write_fields(path: Path, pictures: list[np.ndarray], *, group: int, stamp_both: bool) -> Path:
    """Write RGB pictures at 25 Hz as 50 field packets a second."""
    with av.open(str(path), "w") as container:
        height, width = pictures[0].shape[:2]
        stream = container.add_mux_stream("h264", rate=25, width=width, height=height)
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")
            planes = [
                np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[:, : plane.width]
                for plane in frame.planes
            ]
            for is_bottom in (False, True):
                halves = [plane[is_bottom::2] for plane in planes]
                packet = av.Packet(field(halves, number % group, is_bottom))
                packet.stream = stream
                packet.time_base = Fraction(1, 50)
                stamp = 2 * number + is_bottom
                packet.dts = stamp
                if stamp_both or not is_bottom:
                    packet.pts = stamp
                packet.is_keyframe = number % group == 0 and not is_bottom
                container.mux(packet)
    return path


@pytest.mark.parametrize("stamp_both", [True, False])
@pytest.mark.parametrize("name", ["fields.ts", "fields.mkv"])
def test_two_field_packets_are_one_frame(videos, tmp_path, name, stamp_both):
    pictures = [videos.paint(number) for number in range(30)]
    path = write_fields(tmp_path / name, pictures, group=5, stamp_both=stamp_both)
    with av.open(str(path)) as container:
        n_packets = sum(packet.size > 0 for packet in container.demux(video=0))
    assert n_packets == 60
    info = probe_video(path)
    assert info.interlaced
    assert info.n_frames == 30
    np.testing.assert_allclose(frame_times(path), np.arange(30) / 25, atol=0.001)
    frames = list(read_frames(path))
    assert [frame.index for frame in frames] == list(range(30))
    assert [videos.number_in(frame.rgb()) for frame in frames] == list(range(30))
    span = [(frame.index, frame.rgb().tobytes()) for frame in read_frames(path, start_s=0.5)]
    assert span == [(frame.index, frame.rgb().tobytes()) for frame in frames[13:]]


def test_fields_of_a_moving_bar_are_not_shown_as_a_comb(tmp_path):
    pictures = []
    for number in range(12):
        picture = np.full((64, 64, 3), 40, np.uint8)
        for is_bottom in (0, 1):
            left = 4 * number + 2 * is_bottom
            picture[is_bottom::2, left : left + 12] = 200
        pictures.append(picture)
    path = write_fields(tmp_path / "bar.ts", pictures, group=6, stamp_both=True)

    def comb(picture):
        rows = picture.astype(int)
        return np.abs(rows[1:-1] - (rows[:-2] + rows[2:]) / 2).mean()

    shown = [comb(frame.rgb()) for frame in read_frames(path)]
    assert len(shown) == 12
    assert max(shown) < 0.2 * min(comb(picture) for picture in pictures)
