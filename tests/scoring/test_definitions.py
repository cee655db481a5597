"""The session's scores once more, from the words of docs/scoring.md in plain loops.

Nothing here comes from `attunement.scoring` but what is judged and, for a session of several
episodes, which shifts were drawn together.
"""

import math

import numpy as np
import pandas as pd
import pytest

from attunement.config import Config
from attunement.scoring import score_session
from attunement.scoring.shifts import combinations
from attunement.simulation import simulate_dyad

RATE = 2  # samples a second; few, because every shift is really made
W, STEP, LAG = 5 * RATE, 2 * RATE, 2 * RATE
MIRRORED = ("valence", "arousal")
CONFIG = Config(signals={"sampling_hz": RATE}, scoring={"step_s": 2})


def coupled(*, missing_share):
    """Two episodes of one session, with two mirrored channels and head movement."""
    parts = []
    for name, seed, duration_s, start_s in (("play", 1, 61, 0), ("later", 2, 68, 61)):
        part, _ = simulate_dyad(
            duration_s=duration_s, sampling_hz=RATE, infant="events", event_gap_s=(4, 7),
            lag_s=1, mirroring=0.7, marking=0.8, missing_share=missing_share, seed=seed,
        )  # fmt: skip
        rng = np.random.default_rng(seed)
        infant = (part["person"] == "infant").to_numpy()
        for channel, share in (("arousal", 0.5), ("head_movement", 0.8)):
            both = rng.standard_normal((2, len(part) // 2 + 9))
            both = np.array([np.convolve(one, np.ones(6) / 2, mode="same") for one in both])
            n = len(part) // 2
            part.loc[infant, channel] = both[0, 3 : n + 3]
            part.loc[~infant, channel] = both[1, :n] + share * both[0, :n]
            part.loc[~part["usable"], channel] = np.nan
        part["time_s"] += start_s
        parts.append(part.assign(session="one", episode=name))
    signals = pd.concat(parts, ignore_index=True)
    # Faces that hardly move for a while, in one channel each.
    for person, channel, first, last in (("infant", "arousal", 10, 20),
                                         ("caregiver", "arousal", 30, 42)):  # fmt: skip
        still = (signals["person"] == person) & signals["time_s"].between(first, last)
        signals.loc[still, channel] *= 0.02
    return signals.drop(columns="smile")


class Naive:
    """One episode: series rolled, windows correlated, one at a time."""

    def __init__(self, signals, episode):
        rows = signals[signals["episode"] == episode]
        self.raw, self.straight = {}, {}
        for person in ("infant", "caregiver"):
            own = rows[rows["person"] == person].sort_values("time_s")
            seen = own[[*MIRRORED, "head_movement", "brow_raise"]].notna().any(axis=1).to_numpy()
            self.raw[person, "seen"] = seen
            for channel in (*MIRRORED, "head_movement"):
                series = own[channel].to_numpy(float)
                known = np.isfinite(series)
                t = np.arange(len(series))
                line = np.polyval(np.polyfit(t[known], series[known], 1), t)
                self.raw[person, channel] = series
                self.straight[person, channel] = series - line
        self.n = len(own)
        self.starts = [
            at for at in range(0, self.n - W - LAG + 1, STEP)
            if all(self.raw[person, "seen"][at : at + W + LAG].mean() >= 0.7
                   for person in ("infant", "caregiver"))
        ]  # fmt: skip
        least = min(10 * RATE, self.n // 4)
        self.far = range(least, self.n - least + 1)
        self.every = range(1, self.n)
        self.kept = {}

    def at(self, person, channel, position, *, straight=True):
        source = self.straight if straight else self.raw
        return [source[person, channel][(position + k) % self.n] for k in range(W)]

    def z(self, channel, start, lag, shift, *, side=0):
        """Return z of a window; shift moves the caregiver, for lags before 0 the infant back."""
        after = lag > 0 or (lag == 0 and side == 0)
        if after:
            places = {"infant": start, "caregiver": (start + lag - shift) % self.n}
        else:
            places = {"infant": (start - lag + shift) % self.n, "caregiver": start}
        key = channel, places["infant"], places["caregiver"]
        if key not in self.kept:
            self.kept[key] = self._z(channel, places)
        return self.kept[key]

    def _z(self, channel, places):
        i, c = (np.array(self.at(p, channel, places[p])) for p in ("infant", "caregiver"))
        both = ~np.isnan(i) & ~np.isnan(c)
        if both.sum() < W / 2 or self._sd("infant", channel, places) < 0.25:
            return math.nan
        if self._sd("caregiver", channel, places) < 0.25:
            return 0.0
        i, c = i[both], c[both]
        i, c = i - i.sum() / len(i), c - c.sum() / len(c)
        r = (i @ c) / math.sqrt((i @ i) * (c @ c))
        return math.atanh(min(max(r, -0.97), 0.97))

    def _sd(self, person, channel, places):
        key = "sd", person, channel, places[person]
        if key not in self.kept:
            values = [v for v in self.at(person, channel, places[person], straight=False) if v == v]
            self.kept[key] = np.std(values, ddof=1) if len(values) > 1 else math.nan
        return self.kept[key]

    def best(self, channel, start, shift, sign):
        """F (sign 1) or L (sign -1): the highest z on that side."""
        return highest(self.z(channel, start, sign * lag, shift) for lag in range(1, LAG + 1))

    def curve(self, channels, shift):
        """By lag: z averaged over the channels that have it, then over windows."""
        if ("curve", channels, shift) in self.kept:
            return self.kept["curve", channels, shift]
        found = []
        for lag in range(-LAG, LAG + 1):
            sides = []
            for side in (0, 1) if lag == 0 else (0,):
                windows = []
                for start in self.starts:
                    z = mean(self.z(name, start, lag, shift, side=side) for name in channels)
                    windows.append(z)
                sides.append(mean(windows))
            found.append(sum(sides) / len(sides))
        self.kept["curve", channels, shift] = np.array(found)
        return self.kept["curve", channels, shift]

    def weight(self, channels):
        """Windows that have a z at lag 0."""
        return sum(
            any(not math.isnan(self.z(name, start, 0, 0)) for name in channels)
            for start in self.starts
        )

    def distance(self, start, shift):
        """Mean absolute difference of valence over the window and the lags in (0, 2 s]."""
        total = count = 0
        for lag in range(1, LAG + 1):
            place = (start + lag - shift) % self.n
            key = "distance", start, place
            if key not in self.kept:
                i = np.array(self.at("infant", "valence", start, straight=False))
                c = np.array(self.at("caregiver", "valence", place, straight=False))
                away = [abs(a - b) for a, b in zip(i, c, strict=True) if not math.isnan(a - b)]
                self.kept[key] = (math.fsum(away), len(away))
            total, count = total + self.kept[key][0], count + self.kept[key][1]
        return total / count if count >= W * LAG / 2 else math.nan

    def distances(self, shift):
        return mean(self.distance(start, shift) for start in self.starts)


def known(values):
    return [value for value in values if not math.isnan(value)]


def mean(values):
    values = known(values)
    return math.fsum(values) / len(values) if values else math.nan


def highest(values):
    return max(known(values), default=math.nan)


def weighted(pairs):
    pairs = [(value, weight) for value, weight in pairs if weight and not math.isnan(value)]
    return sum(v * w for v, w in pairs) / sum(w for _, w in pairs)


def midrank(observed, surrogates):
    surrogates = known(surrogates)
    above = sum(value > observed + 1e-9 for value in surrogates)
    ties = sum(abs(value - observed) <= 1e-9 for value in surrogates)
    return (1 + above + ties / 2) / (len(surrogates) + 1)


@pytest.fixture(scope="module", params=[0.0, 0.2], ids=["complete", "gaps"])
def case(request):
    signals = coupled(missing_share=request.param)
    return score_session(signals, CONFIG), [Naive(signals, name) for name in ("play", "later")]


def following(curve):
    return curve[LAG + 1 :].mean()


def excess(episode, channels, of):
    return of(episode.curve(channels, 0)) - mean(
        of(episode.curve(channels, shift)) for shift in episode.far
    )


@pytest.mark.parametrize(
    ("score", "channels", "of"),
    [
        ("mirroring", MIRRORED, following),
        ("simultaneity", MIRRORED, lambda curve: curve[LAG]),
        ("arousal_matching", ("arousal",), following),
        ("movement_matching", ("head_movement",), following),
    ],
)
def test_scores_of_the_mean_curve(case, score, channels, of):
    scores, episodes = case
    each = [excess(one, channels, of) for one in episodes]
    np.testing.assert_allclose(scores.by_episode[score], each, atol=1e-9)
    session = weighted([(v, e.weight(channels)) for v, e in zip(each, episodes, strict=True)])
    assert scores.by_session[score].iloc[0] == pytest.approx(session, abs=1e-9)


def test_p_of_the_curve_s_maximum_over_two_episodes(case):
    scores, episodes = case
    row = scores.by_session.iloc[0]
    weights = [one.weight(MIRRORED) for one in episodes]
    picks = combinations(
        [len(one.every) for one in episodes],
        n_surrogates=CONFIG.scoring.n_surrogates, seed=CONFIG.scoring.seed,
    )  # fmt: skip

    def peak(shifts):
        parts = [
            one.curve(MIRRORED, shift) * w
            for one, w, shift in zip(episodes, weights, shifts, strict=True)
        ]
        return sum(parts) / sum(weights)

    observed = peak((0, 0))
    null = [
        peak([one.every[at] for one, at in zip(episodes, drawn, strict=True)]).max()
        for drawn in zip(*picks, strict=True)
    ]
    assert len(null) >= CONFIG.scoring.n_surrogates
    assert row["mirroring_p"] == pytest.approx(midrank(observed.max(), null), abs=1e-12)
    assert row["peak_lag_s"] == (observed.argmax() - LAG) / RATE


def test_p_of_one_episode_counts_every_shift(case):
    scores, episodes = case
    for row, one in zip(scores.by_episode.itertuples(), episodes, strict=True):
        null = [one.curve(MIRRORED, shift).max() for shift in one.every]
        wanted = midrank(one.curve(MIRRORED, 0).max(), null)
        assert row.mirroring_p == pytest.approx(wanted, abs=1e-12)
        z, _ = standardised(
            following(one.curve(MIRRORED, 0)),
            [following(one.curve(MIRRORED, shift)) for shift in one.far], least=0,
        )  # fmt: skip
        assert row.mirroring_z == pytest.approx(z, abs=1e-9)
        lag_s = (one.curve(MIRRORED, 0).argmax() - LAG) / RATE
        assert row.peak_lag_s == lag_s
        wanted_lag_s = lag_s if wanted <= 0.05 else math.nan
        assert row.mirroring_lag_s == pytest.approx(wanted_lag_s, nan_ok=True)


def standardised(observed, surrogates, least=0.05):
    some = known(surrogates)
    if len(some) < 50 or np.std(some, ddof=1) < least:
        return math.nan, [math.nan] * len(surrogates)
    middle, sd = mean(some), np.std(some, ddof=1)
    return (observed - middle) / sd, [(value - middle) / sd for value in surrogates]


def test_windows_mirroring_direction_and_simultaneity(case):
    scores, episodes = case
    for name, one in zip(("play", "later"), episodes, strict=True):
        windows = scores.windows[scores.windows["episode"] == name]
        first_s = windows["start_s"].iloc[0]
        for row in windows[::5].itertuples():
            start = round((row.start_s - first_s) * RATE)
            if start not in one.starts:
                assert math.isnan(row.mirroring)
                continue
            parts, null = {"F": [], "F-L": [], "0": []}, []
            for channel in MIRRORED:
                f, displaced = standardised(
                    one.best(channel, start, 0, 1),
                    [one.best(channel, start, shift, 1) for shift in one.far],
                )
                led, _ = standardised(
                    one.best(channel, start, 0, -1),
                    [one.best(channel, start, shift, -1) for shift in one.far],
                )
                at_once, _ = standardised(
                    one.z(channel, start, 0, 0), [one.z(channel, start, 0, s) for s in one.far]
                )
                parts["F"].append(f)
                parts["F-L"].append(f - led)
                parts["0"].append(at_once)
                if not math.isnan(f):
                    null.append(displaced)
            assert row.mirroring == pytest.approx(mean(parts["F"]), abs=1e-9, nan_ok=True)
            assert row.direction == pytest.approx(mean(parts["F-L"]), abs=1e-9, nan_ok=True)
            assert row.simultaneity == pytest.approx(mean(parts["0"]), abs=1e-9, nan_ok=True)
            if null:
                averages = [mean(together) for together in zip(*null, strict=True)]
                p = midrank(mean(parts["F"]), averages)
                assert row.mirroring_p == pytest.approx(p, abs=1e-12)
    some = scores.windows[scores.windows["mirroring"].notna()]
    assert len(some) > 20
    assert scores.by_session["direction"].iloc[0] == pytest.approx(mean(some["direction"]))


def test_congruence(case):
    scores, episodes = case
    curves, weights = [], []
    for name, one in zip(("play", "later"), episodes, strict=True):
        windows = scores.windows[scores.windows["episode"] == name]
        first_s = windows["start_s"].iloc[0]
        for row in windows[::5].itertuples():
            start = round((row.start_s - first_s) * RATE)
            if start in one.starts:
                chance = mean(one.distance(start, shift) for shift in one.far)
                wanted = 1 - one.distance(start, 0) / chance
                assert row.congruence == pytest.approx(wanted, abs=1e-9, nan_ok=True)
        by_shift = [one.distances(shift) for shift in range(one.n)]
        chance = mean(by_shift[shift] for shift in one.far)
        curves.append([1 - distance / chance for distance in by_shift])
        weights.append(len(known(one.distance(start, 0) for start in one.starts)))
    for row, curve in zip(scores.by_episode.itertuples(), curves, strict=True):
        assert row.congruence == pytest.approx(curve[0], abs=1e-9)
        assert row.congruence_p == pytest.approx(midrank(curve[0], curve[1:]), abs=1e-12)
    row = scores.by_session.iloc[0]
    session = weighted([(curve[0], w) for curve, w in zip(curves, weights, strict=True)])
    assert row["congruence"] == pytest.approx(session, abs=1e-9)
    picks = combinations(
        [one.n - 1 for one in episodes],
        n_surrogates=CONFIG.scoring.n_surrogates, seed=CONFIG.scoring.seed,
    )  # fmt: skip
    null = [
        sum(w * curve[1 + at] for w, curve, at in zip(weights, curves, drawn, strict=True))
        for drawn in zip(*picks, strict=True)
    ]
    p = midrank(sum(w * curve[0] for w, curve in zip(weights, curves, strict=True)), null)
    assert row["congruence_p"] == pytest.approx(p, abs=1e-12)


def signs(series):
    """Sign of each change over 1 s, at the time it starts."""
    changes = [series[at + RATE] - series[at] for at in range(len(series) - RATE)]
    return [math.copysign(d != 0, d) if d == d else d for d in changes] + [math.nan] * RATE


def test_concordance(case):
    scores, episodes = case
    each = []
    for one in episodes:
        parts, changes = [], []
        for channel in MIRRORED:
            infant = signs(one.raw["infant", channel])
            caregiver = signs(one.raw["caregiver", channel])
            # Only changes that all lags are left for.
            times = [at for at in range(one.n - LAG) if infant[at] in (1, -1)]

            def share(shift, infant=infant, caregiver=caregiver, times=times, n=one.n):
                same = seen = 0
                for lag in range(1, LAG + 1):
                    for at in times:
                        hers = caregiver[(at + lag - shift) % n]
                        seen += not math.isnan(hers)
                        same += hers == infant[at]
                return same / seen

            parts.append(share(0) - mean(share(shift) for shift in one.far))
            changes.append(len(times))
        each.append((mean(parts), mean(changes)))
    found = scores.by_episode["concordance"]
    np.testing.assert_allclose(found, [value for value, _ in each], atol=1e-9)
    assert scores.by_session["concordance"].iloc[0] == pytest.approx(weighted(each), abs=1e-9)
