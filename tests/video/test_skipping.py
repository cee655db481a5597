"""Frames that are not wanted are left out of decoding, and those that are wanted stay the same."""

from pathlib import Path

import numpy as np
import pytest

from attunement.video import read_frames, reading
from attunement.video.listing import read_chapter
from attunement.video.skipping import _has_one_layer, islands

B_FRAMES_265 = {"x265-params": "keyint=48:bframes=4:b-pyramid=1:log-level=none"}
MORE = {
    "pyramid_h264.mp4": {"codec": "libx264", "options": {"g": "48", "bf": "5"}, "n_frames": 120},
    "baseline_h264.mp4": {"codec": "libx264", "options": {"g": "15", "bf": "0"}, "n_frames": 120},
    "closed_hevc.mp4": {"codec": "libx265", "options": B_FRAMES_265, "n_frames": 120},
    "mjpeg.avi": {"codec": "mjpeg", "pix_fmt": "yuvj420p", "options": {"q": "2"}},
    "progressive_mpeg2.mpg": {"codec": "mpeg2video", "options": {"g": "12", "bf": "2", "q": "2"}},
    "vp8.webm": {"codec": "libvpx", "options": {"g": "20", "auto-alt-ref": "1"}},
}


def pixels(path: Path, wanted: np.ndarray | None = None) -> dict[int, tuple[float, bytes]]:
    return {f.index: (f.time_s, f.rgb().tobytes()) for f in read_frames(path, indices=wanted)}


def same_as_decoding_everything(path: Path) -> None:
    everything = pixels(path)
    n = max(everything) + 1
    rng = np.random.default_rng(4)
    choices = [
        *(np.arange(first, n, step) for first, step in ((0, 2), (1, 3), (2, 5), (0, 37), (7, 50))),
        np.flatnonzero(rng.random(n) < 0.2),
        np.array([n - 1]),
        np.array([], int),
    ]
    for wanted in choices:
        got = pixels(path, wanted)
        assert list(got) == wanted.tolist()
        assert all(got[index] == everything[index] for index in got)


def test_every_kind_gives_the_frames_of_decoding_everything(videos, kind):
    same_as_decoding_everything(videos.of_kind(kind))


@pytest.mark.parametrize("name", MORE)
def test_codecs_that_let_frames_out_give_the_frames_of_decoding_everything(
    videos, name, tmp_path, monkeypatch
):
    path = videos.write(tmp_path / name, **MORE[name])
    same_as_decoding_everything(path)
    # Also where beginning anew costs nothing, so that every keyframe is one to begin at.
    monkeypatch.setattr("attunement.video.skipping._MIN_PACKETS_SAVED", 0)
    same_as_decoding_everything(path)


@pytest.mark.parametrize(
    ("name", "most"), [("pyramid_h264.mp4", 0.75), ("closed_hevc.mp4", 0.75), ("mjpeg.avi", 0.25)]
)
def test_unwanted_frames_are_not_decoded(videos, name, most, tmp_path, monkeypatch):
    path = videos.write(tmp_path / name, **MORE[name])
    n = len(read_chapter(path).times_s)
    decoded = 0
    ranked = reading._ranked

    def counting(pictures, ranks):
        nonlocal decoded
        decoded += len(pictures)
        return ranked(pictures, ranks)

    monkeypatch.setattr(reading, "_ranked", counting)
    assert len(list(read_frames(path, rate_hz=25 / 5))) == -(-n // 5)
    assert decoded <= most * n


def test_a_grid_sparser_than_keyframes_begins_anew_at_each(videos, tmp_path):
    path = videos.write(tmp_path / "a.mp4", **MORE["baseline_h264.mp4"])
    chapter = read_chapter(path)
    parts = islands(chapter, np.array([0, 5, 50, 52, 119]))
    assert [part.tolist() for part in parts] == [[0, 5], [50, 52], [119]]
    assert len(islands(chapter, np.arange(0, 120, 20))) == 1, "too near to be worth it"


def test_damage_in_what_is_left_out_is_not_met(videos, tmp_path):
    path = videos.write(tmp_path / "a.mp4", **MORE["baseline_h264.mp4"])
    everything = pixels(path)
    chapter = read_chapter(path)
    wanted = np.array([3, 100])
    content = bytearray(path.read_bytes())
    start = len(content) // 2
    content[start : start + 40] = bytes(40)
    damaged = tmp_path / "damaged.mp4"
    damaged.write_bytes(content)
    got = pixels(damaged, wanted)
    assert len(islands(chapter, wanted)) == 2
    assert got[3] == everything[3]
    assert got[100] == everything[100]


def test_temporal_layers_of_hevc_are_read_from_its_configuration():
    record = bytearray(23)
    record[0] = 1
    record[21] = 1 << 3
    assert _has_one_layer(bytes(record))
    record[21] = 2 << 3
    assert not _has_one_layer(bytes(record))
    assert not _has_one_layer(bytes([0, 0, 0, 1]) + bytes(record)[4:])
    assert not _has_one_layer(None)
