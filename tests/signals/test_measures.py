import numpy as np
import pytest

from attunement.channels import MEASURES, arousal, valence
from attunement.signals.measures import combine, take_measures

N = 50


def excursions(**given):
    return {name: np.full(N, given.get(name, 0.0)) for name in MEASURES}


def test_left_and_right_are_averaged_so_a_mirrored_face_reads_the_same(bench):
    faces = bench.faces(duration_s=1, mouthSmileLeft=0.2, mouthSmileRight=0.6)
    mirrored = bench.faces(duration_s=1, mouthSmileLeft=0.6, mouthSmileRight=0.2)
    for table in (faces, mirrored):
        np.testing.assert_allclose(take_measures(table)[0]["smile"], 0.4)


def test_geometry_goes_before_blendshapes_and_blendshapes_before_action_units(bench):
    faces = bench.faces(duration_s=1, brow_height=0.3).assign(AU01=0.9, AU02=0.7)
    measures, floors = take_measures(faces)
    assert measures["brow_raise"][0] == 0.3
    assert floors["brow_raise"] == 0.01
    measures, floors = take_measures(faces.drop(columns="brow_height"))
    assert measures["brow_raise"][0] == pytest.approx(0.1)
    assert floors["brow_raise"] == 0.05
    shapes = [c for c in faces if c.startswith("brow")]
    assert take_measures(faces.drop(columns=shapes))[0]["brow_raise"][0] == pytest.approx(0.8)


def test_one_source_for_the_whole_person(bench):
    faces = bench.faces(duration_s=1).assign(AU25=0.5)
    faces.loc[5:9, "lip_gap"] = np.nan
    opening = take_measures(faces)[0]["mouth_opening"]
    assert np.flatnonzero(np.isnan(opening)).tolist() == [5, 6, 7, 8, 9]


def test_only_frames_with_a_face_are_measured(bench):
    faces = bench.faces(duration_s=1)
    faces.loc[:4, "status"] = "low_quality"
    assert np.isnan(take_measures(faces)[0]["smile"][:5]).all()


def test_mouth_opening_of_action_units_is_the_largest(bench):
    faces = bench.faces(duration_s=1).drop(columns=["lip_gap", "jawOpen"])
    faces = faces.assign(AU25=0.2, AU26=0.6, AU27=0.1)
    assert take_measures(faces)[0]["mouth_opening"][0] == 0.6


def test_distress_follows_its_formula():
    parts = {"frown": 0.3, "stretch": 0.1, "brow_down": 0.2, "upper_up": 0.5, "lower_down": 0.4}
    assert combine(excursions(**parts))["distress"][0] == pytest.approx(0.3 + 0.1 + 0.4)
    parts["smile"] = 0.3
    assert combine(excursions(**parts))["distress"][0] == pytest.approx(0.3 + 0.1 + 0.1)


def test_an_open_smile_is_no_distress():
    smiling = {"smile": 0.6, "upper_up": 0.55, "lower_down": 0.4, "mouth_opening": 0.2}
    assert combine(excursions(**smiling))["distress"][0] == 0


def test_anger_is_brows_with_pressed_lips_and_without_distress():
    anger = {"brow_down": 0.4, "press": 0.3}
    assert combine(excursions(**anger))["anger"][0] == pytest.approx(0.3)
    assert combine(excursions(brow_down=0.4))["anger"][0] == 0
    assert combine(excursions(press=0.4))["anger"][0] == 0
    assert combine(excursions(**anger, frown=0.5))["anger"][0] == pytest.approx(0.15)


def test_terms_that_a_table_lacks_are_left_out_and_needed_ones_are_not_made_up():
    missing = np.full(N, np.nan)
    without_squared = {**excursions(frown=0.3), "lower_down": missing}
    assert combine(without_squared)["distress"][0] == pytest.approx(0.3)
    without_corners = {**excursions(brow_down=0.3), "frown": missing, "stretch": missing}
    assert np.isnan(combine(without_corners)["distress"]).all()
    assert np.isnan(combine({**excursions(), "press": missing})["anger"]).all()


def test_a_part_missing_in_one_frame_makes_that_frame_missing():
    parts = excursions(frown=0.3)
    parts["brow_down"] = parts["brow_down"].copy()
    parts["brow_down"][3] = np.nan
    assert np.flatnonzero(np.isnan(combine(parts)["distress"])).tolist() == [3]


def test_valence_and_arousal():
    np.testing.assert_array_equal(
        valence(np.array([5.0, 0, 1, np.nan]), np.array([0, 5.0, 2, 0])), [3, -3, -1, np.nan]
    )
    first, second, none = np.array([1.0, 2, np.nan]), np.array([3.0, 4, 5]), np.full(3, np.nan)
    np.testing.assert_array_equal(arousal(first, second, none), [2, 3, np.nan])
    assert np.isnan(arousal(first, none, none)).all()
