"""What a session of 5 s costs beyond its own decoding and inference.

    python benchmarks/overhead.py --sessions 200

Runs a study of short painted sessions on one worker, and times decoding and finding faces in the
same pictures by themselves, before and after. The difference is what everything else takes:
worker processes, planning, tables, signals, scoring, files, the tables of the study.
"""

import argparse
import json
import resource
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path

import av
import numpy as np

import attunement
from attunement.faces.backends.fake import Fake
from attunement.study import Study
from attunement.video import read_frames

DURATION_S = 5
RATE_HZ = 25
SIZE_PX = 112


def paint(path: Path, seed: int) -> None:
    """Write a video of one patch that the fake backend reads as a face."""
    rng = np.random.default_rng(seed)
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=RATE_HZ, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = SIZE_PX, SIZE_PX, "yuv420p"
        for level in np.cumsum(rng.normal(0, 0.05, DURATION_S * RATE_HZ)) % 1:
            picture = np.zeros((SIZE_PX, SIZE_PX, 3), np.uint8)
            picture[6:-6, 10:-10] = (60 + 190 * level, 90, 60)
            file.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        file.mux(stream.encode(None))


def write_study(folder: Path, n_sessions: int) -> Path:
    rows = ["session,layout,caregiver_video,infant_video"]
    for k in range(n_sessions):
        for person in ("caregiver", "infant"):
            paint(folder / f"{person}{k}.mp4", 2 * k + (person == "infant"))
        rows.append(f"s{k:03d},two_files,caregiver{k}.mp4,infant{k}.mp4")
    (folder / "sessions.csv").write_text("\n".join(rows) + "\n")
    (folder / "study.toml").write_text('[faces]\nbackend = "fake"\n')
    return folder / "study.toml"


def cpu_s() -> float:
    """Return the processor time of this process and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds that `work` takes by the clock, and of processors."""
    begun_s, begun_cpu_s = time.perf_counter(), cpu_s()
    work()
    return time.perf_counter() - begun_s, cpu_s() - begun_cpu_s


def decode_and_find(study: Study, n_sessions: int) -> None:
    """Decode the first sessions and find the faces, and nothing else."""
    backend = Fake()
    for session in study.sessions[:n_sessions]:
        for partner in session.partners:
            for frame in read_frames(partner.videos):
                backend.find(frame.rgb(), n_faces=1)


def by_job(log: Path) -> dict[str, float]:
    """Return the seconds that workers spent on each kind of job, from the log of the run."""
    spent: dict[str, float] = defaultdict(float)
    for line in log.read_text().splitlines():
        event = json.loads(line)
        if "seconds" in event:
            spent[event["event"]] += event["seconds"]
    return dict(spent)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sessions", type=int, default=200)
    options.add_argument("--workers", type=int, default=1)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        study = attunement.read_study(write_study(folder, given.sessions))
        n_timed = min(20, given.sessions)
        own = partial(timed, lambda: decode_and_find(study, n_timed))
        run = partial(
            timed, lambda: attunement.run_study(study, folder / "out", workers=given.workers)
        )
        own()  # loads what it needs
        before, whole, after, again = own(), run(), own(), run()
        spent = by_job(folder / "out" / "log.jsonl")
    n = given.sessions
    print(f"{n} sessions of {DURATION_S} s, {given.workers} worker(s); s a session: clock, CPU")
    own_s = [(a + b) / 2 / n_timed for a, b in zip(before, after, strict=True)]
    print(f"run                     {whole[0] / n:7.3f} {whole[1] / n:7.3f}")
    print(f"decoding, finding faces {own_s[0]:7.3f} {own_s[1]:7.3f}")
    beyond = whole[0] / n - own_s[0] / given.workers, whole[1] / n - own_s[1]
    print(f"beyond                  {beyond[0]:7.3f} {beyond[1]:7.3f}")
    for job, seconds in spent.items():
        print(f"  in workers, {job:16} {seconds / n:.3f} by the clock")
    print(f"run again, all finished {again[0] / n:7.3f} {again[1] / n:7.3f}")


if __name__ == "__main__":
    main()
