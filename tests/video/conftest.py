"""Videos made at test time. Every frame carries its number in its pixels."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

N_BITS = 12


def paint(number: int, width: int = 64, height: int = 64) -> np.ndarray:
    """Twelve blocks, four a row, are the bits of `number`; below them red left, blue right."""
    picture = np.full((height, width, 3), 110, np.uint8)
    for bit in range(N_BITS):
        row, column = divmod(bit, 4)
        rows = slice(row * height // 4 + 1, (row + 1) * height // 4 - 1)
        columns = slice(column * width // 4 + 1, (column + 1) * width // 4 - 1)
        picture[rows, columns] = 220 if number >> bit & 1 else 25
    picture[height * 3 // 4 :, : width // 2] = (210, 30, 30)
    picture[height * 3 // 4 :, width // 2 :] = (30, 30, 210)
    return picture


def number_in(picture: np.ndarray) -> int:
    """The number painted into an upright picture of any size."""
    height, width = picture.shape[:2]
    number = 0
    for bit in range(N_BITS):
        row, column = divmod(bit, 4)
        y, x = int((row + 0.5) * height / 4), int((column + 0.5) * width / 4)
        number |= int(picture[y - 1 : y + 2, x - 1 : x + 2].mean() > 122) << bit
    return number


def write(
    path: Path,
    codec: str,
    n_frames: int = 60,
    *,
    options: dict[str, str] | None = None,
    pix_fmt: str = "yuv420p",
    pts: Sequence[int] | None = None,
    time_base: Fraction = Fraction(1, 25),
    size: tuple[int, int] = (64, 64),
    prepare: Callable[[Any], None] | None = None,
    container_options: dict[str, str] | None = None,
    sound: bool = False,
    first_number: int = 0,
) -> Path:
    """Encode pictures numbered from `first_number` at the presentation times `pts`."""
    with av.open(str(path), "w", options=container_options or {}) as container:
        stream = container.add_stream(codec, rate=round(1 / time_base), options=options or {})
        stream.width, stream.height = size
        stream.pix_fmt = pix_fmt
        stream.codec_context.time_base = time_base
        if prepare is not None:
            prepare(stream)
        audio = container.add_stream("aac", rate=16000, layout="mono") if sound else None
        for number in range(n_frames):
            picture = paint(first_number + number, *size)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format=pix_fmt)
            frame.pts = number if pts is None else pts[number]
            frame.time_base = time_base
            for packet in stream.encode(frame):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
        if audio is not None:
            for start in range(0, 16000, 1024):
                silence = av.AudioFrame.from_ndarray(
                    np.zeros((1, 1024), np.float32), format="fltp", layout="mono"
                )
                silence.sample_rate, silence.pts = 16000, start
                for packet in audio.encode(silence):
                    container.mux(packet)
            for packet in audio.encode():
                container.mux(packet)
    return path


def forget_reordering(path: Path) -> None:
    """Take from an MP4 file the tables that tell when frames are shown."""
    path.write_bytes(path.read_bytes().replace(b"ctts", b"free").replace(b"edts", b"free"))


def pack_pairs(path: Path) -> None:
    """Store an MPEG-4 file as DivX does: a frame and the B frame before it in one packet.

    An empty picture stands where the second of the two would have been.
    """
    with av.open(str(path)) as container:
        stored = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    vop = b"\x00\x00\x01\xb6"
    kinds = [content[content.index(vop) + 4] >> 6 for content in stored]
    head, frame = stored[0].split(vop, 1)
    head = head.partition(b"\x00\x00\x01\xb2")[0] + b"\x00\x00\x01\xb2DivX503b1393p"
    stored[0] = head + vop + frame
    # Predicted, no further second, marker, 5 bits of time (25 a second), marker, not coded.
    nothing = vop + bytes([0b01010000, 0b01001111])
    starts = [position for position, kind in enumerate(kinds) if kind != 2]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        stream.codec_context.codec_tag = "DX50"
        number = 0
        for start, end in zip(starts, [*starts[1:], len(stored)], strict=True):
            group = stored[start:end]
            if len(group) > 1:
                group = [group[0] + group[1], *group[2:], nothing]
            for content in group:
                packet = av.Packet(content)
                packet.pts = packet.dts = number
                packet.time_base, packet.stream = Fraction(1, 25), stream
                packet.is_keyframe = content is group[0] and kinds[start] == 0
                container.mux(packet)
                number += 1


OPEN_GOP_264 = {"g": "10", "bf": "3", "x264-params": "open-gop=1:scenecut=0"}
OPEN_GOP_265 = {"x265-params": "open-gop=1:keyint=10:min-keyint=5:bframes=3:log-level=none"}
INTERLACED = {"g": "10", "bf": "2", "flags": "+ildct+ilme", "q": "2"}
KINDS: dict[str, dict[str, Any]] = {
    "h264.mp4": {"codec": "libx264", "options": OPEN_GOP_264, "sound": True},
    "h264.mkv": {"codec": "libx264", "options": OPEN_GOP_264},
    "h264.ts": {"codec": "libx264", "options": OPEN_GOP_264},
    "refresh.ts": {
        "codec": "libx264",
        "options": {"g": "15", "bf": "0", "x264-params": "intra-refresh=1:keyint=15"},
    },
    "hevc.mp4": {"codec": "libx265", "options": OPEN_GOP_265},
    "hevc.ts": {"codec": "libx265", "options": OPEN_GOP_265},
    "mpeg4.avi": {"codec": "mpeg4", "options": {"g": "12", "bf": "2", "q": "2"}},
    "mpeg4.mp4": {"codec": "mpeg4", "options": {"g": "12", "bf": "2", "q": "2"}},
    "h264.avi": {"codec": "libx264", "options": {"g": "12", "bf": "3", "preset": "veryfast"}},
    "plain_b.avi": {
        "codec": "libx264",
        "options": {"g": "12", "bf": "2", "x264-params": "b-adapt=0:b-pyramid=none"},
    },
    "open_gop.avi": {"codec": "libx264", "options": OPEN_GOP_264},
    "untold.mp4": {"codec": "libx264", "options": OPEN_GOP_264, "then": forget_reordering},
    "packed.avi": {"codec": "mpeg4", "options": {"g": "12", "bf": "1"}, "then": pack_pairs},
    "packed_more.avi": {"codec": "mpeg4", "options": {"g": "12", "bf": "2"}, "then": pack_pairs},
    "vp9.webm": {
        "codec": "libvpx-vp9",
        "options": {"g": "20", "deadline": "realtime", "cpu-used": "8"},
    },
    "prores.mov": {"codec": "prores_ks", "pix_fmt": "yuv422p10le", "n_frames": 30},
    "interlaced_h264.ts": {"codec": "libx264", "options": {**INTERLACED, "x264-params": "tff=1"}},
    "interlaced_mpeg2.mpg": {"codec": "mpeg2video", "options": INTERLACED},
    "uneven.mp4": {
        "codec": "libx264",
        "options": OPEN_GOP_264,
        "time_base": Fraction(1, 1000),
        "pts": np.cumsum([0, *np.random.default_rng(1).integers(20, 140, 59)]).tolist(),
    },
}


class Videos:
    """Makes test videos once a session."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kinds = tuple(KINDS)
        self.paint, self.number_in, self.write = paint, number_in, write

    def of_kind(self, name: str) -> Path:
        path = self.folder / name
        if not path.exists():
            settings = dict(KINDS[name])
            then = settings.pop("then", None)
            write(path, **settings)
            if then is not None:
                then(path)
        return path

    def pts_of_kind(self, name: str) -> list[float]:
        settings = KINDS[name]
        stamps = settings.get("pts") or range(settings.get("n_frames", 60))
        return [float(stamp * settings.get("time_base", Fraction(1, 25))) for stamp in stamps]


@pytest.fixture(scope="session")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Videos:
    return Videos(tmp_path_factory.mktemp("videos"))


@pytest.fixture(scope="session", params=tuple(KINDS))
def kind(request: pytest.FixtureRequest) -> str:
    return request.param
