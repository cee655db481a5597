"""What `[faces] frame_rate_hz` saves, and what it changes, on real clips.

    python benchmarks/frame_rate.py ../shared/clips/webcam_expressions.mp4 \
        ../shared/clips/WolfgangLanger_Pexels.mp4 --rates 0 15 10 5

The first clip is the infant: in session `copied` the caregiver is the same clip at 0.7 size, shown
0.6 s later, so that mirroring is there and the measurement noise of the two differs; where a second
clip is given, it is the caregiver of session `strangers`. Each rate is one run of the study.
`--there-and-back` lets the first clip run on backwards, so that a clip of 30 s and more is long
enough for a p. Prints how long decoding and the run take, how far the channels are from those of
the first rate, and the scores.
"""

import argparse
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pandas as pd

import attunement
from attunement.study.files import read_parquet
from attunement.video import frame_times, read_frames
from attunement.video.reading import nearest_to_grid

LAG_S = 0.6
SCALE = 0.7
REVERSED_AT_ONCE = 300
SHOWN = (
    "coverage_caregiver", "coverage_infant", "mirroring", "mirroring_p", "mirroring_lag_s",
    "direction", "concordance", "congruence", "arousal_matching", "movement_matching",
    "markedness", "markedness_p", "cue_brow_raise", "cue_eye_widening", "cue_mouth_opening",
    "cue_head_movement", "n_infant_events", "attuned_share", "attuned_share_expected",
    "answered_share", "promptness", "contingency", "matched_share", "repair_rate", "n_scorable",
)  # fmt: skip


def shrink(path: Path, copy: Path) -> None:
    """Write `path` at 0.7 size, with its own frame times."""
    with av.open(str(path)) as source, av.open(str(copy), "w") as target:
        given = source.streams.video[0]
        stream = target.add_stream("libx264", rate=given.average_rate, options={"crf": "20"})
        stream.width, stream.height = (
            round(s * SCALE / 2) * 2 for s in (given.width, given.height)
        )
        stream.pix_fmt, stream.time_base = "yuv420p", Fraction(1, 90_000)
        for frame in source.decode(given):
            small = frame.reformat(stream.width, stream.height, format="yuv420p")
            small.pts, small.time_base = round(frame.time * 90_000), Fraction(1, 90_000)
            small.pict_type = 0
            target.mux(stream.encode(small))
        target.mux(stream.encode(None))


def there_and_back(path: Path, copy: Path) -> None:
    """Write the clip forwards and then backwards, at its mean frame rate."""
    with av.open(str(path)) as source:
        rate = source.streams.video[0].average_rate
    n = len(frame_times(path))
    with av.open(str(copy), "w") as target:
        stream = None
        for first, step in [(0, 1), *((at, -1) for at in reversed(range(0, n, REVERSED_AT_ONCE)))]:
            kept = []
            with av.open(str(path)) as source:
                for at, frame in enumerate(source.decode(video=0)):
                    if at < first or (step < 0 and at >= first + REVERSED_AT_ONCE):
                        continue
                    if stream is None:
                        stream = target.add_stream("libx264", rate=rate, options={"crf": "18"})
                        stream.width, stream.height = frame.width, frame.height
                        stream.pix_fmt = "yuv420p"
                    if step > 0:
                        _put(target, stream, frame)
                    else:
                        kept.append(frame)
            for frame in reversed(kept):
                _put(target, stream, frame)
        target.mux(stream.encode(None))


def _put(
    target: av.container.OutputContainer, stream: av.VideoStream, frame: av.VideoFrame
) -> None:
    plain = frame.reformat(format="yuv420p")
    plain.pts, plain.pict_type = None, 0
    target.mux(stream.encode(plain))


def decoding_s(path: Path, rate_hz: float) -> tuple[float, float, int]:
    """Return seconds of decoding with and without leaving frames out, and how many are wanted."""
    times_s = frame_times(path)
    wanted = np.flatnonzero(nearest_to_grid(times_s, rate_hz=rate_hz)) if rate_hz else None
    spent = []
    for indices in (wanted, None):
        least = float("inf")
        for _ in range(3):
            begun_s = time.process_time()
            for _frame in read_frames(path, indices=indices):
                pass
            least = min(least, time.process_time() - begun_s)
        spent.append(least)
    return spent[0], spent[1], len(times_s if wanted is None else wanted)


def write_study(folder: Path, rate_hz: float, backend: str, videos: dict[str, Path]) -> Path:
    rows = [
        "session,layout,caregiver_video,infant_video,offset_s",
        f"copied,two_files,{videos['copy']},{videos['first']},{-LAG_S}",
    ]
    if "second" in videos:
        rows.append(f"strangers,two_files,{videos['second']},{videos['first']},0")
    (folder / "sessions.csv").write_text("\n".join(rows) + "\n")
    toml = f"[faces]\nframe_rate_hz = {rate_hz}\n"
    (folder / "study.toml").write_text(toml + (f'backend = "{backend}"\n' if backend else ""))
    return folder / "study.toml"


def channels_apart(some: pd.DataFrame, every: pd.DataFrame) -> pd.DataFrame:
    """Return, by channel, correlation and spread of the difference to every frame's (in z)."""
    joined = every.merge(some, on=["person", "time_s"], suffixes=("", "_some"))
    joined = joined[joined["usable"] & joined["usable_some"]]
    rows = []
    for name in every.columns:
        if f"{name}_some" not in joined or every[name].dtype != float:
            continue
        a, b = joined[name], joined[f"{name}_some"]
        has_both = a.notna() & b.notna()
        if has_both.sum() > 10 and a[has_both].std() > 0:
            apart = float((b - a)[has_both].std() / a[has_both].std())
            rows.append((name, float(a.corr(b)), apart, float(b.std() / a[has_both].std())))
    return pd.DataFrame(rows, columns=["channel", "r", "difference_sd", "sd_ratio"])


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("clips", nargs="+", type=Path)
    options.add_argument("--rates", nargs="+", type=float, default=[0, 15, 10, 5])
    options.add_argument("--there-and-back", action="store_true")
    options.add_argument("--backend", default="", help="By default that of a study.")
    given = options.parse_args()
    scores: dict[float, pd.DataFrame] = {}
    signals: dict[float, pd.DataFrame] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clips = [clip.absolute() for clip in given.clips]
        if given.there_and_back:
            there_and_back(clips[0], folder / "long.mp4")
            clips[0] = folder / "long.mp4"
        videos = {
            "copy": folder / "copy.mp4",
            **dict(zip(("first", "second"), clips, strict=False)),
        }
        shrink(clips[0], videos["copy"])
        print("rate_hz  frames  decoding, CPU s: frames left out, all  run, clock s", flush=True)
        for rate_hz in given.rates:
            path = write_study(folder, rate_hz, given.backend, videos)
            begun_s = time.perf_counter()
            out = folder / f"out{rate_hz:g}"
            summary = attunement.run_study(attunement.read_study(path), out)
            run_s = time.perf_counter() - begun_s
            assert len(summary.failures) == 0, summary.failures
            skipping_s, everything_s, n = decoding_s(clips[0], rate_hz)
            print(f"{rate_hz:7g} {n:7d} {skipping_s:33.2f} {everything_s:4.2f} {run_s:13.1f}")
            scores[rate_hz] = summary.scores.set_index("session")
            signals[rate_hz] = read_parquet(out / "sessions" / "copied" / "signals.parquet")
            if rate_hz != given.rates[0]:
                apart = channels_apart(signals[rate_hz], signals[given.rates[0]])
                print(f"channels at {rate_hz:g} Hz\n{apart.round(3).to_string(index=False)}")
            for session in summary.scores["session"]:
                print(f"{session}\n{compared(scores, session).round(3).to_string()}", flush=True)


def compared(scores: dict[float, pd.DataFrame], session: str) -> pd.DataFrame:
    """Return a session's scores, one column a rate."""
    return pd.DataFrame(
        {
            f"{rate_hz:g} Hz": pd.to_numeric(
                table.loc[session, [name for name in SHOWN if name in table]], errors="coerce"
            )
            for rate_hz, table in scores.items()
        }
    )


if __name__ == "__main__":
    main()
