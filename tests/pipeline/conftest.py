"""Painted studies: videos of coloured patches that the fake backend reads as faces."""

from collections.abc import Callable, Iterator, Sequence
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

Expressions = tuple[np.ndarray, np.ndarray]  # smile and brows, 0 to 1, a value a frame

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


def paint(
    path: Path,
    people: Sequence[Expressions],
    *,
    rate_hz: int = RATE_HZ,
    axis: int = 1,
    blue: Sequence[float] = (0.0, 0.0),
    margin_px: int = 0,
    sound: np.ndarray | None = None,
) -> None:
    """Write a video of patches whose colours carry the expressions, frame by frame.

    Every person has a patch of their own, beside (`axis` 1) or under (0) each other; `blue` is how
    blue each is, by which people are told apart. `sound` is at 16 kHz.
    """
    n = len(people[0][0])
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=rate_hz)
        size_px = SIZE_PX + 2 * margin_px
        shape = [size_px, size_px]
        shape[axis] *= len(people)
        stream.height, stream.width = shape
        stream.pix_fmt, stream.time_base = "yuv444p", Fraction(1, rate_hz)
        stream.options = {"crf": "10", "preset": "ultrafast"}
        audio = file.add_stream("aac", rate=16_000, layout="mono") if sound is not None else None
        for k in range(n):
            parts = []
            for (smile, brow), own_blue in zip(people, blue, strict=False):
                part = np.zeros((size_px, size_px, 3), np.uint8)
                inside = part[margin_px : size_px - margin_px, margin_px : size_px - margin_px]
                inside[6:-6, 10:-10] = 60 + 190 * np.array([smile[k], brow[k], own_blue])
                parts.append(part)
            picture = np.ascontiguousarray(np.concatenate(parts, axis=axis))
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = k, Fraction(1, rate_hz)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
        for start in range(0, len(sound) if audio is not None else 0, 1024):
            block = sound[start : start + 1024].astype(np.float32)[None]
            heard = av.AudioFrame.from_ndarray(block, format="fltp", layout="mono")
            heard.sample_rate, heard.pts, heard.time_base = 16_000, start, Fraction(1, 16_000)
            file.mux(audio.encode(heard))
        if audio is not None:
            file.mux(audio.encode(None))


@pytest.fixture(scope="session")
def painter() -> Callable[..., None]:
    """Return `paint`."""
    return paint


@pytest.fixture(scope="session")
def followed() -> dict[str, Expressions]:
    """The smile and brows of an infant, and of a caregiver who follows 0.6 s later."""
    n = RATE_HZ * DURATION_S
    infant = _expression(1, n)
    lag = round(LAG_S * RATE_HZ)
    caregiver = np.concatenate([np.zeros(lag), infant[:-lag]])
    rng = np.random.default_rng(2)
    infant_brow = 0.2 * rng.random(n)
    return {
        "infant": (infant, infant_brow),
        "caregiver": (caregiver, 0.5 * caregiver + 0.2 * rng.random(n)),
    }


@pytest.fixture(scope="session")
def painted(tmp_path_factory, followed) -> dict[str, Path]:
    """Two videos of those two, made once."""
    folder = tmp_path_factory.mktemp("painted")
    paths = {"infant": folder / "infant.mp4", "caregiver": folder / "caregiver.mp4"}
    for name, path in paths.items():
        paint(path, [followed[name]])
    return paths


@pytest.fixture(scope="session")
def sparse(tmp_path_factory) -> dict[str, Path]:
    """Two videos as long as `painted`, with few frames."""
    folder = tmp_path_factory.mktemp("sparse")
    n = SLOW_RATE_HZ * DURATION_S
    rng = np.random.default_rng(3)
    infant = _expression(4, n)
    paths = {"infant": folder / "infant.mp4", "caregiver": folder / "caregiver.mp4"}
    paint(paths["infant"], [(infant, 0.2 * rng.random(n))], rate_hz=SLOW_RATE_HZ)
    follows = np.concatenate([[0.0], infant[:-1]])
    paint(paths["caregiver"], [(follows, 0.2 * rng.random(n))], rate_hz=SLOW_RATE_HZ)
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
