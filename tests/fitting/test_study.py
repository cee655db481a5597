"""attunement fit: declared models, order of declaration, tables on disk."""

import json

import numpy as np
import pandas as pd
import pytest

from attunement.config import Config
from attunement.errors import ConfigError, OutputError, StudyError, TableError
from attunement.fitting import fit_study, read_outcomes
from attunement.study import Study
from attunement.study.files import write_csv

DECLARED = {
    "outcomes": ["sensitivity", "attachment"],
    "kinds": {"sensitivity": "continuous", "attachment": "binary"},
    "levels": {"attachment": ["insecure", "secure"]},
    "predictors": ["mirroring", "markedness"],
    "primary": "sensitivity ~ mirroring",
    "n_permutations": 99,
}


@pytest.fixture
def place(tmp_path):
    """A finished run of 60 sessions and an outcomes file as a spreadsheet in German saves it."""
    rng = np.random.default_rng(6)
    n = 60
    ids = [f"{k:03d}" for k in range(n)]
    scores = pd.DataFrame(
        {"dyad": ids, "session": ids, "mirroring": rng.normal(size=n),
         "markedness": rng.normal(size=n), "family": ids}
    )  # fmt: skip
    (tmp_path / "out").mkdir()
    write_csv(scores, tmp_path / "out" / "scores.csv")
    rating = scores["mirroring"] + rng.normal(size=n)
    lines = ["dyad;sensitivity;attachment"]
    for k in range(n):
        secure = scores["mirroring"][k] + rng.logistic() > 0
        lines.append(f"{ids[k]};{rating[k]:.3f};{1 if secure else 2}".replace(".", ","))
    lines.append("999;1,0;1")
    (tmp_path / "outcomes.csv").write_text("\n".join(lines), encoding="utf-8-sig")
    return tmp_path


def study(place, **settings):
    association = {
        "outcomes_file": "outcomes.csv",
        "labels": {"attachment": {"1": "secure", "2": "insecure"}},
        **DECLARED,
        **settings,
    }
    config = Config(association=association)
    return Study(place / "study.toml", (), pd.DataFrame(), config)


def test_tables_are_written_with_what_was_declared(place):
    fitted = fit_study(study(place), place / "out")
    table = pd.read_csv(place / "out" / "association.csv")
    assert len(table) == 4
    assert table["primary"].tolist() == [True, False, False, False]
    assert table["adjustment"].str.startswith("Holm").tolist() == [True, False, False, False]
    for name in ("estimate", "ci_low", "ci_high", "n_dyads", "p_adjusted", "p_permutation"):
        np.testing.assert_allclose(table[name], fitted.table[name])
    first = fitted.results["sensitivity", "mirroring"]
    assert first.table["estimate"][1] == pytest.approx(table["estimate"][0])
    assert table["p_adjusted"][0] == table["p"][0]
    assert fitted.unmatched.values.tolist() == [["999", "outcomes", ""]]  # noqa: PD011
    page = (place / "out" / "association.html").read_text()
    assert "999" in page
    assert "Primary: sensitivity ~ mirroring" in page
    assert ("sensitivity", "mirroring") in fitted.shapes


def test_the_same_fit_again_changes_no_byte(place):
    fit_study(study(place), place / "out")
    before = {p.name: p.read_bytes() for p in (place / "out").glob("association.*")}
    fit_study(study(place), place / "out")
    assert before == {p.name: p.read_bytes() for p in (place / "out").glob("association.*")}


def test_a_primary_declared_after_results_is_refused(place):
    fit_study(study(place, primary=""), place / "out")
    with pytest.raises(ConfigError, match=r"after results were written.*declared then: none"):
        fit_study(study(place), place / "out")


def test_a_fit_that_fitted_nothing_shows_no_result(place):
    lines = (place / "outcomes.csv").read_text(encoding="utf-8-sig").splitlines()
    (place / "outcomes.csv").write_text("\n".join(lines[:4]), encoding="utf-8")
    assert not fit_study(study(place, primary="", nan_policy="omit"), place / "out").results
    (place / "outcomes.csv").write_text("\n".join(lines), encoding="utf-8")
    assert fit_study(study(place), place / "out").results
    with pytest.raises(ConfigError, match=r"declared then: sensitivity ~ mirroring"):
        fit_study(study(place, primary="attachment"), place / "out")


@pytest.mark.parametrize(
    "change",
    [
        {"primary": "attachment"},
        {"primary": ["sensitivity", "attachment"]},
        {"covariates": ["markedness"]},
        {"kinds": {"sensitivity": "ordered", "attachment": "binary"}},
    ],
)
def test_what_is_primary_does_not_change_after_results(place, change):
    fit_study(study(place), place / "out")
    with pytest.raises(ConfigError, match="after results were written"):
        fit_study(study(place, **change), place / "out")


def test_exploring_goes_on_and_is_entered_in_order(place):
    fit_study(study(place), place / "out")
    fit_study(study(place, predictors=["mirroring"]), place / "out")
    fit_study(study(place, primary="", covariates=["markedness"], predictors=["mirroring"]),
              place / "out")  # fmt: skip
    entries = json.loads((place / "out" / "association.json").read_text())["fits"]
    assert [entry["order"] for entry in entries] == [1, 2, 3]
    assert [entry["primary"] for entry in entries] == [["sensitivity ~ mirroring"]] * 2 + [[]]


def test_a_record_changed_by_hand_is_noticed(place):
    fit_study(study(place, primary=""), place / "out")
    record = place / "out" / "association.json"
    content = json.loads(record.read_text())
    content["fits"][0]["primary"] = ["sensitivity ~ mirroring"]
    record.write_text(json.dumps(content))
    with pytest.raises(OutputError, match="changed by hand"):
        fit_study(study(place), place / "out")


def test_a_refused_model_is_a_row_and_the_others_are_fitted(place):
    lines = (place / "outcomes.csv").read_text(encoding="utf-8-sig").splitlines()
    few = [lines[0] + ";flat"] + [f"{line};1" for line in lines[1:]]
    (place / "outcomes.csv").write_text("\n".join(few))
    fitted = fit_study(
        study(place, outcomes=["sensitivity", "flat"], primary="",
              kinds={"sensitivity": "continuous", "flat": "continuous"}),
        place / "out",
    )  # fmt: skip
    refused = fitted.table[fitted.table["outcome"] == "flat"]
    assert refused["note"].str.contains("not fitted: The outcome is constant").all()
    assert refused["estimate"].isna().all()
    shown = repr(fitted)
    assert "2 models fitted, 2 refused" in shown
    assert "flat ~ mirroring: not fitted: The outcome is constant" in " ".join(shown.split())
    assert fitted.table["estimate"].notna().sum() == 2


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"outcomes": []}, "outcomes is empty"),
        ({"kinds": {"sensitivity": "continuous"}}, "says nothing of 'attachment'"),
        ({"primary": "trust"}, "names no model"),
        ({"primary": "sensitivity ~ smile"}, "names no model"),
    ],
)
def test_faulty_declarations(place, settings, match):
    with pytest.raises(ConfigError, match=match):
        fit_study(study(place, **settings), place / "out")


def test_what_is_not_there(place):
    with pytest.raises(OutputError, match=r"scores\.csv is not there"):
        fit_study(study(place), place / "empty")
    with pytest.raises(StudyError, match=r"none\.csv is not there"):
        fit_study(study(place, outcomes_file="none.csv"), place / "out")
    with pytest.raises(TableError, match="no column 'sensitivity'"):
        fit_study(study(place, outcomes_file="", labels={}), place / "out")


def test_outcomes_in_the_manifest(place):
    path = place / "out" / "scores.csv"
    scores = pd.read_csv(path, dtype={"dyad": str, "session": str, "family": str})
    scores["rating"] = np.where(np.arange(60) == 3, -99, scores["mirroring"] + np.arange(60) % 5)
    write_csv(scores, path)
    settings = {
        "outcomes_file": "", "labels": {}, "outcomes": ["rating"], "primary": "rating",
        "kinds": {"rating": "continuous"}, "levels": {}, "missing_values": [-99],
    }  # fmt: skip
    with pytest.raises(TableError, match="003"):
        fit_study(study(place, **settings), place / "out")
    fitted = fit_study(study(place, **settings, nan_policy="omit"), place / "out")
    assert fitted.table["n_left_out"].tolist() == [1, 1]
    assert fitted.table["primary"].all()


def test_reading_outcomes(place):
    table = read_outcomes(place / "outcomes.csv")
    assert table["dyad"].tolist()[:2] == ["000", "001"]
    assert float(table["sensitivity"][0]) != 0
    (place / "twice.csv").write_text("dyad,a,a\n1,2,3\n")
    with pytest.raises(StudyError, match="every name once"):
        read_outcomes(place / "twice.csv")


def test_what_was_fitted_is_told_in_a_few_lines_the_primary_model_first(place):
    fitted = fit_study(study(place, predictors=["markedness", "mirroring"]), place / "out")
    shown = repr(fitted).splitlines()
    assert shown[0] == "Associations of 2 outcomes: 4 models fitted, 0 refused"
    assert shown[1].startswith("  sensitivity ~ mirroring  ")
    assert shown[1].endswith(", primary")
    assert "  unmatched ids             outcomes 1" in shown
    assert len(shown) < 15


def test_the_page_begins_with_n_then_the_primary_with_a_figure(place):
    fitted = fit_study(study(place), place / "out")
    page = (place / "out" / "association.html").read_text()
    places = [
        page.index(text)
        for text in (
            "N = 60 dyads", "Primary: sensitivity and mirroring", "data:image/png;base64,",
            "The rest", "All tests", "Ids found in one table only",
        )
    ]  # fmt: skip
    assert places == sorted(places)
    assert page.count("<img ") == 1
    words = fitted.text.splitlines()
    assert words[0] == "N = 60 dyads."
    assert words[1].startswith("Primary: For each 1 more of mirroring (Fisher's z), sensitivity ")
    assert words[2].startswith("3 exploratory tests; with an adjusted p below .05 ")
    short = fitted.short()
    assert short.columns.tolist() == ["term", "estimate", "p", "n", "note"]
    assert len(short) == 4
    assert short["note"][0].startswith("primary")


def test_without_a_primary_the_first_model_is_shown_and_called_exploratory(place):
    fitted = fit_study(study(place, primary=""), place / "out")
    page = (place / "out" / "association.html").read_text()
    assert "<h2>Exploratory: sensitivity and mirroring</h2>" in page
    assert "No model was declared primary: everything is exploratory." in fitted.text
    assert fitted.drawing().outcome == "sensitivity"


def test_what_makes_an_exploratory_model_unsure_is_said_with_it(place):
    scores = pd.read_csv(place / "out" / "scores.csv", dtype={"dyad": str})
    lines = ["dyad;sensitivity;attachment"]
    lines += [
        f"{one.dyad};{one.mirroring + one.markedness:.3f};{1 if one.markedness > 0 else 2}"
        for one in scores.itertuples()
    ]
    (place / "outcomes.csv").write_text("\n".join(lines))
    words = fit_study(study(place), place / "out").text.splitlines()
    (said,) = [line for line in words if line.startswith("attachment and markedness: ")]
    assert "Separation (complete): markedness tells" in said
