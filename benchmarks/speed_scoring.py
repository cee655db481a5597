"""Measure how fast and how large scoring is, on this machine, in one run.

    python benchmarks/speed_scoring.py                       # all, about four minutes
    python benchmarks/speed_scoring.py --only correlation    # or: scoring
    python benchmarks/speed_scoring.py --minutes 3 20        # lengths of the scored sessions

`correlation`: window-lag correlations a second of `windowed_cross_correlation`, beside a loop of
numpy over windows and lags, on 20 dyads of 5,400 samples with 301 lags. rMEA 1.2.2 (R) was measured
at 32,000 a second on such data; no R package of it can be installed here, so it does not run.
`scoring`: `score_session` with 5 channels at 10 Hz and 41 lags, each case in a process of its own,
so that its largest memory is its own. One thread. Processor seconds are what a busy machine does
not change much; the wall clock stands beside them.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time

THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
RMEA_PER_S = 32_000
CHANNELS = ("valence", "arousal", "smile", "distress", "mouth_opening")


def correlation() -> None:
    import numpy as np

    from attunement.scoring import windowed_cross_correlation

    rng = np.random.default_rng(0)
    dyads = rng.standard_normal((20, 2, 5400)).cumsum(-1)
    settings = {"sampling_hz": 30, "window_s": 30, "step_s": 10, "max_lag_s": 5}

    def ours() -> int:
        return sum(windowed_cross_correlation(*pair, **settings).size for pair in dyads)

    def loop() -> int:
        done = 0
        infant, caregiver = dyads[0]
        for start in range(0, 5400 - 900 - 150 + 1, 300):
            for lag in range(-150, 151):
                a = infant[start + max(0, -lag) :][:900]
                b = caregiver[start + max(0, lag) :][:900]
                np.corrcoef(a, b)
                done += 1
        return done

    print("| correlation | window-lag correlations a second | times rMEA 1.2.2 |")
    print("| --- | --- | --- |")
    best: dict[str, float] = {}
    for _ in range(5):
        for name, run in (("windowed_cross_correlation", ours), ("loop of numpy.corrcoef", loop)):
            begin = time.process_time()
            done = run()
            speed = done / (time.process_time() - begin)
            best[name] = max(best.get(name, 0.0), speed)
    for name, speed in best.items():
        print(f"| {name} | {speed:,.0f} | {speed / RMEA_PER_S:.1f} |", flush=True)


def session(minutes: float, max_shifts: int, missing: float) -> dict[str, float]:
    import numpy as np
    import pandas as pd
    from scipy.signal import lfilter

    from attunement.config import Config
    from attunement.scoring import score_session

    rng = np.random.default_rng(0)
    n = round(minutes * 600)
    people = []
    for person in ("caregiver", "infant"):
        lost = np.repeat(rng.random(n // 10 + 1) < missing, 10)[:n]
        table = {"session": "s", "episode": "all", "time_s": np.arange(n) / 10, "person": person}
        for name in CHANNELS:
            series = lfilter([1.0], [1.0, -0.97], rng.standard_normal(n)) / 4
            table[name] = np.where(lost, np.nan, series)
        people.append(pd.DataFrame({**table, "usable": ~lost}))
    signals = pd.concat(people)
    config = Config(scoring={"max_shifts": max_shifts})
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    wall, begin = time.perf_counter(), time.process_time()
    score_session(signals, config)
    return {
        "cpu_s": time.process_time() - begin,
        "wall_s": time.perf_counter() - wall,
        "before_mb": before,
        "most_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def scoring(minutes: list[float]) -> None:
    print("| scoring, 5 channels | shifts | processor s | wall s | largest memory, MB |")
    print("| --- | --- | --- | --- | --- |")
    cases = [(length, most, 0.0) for length in minutes for most in (10**6, 6000, 999)]
    cases += [(minutes[-1], 999, 0.1)]
    for length, most, missing in cases:
        if length * 600 - 199 <= most < 10**6:
            continue  # all shifts again
        command = [sys.executable, __file__, "--case", json.dumps([length, most, missing])]
        run = subprocess.run(
            command, env=os.environ | THREADS, capture_output=True, text=True, check=True
        )
        found = json.loads(run.stdout)
        shifts = "all" if most == 10**6 else f"{most}"
        gaps = ", 10 % missing" if missing else ""
        print(
            f"| {length:g} min{gaps} | {shifts} | {found['cpu_s']:.1f} | {found['wall_s']:.1f} "
            f"| {found['most_mb']:.0f} (before scoring {found['before_mb']:.0f}) |",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", choices=("correlation", "scoring"))
    parser.add_argument("--minutes", type=float, nargs="+", default=[3, 10, 20, 60])
    parser.add_argument("--case", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.case:
        print(json.dumps(session(*json.loads(options.case))))
        return
    if options.only != "scoring":
        correlation()
        print()
    if options.only != "correlation":
        scoring(options.minutes)


if __name__ == "__main__":
    os.environ.update(THREADS)  # before numpy is imported
    main()
