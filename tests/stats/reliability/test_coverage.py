"""Intervals hold the truth as often as they say: a short version here, the long one on demand.

The long one, `pytest -m long tests/stats/reliability/test_coverage.py -s`, prints a table; the last
one is in docs/reliability.md.
"""

import zlib

import numpy as np
import pytest

from attunement.stats import reliability

SHARES = np.array([0.5, 0.3, 0.2])


def latent_labels(rng, n_targets, n_coders, accuracy, shares=SHARES):
    """Return labels: the truth with probability `accuracy`, else a draw from `shares`.

    Kappa and nominal alpha of coders who err alike are then accuracy squared.
    """
    k = len(shares)
    truth = rng.choice(k, n_targets, p=shares)
    drawn = rng.choice(k, (n_targets, n_coders), p=shares)
    return np.where(rng.random((n_targets, n_coders)) < accuracy, truth[:, None], drawn)


def kappa(rng, n):
    table = np.array([[0.35, 0.05, 0.02], [0.08, 0.2, 0.05], [0.02, 0.05, 0.18]])
    cells = rng.choice(9, n, p=table.ravel())
    expected = np.outer(table.sum(axis=1), table.sum(axis=0))
    found = reliability.cohen_kappa(cells // 3, cells % 3, labels=[0, 1, 2])
    chance = np.trace(expected)
    return found, (np.trace(table) - chance) / (1 - chance)


def kappa_quadratic(rng, n):
    table = np.array([[0.35, 0.05, 0.02], [0.08, 0.2, 0.05], [0.02, 0.05, 0.18]])
    cells = rng.choice(9, n, p=table.ravel())
    expected = np.outer(table.sum(axis=1), table.sum(axis=0))
    v = np.subtract.outer(np.arange(3), np.arange(3)) ** 2
    found = reliability.cohen_kappa(cells // 3, cells % 3, labels=[0, 1, 2], weights="quadratic")
    return found, 1 - np.sum(v * table) / np.sum(v * expected)


def kappa_by_dyad(rng, n_dyads):
    # Coders agree more on some dyads; kappa is the mean of the dyads' shares of shared judgement.
    share = np.repeat(rng.beta(6, 4, n_dyads), 20)
    a = rng.choice(3, len(share), p=SHARES)
    b = np.where(rng.random(len(share)) < share, a, rng.choice(3, len(share), p=SHARES))
    dyad = np.repeat(np.arange(n_dyads), 20)
    return reliability.cohen_kappa(a, b, groups=dyad), 0.6


def fleiss(rng, n):
    return reliability.fleiss_kappa(latent_labels(rng, n, 4, 0.8)), 0.64


def alpha_nominal(rng, n):
    labels = latent_labels(rng, n, 3, 0.8).astype(float)
    labels[rng.random(labels.shape) < 0.15] = np.nan
    return reliability.krippendorff_alpha(labels, level="nominal", n_resamples=400), 0.64


def alpha_interval(rng, n):
    ratings = rng.normal(size=(n, 1)) + 0.7 * rng.normal(size=(n, 3))
    ratings[rng.random(ratings.shape) < 0.15] = np.nan
    found = reliability.krippendorff_alpha(ratings, level="interval", n_resamples=400)
    return found, 1 / 1.49


def icc_one_way(rng, n):
    ratings = rng.normal(size=(n, 1)) + 0.7 * rng.normal(size=(n, 3))
    return reliability.icc(ratings).iloc[[0]], 1 / 1.49


def icc_absolute(rng, n):
    raters = 0.4 * rng.normal(size=(1, 4))
    ratings = rng.normal(size=(n, 1)) + raters + 0.7 * rng.normal(size=(n, 4))
    return reliability.icc(ratings).iloc[[1]], 1 / 1.65


def icc_consistency(rng, n):
    ratings = rng.normal(size=(n, 1)) + [0, 1, -1] + 0.7 * rng.normal(size=(n, 3))
    return reliability.icc(ratings).iloc[[2]], 1 / 1.49


def limit(rng, n):
    difference = 0.3 + rng.normal(size=n)
    base = rng.normal(size=n)
    return reliability.bland_altman(base + difference, base).iloc[[2]], 0.3 + 1.959963984540054


def limit_repeated(rng, n):
    sizes = rng.integers(2, 5, n)
    dyad = np.repeat(np.arange(n), sizes)
    difference = 0.8 * rng.normal(size=n)[dyad] + rng.normal(size=len(dyad))
    base = rng.normal(size=len(dyad))
    found = reliability.bland_altman(base + difference, base, groups=dyad)
    return found.iloc[[1]], -1.959963984540054 * np.sqrt(0.64 + 1)


def limit_constant(rng, n):
    dyad = np.repeat(np.arange(n), 3)
    level = rng.normal(size=n)[dyad]
    a = level + 0.5 * rng.normal(size=n)[dyad] + rng.normal(size=len(dyad))
    b = level + 0.8 * rng.normal(size=len(dyad))
    found = reliability.bland_altman(a, b, groups=dyad, truth="constant")
    return found.iloc[[2]], 1.959963984540054 * np.sqrt(0.25 + 1 + 0.64)


DESIGNS = [
    kappa, kappa_quadratic, kappa_by_dyad, fleiss, alpha_nominal, alpha_interval,
    icc_one_way, icc_absolute, icc_consistency, limit, limit_repeated, limit_constant,
]  # fmt: skip


def coverage(design, n, n_studies):
    """Return the share of simulated studies whose interval holds the truth.

    The few in which everybody agrees have no interval, but a reason.
    """
    rng = np.random.default_rng([n, zlib.crc32(design.__name__.encode())])
    held = []
    for _ in range(n_studies):
        found, truth = design(rng, n)
        row = found.iloc[0]
        if row["reason"].startswith("no interval") and row["estimate"] > 1 - 1e-9:
            continue
        assert np.isfinite([row["ci_low"], row["ci_high"]]).all()
        held.append(row["ci_low"] <= truth <= row["ci_high"])
    assert len(held) > 0.9 * n_studies
    return np.mean(held)


@pytest.mark.parametrize("design", DESIGNS)
def test_intervals_hold_the_truth(design):
    # With 40 studies a true coverage of .95 would fall below .825 for one seed in 1,400.
    assert coverage(design, 40, 40) >= 0.825


@pytest.mark.long
@pytest.mark.parametrize("design", DESIGNS)
def test_intervals_hold_the_truth_long(design, capsys):
    found = {n: coverage(design, n, 400) for n in (15, 30, 60)}
    with capsys.disabled():
        print(f"\n{design.__name__:18}", *(f"{n}: {share:.3f}" for n, share in found.items()))  # noqa: T201
    # Five standard errors of 400 studies below .95.
    assert found[60] >= 0.95 - 5 * 0.011
