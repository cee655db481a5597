"""Patterns of events and `attuned_share` once more, from the words of the docs, in plain loops."""

import math

import numpy as np
import pytest

from attunement.scoring import score_session

CUES = ("brow_raise", "head_movement")
NAMES = {(1, 1): "attuned", (1, -1): "merged", (-1, 1): "marked_only", (-1, -1): "not_shown"}


def past(series, at):
    return [series[at - k] if at >= k else math.nan for k in (1, 2, 3)]


def least_squares(x, y):
    return np.linalg.lstsq(np.array(x), np.array(y), rcond=None)[0]


def whiten(series):
    """Coefficients of three values of the past, and innovations in units of their sd."""
    seen = [at for at in range(len(series)) if not np.isnan([series[at], *past(series, at)]).any()]
    level = np.mean([series[at] for at in seen])
    rows = [[value - level for value in past(series, at)] for at in seen]
    phi = least_squares(rows, [series[at] - level for at in seen])
    left = {at: series[at] - level - np.dot(row, phi) for at, row in zip(seen, rows, strict=True)}
    scale = np.std(list(left.values())) * max(1, 0.25 / np.nanstd(series))
    return phi, [left[at] / scale if at in left else math.nan for at in range(len(series))]


def innovate(series, phi):
    return [series[at] - np.dot(past(series, at), phi) for at in range(len(series))]


def apart(naive, onsets, known, least_s):
    """Samples 3 s from every event, or the farthest that last so long."""
    away = {at: min(abs(at - onset) for onset in onsets) for at in known}
    chosen = [at for at in known if away[at] >= 3 * naive.RATE]
    wanted = min(round(least_s * naive.RATE), len(known))
    if len(chosen) < wanted:
        least = sorted(away.values())[-wanted]
        chosen = [at for at in known if away[at] >= least]
    return chosen


def residual(naive, rows, cue, onsets):
    """The cue minus what content explains, whitened alike, four rounds."""
    u, content = rows[cue].to_numpy(), rows["valence"].to_numpy()
    content = (content - np.nanmean(content[~np.isnan(u)])) / np.nanstd(content[~np.isnan(u)])
    known = [at for at in range(len(u)) if not np.isnan(u[at] + content[at])]
    fitted = set(apart(naive, onsets, known, 60))
    phi = np.zeros(3)
    for _ in range(4):
        y, c = innovate(u, phi), innovate(content, phi)
        one = 1 - sum(phi)
        use = [at for at in range(3, len(u)) if at in fitted and not math.isnan(y[at] + c[at])]
        a, b = least_squares([[one, c[at]] for at in use], [y[at] for at in use])
        left = u - a - b * content
        phi = whiten(left)[0]
    return left


def z(innovations, phi, shape, start):
    """The product of the innovations with a shape's, in sd."""
    own = innovate([0.0] * 3 + list(shape), phi)[3:]
    n = len(innovations)
    met = [
        (innovations[start + j], h) for j, h in enumerate(own)
        if 0 <= start + j < n and not math.isnan(innovations[start + j])
    ]  # fmt: skip
    energy = sum(h * h for _, h in met)
    if energy < sum(h * h for h in own) / 2:
        return math.nan
    return sum(e * h for e, h in met) / math.sqrt(energy)


def evidence(naive, series, shapes, window_s):
    """Logarithm of the mean likelihood ratio over starts, shapes and series, at every sample."""
    whitened = [whiten(one) for one in series]
    n = len(series[0])
    ratios = []
    for start in range(n):
        found = []
        for shape in shapes:
            scores = [z(innovations, phi, shape, start) for phi, innovations in whitened]
            if len(scores) > 1:
                scores.append(sum(scores) / math.sqrt(len(scores)))
            found += [math.exp(max(0, one) ** 2 / 2) for one in scores if not math.isnan(one)]
        ratios.append(np.mean(found) if found else math.nan)
    first, last = (round(edge * naive.RATE) for edge in window_s)
    out = []
    for at in range(n):
        met = [ratios[s] for s in range(at + first, at + last + 1) if 0 <= s < n]
        met = naive.known(met)
        enough = len(met) >= (last - first + 1) / 2
        out.append(math.log(np.mean(met)) if enough else math.nan)
    return np.array(out)


def rises(naive):
    shapes = []
    for rise_s in (0.6, 1.0):
        n = round(rise_s * naive.RATE)
        up = [0.5 - 0.5 * math.cos(math.pi * (k + 1) / (n + 1)) for k in range(n)]
        for held_s in (0.5, 1, 1.5, 2, 2.5, 3):
            shapes.append(up + [1.0] * round(held_s * naive.RATE) + up[::-1])
    return shapes


def bumps(naive):
    lengths = [round(bump_s * naive.RATE) for bump_s in (1.5, 2, 2.5, 3)]
    return [[0.5 - 0.5 * math.cos(2 * math.pi * (k + 0.5) / n) for k in range(n)] for n in lengths]


class Axis:
    """One of the two, of all events of an episode, moved by any shift."""

    def __init__(self, naive, series, onsets):
        self.naive, self.series, self.onsets, self.n = naive, series, onsets, len(series)
        self.known = [at for at in range(self.n) if not math.isnan(series[at])]
        m = len(apart(naive, onsets, self.known, 20)) / (2 * naive.RATE)
        self.level = min(1, 0.9 * (m + 1) / m)

    def sides(self, shift):
        onsets = [(onset - shift) % self.n for onset in self.onsets]
        # An event displaced over the end of the circle keeps its distances around it.
        away = {at: (at + shift) % self.n for at in self.known}
        back = {there: at for at, there in away.items()}
        chosen = [back[there] for there in apart(self.naive, self.onsets, sorted(back), 20)]
        met = [self.series[at] for at in chosen]
        cut = max(0.5, np.quantile(met, self.level))
        near = max(0.5, np.quantile(met, 0.8))
        values = [self.series[onset] for onset in onsets]
        sides = [None if math.isnan(v) else 1 if v > cut else 0 if v > near else -1 for v in values]
        return values, cut, sides


@pytest.mark.parametrize("missing_share", [0.0, 0.1])
def test_patterns_of_events_and_the_ways_in_which_chance_makes_attuned_ones(naive, missing_share):
    signals = naive.coupled(missing_share=missing_share)
    signals = signals[signals["episode"] == "later"].reset_index(drop=True)
    scores = score_session(signals, naive.CONFIG)
    one = naive.Episode(signals, "later")
    onsets = [round((at - 61) * naive.RATE) for at in scores.events["onset_s"]]
    assert len(onsets) >= 8
    rows = signals[signals["person"] == "caregiver"].sort_values("time_s")
    assert set(scores.events["channel"]) == {"smile"}
    valence = rows["valence"].to_numpy()
    by_channel = {"smile": evidence(naive, [valence], rises(naive), (-0.5, 1.5))}
    cues = [residual(naive, rows, cue, onsets) for cue in CUES]
    marked = Axis(naive, evidence(naive, cues, bumps(naive), (0, 2)), onsets)
    channels = scores.events["channel"].tolist()
    matched = {name: Axis(naive, series, onsets) for name, series in by_channel.items()}

    def sides(shift):
        of = {name: axis.sides(shift) for name, axis in matched.items()}
        return [of[name][2][k] for k, name in enumerate(channels)], marked.sides(shift)[2]

    first, second = sides(0)
    patterns = [
        "not_scorable" if None in pair else NAMES.get(pair, "indeterminate")
        for pair in zip(first, second, strict=True)
    ]
    assert scores.events["pattern"].tolist() == patterns
    assert len(set(patterns)) > 2
    values, cut, _ = marked.sides(0)
    np.testing.assert_allclose(scores.events["mark_evidence"], values, atol=1e-8)
    np.testing.assert_allclose(scores.events["mark_margin"], np.array(values) - cut, atol=1e-8)
    expected = [matched[name].sides(0)[0][k] for k, name in enumerate(channels)]
    np.testing.assert_allclose(scores.events["match_evidence"], expected, atol=1e-8)

    for window in scores.windows.itertuples():
        start = round((window.start_s - 61) * naive.RATE)
        inside = [
            pattern for onset, pattern in zip(onsets, patterns, strict=True)
            if start <= onset < start + naive.W and pattern != "not_scorable"
        ]  # fmt: skip
        assert window.pattern == (inside or ["not_scorable"])[0]

    use = [k for k, pattern in enumerate(patterns) if pattern != "not_scorable"]
    null = [sides(shift) for shift in one.far]

    def share(a, b):
        both = [(a[k], b[k]) for k in use if a[k] is not None and b[k] is not None]
        return np.mean([x == y == 1 for x, y in both])

    def alone(a):
        return np.mean([a[k] == 1 for k in use if a[k] is not None])

    observed = share(first, second)
    ways = [
        [share(first, b) for _, b in null],
        [share(a, second) for a, _ in null],
        [share(a, b) for a, b in null],
    ]
    by_accident = np.mean([alone(a) for a, _ in null]) * np.mean([alone(b) for _, b in null])
    expected = sum(np.mean(way) for way in ways) - 2 * by_accident
    row = scores.by_session.iloc[0]
    assert row["attuned_share"] == pytest.approx(observed, abs=1e-12)
    assert row["attuned_share_expected"] == pytest.approx(expected, abs=1e-9)
    assert row["attuned_share_excess"] == pytest.approx(observed - expected, abs=1e-9)
    p = max(naive.midrank(observed, way) for way in ways[:2])
    assert row["attuned_share_p"] == pytest.approx(p, abs=1e-9)
    assert row["attuned_share_low"] <= observed <= row["attuned_share_high"]
