"""A worker needs no more memory for a longer recording."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import attunement

ROOT = Path(attunement.__file__).parents[1]
ONE_WORKER = """
import resource, sys
from pathlib import Path
import attunement
from attunement.pipeline import jobs
from attunement.pipeline.state import check_session
study, out = attunement.read_study(Path(sys.argv[1])), Path(sys.argv[2])
session = study.sessions[0]
checked = check_session(session, out)
opened = jobs.open_session(session, checked, out)
for number in (0, 1, len(opened.recorded_s) - 1):
    done = jobs.extract_part(session, checked, number, out, None)
    assert isinstance(done, jobs.Extracted), done
print(len(opened.recorded_s), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def spans_and_peak(study: Path, out: Path) -> tuple[int, int]:
    """Return the number of spans, and the most memory of a process that extracted three."""
    told = subprocess.run(
        [sys.executable, "-c", ONE_WORKER, str(study), str(out)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"},
    ).stdout.split()
    return int(told[0]), int(told[1])


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="the resource module is of POSIX systems")
def test_ten_minutes_take_no_more_memory_than_one(painter, tmp_path):
    rng = np.random.default_rng(5)
    peaks = []
    for minutes in (1, 10):
        folder = tmp_path / f"{minutes}"
        folder.mkdir()
        n = minutes * 60 * 5
        video = folder / "long.mp4"
        painter(video, [(rng.random(n), rng.random(n))], rate_hz=5)
        manifest = "session,layout,caregiver_video,infant_video\n"
        (folder / "sessions.csv").write_text(f"{manifest}a,two_files,long.mp4,long.mp4\n")
        (folder / "study.toml").write_text('[faces]\nbackend = "fake"\n')
        n_spans, peak = spans_and_peak(folder / "study.toml", folder / "out")
        assert n_spans == 2 * 2 * minutes
        peaks.append(peak)
    # 2,700 more pictures would be 100 MB; what is kept of each is its time.
    assert peaks[1] < 1.05 * peaks[0]
