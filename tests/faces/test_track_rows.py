"""Rows of tracks, made from what was seen."""

import numpy as np
import pytest

from attunement.faces.backends.fake import DECLARED
from attunement.faces.track_rows import Rows
from attunement.faces.tracking import look


def test_of_a_picture_shown_enlarged_the_size_of_the_face_is_its_own():
    picture = np.zeros((160, 160, 3), np.uint8)
    picture[20:140, 20:130] = (160, 90, 60)
    (sighting,) = look(DECLARED.make(None), lambda _: picture, (0, 0, 160, 160), n_faces=1)
    rows = Rows("a", "infant", keep_landmarks=False)
    rows.add(0, 0.0, sighting, track=1)
    rows.add(1, 0.1, sighting, track=1, scale=2.0)
    table = rows.table()
    whole, enlarged = table["interocular_px"]
    assert enlarged == pytest.approx(whole / 2)
    assert table["box_width_px"].nunique() == 1
