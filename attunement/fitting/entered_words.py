"""Sentences about the columns that models use: cells that are no numbers, suspected codes."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import pandas as pd

from attunement.cards import listed
from attunement.stats.association.entered import say_suspect
from attunement.stats.association.outcomes import WRITTEN_OTHERWISE
from attunement.stats.association.rendering import number, table_html

if TYPE_CHECKING:
    from attunement.fitting.entered import EnteredColumns

_WIDEST = 60
_HEADERS = {"by_code": "missing by code"}
_MOST_IDS = 6


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


def unjoined_words(
    unmatched: pd.DataFrame, ids: pd.Series, *, key: str, file: str, study: pd.DataFrame
) -> str:
    """Return which ids found no partner on either side, and what joins them; else nothing.

    Parameters
    ----------
    unmatched : pandas.DataFrame
        As `join_outcomes` lists them.
    ids : pandas.Series
        Column of ids of the scores.
    key : str
        Its name.
    file : str
        Name of the file of outcomes.
    study : pandas.DataFrame
        The manifest as it was read.
    """
    ours, theirs = (unmatched[unmatched["found_in"] == side] for side in ("scores", "outcomes"))
    if ours.empty or theirs.empty:
        return ""
    shown_ours, shown_theirs = (listed(list(side["id"]), at_most=_MOST_IDS, between=", ")
                                for side in (ours, theirs))  # fmt: skip
    if unmatched["hint"].str.startswith(WRITTEN_OTHERWISE).any():
        advice = 'Say ids = "alike" in [association], which joins those written otherwise.'
    elif key == "dyad" and ("dyad" not in study or (study["dyad"].fillna("") == "").any()):
        advice = f"Fill the column dyad of the manifest with the ids of {file}, and run."
    else:
        advice = f"Where the same are meant, write them in {file} as the manifest does."
    have = "has" if len(ours) == 1 else "have"
    what = {"dyad": "dyads", "session": "sessions", "family": "families"}.get(key, f"ids ({key})")
    return (
        f"{len(ours)} of {ids.nunique()} {what} of scores.csv {have} no row in {file}: "
        f"{shown_ours}; of {file} {shown_theirs} {'is' if len(theirs) == 1 else 'are'} not among "
        f"the scores. {advice}"
    )


def entered_text(entered: EnteredColumns) -> str:
    """Return the table of columns for a terminal, with what is to be known of it."""
    shown = entered.columns.copy()
    for name in ("low", "high", "mean"):
        shown[name] = ["" if pd.isna(v) else number(v) for v in shown[name]]
    shown["counts"] = shown["counts"].str.slice(0, _WIDEST)
    shown = shown.rename(columns=_HEADERS)
    lines = ["Columns that the models use:", shown.to_string(index=False)]
    return "\n".join([*lines, *entered.notes])


def doubts_html(entered: EnteredColumns) -> str:
    """Return what is doubtful in the columns that the models use; empty where nothing is."""
    doubts = [*entered.changed, *suspect_sentences(entered), *cell_sentences(entered.wrong_cells)]
    return "".join(f'<p class="warning">{html.escape(text)}</p>\n' for text in doubts)


def columns_html(entered: EnteredColumns) -> str:
    """Return what stands in the columns that the models use."""
    shown = entered.columns.rename(columns=_HEADERS)
    return table_html(shown, caption="Columns that the models use", notes=entered.notes)


def unmatched_shown(unmatched: pd.DataFrame) -> pd.DataFrame:
    """Return the ids of one table only with headers in words."""
    return unmatched.rename(columns={"found_in": "found in"})
