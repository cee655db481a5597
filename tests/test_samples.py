"""Seconds become samples in one place, and a length of too few samples is refused."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import attunement
from attunement.config import Config, read_config
from attunement.errors import ConfigError, TableError
from attunement.samples import nearest_samples, whole_samples
from attunement.scoring import score_session
from attunement.simulation import simulate_dyad


@given(
    n=st.integers(1, 3000),
    rate=st.sampled_from([2, 10, 25, 29.97, 30, 100]),
    away=st.floats(-0.49, 0.49),
    least=st.integers(1, 9),
)
def test_a_length_is_the_nearest_whole_number_of_samples_or_refused(n, rate, away, least):
    seconds = (n + away) / rate
    assert nearest_samples(seconds, rate) == n
    if n >= least:
        assert whole_samples(seconds, rate, name="A length", least=least) == n
    else:
        with pytest.raises(TableError, match="A length must be at least"):
            whole_samples(seconds, rate, name="A length", least=least)


def test_what_to_give_instead_is_accepted():
    for rate in (2, 10, 29.97, 100):
        with pytest.raises(TableError) as told:
            whole_samples(0.001, rate, name="A length", least=3)
        instead = re.search(r"Give ([\d.]+) s or more", told.value.advice)
        assert instead, told.value.advice
        assert whole_samples(float(instead[1]), rate, name="A length", least=3) == 3


@pytest.mark.parametrize(
    ("seconds", "rate", "says"),
    [
        (5, 0, "rate above 0 Hz to be counted in; found 0"),
        (5, np.nan, "rate above 0 Hz to be counted in; found nan"),
        (5, "fast", "rate above 0 Hz to be counted in; found 'fast'"),
        (np.inf, 10, "a length in seconds; found inf"),
        ("long", 10, "a length in seconds; found 'long'"),
        (None, 10, "a length in seconds; found None"),
        (-1, 10, "0 s or more; found -1 s"),
    ],
)
def test_what_is_no_length_is_refused(seconds, rate, says):
    with pytest.raises(TableError, match=says):
        whole_samples(seconds, rate, name="A length", least=0)


@pytest.mark.parametrize(
    ("scoring", "says"),
    [
        ({"window_s": 0.05}, "window_s in .scoring. .* 0.2 s, which is 2 samples at 10 Hz; found"),
        ({"step_s": 0.01}, "step_s in .scoring. .* 0.1 s, which is 1 sample at 10 Hz; found 0.01"),
        ({"max_lag_s": 0.04}, "max_lag_s in .scoring. .* 0.1 s, which is 1 sample at 10 Hz"),
    ],
)
def test_a_configuration_is_refused_rather_than_its_lengths_made_longer(tmp_path, scoring, says):
    with pytest.raises(ConfigError, match=says):
        Config(scoring=scoring)
    (name, value), *_ = scoring.items()
    path = tmp_path / "study.toml"
    path.write_text(f"[scoring]\n{name} = {value}\n")
    with pytest.raises(ConfigError, match=f"study.toml: {says}"):
        read_config(path)


def test_the_rate_of_the_signals_decides_what_is_too_short():
    assert Config(signals={"sampling_hz": 50}, scoring={"window_s": 0.05}).window_samples()[0] == 2
    with pytest.raises(ConfigError, match=r"step_s .* 0.5 s, which is 1 sample at 2 Hz"):
        Config(signals={"sampling_hz": 2}, scoring={"step_s": 0.2})


def test_a_window_between_two_samples_is_scored_as_the_nearest():
    signals, _ = simulate_dyad(duration_s=60)
    windows = [
        score_session(signals, Config(scoring={"window_s": window_s})).windows
        for window_s in (5, 5.04)
    ]
    assert windows[0].equals(windows[1])


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"duration_s": 0.04}, "duration_s of a simulated dyad must be at least 0.1 s"),
        ({"duration_s": np.nan}, "duration_s .* must be a length in seconds; found nan"),
        ({"lag_s": np.inf}, "lag_s of a simulated dyad must be a length in seconds; found inf"),
        ({"marking_delay_s": np.nan}, "marking_delay_s .* a length in seconds; found nan"),
        ({"sampling_hz": 0}, "rate above 0 Hz"),
    ],
)
def test_a_dyad_of_no_length_is_not_simulated(settings, says):
    with pytest.raises(ConfigError, match=says):
        simulate_dyad(**settings)


def test_no_other_file_rounds_seconds_to_samples():
    root = Path(attunement.__file__).parent
    own = re.compile(r"(?<!np\.)\bround\([^\n]*\*\s*([a-z_]+\.)*(sampling_hz|rate_hz|rate)\b")
    assert own.search("round(window_s * recording.sampling_hz)")
    found = [
        f"{file.relative_to(root)}: {line.strip()}"
        for room in ("scoring", "signals", "simulation", "codes", "validation")
        for file in sorted((root / room).rglob("*.py"))
        for line in file.read_text(encoding="utf-8").splitlines()
        if own.search(line)
    ]
    assert found == []
