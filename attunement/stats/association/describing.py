"""What stands in the columns that a model uses: how many, how many missing and by which code."""

from collections.abc import Mapping, Sequence

import pandas as pd

from attunement.cards import listed
from attunement.stats.association.cleaning import Cleaned, clean_columns
from attunement.stats.association.design import require_columns
from attunement.stats.association.missing_codes import MissingValues, code_text

DESCRIBED = ("column", "kind", "n", "missing", "by_code", "low", "high", "mean", "counts")
_FEW_VALUES = 10
_MOST_COUNTS = 8


def describe_columns(
    table: pd.DataFrame,
    *,
    columns: Sequence[str] = (),
    missing_values: MissingValues = (),
    labels: Mapping[str, Mapping[str, str]] | None = None,
) -> pd.DataFrame:
    """Return what the columns of a table hold once missing codes are missing.

    Parameters
    ----------
    table : pandas.DataFrame
        As people entered it; cells may be text.
    columns : sequence of str
        Which columns, in this order; all by default.
    missing_values, labels
        As for `clean_outcomes`.

    Returns
    -------
    pandas.DataFrame
        One row a column: column, kind (``numbers``, ``categories``, or ``numbers and text`` where
        some cells of a column of numbers are none), n (cells with a value), missing, by_code (which
        declared codes and words for missing are among the missing, and how many), low, high, mean
        (missing unless numbers), counts (of categories, and of whole numbers with up to 10 values).

    Examples
    --------
    >>> import pandas as pd
    >>> from attunement.stats.association import describe_columns
    >>> table = pd.DataFrame({"age_days": [181, 999, 203, 224], "sex": ["f", "m", "", "f"]})
    >>> shown = describe_columns(table, missing_values=[999])
    >>> print(shown[["column", "n", "missing", "by_code", "low", "high"]])
         column  n  missing by_code    low   high
    0  age_days  3        1  999: 1  181.0  224.0
    1       sex  3        1            NaN    NaN
    """
    require_columns(table, list(columns))
    used = table[list(columns)] if columns else table
    return describe_cleaned(clean_columns(used, missing_values=missing_values, labels=labels))


def describe_cleaned(cleaned: Cleaned) -> pd.DataFrame:
    """Return the description of columns that are clean already."""
    rows = []
    for name, column in cleaned.table.items():
        codes = cleaned.by_code[cleaned.by_code["column"] == name]
        known = column.dropna()
        row: dict[str, object] = {
            "column": name,
            "kind": "categories",
            "n": len(known),
            "missing": len(column) - len(known),
            "by_code": ", ".join(f"{row.code}: {row.n}" for row in codes.itertuples()),
            "counts": "",
        }
        numeric = pd.api.types.is_numeric_dtype(known) and not pd.api.types.is_bool_dtype(known)
        if numeric:
            row["kind"] = "numbers"
            if len(known):
                row |= {"low": known.min(), "high": known.max(), "mean": known.mean()}
        odd = cleaned.wrong.loc[cleaned.wrong["column"] == name, "found"]
        if len(odd):
            # Of a column of numbers with text among them, only the text is worth a look.
            row["kind"], known = "numbers and text", odd
        # Of a quantity measured finely, each value stands once: its counts say nothing.
        whole = not numeric or bool((pd.to_numeric(known, errors="coerce") % 1 == 0).all())
        if len(odd) or not numeric or (whole and known.nunique() <= _FEW_VALUES):
            row["counts"] = _counts(known, by_value=numeric)
        rows.append(row)
    described = pd.DataFrame(rows, columns=list(DESCRIBED))
    return described.astype(dict.fromkeys(("low", "high", "mean"), "float64"))


def _counts(known: pd.Series, *, by_value: bool) -> str:
    counts = known.value_counts()
    counts = counts.sort_index() if by_value else counts
    texts = [f"{code_text(value) if by_value else value}: {n}" for value, n in counts.items()]
    return listed(texts, at_most=_FEW_VALUES if by_value else _MOST_COUNTS)
