"""Krippendorff's alpha by the GPL package krippendorff, which the project checks against only.

In an environment of its own (`pip install krippendorff`), from the project's root:
    python tests/reference/krippendorff_alpha.py
reads the ratings of reliability.json and writes krippendorff_alpha.json.
"""

import json
from importlib.metadata import version
from pathlib import Path

import krippendorff
import numpy as np

here = Path(__file__).parent
ratings = json.loads((here / "reliability.json").read_text())["alpha"]["ratings"]
units = np.array(ratings, dtype=float)
found = {
    level: krippendorff.alpha(reliability_data=units.T, level_of_measurement=level)
    for level in ("nominal", "ordinal", "interval", "ratio")
}
text = json.dumps({"version": version("krippendorff"), "estimate": found}, indent=1)
(here / "krippendorff_alpha.json").write_text(text + "\n")
