"""Bootstrap, leaving families out, coverage, missing values, imputation."""

import numpy as np
import pandas as pd
import pytest

from attunement.errors import AssociationError, TableError
from attunement.stats.association import (
    bootstrap,
    by_coverage,
    fit_association,
    impute,
    leave_one_family_out,
    report_missing,
)


def fit(table, **options):
    given = {"outcome": "sensitivity", "kind": "continuous", "predictors": "mirroring"}
    return fit_association(table, **{**given, "n_permutations": 0, **options})


def test_bootstrap_spreads_as_hc3_does(study):
    result = fit(study)
    drawn = bootstrap(result, n=400, seed=1)
    assert drawn["std_error"][1] == pytest.approx(result.table["std_error"][1], rel=0.2)
    assert drawn["estimate"].tolist() == result.table["estimate"].tolist()
    assert drawn["ci_low"][1] < drawn["estimate"][1] < drawn["ci_high"][1]
    assert drawn["n_draws"][0] == 400
    pd.testing.assert_frame_equal(drawn, bootstrap(result, n=400, seed=1))


def test_bootstrap_draws_families_whole(coded):
    result = fit(coded, outcome="rating")
    drawn = bootstrap(result, n=400)
    assert drawn["std_error"][1] == pytest.approx(result.table["std_error"][1], rel=0.2)


def test_bootstrap_of_too_rare_categories_is_an_error(study):
    study["level"] = np.digitize(study["sensitivity"], [2.5, 6.4])
    result = fit(study, outcome="level", kind="ordered")
    with pytest.raises(AssociationError, match="draws of families cannot be fitted"):
        bootstrap(result, n=40)


def test_leaving_families_out_gives_the_jackknife(coded):
    result = fit(coded, outcome="rating")
    table = leave_one_family_out(result)
    assert len(table) == 45
    change = table.loc[table["term"] == "mirroring", "change"]
    assert np.sqrt(44 / 45 * (change**2).sum()) == pytest.approx(result.table["std_error"][1])
    one = fit(coded[coded["family"] != "f07"], outcome="rating")
    found = table[(table["family"] == "f07")]["estimate"].iloc[0]
    assert found == pytest.approx(one.table["estimate"][1])


def test_one_family_that_makes_the_result_is_seen(study):
    study["sensitivity"] = np.random.default_rng(1).normal(size=60)
    study.loc[0, ["mirroring", "sensitivity"]] = [12.0, 20.0]
    table = leave_one_family_out(fit(study))
    assert table["change"].abs().idxmax() == 0


def test_results_by_coverage(study):
    study["coverage_infant"] = np.linspace(0.3, 1, 60)
    table = by_coverage(fit(study), coverage="coverage_infant", at_least=[0, 0.65, 0.99])
    assert table["n_dyads"].tolist()[:2] == [60, 30]
    assert np.isnan(table["estimate"][2])
    assert "rows" in table["note"][2]
    with pytest.raises(TableError, match="no column"):
        by_coverage(fit(study), coverage="coverage", at_least=[0])


def test_missing_values_and_with_what_they_go(study):
    study["crying"] = np.arange(60.0)
    study.loc[45:, "mirroring"] = np.nan
    study["coverage_infant"] = -study["crying"]
    table = report_missing(
        study, columns=["mirroring", "sensitivity"], against=["crying", "sensitivity"]
    )
    assert table.loc[0, ["n_missing", "share"]].tolist() == [15, 0.25]
    rows = table.set_index(["term", "against"])
    assert rows.loc[("mirroring missing", "crying"), "estimate"] > 0.6
    assert rows.loc[("mirroring missing", "crying"), "p"] < 0.001
    assert rows.loc[("coverage_infant", "crying"), "estimate"] == pytest.approx(-1)


def missing_at_random(n=240):
    rng = np.random.default_rng(2)
    z = rng.normal(size=n)
    x = z + 0.6 * rng.normal(size=n)
    table = pd.DataFrame({"dyad": [f"d{k}" for k in range(n)], "z": z, "mirroring": x})
    table["sensitivity"] = 0.5 * x + rng.normal(size=n)
    complete = table.copy()
    table.loc[rng.random(n) < 1 / (1 + np.exp(-2 * z)), "mirroring"] = np.nan
    return table, complete


def test_imputation_uses_all_dyads_and_comes_near_the_truth():
    table, complete = missing_at_random()
    omitted = fit(table, nan_policy="omit")
    pooled = impute(omitted, auxiliary=["z"], n_imputations=10, seed=3)
    whole = fit(complete)
    assert omitted.table["n_dyads"][0] < 150
    assert pooled.table["n_dyads"][0] == 240
    error = pooled.table["std_error"][1]
    assert pooled.table["estimate"][1] == pytest.approx(whole.table["estimate"][1], abs=2 * error)
    assert whole.table["std_error"][1] < error < omitted.table["std_error"][1] * 1.3
    assert 0 < pooled.table["fraction_missing"][1] < 1
    again = impute(omitted, auxiliary=["z"], n_imputations=10, seed=3)
    pd.testing.assert_frame_equal(pooled.table, again.table)


def test_imputation_needs_something_missing_and_dyads(study):
    with pytest.raises(AssociationError, match="nothing to impute"):
        impute(fit(study, nan_policy="omit"))


def test_rubins_rules():
    from attunement.stats.association.fit import prepare
    from attunement.stats.association.inference import infer
    from attunement.stats.association.missingness import _pool

    table, complete = missing_at_random(60)
    del table
    fits = []
    for shift in (-0.1, 0.0, 0.1):
        moved = complete.assign(sensitivity=complete["sensitivity"] + shift * complete["mirroring"])
        design = prepare(fit(moved).refit)[1]
        fits.append(infer(design, std_error="auto", firth=None, mixed=False, alpha=0.05))
    pooled, share = _pool(fits, 0.05, 60)
    middle = fits[1]
    assert pooled.point.beta[1] == pytest.approx(middle.point.beta[1])
    between = 0.01
    within = np.mean([f.cov[1, 1] for f in fits])
    assert pooled.cov[1, 1] == pytest.approx(within + 4 / 3 * between)
    assert share[1] == pytest.approx(4 / 3 * between / pooled.cov[1, 1])
    assert (np.asarray(pooled.df) < middle.df).all()
