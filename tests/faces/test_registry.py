"""A backend is one file and one line in `attunement.registry`."""

from pathlib import Path

import numpy as np
import pytest

from attunement import doctor, faces, provenance, schema
from attunement.config import Config
from attunement.errors import ConfigError, FacesError
from attunement.faces.backends import table as table_module
from attunement.faces.backends.table import read_table_and_clock
from attunement.faces.choice import declared, may_run_here, model_for
from attunement.faces.programs import PROGRAMS
from attunement.faces.programs.program import Program, frames, units
from attunement.registry import BACKENDS, Entry

SIDES = ("left", "right")
NEEDS_MEDIAPIPES_POINTS = [*schema.GEOMETRY, *schema.BLENDSHAPES]


@pytest.fixture
def toy(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parent)
    monkeypatch.setitem(BACKENDS, "toy", Entry("toy_backend"))
    return Config(faces={"backend": "toy", "keep_landmarks": True})


def test_a_session_is_brought_to_faces_by_a_backend_of_other_points(toy, painted_split, session_of):
    split = session_of("side_by_side", painted_split, painted_split, sides=SIDES)
    table = faces.extract_faces(split, toy)
    assert table["person"].unique().tolist() == ["caregiver", "infant"]
    seen = table[table["status"] == "ok"]
    assert len(seen) > 200
    assert seen[["box_x_px", "presence", "interocular_px", "yaw_deg"]].notna().all(axis=None)
    np.testing.assert_allclose(seen["interocular_px"] / seen["box_width_px"], 0.6, atol=0.01)
    assert seen[NEEDS_MEDIAPIPES_POINTS].isna().all(axis=None)
    assert {len(points) for points in seen["landmarks"]} == {68 * 3}
    assert faces.tracks_fingerprint(split, toy)["backend"] == {"backend": "toy", "version": "1"}


def test_two_in_one_picture_are_told_apart_without_mediapipes_points(
    toy, painted_split, session_of
):
    session = session_of("one_frame", painted_split, painted_split)
    table = faces.extract_faces(session, toy)
    assert (table.groupby("person")["status"].apply(lambda s: (s == "ok").sum()) > 100).all()


def test_what_a_backend_declares_is_what_the_others_ask(toy):
    assert model_for(toy, None) is None
    assert may_run_here(toy)
    assert "toy" in [finding.name for finding in doctor._backends()]


def test_an_unknown_backend_is_told_the_known_ones(toy):
    with pytest.raises(ConfigError, match="known are direct, mediapipe, fake, toy"):
        Config(faces={"backend": "magic"})


def test_packages_of_backends_stand_in_provenance():
    packages = {name for entry in BACKENDS.values() for name in entry.packages}
    assert packages == {"ai-edge-litert", "mediapipe"}
    assert packages < set(provenance.versions())
    names = list(provenance.versions())
    assert names == ["attunement", "python", *sorted(names[2:])]


@pytest.mark.parametrize("name", ["direct", "mediapipe", "fake"])
def test_every_backend_says_its_name_and_what_it_needs(name):
    declaration = declared(name)
    assert declaration.fingerprint()["backend"] == name
    assert declaration.needs_model == (name != "fake")
    assert declaration.needs_guard == (name == "mediapipe")


def test_a_program_is_one_entry(monkeypatch, tmp_path):
    def read(raw):
        table = units(raw, r"^lifted_(\d+)$")
        table["frame"] = frames(raw, "picture", first=1)
        return table.assign(status="ok")

    toy = Program("Toy", ("picture", "lifted_..."), 50.0, read, "picture", units=r"lifted_")
    path = tmp_path / "toy.csv"
    path.write_text("picture,lifted_12\n1,25\n2,50\n")
    with pytest.raises(FacesError, match=r"is not a table that is known here.*OpenFace"):
        read_table_and_clock(path, session="s", person="infant", rate_hz=25)
    monkeypatch.setattr(table_module, "PROGRAMS", (*PROGRAMS, toy))
    found = read_table_and_clock(path, session="s", person="infant", rate_hz=25)[0]
    assert found["AU12"].tolist() == [0.5, 1.0]
    assert found["time_s"].tolist() == [0, 0.04]
