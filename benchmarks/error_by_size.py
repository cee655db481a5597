"""Measure how the error of every channel grows as a face gets smaller.

Two real clips (an adult speaking and making faces at a webcam; an adult in distress) are scaled
down step by step, encoded again as H.264, and carried through faces and signals with the size gate
open. Every channel is compared with that of the clip at its full size. The first step, a copy
scaled by .9, shows what measuring twice costs at any size.

Prints the table of docs/faces.md and draws its figure (curves only, no picture of a clip)::

    python benchmarks/error_by_size.py ../shared/clips --figure docs/error_by_size.png
"""

import argparse
import tempfile
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pandas as pd

import attunement
from attunement.schema import CHANNELS, POSE
from attunement.study.sessions import Clock, Partner, Session
from attunement.video import probe_video, read_frames

CLIPS = {"caregiver": "webcam_expressions.mp4", "infant": "WolfgangLanger_Pexels.mp4"}
EYES_PX = (60, 50, 40, 32, 26, 20, 16)  # distance of the outer eye corners to reach
COPY = 0.9
LENGTH_S = 32.0
EVERY = 2  # frames; leaves 12 a second, and head movement needs 10
CRF = 20
COLUMNS = (*CHANNELS, *POSE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("clips", type=Path, help="folder of the shared clips")
    parser.add_argument("--figure", type=Path, help="PNG to draw")
    parser.add_argument("--quick", action="store_true", help="three sizes only")
    options = parser.parse_args()
    paths = {person: options.clips / name for person, name in CLIPS.items()}
    with tempfile.TemporaryDirectory() as folder:
        first = {
            person: shrink(path, Path(folder) / f"{person}.mp4", factor=1.0)
            for person, path in paths.items()
        }
        full = measure(first)
    eyes_px = full.groupby("person")["interocular_px"].median()
    steps = {f"x {COPY}": (COPY, COPY)}
    for size in EYES_PX[1::3] if options.quick else EYES_PX:
        steps[f"{size} px"] = tuple(size / eyes_px[person] for person in CLIPS)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for step, factors in steps.items():
            copies = {
                person: shrink(path, Path(folder) / f"{person}.mp4", factor=factor)
                for (person, path), factor in zip(paths.items(), factors, strict=True)
            }
            rows += [{"step": step, **row} for row in compare(full, measure(copies))]
    table = pd.DataFrame(rows)
    print(eyes_px.round(0).to_string())
    print(summarise(table).to_string())
    if options.figure:
        draw(table, options.figure)


def shrink(source: Path, target: Path, *, factor: float) -> Path:
    """Write a copy of a recording, scaled down and encoded again."""
    info = probe_video(source)
    width, height = (2 * round(side * factor / 2) for side in (info.width_px, info.height_px))
    with av.open(str(target), "w") as container:
        stream = container.add_stream("libx264", rate=30, options={"crf": str(CRF)})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, 90_000)
        for frame in read_frames(source, end_s=LENGTH_S):
            if frame.index % EVERY:
                continue
            small = cv2.resize(frame.rgb(), (width, height), interpolation=cv2.INTER_AREA)
            picture = av.VideoFrame.from_ndarray(small, format="rgb24")
            picture.pts, picture.time_base = round(frame.time_s * 90_000), Fraction(1, 90_000)
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return target


def measure(paths: dict[str, Path]) -> pd.DataFrame:
    """Return the signals of both recordings, with the share of frames found and the size."""
    caregiver, infant = (Partner(person, (path,), "", None, None) for person, path in paths.items())
    session = Session("s", "d", "f", "two_files", caregiver, infant, clock=Clock())
    config = attunement.Config(faces={"backend": "direct"}, signals={"min_interocular_px": 0})
    faces = attunement.extract_faces(session, config)
    signals = attunement.compute_signals(faces, session, config)
    by_person = faces.groupby("person")
    found = by_person["status"].apply(lambda status: (status == "ok").mean())
    eyes_px = by_person["interocular_px"].median()
    return signals.assign(
        found_share=signals["person"].map(found), interocular_px=signals["person"].map(eyes_px)
    )


def compare(full: pd.DataFrame, small: pd.DataFrame) -> list[dict[str, object]]:
    """Return correlation, error and noise of every channel and clip against the clip as it is."""
    rows: list[dict[str, object]] = []
    for person in CLIPS:
        one, other = (
            table[table["person"] == person].set_index("time_s") for table in (full, small)
        )
        times = one.index.intersection(other.index)
        for column in COLUMNS:
            x, y = one.loc[times, column].to_numpy(), other.loc[times, column].to_numpy()
            both = np.isfinite(x) & np.isfinite(y)
            enough = both.sum() > 50 and np.std(x[both]) > 0 and np.std(y[both]) > 0
            rows.append(
                {
                    "person": person,
                    "interocular_px": other["interocular_px"].iloc[0],
                    "found_share": other["found_share"].iloc[0],
                    "usable_share": other["usable"].mean(),
                    "channel": column,
                    "r": np.corrcoef(x[both], y[both])[0, 1] if enough else np.nan,
                    "error": np.sqrt(np.mean((x[both] - y[both]) ** 2)) if enough else np.nan,
                    "spread": np.std(x[both]),
                    "noise": noise(y),
                    "noise_full": noise(x),
                }
            )
    return rows


def noise(values: np.ndarray) -> float:
    """Return the sd of white noise that has the second differences of a series."""
    second = np.diff(values, n=2)
    second = second[np.isfinite(second)]
    return float(np.sqrt(np.mean(second**2) / 6)) if len(second) else float("nan")


def summarise(table: pd.DataFrame) -> pd.DataFrame:
    """Return r, error over sd and noise of every channel, a column for each clip and step."""
    table = table.assign(
        relative_error=table["error"] / table["spread"],
        more_noise=table["noise"] / table["noise_full"],
    )
    names = {"r": "r", "relative_error": "error / sd", "more_noise": "noise / noise at full size"}
    keys = ["person", "step"]
    shares = table.groupby(keys, sort=False)[["interocular_px", "found_share", "usable_share"]]
    parts = [shares.first().T]
    for measured in names:
        wide = table.pivot_table(index="channel", columns=keys, values=measured, sort=False)
        parts.append(wide.reindex([name for name in COLUMNS if name in wide.index]))
    return pd.concat(parts, keys=["", *names.values()]).round(2)


def draw(table: pd.DataFrame, path: Path) -> None:
    """Draw r and relative error of every channel against size, one panel a clip and measure."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 7.5), layout="constrained")
    axes = figure.subplots(2, 2, sharex=True, sharey="row")
    names = {"caregiver": "an adult at a webcam", "infant": "an adult in distress"}
    styles = ("-", "--", ":")
    for column, (person, title) in enumerate(names.items()):
        own = table[table["person"] == person].sort_values("interocular_px", kind="stable")
        for k, (channel, rows) in enumerate(own.groupby("channel", sort=False)):
            look = {"color": f"C{k % 5}", "linestyle": styles[k // 5], "marker": ".", "lw": 1.4}
            axes[0, column].plot(rows["interocular_px"], rows["r"], label=channel, **look)
            ratio = rows["error"] / rows["spread"]
            axes[1, column].plot(rows["interocular_px"], ratio, **look)
        axes[0, column].set_title(title)
        axes[1, column].set_xlabel("distance of the outer eye corners, px")
        for axis in axes[:, column]:
            axis.grid(alpha=0.3)
            axis.set_xscale("log")
            axis.set_xticks(EYES_PX, [str(size) for size in EYES_PX])
            axis.minorticks_off()
    axes[0, 0].set_ylabel("r with the clip as it is")
    axes[1, 0].set_ylabel("error over sd of the clip as it is")
    axes[1, 0].set_ylim(0, 1.6)
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside right center", fontsize=8)
    figure.savefig(path, dpi=90)


if __name__ == "__main__":
    main()
