"""How exactly two sound tracks are put on each other, and whether unrelated ones are refused.

    python benchmarks/measure_clock.py accuracy
    python benchmarks/measure_clock.py refusal --pairs 200
    python benchmarks/measure_clock.py hour

Rooms, talk and clocks are those of ``tests/video/sounds.py``. ``docs/clock.md`` states the figures.
"""

import argparse
import importlib.util
import resource
import time
from pathlib import Path

import numpy as np

from attunement.clock.sound_clock import SoundClock, clock_from_sound

_PATH = Path(__file__).parents[1] / "tests" / "video" / "sounds.py"
_SPEC = importlib.util.spec_from_file_location("sounds", _PATH)
sounds = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(sounds)

OFFSET_S, STRETCH_PPM = 3.7, 200.0
DRIFT_PPM = (1 / (1 + STRETCH_PPM * 1e-6) - 1) * 1e6
CONDITIONS = {
    "clean, other microphone": {"echo": 0.0, "noise": 0.0},
    "echo 15 dB under the voice": {"echo": 0.01, "noise": 0.001},
    "echo 9 dB under": {"echo": 0.02, "noise": 0.003},
    "echo 3 dB under, noise": {"echo": 0.04, "noise": 0.01},
    "echo 3 dB over": {"echo": 0.08, "noise": 0.003},
    "echo 3 dB over, loud noise": {"echo": 0.08, "noise": 0.02},
}


def pair(seed: int, seconds: float, **room: float) -> SoundClock:
    made = sounds.talk(seed, seconds + OFFSET_S)
    one = sounds.in_a_room(made, seed + 1000, **room)
    other = sounds.in_a_room(made, seed + 2000, **room)[round(OFFSET_S * sounds.RATE_HZ) :]
    other = sounds.stretched(other, STRETCH_PPM)
    return clock_from_sound(sounds.heard_at_4_khz(one), sounds.heard_at_4_khz(other))


def accuracy(seconds: float, n: int) -> None:
    print(f"{n} pairs of {seconds:g} s each; errors of the offset in ms, of the drift in ppm")
    for name, room in CONDITIONS.items():
        found = [pair(seed, seconds, **room) for seed in range(n)]
        kept = [one for one in found if not one.refused]
        offset = [1000 * abs(one.offset_s - OFFSET_S) for one in kept] or [np.nan]
        drift = [abs(one.drift_ppm - DRIFT_PPM) for one in kept] or [np.nan]
        within = sum(e / 1000 <= one.uncertainty_s for e, one in zip(offset, kept, strict=False))
        print(
            f"{name:30s} found {len(kept)}/{n}  offset median {np.median(offset):.2f} largest "
            f"{max(offset):.2f}  drift median {np.median(drift):.1f} largest {max(drift):.1f}  "
            f"within uncertainty {within}",
            flush=True,
        )


def refusal(n: int) -> None:
    rng = np.random.default_rng(0)
    talks = [sounds.talk(100 + k, 24) for k in range(20)]
    n_matched, highest = 0, []
    for _ in range(n):
        chosen = rng.choice(len(talks), 2, replace=False)
        tracks = [
            sounds.heard_at_4_khz(sounds.in_a_room(talks[k], int(rng.integers(1_000_000))))
            for k in chosen
        ]
        found = clock_from_sound(*tracks)
        n_matched += not found.refused
        highest.append(found.z)
    print(f"{n_matched} of {n} unrelated pairs matched; z at most {np.nanmax(highest):.2f}")


def hour(seconds: float) -> None:
    made = sounds.heard_at_4_khz(
        np.concatenate([sounds.talk(seed, 60) for seed in range(round(seconds / 60))])
    ).astype(float)
    rng = np.random.default_rng(1)
    late = round(OFFSET_S * 4000)
    at = np.arange(len(made) - late - 4000) / (1 + STRETCH_PPM * 1e-6)
    tracks = [
        (track + 0.002 * rng.normal(size=len(track))).astype(np.float16)
        for track in (made, np.interp(at + late, np.arange(len(made)), made))
    ]
    del made, at
    before_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    start_s = time.process_time()
    found = clock_from_sound(*tracks)
    took_s = time.process_time() - start_s
    after_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{seconds:g} s: {took_s:.1f} s of processor, {after_mb:.0f} MB at most ({before_mb:.0f} "
        f"before); offset {found.offset_s:.5f} (true {OFFSET_S}), drift {found.drift_ppm:.2f} "
        f"(true {DRIFT_PPM:.2f}), sure to {found.uncertainty_s:.4f} s {found.refused}"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["accuracy", "refusal", "hour"])
    parser.add_argument("--pairs", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    if options.what == "accuracy":
        accuracy(options.seconds, options.pairs)
    elif options.what == "refusal":
        refusal(options.pairs)
    else:
        hour(3600)
