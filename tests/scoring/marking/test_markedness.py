import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.signal import lfilter

from attunement.scoring import score_session
from attunement.scoring.answering.events import session_events
from attunement.scoring.chance.shifts import admissible_shifts
from attunement.scoring.marking.markedness import AFTER, Train, fit_cues, low_pass
from attunement.scoring.series.recording import recordings
from attunement.simulation import simulate_dyad


def marked(seed=1, **settings):
    settings = {"duration_s": 120, "mirroring": 0.6, "marking": 0.8, **settings}
    return simulate_dyad(infant="events", lag_s=0.8, seed=seed, **settings)[0]


def naive_boxes(onsets, n, *, around):
    found = np.zeros((n, 12))
    for onset in onsets:
        for box in range(12):
            for sample in range(5):
                at = onset + (box - 4) * 5 + sample
                if around or 0 <= at < n:
                    found[at % n, box] += 1
    return found


def test_every_shift_is_the_regression_on_rolled_series():
    signals = marked(missing_share=0.1)
    signals["yaw_deg"] = np.random.default_rng(0).normal(0, 5, len(signals))
    (recording,) = recordings(signals, 10)
    (episode,) = recording.episodes
    onsets = np.round(session_events(recording)["onset_s"].to_numpy() * 10).astype(int)
    shifts = admissible_shifts(episode.n, 10)
    every = np.arange(1, episode.n)
    train = Train(episode, onsets, shifts, np.arange(len(shifts)), every)
    cue = fit_cues(recording, [train], slice(None))["brow_raise"]
    person = recording.caregiver

    def fit(shift):
        names = ("brow_raise", "smile", "yaw_deg")
        u, smile, yaw = (np.roll(person[name], shift) for name in names)
        boxes = naive_boxes(onsets, episode.n, around=shift != 0)
        x = np.column_stack([np.ones(episode.n), smile, yaw, boxes])
        seen = np.isfinite(u) & np.isfinite(x).all(1)
        return sm.OLS(u[seen], x[seen]).fit()

    observed = fit(0)
    residual = observed.resid
    scale = 1.4826 * np.median(np.abs(residual - np.median(residual)))
    assert cue.peak == pytest.approx(observed.params[3:][AFTER].max() / scale, abs=1e-5)
    for at in (0, 333, len(shifts) - 1):
        params = fit(int(shifts[at])).params[3:] / scale
        assert cue.peak_surrogate[at] == pytest.approx(params[AFTER].max(), abs=1e-5)
        assert cue.mean_surrogate[at] == pytest.approx(params[5:10].mean(), abs=1e-5)

    # p shifts what content and pose leave of the cue against content, pose and boxes as they are.
    own = np.column_stack([np.ones(episode.n), person["smile"], person["yaw_deg"]])
    seen = np.isfinite(person["brow_raise"]) & np.isfinite(own).all(1)
    left = np.zeros(episode.n)
    left[seen] = sm.OLS(person["brow_raise"][seen], own[seen]).fit().resid
    x = np.column_stack([own, naive_boxes(onsets, episode.n, around=False)])[seen]
    for at in (1, 40, episode.n - 1):
        params = sm.OLS(np.roll(left, at)[seen], x).fit().params[3:] / scale
        more = np.sqrt(seen.sum() / (seen & np.roll(seen, at)).sum())
        assert cue.peak_tested[at - 1] == pytest.approx(more * params[AFTER].max(), abs=1e-5)


def test_a_caregiver_who_follows_closely_is_not_marked_by_that():
    """Content that comes after every onset makes the boxes less sure, and p has to know it."""
    rng = np.random.default_rng(1)

    def autoregressive(phi, n):
        noise = rng.standard_normal(n + 500) * np.sqrt(1 - phi**2)
        return lfilter([1.0], [1.0, -phi], noise)[500:]

    observed, chance, of_shifted_onsets = [], [], []
    for seed in range(8):
        signals = marked(seed, mirroring=0.0, marking=0.0, duration_s=180)
        infant, caregiver = (signals["person"] == who for who in ("infant", "caregiver"))
        later = np.roll(signals.loc[infant, "smile"].to_numpy(float), 8)
        signals.loc[caregiver, "smile"] = later + 0.1 * autoregressive(0.95, len(later))
        (recording,) = recordings(signals, 10)
        (episode,) = recording.episodes
        onsets = np.round(session_events(recording)["onset_s"].to_numpy() * 10).astype(int)
        every = np.arange(1, episode.n)
        train = Train(episode, onsets, every, every - 1, every)
        for _ in range(6):
            recording.caregiver["brow_raise"] = autoregressive(0.99, len(later))
            cue = fit_cues(recording, [train], slice(None))["brow_raise"]
            observed.append(cue.peak)
            chance.append(cue.peak_tested.mean())
            of_shifted_onsets.append(cue.peak_surrogate.mean())
    assert np.mean(observed) < 1.15 * np.mean(chance)
    assert np.mean(chance) > 1.3 * np.mean(of_shifted_onsets)


def test_marked_dyads_stand_above_unmarked_ones():
    found = pd.DataFrame(
        [
            {"kappa": kappa, **score_session(marked(seed, marking=kappa)).by_session.iloc[0]}
            for seed in range(4)
            for kappa in (0.0, 1.0)
        ]
    ).set_index("kappa")
    assert found.loc[1.0, "markedness"].min() > found.loc[0.0, "markedness"].max()
    assert (found.loc[1.0, "markedness_p"] <= 0.05).all()
    assert (found.loc[0.0, "markedness_p"] > 0.01).all()


def test_fewer_than_eight_onsets_are_too_few():
    scores = score_session(marked(duration_s=65))
    row = scores.by_session.iloc[0]
    n_events = row["n_infant_events"]
    assert 0 < n_events < 8
    assert np.isnan(row["markedness"])
    assert row["reason"] == f"few_infant_events({n_events} of 8)"
    of_windows = scores.windows.groupby("reason").size()
    assert set(of_windows.index) <= {"no_infant_event", row["reason"], "infant_still"}
    assert of_windows[row["reason"]] >= n_events, "windows that hold an event do not say it is none"


def test_the_mouth_counts_once_and_can_be_left_out():
    signals = marked()
    signals["mouth_opening"] = signals["brow_raise"]
    signals["eye_widening"] = np.random.default_rng(0).standard_normal(len(signals))
    row = score_session(signals).by_session.iloc[0]
    cues = row[["cue_brow_raise", "cue_eye_widening", "cue_mouth_opening"]]
    assert row["markedness"] == pytest.approx(cues.mean())
    assert row["markedness_without_mouth"] == pytest.approx(cues.iloc[:2].mean())
    assert row["cue_mouth_opening"] > 0.5


def test_frames_outside_every_episode_enter_the_regression_alone():
    signals = marked(duration_s=150)
    whole = score_session(signals)
    late = signals["time_s"] >= 130
    signals.loc[late, "episode"] = ""
    changed = signals.copy()
    changed.loc[late, "brow_raise"] = np.nan
    scores, without = score_session(signals), score_session(changed)
    assert len(scores.windows) == 124 < len(whole.windows)
    assert scores.by_session["markedness"].iloc[0] != without.by_session["markedness"].iloc[0]
    mirroring = ["mirroring", "mirroring_p", "congruence", "concordance"]
    pd.testing.assert_frame_equal(scores.by_session[mirroring], without.by_session[mirroring])


def test_low_pass_halves_power_at_its_edge_and_keeps_gaps():
    t = np.arange(600) / 10
    for hz, kept in ((0.1, 0.993), (1.0, 2**-0.5), (4.0, 0.004)):
        wave = np.sin(2 * np.pi * hz * t)
        smooth = low_pass(wave, sampling_hz=10, below_hz=1)[50:-50]
        assert smooth.std() / wave[50:-50].std() == pytest.approx(kept, abs=0.01)
    gappy = np.ones(100)
    gappy[40:50] = np.nan
    smooth = low_pass(gappy, sampling_hz=10, below_hz=1)
    np.testing.assert_array_equal(np.isnan(smooth), np.isnan(gappy))
    np.testing.assert_allclose(smooth[np.isfinite(smooth)], 1)


def rigid(seed, *, noise):
    """A still face on a turning head: pose leaks into every cue in proportion."""
    rng = np.random.default_rng(seed)
    signals = marked(seed, duration_s=180)
    t = signals["time_s"].to_numpy()
    adult = (signals["person"] == "caregiver").to_numpy()
    signals["pitch_deg"] = 15 * np.sin(2 * np.pi * t / 7)
    signals["yaw_deg"] = 20 * np.sin(2 * np.pi * t / 11)
    for name, pitch, yaw in (
        ("brow_raise", 0.1, 0.02), ("eye_widening", -0.08, 0.01), ("smile", 0.05, 0.03)
    ):  # fmt: skip
        leak = pitch * signals["pitch_deg"] + yaw * signals["yaw_deg"]
        leak += rng.normal(0, noise, len(t))
        signals[name] = np.where(adult, leak, signals.get(name, 0.0))
    signals["valence"] = signals["smile"]
    return signals


@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_a_rigid_head_turn_marks_no_window(noise):
    for seed in range(3):
        scores = score_session(rigid(seed, noise=noise))
        assert scores.by_session["n_infant_events"].iloc[0] >= 8
        assert scores.windows["marking_z"].notna().any()
        assert not set(scores.windows["pattern"]) & {"attuned", "marked_only"}
        assert scores.by_session["markedness"].iloc[0] < 0.25


def cues_of(n, **channels):
    """Cues of a caregiver with these channels, at 10 Hz, after events every 8 s."""
    onsets = np.arange(50, n - 50, 80)
    infant = np.zeros(n)
    for onset in onsets:
        infant[onset : onset + 20] = 2.0
    missing = np.full(n, np.nan)
    parts = [
        pd.DataFrame({"session": "a", "episode": "all", "time_s": np.arange(n) / 10,
                      "person": person, "usable": True, **shown})
        for person, shown in (
            ("infant", {"smile": infant, **dict.fromkeys(channels, missing)}),
            ("caregiver", {"smile": 0 * infant, **channels}),
        )
    ]  # fmt: skip
    (recording,) = recordings(pd.concat(parts, ignore_index=True), 10)
    none = np.zeros(0, np.int64)
    train = Train(recording.episodes[0], onsets, none, none, none)
    return fit_cues(recording, [train], slice(None))


def test_a_cue_that_hardly_moves_counts_in_quarters_of_a_z():
    brow = np.zeros(1000)
    for onset in range(50, 950, 80):
        brow[onset + 10 : onset + 20] = 0.1
    assert np.ptp(cues_of(1000, brow_raise=brow)["brow_raise"].partial) == pytest.approx(0.4)


@pytest.mark.parametrize(("n_frames", "known"), [(38, False), (39, True)])
def test_a_regression_needs_three_frames_for_each_term(n_frames, known):
    # Twelve boxes and a level.
    brow = np.full(1000, np.nan)
    brow[200 : 200 + n_frames] = np.random.default_rng(0).standard_normal(n_frames)
    assert bool(cues_of(1000, brow_raise=brow)) == known


def test_of_the_mouth_what_is_faster_than_a_second_is_left_out():
    time_s = np.arange(1000) / 10
    slow, fast = np.sin(2 * np.pi * 0.1 * time_s), np.sin(2 * np.pi * 1.0 * time_s)
    share = {}
    # Each alone: beside the other, which moves alike, nothing of a cue would be left.
    for name in ("brow_raise", "mouth_opening"):
        cue = cues_of(1000, **{name: slow + fast})[name]
        share[name] = (cue.partial @ fast) / (cue.partial @ slow)
    assert share["brow_raise"] == pytest.approx(1, abs=0.02)
    assert share["mouth_opening"] == pytest.approx(np.sqrt(0.5), abs=0.02)
