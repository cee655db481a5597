"""A result on paper: a table that fits the page, in HTML and LaTeX, and five columns of it."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from attunement.stats.association.rendering import (
    cell,
    interval,
    number,
    p_cell,
    table_html,
    table_latex,
)
from attunement.stats.association.wording import interval_level

if TYPE_CHECKING:
    from attunement.stats.association.result import Result

CAUTION = "Associations describe this sample; they are no diagnosis, and a correlation is no cause."
SHORT = ("term", "estimate", "p", "n", "note")
_OWN_PLACE = {
    "term", "estimate", "std_error", "ci_low", "ci_high", "statistic", "df", "p", "n_dyads",
    "n_sessions", "n_left_out", "role", "p_permutation", "ratio", "ratio_low", "ratio_high", "note",
}  # fmt: skip
_TEXT = ("term", "note")


def short_table(result: Result) -> pd.DataFrame:
    """Return five columns of text: term, estimate with interval, p, n, note.

    The estimate is the ratio where the model has one, and says so. Intercepts are left out.
    """
    table = result.table
    shown = table[table["role"] != "intercept"] if "role" in table else table
    ratio = result.ratio_name
    rows = []
    for row in shown.to_dict("records"):
        keys = ("ratio", "ratio_low", "ratio_high") if ratio else ("estimate", "ci_low", "ci_high")
        value, low, high = (float(row[key]) for key in keys)
        estimate = f"{number(value)} {interval(low, high)}"
        rows.append(
            {
                "term": result.label(str(row["term"])),
                "estimate": f"{ratio} {estimate}" if ratio else estimate,
                "p": p_cell(float(row.get("p", np.nan))),
                "n": cell("n_dyads", row.get("n_dyads", np.nan)),
                "note": row["note"] if isinstance(row.get("note"), str) else "",
            }
        )
    return pd.DataFrame(rows, columns=list(SHORT))


def paper_table(result: Result) -> tuple[pd.DataFrame, list[str]]:
    """Return the whole table as text under names that readers know, and notes that left it.

    The numbers of those analysed stand in the caption where they are the same in every row.
    """
    table, level = result.table, interval_level(result.diagnostics)
    shown: dict[str, list[str]] = {"term": [result.label(str(t)) for t in table["term"]]}
    shown["estimate"] = [number(float(v)) for v in table["estimate"]]
    if _any(table, "std_error"):
        shown["SE"] = [number(float(v)) for v in table["std_error"]]
    if _any(table, "ci_low") or _any(table, "ci_high"):
        shown[f"{level} interval"] = [
            interval(float(a), float(b))
            for a, b in zip(table["ci_low"], table["ci_high"], strict=True)
        ]
    if _any(table, "statistic"):
        shown |= _statistic(table)
    if _any(table, "p"):
        shown["p"] = [p_cell(float(v)) for v in table["p"]]
    if _any(table, "p_permutation"):
        shown["permutation p"] = [p_cell(float(v)) for v in table["p_permutation"]]
    if _any(table, "ratio"):
        name = result.ratio_name or "ratio"
        shown[f"{name} with interval"] = [
            f"{number(float(r))} {interval(float(a), float(b))}"
            for r, a, b in zip(table["ratio"], table["ratio_low"], table["ratio_high"], strict=True)
        ]
    for column in table.columns:
        if column not in _OWN_PLACE and _any(table, column):
            shown[str(column).replace("_", " ")] = [cell(str(column), v) for v in table[column]]
    for column in ("n_dyads", "n_sessions"):
        if column in table and len(table[column].unique()) > 1:
            shown[column.replace("n_", "")] = [cell(column, v) for v in table[column]]
    notes = [str(v) if isinstance(v, str) else "" for v in table.get("note", [])]
    if not any(notes):
        return pd.DataFrame(shown), []
    by_note: dict[str, list[str]] = {}
    for term, note in zip(shown["term"], notes, strict=True):
        for piece in filter(None, note.split("; ")):
            by_note.setdefault(piece, []).append(term)
    return pd.DataFrame(shown), [
        f"{'All rows' if len(terms) == len(table) > 1 else ', '.join(terms)}: {piece}."
        for piece, terms in by_note.items()
    ]


def result_html(result: Result) -> str:
    """Return n, text, warnings, table and notes as a piece of HTML."""
    table, beside = paper_table(result)
    parts = ["<section>"]
    if "n_dyads" in result.diagnostics:
        parts.append(f"<p><strong>{html.escape(result.n_text)}</strong></p>")
    parts.append(f"<p>{result.text_html}</p>")
    parts += [f'<p class="warning">{html.escape(text)}</p>' for text in result.warnings]
    notes = [note for note in result.notes if note not in result.warnings]
    inner = table_html(
        table, caption=result.title, notes=(*beside, *notes, CAUTION), text_columns=_TEXT
    )
    return "\n".join([*parts, inner, "</section>", ""])


def result_latex(result: Result) -> str:
    """Return the table and its notes as LaTeX (package booktabs)."""
    table, beside = paper_table(result)
    caption = result.title
    if "n_dyads" in result.diagnostics:
        caption += f". N = {result.n_text}"
    return table_latex(
        table, caption=caption, notes=(*beside, *result.notes, CAUTION), text_columns=_TEXT
    )


def _statistic(table: pd.DataFrame) -> dict[str, list[str]]:
    """Return the statistic under the name of its distribution."""
    values = [number(float(v)) for v in table["statistic"]]
    df = table["df"].to_numpy(float) if "df" in table else np.full(len(table), np.nan)
    known = np.unique(df[~np.isnan(df)])
    if len(known) == 1:
        return {"z" if np.isinf(known[0]) else f"t({known[0]:.4g})": values}
    shown = {"statistic": values}
    if len(known):
        shown["df"] = ["" if not np.isfinite(v) else f"{v:.4g}" for v in df]
    return shown


def _any(table: pd.DataFrame, column: str) -> bool:
    if column not in table:
        return False
    return not (table[column].isna() | table[column].astype(str).eq("")).all()
