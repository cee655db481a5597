"""Speed of `extract_faces` beside the loop that every tutorial shows, and parity of the backends.

Run ``python benchmarks/speed_faces.py`` on an otherwise idle machine (within 15 minutes on two
cores; ``--seconds 20 --rounds 1`` for a first look). It makes two recordings of two faces side by
side from the clips beside the project, runs loop and toolkit on them in turn, each in a process of
its own, and prints tables for docs/speed.md:

loop     OpenCV capture, Face Landmarker in VIDEO mode on the whole frame, ``num_faces=2``,
         blendshapes and matrices on
ours     `extract_faces`, layout ``side_by_side``, with 1 and 2 workers
parity   how far apart the Task's own two modes are, and each backend from the Task's IMAGE mode
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np
from speed_parity import parity_table
from speed_shares import shares_of_time

from attunement.config import Config
from attunement.faces import ensure_model, extract_faces
from attunement.faces.choice import backend_for
from attunement.study.sessions import Partner, Session
from attunement.video import read_frames

SHARED = Path(__file__).resolve().parents[2] / "shared"
# Clip, second it is taken from, and x, y, width, height of what is shown of it: two adults whose
# faces are free.
LEFT = ("webcam_expressions.mp4", 0.0, (66, 0, 266, 300))
RIGHT = ("WolfgangLanger_Pexels.mp4", 9.5, (240, 0, 320, 360))
SIZES = ((1280, 720), (1920, 1080))
RATE_HZ = 25
PERIOD_S = 9.0  # looped
SHARES_S = 40.0  # of the recordings on which the shares of time are taken, at most
NOISE_SD = 2.0  # of 255; the clips are enlarged, and a camera's picture is never that smooth


def make_recording(folder: Path, clips: Path, size: tuple[int, int], seconds: float) -> Path:
    """Put two clips side by side and loop them; the packets are repeated, not coded again."""
    width, height = size
    path = folder / f"two_faces_{width}x{height}.mp4"
    once = folder / f"once_{width}x{height}.mp4"
    rng = np.random.default_rng(0)
    noise = rng.normal(0, NOISE_SD, (8, height, width, 3)).astype(np.int8)
    halves = zip(
        *(
            _fitted(clips / name, start_s, part, width // 2, height)
            for name, start_s, part in (LEFT, RIGHT)
        ),
        strict=False,
    )
    with av.open(str(once), "w") as container:
        options = {"preset": "veryfast", "crf": "23", "bf": "0", "g": str(RATE_HZ * 2)}
        stream = container.add_stream("libx264", rate=RATE_HZ, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for k, pair in enumerate(halves):
            if k >= min(PERIOD_S, seconds) * RATE_HZ:
                break
            picture = np.concatenate(pair, axis=1)
            picture = np.clip(picture.astype(np.int16) + noise[k % len(noise)], 0, 255)
            frame = av.VideoFrame.from_ndarray(picture.astype(np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    _repeat(once, path, round(seconds * RATE_HZ))
    once.unlink()
    return path


def _fitted(
    clip: Path, start_s: float, part: tuple[int, int, int, int], width: int, height: int
) -> Iterator[np.ndarray]:
    """Yield a part of a clip's frames at 25 Hz, enlarged to this size."""
    for frame in read_frames(clip, start_s=start_s, rate_hz=RATE_HZ):
        yield cv2.resize(frame.crop(part), (width, height), interpolation=cv2.INTER_CUBIC)


def _repeat(source: Path, target: Path, n_frames: int) -> None:
    with av.open(str(target), "w") as container:
        written, stream = 0, None
        while written < n_frames:
            with av.open(str(source)) as part:
                (own,) = part.streams.video
                stream = stream or container.add_stream_from_template(own)
                step = int(1 / (own.average_rate * own.time_base))
                for packet in part.demux(own):
                    if packet.size and written < n_frames:
                        packet.pts = packet.dts = written * step
                        packet.stream = stream
                        container.mux(packet)
                        written += 1


def run_loop(video: Path) -> dict[str, float]:
    """Run the tutorial's loop over a recording."""
    import mediapipe as mp
    from mediapipe.tasks.python import BaseOptions, vision

    options = vision.FaceLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(ensure_model())),
        running_mode=vision.RunningMode.VIDEO,
        num_faces=2,
        output_face_blendshapes=True,
        output_facial_transformation_matrixes=True,
    )
    landmarker = vision.FaceLandmarker.create_from_options(options)
    start, cpu_start = time.perf_counter(), time.process_time()
    capture = cv2.VideoCapture(str(video))
    n_frames = n_faces = n_both = 0
    while True:
        is_read, picture = capture.read()
        if not is_read:
            break
        image = mp.Image(
            image_format=mp.ImageFormat.SRGB, data=cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
        )
        result = landmarker.detect_for_video(image, n_frames * 1000 // RATE_HZ)
        n_frames += 1
        n_faces += len(result.face_landmarks)
        n_both += len(result.face_landmarks) == 2
    seconds, cpu_s = time.perf_counter() - start, time.process_time() - cpu_start
    landmarker.close()
    counts = {"frames": n_frames, "faces": n_faces, "both": n_both}
    return {"seconds": seconds, "cpu_s": cpu_s, **counts}


def run_ours(video: Path, workers: int) -> dict[str, float]:
    """Run `extract_faces` over a recording; two workers are started within the time measured."""
    config = Config()
    session = _session(video)
    if workers == 1:
        backend_for(config, None)  # as the loop, which has its landmarker before the clock starts
    start, cpu_start = time.perf_counter(), time.process_time()
    faces = extract_faces(session, config, workers)
    seconds, cpu_s = time.perf_counter() - start, time.process_time() - cpu_start
    found = faces[faces["status"].isin(["ok", "low_quality"])]
    return {
        "seconds": seconds,
        "cpu_s": cpu_s,
        "frames": faces["frame"].nunique(),
        "faces": len(found),
        "both": int((found.groupby("frame").size() == 2).sum()),
    }


def _session(video: Path) -> Session:
    partners = [
        Partner(person, (video,), side, None, None)
        for person, side in (("caregiver", "left"), ("infant", "right"))
    ]
    return Session("s", "d", "f", "side_by_side", *partners)


def measured(*arguments: str) -> dict[str, float]:
    """Run one measurement in an own process; adds its workers' CPU time, its own peak memory."""
    from resource import RUSAGE_CHILDREN, getrusage

    if arguments[0] == "--one":
        _, what, video, workers = arguments
        path = Path(video)
        result = run_loop(path) if what == "loop" else run_ours(path, int(workers))
        children = getrusage(RUSAGE_CHILDREN)
        result["cpu_s"] += children.ru_utime + children.ru_stime
        result["peak_mb"] = _peak_mb()
        return result
    command = [sys.executable, __file__, "--one", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def _peak_mb() -> float:
    """Return the most memory that this process had; what `getrusage` says is its parent's too."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return float("nan")


def speed_table(videos: dict[str, Path], rounds: int) -> list[str]:
    """Run everything in turn and return the lines of the table."""
    ways = (("loop", "1"), ("ours", "1"), ("ours", "2"))
    lines = [
        "| recording | way | frames/s | ratio | both faces found | faces found | CPU ms/frame"
        " | peak MB, main process |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, video in videos.items():
        runs: dict[tuple[str, str], list[dict[str, float]]] = {way: [] for way in ways}
        for number in range(rounds):
            for way in ways if number % 2 == 0 else ways[::-1]:
                runs[way].append(measured(way[0], str(video), way[1]))
        rates = {way: np.median([r["frames"] / r["seconds"] for r in runs[way]]) for way in ways}
        for way in ways:
            one = runs[way][0]
            label = "tutorial loop" if way[0] == "loop" else f"extract_faces, {way[1]} worker(s)"
            lines.append(
                f"| {name} | {label} | {rates[way]:.1f} | {rates[way] / rates[ways[0]]:.2f}"
                f" | {one['both'] / one['frames']:.1%} | {one['faces']:.0f}"
                f" | {1000 * np.median([r['cpu_s'] for r in runs[way]]) / one['frames']:.1f}"
                f" | {max(r['peak_mb'] for r in runs[way]):.0f} |"
            )
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description="Speed of the faces stage, and parity.")
    parser.add_argument(
        "--seconds", type=float, default=180, help="length of the recordings; spans of 30 s"
    )
    parser.add_argument("--rounds", type=int, default=1, help="times everything is run, in turn")
    parser.add_argument("--shared", type=Path, default=SHARED, help="folder that has clips/")
    parser.add_argument("--parity-frames", type=int, default=200, help="frames of every clip")
    parser.add_argument("--only", choices=("speed", "shares", "parity"), help="one part")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.one:
        print(json.dumps(measured("--one", *chosen.one)))
        return
    ensure_model()
    clips = chosen.shared / "clips"
    if not clips.is_dir():
        sys.exit(f"There are no clips in {clips}; name the folder with --shared.")
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {load:.1f} at the start, two faces")
    print(
        f"side by side, {chosen.seconds:.0f} s at {RATE_HZ} Hz, medians of {chosen.rounds} rounds\n"
    )
    with tempfile.TemporaryDirectory(prefix="attunement-speed-") as folder:

        def recordings(seconds: float) -> dict[str, Path]:
            return {
                f"{w}x{h}": make_recording(Path(folder), clips, (w, h), seconds) for w, h in SIZES
            }

        if chosen.only in (None, "speed"):
            print("\n".join(speed_table(recordings(chosen.seconds), chosen.rounds)), flush=True)
        if chosen.only in (None, "shares"):
            short = recordings(min(chosen.seconds, SHARES_S))
            print("\n" + "\n".join(shares_of_time({k: _session(v) for k, v in short.items()})))
    if chosen.only in (None, "parity"):
        print("\n" + "\n".join(parity_table(clips, n_frames=chosen.parity_frames)))


if __name__ == "__main__":
    main()
