import numpy as np
import pytest

from attunement.config import Signals
from attunement.signals.gates import gate_frames, jumps
from attunement.study.sessions import Span


def reasons(faces, **options):
    every = np.ones(len(faces), dtype=bool)
    return gate_frames(faces, **{"measured": every, "settings": Signals(), **options}).tolist()


def test_the_first_reason_in_order_is_given(bench):
    faces = bench.faces(duration_s=0.16)
    faces["yaw_deg"] = 50.0
    faces.loc[1, "interocular_px"] = 10.0
    faces.loc[2, "role_confidence"] = 0.5
    faces.loc[3, "status"] = "no_face"
    got = reasons(faces, exclude=(Span(0.15, 1),))
    assert got == ["pose", "size", "role", "no_face", "excluded"]


def test_a_limit_itself_passes_and_missing_measures_do_not_gate(bench):
    at_limit = bench.faces(duration_s=0.2, yaw_deg=30.0, pitch_deg=-20.0, interocular_px=26.0)
    assert set(reasons(at_limit)) == {""}
    at_limit["role_confidence"] = 0.9
    assert set(reasons(at_limit)) == {""}
    unknown = at_limit.drop(columns=["yaw_deg", "pitch_deg", "interocular_px", "role_confidence"])
    assert set(reasons(unknown)) == {""}


def test_a_frame_that_leaps_away_and_back_is_marked_alone(bench):
    faces = bench.faces(duration_s=1)
    faces.loc[10, "box_x_px"] += 400
    assert jumps(faces, np.ones(26, bool)).nonzero()[0].tolist() == [10]


@pytest.mark.parametrize(
    ("name", "value"),
    [("box_x_px", 300.0), ("box_y_px", 500.0), ("pitch_deg", 60.0), ("roll_deg", 90.0)],
)
def test_both_sides_of_a_lasting_leap_are_marked(bench, name, value):
    faces = bench.faces(duration_s=1)
    faces.loc[10:, name] = value
    assert jumps(faces, np.ones(26, bool)).nonzero()[0].tolist() == [9, 10]


def test_a_leap_in_size_is_marked(bench):
    faces = bench.faces(duration_s=1)
    faces.loc[10:, ["box_width_px", "box_height_px"]] *= 1.6
    assert jumps(faces, np.ones(26, bool))[9:11].all()


SIZE_PX = np.sqrt(150 * 200)
# How far a head gets in a second, and what measuring adds however short the time.
REACH = {"box_x_px": (8 * SIZE_PX, 0.1 * SIZE_PX), "box_y_px": (8 * SIZE_PX, 0.1 * SIZE_PX),
         "yaw_deg": (700, 5), "pitch_deg": (700, 5), "roll_deg": (700, 5)}  # fmt: skip


@pytest.mark.parametrize("apart_s", [0.001, 0.04, 0.12])
@pytest.mark.parametrize("name", REACH)
def test_how_far_is_too_far(bench, name, apart_s):
    speed, jitter = REACH[name]
    furthest = jitter + speed * apart_s
    for far, leaps in ((0.97 * furthest, False), (1.03 * furthest, True)):
        faces = bench.faces(times_s=np.array([0.0, apart_s]))
        faces[name] = [0.0, far]
        assert jumps(faces, np.ones(2, bool)).tolist() == [leaps, leaps]


@pytest.mark.parametrize("apart_s", [0.001, 0.04, 0.12])
@pytest.mark.parametrize("direction", [-1, 1])
def test_how_much_larger_or_smaller_is_too_much(bench, direction, apart_s):
    furthest = 0.1 + 4 * apart_s
    for grown, leaps in ((0.97 * furthest, False), (1.03 * furthest, True)):
        faces = bench.faces(times_s=np.array([0.0, apart_s]))
        for name, place in (("box_width_px", "box_x_px"), ("box_height_px", "box_y_px")):
            side_px = faces[name] * np.exp([0.0, direction * grown])
            faces[name], faces[place] = side_px, -side_px / 2  # around the same middle
        assert jumps(faces, np.ones(2, bool)).tolist() == [leaps, leaps]


def test_distance_counts_in_sizes_of_the_smaller_face(bench):
    faces = bench.faces(times_s=np.array([0.0, 0.5]), box_width_px=100.0, box_height_px=100.0)
    faces.loc[1, ["box_width_px", "box_height_px"]] = 300.0
    middle_px = np.array([0.0, 500.0])
    faces["box_x_px"] = middle_px - faces["box_width_px"] / 2
    faces["box_y_px"] = -faces["box_height_px"] / 2
    assert jumps(faces, np.ones(2, bool)).all()


def test_a_frame_between_two_that_disagree_is_not_marked_alone(bench):
    faces = bench.faces(duration_s=1)
    faces.loc[10, "box_x_px"] += 400
    faces.loc[11:, "box_x_px"] += 800
    assert jumps(faces, np.ones(26, bool)).nonzero()[0].tolist() == [9, 10, 11]


def test_a_frame_alone_among_three_and_two_frames_alone(bench):
    three = bench.faces(times_s=np.arange(3) / 25)
    three.loc[1, "box_x_px"] += 400
    assert jumps(three, np.ones(3, bool)).tolist() == [False, True, False]
    assert not jumps(three, np.array([False, True, False])).any()
    two = three.iloc[:2]
    assert jumps(two, np.ones(2, bool)).tolist() == [True, True]


def test_who_is_not_compared_leaps_not_and_is_leapt_over(bench):
    faces = bench.faces(duration_s=1)
    faces.loc[10, "box_x_px"] += 400
    faces.loc[10, "role_confidence"] = 0.89
    assert reasons(faces)[9:12] == ["", "role", ""]
    faces.loc[10, "role_confidence"] = 0.9
    assert reasons(faces)[9:12] == ["", "jump", ""]


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("role_confidence", (0.899, 0.901), ("role", "")),
        ("interocular_px", (25.9, 26.1), ("size", "")),
        ("yaw_deg", (30.1, 29.9, -30.1), ("pose", "", "pose")),
        ("pitch_deg", (20.1, 19.9, -20.1), ("pose", "", "pose")),
    ],
)
def test_beyond_a_limit_a_frame_is_out(bench, name, values, expected):
    for value, reason in zip(values, expected, strict=True):
        assert set(reasons(bench.faces(duration_s=0.2, **{name: value}))) == {reason}


def test_what_heads_do_is_no_leap(bench):
    # Faster than anything in the real clips: 5 face sizes and 400 degrees a second.
    faces = bench.faces(
        duration_s=2,
        box_x_px=lambda t: 5 * 173 / (2 * np.pi) * np.sin(2 * np.pi * t),
        yaw_deg=lambda t: 25 * np.sin(2 * np.pi * 2.5 * t),
        roll_deg=lambda t: np.where(t < 1, 179.5, -179.5),
    )
    assert not jumps(faces, np.ones(51, bool)).any()


def test_after_a_long_absence_a_head_may_be_elsewhere(bench):
    faces = bench.faces(duration_s=3)
    faces.loc[51:, "box_x_px"] = 300.0
    seen = ~faces["time_s"].between(1.0, 2.0).to_numpy()
    assert not jumps(faces, seen).any()


def test_a_leap_reaches_the_signals_as_a_reason(bench):
    faces = bench.faces()
    faces.loc[250, "box_x_px"] += 400
    assert reasons(faces)[250] == "jump"
    assert reasons(faces).count("") == len(faces) - 1


@pytest.mark.parametrize("direction", [-1, 1])
@pytest.mark.parametrize("axis", ["x", "y"])
def test_where_a_box_is_is_where_its_middle_is(bench, axis, direction):
    faces = bench.faces(times_s=np.array([0.0, 0.5]))
    side_px, middle_px = np.array([100.0, 300.0]), np.array([0.0, direction * 395.0])
    for name in ("x", "y"):
        faces[f"box_{name}_px"] = (middle_px if name == axis else 0) - side_px / 2
    faces["box_width_px"] = faces["box_height_px"] = side_px
    assert not jumps(faces, np.ones(2, bool)).any()
    faces.loc[1, f"box_{axis}_px"] += direction * 20
    assert jumps(faces, np.ones(2, bool)).all()
