"""The session's scores once more, from the words of the docs (``tests/scoring/naive.py``)."""

import math

import numpy as np
import pytest

from attunement.scoring import score_session
from attunement.scoring.chance.shifts import combinations


@pytest.fixture(scope="module", params=[0.0, 0.2], ids=["complete", "gaps"])
def case(request, naive):
    signals = naive.coupled(missing_share=request.param)
    episodes = [naive.Episode(signals, name) for name in naive.EPISODES]
    return score_session(signals, naive.CONFIG), episodes


@pytest.mark.parametrize(
    ("score", "channels", "of"),
    [
        ("mirroring", ("valence", "arousal"), "following"),
        ("simultaneity", ("valence", "arousal"), "at_once"),
        ("arousal_matching", ("arousal",), "following"),
        ("movement_matching", ("head_movement",), "following"),
    ],
)
def test_scores_of_the_mean_curve(naive, case, score, channels, of):
    scores, episodes = case
    each = [naive.excess(one, channels, getattr(naive, of)) for one in episodes]
    np.testing.assert_allclose(scores.by_episode[score], each, atol=1e-9)
    session = naive.weighted([(v, e.weight(channels)) for v, e in zip(each, episodes, strict=True)])
    assert scores.by_session[score].iloc[0] == pytest.approx(session, abs=1e-9)


def four_p(naive, observed, null):
    """Return each p by what it counts of a curve over lags, lag 0 in its middle."""
    counted = {
        "mirroring_p": lambda curve: curve[naive.LAG + 1 :].max(),
        "mirroring_mean_p": naive.following,
        "leading_p": lambda curve: curve[: naive.LAG].max(),
        "coupling_p": lambda curve: curve.max(),
    }
    return {
        name: naive.midrank(count(observed), [count(one) for one in null])
        for name, count in counted.items()
    }


def test_p_of_the_curve_over_two_episodes(naive, case):
    scores, episodes = case
    row = scores.by_session.iloc[0]
    weights = [one.weight(naive.MIRRORED) for one in episodes]
    picks = combinations(
        [len(one.every) for one in episodes],
        n_surrogates=naive.CONFIG.scoring.n_surrogates, seed=naive.CONFIG.scoring.seed,
    )  # fmt: skip

    def peak(shifts):
        parts = [
            one.curve(naive.MIRRORED, shift) * w
            for one, w, shift in zip(episodes, weights, shifts, strict=True)
        ]
        return sum(parts) / sum(weights)

    observed = peak((0, 0))
    null = [
        peak([one.every[at] for one, at in zip(episodes, drawn, strict=True)])
        for drawn in zip(*picks, strict=True)
    ]
    assert len(null) >= naive.CONFIG.scoring.n_surrogates
    for name, wanted in four_p(naive, observed, null).items():
        assert row[name] == pytest.approx(wanted, abs=1e-12), name
    assert row["peak_lag_s"] == (observed.argmax() - naive.LAG) / naive.RATE


def test_p_of_one_episode_counts_every_shift(naive, case):
    scores, episodes = case
    for row, one in zip(scores.by_episode.itertuples(), episodes, strict=True):
        null = [one.curve(naive.MIRRORED, shift) for shift in one.every]
        wanted = four_p(naive, one.curve(naive.MIRRORED, 0), null)
        for name, p in wanted.items():
            assert getattr(row, name) == pytest.approx(p, abs=1e-12), name
        z, _ = naive.standardised(
            naive.following(one.curve(naive.MIRRORED, 0)),
            [naive.following(one.curve(naive.MIRRORED, shift)) for shift in one.far], least=0,
        )  # fmt: skip
        assert row.mirroring_z == pytest.approx(z, abs=1e-9)
        lag_s = (one.curve(naive.MIRRORED, 0).argmax() - naive.LAG) / naive.RATE
        assert row.peak_lag_s == lag_s
        wanted_lag_s = lag_s if wanted["coupling_p"] <= 0.05 else math.nan
        assert row.mirroring_lag_s == pytest.approx(wanted_lag_s, nan_ok=True)


def test_p_without_what_is_slow(naive):
    signals = naive.coupled(missing_share=0.2)
    # The caregiver's time turned round: a coupled pair has the smallest p whatever is taken out.
    for name in naive.EPISODES:
        own = (signals["person"] == "caregiver") & (signals["episode"] == name)
        channels = [*naive.MIRRORED, "head_movement", "brow_raise", "usable"]
        signals.loc[own, channels] = signals.loc[own, channels].to_numpy()[::-1]
    scores = score_session(signals, naive.CONFIG)
    for row in scores.by_episode.itertuples():
        one = naive.Episode(signals, row.episode, above_hz=0.04)
        counted = [
            one.curve(naive.MIRRORED, shift)[naive.LAG + 1 :].max() for shift in (0, *one.every)
        ]
        assert row.mirroring_without_slow_p == pytest.approx(
            naive.midrank(counted[0], counted[1:]), abs=1e-12
        )
        assert row.mirroring_without_slow_p != row.mirroring_p


def test_windows_mirroring_direction_and_simultaneity(naive, case):
    scores, episodes = case
    for name, one in zip(naive.EPISODES, episodes, strict=True):
        windows = scores.windows[scores.windows["episode"] == name]
        first_s = windows["start_s"].iloc[0]
        for row in windows[::5].itertuples():
            start = round((row.start_s - first_s) * naive.RATE)
            if start not in one.starts:
                assert math.isnan(row.following_z)
                continue
            parts, null = {"F": [], "F-L": [], "0": []}, []
            for channel in naive.MIRRORED:
                f, displaced = naive.standardised(
                    one.best(channel, start, 0, 1),
                    [one.best(channel, start, shift, 1) for shift in one.far],
                )
                led, _ = naive.standardised(
                    one.best(channel, start, 0, -1),
                    [one.best(channel, start, shift, -1) for shift in one.far],
                )
                at_once, _ = naive.standardised(
                    one.z(channel, start, 0, 0), [one.z(channel, start, 0, s) for s in one.far]
                )
                parts["F"].append(f)
                parts["F-L"].append(f - led)
                parts["0"].append(at_once)
                if not math.isnan(f):
                    null.append(displaced)
            assert row.following_z == pytest.approx(naive.mean(parts["F"]), abs=1e-9, nan_ok=True)
            assert row.direction == pytest.approx(naive.mean(parts["F-L"]), abs=1e-9, nan_ok=True)
            assert row.simultaneity == pytest.approx(naive.mean(parts["0"]), abs=1e-9, nan_ok=True)
            if null:
                averages = [naive.mean(together) for together in zip(*null, strict=True)]
                p = naive.midrank(naive.mean(parts["F"]), averages)
                assert row.mirroring_p == pytest.approx(p, abs=1e-12)
    some = scores.windows[scores.windows["following_z"].notna()]
    assert len(some) > 20
    assert scores.by_session["direction"].iloc[0] == pytest.approx(naive.mean(some["direction"]))


def test_congruence(naive, case):
    scores, episodes = case
    curves, weights = [], []
    for name, one in zip(naive.EPISODES, episodes, strict=True):
        windows = scores.windows[scores.windows["episode"] == name]
        first_s = windows["start_s"].iloc[0]
        for row in windows[::5].itertuples():
            start = round((row.start_s - first_s) * naive.RATE)
            if start in one.starts:
                chance = naive.mean(one.distance(start, shift) for shift in one.far)
                wanted = 1 - one.distance(start, 0) / chance
                assert row.congruence == pytest.approx(wanted, abs=1e-9, nan_ok=True)
        by_shift = [one.distances(shift) for shift in range(one.n)]
        chance = naive.mean(by_shift[shift] for shift in one.far)
        curves.append([1 - distance / chance for distance in by_shift])
        weights.append(len(naive.known(one.distance(start, 0) for start in one.starts)))
    for row, curve in zip(scores.by_episode.itertuples(), curves, strict=True):
        assert row.congruence == pytest.approx(curve[0], abs=1e-9)
        assert row.congruence_p == pytest.approx(naive.midrank(curve[0], curve[1:]), abs=1e-12)
    row = scores.by_session.iloc[0]
    session = naive.weighted([(curve[0], w) for curve, w in zip(curves, weights, strict=True)])
    assert row["congruence"] == pytest.approx(session, abs=1e-9)
    picks = combinations(
        [one.n - 1 for one in episodes],
        n_surrogates=naive.CONFIG.scoring.n_surrogates, seed=naive.CONFIG.scoring.seed,
    )  # fmt: skip
    null = [
        sum(w * curve[1 + at] for w, curve, at in zip(weights, curves, drawn, strict=True))
        for drawn in zip(*picks, strict=True)
    ]
    p = naive.midrank(sum(w * curve[0] for w, curve in zip(weights, curves, strict=True)), null)
    assert row["congruence_p"] == pytest.approx(p, abs=1e-12)


def test_concordance(naive, case):
    scores, episodes = case
    each = []
    for one in episodes:
        parts, changes = [], []
        for channel in naive.MIRRORED:
            infant = naive.signs(one.raw["infant", channel])
            caregiver = naive.signs(one.raw["caregiver", channel])
            # Only changes that all lags are left for.
            times = [at for at in range(one.n - naive.LAG) if infant[at] in (1, -1)]

            def share(shift, infant=infant, caregiver=caregiver, times=times, n=one.n):
                same = seen = 0
                for lag in range(1, naive.LAG + 1):
                    for at in times:
                        theirs = caregiver[(at + lag - shift) % n]
                        seen += not math.isnan(theirs)
                        same += theirs == infant[at]
                return same / seen

            parts.append(share(0) - naive.mean(share(shift) for shift in one.far))
            changes.append(len(times))
        each.append((naive.mean(parts), naive.mean(changes)))
    found = scores.by_episode["concordance"]
    np.testing.assert_allclose(found, [value for value, _ in each], atol=1e-9)
    assert scores.by_session["concordance"].iloc[0] == pytest.approx(naive.weighted(each), abs=1e-9)
