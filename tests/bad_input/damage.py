"""Damages recordings and reads them: python damage.py OUT FIRST N LIMIT_S CLIP...

Run in a process of its own. Prints the seed before each recording is touched, so that a process
that dies is known by it, and what came of it after. A process that works on one recording longer
than the limit ends itself and says where it was.
"""

import faulthandler
import json
import sys
from pathlib import Path

import numpy as np


def damaged(content: bytes, seed: int) -> bytes:
    """Return a copy with bytes flipped, blocks zeroed or swapped, or a part cut off."""
    rng = np.random.default_rng(seed)
    data = np.frombuffer(content, np.uint8).copy()
    kind = seed % 5
    # Half of the damage goes to the first and last KiB, where containers keep what matters most.
    edge = np.r_[0 : min(1024, len(data)), max(0, len(data) - 4096) : len(data)]
    if kind == 0:
        places = rng.integers(0, len(data), rng.integers(1, 200))
        data[places] ^= (1 << rng.integers(0, 8, len(places))).astype(np.uint8)
    elif kind == 1:
        places = rng.choice(edge, rng.integers(1, 30))
        data[places] = rng.integers(0, 256, len(places))
    elif kind == 2:
        return data[: rng.integers(1, len(data))].tobytes()
    elif kind == 3:
        for start in rng.integers(0, len(data), rng.integers(1, 6)):
            data[start : start + rng.integers(1, len(data) // 8)] = 0
    else:
        length = int(rng.integers(1, len(data) // 8))
        first, second = rng.integers(0, len(data) - length, 2)
        data[first : first + length] = data[second : second + length].copy()
    return data.tobytes()


def main(out: Path, first: int, n: int, limit_s: float, clips: list[Path]) -> None:
    from attunement.errors import VideoError
    from attunement.video import frame_times, probe_video, read_frames

    for seed in range(first, first + n):
        clip = clips[seed % len(clips)]
        path = out / f"damaged{clip.suffix}"
        print(json.dumps({"seed": seed, "clip": clip.name}), flush=True)  # noqa: T201
        path.write_bytes(damaged(clip.read_bytes(), seed))
        faulthandler.dump_traceback_later(limit_s, exit=True)
        try:
            probe_video(path)
            times_s = frame_times(path)
            last = -1
            for count, frame in enumerate(read_frames(path)):
                assert frame.index > last, "frames come in order"
                assert frame.time_s == times_s[frame.index]
                last = frame.index
                if count % 20 == 0:
                    assert frame.rgb().ndim == 3
                if count > 60:
                    break
            result = "read"
        except VideoError as error:
            result = error.reason
        print(json.dumps({"seed": seed, "result": result}), flush=True)  # noqa: T201


if __name__ == "__main__":
    out, first, n, limit_s, *clips = sys.argv[1:]
    main(Path(out), int(first), int(n), float(limit_s), [Path(clip) for clip in clips])
