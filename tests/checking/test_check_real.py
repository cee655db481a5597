"""A check of real faces."""

import pytest

from attunement import check_study, extract_faces
from attunement.study import read_study

pytestmark = [pytest.mark.shared_data, pytest.mark.slow]


@pytest.fixture
def real_study(shared, tmp_path):
    def study(row):
        (tmp_path / "study.toml").write_text("")
        cells = {name: shared / "clips" / cell if "video" in name else cell
                 for name, cell in row.items()}  # fmt: skip
        text = "\n".join(",".join(map(str, line)) for line in (cells, cells.values()))
        (tmp_path / "sessions.csv").write_text(text + "\n")
        return read_study(tmp_path)

    return study


def test_a_face_at_a_webcam_is_good(real_study):
    clip = "webcam_expressions.mp4"
    row = {"session": "a", "layout": "two_files", "caregiver_video": clip, "infant_video": clip}
    table = check_study(real_study(row))
    assert set(table["verdict"]) == {"good"}
    assert (table["usable_share"] > 0.9).all()
    assert table["advice"].str.contains("mirroring_p needs 60 s").all()


def test_profiles_cannot_be_scored_as_a_run_would_find(real_study):
    row = {"session": "a", "layout": "one_frame", "video": "caregiver_infant_peekaboo.mp4"}
    study = real_study(row)
    table = check_study(study).set_index("person")
    assert set(table["verdict"]) == {"not_scorable"}
    assert "in profile" in table.loc["infant", "advice"]
    assert "this camera angle cannot be scored" in table.loc["infant", "advice"]
    assert table["advice"].str.contains("Expected usable time").all()
    faces = extract_faces(study.sessions[0])
    found = (faces["status"] == "ok").groupby(faces["person"]).mean()
    assert (table["found_share"] - found).abs().max() < 0.1
