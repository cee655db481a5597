"""Names in [association]: two names of the key, misspelt ones with the nearest."""

import numpy as np
import pandas as pd
import pytest

from attunement.config import Config
from attunement.errors import ConfigError, TableError
from attunement.fitting import fit_study
from attunement.study import Study
from attunement.study.files import write_csv

N = 40


@pytest.fixture
def place(tmp_path):
    """A finished run of 40 dyads, and outcomes whose ids stand in a column of another name."""
    rng = np.random.default_rng(8)
    ids = [f"s-{k:02d}" for k in range(N)]
    scores = pd.DataFrame(
        {"dyad": ids, "session": [f"{name}_t1" for name in ids], "family": ids,
         "mirroring": rng.normal(size=N)}
    )  # fmt: skip
    (tmp_path / "out").mkdir()
    write_csv(scores, tmp_path / "out" / "scores.csv")
    pd.DataFrame(
        {"ID": ids, "session": 1, "sensitivity": scores["mirroring"] + rng.normal(size=N),
         "siblings": rng.integers(0, 4, N), "site": rng.choice(["a", "b"], N)}
    ).to_csv(tmp_path / "outcomes.csv", index=False)  # fmt: skip
    return tmp_path


def fit(place, **settings):
    association = {
        "outcomes_file": "outcomes.csv",
        "key": {"study": "dyad", "outcomes": "ID"},
        "outcomes": ["sensitivity"],
        "kinds": {"sensitivity": "continuous"},
        "n_permutations": 0,
        "predictors": ["mirroring"],
        **settings,
    }
    config = Config(association=association)
    return fit_study(Study(place / "study.toml", (), pd.DataFrame(), config), place / "out")


def test_a_key_may_have_two_names(place):
    fitted = fit(place)
    assert fitted.table["n_dyads"].tolist() == [N]
    assert fitted.unmatched.empty


def test_results_without_the_default_predictor_say_what_to_do(place):
    association = {"outcomes_file": "outcomes.csv", "outcomes": ["sensitivity"],
                   "key": {"study": "dyad", "outcomes": "ID"},
                   "kinds": {"sensitivity": "continuous"}}  # fmt: skip
    study = Study(place / "study.toml", (), pd.DataFrame(), Config(association=association))
    with pytest.raises(TableError, match=r"'temporal_attunement'.*name others in predictors, or"):
        fit_study(study, place / "out")


def test_alike_ids_are_joined_where_declared(place):
    path = place / "outcomes.csv"
    path.write_text(path.read_text().replace("s-0", "S").replace("s-", "S"))
    with pytest.raises(TableError, match='ids = "alike"'):
        fit(place)
    fitted = fit(place, ids="alike")
    assert fitted.table["n_dyads"].tolist() == [N]
    (note,) = (note for note in fitted.entered.notes if "alike" in note)
    assert "40 ids written otherwise" in note
    assert "'S0' as 's-00'" in note


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("", 'Its column \'ID\' fits 40 of 40: key = {study = "dyad", outcomes = "ID"}'),
        ("ID", "the study has no column 'ID'"),
        ("dyad", "outcomes.csv has no column 'dyad'"),
        ({"study": "dyad", "outcomes": "IDs"}, "no column 'IDs'. Did you mean 'ID'?"),
        ({"study": "dyads", "outcomes": "ID"}, "no column 'dyads'. Did you mean 'dyad'?"),
    ],
)
def test_a_key_that_is_not_there_is_proposed(place, key, told):
    path = place / "outcomes.csv"
    path.write_text(path.read_text().replace("session", "visit"))
    with pytest.raises(ConfigError) as refused:
        fit(place, key=key)
    assert told in str(refused.value)


def test_a_column_of_visits_is_not_taken_for_the_ids_of_sessions(place):
    path = place / "outcomes.csv"
    path.write_text(path.read_text().replace("ID", "dyad"))
    assert fit(place, key="").table["n_dyads"].tolist() == [N]


@pytest.mark.parametrize(
    "key", [{"studdy": "dyad", "outcomes": "ID"}, {"study": "dyad"}, 3, ["ID"]]
)
def test_a_key_is_one_name_or_two(key):
    with pytest.raises(ConfigError, match=r"\[association\] key: .*expected the name of a column"):
        Config(association={"key": key})


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"outcomes": ["sensitivty"], "kinds": {"sensitivty": "continuous"}},
         ["outcomes: there is no column 'sensitivty'. Did you mean 'sensitivity'?"]),
        ({"covariates": ["siblngs"]}, ["no column 'siblngs'. Did you mean 'siblings'?"]),
        ({"predictors": ["miroring*siblings"]}, ["'miroring'. Did you mean 'mirroring'?"]),
        ({"exposures": {"sensitivity": "minutes"}},
         ["no column 'minutes'. There is 'ID', 'session', 'sensitivity', 'siblings', 'site'"]),
        ({"labels": {"sites": {"a": "A"}}}, ["Did you mean 'site'?"]),
        ({"outcomes": ["sensitivty"], "kinds": {"sensitivty": "continuous"},
          "covariates": ["siblngs"]}, ["'sensitivty'", "'siblngs'"]),
    ],
)  # fmt: skip
def test_misspelt_columns_are_named_at_once_with_the_nearest(place, settings, told):
    with pytest.raises(TableError) as refused:
        fit(place, **settings)
    for part in told:
        assert part in str(refused.value)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"kinds": {"sensitivty": "continuous"}}, ["Did you mean 'sensitivty'?"]),
        ({"kinds": {"sensitivity": "continous"}}, ["Did you mean 'continuous'?"]),
        ({"primary": "sensitivty ~ mirroring"}, ["Did you mean 'sensitivity'?"]),
        ({"primary": "sensitivity ~ miroring"}, ["Did you mean 'mirroring'?"]),
        ({"kinds": {"sensitivity": "continous"}, "primary": "sensitivty"},
         ["Did you mean 'continuous'?", "Did you mean 'sensitivity'?"]),
        ({"outcomes": []}, ["--propose"]),
    ],
)  # fmt: skip
def test_misspelt_declarations_are_named_at_once_with_the_nearest(place, settings, told):
    with pytest.raises(ConfigError) as refused:
        fit(place, **settings)
    for part in told:
        assert part in str(refused.value)


def test_the_kind_of_a_covariate_of_few_values_is_taken_from_the_study(place):
    asked = fit(place, covariates=["siblings"])
    assert "categories or a quantity" in next(iter(asked.refused.values()))
    as_number = fit(place, covariates=["siblings"], kinds={
        "sensitivity": "continuous", "siblings": "continuous"})  # fmt: skip
    as_groups = fit(place, covariates=["siblings"], kinds={
        "sensitivity": "continuous", "siblings": "categorical"})  # fmt: skip
    names = [
        fitted.results["sensitivity", "mirroring"].table["term"].tolist()
        for fitted in (as_number, as_groups)
    ]
    assert "siblings" in names[0]
    assert "siblings[3]" in names[1]


def test_an_outcomes_file_that_is_not_there_is_proposed(place):
    from attunement.errors import StudyError

    with pytest.raises(StudyError, match=r"Did you mean 'outcomes.csv'\?"):
        fit(place, outcomes_file="outcome.csv")
