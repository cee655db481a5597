"""Painted recordings, which the fake backend reads as faces, and sessions made of them."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from attunement.study.sessions import Partner, Session


def _paint(size, patches):
    """A black picture with coloured patches (x, y, width, height, (red, green, blue))."""
    picture = np.zeros((size[1], size[0], 3), np.uint8)
    for x, y, width, height, colour in patches:
        picture[y : y + height, x : x + width] = colour
    return picture


def _write_video(path: Path, pictures, *, rate_hz=10):
    """Write RGB pictures as H.264; every picture the same size."""
    with av.open(str(path), "w") as container:
        stream = None
        for number, picture in enumerate(pictures):
            if stream is None:
                stream = container.add_stream("libx264", rate=rate_hz, options={"crf": "8"})
                stream.height, stream.width = picture.shape[:2]
                stream.pix_fmt = "yuv420p"
                stream.time_base = Fraction(1, rate_hz)
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def _session_of(layout, caregiver, infant, *, sides=("", ""), rois=(None, None), **further):
    """A session of two recordings (or tables), or of one seen by both partners."""
    partners = []
    for person, source, side, roi in zip(
        ("caregiver", "infant"), (caregiver, infant), sides, rois, strict=True
    ):
        is_table = source.suffix in (".csv", ".txt")
        videos, table = ((), source) if is_table else ((source,), None)
        partners.append(Partner(person, videos, side, roi, table))
    return Session("s1", "d1", "f1", layout, *partners, **further)


@pytest.fixture(scope="session")
def paint():
    return _paint


@pytest.fixture(scope="session")
def write_video():
    return _write_video


@pytest.fixture(scope="session")
def session_of():
    return _session_of


@pytest.fixture(scope="session")
def cropper():
    """From the size of a picture and its patches, what ``Frame.crop`` would be."""

    def make(size, patches):
        picture = _paint(size, patches)
        return lambda area: picture[area[1] : area[1] + area[3], area[0] : area[0] + area[2]]

    return make


@pytest.fixture(scope="session")
def painted_split(tmp_path_factory):
    """35 s at 4 Hz, side by side: red grows on the left, green is steady on the right."""
    size = (320, 160)

    def pictures():
        for k in range(140):
            red = (60 + k, 0, 0)
            patches = [(40, 30, 80, 100, red), (200, 20 + k % 5, 80, 110, (0, 200, 60))]
            yield _paint(size, patches[:1] if 20 <= k < 28 else patches)

    path = tmp_path_factory.mktemp("painted") / "split.mp4"
    return _write_video(path, pictures(), rate_hz=4)
