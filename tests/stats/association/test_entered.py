"""Columns that people entered, in every model that is fitted from Python."""

import numpy as np
import pandas as pd
import pytest

from attunement.errors import AssociationError
from attunement.stats.association import (
    cross_validate,
    describe_columns,
    fit_actor_partner,
    fit_association,
    fit_mediation,
    good_enough,
    impute,
    report_missing,
)

N = 60
GONE = [3, 17, 25, 40]


@pytest.fixture
def scores():
    rng = np.random.default_rng(5)
    x, y, z = rng.normal(size=(3, N))
    return pd.DataFrame(
        {"dyad": [f"d{k}" for k in range(N)], "mirroring": x, "markedness": z,
         "sens": (x + y).round(2), "age": (200 + 10 * y).round(1),
         "secure": (x + rng.normal(size=N) > 0).astype(int)}
    )  # fmt: skip


def coded(scores, column, code):
    table = scores.astype({column: object} if isinstance(code, str) else {column: float})
    table.loc[GONE, column] = code
    return table


def linear(table, **options):
    return fit_association(
        table, outcome="sens", kind="continuous", predictors="mirroring", n_permutations=0,
        **options,
    )  # fmt: skip


def mediated(table, **options):
    return fit_mediation(
        table, predictor="mirroring", mediator="age", outcome="sens", n_bootstrap=19,
        order=["mirroring", "age", "sens"], **options,
    )  # fmt: skip


def partners(table, **options):
    return fit_actor_partner(
        table, outcomes=("sens", "age"), predictors=("mirroring", "markedness"), **options
    )


MODELS = {
    "covariate": lambda table, **o: linear(table, covariates="age", **o),
    "moderator": lambda table, **o: fit_association(
        table, outcome="sens", kind="continuous", predictors="mirroring*age", n_permutations=0, **o
    ),
    "good enough": lambda table, **o: good_enough(
        table, outcome="sens", predictor="mirroring", covariates="age", n_splits=2, **o
    ),
    "mediator": mediated,
    "partner's outcome": partners,
    "prediction": lambda table, **o: cross_validate(
        table, outcome="secure", predictors=["mirroring", "age"], n_repeats=1, n_bootstrap=3,
        n_folds=3, **o,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MODELS)
def test_declared_codes_are_missing_in_every_model(scores, name):
    truth = MODELS[name](coded(scores, "age", np.nan), nan_policy="omit")
    for code in (999, "999.0", " 999,0 "):
        result = MODELS[name](coded(scores, "age", code), nan_policy="omit", missing_values=[999])
        np.testing.assert_array_equal(result.table["estimate"], truth.table["estimate"])
        np.testing.assert_array_equal(result.table["n_dyads"], truth.table["n_dyads"])


@pytest.mark.parametrize("name", MODELS)
def test_undeclared_codes_are_noted_and_stay(scores, name):
    table = coded(scores, "age", 999)
    notes = MODELS[name](table).notes
    assert any("age holds 999 in 4 rows" in note for note in notes)
    silent = MODELS[name](table, missing_values={"age": []}).notes
    assert not any("looks like" in note for note in silent)


@pytest.mark.parametrize("name", MODELS)
def test_text_among_numbers_names_the_dyad(scores, name):
    table = scores.astype({"age": object})
    table.loc[7, "age"] = "n.a."
    with pytest.raises(AssociationError, match=r"'age' holds 'n\.a\.' for dyad 'd7'"):
        MODELS[name](table)


def test_a_note_stands_in_the_table(scores):
    result = linear(coded(scores, "sens", -99))
    assert result.table["note"].str.contains("sens holds -99 in 4 rows").all()
    assert linear(scores).table["note"].tolist() == ["", ""]


def test_scores_are_never_taken_for_codes(scores):
    scores.loc[5, "mirroring"] = 99.0
    result = linear(scores, missing_values=[99])
    assert result.table["n_dyads"][0] == N
    assert not any("looks like" in note for note in result.notes)


def test_text_of_digits_keeps_standing_for_categories(scores):
    scores["site"] = np.resize(["1", "2", "3"], N)
    assert {"site[2]", "site[3]"} <= set(linear(scores, covariates="site").table["term"])
    scores["site"] = np.resize([1.0, 2.0, 3.0], N)
    terms = linear(scores, covariates="site", kinds={"site": "categorical"}).table["term"]
    assert {"site[2]", "site[3]"} <= set(terms)


@pytest.mark.parametrize("word", ["NA", ".", "n/a", "?", "#N/A", "-"])
def test_labels_that_say_not_coded_are_asked_for(scores, word):
    scores["attachment"] = np.resize(["secure", "avoidant", "resistant"], N)
    scores.loc[[0, 4], "attachment"] = word
    model = {"outcome": "attachment", "kind": "unordered", "predictors": "mirroring",
             "n_permutations": 0, "nan_policy": "omit"}  # fmt: skip
    with pytest.raises(AssociationError, match="usually means that nothing was coded"):
        fit_association(scores, **model)
    left = fit_association(scores, **model, missing_values=[word])
    assert left.table["n_left_out"][0] == 2
    levels = ["secure", "avoidant", "resistant", word]
    assert len(fit_association(scores, **model, levels=levels).diagnostics["levels"]) == 4


def test_labels_that_differ_in_capitals_are_asked_for(scores):
    scores["site"] = np.resize(["north", "south"], N)
    scores.loc[0, "site"] = "North"
    with pytest.raises(AssociationError, match=r"'North' \(1\) and 'north' \(29\)"):
        linear(scores, covariates="site")


def test_texts_of_their_own_in_every_row_are_no_categories(scores):
    scores["born"] = [f"2025-{1 + k // 28:02d}-{1 + k % 28:02d}" for k in range(N)]
    with pytest.raises(AssociationError, match=r"60 different texts \('2025-01-01', .*in place of"):
        linear(scores, covariates="born")


@pytest.mark.parametrize(
    ("kind", "column", "value", "match"),
    [
        ("count", "outcome", -9, "such as -9"),
        ("time", "outcome", -9, "not above zero: -9"),
        ("count", "minutes", -9, "found -9 for dyad 'd7'"),
        ("time", "seen", 9, "found 9"),
    ],
)
def test_numbers_that_cannot_be_are_named(scores, kind, column, value, match):
    table = scores.assign(outcome=1 + np.arange(N) % 5, minutes=5.0, seen=np.arange(N) % 2)
    table.loc[7, column] = value
    extra = {"event": "seen"} if kind == "time" else {"exposure": "minutes"}
    with pytest.raises(AssociationError, match=match):
        fit_association(table, outcome="outcome", kind=kind, predictors="mirroring", **extra)


def test_a_code_is_no_family(scores):
    scores["family"] = [f"f{k}" for k in range(N)]
    scores.loc[GONE, "family"] = "-99"
    with pytest.raises(AssociationError, match="4 dyads have the family '-99'"):
        linear(scores)
    scores.loc[GONE, "family"] = "999"
    with pytest.raises(AssociationError, match="4 dyads have the family '999'"):
        linear(scores, missing_values=[999])
    # Four dyads of family 999 that nobody declared are a family.
    assert linear(scores).diagnostics["n_families"] == N - 3


def test_a_mixed_model_of_one_session_a_dyad_is_said_to_be_none(scores):
    result = linear(scores, repeated="mixed")
    assert any(note.startswith("No mixed model") for note in result.notes)
    assert result.table["note"].str.startswith("No mixed model").all()
    twice = pd.concat([scores.assign(session=1), scores.assign(session=2)])
    twice["session"] = twice["dyad"] + twice["session"].astype(str)
    twice["sens"] += np.random.default_rng(0).normal(size=2 * N)
    assert not any("No mixed model" in note for note in linear(twice, repeated="mixed").notes)


def test_columns_are_described_with_their_codes():
    table = pd.DataFrame(
        {"age": ["181", "999", "NA", "203,5"], "rating": [1, 2, 2, -99],
         "sex": ["f", " ", "m", "f"],
         "dose": ["1", "<1", "2", "3"]}
    )  # fmt: skip
    shown = describe_columns(table, missing_values=[-99, 999]).set_index("column")
    assert shown["n"].to_dict() == {"age": 2, "rating": 3, "sex": 3, "dose": 4}
    assert shown["missing"].to_dict() == {"age": 2, "rating": 1, "sex": 1, "dose": 0}
    assert shown["by_code"].to_dict() == {
        "age": "999: 1, NA: 1", "rating": "-99: 1", "sex": "", "dose": "",
    }  # fmt: skip
    assert shown["kind"].to_dict() == {
        "age": "numbers", "rating": "numbers", "sex": "categories", "dose": "numbers and text",
    }  # fmt: skip
    assert shown.loc["age", ["low", "high", "mean"]].tolist() == [181, 203.5, 192.25]
    assert shown.loc["sex", "counts"] == "f: 2, m: 1"
    assert shown.loc["rating", "counts"] == "1: 1, 2: 2"
    assert shown.loc["dose", "counts"] == "<1: 1"


@pytest.mark.parametrize(
    ("dtype", "missing"),
    [("bool", False), ("boolean", False), ("boolean", True), ("object", False), ("object", True)],
)
def test_true_and_false_have_an_order_whatever_holds_them(dtype, missing):
    x, noise = np.random.default_rng(0).normal(size=(2, 60))
    secure = pd.Series(x + noise > 0).astype(dtype)
    if missing:
        secure[0] = None if dtype == "object" else pd.NA
    table = pd.DataFrame({"dyad": range(60), "mirroring": x, "secure": secure})
    settings = {"kind": "binary", "predictors": "mirroring", "nan_policy": "omit"}
    found = fit_association(table, outcome="secure", n_permutations=0, **settings)
    numbers = table.assign(secure=(x + noise > 0).astype(float)).iloc[int(missing) :]
    wanted = fit_association(numbers, outcome="secure", n_permutations=0, **settings)
    assert found.table["estimate"].tolist() == wanted.table["estimate"].tolist()


def test_codes_in_what_imputation_learns_from(scores):
    gone = coded(scores, "sens", np.nan)
    result = linear(gone, nan_policy="omit")
    options = {"auxiliary": ["age"], "n_imputations": 3, "n_burn": 2}
    scores = result.refit.scores
    scores.loc[[1, 2], "age"] = np.nan
    truth = impute(result, **options).table["estimate"]
    scores.loc[[1, 2], "age"] = 999
    np.testing.assert_array_equal(impute(result, **options, missing_values=[999]).table["estimate"],
                                  truth)  # fmt: skip
    assert abs(impute(result, **options).table["estimate"] - truth).max() > 1e-6


def test_codes_are_counted_as_missing(scores):
    table = report_missing(coded(scores, "age", 999), columns=["age"], missing_values=[999])
    assert table["n_missing"][0] == len(GONE)


def test_what_imputation_learns_from_is_read_as_numbers_or_said_to_be_text(scores):
    result = linear(coded(scores, "sens", np.nan), nan_policy="omit")
    scores = result.refit.scores
    scores["help"] = (scores["sens"].fillna(4) + np.linspace(0, 1, len(scores))).round(2)
    options = {"auxiliary": ["help"], "n_imputations": 3, "n_burn": 2}
    truth = impute(result, **options)
    numbers = scores["help"]
    scores["help"] = numbers.map(str).str.replace(".", ",")
    found = impute(result, **options)
    assert found.table["estimate"].tolist() == truth.table["estimate"].tolist()
    assert found.notes == truth.notes
    scores["help"] = ["much", *["little"] * (len(scores) - 1)]
    (said,) = set(impute(result, **options).notes) - set(truth.notes)
    assert said.startswith("The auxiliary column 'help' holds text such as 'much' and was not used")
    scores["help"] = ["n.a.", *numbers.map(str).iloc[1:]]
    with pytest.raises(AssociationError, match=r"'help' holds 'n\.a\.' for dyad"):
        impute(result, **options)
    again = impute(result, **options, missing_values=["n.a."])
    assert again.notes == truth.notes
