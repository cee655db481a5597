"""Reading ratings: pairs of coders and tables of targets x raters, with missing values counted."""

import numbers
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement.errors import ReliabilityError
from attunement.stats.reliability.blanks import without_blanks
from attunement.stats.reliability.results import check_choice
from attunement.written_numbers import not_coded_words

NAN_POLICIES = ("raise", "omit")


@dataclass(frozen=True)
class PairedLabels:
    """What two coders said of the same targets.

    Parameters
    ----------
    a, b : ndarray of int, shape (n_targets,)
        Position of each coder's label in `labels`.
    labels : list
        Every category, in order.
    order_known : bool
        Whether the order of `labels` was given, or is that of numbers.
    evenly_spaced : bool
        Whether positions in `labels` are known to be equal steps: the labels were given, or are
        numbers without a gap.
    kept : ndarray of bool, shape (n_given,)
        Which of the given rows are among `a` and `b`.
    n_left_out : int
        Rows in which a coder's label is missing.
    """

    a: NDArray[np.int64]
    b: NDArray[np.int64]
    labels: list[Any]
    order_known: bool
    evenly_spaced: bool
    kept: NDArray[np.bool_]
    n_left_out: int

    @property
    def counts(self) -> NDArray[np.float64]:
        """Targets by label of `a` (rows) and label of `b` (columns)."""
        k = len(self.labels)
        cells = np.bincount(self.a * k + self.b, minlength=k * k)
        return cells.reshape(k, k).astype(float)


def paired_labels(
    a: Any,
    b: Any,
    *,
    labels: Sequence[Any] | None,
    nan_policy: str,
    missing_values: Sequence[Any] | None = None,
) -> PairedLabels:
    """Read the labels that two coders gave to the same targets, in the same order.

    Raises
    ------
    ReliabilityError
        For unequal lengths, rows in another order, fewer than two targets, missing labels under
        ``nan_policy="raise"``, numbers beside text, infinity, labels outside `labels`, and what
        `without_blanks` asks for.
    """
    check_choice(nan_policy, "nan_policy", NAN_POLICIES)
    check_same_rows(a, b)
    given_a, given_b = _column(a, "a"), _column(b, "b")
    known = list(labels) if labels is not None else _shared_order(given_a, given_b)
    both = without_blanks(
        pd.DataFrame({"a": given_a.astype(object), "b": given_b.astype(object)}),
        missing_values=missing_values,
        labels=known,
    )
    values_a, values_b = both["a"], both["b"]
    missing = (values_a.isna() | values_b.isna()).to_numpy()
    refuse_missing(int(missing.sum()), len(missing), nan_policy, what="targets")
    values_a, values_b = values_a[~missing], values_b[~missing]
    if len(values_a) < 2:
        raise ReliabilityError(
            f"Agreement needs at least 2 targets that both coders rated; found {len(values_a)}."
        )
    order = complete_labels([*values_a, *values_b], known)
    place = {label: i for i, label in enumerate(order)}
    return PairedLabels(
        a=np.array([place[value] for value in values_a], dtype=np.int64),
        b=np.array([place[value] for value in values_b], dtype=np.int64),
        labels=order,
        order_known=known is not None or _are_numbers(order),
        evenly_spaced=known is not None or _evenly_spaced(order),
        kept=~missing,
        n_left_out=int(missing.sum()),
    )


def complete_labels(values: Sequence[Any], known: Sequence[Any] | None) -> list[Any]:
    """Return the categories of `values`: `known` where given, else those that occur, sorted."""
    kinds = {_kind(value) for value in values}
    if len(kinds) > 1:
        raise ReliabilityError(
            f"Labels must be of one kind; found {' and '.join(sorted(kinds))}, which never agree.",
            "Bring all coders' labels to the same type first.",
        )
    used = set(values)
    if known is None:
        return sorted(used)
    doubled = [label for i, label in enumerate(known) if label in list(known)[:i]]
    if doubled:
        raise ReliabilityError(f"labels names {doubled[0]!r} twice.")
    strange = sorted(used - set(known), key=str)
    if strange:
        raise ReliabilityError(
            f"Every label must be one of {list(known)!r}; found {strange[0]!r} as well."
        )
    return list(known)


def rating_matrix(
    ratings: Any, *, missing_values: Sequence[Any] | None = None
) -> NDArray[np.float64]:
    """Return numeric `ratings` (targets x raters) as an array, missing values NaN."""
    table = without_blanks(ratings_table(ratings), missing_values=missing_values)
    columns = []
    for name in table.columns:
        column = table[name]
        strange = [v for v in column.dropna() if not isinstance(v, numbers.Real | np.bool_)]
        if strange:
            raise ReliabilityError(
                f"Column {name!r} of the ratings must hold numbers; found {strange[0]!r}.",
                "Pass targets x raters, one column a rater, ids in the index.",
            )
        columns.append(column.to_numpy(dtype=float, na_value=np.nan))
    values = np.column_stack(columns)
    if np.isinf(values).any():
        raise ReliabilityError("Ratings must be finite numbers or missing; found infinity.")
    return values


def ratings_table(ratings: Any) -> pd.DataFrame:
    """Return `ratings` (targets x raters) as a table with at least two raters and a target."""
    if isinstance(ratings, pd.DataFrame):
        table = ratings
    else:
        array = np.asarray(ratings)
        if array.ndim != 2:
            raise ReliabilityError(
                f"Ratings must be a table of targets x raters; found {array.ndim} dimension(s)."
            )
        table = pd.DataFrame(array)
    if table.shape[1] < 2:
        raise ReliabilityError(
            f"Agreement needs at least 2 raters (columns); found {table.shape[1]}."
        )
    if table.shape[0] < 1:
        raise ReliabilityError("Agreement needs at least one target (row); found none.")
    return table


def refuse_missing(n_missing: int, n: int, nan_policy: str, *, what: str) -> None:
    """Raise where values are missing and the caller has not asked to leave their rows out."""
    if n_missing and nan_policy == "raise":
        raise ReliabilityError(
            f"{n_missing} of {n} {what} have a missing rating.",
            'Pass nan_policy="omit" to leave them out and have them counted.',
        )


def check_same_rows(a: Any, b: Any) -> None:
    """Raise unless `a` and `b` are as long as each other and not the same rows in another order."""
    if len(a) != len(b):
        raise ReliabilityError(
            f"Both coders must rate the same targets; found {len(a)} and {len(b)} ratings."
        )
    if isinstance(a, pd.Series) and isinstance(b, pd.Series) and not a.index.equals(b.index):
        unique = a.index.is_unique and b.index.is_unique
        if unique and set(a.index) == set(b.index):
            raise ReliabilityError(
                "The two coders' rows have the same index in another order, and rows are paired "
                "by position.",
                "Sort both the same way first (b = b.loc[a.index]).",
            )


def group_codes(groups: Any, kept: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the groups (dyads, families) of the kept rows as whole numbers from 0."""
    column = _column(groups, "groups")
    if len(column) != len(kept):
        raise ReliabilityError(
            f"groups must name the group of every row; found {len(column)} for {len(kept)} rows."
        )
    if column[kept].isna().any():
        raise ReliabilityError("groups must not be missing for a row that has ratings.")
    blank = not_coded_words([*column[kept].unique()])
    if blank:
        raise ReliabilityError(
            f"groups holds {', '.join(map(repr, blank))}, which would make one group of all rows "
            "whose group is not known.",
            "Give every row its dyad or family.",
        )
    codes, names = pd.factorize(column[kept])
    if len(names) < 2:
        raise ReliabilityError(f"An interval over groups needs at least 2; found {len(names)}.")
    return codes.astype(np.int64)


def _column(values: Any, name: str) -> pd.Series:
    if isinstance(values, pd.Series):
        return values.reset_index(drop=True)
    if isinstance(values, pd.Categorical):
        return pd.Series(values)
    array = np.asarray(values, dtype=object)
    if array.ndim != 1:
        raise ReliabilityError(f"{name} must be one list of labels; found {array.ndim} dimensions.")
    return pd.Series(array)


def _shared_order(a: pd.Series, b: pd.Series) -> list[Any] | None:
    """Return the categories of two ordered categoricals that agree on them."""
    if not all(isinstance(s.dtype, pd.CategoricalDtype) and s.cat.ordered for s in (a, b)):
        return None
    if list(a.cat.categories) != list(b.cat.categories):
        raise ReliabilityError("The two coders' ordered categories differ, so no order is known.")
    return list(a.cat.categories)


def _kind(value: Any) -> str:
    if isinstance(value, numbers.Real | np.bool_):
        if not np.isfinite(float(value)):
            raise ReliabilityError("A label must not be infinite.")
        return "numbers"
    return "text" if isinstance(value, str) else type(value).__name__


def _are_numbers(labels: Sequence[Any]) -> bool:
    return all(isinstance(label, numbers.Real | np.bool_) for label in labels)


def _evenly_spaced(labels: Sequence[Any]) -> bool:
    if not _are_numbers(labels):
        return False
    steps = np.diff([float(label) for label in labels])
    return bool(len(steps) == 0 or np.allclose(steps, steps[0]))
