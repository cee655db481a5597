"""Scores from the words of docs/scoring.md in plain loops: every shift is really made."""

import math

import numpy as np
import pandas as pd

from attunement.config import Config
from attunement.simulation import simulate_dyad

RATE = 2  # samples a second; few, because of the loops
W, STEP, LAG = 5 * RATE, 2 * RATE, 2 * RATE
MIRRORED = ("valence", "arousal")
EPISODES = ("play", "later")
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


class Episode:
    """One episode: series rolled, windows correlated, one at a time."""

    def __init__(self, signals, episode, *, above_hz=0.0):
        rows = signals[signals["episode"] == episode]
        self.raw, self.straight, self.bridged = {}, {}, {}
        for person in ("infant", "caregiver"):
            own = rows[rows["person"] == person].sort_values("time_s")
            seen = own[[*MIRRORED, "head_movement", "brow_raise"]].notna().any(axis=1).to_numpy()
            self.raw[person, "seen"] = seen
            for channel in (*MIRRORED, "head_movement"):
                series = own[channel].to_numpy(float)
                known = np.isfinite(series)
                t = np.arange(len(series))
                line = np.polyval(np.polyfit(t[known], series[known], 1), t)
                line = line + slow(series - line, below_hz=above_hz)
                self.raw[person, channel] = series
                self.straight[person, channel] = np.interp(t, t[known], (series - line)[known])
                self.bridged[person, channel] = np.interp(t, t[known], series[known])
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

    def at(self, person, channel, position, *, of="straight"):
        source = getattr(self, of)
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
        people = "infant", "caregiver"
        i, c = (np.array(self.at(p, channel, places[p], of="raw")) for p in people)
        both = ~np.isnan(i) & ~np.isnan(c)
        if both.sum() < W / 2 or self._sd("infant", channel, places) < 0.25:
            return math.nan
        if self._sd("caregiver", channel, places) < 0.25:
            return 0.0
        i, c = (np.array(self.at(p, channel, places[p])) for p in people)
        i, c = i - i.sum() / len(i), c - c.sum() / len(c)
        r = (i @ c) / math.sqrt((i @ i) * (c @ c))
        return math.atanh(min(max(r, -0.97), 0.97))

    def _sd(self, person, channel, places):
        key = "sd", person, channel, places[person]
        if key not in self.kept:
            values = self.at(person, channel, places[person], of="bridged")
            self.kept[key] = np.std(values, ddof=1)
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
                i = np.array(self.at("infant", "valence", start, of="raw"))
                c = np.array(self.at("caregiver", "valence", place, of="raw"))
                away = [abs(a - b) for a, b in zip(i, c, strict=True) if not math.isnan(a - b)]
                self.kept[key] = (math.fsum(away), len(away))
            total, count = total + self.kept[key][0], count + self.kept[key][1]
        return total / count if count >= W * LAG / 2 else math.nan

    def distances(self, shift):
        return mean(self.distance(start, shift) for start in self.starts)


def slow(series, *, below_hz):
    """The waves under some Hz, fitted with a line: k half waves in an episode."""
    n = len(series)
    places = np.arange(n) + 0.5
    waves = [np.ones(n), places]
    k = 1
    while k / (2 * n / RATE) < below_hz:
        waves.append(np.cos(math.pi * k * places / n))
        k += 1
    if k == 1:
        return np.zeros(n)
    waves, there = np.array(waves).T, np.isfinite(series)
    return waves @ np.linalg.lstsq(waves[there], series[there])[0]


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


def following(curve):
    return curve[LAG + 1 :].mean()


def at_once(curve):
    return curve[LAG]


def excess(episode, channels, of):
    return of(episode.curve(channels, 0)) - mean(
        of(episode.curve(channels, shift)) for shift in episode.far
    )


def standardised(observed, surrogates, least=0.05):
    some = known(surrogates)
    if len(some) < 50 or np.std(some, ddof=1) < least:
        return math.nan, [math.nan] * len(surrogates)
    middle, sd = mean(some), np.std(some, ddof=1)
    return (observed - middle) / sd, [(value - middle) / sd for value in surrogates]


def signs(series):
    """Sign of each change over 1 s, at the time it starts."""
    changes = [series[at + RATE] - series[at] for at in range(len(series) - RATE)]
    return [math.copysign(d != 0, d) if d == d else d for d in changes] + [math.nan] * RATE
