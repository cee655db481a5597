"""The memory of a worker over a recording of one minute and one of sixty.

    python benchmarks/memory.py ../shared/clips/single_face.mp4 --minutes 1 60

Each recording is made by repeating the clip without encoding it again. A process that is started
for it alone does what a worker does: opens the session (both partners are this recording),
extracts the first span of each partner and the last one (the others are copies of the first, since
each is like it), and brings the session to its scores.
Prints the most memory that the process ever held, after each of the three steps.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from multiprocessing import get_context
from pathlib import Path

import av
import pandas as pd

import attunement
from attunement.faces import ensure_model
from attunement.faces.plan import SPAN_S
from attunement.pipeline import jobs
from attunement.pipeline.jobs import part_path
from attunement.pipeline.state import Checked, check_session
from attunement.study.files import read_parquet, write_parquet


def repeat(clip: Path, path: Path, *, minutes: float) -> None:
    """Write the packets of `clip` again and again until `minutes` are full."""
    with av.open(str(clip)) as source:
        stream = source.streams.video[0]
        packets = [(bytes(p), p.pts, p.dts, p.is_keyframe) for p in source.demux(stream) if p.size]
        base: Fraction = stream.time_base
        with av.open(str(path), "w") as target:
            copied = target.add_stream_from_template(stream)
            stamps = sorted(pts for _, pts, _, _ in packets)
            length = stamps[-1] - stamps[0] + (stamps[-1] - stamps[0]) // (len(stamps) - 1)
            for round_ in range(int(minutes * 60 / float(length * base)) + 1):
                for content, pts, dts, is_key in packets:
                    packet = av.Packet(content)
                    packet.stream, packet.time_base = copied, base
                    packet.pts, packet.dts = pts + round_ * length, dts + round_ * length
                    packet.is_keyframe = is_key
                    target.mux(packet)


def peak_mb() -> float:
    """Return the most memory that this process ever held (Linux counts in KiB, macOS in bytes)."""
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def shifted(part: pd.DataFrame, n_frames: int, start_s: float) -> pd.DataFrame:
    """Return a span's table as that of a later span."""
    return part.assign(frame=part["frame"] + n_frames, time_s=part["time_s"] + start_s)


def copy_spans(out: Path, checked: Checked, n_spans: int, by_hand: list[int]) -> None:
    """Write the spans that were not extracted, as the first ones of each partner shifted."""
    n_each = n_spans // 2
    for start in (0, n_each):
        part = read_parquet(part_path(out, checked, start))
        n_frames = int(part["frame"].max()) + 1
        for number in set(range(n_each)) - {k - start for k in by_hand}:
            later = shifted(part, number * n_frames, number * SPAN_S)
            write_parquet(later, part_path(out, checked, start + number))


def one_worker(folder: Path, minutes: float, backend: str) -> None:
    """Do in this process what a worker does with the session in `folder`, and print its memory."""
    study = attunement.read_study(folder / "study.toml")
    session, out = study.sessions[0], folder / "out"
    model = None if backend == "fake" else ensure_model(None)
    checked = check_session(session, out)
    opened = jobs.open_session(session, checked, out)
    told = [peak_mb()]
    n_spans = len(opened.recorded_s)
    by_hand = sorted({0, n_spans // 2, n_spans - 1})
    for number in by_hand:
        done = jobs.extract_part(session, checked, number, out, model)
        assert isinstance(done, jobs.Extracted), done
    told.append(peak_mb())
    # In another process, so that its memory is not counted here.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        pool.submit(copy_spans, out, checked, n_spans, by_hand).result()
    finished = jobs.finish_session(session, checked, n_spans, out)
    assert isinstance(finished, jobs.Finished), finished
    told.append(peak_mb())
    print(f"{minutes:7g} {n_spans:6d} {told[0]:12.0f} {told[1]:12.0f} {told[2]:12.0f}")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("clip", type=Path)
    options.add_argument("--minutes", nargs="+", type=float, default=[1, 60])
    options.add_argument("--backend", default="direct")
    options.add_argument("--here", type=Path, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.here is not None:
        one_worker(given.here, given.minutes[0], given.backend)
        return
    print("MB: minutes spans  after opening  after spans  after scores", flush=True)
    for minutes in given.minutes:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            repeat(given.clip, folder / "long.mp4", minutes=minutes)
            manifest = "session,layout,caregiver_video,infant_video\n"
            (folder / "sessions.csv").write_text(f"{manifest}long,two_files,long.mp4,long.mp4\n")
            (folder / "study.toml").write_text(f'[faces]\nbackend = "{given.backend}"\n')
            command = [sys.executable, __file__, str(given.clip), "--here", str(folder)]
            further = ["--minutes", str(minutes), "--backend", given.backend]
            subprocess.run([*command, *further], check=True)


if __name__ == "__main__":
    main()
