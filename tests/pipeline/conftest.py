"""Painted studies: videos of coloured patches that the fake backend reads as faces."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

RATE_HZ = 10
DURATION_S = 70  # long enough for a p, and for three spans of 30 s
LAG_S = 0.6


def _expression(seed: int, n: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    level = np.zeros(n)
    start = 10
    while start + 40 < n:
        length = int(rng.integers(15, 30))
        level[start : start + length] = rng.uniform(0.5, 1)
        start += length + int(rng.integers(15, 40))
    return np.convolve(level, np.hanning(9) / np.hanning(9).sum(), mode="same")


def paint(path: Path, smile: np.ndarray, brow: np.ndarray) -> None:
    """Write a video of one patch whose colour carries the expression, frame by frame."""
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=RATE_HZ)
        stream.width, stream.height, stream.pix_fmt = 160, 160, "yuv444p"
        stream.time_base = Fraction(1, RATE_HZ)
        stream.options = {"crf": "10", "preset": "ultrafast"}
        for k, (red, green) in enumerate(zip(smile, brow, strict=True)):
            picture = np.zeros((160, 160, 3), np.uint8)
            picture[10:150, 20:140] = (60 + 190 * red, 60 + 190 * green, 60)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = k, Fraction(1, RATE_HZ)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))


@pytest.fixture(scope="session")
def painted(tmp_path_factory) -> dict[str, Path]:
    """Two videos, made once: an infant, and a caregiver who follows 0.6 s later."""
    folder = tmp_path_factory.mktemp("painted")
    n = RATE_HZ * DURATION_S
    infant = _expression(1, n)
    lag = round(LAG_S * RATE_HZ)
    caregiver = np.concatenate([np.zeros(lag), infant[:-lag]])
    rng = np.random.default_rng(2)
    paths = {"infant": folder / "infant.mp4", "caregiver": folder / "caregiver.mp4"}
    paint(paths["infant"], infant, 0.2 * rng.random(n))
    paint(paths["caregiver"], caregiver, 0.5 * caregiver + 0.2 * rng.random(n))
    return paths


@pytest.fixture
def make_study(tmp_path, painted) -> Callable[..., Path]:
    """Return a function that writes a study of painted sessions and returns its study.toml."""

    def make(
        sessions: tuple[str, ...] = ("a", "b"),
        *,
        toml: str = "",
        extra: dict[str, str] | None = None,
    ) -> Path:
        folder = tmp_path / "study"
        folder.mkdir(exist_ok=True)
        rows = dict.fromkeys(sessions, (painted["caregiver"], painted["infant"]))
        further = extra or {}
        header = ["session", "layout", "caregiver_video", "infant_video", *further]
        lines = [",".join(header)]
        for name, (caregiver, infant) in rows.items():
            lines.append(
                ",".join([name, "two_files", str(caregiver), str(infant), *further.values()])
            )
        (folder / "sessions.csv").write_text("\n".join(lines) + "\n")
        (folder / "study.toml").write_text(f'[faces]\nbackend = "fake"\n{toml}')
        return folder / "study.toml"

    return make
