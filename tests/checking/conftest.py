"""Painted recordings, which the fake backend reads as faces, and studies made of them."""

from fractions import Fraction

import av
import numpy as np
import pytest

from attunement.study import read_study

SIZE = (160, 160)
FACE = (20, 20, 110, 120)  # x, y, width, height: eye corners some 60 px apart


def _film(path, patches, *, duration_s, rate_hz=10, size=SIZE, keyint=20):
    """Write a video; of patches (x, y, width, height), or of what a function of the time gives."""
    with av.open(str(path), "w") as file:
        options = {"crf": "12", "preset": "ultrafast", "g": str(keyint), "sc_threshold": "0"}
        stream = file.add_stream("libx264", rate=rate_hz, options=options)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.time_base = Fraction(1, rate_hz)
        for k in range(int(duration_s * rate_hz)):
            picture = np.zeros((size[1], size[0], 3), np.uint8)
            for x, y, width, height in patches(k / rate_hz) if callable(patches) else patches:
                picture[y : y + height, x : x + width] = (60 + k % 100, 90, 60)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = k
            file.mux(stream.encode(frame))
        file.mux(stream.encode())
    return path


@pytest.fixture(scope="session")
def film():
    return _film


@pytest.fixture(scope="session")
def videos(tmp_path_factory):
    """Recordings that several tests use: a clear face for 70 s, and faults by name."""
    folder = tmp_path_factory.mktemp("films")
    always = [FACE]
    paths = {
        "clear": _film(folder / "clear.mp4", always, duration_s=70),
        "black": _film(folder / "black.mp4", [], duration_s=70),
        "half": _film(folder / "half.mp4", lambda t: always if t < 35 else [], duration_s=70),
        "small": _film(folder / "small.mp4", [(50, 50, 40, 44)], duration_s=70),
        "short": _film(folder / "short.mp4", always, duration_s=30),
        "moment": _film(folder / "moment.mp4", always, duration_s=5),
        "slow": _film(folder / "slow.mp4", always, duration_s=70, rate_hz=5),
        "stills": _film(folder / "stills.mp4", always, duration_s=70, rate_hz=2),
        "two": _film(
            folder / "two.mp4",
            [(10, 20, 120, 120), (180, 30, 100, 110)],
            duration_s=70,
            size=(320, 160),
        ),
        "text": folder / "text.mp4",
    }
    paths["text"].write_text("This is no video.")
    return paths


@pytest.fixture
def write_study(tmp_path):
    """Write a study of rows (dict of cells) and return its folder."""

    def write(*rows, toml=""):
        folder = tmp_path / "study"
        folder.mkdir(exist_ok=True)
        columns = list(dict.fromkeys(name for row in rows for name in row))
        lines = [columns, *([str(row.get(name, "")) for name in columns] for row in rows)]
        text = "\n".join(",".join(f'"{cell}"' for cell in line) for line in lines)
        (folder / "sessions.csv").write_text(text + "\n")
        (folder / "study.toml").write_text(f'[faces]\nbackend = "fake"\n{toml}')
        return folder

    return write


@pytest.fixture
def two_files(videos):
    """A row of two recordings, by their names in `videos`."""

    def row(session, caregiver="clear", infant="clear", **further):
        return {
            "session": session,
            "layout": "two_files",
            "offset_s": "0",
            "caregiver_video": videos[caregiver],
            "infant_video": videos[infant],
            **further,
        }

    return row


@pytest.fixture
def study_of(write_study):
    return lambda *rows, toml="": read_study(write_study(*rows, toml=toml))
