"""Fixtures that several rooms share."""

import importlib.util
import os
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "fast", max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("fast")


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of real clips, data and reference numbers that lies beside the project."""
    folder = Path(__file__).resolve().parents[2] / "shared"
    if not folder.is_dir():
        if os.environ.get("CI"):
            pytest.fail("CI must have ../shared beside the project")
        pytest.skip("the folder ../shared with real clips and data is not here")
    return folder


@pytest.fixture(scope="session")
def sounds() -> ModuleType:
    """Sounds whose time is known, and recordings that carry them (``tests/video/sounds.py``)."""
    path = Path(__file__).parent / "video" / "sounds.py"
    spec = importlib.util.spec_from_file_location("attunement_test_sounds", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of the video files that are listed from here on, as they come."""
    from attunement.video import listing

    names: list[str] = []
    list_chapter = listing.list_chapter

    def list_and_tell(path: Path) -> object:
        names.append(path.name)
        return list_chapter(path)

    monkeypatch.setattr(listing, "list_chapter", list_and_tell)
    return names
