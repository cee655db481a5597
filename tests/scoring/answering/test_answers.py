import numpy as np
import pytest

from attunement.scoring.answering.answers import TYPES, Face, answer_type, as_if, silence_type

NAN = float("nan")


def face(sadness=0.0, smile_then=0.0, anger=0.0, smile_at_anger=0.0, marking=0.0, cut=0.5):
    return Face(sadness, smile_then, anger, smile_at_anger, marking, cut)


def test_as_if_needs_both_the_grim_face_and_the_play():
    assert as_if(2.0, 1.0, 1.0) == 2.0
    assert as_if(2.0, -1.0, 0.5) == 0.0
    assert as_if(-1.0, 3.0, 3.0) == 0.0
    assert np.isnan(as_if(1.0, NAN, 1.0))


@pytest.mark.parametrize(
    ("expression", "answer", "given", "kind"),
    [
        ("smile", "smile", face(marking=1.0), "matched_marked"),
        ("smile", "smile", face(marking=0.1), "matched_unmarked"),
        ("smile", "distress", face(), "incongruent"),
        ("smile", "anger", face(anger=1.5), "alarming"),
        ("smile", "anger", face(anger=1.5, smile_at_anger=1.0), "incongruent"),
        ("distress", "smile", face(sadness=0.2, smile_then=2.0), "bright_mismatch"),
        ("distress", "smile", face(sadness=1.5, smile_then=1.5), "as_if_distress"),
        ("distress", "smile", face(sadness=0.6, smile_then=0.5), "incongruent"),
        ("distress", "distress", face(sadness=1.5, marking=1.5), "as_if_distress"),
        ("distress", "distress", face(sadness=1.0, marking=0.6), "matched_marked"),
        ("distress", "distress", face(sadness=2.0), "matched_unmarked"),
        ("distress", "anger", face(anger=2.0), "alarming"),
        ("distress", "anger", face(anger=2.0, marking=1.0), "as_if_anger"),
        ("distress", "anger", face(anger=1.0, marking=0.6), "incongruent"),
        ("anger", "anger", face(anger=1.5, smile_at_anger=1.0), "as_if_anger"),
        ("anger", "anger", face(anger=1.0, marking=0.6), "matched_marked"),
        ("anger", "anger", face(anger=2.0), "alarming"),
        ("anger", "distress", face(sadness=2.0, marking=1.0), "as_if_distress"),
        ("anger", "smile", face(), "bright_mismatch"),
    ],
)
def test_the_type_follows_from_both_faces(expression, answer, given, kind):
    assert answer_type(expression, answer, given) == (kind, "")
    assert kind in TYPES


@pytest.mark.parametrize(
    ("expression", "answer", "given", "reason"),
    [
        ("smile", "smile", face(marking=NAN), "no_cue"),
        ("smile", "anger", face(marking=NAN), "no_cue"),
        ("distress", "distress", face(sadness=2.0, marking=NAN), "no_cue"),
        ("distress", "distress", face(sadness=2.0, smile_then=NAN), "no_distress"),
        ("distress", "smile", face(sadness=NAN), "no_distress"),
        ("anger", "anger", face(anger=2.0, smile_at_anger=NAN), "no_anger"),
    ],
)
def test_what_is_not_known_leaves_the_type_missing(expression, answer, given, reason):
    assert answer_type(expression, answer, given) == ("", reason)


def test_silence_is_continuing_marked_or_none():
    assert silence_type(showing=True, marked=None) == ("continuing", "")
    assert silence_type(showing=False, marked=True) == ("marked_only", "")
    assert silence_type(showing=False, marked=False) == ("none", "")
    assert silence_type(showing=False, marked=None) == ("", "no_cue")
