"""What a study and a session show of themselves."""

from math import nan
from pathlib import Path

import pandas as pd
import pytest

from attunement.config import Config
from attunement.study import Clock, Episode, Partner, Session, Span, Study


@pytest.fixture
def study() -> Study:
    caregiver, infant = (Partner(who, (Path(f"{who}.mp4"),)) for who in ("caregiver", "infant"))
    episodes = (Episode("play", 0, 120), Episode("reunion", 120, 185))
    table = Partner("infant", table=Path("coded.csv"))
    shared = {"layout": "two_files", "caregiver": caregiver, "family": "f1"}
    return Study(
        Path("study.toml"),
        (
            Session(
                "s1", "d1", infant=infant, clock=Clock(0.25), episodes=episodes,
                covariates=(("sex", "f"),), **shared,
            ),
            Session("s2", "d1", infant=table, covariates=(("sex", None),), **shared),
            Session(
                "s3", "d<b>", "f2", "side_by_side", caregiver, infant,
                exclude=(Span(3, 7.5),), covariates=(("age_months", nan),),
            ),
        ),
        pd.DataFrame(),
        Config(),
    )  # fmt: skip


def test_a_study_counts_and_says_what_is_missing(study):
    assert repr(study).splitlines() == [
        "Study of 3 sessions, 2 dyads, 2 families",
        "  file        study.toml",
        "  layouts     two_files 2, side_by_side 1",
        "  recordings  2 video files, 1 table of another program",
        "  clocks      from the manifest 1, to be found 1, one recording 1",
        "  episodes    play 1 (2 min 0 s), reunion 1 (1 min 5 s)",
        "  excluded    1 span, 4.5 s",
        "  covariates  sex, age_months",
        "  missing     sex in 2 of 3, age_months in 3 of 3",
    ]


def test_a_session_says_who_is_where_and_when(study):
    first, _, third = (repr(session) for session in study.sessions)
    assert "clock       offset 0.25 s, drift 0 ppm (from the manifest)" in first
    assert "episodes    play 0 to 120 s, reunion 120 to 185 s" in first
    assert "covariates  age_months missing" in third


def test_the_html_of_a_session_escapes_its_ids(study):
    assert "of dyad d&lt;b&gt;, family f2" in study.sessions[2]._repr_html_()
