"""Fits the associations that ``study.toml`` declares and writes the tables: ``attunement fit``.

Reads ``OUT/scores.csv`` and the outcomes, writes ``association.csv``, ``association.html`` and
``association.json`` beside it. What is primary must be declared before any result is written:
every fit is entered in ``association.json``, and a declaration after the first that fitted a model
is refused.
"""

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from attunement import provenance
from attunement.cards import Card, Carded
from attunement.config import Association
from attunement.errors import AssociationError
from attunement.fitting.card import fitted_card
from attunement.fitting.declaration import (
    declaration_hash,
    declared_in_time,
    enter,
    is_primary,
    primaries,
)
from attunement.fitting.entered import EnteredColumns, model_columns, read_entered
from attunement.fitting.entered_sources import declared_codes
from attunement.fitting.names import check_settings, column_kinds
from attunement.fitting.page import page_html
from attunement.fitting.words import Section, first_drawn, study_words, tests_table
from attunement.pipeline.lock import hold
from attunement.pipeline.places import Places
from attunement.stats.association import (
    Result,
    adjust_table,
    fit_association,
    good_enough,
)
from attunement.stats.association.covariates import OFFERED
from attunement.stats.association.drawing import Drawing
from attunement.stats.association.model_rows import TooFewRowsError
from attunement.stats.association.result import STATISTICS
from attunement.study import Study
from attunement.study.files import write_csv, write_json, write_text
from attunement.study.finding import find_results

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
        The tests of "good enough" (square and two lines), for continuous outcomes.
    refused : dict of (str, str) to str
        Why a model was not fitted.
    without_shape : dict of (str, str) to str
        Why there is no test of "good enough" for a continuous outcome.
    entered : EnteredColumns
        The columns that went in: ``.columns``, ``.suspects``, ``.wrong_cells``, ``.unmatched``.
    files : tuple of Path
        Written.
    sections, settings
        The models in the order of the page, and what was declared.

    Examples
    --------
    >>> import attunement
    >>> fitted = attunement.fit_study(attunement.read_study("study.toml"), "pilot")
    >>> print(fitted.table[["outcome", "term", "estimate", "ci_low", "ci_high"]].round(2))
           outcome       term  estimate  ci_low  ci_high
    0  sensitivity  mirroring      0.92    0.41     1.42
    """

    table: pd.DataFrame
    results: dict[tuple[str, str], Result]
    shapes: dict[tuple[str, str], Result]
    refused: dict[tuple[str, str], str]
    without_shape: dict[tuple[str, str], str]
    entered: EnteredColumns
    files: tuple[Path, ...]
    sections: tuple[Section, ...] = ()
    settings: Association = field(default_factory=Association)

    @property
    def text(self) -> str:
        """The result in words: who went in, what was declared primary, the rest; a line each."""
        return "\n".join(study_words(self.sections, self.table, self.settings))

    def short(self) -> pd.DataFrame:
        """Return five columns of text: term, estimate with interval, p, n, note.

        One row a test, the primary ones first; notes say which those are, and the p adjusted for
        the number of tests.
        """
        tests = tests_table(self.sections, self.table, self.settings)
        adjusted = ("adjusted p " + tests["adjusted p"]).where(tests["adjusted p"] != "", "")
        notes = [
            "; ".join(filter(None, pair)) for pair in zip(tests["note"], adjusted, strict=True)
        ]
        shown = tests.rename(columns={"model": "term", "estimate with interval": "estimate"})
        return shown.assign(note=notes)[["term", "estimate", "p", "n", "note"]]

    def drawing(self, predictor: str = "") -> Drawing:
        """Return what `attunement.report.plot_association` draws: the first primary model."""
        section = first_drawn(self.sections, self.settings)
        if section is None or section.result is None:
            raise AssociationError("No model was fitted: there is nothing to draw.")
        return section.result.drawing(predictor)

    @property
    def unmatched(self) -> pd.DataFrame:
        """Ids that are in the scores or in the outcomes only."""
        return self.entered.unmatched

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

    Examples
    --------
    >>> import attunement
    >>> study = attunement.read_study("study.toml")  # [association] declares sensitivity
    >>> fitted = attunement.fit_study(study, "pilot")
    >>> print(fitted)
    Associations of 1 outcome: 1 model fitted, 0 refused
      sensitivity ~ mirroring  0.92 [0.41, 1.42], p < .001
      files                    association.csv, association.html, association.json
    """
    out = find_results(out)
    settings = study.config.association
    check_settings(settings)
    with hold(out):
        entered = read_entered(study, out)
        entries = declared_in_time(out / "association.json", settings)
        sections = _fit_all(entered, settings)
        adjusted = adjust_table(_joined_rows(sections, settings))
        csv, page, record = (out / f"association.{ending}" for ending in ("csv", "html", "json"))
        write_csv(adjusted, csv)
        write_text(page_html(adjusted, sections, entered, settings), page)
        entry = {
            "declaration": declaration_hash(settings),
            "primary": sorted(primaries(settings)),
            "sources": {
                "scores.csv": provenance.file_sha256(Places(out).path("scores")),
                **entered.sources,
            },
            "results": provenance.file_sha256(csv),
            "n_models": sum(section.result is not None for section in sections),
        }
        write_json({"fits": enter(entries, entry), "versions": provenance.versions()}, record)
    return FittedStudy(
        table=adjusted,
        results={s.model: s.result for s in sections if s.result is not None},
        shapes={s.model: s.shape for s in sections if s.shape is not None},
        refused={s.model: s.refused for s in sections if s.refused},
        without_shape={s.model: s.shape_refused for s in sections if s.shape_refused},
        entered=entered,
        files=(csv, page, record),
        sections=tuple(sections),
        settings=settings,
    )


def _fit_all(entered: EnteredColumns, settings: Association) -> list[Section]:
    """Fit every outcome with every predictor; what is refused keeps the others from nothing."""
    sections = []
    table = entered.table
    for outcome in settings.outcomes:
        for predictor in settings.predictors:
            model = (outcome, predictor)
            used = model_columns(settings, outcome, predictor, list(table.columns))
            if wrong := entered.refusal(used):
                sections.append(Section(model, refused=wrong))
                continue
            try:
                result = _fit_one(table, settings, model)
            except AssociationError as error:
                sections.append(Section(model, refused=_said(error, entered.unjoined)))
                continue
            if settings.kinds[outcome] != "continuous" or predictor not in table.columns:
                sections.append(Section(model, result))
                continue
            try:
                shape = good_enough(
                    table,
                    outcome=outcome,
                    predictor=predictor,
                    covariates=_covariates(settings),
                    missing_values=declared_codes(settings),
                    nan_policy=settings.nan_policy,
                )
            except AssociationError as error:
                sections.append(Section(model, result, shape_refused=_said(error)))
                continue
            sections.append(Section(model, result, shape))
    return sections


def _fit_one(table: pd.DataFrame, settings: Association, model: tuple[str, str]) -> Result:
    outcome, predictor = model
    return fit_association(
        table,
        outcome=outcome,
        kind=settings.kinds[outcome],
        kinds=column_kinds(settings, outcome),
        predictors=predictor,
        covariates=_covariates(settings),
        levels=settings.levels.get(outcome, ()),
        repeated=settings.repeated,
        missing_values=declared_codes(settings),
        nan_policy=settings.nan_policy,
        event=settings.events.get(outcome, ""),
        exposure=settings.exposures.get(outcome, ""),
        n_permutations=settings.n_permutations,
        seed=settings.seed,
    )


def _covariates(settings: Association) -> str | tuple[str, ...]:
    return OFFERED if tuple(settings.covariates) == (OFFERED,) else settings.covariates


def _said(error: AssociationError, unjoined: str = "") -> str:
    # Where ids found no partner, fewer predictors are no remedy for too few rows.
    lost = isinstance(error, TooFewRowsError) and unjoined
    return f"{error.reason} {lost or error.advice}".strip()


def _joined_rows(sections: list[Section], settings: Association) -> pd.DataFrame:
    rows = []
    for section in sections:
        outcome, predictor = section.model
        lead = {
            "outcome": outcome,
            "kind": settings.kinds[outcome],
            "predictor": predictor,
            "primary": is_primary(settings, outcome, predictor),
        }
        if section.result is None:
            note = f"not fitted: {section.refused}"
            rows.append(pd.DataFrame([{**lead, "term": predictor, "note": note}]))
        else:
            coefficients = section.result.table
            shown = coefficients[coefficients["role"].isin(("predictor", "added"))]
            rows.append(shown.assign(**lead))
    joined = pd.concat(rows, ignore_index=True)
    for name in STATISTICS:
        if name not in joined:
            joined[name] = float("nan")
    first = [*_LEAD, *STATISTICS]
    return joined[[*first, *(n for n in joined.columns if n not in first)]]
