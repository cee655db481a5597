import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from attunement import schema
from attunement.config import Config
from attunement.errors import TableError
from attunement.signals import compute_signals
from attunement.study.sessions import Episode, Span

FACE_Z = [c for c in schema.CHANNELS if c != "head_movement"]


def test_a_still_face_is_zero_in_every_channel(bench):
    signals = bench.of(compute_signals(bench.faces()))
    assert signals["usable"].all()
    assert not signals["interpolated"].any()
    np.testing.assert_allclose(signals[list(schema.CHANNELS)], 0, atol=1e-9)
    np.testing.assert_allclose(signals["pitch_deg"], -3)


def test_the_table_is_the_declared_one_sorted_and_complete(bench):
    infant = bench.faces(person="infant", rate_hz=30, start_s=0.37, duration_s=21)
    signals = compute_signals(pd.concat([infant, bench.faces()]))
    assert list(signals) == list(schema.SIGNALS)
    assert signals.dtypes.astype(str).to_dict() == schema.SIGNALS
    assert signals["person"].tolist()[:4] == ["caregiver", "infant"] * 2
    times = np.arange(214) / 10
    for person in schema.PERSONS:
        np.testing.assert_array_equal(bench.of(signals, person)["time_s"], times)
    assert set(signals["episode"]) == {"all"}
    assert set(signals["session"]) == {"s1"}


def test_input_is_left_as_it_was(bench):
    faces = bench.faces(smile=lambda t: 0.3 * np.sin(t) ** 2)
    before = faces.copy(deep=True)
    compute_signals(faces)
    pd.testing.assert_frame_equal(faces, before)


def test_known_baseline_and_scale_give_known_z(bench):
    # 30 % of the time smiling at .5 over a rest of .1: MAD 0, (P95 - P20) / 2 = .2, so z is 2.
    smiling = bench.faces(duration_s=100, smile=lambda t: np.where(t % 10 < 3, 0.5, 0.1))
    smile = bench.of(compute_signals(smiling)).set_index("time_s")["smile"]
    assert smile[1.5] == pytest.approx(2)
    assert smile[7.0] == pytest.approx(0, abs=1e-9)


def test_declared_neutral_frames_give_the_zero(bench):
    faces = bench.faces(duration_s=100, smile=lambda t: np.where(t < 90, 0.5, 0.1))
    undeclared = bench.of(compute_signals(faces)).set_index("time_s")["smile"]
    session = bench.session(neutral=(Span(91, 99),))
    declared = bench.of(compute_signals(faces, session)).set_index("time_s")["smile"]
    assert undeclared[50.0] == pytest.approx(0, abs=1e-9)
    assert declared[95.0] == pytest.approx(0, abs=1e-9)
    assert declared[50.0] == pytest.approx(0.4 / 0.05)


def test_a_neutral_span_without_usable_frames_falls_back_to_the_percentile(bench):
    faces = bench.faces(smile=lambda t: 0.1 + 0.02 * t)
    declared = compute_signals(faces, bench.session(neutral=(Span(90, 99),)))
    pd.testing.assert_frame_equal(declared, compute_signals(faces))


def test_two_cameras_of_different_rate_agree_and_keep_the_lag(bench):
    def smile(t):
        return 0.3 + 0.1 * np.sin(2 * np.pi * 0.4 * t) + 0.1 * np.sin(2 * np.pi * 0.23 * t)

    caregiver = bench.faces(duration_s=120, rate_hz=29.97, smile=lambda t: smile(t - 0.8))
    infant = bench.faces(duration_s=120, rate_hz=14.0, person="infant", smile=smile)
    signals = compute_signals(pd.concat([caregiver, infant]))
    a, b = (bench.of(signals, p)["smile"].to_numpy()[20:1180] for p in ("caregiver", "infant"))
    t = np.arange(len(a)) / 10
    delays = np.arange(0.6, 1.0, 0.001)
    kept = slice(50, -50)
    misfit = [np.std(a[kept] - np.interp(t[kept], t + delay, b)) for delay in delays]
    assert delays[np.argmin(misfit)] == pytest.approx(0.8, abs=0.01)
    assert np.corrcoef(a[8:], b[:-8])[0, 1] > 0.999


def test_episodes_by_time_and_nothing_outside(bench):
    episodes = (Episode("play", 2, 5), Episode("still_face", 5, 8))
    signals = bench.of(compute_signals(bench.faces(), bench.session(episodes=episodes)))
    named = signals.set_index("time_s")["episode"]
    assert named[1.9] == ""
    assert named[2.0] == named[4.9] == "play"
    assert named[5.0] == named[7.9] == "still_face"
    assert named[8.0] == ""


def test_an_excluded_stretch_is_missing_and_never_bridged(bench):
    signals = compute_signals(bench.faces(), bench.session(exclude=(Span(5, 5.2), Span(8, 11))))
    table = bench.of(signals).set_index("time_s")
    left_out = table[table["reason"] == "excluded"]
    assert {5.0, 5.1, 8.0, 9.5, 10.9} <= set(left_out.index)
    assert left_out[list(schema.CHANNELS)].isna().all(axis=None)
    assert table.loc[[4.9, 5.3, 7.9, 11.0], "usable"].all()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"yaw_deg": 31.0}, "pose"),
        ({"yaw_deg": -31.0}, "pose"),
        ({"pitch_deg": -21.0}, "pose"),
        ({"interocular_px": 25.0}, "size"),
        ({"role_confidence": 0.89}, "role"),
        ({"status": "no_face"}, "no_face"),
        ({"status": "low_quality"}, "low_quality"),
        ({"status": "error"}, "error"),
        ({"status": "excluded"}, "excluded"),
    ],
)
def test_every_gate_gives_its_reason(bench, change, reason):
    faces = bench.faces()
    for name, value in change.items():
        faces.loc[faces["time_s"].between(5, 8), name] = value
    table = bench.of(compute_signals(faces)).set_index("time_s")
    inner = table.loc[5.1:7.9]
    assert set(inner["reason"]) == {reason}
    assert not inner["usable"].any()
    assert inner[[*schema.CHANNELS, *schema.POSE]].isna().all(axis=None)
    assert table.loc[:4.9, "usable"].all()
    assert table.loc[8.1:, "usable"].all()


def test_gates_follow_the_configuration(bench):
    faces = bench.faces(interocular_px=22.0)
    assert not compute_signals(faces)["usable"].any()
    wide = Config(signals={"min_interocular_px": 20})
    assert bench.of(compute_signals(faces, config=wide))["usable"].all()
    assert bench.of(compute_signals(faces, bench.session(config=wide)))["usable"].all()
    assert not compute_signals(faces, bench.session(config=wide), Config())["usable"].any()


def test_small_faces_lose_the_fine_channels_only(bench):
    faces = bench.faces(smile=lambda t: 0.1 + 0.01 * t)
    faces.loc[faces["time_s"].between(5, 8), "interocular_px"] = 39.0
    table = bench.of(compute_signals(faces)).set_index("time_s")
    fine = ["distress", "anger", "valence"]
    rest = [name for name in schema.CHANNELS if name not in fine]
    small = table.loc[5.1:7.9]
    assert small[fine].isna().all(axis=None)
    assert small[rest].notna().all(axis=None)
    assert small["usable"].all()
    assert table.loc[:4.8, fine].notna().all(axis=None)
    open_gate = Config(signals={"min_interocular_distress_px": 0})
    assert bench.of(compute_signals(faces, config=open_gate))["distress"].notna().all()


def test_short_gaps_are_bridged_and_marked_long_ones_are_not(bench):
    faces = bench.faces(smile=lambda t: 0.1 + 0.01 * t)
    whole = bench.of(compute_signals(faces)).set_index("time_s")
    lost = bench.lose(faces, faces["time_s"].between(4.99, 5.21))
    lost = bench.lose(lost, lost["time_s"].between(9.99, 10.51))
    table = bench.of(compute_signals(lost)).set_index("time_s")
    assert table.index[table["interpolated"]].tolist() == [5.0, 5.1, 5.2]
    assert table.loc[5.0:5.2, "usable"].all()
    np.testing.assert_allclose(table.loc[5.1, "smile"], whole.loc[5.1, "smile"], atol=0.02)
    assert set(table.loc[10.0:10.5, "reason"]) == {"no_face"}
    assert table.loc[10.0:10.5, "smile"].isna().all()


def test_frames_that_were_never_decoded_are_a_gap(bench):
    faces = bench.faces()
    cut = faces[~faces["time_s"].between(4.99, 6.01)]
    table = bench.of(compute_signals(cut)).set_index("time_s")
    assert set(table.loc[5.0:6.0, "reason"]) == {"gap"}


def test_the_most_frequent_reason_of_a_stretch_is_given(bench):
    faces = bench.faces()
    faces.loc[faces["time_s"].between(5, 7), "yaw_deg"] = 40.0
    faces = bench.lose(faces, faces["time_s"].between(7.01, 7.5))
    table = bench.of(compute_signals(faces)).set_index("time_s")
    assert set(table.loc[5.1:7.5, "reason"]) == {"pose"}


def test_outside_a_recording_there_is_no_frame(bench):
    infant = bench.faces(person="infant", start_s=2.0, duration_s=5)
    signals = compute_signals(pd.concat([bench.faces(), infant]))
    table = bench.of(signals, "infant").set_index("time_s")
    assert set(table.loc[:1.9, "reason"]) == {"no_frame"}
    assert set(table.loc[7.1:, "reason"]) == {"no_frame"}
    assert table.loc[2.0:7.0, "usable"].all()


@pytest.mark.parametrize("status", ["no_face", "low_quality", "error"])
def test_a_person_never_seen_is_missing_with_the_reason(bench, status):
    infant = bench.faces(person="infant")
    infant = bench.lose(infant, infant.index, status)
    signals = bench.of(compute_signals(pd.concat([bench.faces(), infant])), "infant")
    assert not signals["usable"].any()
    assert set(signals["reason"]) == {status}
    assert signals[[*schema.CHANNELS, *schema.POSE]].isna().all(axis=None)


def test_a_person_without_a_row_and_an_empty_table(bench):
    signals = bench.of(compute_signals(bench.faces()), "infant")
    assert set(signals["reason"]) == {"no_frame"}
    empty = compute_signals(schema.empty(schema.FACES))
    assert list(empty) == list(schema.SIGNALS)
    assert empty.empty


@pytest.mark.parametrize("uncertainty_s", [0.0, 0.04, np.nan])
def test_how_sure_the_clock_is_is_handed_on(bench, uncertainty_s):
    faces = bench.faces().assign(clock_uncertainty_s=uncertainty_s)
    np.testing.assert_equal(compute_signals(faces)["clock_uncertainty_s"].unique(), [uncertainty_s])
    silent = compute_signals(faces.drop(columns="clock_uncertainty_s"))
    assert silent["clock_uncertainty_s"].isna().all()


def test_one_frame_is_enough_not_to_fail(bench):
    signals = compute_signals(bench.faces(duration_s=0))
    assert len(signals) == 2
    assert bench.of(signals)["usable"].tolist() == [True]


def test_uneven_frames_and_repeated_time_stamps(bench):
    rng = np.random.default_rng(1)
    steps = rng.choice([0.0, 0.033, 0.066, 0.1, 0.133], size=600)
    times = np.concatenate([[0], np.cumsum(steps)])
    faces = bench.faces(times_s=times, smile=lambda t: 0.3 + 0.2 * np.sin(2 * np.pi * 0.3 * t))
    even = bench.faces(
        times_s=np.arange(0, times[-1], 1 / 60), smile=lambda t: 0.3 + 0.2 * np.sin(0.6 * np.pi * t)
    )
    a, b = (bench.of(compute_signals(f))["smile"] for f in (faces, even))
    n = min(len(a), len(b)) - 1
    assert np.abs(a[:n] - b[:n]).max() < 0.15
    assert np.corrcoef(a[:n], b[:n])[0, 1] > 0.998


def test_action_units_stand_in_for_blendshapes_and_geometry(bench):
    def wave(t):
        return 0.3 + 0.2 * np.sin(2 * np.pi * 0.3 * t)

    faces = bench.faces(duration_s=60)
    keys = ["session", "frame", "time_s", "person", "track", "role_confidence", "status"]
    units = {f"AU{n:02d}": wave(faces["time_s"]) for n in (1, 2, 5, 6, 7, 12, 25, 26)}
    table = faces[keys].assign(**units)
    signals = bench.of(compute_signals(table))
    seen = bench.of(compute_signals(bench.faces(duration_s=60, smile=wave)))["smile"]
    for channel in ("smile", "brow_raise", "eye_widening", "eye_constriction", "mouth_opening"):
        np.testing.assert_allclose(signals[channel], seen)
    assert signals["usable"].all()
    for channel in ("distress", "anger", "valence", "head_movement", *schema.POSE):
        assert signals[channel].isna().all()
    np.testing.assert_allclose(signals["arousal"], seen)


def test_arousal_needs_two_of_its_channels(bench):
    faces = bench.faces()
    faces[["lip_gap", "jawOpen", *schema.POSE]] = np.nan
    signals = bench.of(compute_signals(faces))
    assert signals["eye_constriction"].notna().all()
    assert signals["arousal"].isna().all()


def test_a_face_on_which_nothing_was_measured_is_not_usable(bench):
    faces = bench.faces()
    faces.loc[100:200, [*schema.GEOMETRY, *schema.BLENDSHAPES]] = np.nan
    table = bench.of(compute_signals(faces)).set_index("time_s")
    assert set(table.loc[4.1:7.9, "reason"]) == {"low_quality"}


def test_nodding_moves_head_movement_and_no_expression(bench):
    faces = bench.faces(
        duration_s=60,
        pitch_deg=lambda t: np.where((t > 30) & (t < 35), 4 * np.sin(2 * np.pi * 2 * t), 0.0),
    )
    table = bench.of(compute_signals(faces)).set_index("time_s")
    assert table.loc[31:34, "head_movement"].min() > 1
    assert table.loc[5:25, "head_movement"].abs().max() < 0.01
    np.testing.assert_allclose(table["smile"], 0, atol=1e-9)


def test_valence_is_the_clipped_difference(bench):
    faces = bench.faces(duration_s=100, smile=lambda t: np.where(t % 50 < 2, 0.9, 0.1))
    signals = bench.of(compute_signals(faces))
    assert signals["smile"].max() > 3
    assert signals["valence"].max() == 3
    expected = (signals["smile"] - signals["distress"]).clip(-3, 3)
    np.testing.assert_allclose(signals["valence"], expected)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"person": "mother"}, "mother"),
        ({"status": "fine"}, "fine"),
        ({"time_s": np.nan}, "time_s"),
        ({"session": "s2"}, "s1, s2"),
    ],
)
def test_a_faulty_table_is_refused_in_one_sentence(bench, change, words):
    faces = bench.faces(duration_s=1)
    for name, value in change.items():
        faces.loc[3, name] = value
    with pytest.raises(TableError, match=words):
        compute_signals(faces)


def test_another_sessions_faces_and_missing_columns_are_refused(bench):
    other = bench.faces(duration_s=1).assign(session="s9")
    with pytest.raises(TableError, match="s1, s9"):
        compute_signals(other, bench.session())
    with pytest.raises(TableError, match="status"):
        compute_signals(other.drop(columns="status"))


@settings(max_examples=15)
@given(shift=st.floats(-0.05, 0.5), factor=st.floats(1.0, 4.0), seed=st.integers(0, 99))
def test_shift_and_scale_of_a_measure_do_not_matter(bench, shift, factor, seed):
    noise = np.random.default_rng(seed).standard_normal(251).cumsum()
    curve = 0.1 + 0.1 * (noise - noise.min()) / np.ptp(noise)
    plain, moved = (
        bench.of(compute_signals(bench.faces(duration_s=10, brow_raise=values)))["brow_raise"]
        for values in (curve, shift + factor * curve)
    )
    np.testing.assert_allclose(moved, plain, atol=1e-9)


bursts = st.lists(st.tuples(st.integers(0, 125), st.integers(1, 40)), max_size=6)


@given(lost=bursts, more=bursts, drop=st.booleans())
def test_losing_frames_never_adds_samples_nor_makes_up_values(bench, lost, more, drop):
    faces = bench.faces(duration_s=5, smile=lambda t: 0.3 + 0.2 * np.sin(t))
    end = bench.faces(duration_s=5, person="infant")
    gone = [i for start, n in lost for i in range(start, min(start + n, 126))]
    also = [i for start, n in more for i in range(start, min(start + n, 126))]
    first, second = bench.lose(faces, gone), bench.lose(faces, gone + also)
    if drop:
        second = second[second["status"] == "ok"]
    some, fewer = (bench.of(compute_signals(pd.concat([f, end]))) for f in (first, second))
    assume(some["usable"].any())
    assert not (fewer["usable"] & ~some["usable"]).any()
    for table in (some, fewer):
        assert table.loc[~table["usable"], [*schema.CHANNELS, *schema.POSE]].isna().all(axis=None)
        assert table.loc[table["usable"], "smile"].notna().all()
        assert (table["usable"] == (table["reason"] == "")).all()
        assert not (table["interpolated"] & ~table["usable"]).any()
        smile_range = table["smile"].dropna()
        assert np.isfinite(smile_range).all()


def test_the_tolerated_gap_follows_its_limit(bench):
    faces = bench.faces(duration_s=10)
    for gap_s, bridged in ((0.2, True), (0.4, False)):
        lost = bench.lose(faces, faces["time_s"].between(5.0, 5.0 + gap_s))
        table = bench.of(compute_signals(lost)).set_index("time_s")
        assert table.loc[5.1, "usable"] == bridged


def test_a_still_head_does_not_make_a_nod_large(bench):
    nod = lambda t: np.where((t > 29) & (t < 31), 3 * np.sin(2 * np.pi * 2 * t), 0.0)  # noqa: E731
    signals = bench.of(compute_signals(pd.concat(
        [bench.faces(duration_s=60, yaw_deg=nod), bench.faces(duration_s=60, person="infant")]
    )))  # fmt: skip
    during = signals.loc[signals["time_s"].between(29.5, 30.5), "head_movement"]
    # Root mean square, in units of at least .3 degrees.
    assert len(during) > 5
    assert during.to_numpy() == pytest.approx(3 / np.sqrt(2) / 0.3, rel=0.1)
