"""A flash is seen where there is exactly one."""

import numpy as np
import pytest

from attunement.clock.flash import flash_s, only_jump


def levels(*flashes: int, height: float = 80.0, lasts: int = 3) -> np.ndarray:
    found = 90 + np.random.default_rng(1).normal(size=200)
    for first in flashes:
        found[first : first + lasts] += height
    return found


@pytest.mark.parametrize(
    ("seen", "frame"),
    [
        (levels(70), 70),
        (levels(70, lasts=1), 70),
        (levels(), None),
        (levels(70, 150), None),
        (levels(70, height=5), None),
        (levels(70, lasts=100), None),  # a lamp that stays on
        (np.array([1.0]), None),
    ],
)
def test_only_one_jump_counts(seen, frame):
    assert only_jump(seen) == frame


def test_the_time_of_a_flash_in_a_recording(tmp_path, sounds):
    seen = np.full(100, 60)
    seen[40:42] = 200
    path = sounds.write_recording(tmp_path / "a.mp4", None, seconds=4, levels=seen)
    assert flash_s(path) == pytest.approx(1.6)
    assert flash_s(sounds.write_recording(tmp_path / "b.mp4", None, seconds=2)) is None
