"""A video of two faces whose expressions are known, to run the whole toolkit on.

Both faces are warped portraits of adults in the public domain that installed packages ship: Eileen
Collins (NASA, scikit-image) as the caregiver and Grace Hopper (US Navy, matplotlib) as the infant.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement import schema
from attunement.errors import SimulationError
from attunement.simulation.curves import expression_curves
from attunement.simulation.expressions import Controls
from attunement.simulation.portraits import CAST, Portrait, load_portrait
from attunement.simulation.truth import Truth
from attunement.simulation.warp import face_box, render_face

LAYOUTS = ("two_files", "side_by_side", "top_bottom")

_NOISE_SD = 1.5  # of 255
_N_NOISE = 8
_CONTROLS = ("smile", "frown", "mouth", "brow", "eyes", "yaw_deg", "pitch_deg", "roll_deg")
# One thread, one fixed quantiser, no look ahead. With crf (adaptive quantisers, look ahead) about
# 3 % of renders had the last block of a key frame coded otherwise for the same pictures; with these
# settings none of 320.
_X264 = {
    "preset": "veryfast",
    "qp": "23",
    "bf": "0",
    "threads": "1",
    "x264-params": "threads=1:aq-mode=0:mbtree=0:rc-lookahead=0:weightp=0:scenecut=0",
}

Picture = NDArray[np.uint8]


def render_dyad(
    folder: Path,
    *,
    duration_s: float = 90,
    mirroring: float = 1.0,
    lag_s: float = 0.8,
    marking: float = 1.0,
    layout: str = "two_files",
    rate_hz: float = 15.0,
    height_px: int = 288,
    seed: int = 0,
    name: str = "dyad",
    progress: Callable[[float], None] | None = None,
) -> tuple[dict[str, Path], Truth]:
    """Render a video of a dyad and return where it is and what was planted.

    Parameters
    ----------
    folder : Path
        Made if absent. A file of the same name is replaced.
    duration_s, mirroring, lag_s, marking, rate_hz, seed
        As in `expression_curves`.
    layout : str
        ``two_files``, ``side_by_side`` (caregiver left) or ``top_bottom`` (caregiver on top).
    height_px : int
        Height of one person's picture, which is 4 wide to 3 high; a multiple of 48, at least
        144. Outer eye corners are about .3 of it apart.
    name : str
        Files are called ``<name>_caregiver.mp4`` and ``<name>_infant.mp4``, or ``<name>.mp4``.
    progress : callable, optional
        Called with the share done, from 0 to 1, about once a second of video.

    Returns
    -------
    paths : dict of str to Path
        ``caregiver`` and ``infant`` for ``two_files``, else ``video``.
    truth : Truth
        The curves at the times of the frames: frame k is at k / rate_hz.

    Raises
    ------
    SimulationError
        For an unknown layout or a setting out of its range.

    Notes
    -----
    H.264, yuv420p, constant frame rate, no sound. The same arguments give the same bytes on the
    same versions of the packages. Only the surroundings of the face move; the rest is a still.

    Examples
    --------
    >>> from pathlib import Path
    >>> from attunement.simulation import render_dyad
    >>> from attunement.video import probe_video
    >>> paths, truth = render_dyad(Path("videos"), duration_s=1, rate_hz=5, height_px=144)
    >>> print(sorted(paths), probe_video(paths["infant"]).n_frames, "frames")
    ['caregiver', 'infant'] 5 frames
    """
    if layout not in LAYOUTS:
        raise SimulationError(f"layout must be one of {', '.join(LAYOUTS)}; found {layout!r}.")
    truth = expression_curves(
        duration_s=duration_s,
        mirroring=mirroring,
        lag_s=lag_s,
        marking=marking,
        rate_hz=rate_hz,
        seed=seed,
    )
    portraits = {
        person: load_portrait(CAST[person], height_px=height_px) for person in schema.PERSONS
    }
    frames = zip(
        *(
            _pictures(portraits[person], _controls(truth.curves, person), [seed, 100 + k])
            for k, person in enumerate(schema.PERSONS)
        ),
        strict=True,
    )
    folder.mkdir(parents=True, exist_ok=True)
    if layout == "two_files":
        paths = {person: folder / f"{name}_{person}.mp4" for person in schema.PERSONS}
    else:
        paths = {"video": folder / f"{name}.mp4"}
    n_frames, told_every = len(truth.curves), max(1, round(rate_hz))
    with ExitStack() as stack:
        writers = [stack.enter_context(_video(path, rate_hz)) for path in paths.values()]
        for k, pictures in enumerate(frames):
            for write, picture in zip(writers, _arranged(pictures, layout), strict=True):
                write(picture)
            if progress is not None and (k + 1) % told_every == 0:
                progress((k + 1) / n_frames)
    if progress is not None:
        progress(1.0)
    return paths, truth


def _arranged(pictures: tuple[Picture, ...], layout: str) -> list[Picture]:
    """Return one picture for each file."""
    if layout == "side_by_side":
        return [np.hstack(pictures)]
    if layout == "top_bottom":
        return [np.vstack(pictures)]
    return list(pictures)


def _controls(curves: pd.DataFrame, person: str) -> Iterator[Controls]:
    names = [name for name in _CONTROLS if f"{person}_{name}" in curves]
    levels = curves[[f"{person}_{name}" for name in names]].to_numpy()
    for row in levels:
        yield Controls(**dict(zip(names, map(float, row), strict=True)))


def _pictures(
    portrait: Portrait, controls: Iterator[Controls], seed: list[int]
) -> Iterator[Picture]:
    """Faces with a little pixel noise, which changes from frame to frame inside the face box."""
    rng = np.random.default_rng(seed)
    left, top, right, bottom = face_box(portrait)
    shape = (_N_NOISE, bottom - top, right - left, 3)
    noise = np.round(rng.normal(0, _NOISE_SD, shape)).astype(np.int16)
    for level in controls:
        picture = render_face(portrait, level)
        face = picture[top:bottom, left:right]
        grain = noise[rng.integers(_N_NOISE)]
        picture[top:bottom, left:right] = cv2.add(face, grain, dtype=cv2.CV_8U)
        yield picture


@contextmanager
def _video(path: Path, rate_hz: float) -> Iterator[Callable[[Picture], None]]:
    """Write pictures to an H.264 file, which takes its name only when it is whole."""
    rate = Fraction(rate_hz).limit_denominator(1001)
    partial = path.with_name(f"{path.name}.partial")
    try:
        with av.open(str(partial), "w", format="mp4", options={"fflags": "+bitexact"}) as file:
            stream = file.add_stream("libx264", rate=rate, options=_X264)
            stream.pix_fmt = "yuv420p"
            stream.codec_context.time_base = 1 / rate
            n_written = 0

            def write(picture: Picture) -> None:
                nonlocal n_written
                if not n_written:
                    stream.height, stream.width = picture.shape[:2]
                planes = cv2.cvtColor(picture, cv2.COLOR_RGB2YUV_I420)
                frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
                frame.pts, frame.time_base = n_written, 1 / rate
                file.mux(stream.encode(frame))
                n_written += 1

            yield write
            file.mux(stream.encode(None))
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
