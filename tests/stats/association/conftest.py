"""Studies with known truth, small enough for fast tests."""

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

REFERENCE = Path(__file__).resolve().parents[2] / "reference"


@pytest.fixture(scope="session")
def known() -> ModuleType:
    """Give the data sets of R's packages (``known_data.py``)."""
    path = Path(__file__).parent / "known_data.py"
    spec = importlib.util.spec_from_file_location("attunement_test_known_data", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def coded() -> pd.DataFrame:
    """The table that R's reference numbers were computed from; ids are text."""
    ids = dict.fromkeys(("family", "dyad", "session", "stranger"), "str")
    return pd.read_csv(REFERENCE / "association.csv", dtype=ids)


@pytest.fixture
def study() -> pd.DataFrame:
    """60 dyads of 60 families; sensitivity rises with mirroring."""
    rng = np.random.default_rng(4)
    n = 60
    table = pd.DataFrame(
        {
            "dyad": [f"d{k:02d}" for k in range(n)],
            "family": [f"f{k:02d}" for k in range(n)],
            "session": [f"s{k:02d}" for k in range(n)],
            "mirroring": rng.normal(size=n),
            "markedness": rng.normal(size=n),
        }
    )
    table["sensitivity"] = 4 + 0.8 * table["mirroring"] + rng.normal(size=n)
    table["secure"] = (table["mirroring"] + rng.logistic(size=n) > 0).astype(int)
    return table
