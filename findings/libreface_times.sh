#!/usr/bin/env bash
# LibreFace writes seconds into its column frame_time_in_ms.
#
# Packages: libreface 0.1.1 and 0.2.0 (PyPI, without what they require; of each only the module that
#   lists a video's frames is loaded, so that no model is needed), imageio-ffmpeg 0.6.0 (brings
#   ffmpeg), av 18.1.0, and what that module imports: opencv-python-headless 4.12.0.88, pandas 2.3.3,
#   gdown 5.2.0, tqdm 4.67.1. ffprobe, which libreface asks for the rate of a video and for nothing
#   else, is answered by av here, since no wheel that is commonly used brings it.
# Input: 2 s of video at 25 frames a second, made here.
# Expected by most: frame_time_in_ms of frame 25 is 1000, as its name says.
# Seen: it is 1.0. get_frames_from_video_ffmpeg, which the program calls for a video, writes frame /
#   rate; its two sisters, by OpenCV and by decord, write milliseconds. Who divides by 1000 has a
#   recording of an hour in 3.6 s.
# In attunement: the unit is told from the frame numbers, and said
#   (tests/faces/test_table_times.py).
# Exits with 1 when this is no longer so.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet imageio-ffmpeg==0.6.0 av==18.1.0 \
    opencv-python-headless==4.12.0.88 pandas==2.3.3 gdown==5.2.0 tqdm==4.67.1
for version in 0.1.1 0.2.0; do
    "$work/venv/bin/pip" install --quiet --no-deps --target "$work/$version" "libreface==$version"
done
mkdir "$work/bin"
"$work/venv/bin/python" - "$work/bin" <<'PYTHON'
import sys
from pathlib import Path

import imageio_ffmpeg

folder = Path(sys.argv[1])
(folder / "ffmpeg").symlink_to(imageio_ffmpeg.get_ffmpeg_exe())
ffprobe = folder / "ffprobe"
ffprobe.write_text(
    f"#!{sys.executable}\n"
    "import sys, av\n"
    "assert 'stream=r_frame_rate' in sys.argv\n"
    "print(av.open(sys.argv[-1]).streams.video[0].base_rate)\n"
)
ffprobe.chmod(0o755)
PYTHON
PATH="$work/bin:$PATH" "$work/venv/bin/python" - "$work" <<'PYTHON'
import importlib.util
import sys
from pathlib import Path

import av
import numpy as np

N, RATE_HZ = 50, 25
work = Path(sys.argv[1])
video = work / "a.mp4"
with av.open(str(video), "w") as container:
    stream = container.add_stream("mpeg4", rate=RATE_HZ)
    stream.width = stream.height = 64
    stream.pix_fmt = "yuv420p"
    for number in range(N):
        picture = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 4 * number, np.uint8), "rgb24")
        picture.pts = number
        container.mux(stream.encode(picture))
    container.mux(stream.encode())

holds = True
for version in ("0.1.1", "0.2.0"):
    path = work / version / "libreface" / "utils.py"
    spec = importlib.util.spec_from_file_location("utils", path)
    utils = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(utils)
    called = (path.parent / "__init__.py").read_text()
    frames = utils.get_frames_from_video_ffmpeg(str(video), temp_dir=str(work / f"frames{version}"))
    times = frames["frame_time_in_ms"]
    print(f"libreface {version}: {len(frames)} frames; frame_time_in_ms of frame 25: {times[25]}")
    holds &= "frames_df = get_frames_from_video_ffmpeg(" in called
    holds &= len(frames) == N and bool(np.allclose(times, np.arange(N) / RATE_HZ))
if not holds:
    sys.exit("This is no longer so.")
PYTHON
