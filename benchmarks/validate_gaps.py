"""Measure what docs/scoring.md says of gaps: what they do to following, and when they are noticed.

    python benchmarks/validate_gaps.py                   # some twenty minutes
    python benchmarks/validate_gaps.py --dyads 20        # smaller samples
    python benchmarks/validate_gaps.py --only coded      # the groups whose name holds the text

Following is that of `mirroring` before anything is withheld, from windows of the session's own, so
that bridging gaps within windows can be left out. The coded sessions need ../shared.
"""

import argparse
from dataclasses import replace

import numpy as np
import pandas as pd

from attunement.scoring import gaps_with_affect, score_session
from attunement.scoring.chance.plan import plan_shifts
from attunement.scoring.coverage import Seen
from attunement.scoring.gaps_with_affect import (
    MIN_GAPS,
    WITHHOLD_P,
    WITHHOLD_SHARE,
    affect_p,
    find_gaps,
)
from attunement.scoring.matching import displaced_windows
from attunement.scoring.series.gaps import RunningMean, bridge, mean_known
from attunement.scoring.series.recording import Recording, recordings
from attunement.scoring.series.windows import coverage
from attunement.simulation import simulate_dyad
from attunement.simulation.dyad import _bursts
from attunement.validation.coded import find_codes, read_coded
from attunement.validation.difficulties import change

W, LAG, HZ = 50, 20, 10.0
A = {"mirroring": 0.4, "lag_s": 1.0}
B = {"mirroring": 0.6, "lag_s": 0.8, "infant": "events"}


def following(recording: Recording, *, bridged: bool = True, all_windows: bool = False) -> float:
    """Return the mean curve over lags in (0, 2] s, above shifts, of one episode."""
    (episode,) = recording.episodes
    plan = plan_shifts(episode.n, HZ, max_lag=LAG, max_shifts=10**6, seed=0)
    displaced_windows.bridge = bridge if bridged else lambda series: series
    sides = displaced_windows.prepare(recording, episode, plan, window=W, max_lag=LAG)
    displaced_windows.bridge = bridge
    starts = np.arange(0, episode.n - W - LAG + 1, 10)
    seen = coverage(recording, episode, starts, W + LAG)
    starts = starts[np.all(seen >= (0 if all_windows else 0.7), axis=0)]
    mean = RunningMean((len(starts), episode.n))
    for name in sides.infant:
        if name != "head_movement":
            mean.add(sides.following(name, starts))
    curve = mean_known(mean.value(), axis=0)
    lags = np.arange(1, LAG + 1)
    shifted = mean_known(curve[(lags - plan.shifts[:, None]) % episode.n])
    return float(curve[lags].mean() - np.nanmean(shifted))


def one(signals: pd.DataFrame) -> Recording:
    (recording,) = recordings(signals, HZ)
    return recording


def without(recording: Recording, lost: np.ndarray, *, person: str = "infant") -> Recording:
    """Return a recording in which a person is missing in these samples."""
    channels = {k: np.where(lost, np.nan, v) for k, v in getattr(recording, person).items()}
    return replace(recording, **{person: channels})


def noticed(recording: Recording) -> bool:
    """Return whether scores of a recording would be withheld."""
    names = [episode.name for episode in recording.episodes]
    gaps = find_gaps(Seen(recording, pd.DataFrame({"episode": names})))
    p = affect_p(gaps) if len(gaps.onsets) >= MIN_GAPS else np.nan
    return bool(p <= WITHHOLD_P and gaps.missing_share >= WITHHOLD_SHARE)


def ratio(found: list[float], whole: list[float]) -> str:
    a, b = np.array(found), np.array(whole)
    known = np.isfinite(a) & np.isfinite(b)
    share = a[known].mean() / b[known].mean()
    half = 1.96 * (a[known] - share * b[known]).std() / np.sqrt(known.sum()) / b[known].mean()
    return f"{share:.3f} [{share - half:.3f}, {share + half:.3f}] of {b[known].mean():.3f}"


def within_windows(n: int) -> None:
    """Compare the same windows, with two seconds of every seven missing in the infant."""
    for bridged in (False, True):
        whole, gappy = [], []
        for seed in range(n):
            recording = one(simulate_dyad(seed=seed, **A)[0])
            lost = np.arange(len(recording.time_s)) % 70 >= 50
            whole.append(following(recording, all_windows=True))
            gappy.append(following(without(recording, lost), bridged=bridged, all_windows=True))
        print(f"  {'bridged' if bridged else 'pairs alone'}: {ratio(gappy, whole)}")


def at_random(n: int) -> None:
    """Lose a quarter of both partners' samples, in bursts of .5 to 3 s."""
    for name, settings in (("A .4", A), ("B .6", B)):
        for bridged in (False, True):
            pairs = [
                [following(one(simulate_dyad(seed=9000 + seed, missing_share=share, **settings)[0]),
                           bridged=bridged) for share in (0, 0.25)]
                for seed in range(n)
            ]  # fmt: skip
            whole, less = map(list, zip(*pairs, strict=True))
            print(f"  {name}, {'bridged' if bridged else 'pairs alone'}: {ratio(less, whole)}")
    for duration_s in (60.0, 120.0, 180.0, 300.0):
        shares = [
            np.mean([noticed(one(simulate_dyad(
                seed=10_000 + seed, duration_s=duration_s, missing_share=0.25, **settings)[0]))
                for seed in range(5 * n)])
            for settings in (A, {**A, "autocorrelation": 0.99}, B)
        ]  # fmt: skip
        told = ", ".join(f"{share:.3f}" for share in shares)
        print(f"  withheld, {duration_s:g} s, A AR .97, A AR .99, B: {told}")


def by_affect(n: int) -> None:
    """Hide the infant's lowest valence (of B, with no negative one, the highest), or both ends."""
    for name, settings, first_hidden in (
        ("A .4, lowest", A, lambda valence: valence),
        ("B .6, highest", B, lambda valence: -valence),
        ("A .4, both ends", A, lambda valence: -np.abs(valence - np.median(valence))),
    ):
        for share in (0.05, 0.1, 0.15, 0.25):
            whole, less, old, lost = [], [], [], []
            for seed in range(n):
                recording = one(simulate_dyad(seed=6000 + seed, **settings)[0])
                order = first_hidden(recording.infant["valence"])
                hidden = without(recording, order <= np.quantile(order, share))
                whole.append(following(recording))
                less.append(following(hidden))
                old.append(following(hidden, bridged=False))
                lost.append(noticed(hidden))
            kept = np.array(lost) == 0
            left = (
                ratio(list(np.array(less)[kept]), list(np.array(whole)[kept])) if any(kept) else ""
            )
            print(f"  {name} {share:.2f}: withheld {np.mean(lost):.2f}")
            print(f"    unless withheld {ratio(less, whole)}, pairs alone {ratio(old, whole)}")
            print(f"    of those kept {left}")


def other_scores(n: int) -> None:
    """Score simulation A in full, nothing withheld, with gaps at random and by affect."""
    gaps_with_affect.WITHHOLD_P = -1.0
    tables: dict[str, list[pd.DataFrame]] = {}
    for seed in range(n):
        signals, lost = (
            simulate_dyad(seed=8000 + seed, missing_share=share, **A)[0] for share in (0.0, 0.25)
        )
        cases = {"whole": signals, "a quarter at random": lost}
        for hidden in ("tenth", "quarter"):
            cases[f"lowest {hidden}"] = change(signals, f"lowest {hidden}", seed=seed)
        for name, case in cases.items():
            tables.setdefault(name, []).append(score_session(case).by_session)
    whole = pd.concat(tables.pop("whole"), ignore_index=True)
    for score in (*gaps_with_affect.WITHHELD, "congruence", "matched_share",
                  "sustained_match_share"):  # fmt: skip
        for name, parts in tables.items():
            less = pd.concat(parts, ignore_index=True)[score].astype(float)
            if (less.notna() & whole[score].notna()).any():
                print(f"  {score}, {name}: {ratio(list(less), list(whole[score].astype(float)))}")
    gaps_with_affect.WITHHOLD_P = WITHHOLD_P


def coded(_: int) -> None:
    """Take the coded sessions as they are, with gaps at random, with negative codes hidden."""
    path = find_codes()
    if path is None:
        print("  data not here")
        return
    found: dict[str, list[bool]] = {"as they are": [], "a quarter missing at random": []}
    hidden_noticed, whole, less = [], [], []
    for k, recording in enumerate(recordings(read_coded(path)[0], HZ)):
        found["as they are"].append(noticed(recording))
        valence = recording.infant["valence"]
        rng = np.random.default_rng(k)
        lost = _bursts(rng, len(valence), share=0.25, sampling_hz=HZ)
        found["a quarter missing at random"].append(noticed(without(recording, lost)))
        if (valence < 0).mean() >= WITHHOLD_SHARE and len(recording.episodes) == 1:
            hidden = without(recording, valence < 0)
            hidden_noticed.append(noticed(hidden))
            whole.append(following(recording))
            less.append(following(hidden))
    for name, withheld in found.items():
        print(f"  {name}: withheld {sum(withheld)} of {len(withheld)}")
    print(f"  negative codes (a tenth or more) hidden: withheld {sum(hidden_noticed)} of "
          f"{len(hidden_noticed)}; unless withheld {ratio(less, whole)}")  # fmt: skip


GROUPS = {
    "within windows": within_windows, "at random": at_random, "by affect": by_affect,
    "other scores": other_scores, "coded": coded,
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dyads", type=int, default=60)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    for name, measure in GROUPS.items():
        if options.only in name:
            print(f"{name}: {measure.__doc__}")
            measure(options.dyads)


if __name__ == "__main__":
    with np.errstate(all="ignore"):
        main()
