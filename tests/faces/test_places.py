"""Partners that do not keep the parts of a picture, or the recordings, that a layout gives them."""

from fractions import Fraction

import av
import numpy as np
import pandas as pd
import pytest

from attunement import extract_faces, run_study
from attunement.faces import assign_roles, extract_tracks, propose_roles
from attunement.faces.likeness import N_COLOURS
from attunement.faces.parts import GLIMPSE
from attunement.faces.places import (
    AS_TOLD,
    EXCHANGED,
    UNKNOWN,
    Moment,
    follow_places,
    is_other_picture,
    stretches,
)
from attunement.study import read_study

RNG = np.random.default_rng(3)
RATE_HZ = 10
# x, y, width, height in a part of 160 x 240, and a colour that the fake backend takes for a face.
ADULT, CHILD = ((20, 40, 80, 86), (200, 90, 60)), ((70, 60, 64, 70), (60, 110, 190))


def person():
    shares = RNG.dirichlet(np.full(8, 0.3), N_COLOURS // 8)
    return np.sqrt(shares).reshape(-1).astype(np.float32)


def room():
    return np.kron(RNG.integers(0, 255, (6, 8)), np.ones((4, 4))).reshape(-1).astype(np.float32)


COLOURS = {"adult": person(), "child": person(), "guest": person()}
ROOMS = {"adult": room(), "child": room(), "guest": room(), "screen": room()}


def seen(time_s, caregiver, infant):
    """Who is seen in the caregiver's part and in the infant's; empty for nobody."""
    of = {"caregiver": caregiver, "infant": infant}
    return Moment(time_s, colours={k: COLOURS[name] for k, name in of.items() if name})


def cut(time_s, before, after):
    return Moment(
        time_s,
        glimpses=(tuple(ROOMS[name] for name in before), tuple(ROOMS[name] for name in after)),
    )


def looks(start_s, end_s, caregiver="adult", infant="child"):
    return [seen(time_s, caregiver, infant) for time_s in np.arange(start_s, end_s, 0.5)]


def states(moments):
    return [(stretch.start_s, stretch.state) for stretch in follow_places(moments)]


AT_HOME, ACROSS = ("adult", "child"), ("child", "adult")
BEGUN = (-np.inf, AS_TOLD)


def test_who_stays_is_left_alone():
    assert states(looks(0, 20)) == []
    # A cut of the recording, after which both are where they were.
    assert states([*looks(0, 20), cut(10, AT_HOME, AT_HOME)]) == []
    # Turned away, out of the picture, leaning over the other: no frame in which all changes.
    some = [*looks(0, 5), *looks(5, 8, "", "child"), *looks(8, 9, "", "adult"), *looks(9, 15)]
    assert states(some) == []
    for alike in ("adult", "child"):
        assert states([*looks(0, 5), *looks(5, 12, alike, alike), *looks(12, 15)]) == []


def test_parts_that_change_places_in_one_frame():
    moments = [*looks(0, 6), cut(6, AT_HOME, ACROSS), *looks(6, 12, "child", "adult")]
    assert states(moments) == [BEGUN, (6, EXCHANGED)]
    # The pictures tell it even where no face is seen afterwards.
    assert states(moments[:13]) == [BEGUN, (6, EXCHANGED)]
    back = [cut(9, ACROSS, AT_HOME), *looks(9, 15)]
    kept = [moment for moment in moments if moment.time_s < 9]
    assert states([*kept, *back]) == [BEGUN, (6, EXCHANGED), (9, AS_TOLD)]


def test_a_mirrored_picture_is_an_exchange():
    mirrored = [ROOMS[name].reshape(GLIMPSE[::-1])[:, ::-1].reshape(-1) for name in ACROSS]
    before = tuple(ROOMS[name] for name in AT_HOME)
    moments = [*looks(0, 6), Moment(6, glimpses=(before, tuple(mirrored)))]
    assert states(moments) == [BEGUN, (6, EXCHANGED)]


def test_colours_tell_it_where_the_pictures_are_cropped_otherwise():
    other = cut(6, AT_HOME, ("guest", "screen"))
    assert states([*looks(0, 6), other, *looks(6, 9, "child", "adult")]) == [
        BEGUN, (6, EXCHANGED)
    ]  # fmt: skip
    assert states([*looks(0, 6), other, *looks(6, 9)]) == []


def test_a_gradual_change_needs_several_looks_at_both():
    assert states([*looks(0, 6), *looks(6, 7.5, "child", "adult"), *looks(7.5, 12)]) == []
    found = follow_places([*looks(0, 6), *looks(6, 12, "child", "adult")])
    assert [(one.start_s, one.state, one.at_once) for one in found[1:]] == [(6, EXCHANGED, False)]


def test_one_speaker_a_screen_or_a_guest_leave_it_unknown_until_somebody_is_known_again():
    speaker = cut(6, AT_HOME, ("adult", "guest"))
    for after in (looks(6, 9, "", "adult"), looks(6, 9, "guest", "adult"), looks(6, 9, "", "")):
        assert states([*looks(0, 6), speaker, *after]) == [BEGUN, (6, UNKNOWN)]
    screen = [*looks(0, 6), cut(6, AT_HOME, ("screen", "guest"))]
    again = [cut(9, ("screen", "guest"), AT_HOME), *looks(9, 12)]
    assert states([*screen, *again]) == [BEGUN, (6, UNKNOWN), (9, AS_TOLD)]
    across = [cut(9, ("screen", "guest"), ACROSS), *looks(9, 12, "child", "adult")]
    assert states([*screen, *across]) == [BEGUN, (6, UNKNOWN), (9, EXCHANGED)]


def test_before_anybody_is_seen_nobody_changes_places():
    assert states([cut(2, ("screen", "guest"), AT_HOME), *looks(2, 12)]) == []


def test_a_lamp_is_no_other_picture():
    before = [ROOMS["adult"], ROOMS["child"]]
    assert not is_other_picture(before, [np.clip(of * 0.4, 0, 255) for of in before])
    assert not is_other_picture(before, [np.clip(of + 70, 0, 255) for of in before])
    assert not is_other_picture(before, [before[0], ROOMS["guest"]])
    assert is_other_picture(before, before[::-1])


def test_one_person_in_both_parts_is_never_exchanged():
    moments = [*looks(0, 6, "adult", "adult"), cut(6, AT_HOME, ("guest", "screen"))]
    moments += looks(6, 12, "adult", "adult")
    assert EXCHANGED not in {state for _, state in states(moments)}


def film(path, parts_at, *, duration_s=8, rate_hz=RATE_HZ):
    """Write a video of one or two parts side by side; `parts_at` gives who is in them."""
    n_parts = len(parts_at(0))
    with av.open(str(path), "w") as file:
        options = {"crf": "10", "preset": "ultrafast"}
        stream = file.add_stream("libx264", rate=rate_hz, options=options)
        stream.width, stream.height, stream.pix_fmt = 160 * n_parts, 240, "yuv420p"
        stream.time_base = Fraction(1, rate_hz)
        for k in range(duration_s * rate_hz):
            picture = np.zeros((240, 160 * n_parts, 3), np.uint8)
            for j, ((x, y, width, height), colour) in enumerate(parts_at(k / rate_hz)):
                picture[y : y + height, 160 * j + x : 160 * j + x + width] = colour
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = k
            file.mux(stream.encode(frame))
        file.mux(stream.encode())


@pytest.fixture
def session_of(tmp_path):
    def session_of(row, roles=""):
        (tmp_path / "study.toml").write_text('[faces]\nbackend = "fake"\n')
        text = "\n".join(",".join(line) for line in (row, row.values()))
        (tmp_path / "sessions.csv").write_text(text + "\n")
        (tmp_path / "roles.csv").write_text("session,track,person,start_s,end_s\n" + roles)
        return read_study(tmp_path).sessions[0]

    return session_of


@pytest.fixture
def swapped(tmp_path):
    film(tmp_path / "call.mp4", lambda t: (ADULT, CHILD) if t < 4 else (CHILD, ADULT))
    side = {"session": "a", "layout": "side_by_side", "video": "call.mp4"}
    return {**side, "caregiver_side": "left"}


def test_faces_after_an_exchange_are_missing_and_not_somebody_elses(swapped, session_of):
    faces = extract_faces(session_of(swapped))
    for who, size in (("caregiver", 80), ("infant", 64)):
        of = faces[faces["person"] == who]
        assert len(of) == 80
        assert of["role_confidence"][of["time_s"] < 4].eq(1).all()
        assert of["role_confidence"][of["time_s"] >= 4].lt(0.9).all()
        # Who is proposed is right, and asks to be confirmed.
        assert of["box_height_px"].between(size - 8, size + 8).all()


def test_a_run_waits_for_the_roles_of_an_exchange(swapped, session_of, tmp_path):
    session_of(swapped)
    study = read_study(tmp_path)
    waiting = run_study(study, tmp_path / "out").waiting
    assert waiting["session"].tolist() == ["a"]
    assert waiting["share"][0] == pytest.approx(0.5)
    session_of(swapped, "a,0,infant,4,\na,1,caregiver,4,\n")
    assert run_study(read_study(tmp_path), tmp_path / "out").waiting.empty


def test_confirmed_roles_are_taken_up_over_both_parts(swapped, session_of):
    roles = "a,0,infant,4,\na,1,caregiver,4,\n"
    faces = extract_faces(session_of(swapped, roles))
    assert faces["role_confidence"].eq(1).all()
    assert faces["status"].eq("ok").all()
    caregiver = faces[faces["person"] == "caregiver"]
    assert caregiver["time_s"].is_monotonic_increasing
    assert caregiver["track"].tolist() == [0] * 40 + [1] * 40
    wrong = "a,0,caregiver,0,\na,1,infant,0,\n"
    assert extract_faces(session_of(swapped, wrong))["role_confidence"].eq(1).all()


def test_spans_are_held_against_each_other(tmp_path, session_of):
    """Whether the change is seen may not depend on where the recording is cut for the work."""
    film(
        tmp_path / "call.mp4",
        lambda t: (ADULT, CHILD) if t < 30 else (CHILD, ADULT),
        duration_s=34,
        rate_hz=5,
    )
    row = {"session": "a", "layout": "side_by_side", "video": "call.mp4", "caregiver_side": "left"}
    tracks = extract_tracks(session_of(row))
    assert [(one.start_s, one.state) for one in stretches(tracks)] == [BEGUN, (30.0, EXCHANGED)]
    alone = tracks.drop(columns="colours").assign(colours=None)
    assert len(stretches(alone)) == 0  # nobody is known without colours


def test_excluded_time_hides_nothing_after_it(swapped, session_of):
    faces = extract_faces(session_of({**swapped, "exclude": "3.5-4.5"}))
    after = faces[faces["time_s"] >= 4.5]
    assert after["role_confidence"].lt(0.9).all()
    faces = extract_faces(session_of({**swapped, "exclude": "4-8"}))
    assert not faces["role_confidence"].lt(0.9).any()


def test_people_who_change_cameras(tmp_path, session_of):
    film(tmp_path / "one.mp4", lambda t: (ADULT if t < 4 else CHILD,), duration_s=10)
    film(tmp_path / "two.mp4", lambda t: (CHILD if t < 4 else ADULT,), duration_s=10, rate_hz=15)
    row = {"session": "a", "layout": "two_files", "caregiver_video": "one.mp4"}
    row |= {"infant_video": "two.mp4", "offset_s": "0"}
    session = session_of(row)
    tracks = extract_tracks(session)
    roles = propose_roles(session, tracks)
    assert roles["person"].tolist() == ["caregiver", "infant", "infant", "caregiver"]
    faces = assign_roles(tracks, roles)
    caregiver = faces[faces["person"] == "caregiver"]
    assert caregiver["time_s"].is_monotonic_increasing
    assert caregiver["status"].eq("ok").all()
    assert np.diff(caregiver["time_s"]).max() < 0.6
    assert caregiver["role_confidence"][caregiver["time_s"] > 5].lt(0.9).all()
    confirmed = session_of(row, "a,0,infant,4,\na,1,caregiver,4,\n")
    faces = extract_faces(confirmed)
    assert faces["role_confidence"].eq(1).all()
    assert faces["box_height_px"].groupby(faces["person"]).std().max() < 3


def test_nobody_is_told_apart_in_tables_of_other_programs():
    tracks = pd.DataFrame({"view": ["caregiver", "infant"], "time_s": [0.0, 0.0]})
    assert stretches(tracks) == []
