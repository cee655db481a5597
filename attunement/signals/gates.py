"""Which frames can be scored, and why the others cannot."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement.config import Signals
from attunement.schema import POSE
from attunement.signals.times_in_spans import in_spans
from attunement.study.sessions import Span

MIN_ROLE_CONFIDENCE = 0.9

# Reasons why a frame is missing, in the order in which they are given when several hold (and in
# which a tie between equally frequent ones is broken).
FRAME_REASONS = ("excluded", "error", "no_face", "low_quality", "role", "size", "pose", "jump")

# Physiology with a margin: the fastest of six real clips (two with an infant) reached 3.1 face
# sizes, 312 degrees and a factor of e**1.24 a second, and a face is about 14 cm high. Another
# person's face is at least one face size away and is reached within one frame.
MAX_SPEED_SIZES_PER_S = 8.0
MAX_TURN_DEG_PER_S = 700.0
MAX_LOG_GROWTH_PER_S = 4.0
# What measuring itself adds between two frames, however close in time.
JITTER_SIZES = 0.1
JITTER_DEG = 5.0
JITTER_LOG = 0.1


def gate_frames(
    frames: pd.DataFrame,
    *,
    measured: NDArray[np.bool_],
    settings: Signals,
    exclude: Sequence[Span] = (),
) -> NDArray[np.object_]:
    """Return for every frame why it is not usable, or the empty text where it is.

    Parameters
    ----------
    frames : pandas.DataFrame
        Rows of `schema.FACES` of one person, sorted by time.
    measured : ndarray of bool, shape (n,)
        Whether anything at all was measured on the face in that frame.
    settings : Signals
        Limits of yaw, pitch (degrees) and distance of the outer eye corners (pixels).
    exclude : sequence of Span
        Stretches that are not analysed.

    Returns
    -------
    ndarray of str, shape (n,)
        One of `FRAME_REASONS`, the first in that order that holds, or ``""``.

    Notes
    -----
    Missing data: a gate whose measure is missing in a frame (tables of other programs may have no
    pose and no distance in pixels) does not act on that frame.
    """
    times_s = frames["time_s"].to_numpy(float)
    status = frames["status"].to_numpy(object)
    yaw_deg, pitch_deg = (np.abs(column(frames, name)) for name in POSE[:2])
    has_face = (status == "ok") & measured
    right_person = ~(column(frames, "role_confidence") < MIN_ROLE_CONFIDENCE)
    holds = {
        "excluded": (status == "excluded") | in_spans(times_s, exclude),
        "error": status == "error",
        "no_face": status == "no_face",
        "low_quality": ~has_face,
        "role": ~right_person,
        "size": column(frames, "interocular_px") < settings.min_interocular_px,
        "pose": (yaw_deg > settings.max_yaw_deg) | (pitch_deg > settings.max_pitch_deg),
        "jump": jumps(frames, has_face & right_person),
    }
    return np.select([holds[name] for name in FRAME_REASONS], FRAME_REASONS, "").astype(object)


def jumps(frames: pd.DataFrame, candidates: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which frames take part in a leap that no head can make, shape (n,).

    Compared are neighbours among the `candidates` in position and size of the box and in pose. A
    single frame that leaps away from two neighbours that agree with each other is marked alone;
    otherwise both sides of a leap are, since either may be the wrong one. The longer the time
    between two frames, the further a head may have gone. What is missing does not leap.
    """
    marked = np.zeros(len(frames), dtype=bool)
    index = np.flatnonzero(candidates)
    if len(index) < 2:
        return marked
    state = _head_state(frames, index)
    times_s = frames["time_s"].to_numpy(float)[index]
    pair = _leaps(state, times_s, 1)
    alone = np.zeros(len(index), dtype=bool)
    if len(index) > 2:
        alone[1:-1] = pair[:-1] & pair[1:] & ~_leaps(state, times_s, 2)
    pair &= ~(alone[:-1] | alone[1:])
    alone[:-1] |= pair
    alone[1:] |= pair
    marked[index] = alone
    return marked


def column(frames: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """Return a column as numbers, all missing where the table does not have it."""
    if name not in frames:
        return np.full(len(frames), np.nan)
    values = frames[name]
    if values.dtype == np.float64:  # as nearly all are: a tenth of the time
        return values.to_numpy()
    return values.to_numpy(dtype=float, na_value=np.nan)


def _head_state(frames: pd.DataFrame, index: NDArray[np.intp]) -> dict[str, NDArray[np.float64]]:
    def of(name: str) -> NDArray[np.float64]:
        return column(frames, name)[index]

    width_px, height_px = of("box_width_px"), of("box_height_px")
    area_px2 = np.where((width_px > 0) & (height_px > 0), width_px * height_px, np.nan)
    return {
        "x_px": of("box_x_px") + width_px / 2,
        "y_px": of("box_y_px") + height_px / 2,
        "size_px": np.sqrt(area_px2),
        **{name: of(name) for name in POSE},
    }


def _leaps(
    state: dict[str, NDArray[np.float64]], times_s: NDArray[np.float64], step: int
) -> NDArray[np.bool_]:
    """Return which frames leap to the one `step` later, shape (n - step,)."""

    def change(name: str) -> NDArray[np.float64]:
        return state[name][step:] - state[name][:-step]

    apart_s = times_s[step:] - times_s[:-step]
    size_px = np.minimum(state["size_px"][step:], state["size_px"][:-step])
    moved = np.hypot(change("x_px"), change("y_px")) / size_px
    grown = np.abs(np.log(state["size_px"][step:] / state["size_px"][:-step]))
    turned = np.max([np.abs((change(name) + 180) % 360 - 180) for name in POSE], axis=0)
    return (
        (moved > JITTER_SIZES + MAX_SPEED_SIZES_PER_S * apart_s)
        | (grown > JITTER_LOG + MAX_LOG_GROWTH_PER_S * apart_s)
        | (turned > JITTER_DEG + MAX_TURN_DEG_PER_S * apart_s)
    )
