"""Patterns and `attuned_share` once more, from the words of the docs."""

import math

import numpy as np
import pytest

from attunement.scoring import score_session

CUES = ("brow_raise", "head_movement")
NAMES = {(1, 1): "attuned", (1, -1): "merged", (-1, 1): "marked_only", (-1, -1): "neither"}


def partials(naive, rows, onsets):
    """Each cue minus what content explains, in units of the residual of the whole regression."""
    n, found = len(rows), {}
    boxes = np.zeros((n, 12))
    for onset in onsets:
        for box in range(12):  # a box of half a second is one sample
            if 0 <= onset - 4 + box < n:
                boxes[onset - 4 + box, box] += 1
    for cue in CUES:
        u, content = rows[cue].to_numpy(), rows["valence"].to_numpy()
        seen = ~np.isnan(u) & ~np.isnan(content)
        x = np.column_stack([np.ones(n), content, boxes])[seen]
        beta = np.linalg.lstsq(x, u[seen], rcond=None)[0]
        residual = u[seen] - x @ beta
        mad = np.median(np.abs(residual - np.median(residual)))
        found[cue] = (u - beta[0] - beta[1] * content) / max(1.4826 * mad, 0.25)
    return found


def marking(naive, one, partial, onsets, start, shift):
    """Mean cue .5 to 3 s after the window's onsets, each cue on its own."""
    stop = start + naive.W + naive.LAG
    frames = {
        at
        for onset in onsets if start <= onset < start + naive.W
        for at in range(onset + 1, min(onset + 6, stop))
    }  # fmt: skip
    found = []
    for cue in CUES:
        there = naive.known(partial[cue][(at - shift) % one.n] for at in sorted(frames))
        found.append(naive.mean(there) if frames and len(there) >= len(frames) / 2 else math.nan)
    return found


def side(value, cut, sd):
    if math.isnan(value) or math.isnan(cut) or math.isnan(sd):
        return None
    return 0 if abs(value - cut) <= 0.25 * sd else 1 if value > cut else -1


def matched(naive, one, start):
    """Whether a window is matched, observed and under every shift."""
    parts = []
    for channel in naive.MIRRORED:
        f, null = naive.standardised(
            one.best(channel, start, 0, 1), [one.best(channel, start, s, 1) for s in one.far]
        )
        if not math.isnan(f):
            parts.append([f, *null])
    if not parts:
        return [None] * (1 + len(one.far))
    mirroring = [naive.mean(values) for values in zip(*parts, strict=True)]
    null = naive.known(mirroring[1:])
    cut, sd = np.quantile(null, 0.95), np.std(null, ddof=1)
    distances = [one.distance(start, shift) for shift in (0, *one.far)]
    usual = naive.mean(distances[1:])
    congruence = [1 - distance / usual for distance in distances]
    near = np.std(naive.known(congruence[1:]), ddof=1)
    found = []
    for m, c in zip(mirroring, congruence, strict=True):
        both = side(m, cut, sd), side(c, 0.0, near)
        found.append(None if None in both else min(both))
    return found


def marked(naive, one, partial, onsets, start):
    """Whether a window is marked, observed and under every shift."""
    by_cue = []
    shifts = (0, *one.far)
    for values in zip(
        *(marking(naive, one, partial, onsets, start, shift) for shift in shifts), strict=True
    ):
        usual = naive.mean(values[1:])
        if not math.isnan(values[0]):
            by_cue.append([value - usual for value in values])
    if not by_cue:
        return [None] * len(shifts)
    value = [naive.mean(together) for together in zip(*by_cue, strict=True)]
    null = naive.known(value[1:])
    cut, sd = max(np.quantile(null, 0.9), 0.25), max(np.std(null, ddof=1), 0.05)
    return [side(v, cut, sd) for v in value]


@pytest.mark.parametrize("missing_share", [0.0, 0.1])
def test_patterns_and_the_two_ways_in_which_chance_makes_attuned_windows(naive, missing_share):
    signals = naive.coupled(missing_share=missing_share)
    signals = signals[signals["episode"] == "later"].reset_index(drop=True)
    scores = score_session(signals, naive.CONFIG)
    one = naive.Episode(signals, "later")
    onsets = [round((at - 61) * naive.RATE) for at in scores.events["onset_s"]]
    assert len(onsets) >= 8
    rows = signals[signals["person"] == "caregiver"].sort_values("time_s")
    partial = partials(naive, rows, onsets)
    patterns, pairs = [], []
    for start in range(0, one.n - naive.W - naive.LAG + 1, naive.STEP):
        first = second = [None]
        if start in one.starts:
            first = matched(naive, one, start)
            second = marked(naive, one, partial, onsets, start)
        if first[0] is None or second[0] is None:
            patterns.append("not_scorable")
            continue
        patterns.append(NAMES.get((first[0], second[0]), "indeterminate"))
        pairs.append((first, second))
    assert scores.windows["pattern"].tolist() == patterns
    assert {"attuned", "neither"} <= set(patterns) or len(set(patterns)) > 2

    def share(windows):
        decided = [(a, b) for a, b in windows if a in (1, -1) and b in (1, -1)]
        return sum(a == b == 1 for a, b in decided) / len(decided) if decided else math.nan

    observed = share([(a[0], b[0]) for a, b in pairs])
    shifts = range(1, 1 + len(one.far))
    ways = [
        [share([(a[0], b[s]) for a, b in pairs]) for s in shifts],
        [share([(a[s], b[0]) for a, b in pairs]) for s in shifts],
    ]
    row = scores.by_session.iloc[0]
    expected = max(naive.mean(way) for way in ways)
    assert row["attuned_share"] == pytest.approx(observed, abs=1e-12)
    assert row["attuned_share_expected"] == pytest.approx(expected, abs=1e-12)
    assert row["attuned_share_excess"] == pytest.approx(observed - expected, abs=1e-12)
    p = max(naive.midrank(observed, way) for way in ways)
    assert row["attuned_share_p"] == pytest.approx(p, abs=1e-12)
    assert 0 < expected < 1
