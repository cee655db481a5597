"""Fixtures of the tests of scores."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def naive() -> ModuleType:
    """Give the scores in plain loops (``tests/scoring/naive.py``)."""
    path = Path(__file__).parent / "naive.py"
    spec = importlib.util.spec_from_file_location("attunement_test_naive", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
