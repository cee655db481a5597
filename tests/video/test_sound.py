"""The sound track lies where its time stamps say, against the first picture."""

import numpy as np
import pytest

from attunement.video.sound import read_sound

RATE_HZ = 4000
WRITTEN_HZ = 16_000


def clicks(seconds: float, *at_s: float) -> np.ndarray:
    sound = np.zeros(round(seconds * WRITTEN_HZ))
    for time_s in at_s:
        k = round(time_s * WRITTEN_HZ)
        sound[k : k + 160] = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(160) / WRITTEN_HZ)
    return sound


def loud_from(samples: np.ndarray) -> float:
    """When it first becomes loud, in seconds."""
    size = np.nan_to_num(np.abs(samples.astype(float)))
    return float(np.argmax(size > 0.3 * size.max()) / RATE_HZ)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.mov", "a.ts"])
def test_a_click_is_heard_when_it_was_made(tmp_path, sounds, name):
    path = sounds.write_recording(tmp_path / name, clicks(3, 1.25))
    heard = read_sound(path)
    assert heard.dtype == np.float16
    assert loud_from(heard) == pytest.approx(1.25, abs=0.003)


def test_a_track_that_begins_later_is_missing_before(tmp_path, sounds):
    sound = clicks(2, 0.5)
    path = sounds.write_recording(tmp_path / "a.mp4", sound, sound_starts_s=0.9, seconds=3)
    heard = read_sound(path)
    assert len(heard) == 3 * RATE_HZ
    assert np.isnan(heard[: round(0.8 * RATE_HZ)]).all()
    assert loud_from(heard) == pytest.approx(1.4, abs=0.003)


def test_chapters_are_joined_and_one_without_sound_is_missing(tmp_path, sounds):
    names = ["a.mp4", "b.mp4", "c.mp4"]
    tracks = [clicks(2, 0.5), None, clicks(2, 0.75)]
    paths = [
        sounds.write_recording(tmp_path / name, track, seconds=2)
        for name, track in zip(names, tracks, strict=True)
    ]
    heard = read_sound(paths)
    assert len(heard) == 6 * RATE_HZ
    assert loud_from(heard) == pytest.approx(0.5, abs=0.003)
    assert np.isnan(heard[2 * RATE_HZ + 200 : 4 * RATE_HZ]).all()
    assert loud_from(heard[4 * RATE_HZ :]) == pytest.approx(0.75, abs=0.003)


def test_without_any_sound_there_is_none(tmp_path, sounds):
    assert read_sound(sounds.write_recording(tmp_path / "a.mp4", None, seconds=1)) is None


@pytest.mark.shared_data
def test_a_real_track_that_begins_after_the_picture(shared):
    heard = read_sound(shared / "clips" / "face_noface.mov")
    first = np.flatnonzero(np.isfinite(heard))[0] / RATE_HZ
    assert first == pytest.approx(107164 / 44100, abs=0.03)  # by the file's own time stamps
