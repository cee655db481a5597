"""Fixtures that several rooms share."""

import importlib.util
import os
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "fast", max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("fast")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what runs MediaPipe itself where it has no wheel, and nowhere else."""
    from attunement.faces import guard

    if guard.is_for_this_machine():
        return
    for item in items:
        if item.get_closest_marker("needs_mediapipe"):
            item.add_marker(pytest.mark.skip(reason="MediaPipe has no wheel for this machine"))


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


@pytest.fixture(scope="session")
def two_cameras(tmp_path_factory: pytest.TempPathFactory, sounds: ModuleType) -> dict[str, Path]:
    """Two recordings of one room, the infant's later and fast; three without sound.

    By how much later and faster is ``sounds.OFFSET_S`` and ``sounds.STRETCH_PPM``. Of the others
    two have a flash, the later one 0.8 s later.
    """
    folder = tmp_path_factory.mktemp("recordings")
    made = sounds.talk(21, 16)
    infant = sounds.in_a_room(made, 3, echo=0.01)[round(sounds.OFFSET_S * sounds.RATE_HZ) :]
    flash = np.full(100, 60)
    flash[40:42] = 220
    later = np.roll(flash, 20)
    write = sounds.write_recording
    return {
        "caregiver": write(folder / "caregiver.mp4", sounds.in_a_room(made, 2, echo=0.01)),
        "infant": write(
            folder / "infant.mp4",
            sounds.stretched(infant, sounds.STRETCH_PPM),
            frame_rate_hz=30,
            stretch_ppm=sounds.STRETCH_PPM,
        ),
        "flash": write(folder / "flash.mp4", None, seconds=4, levels=flash),
        "later": write(folder / "later.mp4", None, seconds=4, levels=later),
        "mute": write(folder / "mute.mp4", None, seconds=4),
    }


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
