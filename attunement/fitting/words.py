"""What a study found, in words: who went in, then what was declared primary, then the rest."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from attunement.cards import count, listed
from attunement.config import Association
from attunement.fitting.declaration import is_primary
from attunement.stats.association import Result
from attunement.stats.association.rendering import interval, number, p_cell, p_value
from attunement.stats.association.terms import shown_term
from attunement.stats.association.wording import n_text

_LEVEL = 0.05
_MOST_NAMED = 6


@dataclass(frozen=True)
class Section:
    """One model on the page.

    Attributes
    ----------
    model : (str, str)
        Outcome and predictor.
    result : Result, optional
        The fit.
    shape : Result, optional
        The test of "good enough".
    refused, shape_refused : str
        Why there is no fit; why there is no test of "good enough" where one was due.
    """

    model: tuple[str, str]
    result: Result | None = None
    shape: Result | None = None
    refused: str = ""
    shape_refused: str = ""


def first_drawn(sections: Sequence[Section], settings: Association) -> Section | None:
    """Return the first primary model that was fitted; the first fitted where none is declared."""
    fitted = [section for section in sections if section.result is not None]
    primary = [section for section in fitted if is_primary(settings, *section.model)]
    return next(iter([*primary, *fitted]), None)


def who_went_in(sections: Sequence[Section]) -> str:
    """Return how many were analysed, and how many were left out, in a sentence."""
    fitted = [section for section in sections if section.result is not None]
    if not fitted:
        return f"No model of {len(sections)} could be fitted."
    results = [section.result for section in fitted if section.result is not None]
    texts = {n_text(result.diagnostics) for result in results}
    left = [int(result.diagnostics["n_left_out"]) for result in results]
    if len(texts) == 1:
        text = f"N = {texts.pop()}"
    else:
        dyads = [int(result.diagnostics["n_dyads"]) for result in results]
        text = f"N = {min(dyads)} to {max(dyads)} dyads, by model"
    if max(left):
        few = f"{min(left)} to " if min(left) != max(left) else ""
        text += f"; {few}{count(max(left), 'session')} left out for missing values"
    return f"{text}."


def primary_words(section: Section, adjusted: pd.DataFrame) -> list[str]:
    """Return the sentences of one model, with the adjusted p where it is another one."""
    outcome, predictor = section.model
    if section.result is None:
        return [f"{outcome} and {predictor}: not fitted. {section.refused}"]
    rows = _rows(adjusted, section)
    sentences = []
    for sentence, row in zip(section.result.in_words(), rows.to_dict("records"), strict=True):
        changed = row["p_adjusted"] != row["p"] and not pd.isna(row["p_adjusted"])
        more = (
            f" Adjusted ({row['adjustment']}), p {p_value(row['p_adjusted'])}." if changed else ""
        )
        sentences.append(sentence + more)
    return [*sentences, *section.result.warnings]


def rest_words(
    sections: Sequence[Section], adjusted: pd.DataFrame, settings: Association
) -> list[str]:
    """Return a sentence on the tests that were not primary, and one on what was not fitted."""
    said = []
    rest = adjusted[~adjusted["primary"].astype(bool) & adjusted["p"].notna()]
    if len(rest):
        below = rest[rest["p_adjusted"] < _LEVEL]
        names = [
            f"{row['outcome']} and {_named(row)} (b = {number(row['estimate'])} "
            f"{interval(row['ci_low'], row['ci_high'])})"
            for row in below.to_dict("records")
        ]
        found = listed(names, at_most=_MOST_NAMED) if names else "none"
        said.append(
            f"{count(len(rest), 'exploratory test')}; with an adjusted p below .05 "
            f"({rest['adjustment'].iloc[0]}): {found}."
        )
    said += [
        f"Not fitted: {outcome} and {predictor}. {section.refused}"
        for section in sections
        if section.result is None
        for outcome, predictor in [section.model]
        if not is_primary(settings, *section.model)
    ]
    return said


def study_words(
    sections: Sequence[Section], adjusted: pd.DataFrame, settings: Association
) -> list[str]:
    """Return the whole, a sentence or a short paragraph a line: n, the primary, the rest.

    What makes an exploratory model unsure follows, which the page says beside its table.
    """
    primary = [section for section in sections if is_primary(settings, *section.model)]
    said = [who_went_in(sections)]
    if not primary:
        said.append("No model was declared primary: everything is exploratory.")
    said += [f"Primary: {' '.join(primary_words(section, adjusted))}" for section in primary]
    said += rest_words(sections, adjusted, settings)
    return said + [
        f"{' and '.join(section.model)}: {' '.join(section.result.warnings)}"
        for section in sections
        if section.result is not None and section.result.warnings
        if not is_primary(settings, *section.model)
    ]


def tests_table(
    sections: Sequence[Section], adjusted: pd.DataFrame, settings: Association
) -> pd.DataFrame:
    """Return all tests as text: model, estimate, p, adjusted p, n, note; the primary ones first."""
    rows = []
    for section in sections:
        outcome, predictor = section.model
        primary = is_primary(settings, *section.model)
        mark = "primary" if primary else ""
        if section.result is None:
            rows.append(
                {"model": f"{outcome} ~ {predictor}", "note": f"not fitted: {section.refused}"}
            )
            continue
        short = section.result.short().set_index("term")
        for row in _rows(adjusted, section).to_dict("records"):
            label = section.result.label(str(row["term"]))
            shown = short.loc[label]
            rows.append(
                {
                    "model": f"{outcome} ~ {label}{_within(section)}",
                    "estimate with interval": shown["estimate"],
                    "p": shown["p"],
                    "permutation p": p_cell(float(row.get("p_permutation", float("nan")))),
                    "adjusted p": p_cell(float(row["p_adjusted"])),
                    "n": shown["n"],
                    "note": "; ".join(filter(None, (mark, shown["note"]))),
                }
            )
    columns = ["model", "estimate with interval", "p", "permutation p", "adjusted p", "n", "note"]
    table = pd.DataFrame([[row.get(name, "") for name in columns] for row in rows], columns=columns)
    first = table["note"].astype(str).str.startswith("primary")
    return pd.concat([table[first], table[~first]], ignore_index=True)


def _named(row: Mapping[Any, Any]) -> str:
    term, predictor = shown_term(str(row["term"])), str(row["predictor"])
    alone = re.fullmatch(r"[^*:+^]+", predictor) is not None
    return term if alone else f"{term} in {predictor}"


def _within(section: Section) -> str:
    """Return which model a term is of, where the model has several."""
    request = section.result.refit.request if section.result is not None else None
    several = request is not None and len(request.predictors) > 1
    return f", in {section.model[1]}" if several else ""


def _rows(adjusted: pd.DataFrame, section: Section) -> pd.DataFrame:
    outcome, predictor = section.model
    return adjusted[(adjusted["outcome"] == outcome) & (adjusted["predictor"] == predictor)]
