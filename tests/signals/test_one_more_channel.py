"""A channel is one entry in one file: everything else follows from it."""

import shutil
import subprocess
import sys
from pathlib import Path

import attunement

ENTRY = '    Channel("head_movement"'
NEW = '    Channel("sneer", "Nose wrinkled.", lambda e: e["sneer"]),\n'
MEASURE = '    "smile": (Source(_both("mouthSmile"))'
NEW_MEASURE = '    "sneer": (Source(_both("noseSneer")),),\n'

PROBE = """
import numpy as np
import pandas as pd
import attunement
from attunement import schema

n = 1500
rows = []
for person in schema.PERSONS:
    faces = pd.DataFrame({name: np.zeros(n) for name in (*schema.BLENDSHAPES, *schema.GEOMETRY)})
    faces = faces.assign(
        session="a", frame=np.arange(n), time_s=np.arange(n) / 25, person=person, status="ok",
        interocular_px=60.0, role_confidence=1.0, yaw_deg=0.0, pitch_deg=0.0, roll_deg=0.0,
    )
    faces.loc[500:999, ["noseSneerLeft", "noseSneerRight"]] = 0.5
    rows.append(faces)
faces = schema.conform(pd.concat(rows).sort_values(["frame", "person"]), schema.FACES)
signals = attunement.compute_signals(faces)
sneer = signals.loc[signals["person"] == "infant", "sneer"].to_numpy()
before, during = sneer[:190], sneer[210:390]
assert before.max() == 0 and during.min() > 1, (before.max(), during.min())
assert "sneer" in schema.SIGNALS
only = signals.drop(columns=[name for name in schema.CHANNELS if name != "sneer"])
assert len(attunement.score_session(only).by_session) == 1
codes = pd.DataFrame({
    "session": "s", "person": ["infant", "caregiver"], "code": "positive", "intensity": 1.0,
    "onset_s": 0.0, "offset_s": 3.0,
})
assert attunement.codes_to_signals(codes, channel="sneer")["sneer"].notna().all()
"""


def test_one_entry_makes_a_channel_of_signals_scoring_and_codes(tmp_path):
    package = Path(attunement.__file__).parent
    copy = shutil.copytree(package, tmp_path / "attunement")
    text = (copy / "channels.py").read_text(encoding="utf-8")
    assert text.count(ENTRY) == text.count(MEASURE) == 1
    text = text.replace(ENTRY, NEW + ENTRY).replace(MEASURE, NEW_MEASURE + MEASURE)
    (copy / "channels.py").write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", PROBE], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
