"""Painted studies: videos of coloured patches that the fake backend reads as faces."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

import attunement
from attunement.pipeline import Summary

RATE_HZ = 10
SLOW_RATE_HZ = 2
DURATION_S = 70  # long enough for a p, and for three spans of 30 s
LAG_S = 0.6
SIZE_PX = 112

# For tests of what a run does rather than of its figures: few frames, on a grid that fits them.
SPARSE = "[signals]\nsampling_hz = 2\nmax_gap_s = 0.6\n[scoring]\nn_surrogates = 50\n"


def _expression(seed: int, n: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    level = np.zeros(n)
    start = 10
    while start + 40 < n:
        length = int(rng.integers(15, 30))
        level[start : start + length] = rng.uniform(0.5, 1)
        start += length + int(rng.integers(15, 40))
    return np.convolve(level, np.hanning(9) / np.hanning(9).sum(), mode="same")


def paint(path: Path, smile: np.ndarray, brow: np.ndarray, *, rate_hz: int = RATE_HZ) -> None:
    """Write a video of one patch whose colour carries the expression, frame by frame."""
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=rate_hz)
        stream.width, stream.height, stream.pix_fmt = SIZE_PX, SIZE_PX, "yuv444p"
        stream.time_base = Fraction(1, rate_hz)
        stream.options = {"crf": "10", "preset": "ultrafast"}
        for k, (red, green) in enumerate(zip(smile, brow, strict=True)):
            picture = np.zeros((SIZE_PX, SIZE_PX, 3), np.uint8)
            picture[6:-6, 10:-10] = (60 + 190 * red, 60 + 190 * green, 60)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = k, Fraction(1, rate_hz)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))


@pytest.fixture(scope="session")
def painter() -> Callable[..., None]:
    """Return `paint`."""
    return paint


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


@pytest.fixture(scope="session")
def sparse(tmp_path_factory) -> dict[str, Path]:
    """Two videos as long as `painted`, with few frames."""
    folder = tmp_path_factory.mktemp("sparse")
    n = SLOW_RATE_HZ * DURATION_S
    rng = np.random.default_rng(3)
    infant = _expression(4, n)
    paths = {"infant": folder / "infant.mp4", "caregiver": folder / "caregiver.mp4"}
    paint(paths["infant"], infant, 0.2 * rng.random(n), rate_hz=SLOW_RATE_HZ)
    follows = np.concatenate([[0.0], infant[:-1]])
    paint(paths["caregiver"], follows, 0.2 * rng.random(n), rate_hz=SLOW_RATE_HZ)
    return paths


def write_study(
    folder: Path,
    videos: dict[str, Path],
    sessions: tuple[str, ...],
    *,
    toml: str = "",
    extra: dict[str, str] | None = None,
) -> Path:
    """Write a study in which every session has the same two videos; return its study.toml."""
    folder.mkdir(exist_ok=True)
    further = extra or {}
    header = ["session", "layout", "caregiver_video", "infant_video", "offset_s", *further]
    lines = [",".join(header)]
    for name in sessions:
        cells = [name, "two_files", str(videos["caregiver"]), str(videos["infant"]), "0"]
        lines.append(",".join([*cells, *further.values()]))
    (folder / "sessions.csv").write_text("\n".join(lines) + "\n")
    (folder / "study.toml").write_text(f'[faces]\nbackend = "fake"\n{toml}')
    return folder / "study.toml"


@pytest.fixture
def make_study(tmp_path, painted) -> Callable[..., Path]:
    """Return a function that writes a study of painted sessions and returns its study.toml."""

    def make(sessions: tuple[str, ...] = ("a", "b"), **options) -> Path:
        return write_study(tmp_path / "study", painted, sessions, **options)

    return make


@pytest.fixture
def make_sparse(tmp_path, sparse) -> Callable[..., Path]:
    """Return a function like that of `make_study`, for sessions that are worked off at once."""

    def make(sessions: tuple[str, ...] = ("a",), *, toml: str = SPARSE, **options) -> Path:
        return write_study(tmp_path / "study", sparse, sessions, toml=toml, **options)

    return make


@pytest.fixture(scope="session")
def here() -> Iterator[ThreadPoolExecutor]:
    """An executor in this process, for what does not need worker processes."""
    with ThreadPoolExecutor(1) as executor:
        yield executor


@pytest.fixture(scope="session")
def finished(tmp_path_factory, sparse, here) -> Summary:
    """The undisturbed run of two sparse sessions: to copy, not to change."""
    folder = tmp_path_factory.mktemp("finished")
    study = attunement.read_study(write_study(folder / "study", sparse, ("a", "b"), toml=SPARSE))
    return attunement.run_study(study, folder / "out", executor=here)
