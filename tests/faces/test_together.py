"""Who is who in one picture: people painted in colours, who cross, change places, leave."""

from dataclasses import replace

import numpy as np
import pytest

from attunement import faces
from attunement.config import Config
from attunement.errors import FacesError
from attunement.study.sessions import Role

FAKE = Config(faces={"backend": "fake"})
SIZE = (480, 200)
RATE_HZ = 10
# Caregiver, infant, somebody else: told apart by their colour alone.
CAREGIVER, INFANT, OTHER = (220, 60, 0), (60, 60, 210), (60, 200, 60)
HINTS = ((20, 20, 140, 160), (320, 20, 140, 160))
LEFT, MIDDLE, RIGHT = 40, 195, 350


def at(x, colour, *, width=80, y=45):
    return (int(x), y, width, 100, colour)


@pytest.fixture
def played(tmp_path, paint, write_video, session_of):
    """From the patches of every frame, the session and its tracks."""

    def play(scenes, *, hints=HINTS, rate_hz=RATE_HZ):
        pictures = (paint(SIZE, patches) for patches in scenes)
        path = write_video(tmp_path / "played.mp4", pictures, rate_hz=rate_hz)
        session = session_of("one_frame", path, path, rois=hints)
        return session, faces.extract_tracks(session, FAKE)

    return play


def faces_of(session, tracks):
    return faces.assign_roles(tracks, faces.propose_roles(session, tracks))


def swapped(table, colours=(CAREGIVER, INFANT)):
    """Rows that are used (confidence .9) though the painted colour is somebody else's."""
    used = table[(table["status"] == "ok") & (table["role_confidence"] >= 0.9)]
    red = np.array([colour[0] for colour in colours]) / 255
    own = used["person"].map(dict(zip(("caregiver", "infant"), red, strict=True))).astype(float)
    return used[(used["mouthSmileLeft"] - own).abs() > 0.1]


def kept_share(table):
    found = table[table["status"] == "ok"]
    return (found["role_confidence"] >= 0.9).mean()


def both(n):
    return [[at(LEFT, CAREGIVER), at(RIGHT, INFANT)]] * n


def crossing():
    """They walk past each other; in the middle the caregiver hides the infant."""
    for x in np.linspace(LEFT, RIGHT, 40):
        caregiver, infant = at(x, CAREGIVER), at(LEFT + RIGHT - x, INFANT)
        yield [caregiver] if abs(2 * x - LEFT - RIGHT) < 100 else [caregiver, infant]


def test_two_who_stay_apart_keep_one_track_each(played):
    session, tracks = played(both(12))
    assert sorted(tracks["track"].unique()) == [0, 1]
    table = faces_of(session, tracks)
    assert (table["role_confidence"] == 1.0).all()
    assert len(swapped(table)) == 0


def test_a_crossing_with_one_hidden_ends_tracks_and_swaps_nobody(played):
    session, tracks = played(
        [*both(8), *crossing(), *[[at(RIGHT, CAREGIVER), at(LEFT, INFANT)]] * 8]
    )
    assert tracks["track"].max() >= 3
    table = faces_of(session, tracks)
    assert len(swapped(table)) == 0
    assert kept_share(table) > 0.9


def test_without_evidence_a_meeting_leaves_no_confidence(played):
    def alike(scene):
        return [(x, y, w, h, CAREGIVER) for x, y, w, h, _ in scene]

    session, tracks = played([alike(scene) for scene in [*both(8), *crossing(), *both(8)]])
    roles = faces.propose_roles(session, tracks)
    later = roles[roles["start_s"] > 1.5]
    assert len(later) >= 2
    assert (later["role_confidence"] < 0.9).all()


@pytest.mark.parametrize("is_mirrored", [True, False])
def test_places_exchanged_from_one_frame_to_the_next(played, is_mirrored):
    after = [[at(LEFT, INFANT), at(RIGHT, CAREGIVER)]] * 12 if is_mirrored else both(12)
    session, tracks = played([*both(12), *after])
    table = faces_of(session, tracks)
    assert len(swapped(table)) == 0
    assert kept_share(table) > 0.9
    assert (tracks["track"].nunique() > 2) == is_mirrored


def test_someone_who_walks_through_is_other(played):
    passing = [
        [at(LEFT, CAREGIVER), at(RIGHT, INFANT), at(x, OTHER, width=60)]
        for x in np.linspace(150, 260, 16)
    ]
    session, tracks = played([*both(8), *passing, *both(8)])
    roles = faces.propose_roles(session, tracks)
    assert set(roles["person"]) == {"caregiver", "infant", "other"}
    table = faces_of(session, tracks)
    assert len(swapped(table)) == 0
    assert kept_share(table) == 1.0
    assert (table.groupby("person").size() == 32).all()


def test_a_stranger_in_an_empty_place_is_not_taken_for_who_left(played):
    alone = [[at(LEFT, CAREGIVER)]] * 6
    stranger = [[at(LEFT, CAREGIVER), at(RIGHT, OTHER)]] * 12
    session, tracks = played([*both(12), *alone, *stranger])
    table = faces_of(session, tracks)
    assert len(swapped(table)) == 0
    infant = table[(table["person"] == "infant") & (table["time_s"] >= 1.8)]
    assert not (infant["role_confidence"] >= 0.9).any()


def test_leaving_and_coming_back_elsewhere(played):
    away = [[at(LEFT, CAREGIVER)]] * 12
    back = [[at(LEFT, CAREGIVER), at(MIDDLE, INFANT)]] * 12
    session, tracks = played([*both(12), *away, *back])
    table = faces_of(session, tracks)
    infant = table[table["person"] == "infant"].set_index("frame")
    assert (infant.loc[25:, "role_confidence"] >= 0.9).all()
    assert (infant.loc[25:, "status"] == "ok").all()
    assert len(swapped(table)) == 0


def test_without_regions_all_is_a_guess_until_the_user_says(played):
    session, tracks = played(both(12), hints=(None, None))
    table = faces_of(session, tracks)
    assert (table["role_confidence"].dropna() < 0.9).all()
    roles = faces.propose_roles(session, tracks)
    left = int(roles.loc[roles["x_px"].idxmin(), "track"])
    told = replace(session, roles=(Role(left, "infant"), Role(1 - left, "caregiver")))
    table = faces_of(told, tracks)
    assert (table["role_confidence"] == 1.0).all()
    assert (table.loc[table["person"] == "infant", "box_x_px"] < 200).all()


def test_what_the_user_says_of_one_track_speaks_for_the_others(played):
    scenes = [*both(12), *[[]] * 12, *both(12)]
    session, tracks = played(scenes, hints=(None, None))
    first = faces.propose_roles(session, tracks).query("start_s < 1").sort_values("x_px")["track"]
    told = replace(
        session, roles=(Role(int(first.iloc[0]), "caregiver"), Role(int(first.iloc[1]), "infant"))
    )
    table = faces_of(told, tracks)
    assert len(swapped(table)) == 0
    assert kept_share(table) == 1.0


def test_rows_of_a_user_that_cannot_be_are_listed_at_once(played):
    session, tracks = played(both(8))
    roles = (
        Role(7, "infant", row=2),
        Role(0, "caregiver", row=3),
        Role(1, "caregiver", 0.3, 0.6, row=4),
    )
    with pytest.raises(FacesError) as caught:
        faces.propose_roles(replace(session, roles=roles), tracks)
    assert "row 2, column track: found '7'; expected a track of session s1: 0, 1" in str(
        caught.value
    )
    assert "row 4, column person: found 'caregiver'" in str(caught.value)


def test_part_of_a_track_can_be_given_to_another(played):
    session, tracks = played(both(12))
    left = int(tracks.loc[tracks["box_x_px"].idxmin(), "track"])
    told = replace(session, roles=(Role(left, "other", 0.5, 0.9),))
    table = faces_of(told, tracks)
    gone = table[(table["person"] == "caregiver") & table["time_s"].between(0.45, 0.85)]
    assert gone["status"].tolist() == ["no_face"] * 4
    assert (table[table["person"] == "infant"]["status"] == "ok").all()


@pytest.mark.slow
def test_tracks_run_on_from_span_to_span_for_any_number_of_workers(played):
    scenes = [[at(LEFT + k % 5, CAREGIVER), at(RIGHT, INFANT)] for k in range(70)]
    session, tracks = played(scenes, rate_hz=2)
    assert len(faces.plan_faces(session, FAKE)) == 2
    assert sorted(tracks["track"].unique()) == [0, 1]
    several = faces.extract_tracks(session, FAKE, workers=2)
    assert np.array_equal(several["track"], tracks["track"])
    assert several.drop(columns="colours").equals(tracks.drop(columns="colours"))
