"""Tables that are not read, and what to export instead."""

import re

from attunement.errors import FacesError
from attunement.faces.backends.cells import Cells

# (what it is, columns of which all are there; a pattern has to match a whole name), what to do.
_STRANGERS = (
    (
        "an export of iMotions with FACET (Emotient)",
        (r"(AU\d+|Joy|Anger) Evidence",),
        "Its evidence is a logarithm of odds and no intensity. Analyse the recording itself, or"
        " give a table of OpenFace, Py-Feat, LibreFace or FaceReader.",
    ),
    (
        "an export of Affectiva (AFFDEX), as iMotions writes it",
        (
            r"Joy|joy",
            r"(Brow Furrow|browFurrow|Lip Corner Depressor|lipCornerDepressor|Engagement)",
        ),
        "Its expressions (0 to 100) are chances that one is shown and no intensities of action"
        " units. Analyse the recording itself, or give a table of OpenFace, Py-Feat, LibreFace or"
        " FaceReader.",
    ),
    (
        "of OpenFace with the presence of action units (AU12_c ...) and without their intensity",
        (r"confidence", r"AU\d+_c"),
        "Keep the columns AU01_r, AU02_r ... too, or run FeatureExtraction again with -aus.",
    ),
    (
        "of OpenFace without action units",
        (r"confidence", r"success"),
        "Run FeatureExtraction again with -aus (without any such option it writes everything).",
    ),
    (
        "of OpenFace's FaceLandmarkImg, for single pictures",
        (r"face", r"confidence"),
        "Run FeatureExtraction on the recording: pictures by themselves have no times.",
    ),
    (
        "of LibreFace with action units that are there or not (au_12 ...) and without intensity",
        (r"frame_idx", r"au_\d+"),
        "Keep the columns au_12_intensity ... too.",
    ),
    (
        "of Py-Feat without action units",
        (r"FaceScore",),
        "Run the detector again with its model of action units (au_model).",
    ),
    (
        "a log of FaceReader without action units, expressions or valence",
        (r"Video Time",),
        "Export the detailed log with action units: Settings, Data Export.",
    ),
    (
        "of MediaPipe's blendshapes",
        (r"mouthSmileLeft", r"browInnerUp"),
        "Give the recording itself: attunement runs the same networks.",
    ),
)


def refuse_stranger(raw: Cells) -> None:
    """Refuse a table that is known not to be of use, in a sentence that says what it is.

    Raises
    ------
    FacesError
        What it is, and what to do instead.
    """
    names = [str(name) for name in raw.cells]
    for what, patterns, advice in _STRANGERS:
        if all(any(re.fullmatch(pattern, name) for name in names) for pattern in patterns):
            raise FacesError(f"{raw.path.name} is {_article(what)}.", advice)


def _article(what: str) -> str:
    return what if what.startswith(("a ", "an ")) else f"a table {what}"
