"""Files with several picture tracks, covers and thumbnails."""

from fractions import Fraction

import av
import numpy as np
import pytest

from attunement.errors import VideoError
from attunement.video import probe_video, read_frames
from attunement.video.sound import read_sound


def write_tracks(path, tracks, videos, *, sounds=()):
    """Write tracks of (size, n pictures, disposition), and sounds of (level, disposition)."""
    with av.open(str(path), "w") as container:
        streams = []
        for size, _, disposition in tracks:
            stream = container.add_stream("mpeg4" if path.suffix == ".mp4" else "mjpeg", rate=25)
            stream.width, stream.height = size
            stream.pix_fmt = "yuv420p" if path.suffix == ".mp4" else "yuvj420p"
            stream.disposition = av.stream.Disposition(disposition)
            streams.append(stream)
        audio = []
        for _, disposition in sounds:
            stream = container.add_stream("aac", rate=16000, layout="mono")
            stream.disposition = av.stream.Disposition(disposition)
            audio.append(stream)
        for stream, (size, n_pictures, _) in zip(streams, tracks, strict=True):
            for number in range(n_pictures):
                picture = av.VideoFrame.from_ndarray(videos.paint(number, *size), format="rgb24")
                picture.pts, picture.time_base = number, Fraction(1, 25)
                container.mux(stream.encode(picture))
            container.mux(stream.encode())
        for stream, (level, _) in zip(audio, sounds, strict=True):
            for start in range(0, 16000, 1024):
                tone = level * np.sin(np.arange(start, start + 1024)[None] / 5)
                frame = av.AudioFrame.from_ndarray(
                    tone.astype(np.float32), format="fltp", layout="mono"
                )
                frame.sample_rate, frame.pts = 16000, start
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
    return path


SMALL, LARGE = (64, 64), (128, 96)


@pytest.mark.parametrize(
    ("suffix", "tracks", "size", "number"),
    [
        ("mp4", [(SMALL, 20, 0), (LARGE, 20, 1)], LARGE, 2),
        ("mkv", [(SMALL, 20, 0), (LARGE, 20, 1)], LARGE, 2),
        ("mp4", [(SMALL, 20, 1), (LARGE, 20, 0)], SMALL, 1),
        # MP4 marks the first by itself where none is marked.
        ("mkv", [(SMALL, 20, 0), (LARGE, 20, 0)], SMALL, 1),
    ],
)
def test_the_default_picture_track_is_taken_and_that_there_are_two_is_known(
    videos, tmp_path, suffix, tracks, size, number
):
    path = write_tracks(tmp_path / f"two.{suffix}", tracks, videos)
    info = probe_video(path)
    assert (info.width_px, info.height_px) == size
    assert (info.picture_track, info.n_picture_tracks) == (number, 2)
    frames = list(read_frames(path))
    assert [videos.number_in(frame.rgb()) for frame in frames] == list(range(20))
    late = list(read_frames(path, start_s=0.4))
    assert [videos.number_in(frame.rgb()) for frame in late] == list(range(10, 20))


def test_a_single_picture_beside_a_recording_is_no_track_of_it(videos, tmp_path):
    path = write_tracks(tmp_path / "still.mp4", [(LARGE, 1, 1), (SMALL, 20, 0)], videos)
    info = probe_video(path)
    assert (info.width_px, info.height_px, info.n_frames) == (*SMALL, 20)
    assert info.n_picture_tracks == 1


def test_the_default_sound_is_taken(videos, tmp_path):
    path = write_tracks(
        tmp_path / "sounds.mkv", [(SMALL, 20, 1)], videos, sounds=[(0.0, 0), (0.5, 1)]
    )
    samples = read_sound(path)
    assert np.nanstd(samples) > 0.2


def test_a_cover_is_never_the_recording(videos, tmp_path):
    path = tmp_path / "cover.mp4"
    with av.open(str(path), "w") as container:
        cover = container.add_stream("mjpeg", rate=25)
        cover.width, cover.height, cover.pix_fmt = *LARGE, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic | av.stream.Disposition.default
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = *SMALL, "yuv420p"
        for track, size, n_pictures in ((cover, LARGE, 1), (stream, SMALL, 20)):
            for number in range(n_pictures):
                picture = av.VideoFrame.from_ndarray(videos.paint(number, *size), format="rgb24")
                if track is cover:
                    picture = picture.reformat(format="yuvj420p")
                picture.pts, picture.time_base = number, Fraction(1, 25)
                container.mux(track.encode(picture))
            container.mux(track.encode())
    info = probe_video(path)
    assert (info.width_px, info.height_px, info.n_frames) == (*SMALL, 20)
    assert info.n_picture_tracks == 1


def test_sound_with_a_cover_is_no_recording(videos, tmp_path):
    path = tmp_path / "song.mp4"
    with av.open(str(path), "w") as container:
        cover = container.add_stream("mjpeg", rate=25)
        cover.width, cover.height, cover.pix_fmt = *LARGE, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        sound = container.add_stream("aac", rate=16000, layout="mono")
        picture = av.VideoFrame.from_ndarray(videos.paint(0, *LARGE), format="rgb24")
        container.mux(cover.encode(picture.reformat(format="yuvj420p")))
        container.mux(cover.encode())
        silence = av.AudioFrame.from_ndarray(
            np.zeros((1, 1024), np.float32), format="fltp", layout="mono"
        )
        silence.sample_rate, silence.pts = 16000, 0
        container.mux(sound.encode(silence))
        container.mux(sound.encode())
    with pytest.raises(VideoError, match=r"song\.mp4 has sound only"):
        probe_video(path)
