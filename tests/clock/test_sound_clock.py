"""The clock of two recordings, from sound tracks whose clocks are known."""

import numpy as np
import pytest

from attunement.clock.sound_clock import clock_from_sound
from attunement.video.sound import read_sound

OFFSET_S = 3.7
DRIFT_PPM = -199.96  # of a recording that is stretched by 200


@pytest.fixture(scope="module")
def heard(sounds):
    """Half a minute as two cameras have it; the infant's starts later and runs fast."""
    made = sounds.talk(1, 30 + OFFSET_S)
    caregiver = sounds.in_a_room(made, 2, echo=0.02)
    infant = sounds.stretched(sounds.in_a_room(made, 3, noise=0.01)[round(OFFSET_S * 16000) :], 200)
    return sounds.heard_at_4_khz(caregiver), sounds.heard_at_4_khz(infant)


def test_offset_and_drift_through_echo_noise_and_another_microphone(heard):
    found = clock_from_sound(*heard)
    assert found.refused == ""
    assert found.offset_s == pytest.approx(OFFSET_S, abs=0.010)
    assert found.drift_ppm == pytest.approx(DRIFT_PPM, abs=20)
    assert abs(found.drift_ppm - DRIFT_PPM) <= max(3 * found.drift_uncertainty_ppm, 1)
    assert 0.010 <= found.uncertainty_s < 0.015
    assert found.n_agreeing >= found.n_stretches / 2


@pytest.mark.slow
def test_the_other_way_round_the_clock_is_turned(heard):
    one, other = clock_from_sound(*heard), clock_from_sound(*reversed(heard))
    assert other.offset_s == pytest.approx(-one.offset_s / (1 + one.drift_ppm * 1e-6), abs=0.001)
    assert other.drift_ppm == pytest.approx(-one.drift_ppm, abs=5)


def test_a_microphone_connected_the_other_way_round_and_missing_stretches(heard):
    caregiver, infant = heard[0], -heard[1]
    infant[40_000:60_000] = np.nan
    found = clock_from_sound(caregiver, infant)
    assert found.offset_s == pytest.approx(OFFSET_S, abs=0.010)


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        (None, "track", "no_sound"),
        ("track", "silence", "silent"),
        ("missing", "track", "silent"),
        ("track", "moment", "too_short"),
    ],
)
def test_without_sound_there_is_no_clock(heard, first, second, reason):
    tracks = {
        None: None,
        "track": heard[0],
        "silence": np.zeros(40_000, np.float16),
        "missing": np.full(40_000, np.nan, np.float16),
        "moment": heard[1][:4_000],
    }
    found = clock_from_sound(tracks[first], tracks[second])
    assert found.refused == reason
    assert np.isnan([found.offset_s, found.drift_ppm, found.uncertainty_s]).all()


def hum(n: int) -> np.ndarray:
    time_s = np.arange(n) / 16_000
    return sum(np.sin(2 * np.pi * 50 * k * time_s + k * k) / k for k in range(1, 30))


@pytest.mark.parametrize("with_hum", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_unrelated_tracks_are_refused(sounds, with_hum):
    talks = [sounds.talk(seed, 12) for seed in (11, 12, 13)]
    rooms = [sounds.in_a_room(made, k) + 0.01 * with_hum * hum(len(made)) for k, made in
             enumerate(talks)]  # fmt: skip
    tracks = [sounds.heard_at_4_khz(room) for room in rooms]
    for one, other in ((0, 1), (1, 2), (2, 0)):
        assert clock_from_sound(tracks[one], tracks[other]).refused


def test_another_stretch_of_the_same_talk_is_refused(sounds):
    made = sounds.in_a_room(sounds.talk(14, 24), 5)
    half = len(made) // 2
    one, other = sounds.heard_at_4_khz(made[:half]), sounds.heard_at_4_khz(made[half:])
    assert clock_from_sound(one, other).refused == "unrelated"


@pytest.mark.parametrize("period_s", [pytest.param(0.5, marks=pytest.mark.slow), 8.0])
def test_what_repeats_itself_is_refused(sounds, period_s):
    if period_s < 1:  # a metronome
        bar = np.zeros(round(period_s * 16_000))
        bar[:200] = np.random.default_rng(3).normal(size=200) * np.exp(-np.arange(200) / 40)
    else:
        bar = sounds.talk(15, period_s, pause_s=0.1)
    made = np.tile(bar, int(16 / period_s) + 1)[: 16 * 16_000]
    one = sounds.heard_at_4_khz(sounds.in_a_room(made, 1))
    other = sounds.heard_at_4_khz(sounds.in_a_room(np.roll(made, -4321), 2))
    assert clock_from_sound(one, other).refused in ("ambiguous", "unrelated")


@pytest.mark.slow
def test_talk_over_a_metronome_is_placed_by_the_talk(sounds):
    made = sounds.talk(16, 20)
    tick = np.random.default_rng(3).normal(size=200) * np.exp(-np.arange(200) / 40)
    for start in range(0, len(made) - 200, 8000):
        made[start : start + 200] += 0.05 * tick
    one = sounds.heard_at_4_khz(sounds.in_a_room(made, 1, echo=0.02))
    other = sounds.heard_at_4_khz(sounds.in_a_room(made, 2, echo=0.02)[2 * 16_000 :])
    assert clock_from_sound(one, other).offset_s == pytest.approx(2.0, abs=0.010)


@pytest.mark.shared_data
@pytest.mark.parametrize("changed", [False, True])
def test_a_real_clip_cut_in_two_one_stretched_and_at_another_frame_rate(
    shared, sounds, tmp_path, changed
):
    clip = read_sound(shared / "clips" / "caregiver_infant_peekaboo.mp4", rate_hz=16_000)
    made = np.nan_to_num(clip.astype(float))
    late_s = 1.3
    infant = made[round(late_s * 16_000) :]
    if changed:
        infant = sounds.in_a_room(infant, 4, echo=0.02, noise=0.001)
    one = sounds.write_recording(tmp_path / "one.mp4", made[: 9 * 16_000])
    other = sounds.write_recording(
        tmp_path / "other.mov", sounds.stretched(infant, 200), frame_rate_hz=30, stretch_ppm=200
    )
    found = clock_from_sound(read_sound(one), read_sound(other))
    assert found.offset_s == pytest.approx(late_s, abs=0.010)
    assert found.drift_ppm == pytest.approx(DRIFT_PPM, abs=20)


@pytest.mark.shared_data
def test_real_tracks_that_do_not_belong_together_are_refused(shared):
    names = ("caregiver_infant_peekaboo.mp4", "infant_webcam.mp4", "face_noface.mov",
             "WolfgangLanger_Pexels.mp4")  # fmt: skip
    tracks = [read_sound(shared / "clips" / name) for name in names]
    for k, one in enumerate(tracks):
        for other in tracks[k + 1 :]:
            assert clock_from_sound(one, other).refused


@pytest.mark.shared_data
def test_two_real_files_with_the_same_sound_are_put_on_each_other(shared):
    # The one's track begins where its own time stamps say, the other's with its picture.
    late, whole = (shared / "clips" / name for name in ("face_noface.mov", "noface_face.mov"))
    found = clock_from_sound(read_sound(late), read_sound(whole))
    assert found.offset_s == pytest.approx(107164 / 44100, abs=0.010)


@pytest.mark.long
def test_no_pair_of_two_hundred_is_matched(sounds):
    rng = np.random.default_rng(0)
    talks = [sounds.talk(100 + k, 24) for k in range(20)]
    for _ in range(200):
        one, other = rng.choice(20, 2, replace=False)
        seeds = rng.integers(1_000_000, size=2)
        tracks = [
            sounds.heard_at_4_khz(sounds.in_a_room(talks[k], seed))
            for k, seed in zip((one, other), seeds, strict=True)
        ]
        assert clock_from_sound(*tracks).refused
