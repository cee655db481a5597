"""What became of every session: counted once each, with reasons in words and one next step."""

from pathlib import Path

import pandas as pd
import pytest

from attunement import schema
from attunement.config import Config
from attunement.pipeline.outcomes import (
    find_outcomes,
    least_windows,
    next_step,
    outcome_text,
    tallied,
)
from attunement.study import Partner, Session, Study

SCORES = {  # n_windows, n_scorable, reason
    "s1": (400, 380, ""),
    "s2": (400, 30, "few_infant_events(3 of 8)"),
    "s3": (400, 29, ""),
    "s4": (400, 0, "coverage_infant;no_infant_event"),
    "s5": (400, 0, "coverage_infant"),
    "s6": (0, 0, "too_short(6 of 7 s);no_infant_event"),
    "s7": (400, 0, "coverage_infant"),
}


def study_of(*sessions: str, config: Config | None = None) -> Study:
    partner = Partner("infant")
    made = tuple(Session(name, name, name, "one_frame", partner, partner) for name in sessions)
    return Study(Path("study.toml").absolute(), made, pd.DataFrame(), config or Config())


def tables(*sessions: str, failed=(), waiting=()) -> dict[str, pd.DataFrame]:
    rows = [(name, *SCORES[name]) for name in sessions]
    failures = [(name, "faces", f"{name}.mp4 is no video.", "Copy it.") for name in failed]
    waits = [(name, 0.4, 3, f"OUT/sessions/{name}/roles.csv") for name in waiting]
    return {
        "scores": pd.DataFrame(rows, columns=["session", "n_windows", "n_scorable", "reason"]),
        "failures": pd.DataFrame(failures, columns=list(schema.FAILURES)),
        "waiting": pd.DataFrame(waits, columns=["session", "share", "n_tracks", "roles"]),
    }


def test_three_without_a_scorable_window_are_not_called_scored():
    study = study_of(*SCORES, "s8")
    given = tables(*SCORES, failed=["s8"], waiting=["s1", "s7"])
    outcomes = find_outcomes(study, given)
    assert tallied(outcomes) == {
        "scored": 2, "barely": 1, "not_scorable": 4, "failed": 1, "waiting": 2
    }  # fmt: skip
    text = outcome_text(study, Path("OUT"), outcomes, given["waiting"])
    assert max(map(len, text.splitlines())) <= 100
    assert _unwrapped(text) == [
        "8 sessions",
        "  scored        2",
        "  barely scored 1  s3 (29 windows of 400). Under 30 windows with a score, about as"
        " many as 30 s of recording give: a mean of so few says little.",
        "  not scorable  4  s4, s5: the infant's face is not usable for long enough.",
        " s6: needs 7 s of usable time in one piece for a first window; has 6 s.",
        " s7: who is who is not sure.",
        "  failed        1  s8: s8.mp4 is no video. Copy it.",
        "  wait for you  2  of the sessions counted above:",
        " s1: who is who is not sure in 40% of the frames with a face (3 tracks),"
        " which are not scored: OUT/sessions/s1/roles.csv",
        " s7: who is who is not sure in 40% of the frames with a face (3 tracks),"
        " which are not scored: OUT/sessions/s7/roles.csv",
        " Copy their rows into roles.csv, write caregiver, infant or other as person and"
        " 1 as role_confidence where you have looked, and run again: no video is read again.",
    ]


def _unwrapped(text: str) -> list[str]:
    """Return the rows of a table whose lines go on under each other, and each of its notes."""
    rows: list[str] = []
    for line in text.splitlines():
        if line.startswith(" " * 21):
            rows[-1] += " " + line.strip()
        else:
            rows.append(" " + line.strip() if line.startswith(" " * 19) else line)
    return rows


def test_no_session_stands_twice_before_its_failure():
    given = tables(failed=["s8"])
    given["failures"]["reason"] = "Session s8: infant_roi is outside of the picture."
    text = outcome_text(study_of("s8"), Path("OUT"), find_outcomes(study_of("s8"), given), [])
    assert "s8: infant_roi is outside of the picture. Copy it." in text


def test_the_rule_for_barely_follows_the_windows_of_the_study():
    assert least_windows(Config()) == 30
    slow = Config(scoring={"window_s": 10, "step_s": 5})
    assert least_windows(slow) == 12
    outcomes = find_outcomes(study_of("s3", config=slow), tables("s3"))
    assert outcomes["outcome"].tolist() == ["scored"]


@pytest.mark.parametrize(
    ("sessions", "options", "step"),
    [
        (["s1"], {"failed": ["s8"], "waiting": ["s1"]}, "mend what failed"),
        (["s1", "s4"], {"waiting": ["s1"]}, "say who is who in roles.csv"),
        (["s1", "s4"], {}, "attunement check study.toml --pictures looks"),
        (["s1", "s3"], {}, "attunement check study.toml --pictures looks"),
        (["s1"], {}, "look at OUT/scores.csv"),
    ],
)
def test_one_next_step(sessions, options, step):
    given = tables(*sessions, **options)
    study = study_of(*sessions, *options.get("failed", ()))
    outcomes = find_outcomes(study, given)
    assert next_step(study, Path("OUT"), outcomes, given["waiting"]).startswith(step)


def test_outcomes_declared_lead_to_their_fit():
    config = Config(association={"outcomes": ("age",), "kinds": {"age": "continuous"}})
    study = study_of("s1", config=config)
    given = tables("s1")
    step = next_step(study, Path("my OUT"), find_outcomes(study, given), given["waiting"])
    assert step == "attunement fit study.toml --out 'my OUT'"


def test_many_that_failed_are_named_in_part():
    names = [f"f{k}" for k in range(40)]
    given = tables(failed=names)
    study = study_of(*names)
    text = outcome_text(study, Path("OUT"), find_outcomes(study, given), given["waiting"])
    assert text.count("is no video") == 8
    assert "and 32 more: OUT/failures.csv" in text


def test_a_run_gives_the_same_counts_everywhere(finished):
    assert finished.outcomes["session"].tolist() == ["a", "b"]
    by_hand = finished.scores.set_index("session")["n_scorable"]
    expected = ["scored" if n >= 30 else "barely" for n in by_hand]
    assert finished.outcomes["outcome"].tolist() == expected
    log = (finished.out / "log.jsonl").read_text()
    assert f'"event": "outcomes", "scored": {expected.count("scored")}, "barely": ' in log
    assert finished.next_step in repr(finished) or "…" in repr(finished)
