#!/usr/bin/env bash
# Pictures of H.264 in AVI come in the right order with times of another order.
#
# Packages: av 18.1.0 (PyPI; brings libavformat 62.12), numpy 2.3.5.
# Input: 20 pictures, each brighter than the one before, H.264 with two B pictures, in AVI and in
#   Matroska, made here by the same package.
# Expected by most: what a decoder gives has the time at which it is to be shown, so pictures that
#   come in order of showing have ascending times, whatever the container.
# Seen: AVI keeps no times, only the order of storing. The decoder puts the pictures of H.264 into
#   the order of showing, but each keeps the place at which it was stored: 1, 3, 4, 2, 6, 7, 5, ...
#   Sorting by time, or leaving out what steps back, shuffles or loses a third of the recording.
#   The same pictures in Matroska have 0, 1, 2, 3, ...; MPEG-4 Part 2 in AVI has ascending times.
# In attunement: such a file is told by its stamps and read by the order in which pictures come
#   (tests/video/test_ordering.py).
# Exits with 1 when this is no longer so.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet av==18.1.0 numpy==2.3.5
"$work/venv/bin/python" - "$work" <<'PYTHON'
import sys
from pathlib import Path

import av
import numpy as np

N, RATE_HZ, SIZE = 20, 25, 64


def write(path, codec, options):
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=RATE_HZ, options=options)
        stream.width = stream.height = SIZE
        stream.pix_fmt, stream.bit_rate = "yuv420p", 2_000_000
        for number in range(N):
            level = np.full((SIZE, SIZE, 3), 10 * number, np.uint8)
            picture = av.VideoFrame.from_ndarray(level, format="rgb24")
            picture.pts = number
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return path


def read(path):
    with av.open(str(path)) as container:
        pictures = list(container.decode(video=0))
    levels = [float(picture.to_ndarray(format="gray").mean()) for picture in pictures]
    return levels, [round(picture.time * RATE_HZ) for picture in pictures]


work = Path(sys.argv[1])
b_pictures = {"bf": "2", "b-pyramid": "none", "x264-params": "scenecut=0"}
found = {
    "H.264 in AVI": read(write(work / "a.avi", "libx264", b_pictures)),
    "H.264 in Matroska": read(write(work / "a.mkv", "libx264", b_pictures)),
    "MPEG-4 Part 2 in AVI": read(write(work / "b.avi", "mpeg4", {"bf": "2"})),
}
print("av", av.__version__)
for name, (levels, times) in found.items():
    rising = all(np.diff(levels) > 0)
    print(f"{name}: {len(levels)} pictures, in order of showing: {rising}; frame numbers by time:")
    print("  ", times)
holds = all(len(levels) == N and all(np.diff(levels) > 0) for levels, _ in found.values())
steps_back = {name: bool((np.diff(times) < 0).any()) for name, (_, times) in found.items()}
expected = {"H.264 in AVI": True, "H.264 in Matroska": False, "MPEG-4 Part 2 in AVI": False}
if not (holds and steps_back == expected):
    sys.exit("This is no longer so.")
PYTHON
