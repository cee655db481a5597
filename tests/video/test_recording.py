import math
from fractions import Fraction

import numpy as np
import pytest

from attunement.errors import VideoError
from attunement.video import VideoInfo, frame_times, probe_video


def test_probe_says_what_a_recording_is(videos):
    assert probe_video(videos.of_kind("h264.mp4")) == VideoInfo(
        codec="h264",
        width_px=64,
        height_px=64,
        rate_hz=pytest.approx(25),
        duration_s=pytest.approx(2.4),
        n_frames=60,
        rotation_deg=0,
        sample_aspect_ratio=1.0,
        interlaced=False,
        has_sound=True,
        n_chapters=1,
        sizes=((0.0, 64, 64),),
    )


@pytest.mark.parametrize(
    ("name", "codec", "interlaced"),
    [
        ("hevc.mp4", "hevc", False),
        ("mpeg4.avi", "mpeg4", False),
        ("vp9.webm", "vp9", False),
        ("prores.mov", "prores", False),
        ("interlaced_h264.ts", "h264", True),
        ("interlaced_mpeg2.mpg", "mpeg2video", True),
    ],
)
def test_probe_names_codec_and_interlacing(videos, name, codec, interlaced):
    info = probe_video(videos.of_kind(name))
    assert (info.codec, info.interlaced, info.has_sound) == (codec, interlaced, False)


def test_rate_and_duration_of_an_uneven_recording(videos):
    path = videos.of_kind("uneven.mp4")
    times_s = frame_times(path)
    info = probe_video(path)
    assert info.rate_hz == pytest.approx(59 / times_s[-1])
    assert info.duration_s == pytest.approx(times_s[-1] + np.median(np.diff(times_s)))


def test_a_single_frame_has_no_rate(videos, tmp_path):
    info = probe_video(videos.write(tmp_path / "one.mp4", "libx264", 1))
    assert info.n_frames == 1
    assert math.isnan(info.rate_hz)
    assert info.duration_s == pytest.approx(0.04)


def test_times_cannot_be_changed_from_outside(videos):
    path = videos.of_kind("h264.mp4")
    frame_times(path)[:] = -1
    assert frame_times(path)[5] == pytest.approx(0.2)


def test_chapters_are_summed_up(videos, tmp_path):
    first = videos.write(tmp_path / "a.mp4", "libx264", 20)
    second = videos.write(
        tmp_path / "b.mp4", "libx264", 10, time_base=Fraction(1, 10), pts=range(3, 13)
    )
    info = probe_video([first, second])
    assert (info.n_chapters, info.n_frames) == (2, 30)
    np.testing.assert_allclose(
        frame_times([first, second]), [*np.arange(20) / 25, *0.8 + np.arange(10) / 10], atol=1e-9
    )
    assert info.duration_s == pytest.approx(1.8)


def test_chapters_of_another_codec_are_refused(videos):
    first = videos.of_kind("h264.mp4")
    with pytest.raises(VideoError, match=r"mpeg4\.mp4 is coded as mpeg4 .* h264\.mp4.* h264"):
        probe_video([first, videos.of_kind("mpeg4.mp4")])
    with pytest.raises(VideoError, match="No video was named"):
        probe_video([])
