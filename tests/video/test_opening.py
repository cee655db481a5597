import logging
import subprocess
import sys

import av
import numpy as np
import pytest

from attunement.errors import VideoError
from attunement.video import frame_times, probe_video, read_frames


def write_sound(path, codec="aac"):
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=16000, layout="mono")
        frame = av.AudioFrame.from_ndarray(
            np.zeros((1, 1024), np.float32), format="fltp", layout="mono"
        )
        frame.sample_rate, frame.pts = 16000, 0
        for packet in [*stream.encode(frame), *stream.encode()]:
            container.mux(packet)


@pytest.mark.parametrize("call", [probe_video, frame_times, read_frames])
@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("absent.mp4", "There is no video absent.mp4"),
        ("folder.mp4", "is a folder"),
        ("empty.mp4", "empty.mp4 is empty"),
        ("text.mp4", "text.mp4 is not a video"),
        ("noise.mkv", "noise.mkv is not a video"),
        ("sound.mp4", "sound.mp4 has sound only"),
        ("no_index.mp4", "no_index.mp4 is an MP4 or MOV file without a readable index"),
        ("rec:1.mp4", "There is no video rec:1.mp4"),
    ],
)
def test_what_is_no_video_is_refused_in_a_sentence_that_names_it(
    videos, tmp_path, call, name, sentence
):
    (tmp_path / "folder.mp4").mkdir()
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("session,layout\n001,two_files\n" * 200)
    (tmp_path / "noise.mkv").write_bytes(np.random.default_rng(3).bytes(5000))
    write_sound(tmp_path / "sound.mp4")
    whole = videos.of_kind("h264.mp4").read_bytes()
    assert whole.index(b"moov") > len(whole) / 2
    (tmp_path / "no_index.mp4").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(VideoError) as caught:
        call(tmp_path / name)
    assert sentence in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_name_that_looks_like_a_protocol_is_a_file(videos, tmp_path):
    path = tmp_path / "rec:1.mp4"
    path.write_bytes(videos.of_kind("h264.mp4").read_bytes())
    assert probe_video(path).n_frames == 60


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv", "avi"])
def test_a_title_in_a_foreign_encoding_does_not_stop_a_recording(tmp_path, suffix):
    path, title = tmp_path / f"title.{suffix}", b"zQzaufnahmezQz"
    with av.open(str(path), "w") as container:
        container.metadata["title"] = title.decode()
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.metadata["title"] = title.decode()
        for _ in range(3):
            picture = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    written = path.read_bytes()
    assert title in written
    path.write_bytes(written.replace(title, title.replace(b"zQz", b"\xe9\xff\xfc")))
    assert probe_video(path).n_frames == 3
    assert len(frame_times(path)) == 3
    assert sum(1 for _ in read_frames(path)) == 3


def test_a_video_of_which_nothing_decodes_is_refused(videos, tmp_path):
    path = videos.write(tmp_path / "noise.mov", "prores_ks", 3, pix_fmt="yuv422p10le")
    with av.open(str(path)) as container:
        places = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    data = bytearray(path.read_bytes())
    for start, size in places:
        data[start : start + size] = bytes(size)
    path.write_bytes(data)
    with pytest.raises(VideoError, match=r"No picture of noise\.mov can be decoded"):
        probe_video(path)


@pytest.mark.parametrize("seed", range(12))
def test_damage_never_raises_anything_else(videos, tmp_path, seed):
    rng = np.random.default_rng(seed)
    name = videos.kinds[seed % len(videos.kinds)]
    data = np.frombuffer(videos.of_kind(name).read_bytes(), np.uint8).copy()
    places = rng.integers(0, len(data), len(data) // 100 + 5)
    data[places] = rng.integers(0, 256, len(places))
    path = tmp_path / name
    path.write_bytes(data.tobytes())
    try:
        indices = [frame.index for frame in read_frames(path) if frame.rgb().ndim == 3]
    except VideoError as error:
        indices, sentence = [], str(error)
        if name not in sentence:
            pytest.fail(f"{sentence!r} does not name the file")
    assert indices == sorted(set(indices))


def test_importing_and_failing_print_nothing(tmp_path):
    path = tmp_path / "text.mp4"
    path.write_text("no video\n" * 100)
    code = (
        "import sys, logging, pathlib, av\n"
        "level = av.logging.get_level()\n"
        "from attunement.errors import VideoError\n"
        "from attunement.video import probe_video\n"
        "try:\n    probe_video(pathlib.Path(sys.argv[1]))\n"
        "except VideoError:\n    pass\n"
        "assert av.logging.get_level() == level\n"
        "assert not logging.getLogger('libav').handlers\n"
    )
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, check=True)
    assert done.stdout == done.stderr == b""
    assert not logging.getLogger("libav").handlers
