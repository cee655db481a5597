"""The clock of a session, by hand, from sound or a flash, or assumed."""

import pytest

from attunement.clock import find_clock, finding, on_clock
from attunement.study.sessions import Clock, Partner, Session


def session_of(two_cameras, caregiver, infant, *, layout="two_files", **further):
    partners = [
        Partner(person, (two_cameras[name],))
        for person, name in (("caregiver", caregiver), ("infant", infant))
    ]
    return Session("s", "d", "f", layout, *partners, **further)


def test_the_manifest_has_the_last_word(two_cameras):
    given = session_of(two_cameras, "caregiver", "infant", clock=Clock(offset_s=0.4))
    found = find_clock(given)
    assert (found.source, found.offset_s, found.drift_ppm) == ("manifest", 0.4, 0)
    # A frame of the slower camera, and what an unknown drift makes of 14 s.
    assert found.uncertainty_s == pytest.approx(0.04, abs=0.001)


def test_the_clock_from_the_sound_of_two_files(two_cameras, sounds):
    found = find_clock(session_of(two_cameras, "caregiver", "infant"))
    assert found.source == "sound"
    assert found.offset_s == pytest.approx(sounds.OFFSET_S, abs=0.010)
    assert found.drift_ppm == pytest.approx(-sounds.STRETCH_PPM, abs=20)
    assert 0.010 <= found.uncertainty_s < 0.015


def test_a_flash_where_there_is_no_sound(two_cameras):
    found = find_clock(session_of(two_cameras, "flash", "later"))
    assert (found.source, found.drift_ppm) == ("flash", 0)
    assert found.offset_s == pytest.approx(-0.8, abs=0.001)
    assert found.uncertainty_s > 0.04
    assert found.sound["refused"] == "no_sound"


def test_what_nothing_speaks_for_is_assumed(two_cameras):
    found = find_clock(session_of(two_cameras, "flash", "mute"))
    assert found == Clock(source="assumed", sound=found.sound)
    assert (found.source, found.offset_s, found.uncertainty_s) == ("assumed", 0, None)


def test_one_camera_has_one_clock(two_cameras):
    for layout, infant in (("side_by_side", "infant"), ("two_files", "caregiver")):
        session = session_of(two_cameras, "caregiver", infant, layout=layout)
        found = find_clock(session)
        assert (found.source, found.uncertainty_s) == ("one_recording", 0)


def test_what_is_found_is_not_looked_for_again(two_cameras, monkeypatch):
    session = on_clock(session_of(two_cameras, "flash", "later"))
    monkeypatch.setattr(finding, "read_sound", None)
    assert find_clock(session) == session.clock


def test_an_uncertainty_given_by_hand_stands(two_cameras):
    given = Clock(offset_s=0.4, uncertainty_s=0.5)
    assert find_clock(session_of(two_cameras, "caregiver", "infant", clock=given)) == given
