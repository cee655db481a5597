"""False positives and coverage in simulated studies, through benchmarks/validate_stats.py."""

import importlib.util
from pathlib import Path

import pytest
from scipy import stats

PATH = Path(__file__).resolve().parents[3] / "benchmarks" / "validate_stats.py"
spec = importlib.util.spec_from_file_location("validate_stats", PATH)
validate_stats = importlib.util.module_from_spec(spec)
spec.loader.exec_module(validate_stats)


def reachable(low: float, high: float, n: int) -> tuple[float, float]:
    """Shares that n studies show, but for one time in a thousand, if the rate is in the band."""
    return (
        float(stats.binom.ppf(0.0005, n, low)) / n,
        float(stats.binom.ppf(0.9995, n, high)) / n,
    )


def check(name: str, studies: int) -> None:
    found = validate_stats.judge(
        validate_stats.parts()[name], studies=studies, permutations=199, seed=11
    )
    n = int(found["studies"])
    assert found["refused"] <= 0.01 * studies
    low, high = reachable(0.035, 0.065, n)
    if "slope" not in name:
        assert low <= found["p_below_05"] <= high
        assert low <= found["permutation_below_05"] <= high
    low, high = reachable(0.935, 0.965, n)
    assert low <= found["coverage"] <= high


@pytest.mark.slow
@pytest.mark.parametrize("name", ["continuous", "binary", "unordered", "dyads in families"])
def test_false_positives_and_coverage_in_short(name):
    check(name, 200)


@pytest.mark.long
@pytest.mark.parametrize("name", list(validate_stats.parts()))
def test_false_positives_and_coverage(name):
    check(name, 1000)


@pytest.mark.slow
def test_two_lines_find_no_midrange_where_the_truth_levels_off():
    found = validate_stats.judge_midrange(134, studies=100, seed=3)
    assert found["square"] > 0.4
    assert found["two_lines"] <= 0.03


@pytest.mark.long
@pytest.mark.parametrize("n_dyads", [60, 134, 300])
def test_two_lines_at_length(n_dyads):
    found = validate_stats.judge_midrange(n_dyads, studies=1000, seed=3)
    assert found["two_lines"] <= 0.015
