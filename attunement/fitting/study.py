"""Fits the associations that ``study.toml`` declares and writes the tables: ``attunement fit``.

Reads ``OUT/scores.csv`` and the outcomes, writes ``association.csv``, ``association.html`` and
``association.json`` beside it. What is primary must be declared before any result is written:
every fit is entered in ``association.json``, and a later declaration is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from attunement import provenance
from attunement.cards import Card, Carded
from attunement.config import Association
from attunement.errors import AssociationError, ConfigError, OutputError, TableError
from attunement.fitting.card import fitted_card
from attunement.fitting.declaration import (
    declaration_hash,
    declared_in_time,
    enter,
    is_primary,
    primaries,
)
from attunement.fitting.outcomes_file import ID_COLUMNS, read_outcomes
from attunement.fitting.page import page_html
from attunement.pipeline.lock import hold
from attunement.pipeline.places import Places
from attunement.stats.association import (
    Result,
    adjust_table,
    clean_outcomes,
    fit_association,
    good_enough,
    join_outcomes,
)
from attunement.stats.association.result import STATISTICS
from attunement.study import Study
from attunement.study.files import read_csv, write_csv, write_json, write_text

_LEAD = ("outcome", "kind", "predictor", "primary")


@dataclass(frozen=True, repr=False)
class FittedStudy(Carded):
    """What `fit_study` leaves.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a coefficient of every model: outcome, kind, predictor, primary, the columns of a
        result's table, adjustment, p_adjusted. A model that was refused is one row whose note says
        why.
    results : dict of (str, str) to Result
        By outcome and predictor.
    shapes : dict of (str, str) to Result
        The tests of "good enough" (square and two lines), for continuous and binary outcomes.
    unmatched : pandas.DataFrame
        Ids that are in the scores or in the outcomes only.
    files : tuple of Path
        Written.
    """

    table: pd.DataFrame
    results: dict[tuple[str, str], Result]
    shapes: dict[tuple[str, str], Result]
    unmatched: pd.DataFrame
    files: tuple[Path, ...]

    def _card(self) -> Card:
        """Return what it holds, in a few lines."""
        return fitted_card(self)


def fit_study(study: Study, out: str | Path) -> FittedStudy:
    """Relate the scores of a finished run to the outcomes that ``[association]`` declares.

    Parameters
    ----------
    study : Study
        From `read_study`.
    out : str or Path
        The output folder of `run_study`.

    Returns
    -------
    FittedStudy
        The tables and what was written: ``association.csv``, ``association.html``,
        ``association.json``.

    Raises
    ------
    ConfigError
        When no outcome is declared, a kind is missing, a primary names no model, or a primary is
        declared after results were written.
    OutputError
        When there is no ``scores.csv``.
    TableError, AssociationError
        When the outcomes cannot be joined.
    """
    out = Path(out)
    settings = study.config.association
    _check_settings(settings)
    with hold(out):
        scores = _read_scores(out)
        table, unmatched, sources = _with_outcomes(scores, study)
        entries = declared_in_time(out / "association.json", settings)
        rows, results, shapes = _fit_all(table, settings)
        adjusted = adjust_table(rows)
        csv, page, record = (out / f"association.{ending}" for ending in ("csv", "html", "json"))
        write_csv(adjusted, csv)
        write_text(page_html(adjusted, results, shapes, unmatched, settings), page)
        entry = {
            "declaration": declaration_hash(settings),
            "primary": sorted(primaries(settings)),
            "sources": {
                "scores.csv": provenance.file_sha256(Places(out).path("scores")),
                **sources,
            },
            "results": provenance.file_sha256(csv),
        }
        write_json({"fits": enter(entries, entry), "versions": provenance.versions()}, record)
    return FittedStudy(adjusted, results, shapes, unmatched, (csv, page, record))


def _check_settings(settings: Association) -> None:
    if not settings.outcomes:
        raise ConfigError(
            "[association] outcomes is empty: there is nothing to relate the scores to.",
            'For example: outcomes = ["sensitivity"] and kinds = {sensitivity = "continuous"}.',
        )
    for outcome in settings.outcomes:
        if outcome not in settings.kinds:
            raise ConfigError(
                f"[association] kinds says nothing of {outcome!r}.",
                "Declare continuous, binary, ordered, unordered, count or time; "
                "numbers are not guessed to be quantities.",
            )
    for primary in primaries(settings):
        outcome, _, predictor = (part.strip() for part in primary.partition("~"))
        if outcome not in settings.outcomes or (predictor and predictor not in settings.predictors):
            raise ConfigError(
                f"[association] primary {primary!r} names no model.",
                f"Outcomes are {', '.join(settings.outcomes)}; predictors "
                f"{', '.join(settings.predictors)}.",
            )


def _read_scores(out: Path) -> pd.DataFrame:
    path = Places(out).path("scores")
    if not path.is_file():
        raise OutputError(f"{path} is not there.", "First: attunement run study.toml --out DIR")
    return read_csv(path, text=ID_COLUMNS)


def _with_outcomes(
    scores: pd.DataFrame, study: Study
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, str]]:
    settings = study.config.association
    if not settings.outcomes_file:
        labels = {k: v for k, v in settings.labels.items() if k in scores.columns}
        missing = [name for name in settings.outcomes if name not in scores.columns]
        if missing:
            raise TableError(
                f"scores.csv has no column {missing[0]!r}.",
                "Add it to sessions.csv, or give [association] outcomes_file.",
            )
        # Missing codes are looked for in what people entered, never in scores.
        columns = [*settings.outcomes, *(n for n in labels if n not in settings.outcomes)]
        cleaned = clean_outcomes(
            scores[columns], missing_values=settings.missing_values, labels=labels
        )
        none = pd.DataFrame(columns=["id", "found_in", "hint"])
        return scores.assign(**{name: cleaned[name] for name in columns}), none, {}
    path = study.path.parent / settings.outcomes_file
    outcomes = read_outcomes(path)
    key = settings.key or next((name for name in ID_COLUMNS if name in outcomes.columns), "")
    if not key:
        raise ConfigError(
            f"[association] key: {path.name} has none of the columns {', '.join(ID_COLUMNS)}.",
            'Say which column holds the ids: key = "dyad".',
        )
    joined = join_outcomes(
        scores,
        outcomes,
        key=key,
        missing_values=settings.missing_values,
        labels=settings.labels,
    )
    return joined.table, joined.unmatched, {path.name: provenance.file_sha256(path)}


def _fit_all(
    table: pd.DataFrame, settings: Association
) -> tuple[pd.DataFrame, dict[tuple[str, str], Result], dict[tuple[str, str], Result]]:
    rows, results, shapes = [], {}, {}
    covariates: Any = settings.covariates
    if tuple(settings.covariates) == ("offered",):
        covariates = "offered"
    for outcome in settings.outcomes:
        for predictor in settings.predictors:
            lead = {
                "outcome": outcome,
                "kind": settings.kinds[outcome],
                "predictor": predictor,
                "primary": is_primary(settings, outcome, predictor),
            }
            options: Mapping[str, Any] = {
                "outcome": outcome,
                "kind": settings.kinds[outcome],
                "covariates": covariates,
                "levels": settings.levels.get(outcome, ()),
                "repeated": settings.repeated,
                "nan_policy": settings.nan_policy,
            }
            try:
                result = fit_association(
                    table,
                    predictors=predictor,
                    event=settings.events.get(outcome, ""),
                    exposure=settings.exposures.get(outcome, ""),
                    n_permutations=settings.n_permutations,
                    seed=settings.seed,
                    **options,
                )
            except AssociationError as error:
                note = f"not fitted: {error.reason} {error.advice}".strip()
                rows.append(pd.DataFrame([{**lead, "term": predictor, "note": note}]))
                continue
            results[outcome, predictor] = result
            shown = result.table[result.table["role"].isin(("predictor", "added"))]
            rows.append(shown.assign(**lead))
            if settings.kinds[outcome] == "continuous" and predictor in table.columns:
                shapes[outcome, predictor] = good_enough(
                    table,
                    outcome=outcome,
                    predictor=predictor,
                    covariates=covariates,
                    nan_policy=settings.nan_policy,
                )
    joined = pd.concat(rows, ignore_index=True)
    for name in STATISTICS:
        if name not in joined:
            joined[name] = float("nan")
    first = [*_LEAD, *STATISTICS]
    return joined[[*first, *(n for n in joined.columns if n not in first)]], results, shapes
