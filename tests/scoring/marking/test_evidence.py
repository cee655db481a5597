"""Evidence finds a rise, wherever it starts and however long it lasts, and none in a still face."""

import numpy as np
import pytest
from scipy.signal import lfilter

from attunement.scoring.marking.evidence import bumps, evidence, partial_out, rises, whiten

HZ = 10.0


def noise(seed, n, phi, sd=1.0):
    rng = np.random.default_rng(seed)
    return sd * lfilter([np.sqrt(1 - phi**2)], [1, -phi], rng.standard_normal(n + 200))[200:]


def test_whitening_recovers_the_innovations():
    series = noise(0, 20_000, 0.9)
    found = whiten(series)
    assert found.coefficients == pytest.approx([0.9, 0, 0], abs=0.03)
    assert np.nanstd(found.innovations) == pytest.approx(1)
    lagged = found.innovations[3:-1], found.innovations[4:]
    assert abs(np.corrcoef(*lagged)[0, 1]) < 0.02
    assert np.isnan(found.innovations[:3]).all()


def test_a_gap_costs_the_samples_after_it_alone():
    series = noise(1, 600, 0.9)
    series[300:310] = np.nan
    missing = np.flatnonzero(np.isnan(whiten(series).innovations))
    assert missing.tolist() == [0, 1, 2, *range(300, 313)]
    series[:560] = np.nan
    assert whiten(series) is None


@pytest.mark.parametrize("held_s", [0.7, 1.8])
@pytest.mark.parametrize("start", [296, 310])
def test_a_rise_is_found_wherever_it_starts_and_however_long_it_lasts(held_s, start):
    series = noise(2, 600, 0.9, sd=0.3)
    up = 0.5 - 0.5 * np.cos(np.pi * np.arange(1, 9) / 9)
    shape = np.concatenate([up, np.ones(round(held_s * HZ)), up[::-1]])
    series[start : start + len(shape)] += 2 * shape
    found = evidence([whiten(series)], rises(HZ), first=-5, last=15)
    assert found[300] > 5 > np.nanquantile(np.delete(found, np.arange(260, 340)), 0.99)


def test_evidence_of_nothing_is_small_and_a_still_face_has_less():
    lively = evidence([whiten(noise(3, 2000, 0.9))], bumps(HZ), first=0, last=20)
    still = evidence([whiten(noise(3, 2000, 0.9, sd=0.05))], bumps(HZ), first=0, last=20)
    assert np.nanquantile(lively, 0.9) > 0.5
    assert np.nanmax(still) < 0.5
    constant = evidence([whiten(np.ones(200))], bumps(HZ), first=0, last=20)
    assert np.nanmax(np.abs(constant)) == 0


def test_where_half_of_the_starts_were_not_seen_nothing_is_said():
    series = noise(4, 400, 0.9)
    series[200:240] = np.nan
    found = evidence([whiten(series)], bumps(HZ), first=0, last=20)
    assert np.isnan(found[205:220]).all()
    assert np.isfinite(found[:180]).all()
    assert np.isnan(found[-5:]).all()


def test_the_coefficient_of_content_is_sharper_than_by_least_squares():
    by_innovations, plain = [], []
    for seed in range(40):
        content, cue = noise(seed, 1800, 0.95), noise(1000 + seed, 1800, 0.95)
        design = np.stack([np.ones(1800), content], axis=1)
        left = partial_out(cue + 0.5 * content, design, np.ones(1800, bool))
        by_innovations.append(np.polyfit(content, cue + 0.5 * content - left, 1)[0])
        plain.append(np.polyfit(content, cue + 0.5 * content, 1)[0])
    assert np.mean(by_innovations) == pytest.approx(0.5, abs=0.02)
    assert np.std(by_innovations) < 0.5 * np.std(plain)
