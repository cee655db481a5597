"""Sentences about the columns that models use: cells that are no numbers, codes, ids."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from attunement.cards import count, listed
from attunement.stats.association.cleaning import Cleaned
from attunement.stats.association.entered import say_suspect
from attunement.stats.association.missing_codes import (
    EVERY_OTHER,
    MissingValues,
    as_number,
    code_text,
    codes_of,
)
from attunement.stats.association.outcomes import WRITTEN_OTHERWISE
from attunement.stats.association.rendering import number, table_html

if TYPE_CHECKING:
    from attunement.fitting.entered import EnteredColumns

MOST_CELLS = 5
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


def alike_words(alike: dict[str, str]) -> list[str]:
    """Say which ids were joined though they are written otherwise."""
    if not alike:
        return []
    pairs = [f"{theirs!r} as {ours!r}" for theirs, ours in alike.items()]
    return [
        f'ids = "alike": {count(len(alike), "id")} written otherwise in the outcomes were taken '
        f"for those of the study: {listed(pairs, at_most=MOST_CELLS)}."
    ]


def code_words(cleaned: Sequence[Cleaned], codes: MissingValues, names: Sequence[str]) -> list[str]:
    """Say which declared codes occur nowhere or among values, and which marks are mixed."""
    by_code = pd.concat([each.by_code for each in cleaned])
    columns = {n: c for each in cleaned for n, c in each.table.items()}
    notes = []
    if isinstance(codes, dict):
        declared = [(name, code) for name, given in codes.items() for code in given]
    else:
        declared = [(EVERY_OTHER, code) for code in codes]
    for name, code in declared:
        where = by_code if name == EVERY_OTHER else by_code[by_code["column"] == name]
        if code_text(code) not in set(where["code"]):
            place = "column that people entered" if name == EVERY_OTHER else f"cell of {name}"
            notes.append(f"The declared missing value {code_text(code)} is in no {place}.")
    for row in by_code.to_dict("records"):
        name, number = row["column"], as_number(row["code"])
        known = columns[name].dropna()
        if name not in names or not pd.api.types.is_numeric_dtype(known) or known.empty:
            continue
        if known.min() < number < known.max() and row["code"] in map(
            code_text, codes_of(name, codes)
        ):
            notes.append(
                f"{name}: the declared missing value {row['code']} lies among its values "
                f"({known.min():g} to {known.max():g}); {row['n']} of its cells were taken as "
                f"missing. Where it is a value there, declare codes by column: missing_values = "
                f'{{"*" = [...], {name} = [...]}}.'
            )
    notes += [
        f"{name}: decimal points and decimal commas in one column; both were read as decimal."
        for each in cleaned
        for name in each.both_marks
        if name in names
    ]
    return notes
