"""The direct backend lays the same meshes as MediaPipe's Task on real clips."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))
from speed_parity import WAYS, Apart, parity

N_FRAMES = 60
pytestmark = pytest.mark.needs_mediapipe


@pytest.fixture(scope="module")
def apart(shared):
    """Every way's distances from the Task in IMAGE mode, over clips of three adults."""
    pooled = {way: Apart() for way in WAYS}
    for clip in ("webcam_expressions.mp4", "WolfgangLanger_Pexels.mp4", "single_face.mp4"):
        for way, one in parity(shared / "clips" / clip, n_frames=N_FRAMES).items():
            pooled[way].landmarks_percent += one.landmarks_percent
            pooled[way].blendshapes += one.blendshapes
    return pooled


@pytest.mark.slow
@pytest.mark.shared_data
def test_a_find_is_the_tasks_own(apart):
    found = apart["direct, found"]
    assert len(found.blendshapes) == 3 * N_FRAMES
    assert np.percentile(found.landmarks_percent, 95) < 0.1
    assert np.percentile(found.blendshapes, 95) < 0.002


@pytest.mark.slow
@pytest.mark.shared_data
@pytest.mark.parametrize("percentile", [50, 95])
def test_following_is_no_further_from_the_task_than_its_own_modes_are(apart, percentile):
    followed, modes = apart["direct, followed"], apart["Task, VIDEO mode"]
    assert len(followed.blendshapes) == 3 * (N_FRAMES - 1)
    for measure in ("landmarks_percent", "blendshapes"):
        ours, theirs = (
            np.percentile(getattr(one, measure), percentile) for one in (followed, modes)
        )
        assert ours <= theirs, measure
