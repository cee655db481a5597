"""The table, the notes and the names of a fit, as they are shown."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from attunement.stats.association.covariates import offered_covariates
from attunement.stats.association.design import Design
from attunement.stats.association.inference import Inference
from attunement.stats.association.model_rows import Rows
from attunement.stats.association.request import Request
from attunement.stats.association.result import RATIO_NAMES, STATISTICS


def coefficient_labels(inference: Inference, design: Design) -> dict[str, str]:
    """Return how a reader is shown the name of each coefficient."""
    labels = {"intercept": "intercept", **design.labels}
    if design.kind != "unordered":
        return {name: labels.get(name, name) for name in inference.point.names}
    first, *others = design.levels
    one = ("intercept", *design.names)
    return {
        f"{name} [{level} vs {first}]": f"{labels.get(name, name)} ({level} vs {first})"
        for level in others
        for name in one
    }


def make_table(
    rows: Rows, design: Design, inference: Inference, permuted: Mapping[str, float]
) -> pd.DataFrame:
    """Return the table of coefficients, columns of `STATISTICS` first."""
    point = inference.point
    table = pd.DataFrame(
        {
            "term": list(point.names),
            "estimate": point.beta,
            "std_error": inference.std_error,
            "ci_low": inference.ci_low,
            "ci_high": inference.ci_high,
            "statistic": inference.statistic,
            "df": inference.df,
            "p": inference.p,
            "n_dyads": rows.n_dyads,
            "n_sessions": rows.n_sessions,
            "n_left_out": len(rows.left_out),
            "role": list(point.roles),
            "p_permutation": [permuted.get(term, np.nan) for term in point.terms],
        }
    )
    if design.kind in RATIO_NAMES:
        with np.errstate(over="ignore"):
            table["ratio"] = np.exp(table["estimate"])
            table["ratio_low"] = np.exp(table["ci_low"])
            table["ratio_high"] = np.exp(table["ci_high"])
    else:
        share = table["statistic"] / np.sqrt(table["statistic"] ** 2 + inference.df)
        table["partial_r"] = share.where(table["role"] != "intercept")
    table["note"] = list(inference.marks) or "; ".join(inference.notes)
    return table[[*STATISTICS, *(c for c in table.columns if c not in STATISTICS)]]


def opening_sentence(rows: Rows, inference: Inference, request: Request) -> str:
    """Return who was analysed, and how."""
    families = f" of {rows.n_families} families" if rows.n_families != rows.n_dyads else ""
    left = f"; {len(rows.left_out)} left out for missing values" if len(rows.left_out) else ""
    unit = "" if rows.unit == "dyad" else ", sessions as rows"
    return (
        f"{inference.point.label[0].upper()}{inference.point.label[1:]} of {request.outcome} in "
        f"{rows.n_dyads} dyads{families} ({rows.n_sessions} sessions{left}){unit}; standard "
        f"errors: {inference.std_error_kind}."
    )


def fit_notes(
    rows: Rows, design: Design, inference: Inference, request: Request, scores: pd.DataFrame
) -> tuple[str, ...]:
    """Return what a reader of the table must know, warnings first."""
    notes = [*inference.warnings, *rows.notes, *inference.notes]
    added = [n for n, role in zip(design.names, design.roles, strict=True) if role == "added"]
    if added:
        notes.append(
            f"Added beside the product: {', '.join(added)}; without both squares a curved effect "
            "passes for an interaction."
        )
    if design.centres:
        centres = ", ".join(f"{name} at {value:.3g}" for name, value in design.centres.items())
        notes.append(f"Within squares and products columns are centred: {centres}.")
    if design.levels:
        notes.append(f"Categories of {request.outcome}: {', '.join(design.levels)}.")
    used = {name for term in request.terms for name in term.columns}
    offered = [name for name in offered_covariates(scores)[1] if name not in used]
    if offered:
        notes.append(f"Offered as covariates and not used: {', '.join(offered)}.")
    return tuple(notes)
