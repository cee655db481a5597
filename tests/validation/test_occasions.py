"""Agreement of halves, of a dyad with itself later, and of few windows: with known truth."""

import numpy as np
import pandas as pd
import pytest

from attunement.scoring.temporal import REFERENCE_SD
from attunement.simulation import simulate_dyad
from attunement.validation.occasions import occasion_rows, score_splits

PARTS = tuple(REFERENCE_SD)


def coded_study(*, lasting, occasion, error, n_families=600, seed=0):
    """Halves and sessions of dyads at two ages with three partners; variances as given.

    The composite of equal parts in reference sd is each part; sessions under 30 windows have three
    times the error variance.
    """
    rng = np.random.default_rng(seed)
    rows, halves = [], []
    for family in range(n_families):
        for partner in range(3):
            trait = np.sqrt(lasting) * rng.normal()
            for age in (4, 8):
                few = rng.random() < 0.2
                true = trait + np.sqrt(occasion) * rng.normal() + age + 10 * partner
                noise = np.sqrt(2 * error * (3 if few else 1)) * rng.normal(size=2)
                name = f"s{len(rows)}"
                ids = {"session": name, "family": f"f{family}", "dyad": f"f{family}-{partner}",
                       "age": age, "partner": partner, "n_scorable": 20 if few else 60}  # fmt: skip
                rows.append({**ids, **_scores(true + noise.mean())})
                for half, of in zip("ab", noise, strict=True):
                    halves.append(
                        {"session": name, "split": 0, "half": half, "infant_positive": 0.5,
                         "caregiver_positive": 0.5, **_scores(true + of)}
                    )  # fmt: skip
    return pd.DataFrame(halves), pd.DataFrame(rows)


def _scores(value):
    parts = {name: value * sd for name, sd in REFERENCE_SD.items()}
    return {**parts, "temporal_attunement": value, "congruence": value}


@pytest.fixture(scope="module")
def found():
    halves, sessions = coded_study(lasting=0.2, occasion=0.3, error=0.5)
    rows = {row.property: row for row in occasion_rows(halves, sessions)}
    assert all(row.required == "reported" and row.passed == "-" for row in rows.values())
    return rows


def test_halves_tell_of_the_occasion_and_months_later_of_the_dyad(found):
    for name in (*PARTS, "temporal_attunement", "congruence"):
        row = found[f"{name}: this occasion, 2 min, split halves"]
        assert row.found == pytest.approx(0.5, abs=0.08)
        assert row.low < row.found < row.high
        longer = found[f"{name}: this occasion, 5 min (Spearman-Brown)"]
        assert longer.found == pytest.approx(2.5 * row.found / (1 + 1.5 * row.found))
        later = found[f"{name}: the same dyad 4 months later"]
        # With a fifth of the sessions at three times the error: .2 / (.5 + .5 (.8 + .2 * 3)).
        assert later.found == pytest.approx(0.2 / 1.2, abs=0.08)
        assert later.n == 1800
    needed = found["temporal_attunement: sessions of 2 min for a dyad at .70"].found
    stability = found["temporal_attunement: the same dyad 4 months later"].found
    assert needed * stability / (1 + (needed - 1) * stability) == pytest.approx(0.7)


def test_sessions_of_a_dyad_tell_more_and_partners_do_not(found):
    alone = found["temporal_attunement: halves of two sessions of a dyad, each alone"].found
    two = found["temporal_attunement: halves of two sessions of a dyad, pooled"].found
    # The mean of both has the trait whole, and half of what each occasion adds.
    assert alone == pytest.approx(0.5, abs=0.08)
    assert two == pytest.approx((0.2 + 0.15) / (0.2 + 0.15 + 0.25), abs=0.08)
    three = found["temporal_attunement: halves of three partners of an infant, pooled"].found
    assert three == pytest.approx(0.5, abs=0.1)
    other = found["temporal_attunement: another partner of the same infant"]
    assert other.found == pytest.approx(0, abs=0.08)


def test_few_windows_have_the_error_that_was_planted(found):
    few = found["temporal_attunement: error over all differences, 0 to 29 windows"]
    many = found["temporal_attunement: error over all differences, 50 to 79 windows"]
    assert many.found == pytest.approx(0.5, abs=0.06)
    assert few.found == pytest.approx(1.5, abs=0.2)
    withheld = found["temporal_attunement: share of sessions withheld, under 30 windows"]
    assert withheld.found == pytest.approx(0.2, abs=0.03)


def test_two_minutes_are_split_in_ten_ways_into_the_same_time():
    signals, _ = simulate_dyad(duration_s=120, mirroring=0.5, infant="events", seed=1)
    halves, scores = score_splits(signals, n_splits=10)
    assert halves.groupby(["split", "half"]).ngroups == 20
    assert len(halves) == 20
    assert halves["temporal_attunement"].notna().all()
    # Every block is once in half a and once in half b of complementary splits: no split is doubled.
    assert halves.groupby("split")["mirroring"].agg(frozenset).nunique() == 10
    assert len(scores) == 1
    short, own = score_splits(signals[signals["time_s"] < 25], n_splits=10)
    assert short.empty
    assert len(own) == 1
