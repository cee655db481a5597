"""What the documents say a run writes is what the stages declare."""

import re
from pathlib import Path

from attunement.pipeline import stages
from attunement.pipeline.files_page import files_page

ROOT = Path(__file__).resolve().parents[2]
RENEW = "python -m attunement.pipeline.files_page docs/outputs.md"


def test_the_page_of_files_is_that_of_the_stages():
    written = (ROOT / "docs" / "outputs.md").read_text(encoding="utf-8")
    assert written == files_page(), f"renew it with: {RENEW}"


def test_a_finished_run_has_the_files_of_the_page_and_no_others(finished):
    of_session = {path.name for path in (finished.out / "sessions" / "a").iterdir()}
    assert of_session == {file.filename for file in stages.session_files().values()}
    of_study = {path.name for path in finished.out.iterdir() if path.is_file()}
    assert of_study - {".lock", ".workers"} == {
        file.filename for file in stages.study_files().values()
    }


def test_the_readme_lists_files_of_the_stages():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    table = text.split("\nA run writes\n", 1)[1].strip().split("\n\n", 1)[0]
    named = [
        name
        for row in table.splitlines()
        for name in re.findall(r"`([^`]+\.\w+)`", row.split("|")[1])
    ]
    of_study = {file.filename for file in stages.study_files().values()}
    of_session = {f"sessions/<id>/{file.filename}" for file in stages.session_files().values()}
    assert len(named) > 10
    assert set(named) <= of_study | of_session
