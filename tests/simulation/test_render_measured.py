"""What MediaPipe measures on rendered faces: the reason why they can stand in for recordings."""

import av
import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from attunement.faces import ensure_model
from attunement.simulation import Controls, load_portrait, render_dyad, render_face
from attunement.simulation.portraits import CAST

pytestmark = pytest.mark.needs_mediapipe
LEVELS = np.linspace(0, 1, 6)


@pytest.fixture(scope="module")
def measure():
    """Measure one face in an RGB picture, from scratch."""
    import mediapipe
    from mediapipe.tasks.python import BaseOptions, vision

    options = vision.FaceLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(ensure_model())),
        output_face_blendshapes=True,
    )
    with vision.FaceLandmarker.create_from_options(options) as landmarker:

        def find(picture):
            image = mediapipe.Image(
                image_format=mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(picture)
            )
            found = landmarker.detect(image)
            height, width = picture.shape[:2]
            points = np.array([(p.x * width, p.y * height) for p in found.face_landmarks[0]])
            shapes = {shape.category_name: shape.score for shape in found.face_blendshapes[0]}

            def apart(*pairs):
                interocular = np.hypot(*(points[33] - points[263]))
                return np.mean([np.hypot(*(points[a] - points[b])) for a, b in pairs]) / interocular

            return {
                "smile": (shapes["mouthSmileLeft"] + shapes["mouthSmileRight"]) / 2,
                "frown": (shapes["mouthFrownLeft"] + shapes["mouthFrownRight"]) / 2,
                "mouth": apart((13, 14)),
                "brow": apart((105, 159), (334, 386)),
                "eyes": apart((159, 145), (386, 374)),
                "interocular_px": np.hypot(*(points[33] - points[263])),
            }

        yield find


def ramp(measure, person, control):
    portrait = load_portrait(CAST[person])
    found = [measure(render_face(portrait, Controls(**{control: level}))) for level in LEVELS]
    return pd.DataFrame(found, index=LEVELS)


# The least change is about two thirds of what was measured when the recipe was set.
@pytest.mark.parametrize(
    ("person", "control", "least"),
    [
        ("caregiver", "smile", 0.6),
        ("caregiver", "frown", 0.25),
        ("caregiver", "mouth", 0.18),
        ("caregiver", "brow", 0.05),
        ("caregiver", "eyes", 0.02),
        ("infant", "smile", 0.6),
        ("infant", "frown", 0.4),
        ("infant", "mouth", 0.18),
    ],
)
def test_the_measure_grows_with_its_control(measure, person, control, least):
    found = ramp(measure, person, control)
    assert spearmanr(LEVELS, found[control]).statistic > 0.98
    assert found[control].iloc[-1] - found[control].iloc[0] > least
    assert found["interocular_px"].min() > 60


@pytest.mark.parametrize("person", ["caregiver", "infant"])
def test_smiles_of_both_people_answer_alike(measure, person):
    smile = ramp(measure, person, "smile")["smile"]
    assert smile.iloc[0] < 0.1
    assert smile.iloc[2] == pytest.approx(0.55, abs=0.15)  # level .4
    assert smile.iloc[-1] > 0.8


def test_controls_leave_the_measures_of_others(measure):
    full = {"smile": 0.9, "mouth": 0.27, "brow": 0.08, "eyes": 0.03}
    for control in full:
        found = ramp(measure, "caregiver", control)
        for other, reach in full.items():
            if other != control:
                change = abs(found[other].iloc[-1] - found[other].iloc[0])
                assert change < 0.4 * reach, (control, other)


@pytest.mark.slow
def test_a_planted_lag_comes_back_from_the_rendered_video(measure, tmp_path):
    paths, truth = render_dyad(tmp_path, duration_s=40, lag_s=0.8, seed=3)
    found = {}
    for person, path in paths.items():
        with av.open(str(path)) as file:
            found[person] = pd.DataFrame(
                [measure(frame.to_ndarray(format="rgb24")) for frame in file.decode(video=0)]
            )
        for control in ("smile", "frown", "mouth"):
            planted = truth.curves[f"{person}_{control}"]
            assert np.corrcoef(planted, found[person][control])[0, 1] > 0.8, (person, control)
    for control, least in (("brow", 0.9), ("eyes", 0.8)):
        planted = truth.curves[f"caregiver_{control}"]
        assert np.corrcoef(planted, found["caregiver"][control])[0, 1] > least

    infant, caregiver = found["infant"]["smile"], found["caregiver"]["smile"]
    rate_hz = 15
    lags = np.arange(-2 * rate_hz, 2 * rate_hz + 1)
    agreement = np.array([infant.corr(caregiver.shift(-int(lag))) for lag in lags])
    assert agreement.max() > 0.9
    assert lags[agreement.argmax()] / rate_hz == pytest.approx(truth.lag_s, abs=0.1)
