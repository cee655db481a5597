"""What must not pass in silence."""

import numpy as np
import pandas as pd
import pytest

from attunement.errors import AssociationError, TableError
from attunement.stats.association import fit_association


def fit(table, **options):
    given = {"outcome": "sensitivity", "kind": "continuous", "predictors": "mirroring"}
    return fit_association(table, **{**given, "n_permutations": 0, **options})


@pytest.mark.parametrize("column", ["window", "start_s", "frame"])
def test_window_rows_are_refused_and_the_fix_is_named(study, column):
    with pytest.raises(AssociationError, match=r"never counted as cases.*scores\.csv"):
        fit(study.assign(**{column: 1}))


def test_rows_of_a_dyad_without_session_ids_are_refused(study):
    twice = pd.concat([study, study]).drop(columns="session")
    with pytest.raises(AssociationError, match="repeated='mean', 'cluster' or 'mixed'"):
        fit(twice)


def test_several_rows_a_session_are_refused(study):
    with pytest.raises(AssociationError, match="has 2 rows"):
        fit(pd.concat([study, study]))
    episodes = pd.concat([study.assign(episode="play"), study.assign(episode="reunion")])
    with pytest.raises(AssociationError, match="Keep one episode"):
        fit(episodes)


def test_sessions_are_averaged_and_never_inflate_the_number_of_dyads(study):
    again = study.assign(session=study["session"] + "b")
    result = fit(pd.concat([study, again]))
    once = fit(study)
    assert result.table["n_dyads"].unique() == [60]
    assert result.table["n_sessions"].unique() == [120]
    np.testing.assert_allclose(result.table["std_error"], once.table["std_error"])
    assert "averaged" in " ".join(result.notes)


NO_PREDICTORS = {
    "mirroring_z": "mirroring", "mirroring_p": "mirroring", "congruence_p": "congruence",
    "matched_share_p": "matched_share", "contingency_smile_p": "contingency_smile",
    "attuned_share_low": "attuned_share", "consistency_high": "consistency",
}  # fmt: skip


@pytest.mark.parametrize("name", NO_PREDICTORS)
def test_z_p_and_limits_of_a_session_are_no_predictors(study, name):
    expected = rf"{name}' must not be used as .*a predictor.*Use '{NO_PREDICTORS[name]}'\."
    with pytest.raises(AssociationError, match=expected):
        fit(study.assign(**{name: study["mirroring"]}), predictors=name)


def test_missing_values_are_an_error_that_names_the_rows(study):
    study.loc[3, "mirroring"] = np.nan
    with pytest.raises(TableError, match=r"1 of 60 rows.*s03 \(no mirroring\)"):
        fit(study)


def test_omitted_rows_are_counted_and_named(study):
    study.loc[[3, 5], "mirroring"] = np.nan
    study.loc[5, "sensitivity"] = np.inf
    result = fit(study, nan_policy="omit")
    assert result.table["n_left_out"].tolist() == [2, 2]
    assert result.table["n_dyads"].tolist() == [58, 58]
    left_out = result.diagnostics["left_out"]
    assert left_out["session"].tolist() == ["s03", "s05"]
    assert left_out["reason"].tolist() == ["no mirroring", "no sensitivity, no mirroring"]


def test_fewer_than_two_rows_a_parameter(study):
    with pytest.raises(AssociationError, match="at least 2 rows a parameter"):
        fit(study.head(5), predictors=["mirroring", "markedness"])


def test_constant_and_collinear_predictors(study):
    with pytest.raises(AssociationError, match="'mirroring' is constant"):
        fit(study.assign(mirroring=0.3))
    with pytest.raises(AssociationError, match="mirroring, twice say the same"):
        fit(study.assign(twice=2 * study["mirroring"] + 1), predictors=["mirroring", "twice"])


def test_separation_is_corrected_in_the_open_or_an_error(study):
    study["secure"] = (study["mirroring"] > 0).astype(int)
    options = {"outcome": "secure", "kind": "binary"}
    result = fit(study, **options)
    assert "Firth" in result.diagnostics["model"]
    assert result.table["note"].str.contains("separated").all()
    assert "Firth" in result.text
    assert np.isfinite(result.table["estimate"]).all()
    with pytest.raises(AssociationError, match="separated"):
        fit(study, **options, firth=False)


def test_a_kind_is_declared_and_never_guessed(study):
    with pytest.raises(AssociationError, match="never guessed"):
        fit(study, kind="auto")
    study["group"] = np.arange(len(study)) % 3
    with pytest.raises(AssociationError, match="categories or a quantity"):
        fit(study, covariates="group")
    as_categories = fit(study, covariates="group", kinds={"group": "categorical"})
    assert {"group[1]", "group[2]"} <= set(as_categories.table["term"])
    as_quantity = fit(study, covariates="group", kinds={"group": "continuous"})
    assert "group" in set(as_quantity.table["term"])


@pytest.mark.parametrize(
    ("kind", "values", "match"),
    [
        ("continuous", ["a", "b"], "holds text such as 'a' and no number"),
        ("binary", ["a", "b"], "order of the categories"),
        ("binary", [0, 1, 2], "3 categories"),
        ("ordered", [0, 1], "two categories"),
        ("count", [0.5, 1], "other numbers"),
        ("time", [0, 1], "not above zero"),
    ],
)
def test_outcomes_must_fit_their_kind(study, kind, values, match):
    study["outcome"] = np.resize(np.array(values), len(study))
    with pytest.raises(AssociationError, match=match):
        fit(study.assign(seen=1), outcome="outcome", kind=kind, event="seen")


def test_binary_text_counts_the_last_level(study):
    study["attachment"] = np.where(study["secure"] == 1, "secure", "insecure")
    named = fit(study, outcome="attachment", kind="binary", levels=("insecure", "secure"))
    turned = fit(study, outcome="attachment", kind="binary", levels=("secure", "insecure"))
    numbers = fit(study, outcome="secure", kind="binary")
    np.testing.assert_allclose(named.table["estimate"], numbers.table["estimate"])
    np.testing.assert_allclose(turned.table["estimate"], -numbers.table["estimate"], rtol=1e-5)


def test_outcome_as_predictor_unknown_columns_and_ids(study):
    with pytest.raises(AssociationError, match="both outcome and predictor"):
        fit(study, predictors="sensitivity")
    with pytest.raises(TableError, match="no outcome column"):
        fit(study, outcome="attachment")
    with pytest.raises(AssociationError, match="neither a column nor a term"):
        fit(study, predictors="__import__('os').getcwd()")
    with pytest.raises(AssociationError, match="no predictor"):
        fit(study, predictors="dyad")


def test_dyads_in_two_families_and_missing_ids(study):
    moved = pd.concat([study, study.assign(session=study["session"] + "b", family="f00")])
    with pytest.raises(TableError, match="more than one family"):
        fit(moved)
    study.loc[2, "family"] = None
    with pytest.raises(TableError, match="no dyad or family id"):
        fit(study)


def test_what_cannot_be_averaged_is_an_error(study):
    second = study.assign(session=study["session"] + "b", secure=1 - study["secure"])
    with pytest.raises(AssociationError, match="repeated='cluster'"):
        fit(pd.concat([study, second]), outcome="secure", kind="binary")


def test_families_with_several_rows_are_clustered_and_hc3_is_refused(study):
    study["family"] = np.repeat([f"f{k}" for k in range(20)], 3)
    result = fit(study)
    assert result.diagnostics["std_error"] == "leave-one-family-out jackknife"
    assert (result.table["df"] == 19).all()
    with pytest.raises(AssociationError, match="takes rows for independent"):
        fit(study, std_error="hc3")


def test_the_scores_given_are_not_changed(study):
    before = study.copy()
    fit(study, predictors="mirroring*markedness", n_permutations=20)
    pd.testing.assert_frame_equal(study, before)


@pytest.mark.parametrize(("families", "said"), [(9, True), (10, False)])
def test_few_families_make_standard_errors_unsure(study, families, said):
    grouped = study.assign(family=[f"f{k % families}" for k in range(len(study))])
    notes = " ".join(fit(grouped).notes)
    assert (f"Only {families} families" in notes) == said


@pytest.mark.parametrize(("cases", "said"), [(9, True), (10, False)])
def test_five_cases_a_coefficient_do_without_firth(study, cases, said):
    rare = np.random.default_rng(cases).permutation(len(study)) < cases
    notes = " ".join(fit(study.assign(secure=rare * 1), outcome="secure", kind="binary").notes)
    assert ("Firth's correction" in notes) == said
