"""A flash that lights up the picture of a recording, where there is exactly one."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from attunement.errors import VideoError
from attunement.video.reading import read_decoded
from attunement.video.recording import read_recording

FLASH_LOOK_S = 120.0
_LEAST_JUMP = 12.0  # of 255, mean over the picture
_STANDS_OUT = 3.0
_NOISES = 8.0
_MOST_FRAMES = 25


def flash_s(paths: Path | Sequence[Path]) -> float | None:
    """Return when a flash begins in the first two minutes of a recording.

    Parameters
    ----------
    paths : Path or sequence of Path
        The file, or the chapters in the order in which they are played.

    Returns
    -------
    float or None
        Time of the first bright frame, in seconds from the recording's first. None where the
        picture does not jump in brightness, or does so more than once, or cannot be read.
    """
    frames, levels = [], []
    try:
        recording = read_recording(paths)
        # Kept, since setting up a conversion takes ten times as long as a picture of this size.
        shrinking = VideoReformatter()
        for _, index, decoded in read_decoded(recording, recording.times_s < FLASH_LOOK_S):
            small = shrinking.reformat(decoded, width=64, height=36, format="gray", threads=1)
            frames.append(index)
            levels.append(float(small.to_ndarray().mean()))
    except VideoError:
        return None
    at = only_jump(np.array(levels))
    return None if at is None else float(recording.times_s[frames[at]])


def only_jump(levels: NDArray[np.float64]) -> int | None:
    """Return the frame in which the one jump up in brightness happens, if there is exactly one.

    Parameters
    ----------
    levels : ndarray, shape (n_frames,)
        Mean brightness of each picture, 0 to 255.

    Returns
    -------
    int or None
        A jump is a rise from one frame to the next of at least 12, and of 8 times the spread of
        the usual changes, that is half gone within a second's frames at most: a lamp switched on,
        or a camera that sets itself to the light, is no flash. It is the only one where no other
        rise is a third as high.
    """
    if len(levels) < 3:
        return None
    rises = np.diff(levels)
    at = int(rises.argmax())
    height = float(rises[at])
    usual = 1.4826 * float(np.median(np.abs(rises - np.median(rises))))
    # A lamp that takes two frames to be bright is one flash.
    others = np.delete(rises, slice(max(0, at - 1), at + 2))
    other = float(others.max(initial=0.0))
    if height < _LEAST_JUMP or height < _NOISES * usual or other * _STANDS_OUT > height:
        return None
    after = levels[at + 1 : at + 1 + _MOST_FRAMES]
    return at + 1 if float(after.min()) <= levels[at] + height / 2 else None
