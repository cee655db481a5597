"""What is asked of a model, checked before any row is looked at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from attunement.columns import NO_PREDICTORS
from attunement.errors import AssociationError, TableError
from attunement.scoring.columns import score_columns
from attunement.stats.association.terms import Term, parse_terms

KINDS = ("continuous", "binary", "ordered", "unordered", "count", "time")
ALIASES = {
    "ordinal": "ordered",
    "classes": "unordered",
    "unordered classes": "unordered",
    "multinomial": "unordered",
    "nominal": "unordered",
    "counts": "count",
    "times": "time",
}
REPEATED = ("mean", "cluster", "mixed")
STD_ERRORS = ("auto", "hc3", "jackknife", "model")
NAN_POLICIES = ("raise", "omit")
_WINDOW_COLUMNS = ("window", "start_s", "end_s", "frame", "time_s")


@dataclass(frozen=True)
class Request:
    """A model as asked for; see `fit_association` for the meaning of every field."""

    outcome: str
    kind: str
    predictors: tuple[Term, ...]
    covariates: tuple[Term, ...]
    family: str
    dyad: str
    session: str
    partner: str
    repeated: str
    std_error: str
    levels: tuple[object, ...]
    kinds: Mapping[str, str]
    event: str
    exposure: str
    firth: bool | None
    squares: bool
    nan_policy: str
    alpha: float

    @property
    def terms(self) -> tuple[Term, ...]:
        """Predictors, then the covariates that are not among them."""
        return (*self.predictors, *(t for t in self.covariates if t not in self.predictors))

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column the model needs, ids apart."""
        further = (name for name in (self.event, self.exposure) if name)
        of_terms = (name for term in self.terms for name in term.columns)
        return tuple(dict.fromkeys((self.outcome, *further, *of_terms)))


def check_kind(kind: str) -> str:
    """Return the declared kind of an outcome in its own spelling."""
    known = ALIASES.get(kind, kind)
    if known not in KINDS:
        raise AssociationError(
            f"kind must be one of {', '.join(KINDS)}; found {kind!r}.",
            "The kind is declared, never guessed from the values.",
        )
    return known


def check_option(name: str, value: str, allowed: Sequence[str]) -> None:
    """Raise unless `value` is one of `allowed`."""
    if value not in allowed:
        raise AssociationError(f"{name} must be one of {', '.join(allowed)}; found {value!r}.")


def make_request(
    scores: pd.DataFrame,
    *,
    outcome: str,
    predictors: str | Sequence[str],
    covariates: str | Sequence[str],
    **options: object,
) -> Request:
    """Read terms against the columns of `scores` and check names and options."""
    check_rows_are_sessions(scores)
    columns = list(map(str, scores.columns))
    if outcome not in columns:
        raise TableError(
            f"There is no outcome column {outcome!r}.",
            f"Columns are {', '.join(columns)}. Join an outcomes file with join_outcomes.",
        )
    request = Request(
        outcome=outcome,
        predictors=parse_terms(predictors, columns),
        covariates=parse_terms(covariates, columns) if covariates else (),
        **options,  # type: ignore[arg-type]
    )
    check_option("repeated", request.repeated, REPEATED)
    check_option("std_error", request.std_error, STD_ERRORS)
    check_option("nan_policy", request.nan_policy, NAN_POLICIES)
    if not request.predictors:
        raise AssociationError("predictors is empty.", "Name at least one score column.")
    if not 0 < request.alpha < 1:
        raise AssociationError(f"alpha must lie between 0 and 1; found {request.alpha}.")
    for name in (request.event, request.exposure):
        if name and name not in columns:
            raise TableError(f"There is no column {name!r}.", f"Columns are {', '.join(columns)}.")
    if request.kind == "time" and not request.event:
        raise AssociationError(
            f"{outcome!r} is a time, but no column says whether it ended or was censored.",
            "Give event='column', 1 where the event was seen and 0 where watching stopped before.",
        )
    if request.kind != "continuous" and request.repeated == "mixed":
        raise AssociationError(
            "repeated='mixed' fits linear mixed models, for a continuous outcome.",
            "Use repeated='cluster' for this kind.",
        )
    _check_columns(request)
    return request


def check_rows_are_sessions(scores: pd.DataFrame) -> None:
    """Raise where the rows are windows, frames or grid times: they are no independent cases."""
    window_columns = [name for name in _WINDOW_COLUMNS if name in scores.columns]
    if window_columns:
        raise AssociationError(
            f"The table has the column {window_columns[0]!r}: its rows are windows or frames, "
            "which are not independent and are never counted as cases.",
            "Give the table of sessions (scores.csv, or run_study(...).scores).",
        )


def _check_columns(request: Request) -> None:
    used = [name for term in request.terms for name in term.columns]
    if request.outcome in used:
        raise AssociationError(f"{request.outcome!r} is both outcome and predictor.")
    declared = {column.name: column for column in score_columns()}
    for name in used:
        if name in declared and declared[name].kind in NO_PREDICTORS:
            stem = name.rpartition("_")[0]
            raise AssociationError(
                f"{name!r} must not be used as {declared[name].misuse}.",
                f"Use {stem!r}." if stem in declared else "Use the score that it belongs to.",
            )
    ids = {request.family, request.dyad, request.session, request.partner}
    for name in used:
        if name in ids:
            raise AssociationError(f"The id {name!r} is no predictor.")
