"""From what the face detector network puts out to faces: anchors, decoding, merging.

The network looks at 128 x 128 pixels with 896 anchors: two on every cell of a 16 x 16 grid and six
on every cell of an 8 x 8 grid. Each gives a score, a box and six key points, the first two of
which are the eyes; all positions are in 128ths of the picture, from the anchor's centre.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SIDE_PX = 128
MIN_SCORE = 0.5
MIN_OVERLAP = 0.5  # boxes that share more than this (intersection over union) are one face
_GRIDS = ((16, 2), (8, 6))  # cells a side, anchors a cell
_MAX_LOGIT = 100.0


@dataclass(frozen=True)
class Detection:
    """A face in the detector's own square picture, positions from 0 to 1.

    Attributes
    ----------
    score : float
        From .5 to 1.
    box : ndarray, shape (4,)
        Left, top, right, bottom.
    eyes : ndarray, shape (2, 2)
        x and y of the eye on the left of the picture, then of the other.
    """

    score: float
    box: NDArray[np.float64]
    eyes: NDArray[np.float64]


def anchor_centres() -> NDArray[np.float64]:
    """Return x and y of the 896 anchors, shape (896, 2), from 0 to 1."""
    centres = []
    for cells, per_cell in _GRIDS:
        middle = (np.arange(cells) + 0.5) / cells
        y, x = np.meshgrid(middle, middle, indexing="ij")
        centres.append(np.repeat(np.stack([x.ravel(), y.ravel()], axis=1), per_cell, axis=0))
    return np.concatenate(centres)


def read_detections(
    logits: NDArray[np.floating], coordinates: NDArray[np.floating], anchors: NDArray[np.float64]
) -> list[Detection]:
    """Return the faces that the network saw, the surest first.

    Parameters
    ----------
    logits : ndarray, shape (896,)
        Score of every anchor.
    coordinates : ndarray, shape (896, 16)
        Middle, width and height of the box, then six key points, in pixels from the anchor.
    anchors : ndarray, shape (896, 2)
        From `anchor_centres`.

    Notes
    -----
    Overlapping boxes are not suppressed but averaged, weighted by their scores, as MediaPipe does
    (Bazarevsky et al. 2019, BlazeFace): it takes the trembling out of the position.
    """
    scores = 1 / (1 + np.exp(-np.clip(logits.astype(np.float64), -_MAX_LOGIT, _MAX_LOGIT)))
    kept = np.flatnonzero(scores >= MIN_SCORE)
    if not len(kept):
        return []
    kept = kept[np.argsort(-scores[kept], kind="stable")]
    raw = coordinates[kept].astype(np.float64) / SIDE_PX
    middle, half = raw[:, :2] + anchors[kept], raw[:, 2:4] / 2
    boxes = np.concatenate([middle - half, middle + half], axis=1)
    eyes = raw[:, 4:8].reshape(-1, 2, 2) + anchors[kept, None]
    return _merge(scores[kept], boxes, eyes)


def _merge(
    scores: NDArray[np.float64], boxes: NDArray[np.float64], eyes: NDArray[np.float64]
) -> list[Detection]:
    merged = []
    left = np.arange(len(scores))
    while len(left):
        same = _overlap(boxes[left[0]], boxes[left]) > MIN_OVERLAP
        same[0] = True  # also where a box has no area
        group = left[same]
        weights = scores[group] / scores[group].sum()
        merged.append(
            Detection(
                score=float(scores[group[0]]),
                box=weights @ boxes[group],
                eyes=np.tensordot(weights, eyes[group], axes=1),
            )
        )
        left = left[~same]
    return merged


def _overlap(box: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return intersection over union of a box with each of the others."""
    low = np.maximum(box[:2], others[:, :2])
    high = np.minimum(box[2:], others[:, 2:])
    shared = np.prod(np.maximum(high - low, 0), axis=1)
    area = np.prod(np.maximum(others[:, 2:] - others[:, :2], 0), axis=1)
    own = np.prod(np.maximum(box[2:] - box[:2], 0))
    whole = area + own - shared
    return np.divide(shared, whole, out=np.zeros_like(shared), where=whole > 0)
