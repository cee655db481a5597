"""What the columns of spreadsheets mean: codes, text among numbers, suspects, before any fit."""

import numpy as np
import pandas as pd
import pytest

from attunement.config import Config
from attunement.errors import TableError
from attunement.fitting import fit_study, read_entered
from attunement.fitting.entered_words import entered_text
from attunement.study import Study
from attunement.study.files import write_csv

N = 60
GONE = [3, 17, 25, 40, 51]
MODEL = {
    "outcomes": ["sens"],
    "kinds": {"sens": "continuous"},
    "predictors": ["mirroring"],
    "nan_policy": "omit",
    "n_permutations": 0,
}


@pytest.fixture
def scores():
    rng = np.random.default_rng(3)
    mirroring = rng.normal(size=N)
    age = 200 + 20 * mirroring + rng.normal(0, 10, N)
    minutes = rng.uniform(5, 15, N).round(1)
    return pd.DataFrame(
        {"dyad": [f"d{k}" for k in range(N)], "session": [f"s{k}" for k in range(N)],
         "mirroring": mirroring, "age_days": age.round(1),
         "sens": (0.5 * mirroring + 0.03 * age + rng.normal(0, 0.5, N)).round(2),
         "minutes": minutes, "n_smiles": rng.poisson(minutes * np.exp(0.3 * mirroring))}
    )  # fmt: skip


def study(place, scores, beside=None, **settings):
    """Return the study of a run with these scores, and a file of outcomes where one is given."""
    (place / "out").mkdir(exist_ok=True)
    write_csv(scores, place / "out" / "scores.csv")
    if beside is not None:
        settings = {"outcomes_file": "outcomes.csv", "key": "dyad", **settings}
        if not isinstance(beside, str):
            beside = beside.to_csv(index=False)
        (place / "outcomes.csv").write_text(beside, encoding="utf-8")
    config = Config(association={**MODEL, **settings})
    return Study(place / "study.toml", (), pd.DataFrame(), config)


def fit(place, *args, **settings):
    return fit_study(study(place, *args, **settings), place / "out")


def estimate(fitted):
    return fitted.table["estimate"][0], int(fitted.table["n_dyads"][0])


def with_codes(scores, column, code):
    coded = scores.astype({column: object})
    coded.loc[GONE, column] = code
    return coded


@pytest.mark.parametrize("code", [999, "999.0", " 999 ", "999,0"])
def test_a_declared_code_is_missing_in_a_covariate(tmp_path, scores, code):
    truth = fit(tmp_path, with_codes(scores, "age_days", np.nan), covariates=["age_days"])
    coded = fit(tmp_path, with_codes(scores, "age_days", code), covariates=["age_days"],
                missing_values=[999])  # fmt: skip
    assert estimate(coded) == estimate(truth)
    assert estimate(coded)[1] == N - len(GONE)


def test_a_declared_code_is_missing_beside_a_file_of_outcomes(tmp_path, scores):
    outcomes = scores[["dyad", "sens"]]
    truth = fit(tmp_path, with_codes(scores, "age_days", np.nan).drop(columns="sens"), outcomes,
                covariates=["age_days"])  # fmt: skip
    coded = fit(tmp_path, with_codes(scores, "age_days", 999).drop(columns="sens"), outcomes,
                covariates=["age_days"], missing_values=[-99, 999])  # fmt: skip
    assert estimate(coded) == estimate(truth)


def test_a_declared_code_is_missing_in_an_exposure_and_in_an_event(tmp_path, scores):
    count = {"outcomes": ["n_smiles"], "kinds": {"n_smiles": "count"},
             "exposures": {"n_smiles": "minutes"}}  # fmt: skip
    truth = fit(tmp_path, with_codes(scores, "minutes", np.nan), **count)
    coded = fit(tmp_path, with_codes(scores, "minutes", 999), **count, missing_values=[999])
    assert estimate(coded) == estimate(truth)
    time = {"outcomes": ["minutes"], "kinds": {"minutes": "time"}, "events": {"minutes": "seen"}}
    seen = scores.assign(seen=(np.arange(N) % 3 > 0).astype(int))
    truth = fit(tmp_path, with_codes(seen, "seen", np.nan), **time)
    coded = fit(tmp_path, with_codes(seen, "seen", 9), **time, missing_values={"seen": [9]})
    assert estimate(coded) == estimate(truth)


def test_a_declared_code_is_missing_in_terms_and_in_predictors_of_the_file(tmp_path, scores):
    columns = ["dyad", "sens", "age_days"]
    for model in (
        {"predictors": ["mirroring*age_days"]},
        {"predictors": ["age_days"], "covariates": ["mirroring"]},
    ):
        truth, coded = (
            fit(tmp_path, scores[["dyad", "session", "mirroring"]],
                with_codes(scores, "age_days", code)[columns], missing_values=[999], **model)
            for code in (np.nan, 999)
        )  # fmt: skip
        assert estimate(coded) == estimate(truth)


def test_scores_and_ids_keep_numbers_that_are_codes_elsewhere(tmp_path, scores):
    scores["dyad"] = [str(k) for k in range(999 - N + 1, 1000)]
    scores.loc[0, "mirroring"] = 1.0
    fitted = fit(tmp_path, scores, missing_values=[999, 1])
    assert estimate(fitted)[1] == N


def test_codes_by_column(tmp_path, scores):
    scores["age_days"] = np.linspace(80, 120, N).round()
    scores.loc[5, "sens"] = 99
    assert (scores["age_days"] == 99).any()
    fitted = fit(tmp_path, scores, covariates=["age_days"], missing_values={"sens": [99]})
    assert estimate(fitted)[1] == N - 1
    assert fitted.entered.notes == ()
    # One list for all columns takes ages of 99 days for missing, and says so.
    fitted = fit(tmp_path, scores, covariates=["age_days"], missing_values=[99])
    assert estimate(fitted)[1] < N - 1
    assert any("99 lies among its values (80 to 120)" in note for note in fitted.entered.notes)
    with pytest.raises(TableError, match=r"missing_values.*no column 'sesn'"):
        fit(tmp_path, scores, missing_values={"sesn": [99]})


def test_a_declared_code_that_is_nowhere_is_said(tmp_path, scores):
    entered = read_entered(study(tmp_path, scores, missing_values=[-98]), tmp_path / "out")
    assert entered.notes == ("The declared missing value -98 is in no column that people entered.",)


def test_an_undeclared_code_is_named_noted_and_kept(tmp_path, scores, capsys, monkeypatch):
    coded = with_codes(scores, "sens", -99)
    fitted = fit(tmp_path, coded)
    row = fitted.entered.suspects.loc[0]
    assert (row["file"], row["column"], row["value"], row["n"]) == ("scores.csv", "sens", -99, 5)
    assert estimate(fitted)[1] == N
    assert "sens holds -99 in 5 rows, which looks like" in fitted.table["note"][0]
    page = (tmp_path / "out" / "association.html").read_text()
    assert page.count("missing_values = [-99]") == 1
    assert page.index("missing_values = [-99]") < page.index("All tests")


@pytest.mark.parametrize("silent", [[], {"sens": []}, {"*": []}])
def test_values_that_are_declared_to_be_values_are_not_doubted(tmp_path, scores, silent):
    fitted = fit(tmp_path, with_codes(scores, "sens", -99), missing_values=silent)
    assert fitted.entered.suspects.empty
    assert fitted.table["note"].tolist() == [""]


def test_the_command_names_columns_and_codes(tmp_path, scores, capsys, monkeypatch):
    from attunement.cli import main

    of = study(tmp_path, with_codes(scores, "sens", -99), missing_values=["NA"])
    monkeypatch.setattr("attunement.study.read_study", lambda _: of)
    (tmp_path / "study.toml").touch()
    (tmp_path / "sessions.csv").write_text("session\n")
    arguments = ["fit", str(tmp_path / "study.toml"), "--out", str(tmp_path / "out")]
    monkeypatch.setattr("sys.argv", ["attunement", *arguments])
    with pytest.raises(SystemExit):
        main()
    printed = capsys.readouterr()
    assert "scores.csv      sens numbers 60        0" in printed.out
    assert "! scores.csv: sens holds -99 in 5 rows" in printed.err
    assert 'missing_values = ["NA", -99]' in printed.err
    assert 'missing_values = {"*" = ["NA"], sens = []}' in printed.err


def test_a_fine_quantity_with_few_rows_has_no_counts(tmp_path, scores):
    few = scores.iloc[:8].assign(sens=[1, 2, 2, 3, 1, 2, 3, 3])
    entered = read_entered(study(tmp_path, few), tmp_path / "out")
    counts = entered.columns.set_index("column")["counts"]
    assert counts.to_dict() == {"sens": "1: 2, 2: 3, 3: 3", "mirroring": ""}
    shown = entered_text(entered)
    assert "missing by code" in shown
    assert "_" not in shown.splitlines()[1]


def test_columns_are_described(tmp_path, scores):
    coded = with_codes(scores, "age_days", 999).drop(columns="sens")
    outcomes = scores[["dyad", "sens"]].assign(site=np.resize(["north", "south", "north"], N))
    of = study(tmp_path, coded, outcomes, covariates=["age_days", "site"], missing_values=[999])
    columns = read_entered(of, tmp_path / "out").columns.set_index("column")
    assert columns["file"].to_dict() == {
        "sens": "outcomes.csv", "mirroring": "scores.csv", "age_days": "scores.csv",
        "site": "outcomes.csv",
    }  # fmt: skip
    assert columns.loc["age_days", ["kind", "n", "missing", "by_code"]].tolist() == [
        "numbers", 55, 5, "999: 5",
    ]  # fmt: skip
    assert columns.loc["sens", "mean"] == pytest.approx(scores["sens"].mean())
    assert columns.loc["site", ["kind", "counts"]].tolist() == [
        "categories", "north: 40, south: 20",
    ]  # fmt: skip


def test_text_among_numbers_is_named_with_its_cell_and_others_are_fitted(tmp_path, scores):
    outcomes = scores[["dyad", "sens"]].astype({"sens": object}).assign(other=scores["minutes"])
    outcomes.loc[4, "sens"] = "<1"
    outcomes.loc[[7, 9], "sens"] = "n.a."
    # A spreadsheet counts the blank line too.
    lines = outcomes.to_csv(index=False).splitlines()
    text = "\n".join([*lines[:3], ",,", *lines[3:]])
    fitted = fit(
        tmp_path, scores[["dyad", "session", "mirroring"]], text,
        outcomes=["sens", "other"], kinds={"sens": "continuous", "other": "continuous"},
    )  # fmt: skip
    assert list(fitted.results) == [("other", "mirroring")]
    said = fitted.refused["sens", "mirroring"]
    assert "outcomes.csv, row 7 (dyad 'd4'), column sens: found '<1', expected a number." in said
    assert "outcomes.csv, row 10 (dyad 'd7') and 1 more, column sens: found 'n.a.'" in said
    cells = fitted.entered.wrong_cells
    assert cells[["row", "found"]].to_numpy().tolist() == [[7, "<1"], [10, "n.a."], [12, "n.a."]]


def test_a_word_in_a_code_column_is_no_reason_to_lose_the_other_outcomes(tmp_path, scores):
    scores["attachment"] = np.resize([1, 2], N).astype(object)
    scores.loc[4, "attachment"] = "?"
    fitted = fit(
        tmp_path, scores, outcomes=["sens", "attachment"],
        kinds={"sens": "continuous", "attachment": "binary"},
        labels={"attachment": {"1": "secure", "2": "insecure"}},
        levels={"attachment": ["insecure", "secure"]},
    )  # fmt: skip
    assert list(fitted.results) == [("sens", "mirroring")]
    said = fitted.refused["attachment", "mirroring"]
    assert "row 6 (dyad 'd4'), column attachment: found '?', expected a code that labels" in said


def test_a_cell_of_a_row_without_a_score_is_named_and_refuses_nothing(tmp_path, scores):
    beside = scores[["dyad", "sens"]].astype({"sens": object})
    beside["bond"] = ["1", "2"] * (N // 2)
    beside.loc[N] = ["none", "broken", "7"]
    settings = {
        "outcomes": ["sens", "bond"],
        "kinds": {"sens": "continuous", "bond": "binary"},
        "labels": {"bond": {"1": "secure", "2": "insecure"}},
        "levels": {"bond": ["insecure", "secure"]},
    }
    run = scores.drop(columns="sens")
    fitted = fit(tmp_path, run, beside, **settings)
    assert fitted.refused == {}
    notes = " ".join(fitted.entered.notes)
    assert f"row {N + 2}, column bond: found '7', expected a code that labels names" in notes
    assert f"row {N + 2}, column sens: found 'broken', expected a number; the row has" in notes
    assert f"count all {N + 1} rows of the file; {N} of them have a score." in notes
    beside.loc[0, "bond"] = "7"
    assert (
        "row 2 (dyad 'd0')" in fit(tmp_path, run, beside, **settings).refused["bond", "mirroring"]
    )


def test_an_error_of_a_spreadsheet_costs_the_models_of_its_column_only(tmp_path, scores):
    outcomes = scores[["dyad", "sens"]].assign(other=scores["sens"].astype(object))
    outcomes.loc[2, "other"] = "#DIV/0!"
    fitted = fit(
        tmp_path, scores[["dyad", "session", "mirroring"]], outcomes,
        outcomes=["sens", "other"], kinds={"sens": "continuous", "other": "continuous"},
    )  # fmt: skip
    assert list(fitted.results) == [("sens", "mirroring")]
    assert "found '#DIV/0!'" in fitted.refused["other", "mirroring"]


def test_numbers_as_spreadsheets_write_them(tmp_path, scores):
    truth = fit(tmp_path, scores)
    written = scores["sens"].map(lambda v: f"{v:.2f}".replace(".", ",").replace("-", "\u2212"))
    lines = ["dyad;sens", *(f"{d};{v}" for d, v in zip(scores["dyad"], written, strict=True))]
    few = scores[["dyad", "session", "mirroring"]]
    assert estimate(fit(tmp_path, few, "\n".join(lines))) == pytest.approx(estimate(truth))
    # 1.234 beside decimal commas is 1234 to some and 1.234 to others.
    lines[3] = "d2;1.234"
    said = fit(tmp_path, few, "\n".join(lines)).refused["sens", "mirroring"]
    assert "found '1.234'" in said
    assert "write 1.234 or 1234" in said


def test_yes_and_no_become_numbers_by_labels(tmp_path, scores):
    time = {"outcomes": ["minutes"], "kinds": {"minutes": "time"}, "events": {"minutes": "seen"}}
    seen = scores.assign(seen=np.resize(["yes", "no", "yes"], N))
    assert "labels" in fit(tmp_path, seen, **time).refused["minutes", "mirroring"]
    labelled = fit(tmp_path, seen, **time, labels={"seen": {"yes": "1", "no": "0"}})
    truth = fit(tmp_path, seen.assign(seen=np.resize([1, 0, 1], N)), **time)
    assert estimate(labelled) == estimate(truth)


def test_words_that_say_not_coded_and_spellings_are_asked_for(tmp_path, scores):
    kinds = {"sens": "continuous", "site": "categorical"}
    scores["site"] = np.resize(["north", "south"], N)
    scores.loc[3, "site"] = "NA"
    said = fit(tmp_path, scores, covariates=["site"], kinds=kinds).refused["sens", "mirroring"]
    assert "'NA' (1) among its labels" in said
    fitted = fit(tmp_path, scores, covariates=["site"], kinds=kinds, missing_values=["NA"])
    assert estimate(fitted)[1] == N - 1
    named = fit(tmp_path, scores, covariates=["site"], kinds=kinds,
                labels={"site": {"north": "north", "south": "south", "NA": "Namibia"}})  # fmt: skip
    assert estimate(named)[1] == N
    scores.loc[3, "site"] = "North "
    said = fit(tmp_path, scores, covariates=["site"], kinds=kinds).refused["sens", "mirroring"]
    assert "capitals or blanks only" in said


def test_a_cell_of_the_manifest_is_to_be_corrected_there(tmp_path, scores):
    scores = scores.astype({"sens": object})
    scores.loc[4, "sens"] = "<1"
    of = study(tmp_path, scores)
    of = Study(of.path, (), pd.DataFrame({"session": ["s1"], "sens": ["1"]}), of.config)
    said = fit_study(of, tmp_path / "out").refused["sens", "mirroring"]
    assert "scores.csv, row 6 (dyad 'd4'), column sens: found '<1'" in said
    assert "It comes from the manifest: correct it there, and run." in said


def test_categories_that_are_mostly_digits_may_be_declared(tmp_path, scores):
    scores["cohort"] = np.resize(["1", "2", "3a", "4"], N)
    said = fit(tmp_path, scores, covariates=["cohort"]).refused["sens", "mirroring"]
    assert "found '3a', expected a number" in said
    assert 'kinds = {cohort = "categorical"}' in said
    kinds = {"sens": "continuous", "cohort": "categorical"}
    assert estimate(fit(tmp_path, scores, covariates=["cohort"], kinds=kinds))[1] == N
