import os
from dataclasses import asdict

import numpy as np
import pytest

from attunement.video import frame_times, listing, read_frames
from attunement.video.listing import is_listed, pack_listing, read_chapter, recall_listing


@pytest.fixture(autouse=True)
def knows_nothing():
    listing._known.clear()


def chapters(videos, folder, n):
    return [videos.write(folder / f"{k}.mp4", "libx264", 3, first_number=3 * k) for k in range(n)]


def test_a_recording_of_many_chapters_is_listed_once(videos, tmp_path, listed):
    paths = chapters(videos, tmp_path, 20)
    assert len(frame_times(paths)) == 60
    assert len(list(read_frames(paths, start_s=1.0))) == len(frame_times(paths)[25:])
    assert listed == [path.name for path in paths]


def test_a_changed_file_is_listed_again(videos, tmp_path, listed):
    (path,) = chapters(videos, tmp_path, 1)
    read_chapter(path)
    os.utime(path, ns=(0, 1))
    assert not is_listed([path])
    read_chapter(path)
    assert listed == ["0.mp4", "0.mp4"]


def test_the_longest_unused_is_forgotten_first(videos, tmp_path, listed, monkeypatch):
    paths = chapters(videos, tmp_path, 3)
    monkeypatch.setattr(listing, "MOST_PACKETS", 6)
    for k in (0, 1, 0, 2, 0, 1):
        read_chapter(paths[k])
    assert listed == ["0.mp4", "1.mp4", "2.mp4", "1.mp4"]
    monkeypatch.setattr(listing, "MOST_PACKETS", 1)  # one file is remembered, however long
    read_chapter(paths[2])
    read_chapter(paths[2])
    assert listed[4:] == ["2.mp4"]


@pytest.mark.parametrize("name", ["h264.mp4", "uneven.mp4", "interlaced_h264.ts"])
def test_what_is_packed_is_recalled_without_the_file_being_read(videos, listed, name):
    path = videos.of_kind(name)
    before = read_chapter(path)
    packed = pack_listing([path])
    listing._known.clear()
    recall_listing(packed)
    assert is_listed([path])
    after = read_chapter(path)
    assert listed == [path.name]
    np.testing.assert_equal(asdict(after), asdict(before))
    assert after.geometry == before.geometry
    assert after.packets.is_key.dtype == bool


def test_a_listing_of_a_file_that_changed_is_of_no_use(videos, tmp_path, listed):
    (path,) = chapters(videos, tmp_path, 1)
    packed = pack_listing([path])
    listing._known.clear()
    os.utime(path, ns=(0, 1))
    recall_listing(packed)
    assert not is_listed([path])


def test_torn_bytes_change_nothing(videos, tmp_path):
    packed = pack_listing(chapters(videos, tmp_path, 2))
    listing._known.clear()
    for content in (b"", b"nothing", packed[:50], packed[: len(packed) // 2], packed[:-10]):
        recall_listing(content)
        assert not listing._known
