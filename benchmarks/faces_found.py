"""Count how many small and hard faces are found, and what is taken for a face where there is none.

Three tables, which docs/faces.md states:

1. Faces of real clips pasted into 1920 x 1080 pictures, by width: share of frames found from the
   first frame on, and frames until a face is found that appears later.
2. Pictures without a face (rooms, textures, patterned high chairs; a slow camera, noise; the
   stretches of two clips that show no face): false faces and CPU time a frame.
3. Real clips as they are, dimmed, with a dummy or a hand painted over the mouth: found share.

Pictures are made and looked at in memory; nothing is written::

    python benchmarks/faces_found.py ../shared/clips            # about three minutes
    python benchmarks/faces_found.py ../shared/clips --frames 60 --scenes 24
"""

import argparse
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import skimage
from numpy.typing import NDArray

from attunement.config import Config
from attunement.faces.areas import Box, box_of
from attunement.faces.backends.protocol import Backend
from attunement.faces.choice import backend_for
from attunement.faces.geometry import interocular_px
from attunement.faces.tracking import Follower, Sighting, look
from attunement.video import read_frames

Picture = NDArray[np.uint8]
WIDTH, HEIGHT = 1920, 1080
WIDTHS_PX = (40, 60, 80, 100, 140, 200)
LATE = 20  # frames without a face before one appears
CLIPS = (  # clip, every how many frames
    ("webcam_expressions.mp4", 2),
    ("single_face.mp4", 2),
    ("WolfgangLanger_Pexels.mp4", 2),
    ("infant_webcam.mp4", 2),
    ("face_noface.mov", 1),
)
PHOTOS = (
    "motorcycle_left.png", "coffee.png", "brick.png", "gravel.png", "grass.png", "page.png",
    "rocket.jpg", "chessboard_RGB.png", "chelsea.png",
)  # fmt: skip
DRAWN = ("noise", "blobs", "striped chair", "dotted chair")
FACELESS = (("face_noface.mov", 80, 169), ("noface_face.mov", 0, 90))
RATE_HZ = 10.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("clips", type=Path, help="folder of the shared clips")
    parser.add_argument("--backend", default="direct", choices=("direct", "mediapipe"))
    parser.add_argument("--scenes", type=int, default=10, help="scenes a width")
    parser.add_argument("--frames", type=int, default=20, help="frames a scene")
    parser.add_argument("--empty", type=int, default=45, help="frames a scene without a face")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    backend = backend_for(Config(faces={"backend": options.backend}), None)
    pd.set_option("display.width", 160)
    print(by_width(backend, options).to_string(index=False), "\n", flush=True)
    print(without_faces(backend, options).to_string(index=False), "\n", flush=True)
    print(hard_faces(backend, options.clips).to_string(index=False))


def follow(
    follower: Follower, pictures: Iterable[Picture]
) -> Iterator[tuple[Sighting | None, float]]:
    """Yield what a follower says to every picture, and the seconds of CPU it took."""
    for number, picture in enumerate(pictures):
        started = time.process_time()
        sighting = follower.step(cropper(picture), number / RATE_HZ)
        yield sighting, time.process_time() - started


def cropper(picture: Picture) -> Callable[[tuple[int, int, int, int]], Picture]:
    return lambda area: picture[area[1] : area[1] + area[3], area[0] : area[0] + area[2]]


def is_found(sighting: Sighting | None) -> bool:
    return sighting is not None and not sighting.fault


# 1. Small faces


def by_width(backend: Backend, options: argparse.Namespace) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    actors = [actor(backend, options.clips / name, every) for name, every in CLIPS]
    rows = []
    for width in WIDTHS_PX:
        plain, found, late, wrong, eyes_px = [], [], [], 0, []
        for scene in range(options.scenes):
            frames, box = actors[scene % len(actors)]
            still = np.ascontiguousarray(photo(PHOTOS[scene % 7])[:HEIGHT, :WIDTH])
            pictures, places = paste(still, frames, box, width, rng, n=options.frames)
            whole = look(backend, cropper(pictures[0]), (0, 0, WIDTH, HEIGHT), n_faces=2)
            plain.append(any(near(s, places[0]) for s in whole))
            follower = Follower(backend, (0, 0, WIDTH, HEIGHT))
            for (sighting, _), place in zip(follow(follower, pictures), places, strict=True):
                right = is_found(sighting) and near(sighting, place)
                found.append(right)
                wrong += is_found(sighting) and not right
                if sighting is not None and right:
                    eyes_px.append(interocular_px(sighting.mesh.landmarks))
            if scene < 4:
                empty = [still] * LATE
                seen = [
                    is_found(s)
                    for s, _ in follow(
                        Follower(backend, (0, 0, WIDTH, HEIGHT)), [*empty, *pictures]
                    )
                ][LATE:]
                late.append(seen.index(True) if True in seen else np.inf)
        rows.append(
            {
                "face width, px": width,
                "eye corners, px": round(np.median(eyes_px)) if eyes_px else np.nan,
                "whole picture": np.mean(plain),
                "found": round(np.mean(found), 3),
                "elsewhere": wrong,
                "frames": len(found),
                "later: frames until found": f"{np.median(late):g} (at most {max(late):g})",
            }
        )
    return pd.DataFrame(rows)


def near(sighting: Sighting | None, box: Box) -> bool:
    if sighting is None:
        return False
    return sighting.box.distance(box) < 0.5 and 0.5 < sighting.box.size_px / box.size_px < 2


def actor(backend: Backend, path: Path, every: int) -> tuple[list[Picture], Box]:
    """Return up to 40 pictures of a clip and where its face is in the first."""
    frames = [frame.rgb() for frame in islice(read_frames(path), 0, 40 * every, every)]
    height, width = frames[0].shape[:2]
    sighting = Follower(backend, (0, 0, width, height)).step(cropper(frames[0]), 0.0)
    if sighting is None:
        raise SystemExit(f"No face in the first picture of {path.name}.")
    return frames, sighting.box


def paste(
    still: Picture, frames: list[Picture], box: Box, width: int, rng: np.random.Generator, *, n: int
) -> tuple[list[Picture], list[Box]]:
    """Return `n` pictures of a clip shrunk to a face width at one place of a still."""
    factor = width / box.width_px
    small = [
        cv2.resize(f, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA) for f in frames[:n]
    ]
    height, wide = (min(a, b) for a, b in zip(small[0].shape[:2], (HEIGHT, WIDTH), strict=True))
    x, y = int(rng.integers(0, WIDTH - wide + 1)), int(rng.integers(0, HEIGHT - height + 1))
    place = Box(box.x_px * factor + x, box.y_px * factor + y, width, box.height_px * factor)
    pictures = []
    for number in range(n):
        picture = still.copy()
        picture[y : y + height, x : x + wide] = small[number % len(small)][:height, :wide]
        pictures.append(grain(picture, number))
    return pictures, [place] * n


_NOISE = np.random.default_rng(1).normal(0, 2, (HEIGHT + 64, WIDTH + 64, 1)).repeat(3, axis=2)
_BRIGHTER = np.clip(_NOISE, 0, 255).astype(np.uint8)
_DARKER = np.clip(-_NOISE, 0, 255).astype(np.uint8)


def grain(picture: Picture, number: int) -> Picture:
    """Add noise that differs from frame to frame: sd 2 of 255, a good encoded picture's."""
    height, width = picture.shape[:2]
    y, x = (number * 13) % 64, (number * 29) % 64
    part = np.s_[y : y + height, x : x + width]
    return cv2.subtract(cv2.add(picture, _BRIGHTER[part]), _DARKER[part])


# 2. No face


def without_faces(backend: Backend, options: argparse.Namespace) -> pd.DataFrame:
    rows = []
    for name in (*PHOTOS, *DRAWN):
        rows.append(judge(backend, name, moving(scenery(name), options.empty)))
    for name, first, last in FACELESS:
        frames = islice(read_frames(options.clips / name), first, last, 2)
        rows.append(judge(backend, f"{name} {first}-{last}", (frame.rgb() for frame in frames)))
    table = pd.DataFrame(rows)
    total = {"scene": "all", **table[["frames", "doubtful", "false faces"]].sum()}
    total["CPU ms a frame"] = np.average(table["CPU ms a frame"], weights=table["frames"]).round(1)
    return pd.concat([table, pd.DataFrame([total])], ignore_index=True)


def judge(backend: Backend, name: str, pictures: Iterable[Picture]) -> dict[str, object]:
    pictures = list(pictures)
    height, width = pictures[0].shape[:2]
    seen = list(follow(Follower(backend, (0, 0, width, height)), pictures))
    return {
        "scene": name,
        "frames": len(seen),
        "doubtful": sum(s is not None and bool(s.fault) for s, _ in seen),
        "false faces": sum(is_found(s) for s, _ in seen),
        "CPU ms a frame": round(1000 * float(np.mean([took for _, took in seen])), 1),
    }


def scenery(name: str) -> Picture:
    return photo(name) if "." in name else drawing(name)


def photo(name: str) -> Picture:
    """Return a picture of scikit-image, blown up to fill the frame with a margin."""
    read = cv2.imread(str(Path(skimage.__file__).parent / "data" / name))
    if read is None:
        raise SystemExit(f"scikit-image brings no {name}.")
    factor = 1.1 * max(WIDTH / read.shape[1], HEIGHT / read.shape[0])
    large = cv2.resize(read[..., ::-1], None, fx=factor, fy=factor)
    return np.ascontiguousarray(large[: int(1.1 * HEIGHT), : int(1.1 * WIDTH)])


def drawing(name: str) -> Picture:
    """Draw noise, soft blobs, or a high chair with stripes or dots before a wall."""
    rng = np.random.default_rng(2)
    size = (int(1.1 * HEIGHT), int(1.1 * WIDTH))
    if name == "noise":
        return rng.integers(0, 256, (*size, 3), dtype=np.uint8)
    if name == "blobs":
        coarse = rng.integers(40, 220, (27, 48, 3), dtype=np.uint8)
        return cv2.resize(coarse, size[::-1], interpolation=cv2.INTER_CUBIC)
    picture = np.full((*size, 3), (200, 195, 185), np.uint8)
    cv2.rectangle(picture, (0, 900), size[::-1], (140, 110, 80), -1)
    for left, side in ((250, 260), (700, 420), (1300, 620)):
        cover = np.full((int(1.3 * side), side, 3), (235, 215, 190), np.uint8)
        step = side // 9
        for k in range(-20, 40):
            if name == "striped chair":
                ends = (k * step, 0), (k * step + side // 2, cover.shape[0])
                cv2.line(cover, *ends, (120, 60, 60), step // 3)
            else:
                for row in range(14):
                    dot = (k * step + (row % 2) * step // 2, row * step)
                    cv2.circle(cover, dot, step // 4, (60, 50, 90), -1)
        oval = np.zeros(cover.shape[:2], np.uint8)
        cv2.ellipse(
            oval, (side // 2, int(0.65 * side)), (side // 2, int(0.65 * side)), 0, 0, 360, 255, -1
        )
        top = min(120, size[0] - cover.shape[0])
        part = picture[top : top + cover.shape[0], left : left + side]
        part[oval > 0] = cover[oval > 0]
        cv2.rectangle(picture, (left - 40, 820), (left + side + 40, 860), (250, 250, 250), -1)
    return picture


def moving(still: Picture, n: int) -> Iterator[Picture]:
    """Yield what a slowly moving camera sees of a still."""
    spare_y, spare_x = still.shape[0] - HEIGHT, still.shape[1] - WIDTH
    for number in range(n):
        x = int(spare_x * (0.5 + 0.5 * np.sin(number / 11)))
        y = int(spare_y * (0.5 + 0.5 * np.cos(number / 17)))
        yield grain(np.ascontiguousarray(still[y : y + HEIGHT, x : x + WIDTH]), number)


# 3. Hard faces


def hard_faces(backend: Backend, clips: Path) -> pd.DataFrame:
    rows = []
    for name, every in (("infant_webcam.mp4", 3), ("webcam_expressions.mp4", 20)):
        pictures = [frame.rgb() for frame in islice(read_frames(clips / name), 0, None, every)]
        height, width = pictures[0].shape[:2]
        plain = [s for s, _ in follow(Follower(backend, (0, 0, width, height)), pictures)]
        for what, change in CHANGES.items():
            changed = [
                change(picture.copy(), sighting, number)
                for number, (picture, sighting) in enumerate(zip(pictures, plain, strict=True))
            ]
            seen = [s for s, _ in follow(Follower(backend, (0, 0, width, height)), changed)]
            rows.append(
                {
                    "clip": name,
                    "changed": what,
                    "frames": len(seen),
                    "found": round(np.mean([is_found(s) for s in seen]), 3),
                    "off by, face sizes": off_by(plain, seen),
                }
            )
    return pd.DataFrame(rows)


def off_by(plain: list[Sighting | None], seen: list[Sighting | None]) -> float:
    """Return the largest distance of a face from where it is in the clip as it is."""
    apart = [
        a.box.distance(b.box)
        for a, b in zip(plain, seen, strict=True)
        if a is not None and b is not None and not a.fault and not b.fault
    ]
    return round(max(apart), 2) if apart else float("nan")


def dim(picture: Picture, number: int, *, light: float) -> Picture:
    """Take light away, then add a camera's noise (sd 4 of 255)."""
    rng = np.random.default_rng(number)
    return np.clip(light * picture + rng.normal(0, 4, picture.shape), 0, 255).astype(np.uint8)


def dummy(picture: Picture, sighting: Sighting | None) -> Picture:
    """Paint a pacifier over the mouth."""
    if sighting is not None:
        landmarks = sighting.mesh.landmarks[:, :2]
        x, y = landmarks[[13, 14]].mean(axis=0)
        unit = interocular_px(landmarks)
        middle = (round(float(x)), round(float(y)))
        cv2.ellipse(
            picture, middle, (int(0.42 * unit), int(0.28 * unit)), 0, 0, 360, (80, 150, 220), -1
        )
        cv2.circle(picture, middle, int(0.14 * unit), (240, 240, 230), -1)
    return picture


def hand(picture: Picture, sighting: Sighting | None) -> Picture:
    """Paint four fingers in the colour of the cheek over mouth and one cheek."""
    if sighting is not None:
        landmarks = sighting.mesh.landmarks[:, :2]
        unit = interocular_px(landmarks)
        x, y = (float(v) for v in landmarks[50])
        colour = [int(v) for v in picture[int(y), int(x)]]
        start = box_of(sighting.mesh.landmarks)
        for k in range(4):
            height = int(y + (k - 0.5) * 0.24 * unit)
            ends = (int(start.x_px - 0.3 * unit), height + int(0.2 * unit)), (int(x + unit), height)
            cv2.line(picture, *ends, [int(0.8 * v) for v in colour], int(0.26 * unit))
            cv2.line(picture, *ends, colour, int(0.19 * unit))
    return picture


CHANGES: dict[str, Callable[[Picture, Sighting | None, int], Picture]] = {
    "as it is": lambda picture, _s, _n: picture,
    "light .3": lambda picture, _s, n: dim(picture, n, light=0.3),
    "light .1": lambda picture, _s, n: dim(picture, n, light=0.1),
    "light .05": lambda picture, _s, n: dim(picture, n, light=0.05),
    "dummy": lambda picture, s, _n: dummy(picture, s),
    "hand": lambda picture, s, _n: hand(picture, s),
}


if __name__ == "__main__":
    main()
