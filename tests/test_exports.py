"""Every public name has one home, and tab completion offers public names only.

The home of a name is the one public room that lists it. The face, `attunement`, lists the rooms
and once more the names that most studies need; it is the home of what no room lists. `stats` is the
face of its rooms in the same way.
"""

import importlib
import pkgutil
from pathlib import Path
from types import ModuleType

import pytest

import attunement

FACE = "attunement"
FACES = (FACE, "attunement.stats")
ON_THE_FACE = {
    "AttunementError", "Config", "Scores", "Study", "Summary", "check_study", "codes_to_signals",
    "compute_signals", "extract_faces", "find_clock", "fit_study", "init_study", "read_study",
    "report", "run_study", "score_session", "score_windows",
}  # fmt: skip


def _rooms(module: ModuleType = attunement) -> dict[str, ModuleType]:
    """Return the public rooms by name, the face first, each before the rooms it lists."""
    rooms = {module.__name__: module}
    for name in module.__all__:
        listed = getattr(module, name)
        if isinstance(listed, ModuleType):
            rooms |= _rooms(listed)
    return rooms


ROOMS = _rooms()


def _names(room: str) -> dict[str, object]:
    """Return what a room lists, but for rooms."""
    listed = {name: getattr(ROOMS[room], name) for name in ROOMS[room].__all__}
    return {name: value for name, value in listed.items() if not isinstance(value, ModuleType)}


def test_the_face_shows_the_rooms_and_what_most_studies_need():
    assert set(attunement.__all__) >= ON_THE_FACE
    assert {"attunement.stats.association", "attunement.scoring", "attunement.report"} <= set(ROOMS)


def test_a_name_is_listed_by_one_room_only():
    homes: dict[str, list[str]] = {}
    for room in ROOMS:
        for name in _names(room):
            if room not in FACES:
                homes.setdefault(name, []).append(room)
    assert {name: rooms for name, rooms in homes.items() if len(rooms) > 1} == {}


@pytest.mark.parametrize("face", FACES)
def test_the_face_gives_the_same_object_as_its_home(face: str):
    homes = {
        name: value for room in ROOMS if room not in FACES for name, value in _names(room).items()
    }
    assert _names(face)
    assert [
        name for name, value in _names(face).items() if homes.get(name, value) is not value
    ] == []


def test_the_names_that_scripts_outside_call_are_there():
    assert attunement.stats.fit_association is attunement.stats.association.fit_association
    for name in ("icc", "krippendorff_alpha", "cohen_kappa", "fleiss_kappa"):
        assert callable(getattr(attunement.stats.reliability, name))
    for name in ("simulate_dyad", "render_dyad"):
        assert callable(getattr(attunement.simulation, name))
    assert callable(attunement.scoring.windowed_cross_correlation)


@pytest.mark.parametrize("room", ROOMS)
def test_what_a_room_lists_is_written_in_it(room: str):
    strangers = {
        name: value.__module__
        for name, value in _names(room).items()
        if callable(value) and not f"{value.__module__}.".startswith(f"{room}.")
    }
    assert strangers == {}


@pytest.mark.parametrize("room", ROOMS)
def test_tab_completion_offers_what_is_public_and_nothing_else(room: str):
    _import_everything()
    offered = dir(ROOMS[room])
    assert offered == sorted(ROOMS[room].__all__)
    modules = {name for name in offered if isinstance(getattr(ROOMS[room], name), ModuleType)}
    assert {f"{room}.{name}" for name in modules} <= set(ROOMS)
    assert [name for name in offered if name.startswith("_")] == []


@pytest.mark.parametrize("room", ROOMS)
def test_no_file_of_a_room_has_the_name_of_what_the_room_lists(room: str):
    # Importing such a file would put the module where the function is looked for.
    files = {module.name for module in pkgutil.iter_modules(getattr(ROOMS[room], "__path__", ()))}
    assert files & set(_names(room)) == set()


def test_every_lazy_room_has_its_stub_beside_it():
    root = Path(attunement.__file__).parent
    assert (root / "py.typed").exists()
    for module in ROOMS.values():
        if hasattr(module, "__path__"):
            assert Path(module.__file__).with_suffix(".pyi").exists(), module.__name__


def test_an_unknown_name_of_a_room_is_an_attribute_error():
    for room in ROOMS.values():
        assert not hasattr(room, "no_such_name")


@pytest.mark.slow
def test_type_checkers_see_every_public_name(tmp_path, monkeypatch):
    from mypy import api

    names = [f"{room}.{name}" for room in ROOMS for name in _names(room)]
    lines = [f"import {room}" for room in ROOMS] + [f"reveal_type({name})" for name in names]
    (tmp_path / "script.py").write_text("\n".join(lines))
    root = Path(attunement.__file__).parents[1]
    if root.name != "site-packages":  # where mypy looks by itself
        monkeypatch.setenv("MYPYPATH", str(root))
    monkeypatch.chdir(tmp_path)
    told, failed, _ = api.run(["--strict", "--follow-imports=silent", "script.py"])
    seen = [line for line in told.splitlines() if line.startswith("script.py")]
    assert [line for line in seen if ": error: " in line] == [], failed
    assert len(seen) == len(names)
    assert [line for line in seen if line.endswith('is "Any"')] == []


def _import_everything() -> None:
    for module in pkgutil.walk_packages(attunement.__path__, "attunement."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
