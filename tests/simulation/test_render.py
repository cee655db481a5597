import av
import numpy as np
import pytest

from attunement.errors import SimulationError
from attunement.simulation import face_box, load_portrait, render_dyad
from attunement.simulation.portraits import CAST

SMALL = {"duration_s": 2, "height_px": 144}


def frames(path):
    with av.open(str(path)) as file:
        return [
            (float(frame.pts * frame.time_base), frame.to_ndarray(format="rgb24"))
            for frame in file.decode(video=0)
        ]


@pytest.mark.parametrize(
    ("layout", "names", "size"),
    [
        ("two_files", {"caregiver": "x_caregiver.mp4", "infant": "x_infant.mp4"}, (144, 192)),
        ("side_by_side", {"video": "x.mp4"}, (144, 384)),
        ("top_bottom", {"video": "x.mp4"}, (288, 192)),
    ],
)
def test_layouts(tmp_path, layout, names, size):
    paths, truth = render_dyad(tmp_path / "new", layout=layout, name="x", **SMALL)
    assert {key: path.name for key, path in paths.items()} == names
    assert sorted(p.name for p in (tmp_path / "new").iterdir()) == sorted(names.values())
    for path in paths.values():
        times, pictures = zip(*frames(path), strict=True)
        assert pictures[0].shape == (*size, 3)
        assert times == pytest.approx(truth.curves["time_s"].to_list(), abs=1e-4)


def test_caregiver_is_left_or_on_top(tmp_path):
    beside, _ = render_dyad(tmp_path, layout="side_by_side", name="a", **SMALL)
    above, _ = render_dyad(tmp_path, layout="top_bottom", name="b", **SMALL)
    left, right = np.hsplit(frames(beside["video"])[0][1].astype(int), 2)
    top, bottom = np.vsplit(frames(above["video"])[0][1].astype(int), 2)
    for half, person in (
        (left, "caregiver"),
        (right, "infant"),
        (top, "caregiver"),
        (bottom, "infant"),
    ):
        portrait = load_portrait(CAST[person], height_px=144).picture
        assert np.abs(half - portrait).mean() < 8


def test_video_is_h264_that_any_player_reads(tmp_path):
    paths, _ = render_dyad(tmp_path, rate_hz=25, **SMALL)
    with av.open(str(paths["infant"])) as file:
        stream = file.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert stream.average_rate == 25
        assert stream.start_time == 0


def test_same_arguments_same_bytes(tmp_path):
    one, truth_one = render_dyad(tmp_path / "one", seed=5, **SMALL)
    two, truth_two = render_dyad(tmp_path / "two", seed=5, **SMALL)
    other, _ = render_dyad(tmp_path / "other", seed=6, **SMALL)
    assert truth_one.curves.equals(truth_two.curves)
    for person in one:
        assert one[person].read_bytes() == two[person].read_bytes()
        assert one[person].read_bytes() != other[person].read_bytes()


def test_only_the_face_moves(tmp_path):
    paths, _ = render_dyad(tmp_path, duration_s=4, height_px=240)
    for person, path in paths.items():
        pictures = np.stack([picture for _, picture in frames(path)]).astype(int)
        spread = np.ptp(pictures, axis=0).max(axis=2)
        left, top, right, bottom = face_box(load_portrait(CAST[person], height_px=240))
        inside = np.zeros(spread.shape, bool)
        # The encoder works in blocks of 16 pixels, which may reach over the edge of the box.
        inside[max(0, top - 16) : bottom + 16, left - 16 : right + 16] = True
        assert spread[~inside].mean() < 2
        assert spread[top:bottom, left:right].mean() > 6


def test_progress_ends_at_one(tmp_path):
    told = []
    render_dyad(tmp_path, duration_s=3, height_px=144, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1
    assert len(told) >= 3


def test_a_render_that_breaks_off_leaves_no_file(tmp_path):
    def stop(share):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render_dyad(tmp_path, progress=stop, **SMALL)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_layout_is_refused(tmp_path):
    with pytest.raises(SimulationError, match=r"layout must be one of .* 'diagonal'"):
        render_dyad(tmp_path, layout="diagonal")
