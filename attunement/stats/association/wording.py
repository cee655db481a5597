"""A model's findings in words, with n and interval in every sentence."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attunement.cards import count
from attunement.scoring.columns import score_columns
from attunement.stats.association.rendering import MINUS, TIMES, limit, number, p_value

if TYPE_CHECKING:
    from attunement.stats.association.result import Result


def n_text(diagnostics: Mapping[str, Any]) -> str:
    """Return ``58 dyads of 30 families, 60 sessions``; what is the same number is said once."""
    dyads = int(diagnostics["n_dyads"])
    text = count(dyads, "dyad")
    families = int(diagnostics.get("n_families", dyads))
    if families != dyads:
        text += f" of {count(families, 'family', 'families')}"
    sessions = int(diagnostics.get("n_sessions", dyads))
    return text if sessions == dyads else f"{text}, {count(sessions, 'session')}"


def unit_of(column: str) -> str:
    """Return the unit of a declared score; empty for other columns."""
    return next((c.unit for c in score_columns() if c.name == column), "")


def interval_level(diagnostics: Mapping[str, Any]) -> str:
    """Return ``95%``."""
    return f"{100 * (1 - float(diagnostics.get('alpha', 0.05))):g}%"


def sentences_of(result: Result, predictor: str = "") -> list[str]:
    """Return one sentence a coefficient of the predictors, or of one of them.

    Parameters
    ----------
    result : Result
        From `fit_association`.
    predictor : str, optional
        Column whose coefficients to say.
    """
    kind = str(result.diagnostics["kind"])
    labels: Mapping[str, str] = result.diagnostics["labels"]
    said = []
    for row in result.table.to_dict("records"):
        if row["role"] not in ("predictor", "added"):
            continue
        name = str(row["term"])
        of_it = (f"{predictor}[", f"{predictor} [")
        if not predictor or name == predictor or name.startswith(of_it):
            said.append(_sentence(row, result, kind, labels.get(name, name)))
    return said


def _sentence(row: Mapping[Any, Any], result: Result, kind: str, label: str) -> str:
    name, outcome = str(row["term"]), str(result.diagnostics["outcome"])
    levels = result.diagnostics["levels"]
    changes = _changed(kind, outcome, levels, name)
    additive = kind == "continuous"
    value, low, high = (
        float(row[key])
        for key in (
            ("estimate", "ci_low", "ci_high") if additive else ("ratio", "ratio_low", "ratio_high")
        )
    )
    shown = number(value)
    if additive and not shown.startswith(MINUS):
        shown = f"+{shown}"
    open_ended = math.isnan(low) or math.isnan(high)
    level = interval_level(result.diagnostics)
    inside = f"{level} interval {limit(low)} to {limit(high)}" if not open_ended else "no interval"
    p, permuted = float(row["p"]), float(row.get("p_permutation", math.nan))
    inside += "" if math.isnan(p) else f"; p {p_value(p)}"
    inside += "" if math.isnan(permuted) else f"; permutation p {p_value(permuted)}"
    text = f"{_step(name, label)}, {changes} {shown} ({inside})"
    nothing = 0.0 if additive else 1.0
    if not open_ended and low <= nothing <= high:
        text += ", which is compatible with no association"
    return f"{text}."


def _step(name: str, label: str) -> str:
    plain = label.partition(" (")[0] if name.endswith("]") and " [" in name else label
    own = name.rpartition(" [")[0] if " [" in name and name.endswith("]") else name
    if own.endswith("]") and ": " in plain and TIMES not in plain:
        column, _, pair = plain.partition(": ")
        this, _, other = pair.partition(" vs ")
        return f"With {column} {this} instead of {other}"
    if TIMES in plain or plain.endswith("²"):
        return f"For each 1 more of the term {plain}"
    unit = unit_of(plain)
    return f"For each 1 more of {plain}" + (f" ({unit})" if unit else "")


def _changed(kind: str, outcome: str, levels: tuple[str, ...], name: str) -> str:
    if kind == "continuous":
        return f"{outcome} changes by"
    if kind == "binary":
        return f"the odds of {outcome} {levels[-1]} are multiplied by"
    if kind == "ordered":
        return f"the odds of a higher {outcome} are multiplied by"
    if kind == "unordered":
        pair = name.rpartition(" [")[2].removesuffix("]")
        this, _, first = pair.partition(" vs ")
        return f"the odds of {outcome} {this} instead of {first} are multiplied by"
    if kind == "count":
        return f"the rate of {outcome} is multiplied by"
    return f"the chance at any moment that {outcome} ends is multiplied by"
