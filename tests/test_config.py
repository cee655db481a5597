"""Settings are checked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attunement.config import Config, read_config
from attunement.errors import ConfigError


def test_defaults_are_those_of_the_contract():
    config = Config()
    assert config.faces.model_dump() == {
        "backend": "direct", "frame_rate_hz": 0, "keep_landmarks": False
    }  # fmt: skip
    assert config.signals.model_dump() == {
        "sampling_hz": 10, "max_gap_s": 0.3, "max_yaw_deg": 30, "max_pitch_deg": 20,
        "min_interocular_px": 26, "min_interocular_distress_px": 40,
    }  # fmt: skip
    assert config.scoring.model_dump() == {
        "window_s": 5, "step_s": 1, "max_lag_s": 2, "min_coverage": 0.7, "surrogate": "circular",
        "n_surrogates": 199, "max_shifts": 6000, "seed": 0,
    }  # fmt: skip
    assert config.execution.model_dump() == {"workers": 1, "scheduler": ""}


def test_unknown_key_names_the_nearest():
    with pytest.raises(ConfigError, match=r"\[scoring\] windows_s: unknown key; .*'window_s'"):
        Config(scoring={"windows_s": 3})


def test_unknown_section_names_the_nearest():
    with pytest.raises(ConfigError, match=r"scorings: unknown section; .*'scoring'"):
        Config(scorings={})


def test_all_faults_are_listed_at_once():
    with pytest.raises(ConfigError) as caught:
        Config(scoring={"window_s": -1, "seed": "x"}, faces={"backend": "magic"})
    assert caught.value.reason.count("\n") == 2
    for part in ("window_s: found -1", "seed: found 'x'", "backend: found 'magic'"):
        assert part in caught.value.reason


def test_the_smallest_file_is_empty(tmp_path):
    path = tmp_path / "study.toml"
    path.write_text("")
    assert read_config(path) == Config()


def test_broken_toml_is_one_sentence_with_the_file(tmp_path):
    path = tmp_path / "study.toml"
    path.write_text("[scoring\n")
    with pytest.raises(ConfigError, match=r"study\.toml is not valid TOML"):
        read_config(path)


@given(
    st.dictionaries(
        st.text(max_size=12),
        st.one_of(
            st.none(), st.integers(), st.text(max_size=5), st.dictionaries(st.text(), st.floats())
        ),
        max_size=4,
    )
)
def test_any_settings_are_taken_or_refused_in_words(settings):
    try:
        config = Config(**settings)
    except ConfigError as error:
        said = error.reason
    else:
        said = config.model_dump_json()
    assert said
