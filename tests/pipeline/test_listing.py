import pytest

import attunement
from attunement.pipeline import jobs
from attunement.pipeline import listing as handing_on
from attunement.pipeline.state import check_session
from attunement.video import listing


@pytest.mark.parametrize("is_long", [True, False])
def test_a_long_recording_is_listed_by_one_worker_for_all(
    make_sparse, tmp_path, monkeypatch, listed, is_long
):
    monkeypatch.setattr(handing_on, "_LEAST_FRAMES", 10 if is_long else 10_000)
    (session,) = attunement.read_study(make_sparse()).sessions
    checked = check_session(session, tmp_path / "out")
    listing._known.clear()
    opened = jobs.open_session(session, checked, tmp_path / "out")
    assert isinstance(opened, jobs.Opened)
    n_files = len(listed)
    for number in range(len(opened.recorded_s)):
        listing._known.clear()  # as in another worker
        jobs._tasks.cache_clear()
        part = jobs.extract_part(session, checked, number, tmp_path / "out", None)
        assert isinstance(part, jobs.Extracted)
    assert (len(listed) == n_files) is is_long
    finished = jobs.finish_session(session, checked, len(opened.recorded_s), tmp_path / "out")
    assert isinstance(finished, jobs.Finished)
    assert not jobs.parts_folder(tmp_path / "out", session.session).exists()
