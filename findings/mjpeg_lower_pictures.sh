#!/usr/bin/env bash
# JPEG pictures that are lower than the file says decode or not, depending on where one begins.
#
# Packages: av 18.1.0 (PyPI; brings libavcodec 62.28), numpy 2.3.5.
# Input: ten pictures of 128 x 128 and then ten of 128 x 64 in one Motion JPEG track of Matroska, as
#   a camera that changes its mode leaves them; made here by the same package.
# Expected by most: every JPEG stands for itself, so that reading from the fifteenth on gives the
#   fifteenth to the twentieth.
# Seen: read from the start all twenty come. Begun at a lower one, each JPEG is taken for one field
#   of an interlaced picture, as the first has less than 3/4 of the height that the file's header
#   says: of six packets three are refused as invalid, and three give pictures of 128 x 128, woven
#   row by row from two. A program that seeks sees other pictures than one that reads on.
# In attunement: the decoder is told the size of the pictures where it begins
#   (tests/video/test_shapes.py).
# Exits with 1 when this is no longer so.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet av==18.1.0 numpy==2.3.5
"$work/venv/bin/python" - "$work" <<'PYTHON'
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

HEIGHTS = [128] * 10 + [64] * 10


def encoded(number, height):
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt = 128, height, "yuvj420p"
    encoder.time_base = Fraction(1, 25)
    level = np.full((height, 128, 3), 10 * number, np.uint8)
    picture = av.VideoFrame.from_ndarray(level, format="rgb24").reformat(format="yuvj420p")
    picture.pts, picture.time_base = number, Fraction(1, 25)
    return [*encoder.encode(picture), *encoder.encode(None)]


path = str(Path(sys.argv[1]) / "modes.mkv")
with av.open(path, "w") as container:
    stream = container.add_stream("mjpeg", rate=25)
    stream.width, stream.height, stream.pix_fmt = 128, 128, "yuvj420p"
    for number, height in enumerate(HEIGHTS):
        for packet in encoded(number, height):
            packet.stream = stream
            container.mux(packet)


def sizes(first):
    """Return the sizes of the pictures decoded from the packet `first` on."""
    with av.open(path) as container:
        stream = container.streams.video[0]
        packets = [packet for packet in container.demux(stream) if packet.size][first:]
        pictures, n_refused = [], 0
        for packet in [*packets, None]:
            try:
                pictures += stream.codec_context.decode(packet)
            except av.InvalidDataError:
                n_refused += 1
    return [(picture.width, picture.height) for picture in pictures], n_refused


print("av", av.__version__)
(whole, _), (late, n_refused) = sizes(0), sizes(14)
print("from the first of 20:", len(whole), "pictures, the last", whole[-1])
print("from the fifteenth:", len(late), "pictures of 6,", n_refused, "refused,", *sorted(set(late)))
sys.exit(0 if len(whole) == 20 and len(late) < 6 else 1)
PYTHON
