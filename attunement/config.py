"""The configuration of a study: the sections of ``study.toml``, checked.

Stages declare which section they depend on, so that a change recomputes its own stage and what
follows, nothing earlier. No stage depends on ``execution``, which never changes a result.
"""

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from attunement.errors import ConfigError
from attunement.registry import BACKENDS
from attunement.samples import window_samples


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]


class Faces(_Section):
    """How faces are found and measured."""

    backend: str = Field(
        "direct",
        description="what finds the faces: 'direct' runs the networks of MediaPipe's bundle, "
        "'mediapipe' its Task, 'fake' reads painted test pictures",
    )
    frame_rate_hz: NotNegative = Field(
        0, description="frames a second to analyse; 0 analyses every frame"
    )
    keep_landmarks: bool = Field(False, description="keep the landmarks of every face")

    @field_validator("backend")
    @classmethod
    def _is_known(cls, name: str) -> str:
        if name not in BACKENDS:
            known = ", ".join(BACKENDS)
            raise PydanticCustomError("backend", "known are {known}", {"known": known})
        return name


class Signals(_Section):
    """From faces to channels on an even time grid."""

    sampling_hz: Annotated[float, Field(ge=2, le=100)] = Field(
        10, description="grid points a second"
    )
    max_gap_s: NotNegative = Field(0.3, description="longest gap that is interpolated (and marked)")
    max_yaw_deg: Positive = Field(30, description="a head turned further aside is not scored")
    max_pitch_deg: Positive = Field(
        20, description="a head tilted further up or down is not scored"
    )
    min_interocular_px: NotNegative = Field(
        26, description="a face with outer eye corners closer together is not scored"
    )
    min_interocular_distress_px: NotNegative = Field(
        40,
        description="where they are closer, distress and anger, and so valence, are missing",
    )


class Scoring(_Section):
    """Windows, lags, surrogates."""

    window_s: Positive = Field(5, description="length of a window; two samples or more")
    step_s: Positive = Field(
        1, description="from the start of a window to the start of the next; a sample or more"
    )
    max_lag_s: Positive = Field(
        2, description="longest delay between infant and caregiver searched; a sample or more"
    )
    min_coverage: Share = Field(
        0.7, description="share of a window that both partners must be usable"
    )
    surrogate: Literal["circular", "segment", "phase"] = Field(
        "circular", description="how chance is estimated; phase is not for codes"
    )

    @field_validator("surrogate", mode="before")
    @classmethod
    def _surrogate_keeps_dependence(cls, value: object) -> object:
        if value in ("sample", "samples", "shuffle"):
            raise ValueError(
                "shuffling single samples takes away that faces move smoothly, so that nearly "
                "every unrelated dyad would be found related: two smooth series are more alike "
                "than their shuffled samples; take circular, segment or phase"
            )
        if value in ("pseudo", "pseudo_dyads"):
            raise ValueError(
                "pseudo-dyads need several sessions: make them with scoring.pseudo_dyads and "
                "score them like any others; within a session take circular, segment or phase"
            )
        return value

    n_surrogates: Annotated[int, Field(ge=50)] = Field(
        199, description="surrogates drawn where they cannot be enumerated"
    )
    max_shifts: Annotated[int, Field(ge=50)] = Field(
        6000, description="most circular shifts of an episode; of more, so many are drawn"
    )
    seed: Annotated[int, Field(ge=0)] = Field(0, description="seed of sampled shifts")


class Association(_Section):
    """Which outcomes the stats layer relates to the scores."""

    outcomes_file: str = Field("", description="table of outcomes beside study.toml")
    outcomes_sheet: str = Field(
        "", description="its sheet in a workbook; else the one named as the file, else the first"
    )
    key: str | dict[Literal["study", "outcomes"], str] = Field(
        "",
        description="column of ids that joins outcomes to scores; where its names differ: "
        '{study = "dyad", outcomes = "participant"}',
    )
    ids: Literal["exact", "alike"] = Field(
        "exact", description="'alike' joins ids that differ in how they are written only"
    )
    missing_values: tuple[str | float, ...] | dict[str, tuple[str | float, ...]] = Field(
        (),
        description="codes of missing values: of every column, or by column ('*': all others)",
    )
    labels: dict[str, dict[str, str]] = Field({}, description="names of coded categories")
    kinds: dict[str, str] = Field({}, description="kind of each outcome")
    outcomes: tuple[str, ...] = Field((), description="outcome columns")
    predictors: tuple[str, ...] = Field(
        ("temporal_attunement",),
        description="score columns or terms such as 'mirroring*markedness'",
    )
    covariates: tuple[str, ...] = Field(
        (), description="columns held constant; ['offered'] takes those the toolkit offers"
    )
    primary: str | tuple[str, ...] = Field(
        "", description="what is declared primary: an outcome, or 'outcome ~ predictor'"
    )
    levels: dict[str, tuple[str, ...]] = Field(
        {}, description="categories of an outcome, from low to high or reference first"
    )
    events: dict[str, str] = Field({}, description="column of seen (1) or censored (0), by outcome")
    exposures: dict[str, str] = Field({}, description="column of exposure of a count, by outcome")

    @field_validator("key", mode="before")
    @classmethod
    def _key_is_one_name_or_two(cls, key: object) -> object:
        pair = isinstance(key, dict) and set(key) == {"study", "outcomes"}
        names = list(key.values()) if isinstance(key, dict) and pair else [key]
        if not all(isinstance(name, str) for name in names):
            raise PydanticCustomError(
                "key",
                'expected the name of a column, or {study = "dyad", outcomes = "participant"} '
                "where the study and the file of outcomes name it differently",
            )
        return key

    repeated: Literal["mean", "cluster", "mixed"] = Field(
        "mean", description="how several sessions of a dyad enter"
    )
    nan_policy: Literal["raise", "omit"] = Field(
        "raise", description="sessions with missing values: an error, or left out and named"
    )
    n_permutations: Annotated[int, Field(ge=0)] = Field(
        999, description="permutations of every predictor's test; 0 for none"
    )
    seed: Annotated[int, Field(ge=0)] = Field(0, description="seed of the permutations")


class Execution(_Section):
    """Where the work runs; never changes a result."""

    workers: Annotated[int, Field(ge=1)] = Field(1, description="worker processes")
    scheduler: str = Field(
        "", description="address of a Dask scheduler, such as tcp://127.0.0.1:8786"
    )


class Config(_Section):
    """All settings of a study.

    Parameters
    ----------
    faces, signals, scoring, association, execution : mapping or section, optional
        Settings by section; what is not given keeps its default.

    Raises
    ------
    ConfigError
        For an unknown section or key (the nearest known one is named), a wrong type, or a value
        out of range (all of these faults are listed), or a length of scoring that comes to too few
        samples at ``signals.sampling_hz``.

    Examples
    --------
    >>> from attunement import Config
    >>> config = Config(scoring={"window_s": 3})
    >>> print(config.scoring.window_s)
    3.0
    """

    faces: Faces = Faces()
    signals: Signals = Signals()
    scoring: Scoring = Scoring()
    association: Association = Association()
    execution: Execution = Execution()

    def __init__(self, **sections: Any) -> None:
        try:
            super().__init__(**sections)
        except ValidationError as error:
            raise ConfigError("\n".join(_say(fault) for fault in error.errors())) from None
        self.window_samples()

    def window_samples(self) -> tuple[int, int, int]:
        """Return window, step and longest lag of scoring in samples of the signals.

        Raises
        ------
        ConfigError
            For a window under two samples, or a step or longest lag under one.
        """
        return window_samples(
            sampling_hz=self.signals.sampling_hz,
            window_s=self.scoring.window_s,
            step_s=self.scoring.step_s,
            max_lag_s=self.scoring.max_lag_s,
            where=" in [scoring]",
            least_lag=1,
            error=ConfigError,
        )


def read_config(path: Path) -> Config:
    """Read ``study.toml``; the smallest is an empty file.

    Raises
    ------
    ConfigError
        When the file is not TOML or a setting is not acceptable; names the file.
    """
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path.name} is not valid TOML: {error}.") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path.name} is not text in UTF-8.", "Save it as UTF-8.") from None
    try:
        return Config(**settings)
    except ConfigError as error:
        raise ConfigError(f"{path.name}: {error.reason}", error.advice) from None


def _known(section: str | None) -> list[str]:
    if section is None:
        return list(Config.model_fields)
    return list(Config.model_fields[section].annotation.model_fields)  # type: ignore[union-attr]


def _say(fault: Mapping[str, Any]) -> str:
    where = [str(part) for part in fault["loc"]]
    section = where[0] if len(where) > 1 and where[0] in Config.model_fields else None
    name = f"[{section}] {'.'.join(where[1:])}" if section else ".".join(where)
    if fault["type"] == "extra_forbidden":
        known = _known(section)
        near = difflib.get_close_matches(where[-1], known, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}."
        return f"{name}: unknown {'key' if section else 'section'}; {hint}"
    return f"{name}: found {fault['input']!r}; {fault['msg'].lower()}."
