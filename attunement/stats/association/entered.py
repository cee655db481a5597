"""Columns that people entered, as a model needs them: codes missing, numbers read."""

from collections.abc import Hashable, Mapping, Sequence

import pandas as pd

from attunement.errors import AssociationError
from attunement.scoring.columns import score_types
from attunement.stats.association.cleaning import as_id, clean_columns
from attunement.stats.association.missing_codes import (
    MissingValues,
    code_text,
    codes_of,
    declared_cells,
)
from attunement.stats.association.request import Request
from attunement.stats.association.suspects import suspect_codes
from attunement.written_numbers import not_coded_words, plain_number, spelt_alike

_QUANTITIES = ("continuous", "count", "time")
# A text of digits with this few values is one of categories, as text always was.
_FEW_VALUES = 7
_MOST_LABELS = 20  # categories that may stand in fewer than two rows each


def read_entered(
    scores: pd.DataFrame, request: Request, missing_values: MissingValues
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the scores with the entered columns of a model cleaned, and what looks like codes.

    Raises
    ------
    AssociationError
        For a cell that is no number in a column of numbers, labels that usually mean that nothing
        was coded, labels that differ in case and blanks only, and families whose id is a code.
    """
    scores = scores.reset_index(drop=True)
    scored = score_types()
    names = [name for name in request.columns if name not in scored]
    _check_families(scores, request, missing_values)
    if not names:
        return scores, ()
    numbers = {request.event, request.exposure} | {
        name for name, kind in request.kinds.items() if kind == "continuous"
    }
    categories = {name for name, kind in request.kinds.items() if kind == "categorical"}
    (numbers if request.kind in _QUANTITIES else categories).add(request.outcome)
    given = scores[names]
    text = [n for n in names if not pd.api.types.is_numeric_dtype(given[n]) and n not in numbers]
    keep = [
        n
        for n in text
        if isinstance(given[n].dtype, pd.CategoricalDtype) or given[n].nunique() <= _FEW_VALUES
    ]
    cleaned = clean_columns(
        given, missing_values=missing_values, keep=keep, numbers=numbers, categories=categories
    )
    if len(cleaned.wrong):
        raise AssociationError(
            *say_wrong(scores, cleaned.wrong, ids=(request.dyad, request.session))
        )
    table = scores.assign(**{name: cleaned.table[name] for name in names if name not in keep})
    for name in keep:
        codes = declared_cells(given[name], codes_of(name, missing_values))
        table[name] = given[name].mask(codes.notna())
    for name in names:
        levels = request.levels if name == request.outcome else ()
        check_labels(table[name], name, declared=levels)
    suspects = suspect_codes(table, columns=names, missing_values=missing_values)
    return table, tuple(say_suspect(row) for row in suspects.to_dict("records"))


def without_codes(
    scores: pd.DataFrame, names: Sequence[str], missing_values: MissingValues
) -> pd.DataFrame:
    """Return the scores with declared codes missing in those of the columns that were entered."""
    scored = score_types()
    masked = {
        name: scores[name].mask(declared_cells(scores[name], codes).notna())
        for name in names
        if name not in scored and (codes := codes_of(name, missing_values))
    }
    return scores.assign(**masked)


def read_auxiliary(
    scores: pd.DataFrame, names: Sequence[str], *, missing_values: MissingValues, ids: Sequence[str]
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the scores with those of the columns that were entered cleaned, and what stays text.

    Raises
    ------
    AssociationError
        For a cell that is no number in a column of numbers.
    """
    scored = score_types()
    entered = [name for name in names if name not in scored]
    cleaned = clean_columns(scores[entered], missing_values=missing_values)
    if len(cleaned.wrong):
        raise AssociationError(*say_wrong(scores, cleaned.wrong, ids=ids))
    table = scores.assign(**{name: cleaned.table[name] for name in entered})
    return table, tuple(
        f"The auxiliary column {name!r} holds text such as {table[name].dropna().iloc[0]!r} and "
        "was not used: only numbers tell about what is missing."
        for name in names
        if not pd.api.types.is_numeric_dtype(table[name])
    )


def read_quantities(
    scores: pd.DataFrame, names: Sequence[str], *, missing_values: MissingValues, ids: Sequence[str]
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the scores with entered columns of numbers cleaned, and what looks like codes.

    Raises
    ------
    AssociationError
        For a cell that is no number.
    """
    scores = scores.reset_index(drop=True)
    scored = score_types()
    entered = [name for name in names if name not in scored]
    cleaned = clean_columns(scores[entered], missing_values=missing_values, numbers=entered)
    if len(cleaned.wrong):
        raise AssociationError(*say_wrong(scores, cleaned.wrong, ids=ids))
    table = scores.assign(**{name: cleaned.table[name] for name in entered})
    suspects = suspect_codes(table, columns=entered, missing_values=missing_values)
    return table, tuple(say_suspect(row) for row in suspects.to_dict("records"))


def say_wrong(scores: pd.DataFrame, wrong: pd.DataFrame, *, ids: Sequence[str]) -> tuple[str, str]:
    """Return reason and advice for cells that are no numbers, the first one named."""
    cell = wrong.iloc[0]
    of = [f"{name} {as_id(scores[name].iloc[cell['place']])!r}" for name in ids if name in scores]
    more = len(wrong[wrong["column"] == cell["column"]]) - 1
    if more + 1 == scores[cell["column"]].notna().sum():
        words = cell["found"].casefold() in ("yes", "no", "true", "false")
        return (
            f"The column {cell['column']!r} holds text such as {cell['found']!r} and no number.",
            cell["advice"]
            if words
            else "Declare it binary, ordered or unordered, or give numbers.",
        )
    return (
        f"The column {cell['column']!r} holds {cell['found']!r} for {', '.join(of) or 'a row'}"
        f"{f' and {more} more cells like it' if more else ''}, where {cell['expected']} is needed.",
        cell["advice"],
    )


def say_suspect(row: Mapping[Hashable, object]) -> str:
    """Return the sentence about one value that looks like an undeclared code."""
    value, n = row["value"], row["n"]
    shown = repr(value) if isinstance(value, str) else code_text(value)
    return (
        f"{row['column']} holds {shown} in {n} {'row' if n == 1 else 'rows'}, which looks like an "
        f"undeclared code of missing values ({row['why']})."
    )


def check_labels(column: pd.Series, name: str, *, declared: Sequence[object] = ()) -> None:
    """Refuse labels that say that nothing was coded, and labels that are the same but for case.

    Raises
    ------
    AssociationError
        Unless all of them are among the `declared` labels.
    """
    if pd.api.types.is_numeric_dtype(column):
        return
    labels = [label for label in column.dropna().unique() if isinstance(label, str)]
    if len(labels) > max(_MOST_LABELS, column.notna().sum() / 2):
        shown = ", ".join(map(repr, labels[:3]))
        raise AssociationError(
            f"The column {name!r} holds {len(labels)} different texts ({shown}, ...) in "
            f"{column.notna().sum()} rows, which are no categories.",
            "Give numbers (an age in place of a date), or fewer labels.",
        )
    counts = column.value_counts()
    known = {str(label) for label in declared}
    words = [word for word in not_coded_words(labels) if word not in known]
    if words:
        shown = ", ".join(f"{word!r} ({counts[word]})" for word in words)
        raise AssociationError(
            f"The column {name!r} has {shown} among its labels, which usually means that nothing "
            "was coded.",
            f"List it under missing_values ({', '.join(map(repr, words))}); where it is a "
            "category, name it in levels or give it a label of its own.",
        )
    for group in spelt_alike(labels):
        if not set(group) <= known:
            shown = " and ".join(f"{label!r} ({counts[label]})" for label in group)
            raise AssociationError(
                f"The column {name!r} has {shown}, which differ in capitals or blanks only.",
                "Write them alike; where they are different categories, name both in levels, or "
                "give them labels of their own.",
            )


def _check_families(scores: pd.DataFrame, request: Request, missing_values: MissingValues) -> None:
    """Refuse an id of a family or partner that is a code and would join dyads."""
    if request.dyad not in scores.columns:
        return
    for name in (request.family, request.partner):
        if not name or name not in scores.columns or name == request.dyad:
            continue
        ids = scores[name]
        codes = declared_cells(ids, codes_of(name, missing_values)).notna()
        texts = ids.map(as_id, na_action="ignore")
        words = set(not_coded_words(texts.dropna()))
        odd = {t for t in texts.dropna().unique() if t in words or plain_number(t) < 0}
        for text, rows in scores[codes | texts.isin(odd)].groupby(texts):
            n = rows[request.dyad].nunique()
            if n > 1:
                raise AssociationError(
                    f"{n} dyads have the {name} {text!r}, which is a code of missing values and "
                    "would make one family of them.",
                    f"Give each its own {name}; a dyad without a known one may have its own id.",
                )
