"""Small painted recordings, whole and broken, that the fake backend reads."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest

SIDE_PX = 96
RATE_HZ = 5


def _film(
    path: Path,
    n_frames: int,
    *,
    rate_hz: Fraction | int = RATE_HZ,
    size: tuple[int, int] = (SIDE_PX, SIDE_PX),
    patches: Sequence[tuple[int, int, int, int]] = ((18, 8, 60, 80),),
    codec: str = "libx264",
    seed: int = 1,
    pts: Callable[[int], int] = lambda k: k,
) -> Path:
    """Write patches (x, y, width, height) whose colour, the expression, waxes and wanes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    phase = np.random.default_rng(seed).uniform(0, 6)
    with av.open(f"file:{path}", "w") as file:
        stream = file.add_stream(codec, rate=Fraction(rate_hz))
        stream.width, stream.height = size
        stream.pix_fmt, stream.time_base = "yuv420p", 1 / Fraction(rate_hz)
        stream.codec_context.gop_size = 20
        if codec == "libx264":
            stream.options = {"crf": "10", "preset": "ultrafast"}
        for k in range(n_frames):
            picture = np.zeros((size[1], size[0], 3), np.uint8)
            time_s = k / float(rate_hz)
            smile = max(0.0, np.sin(time_s * 0.9 + phase)) ** 2
            brow = max(0.0, np.sin(time_s * 1.7 + phase)) ** 2
            for x, y, width, height in patches:
                picture[y : y + height, x : x + width] = (60 + 190 * smile, 60 + 150 * brow, 60)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = pts(k), 1 / Fraction(rate_hz)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


def _sound(path: Path) -> Path:
    with av.open(str(path), "w") as file:
        stream = file.add_stream("aac", rate=16000, layout="mono")
        silence = np.zeros((1, 1024), np.float32)
        frame = av.AudioFrame.from_ndarray(silence, format="fltp", layout="mono")
        frame.sample_rate, frame.pts = 16000, 0
        for packet in [*stream.encode(frame), *stream.encode()]:
            file.mux(packet)
    return path


def _openface(
    path: Path,
    n_frames: int,
    *,
    rate_hz: float = RATE_HZ,
    without: str = "",
    separator: str = ",",
    decimal: str = ".",
) -> Path:
    """Write a table as OpenFace does; a comma in a number is quoted where commas separate."""
    names = [
        "frame", "timestamp", "confidence", "success", "pose_Rx", "pose_Ry", "pose_Rz", "AU01_r",
        "AU04_r", "AU06_r", "AU12_r", "AU25_r", "x_36", "y_36", "x_45", "y_45",
    ]  # fmt: skip
    lines = [separator.join(name for name in names if name != without)]
    for k in range(n_frames):
        time_s = k / rate_hz
        level = max(0.0, np.sin(0.9 * time_s)) ** 2
        values = {
            "frame": k + 1, "timestamp": time_s, "confidence": 0.98, "success": 1,
            "AU06_r": 2 * level, "AU12_r": 3 * level, "AU25_r": level, "x_36": 20.0, "y_36": 40.0,
            "x_45": 80.0, "y_45": 40.0,
        }  # fmt: skip
        cells = [
            f"{values.get(name, 0.01):g}".replace(".", decimal) for name in names if name != without
        ]
        lines.append(
            separator.join(f'"{c}"' if "," in c and separator == "," else c for c in cells)
        )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def make() -> SimpleNamespace:
    """The makers of recordings and tables."""
    return SimpleNamespace(film=_film, sound=_sound, openface=_openface)
