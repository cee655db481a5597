"""Sentences about the columns that models use: cells that are no numbers, suspected codes."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import pandas as pd

from attunement.stats.association.entered import say_suspect
from attunement.stats.association.rendering import number, table_html

if TYPE_CHECKING:
    from attunement.fitting.entered import EnteredColumns

_WIDEST = 60


def cell_sentences(cells: pd.DataFrame) -> list[str]:
    """Return a sentence for every wrong cell, of the same value and column one."""
    sentences = []
    for (file, column, found), same in cells.groupby(["file", "column", "found"], sort=False):
        first = same.iloc[0]
        more = f" and {len(same) - 1} more" if len(same) > 1 else ""
        sentences.append(
            f"{file}, row {first['row']} ({first['id']}){more}, column {column}: found {found!r}, "
            f"expected {first['expected']}. {first['advice']}"
        )
    return sentences


def suspect_sentences(entered: EnteredColumns) -> list[str]:
    """Return the sentences about values that look like undeclared codes, and what to declare."""
    sentences = [
        f"{row['file']}: {say_suspect(row)}" for row in entered.suspects.to_dict("records")
    ]
    if not sentences:
        return []
    return [
        *sentences,
        f"Nothing was taken out. To take it as missing: {entered.declare}",
        f"Where a column holds values only, say so, such as: {entered.keep}",
    ]


def entered_text(entered: EnteredColumns) -> str:
    """Return the table of columns for a terminal, with what is to be known of it."""
    shown = entered.columns.copy()
    for name in ("low", "high", "mean"):
        shown[name] = ["" if pd.isna(v) else number(v) for v in shown[name]]
    shown["counts"] = shown["counts"].str.slice(0, _WIDEST)
    lines = ["Columns that the models use:", shown.to_string(index=False)]
    return "\n".join([*lines, *entered.notes])


def doubts_html(entered: EnteredColumns) -> str:
    """Return what is doubtful in the columns that the models use; empty where nothing is."""
    doubts = [*suspect_sentences(entered), *cell_sentences(entered.wrong_cells)]
    return "".join(f'<p class="warning">{html.escape(text)}</p>\n' for text in doubts)


def columns_html(entered: EnteredColumns) -> str:
    """Return what stands in the columns that the models use."""
    return table_html(entered.columns, caption="Columns that the models use", notes=entered.notes)
