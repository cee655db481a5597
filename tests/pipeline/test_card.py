"""What a run's summary shows of itself."""

from pathlib import Path

import pandas as pd

from attunement import schema
from attunement.columns import types
from attunement.config import Config
from attunement.pipeline import Summary
from attunement.pipeline.outcomes import find_outcomes
from attunement.scoring.columns import columns
from attunement.study import Partner, Session, Study

TYPES = {table: types(declared) for table, declared in columns().items()}


def _summary(**changed: object) -> Summary:
    scores = schema.empty(TYPES["scores"]).reindex(range(2))
    full = {name: 0.5 for name, kind in TYPES["scores"].items() if kind == "float64"}
    scores = scores.assign(
        **full | {"n_scorable": [3, 0], "n_windows": 5, "mirroring": [0.2, float("nan")]}
    )
    scores["reason"] = ["", "coverage_infant"]
    scores["session"] = ["s1", "s2"]
    windows = schema.empty(TYPES["windows"]).reindex(range(5)).assign(reason="")
    failures = pd.DataFrame(
        [("s3", "faces", "<b>.mp4 is no video.", "")], columns=list(schema.FAILURES)
    )
    waiting = pd.DataFrame(
        [("s2", 0.3, 4, "roles.csv")], columns=["session", "share", "n_tracks", "roles"]
    )
    tables = {
        "out": Path("OUT"), "scores": scores, "scores_by_episode": scores, "reliability": scores,
        "windows": windows, "failures": failures, "waiting": waiting,
        "computed": {"spans": 0, "sessions": 0}, "next_step": "mend them.",
        "stages": pd.DataFrame(),
    }  # fmt: skip
    partner = Partner("infant")
    sessions = tuple(Session(f"s{k}", "d", "f", "", partner, partner) for k in (1, 2, 3))
    study = Study(Path("study.toml"), sessions, pd.DataFrame(), Config())
    return Summary(**tables | {"outcomes": find_outcomes(study, tables)} | changed)


def test_a_summary_counts_what_is_scored_failed_and_waiting():
    shown = repr(_summary())
    assert shown.startswith(
        "Run of 3 sessions: 0 scored, 1 barely scored, 1 not scorable, 1 failed\n"
    )
    lines = {line[2:18].strip(): line[18:] for line in shown.splitlines()[1:]}
    assert lines["computed now"] == "nothing, all was found finished"
    assert lines["windows"] == "5, 3 scorable"
    assert lines["missing"] == "mirroring in 1 of 2"
    assert lines["why"] == "the infant's face is not usable for long enough (1)"
    assert lines["not scorable"] == "s2 (who is who is not sure)"
    assert lines["barely"] == "s1 (3 windows of 5)"
    assert lines["next"] == "mend them."
    assert lines["failed"] == "s3: <b>.mp4 is no video."
    assert lines["say who is who"] == "s2 (30% of the frames, roles.csv)"
    assert len(shown.splitlines()) < 15


def test_what_was_computed_is_said():
    assert "1 span of faces, 2 sessions" in repr(_summary(computed={"spans": 1, "sessions": 2}))


def test_the_html_of_a_summary_escapes_the_texts_of_users():
    page = _summary()._repr_html_()
    assert "s3: &lt;b&gt;.mp4 is no video." in page
    assert "<b>" not in page
