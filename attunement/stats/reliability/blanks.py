"""Labels and ratings that say that nothing was coded: missing, or asked for."""

import numbers
from collections.abc import Sequence
from typing import Any

import pandas as pd

from attunement.errors import ReliabilityError
from attunement.stats.association.missing_codes import code_text, declared_cells
from attunement.stats.association.suspects import suspect_codes
from attunement.written_numbers import not_coded_words, plain_number, spelt_alike, tidy

_FEWEST_OTHERS = 10  # ratings beside which one can stand apart


def without_blanks(
    table: pd.DataFrame,
    *,
    missing_values: Sequence[Any] | None,
    labels: Sequence[Any] | None = None,
) -> pd.DataFrame:
    """Return labels (targets x coders) as objects, missing where nothing was coded.

    Empty and blank texts and declared codes are missing. What usually means the same is asked for:
    words such as ``NA`` and ``.``, numbers such as -99 that stand apart from all others, and among
    words; and so are labels that differ in capitals or blanks only.

    Parameters
    ----------
    table : DataFrame
        One column a coder.
    missing_values : sequence, optional
        Codes of missing ratings. An empty list says that there are none, and nothing is asked.
    labels : sequence, optional
        The complete set of labels; what it names is a label.

    Raises
    ------
    ReliabilityError
        For labels that may mean that nothing was coded, and for labels spelt alike.
    """
    read = {}
    for name in table.columns:
        column = table[name].astype(object)
        gone = column.map(lambda label: isinstance(label, str) and not tidy(label))
        gone |= declared_cells(column, missing_values or ()).notna()
        read[name] = column.mask(gone.astype(bool), None)
    cells = pd.concat(list(read.values()), ignore_index=True).dropna()
    known = {str(label) for label in labels or ()}
    if missing_values is None or len(missing_values):
        _ask(cells, known)
    for group in spelt_alike([label for label in cells.unique() if isinstance(label, str)]):
        if not set(group) <= known:
            raise ReliabilityError(
                f"The labels {' and '.join(map(repr, group))} differ in capitals or blanks only.",
                "Write them alike, or pass labels=[...] with both where they are two.",
            )
    return pd.DataFrame(read, index=table.index)


def _ask(cells: pd.Series, known: set[str]) -> None:
    words = [word for word in not_coded_words(cells.unique()) if word not in known]
    if words:
        n = int(cells.isin(words).sum())
        raise ReliabilityError(
            f"{n} ratings are {', '.join(map(repr, words))}, which usually means that nothing was "
            "coded, and would count as a category of its own.",
            f"Pass missing_values={words!r} to count them as missing; where it is a label, name it "
            "in labels=[...], or pass missing_values=[].",
        )
    if all(isinstance(cell, numbers.Real) for cell in cells):
        cells = cells.astype(float)
    for row in suspect_codes(cells.to_frame("rating")).to_dict("records"):
        code = row["value"]
        among_words = isinstance(code, str)
        value = plain_number(code) if among_words else float(code)
        # A 9 may be a category, or a rating, as good as 1; a -1 the one rating below zero.
        is_doubtful = not -5 <= value < 10 and int(row["n_other"]) >= _FEWEST_OTHERS
        if (is_doubtful or among_words) and not {code_text(code), code_text(value)} & known:
            shown = repr(code) if among_words else code_text(code)
            raise ReliabilityError(
                f"{row['n']} ratings are {shown}, which looks like a code of missing values "
                f"({row['why']}).",
                f"Pass missing_values=[{shown}] to count it as missing; where it is a rating or a "
                "label, name it in labels=[...], or pass missing_values=[].",
            )
