"""Numbers that R computed: tests/reference/reliability.R wrote them, with versions."""

import json
from pathlib import Path

import numpy as np
import pytest

from attunement.stats import reliability
from attunement.stats.reliability.events import nil_kappa

FOLDER = Path(__file__).resolve().parents[2] / "reference"
R = json.loads((FOLDER / "reliability.json").read_text())
KRIPPENDORFF = json.loads((FOLDER / "krippendorff_alpha.json").read_text())
CLOSE = {"rel": 1e-9, "abs": 1e-9}


def test_reference_names_its_versions():
    assert R["versions"]["R"].startswith("R version")
    assert {"psych", "vcd", "lme4"} <= set(R["versions"])


@pytest.mark.parametrize("name", sorted(R["icc"]))
def test_icc_as_psych(name):
    wanted = R["icc"][name]
    found = reliability.icc(np.array(wanted["ratings"], dtype=float))
    assert list(found["type"]) == wanted["type"]
    for column, theirs in (
        ("estimate", "estimate"),
        ("statistic", "f"),
        ("df", "df"),
        ("df_denominator", "df_denominator"),
        ("p", "p"),
        ("ci_low", "low"),
        ("ci_high", "high"),
    ):
        assert found[column].to_numpy(float) == pytest.approx(wanted[theirs], **CLOSE), column


@pytest.mark.parametrize("name", sorted(R["kappa"]))
@pytest.mark.parametrize("weights", ["plain", "linear", "quadratic", "own", "psych_plain"])
def test_kappa_as_vcd_and_psych(name, weights):
    wanted = R["kappa"][name]
    given = {"plain": None, "psych_plain": None, "own": np.array(wanted["own_weights"])}
    found = reliability.kappa_from_counts(
        np.array(wanted["counts"]), weights=given.get(weights, weights)
    ).iloc[0]
    assert (found["estimate"], found["std_error"]) == pytest.approx(tuple(wanted[weights]), **CLOSE)


@pytest.mark.parametrize("name", sorted(R["kappa"]))
def test_kappa_with_own_weights_as_psych_and_delta_method(name):
    wanted = R["kappa"][name]
    found = reliability.kappa_from_counts(
        np.array(wanted["counts"]), weights=np.array(wanted["own_weights"])
    ).iloc[0]
    assert found["estimate"] == pytest.approx(wanted["psych_own"], **CLOSE)
    # The derivatives are numerical.
    assert found["std_error"] == pytest.approx(wanted["delta_own"], rel=1e-6)


def test_fleiss_kappa():
    wanted = R["fleiss"]
    found = reliability.fleiss_kappa(np.array(wanted["ratings"])).iloc[0]
    assert found["estimate"] == pytest.approx(wanted["estimate"], **CLOSE)
    assert found["estimate"] / found["statistic"] == pytest.approx(wanted["null_se"], **CLOSE)
    # Linearised and jackknifed errors are two estimates of one thing.
    assert found["std_error"] == pytest.approx(wanted["jackknife_se"], rel=0.05)


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval", "ratio"])
def test_alpha_as_definition_and_package(level):
    ratings = np.array(R["alpha"]["ratings"], dtype=float)
    found = reliability.krippendorff_alpha(ratings, level=level, n_resamples=0)["estimate"][0]
    assert found == pytest.approx(R["alpha"]["estimate"][level], **CLOSE)
    assert found == pytest.approx(KRIPPENDORFF["estimate"][level], **CLOSE)


def test_bland_altman():
    wanted = R["bland_altman"]
    found = reliability.bland_altman(wanted["a"], wanted["b"]).set_index("term")
    bias, lower, upper = (found.loc[term] for term in ("bias", "lower_limit", "upper_limit"))
    assert (bias["estimate"], bias["sd"]) == pytest.approx((wanted["bias"], wanted["sd"]), **CLOSE)
    assert (bias["ci_low"], bias["ci_high"]) == pytest.approx(tuple(wanted["bias_ci"]), **CLOSE)
    limits = (lower["estimate"], upper["estimate"])
    assert limits == pytest.approx(tuple(wanted["limits"]), **CLOSE)
    # R's quantile of the noncentral t stops at fewer digits.
    interval = (upper["ci_low"], upper["ci_high"])
    assert interval == pytest.approx(tuple(wanted["upper_ci"]), rel=1e-6)
    mirrored = (2 * bias["estimate"] - lower["ci_high"], 2 * bias["estimate"] - lower["ci_low"])
    assert mirrored == pytest.approx(tuple(wanted["upper_ci"]), rel=1e-6)
    trend = found.loc["trend", ["estimate", "std_error", "p"]].to_numpy(float)
    assert trend == pytest.approx(wanted["trend"], **CLOSE)


@pytest.mark.parametrize("truth", ["varying", "constant"])
def test_bland_altman_repeated_as_lme4(truth):
    wanted = R["repeated"]
    found = reliability.bland_altman(
        wanted["a"], wanted["b"], groups=wanted["dyad"], truth=truth
    ).set_index("term")
    bias = found.loc["bias"]
    assert bias["estimate"] == pytest.approx(wanted["bias"], **CLOSE)
    # lme4 stops iterating at a relative change of about 1e-7.
    assert bias["sd"] == pytest.approx(wanted[f"sd_{truth}"], rel=1e-5)
    assert bias["std_error"] == pytest.approx(wanted["bias_se"], rel=1e-5)
    assert (bias["n_targets"], bias["n_pairs"]) == (15, 60)


def test_nil_kappa_as_iterative_proportional_fitting():
    wanted = R["nil"]
    assert nil_kappa(np.array(wanted["counts"], float)) == pytest.approx(wanted["kappa"], abs=1e-8)
