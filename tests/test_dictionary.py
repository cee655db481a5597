"""What a column says is declared once and told everywhere."""

import numpy as np
import pandas as pd
import pytest

from attunement import data_dictionary, explain, schema
from attunement.columns import KINDS, NEEDS, WINDOW, Column
from attunement.errors import TableError
from attunement.scoring import score_names, score_session
from attunement.scoring.answering import contingency
from attunement.scoring.columns import MODULES, columns
from attunement.scoring.marking import markedness
from attunement.scoring.matching import matched
from attunement.scoring.repairing import recovery
from attunement.simulation import simulate_dyad
from attunement.stats.reliability import reliability_of_scores


@pytest.fixture(scope="module")
def told():
    return data_dictionary(["age_months"]).set_index(["table", "column"])


def test_every_column_of_every_table_has_a_sentence(told):
    assert told.index.is_unique
    assert told["sentence"].str.endswith(".").all()
    assert told["kind"].isin(KINDS).all()
    for table, kinds in (
        ("tracks", schema.TRACKS), ("faces", schema.FACES), ("signals", schema.SIGNALS),
        ("events", schema.EVENTS), ("states", schema.STATES), ("failures", schema.FAILURES),
        ("contingency", schema.CONTINGENCY), ("roles", schema.ROLES),
    ):  # fmt: skip
        assert set(kinds) <= set(told.loc[table].index), table
    assert told.loc[("scores", "age_months"), "sentence"] == (
        "A further column of the study's manifest."
    )


def test_what_a_score_needs_is_said_with_the_numbers_that_decide():
    assert NEEDS["minute"] == f"an episode of {matched.MIN_EPISODE_S:g} s or more"
    assert NEEDS["onsets"] == f"{markedness.MIN_ONSETS} infant events"
    assert NEEDS["events"] == f"{contingency.MIN_AT_RISK} infant events at risk"
    assert NEEDS["distress"] == f"{recovery.MIN_EVENTS} distress events past the landmark"


def test_scores_say_what_they_need_and_what_they_are_not_for(told):
    of = told.loc["scores"]
    assert of.loc["congruence", "chance_level"] == "0"
    assert "without a window with a score" in of.loc["congruence", "missing_when"]
    assert "8 infant events" in of.loc["markedness", "missing_when"]
    assert told[told["kind"].isin(["score", "p"])].loc[["scores", "windows"], "source"].all()
    scores = of[of["kind"] == "score"]
    assert scores["not_for"].str.contains("a trait of the adult").all()
    assert "; a predictor or" in of.loc["mirroring_p", "not_for"]
    assert of.loc["attuned_share", "chance_level"] == "`attuned_share_expected`"
    assert (of[of["kind"] == "p"].index.str.endswith("_p")).all()


def test_the_level_by_chance_of_a_score_is_a_column_where_it_says_so(told):
    of = told.loc["scores"]
    named = of["chance_level"].str.extract("`(.+)`")[0].dropna()
    assert len(named) >= 4
    assert (of.loc[named, "kind"] == "expected").all()


def test_a_column_is_explained_by_table_and_a_wrong_name_has_its_nearest():
    text = explain("congruence")
    assert "congruence (scores, scores_by_episode, halves)" in text
    assert "congruence (windows)" in text
    assert explain("windows.congruence") in text
    assert explain("Congruence") == text
    with pytest.raises(TableError, match=r"'congruense'.*Nearest: congruence"):
        explain("congruense")
    with pytest.raises(TableError, match="lists all columns"):
        explain("zzzzzzzz")
    assert "windows\n  session, episode, window" in explain()


TOY = Column(
    "longest_cry_s", "s", "How long the longest distress goes on.", "score",
    chance_level="none is known", missing_when="no distress", source="a toy",
    not_for="anything",
)  # fmt: skip


@pytest.fixture
def toy(monkeypatch):
    """Declare and compute a score more in one module."""
    usual = recovery.scores

    def scores(answered):
        recovery_s = answered.events["recovery_s"]
        return {**usual(answered), "longest_cry_s": float(recovery_s.fillna(-1).max())}

    monkeypatch.setattr(recovery, "COLUMNS", (*recovery.COLUMNS, TOY))
    monkeypatch.setattr(recovery, "scores", scores)


def test_a_score_more_is_declared_and_computed_in_one_place(toy):
    signals, _ = simulate_dyad(duration_s=90, infant="events", mirroring=0.5)
    found = score_session(signals)
    assert np.isfinite(found.by_session["longest_cry_s"]).all()
    assert "longest_cry_s" in found.by_episode
    names = [column.name for column in columns()["scores"]]
    assert list(found.by_session.columns) == names
    assert "longest_cry_s" in score_names(found.by_session)
    row = data_dictionary().set_index(["table", "column"]).loc[("scores", "longest_cry_s")]
    assert (row["unit"], row["missing_when"], row["source"]) == ("s", "no distress", "a toy")
    assert row["not_for"].startswith("anything; ")
    assert "How long the longest distress goes on." in explain("longest_cry_s")


def test_a_score_that_needs_a_window_is_withheld_where_there_is_none(monkeypatch):
    column = Column("toy_of_windows", "", "A toy.", "score", needs=(WINDOW,))
    usual = recovery.scores
    monkeypatch.setattr(recovery, "COLUMNS", (*recovery.COLUMNS, column))
    monkeypatch.setattr(recovery, "scores", lambda of: {**usual(of), "toy_of_windows": 1.0})
    signals, _ = simulate_dyad(duration_s=90, infant="events", mirroring=0.5)
    assert score_session(signals).by_session["toy_of_windows"].tolist() == [1.0]
    late = (signals["person"] == "caregiver") & (signals["time_s"] >= 7)
    row = score_session(signals.assign(usable=signals["usable"] & ~late)).by_session.iloc[0]
    assert row["n_scorable"] == 0
    assert np.isnan(row["toy_of_windows"])


def test_every_module_computes_what_it_declares():
    signals, _ = simulate_dyad(duration_s=90, infant="events", mirroring=0.5, marking=0.5)
    row = score_session(signals).by_session
    declared = [
        column.name for group in MODULES.values() for one in group for column in one.COLUMNS
    ]
    assert len(declared) == len(set(declared))
    beside = {"reason", "clock_uncertainty_s"}
    assert set(row.columns) == {*declared, *beside}


def test_a_kind_that_nobody_knows_is_refused():
    with pytest.raises(ValueError, match="feeling"):
        Column("warmth", "", "How warm it feels.", "feeling")


def test_what_travels_is_text_without_gaps():
    table = data_dictionary()
    assert not table.isna().any().any()
    assert all(isinstance(dtype, pd.StringDtype) for dtype in table.dtypes)


def test_a_name_that_stands_in_a_cell_is_known_as_columns_are():
    assert "0.70" not in explain("sessions_for_this_dyad_.70")
    assert "with a reliability of .70" in explain("sessions_for_this_dyad_.70")
    assert "the mean of 8 sessions" in explain("stability_of_8_sessions")
    assert explain("not_shown").startswith("not_shown (a pattern, ")
    for pattern in schema.PATTERNS:
        assert f"{pattern} (a pattern, " in explain(pattern)
    with pytest.raises(TableError, match="stability_of_many_sessions"):
        explain("stability_of_many_sessions")


def test_every_term_of_the_reliability_of_a_study_is_known():
    rng = np.random.default_rng(0)
    names = [f"s{k}" for k in range(60)]
    sessions = pd.DataFrame({"session": names, "dyad": [f"d{k // 2}" for k in range(60)],
                             "family": [f"f{k // 4}" for k in range(60)],
                             "mirroring": rng.normal(size=60)})  # fmt: skip
    halves = pd.concat(
        pd.DataFrame({"session": names, "split": split, "half": half, "minutes": 2.0,
                      "infant_positive": rng.random(60), "caregiver_positive": rng.random(60),
                      "mirroring": sessions["mirroring"] + rng.normal(size=60)})
        for split in ("interleaved", "first_second") for half in "ab"
    )  # fmt: skip
    terms = reliability_of_scores(halves, sessions, n_resamples=19)["term"]
    assert {"stability", "share_error", "minutes_for_this_occasion_.70"} <= set(terms)
    for term in terms:
        assert f"{term} (a term of reliability.csv)" in explain(term)
