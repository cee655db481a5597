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
