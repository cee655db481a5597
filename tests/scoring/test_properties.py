"""Short versions of what `attunement validate --long` measures on large samples."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from attunement.scoring import score_session
from attunement.simulation import simulate_dyad


def scores(jobs):
    rows = []
    for job in jobs:
        signals, truth = simulate_dyad(**job)
        row = score_session(signals).by_session.iloc[0].to_dict()
        rows.append({**row, "rho": truth.mirroring, "kappa": truth.marking})
    return pd.DataFrame(rows)


def hits_that_fit(n, share):
    """The hits in n dyads that a true share makes likely: one run in 10,000 falls outside."""
    return stats.binom.interval(0.9999, n, share)


def test_unrelated_dyads_are_found_mirroring_no_more_often_than_allowed():
    found = scores([{"seed": seed, "duration_s": 90, "mirroring": 0.0} for seed in range(40)])
    hits = (found["mirroring_p"] <= 0.05).sum()
    assert hits <= hits_that_fit(40, 0.08)[1]
    assert abs(found["mirroring"].mean()) < 4 * found["mirroring"].sem()


def test_coupled_dyads_are_found_at_their_lag():
    for lag_s in (0.4, 1.6):
        found = scores(
            [{"seed": seed, "duration_s": 120, "mirroring": 0.4, "lag_s": lag_s}
             for seed in range(10)]
        )  # fmt: skip
        assert (found["mirroring_p"] <= 0.05).sum() >= hits_that_fit(10, 0.90)[0]
        assert (found["mirroring_lag_s"] - lag_s).abs().median() <= 0.1 + 1e-9


@pytest.mark.slow
@pytest.mark.parametrize("phi", [0.90, 0.97, 0.99])
def test_false_positives(phi):
    found = scores([{"seed": seed, "autocorrelation": phi} for seed in range(100)])
    hits = (found["mirroring_p"] <= 0.05).sum()
    assert hits <= hits_that_fit(100, 0.08)[1]
    # A test that never rejects would pass the line above.
    assert found["mirroring_p"].min() < 0.2
    assert 0.3 < found["mirroring_p"].median() < 0.7


@pytest.mark.slow
def test_a_shared_straight_trend_is_no_mirroring():
    hits = 0
    for seed in range(100):
        signals, _ = simulate_dyad(seed=seed)
        trend = 8 * signals["valence"].std() * signals["time_s"] / 180
        row = score_session(signals.assign(valence=signals["valence"] + trend)).by_session.iloc[0]
        hits += row["mirroring_p"] <= 0.05
    assert hits <= hits_that_fit(100, 0.08)[1]


@pytest.mark.slow
@pytest.mark.parametrize(("duration_s", "power"), [(180.0, 0.95), (120.0, 0.90)])
def test_power(duration_s, power):
    jobs = [{"seed": s, "mirroring": 0.4, "duration_s": duration_s} for s in range(60)]
    assert (scores(jobs)["mirroring_p"] <= 0.05).sum() >= hits_that_fit(60, power)[0]


@pytest.mark.slow
def test_mirroring_and_marking_are_told_apart():
    planted = 1.2 * stats.qmc.Halton(2, seed=1).random(60)
    found = scores(
        [{"seed": seed, "infant": "events", "lag_s": 0.8, "mirroring": rho, "marking": kappa}
         for seed, (rho, kappa) in enumerate(planted)]
    )  # fmt: skip
    r = found[["mirroring", "markedness", "rho", "kappa"]].corr()
    # Bounds of the design less two standard errors of r at 60 dyads.
    assert np.tanh(np.arctanh(r.loc["mirroring", "rho"]) + 2 / np.sqrt(57)) >= 0.90
    assert np.tanh(np.arctanh(r.loc["markedness", "kappa"]) + 2 / np.sqrt(57)) >= 0.90
    assert abs(r.loc["mirroring", "kappa"]) < 0.15 + 2 / np.sqrt(57)
    assert abs(r.loc["markedness", "rho"]) < 0.15 + 2 / np.sqrt(57)
