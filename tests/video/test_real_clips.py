import av
import numpy as np
import pytest

from attunement.video import frame_times, probe_video, read_frames

CLIPS = {
    "caregiver_infant_peekaboo.mp4": "hevc",
    "noface_face.mov": "hevc",
    "infant_webcam.mp4": "h264",
}


@pytest.mark.shared_data
@pytest.mark.parametrize("name", sorted(CLIPS))
def test_real_clips_agree_with_a_full_decode(shared, name):
    path = shared / "clips" / name
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        pictures = [
            (float(picture.pts * stream.time_base), picture.to_ndarray(format="rgb24").tobytes())
            for picture in container.decode(stream)
        ]
    expected_s = np.array([time_s for time_s, _ in pictures])
    assert probe_video(path).codec == CLIPS[name]
    assert probe_video(path).n_frames == len(pictures)
    np.testing.assert_allclose(frame_times(path), expected_s - expected_s[0], atol=1e-9)
    middle_s, end_s = np.quantile(frame_times(path), [0.5, 0.7])
    frames = list(read_frames(path, start_s=middle_s, end_s=end_s))
    assert len(frames) > 20
    for frame in frames:
        time_s, pixels = pictures[frame.index]
        assert frame.time_s == pytest.approx(time_s - expected_s[0], abs=1e-9)
        assert frame.rgb().tobytes() == pixels
