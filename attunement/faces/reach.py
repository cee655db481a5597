"""What a head can do between two looks at it, and when two looks cannot be of one head."""

import numpy as np

from attunement.faces.areas import Box

Pose = tuple[float, ...]  # yaw, pitch, roll in degrees
# What measuring adds, and what a head can do in a second: the fastest of six real clips reached
# 3.1 face sizes, 312 degrees and a factor of e**1.24.
REACH_SIZES = (0.1, 8.0)
REACH_DEG = (5.0, 700.0)
REACH_LOG_SIZE = (0.1, 4.0)
FURTHEST_SIZES = 1.5  # however long the face was away
# Beyond this the colours about a face are others (`likeness.unlike`): half a second apart they
# differed by .2 at most on five clips, on nine people of one clip each by .22 to .65.
NEW_COLOURS = 0.2


def reach_sizes(away_s: float) -> float:
    """Return how far a face may have gone in a time, in face sizes."""
    return min(_limit(REACH_SIZES, away_s), FURTHEST_SIZES)


def can_be_same(before: Box, after: Box, pose: Pose, later_pose: Pose, *, away_s: float) -> bool:
    """Return whether one head can have gone from one place, size and pose to another."""
    angles = (np.subtract(later_pose, pose) + 180) % 360 - 180
    return bool(
        after.distance(before) <= reach_sizes(away_s)
        and abs(np.log(after.size_px / before.size_px)) <= _limit(REACH_LOG_SIZE, away_s)
        and np.abs(angles).max() <= _limit(REACH_DEG, away_s)
    )


def _limit(limits: tuple[float, float], away_s: float) -> float:
    return limits[0] + limits[1] * away_s
