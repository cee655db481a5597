"""The numbers a model is fitted to: outcome as declared, columns of the terms, clusters."""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement.errors import AssociationError, TableError
from attunement.stats.association.model_rows import Rows, TooFewRowsError
from attunement.stats.association.request import Request
from attunement.stats.association.terms import build_columns, with_squares

Array = NDArray[np.floating]
Index = NDArray[np.int64]

_ROWS_PER_PARAMETER = 2


@dataclass(frozen=True)
class Design:
    """Outcome, columns and clusters of a model.

    Attributes
    ----------
    kind : str
        Kind of the outcome.
    y : ndarray, shape (n,)
        Numbers; 0 and 1 for binary, 0 to J - 1 for ordered and unordered, durations for times.
    x : ndarray, shape (n, k)
        Columns of the terms, without intercept.
    names, terms, roles : tuple of str
        Of each column: its name, its term, and ``predictor``, ``covariate`` or ``added``.
    levels : tuple of str
        Names of the outcome's categories.
    event : ndarray, shape (n,)
        1 where a time ended; all 1 for other kinds.
    offset : ndarray, shape (n,)
        Logarithm of the exposure; 0 where none is given.
    clusters : ndarray of int, shape (n,)
        Number of the family of each row.
    partners, dyads : ndarray of int, shape (n,)
        Number of the partner and of the dyad.
    centres, labels, categories : dict
        Of the columns, see `terms.Columns`.
    outcome : str
        Name of the outcome's column.
    """

    kind: str
    y: Array
    x: Array
    names: tuple[str, ...]
    terms: tuple[str, ...]
    roles: tuple[str, ...]
    levels: tuple[str, ...]
    event: Array
    offset: Array
    clusters: Index
    partners: Index
    dyads: Index
    centres: dict[str, float] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    categories: dict[str, tuple[str, ...]] = field(default_factory=dict)
    outcome: str = "the outcome"

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.y)

    @property
    def n_clusters(self) -> int:
        """Number of families."""
        return len(np.unique(self.clusters))

    @property
    def one_row_a_cluster(self) -> bool:
        """Whether no family has more than one row."""
        return self.n_clusters == self.n

    @property
    def unit(self) -> str:
        """What a row stands for: dyad or session."""
        return "dyad" if len(np.unique(self.dyads)) == self.n else "session"

    @property
    def n_parameters(self) -> int:
        """Coefficients, intercepts and thresholds."""
        k = self.x.shape[1]
        return {
            "ordered": k + len(self.levels) - 1,
            "unordered": (k + 1) * (len(self.levels) - 1),
            "time": k,
        }.get(self.kind, k + 1)

    def with_intercept(self) -> Array:
        """Return the columns with a leading column of ones."""
        return np.column_stack([np.ones(self.n), self.x])

    def take(self, rows: NDArray[np.generic]) -> "Design":
        """Return the design of some rows (mask or numbers, repeats allowed)."""
        return replace(
            self,
            y=self.y[rows],
            x=self.x[rows],
            event=self.event[rows],
            offset=self.offset[rows],
            clusters=self.clusters[rows],
            partners=self.partners[rows],
            dyads=self.dyads[rows],
        )

    def without(self, columns: NDArray[np.bool_]) -> "Design":
        """Return the design without some columns."""
        keep = ~columns

        def kept(texts: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(text for text, k in zip(texts, keep, strict=True) if k)

        return replace(
            self,
            x=self.x[:, keep],
            names=kept(self.names),
            terms=kept(self.terms),
            roles=kept(self.roles),
        )


def build_design(rows: Rows, request: Request) -> Design:
    """Turn rows into numbers, and refuse what cannot be estimated.

    Raises
    ------
    AssociationError
        For constant or collinear columns, fewer than two rows a parameter, or an outcome that does
        not fit its declared kind.
    """
    table = rows.table
    added = with_squares(request.terms, table, request.kinds) if request.squares else []
    terms = [*request.terms, *added]
    columns = build_columns(table, terms, kinds=request.kinds)
    role_of = {t.name: "covariate" for t in request.covariates}
    role_of |= {t.name: "added" for t in added} | {t.name: "predictor" for t in request.predictors}
    y, levels = code_outcome(table[request.outcome], request)
    event: Array = np.ones(len(table))
    if request.kind == "time":
        event = _zero_one(_as_numbers(rows, request.event), request.event)
    offset = np.zeros(len(table))
    if request.exposure:
        exposure = _as_numbers(rows, request.exposure)
        if (exposure <= 0).any():
            first = int(np.argmax(exposure <= 0))
            raise AssociationError(
                f"The exposure {request.exposure!r} must be above zero; found {exposure[first]:g} "
                f"for dyad {rows.ids['dyad'].iloc[first]!r}.",
                "Correct it, or list it under missing_values.",
            )
        offset = np.log(exposure)
    design = Design(
        kind=request.kind,
        y=y,
        x=columns.x,
        names=columns.names,
        terms=columns.terms,
        roles=tuple(role_of[name] for name in columns.terms),
        levels=levels,
        event=event,
        offset=offset,
        clusters=_numbers(rows.ids["family"]),
        partners=_numbers(rows.ids["partner"]),
        dyads=_numbers(rows.ids["dyad"]),
        centres=columns.centres,
        labels=columns.labels,
        categories=columns.categories,
        outcome=request.outcome,
    )
    check_design(design)
    return design


def check_design(design: Design) -> None:
    """Refuse constant or collinear columns, and fewer than two rows a parameter."""
    for k, name in enumerate(design.names):
        column = design.x[:, k]
        if np.ptp(column) <= 1e-12 * max(1.0, float(np.abs(column).max())):
            raise AssociationError(
                f"The predictor {name!r} is constant ({column[0]:g}) in the rows used.",
                "Leave it out.",
            )
    if design.n < _ROWS_PER_PARAMETER * design.n_parameters:
        raise TooFewRowsError(
            f"{design.n} rows for {design.n_parameters} parameters: at least "
            f"{_ROWS_PER_PARAMETER} rows a parameter are needed.",
            "Use fewer predictors or covariates.",
        )
    full = design.with_intercept()
    scaled = full / np.linalg.norm(full, axis=0)
    if np.linalg.cond(scaled) > 1e8:
        _, _, directions = np.linalg.svd(scaled)
        guilty = [
            name
            for name, weight in zip(("intercept", *design.names), directions[-1], strict=True)
            if abs(weight) > 0.05
        ]
        raise AssociationError(
            f"The model is singular: {', '.join(guilty)} say the same.", "Leave one of them out."
        )
    if design.kind in ("continuous", "count", "time") and np.ptp(design.y) == 0:
        raise AssociationError(f"The outcome is constant ({design.y[0]:g}) in the rows used.")
    if design.kind == "time" and not design.event.any():
        raise AssociationError("No time ended in an event: all are censored.")


def code_outcome(column: pd.Series, request: Request) -> tuple[Array, tuple[str, ...]]:
    """Return the outcome as numbers and the names of its categories, as the kind declares it."""
    name, kind = request.outcome, request.kind
    if kind in ("binary", "ordered", "unordered"):
        return _categories(column, request)
    if not pd.api.types.is_numeric_dtype(column):
        raise AssociationError(
            f"The outcome {name!r} is declared {kind}, but holds text such as {column.iloc[0]!r}.",
            "Declare it binary, ordered or unordered, or list its missing codes.",
        )
    y = column.to_numpy(float)
    no_count, no_time = (y < 0) | (y % 1 != 0), y <= 0
    if kind == "count" and no_count.any():
        raise AssociationError(
            f"The outcome {name!r} is declared a count, but has other numbers such as "
            f"{y[no_count][0]:g}.",
            "Correct it, or list it under missing_values.",
        )
    if kind == "time" and no_time.any():
        raise AssociationError(
            f"The outcome {name!r} is declared a time, but is not above zero: {y[no_time][0]:g}.",
            "Correct it, or list it under missing_values.",
        )
    return y, ()


def _categories(column: pd.Series, request: Request) -> tuple[Array, tuple[str, ...]]:
    name, kind = request.outcome, request.kind
    # True and false stand as objects where another row of the table has neither.
    truths = all(isinstance(value, (bool, np.bool_)) for value in column)
    numeric = pd.api.types.is_numeric_dtype(column) or truths
    values = sorted(column.unique())
    levels = list(request.levels)
    if not levels:
        if kind != "unordered" and not numeric:
            raise AssociationError(
                f"The order of the categories of {name!r} ({', '.join(map(str, values))}) is not "
                "known.",
                "Give levels=(...) from low to high; for binary, the one that counts as 1 last.",
            )
        levels = list(values)
    given = {_label(level): k for k, level in enumerate(levels)}
    labels = column.map(_label)
    unknown = sorted(set(labels) - set(given))
    if unknown:
        raise AssociationError(
            f"{name!r} has categories that levels does not name: {', '.join(unknown)}."
        )
    unused = [label for label in given if label not in set(labels)]
    if kind == "binary" and len(given) != 2:
        raise AssociationError(
            f"{name!r} is declared binary, but has {len(given)} categories: {', '.join(given)}.",
            "Declare it ordered or unordered.",
        )
    if len(given) - len(unused) < 2:
        raise AssociationError(f"{name!r} has only one category in the rows used.")
    if unused:
        raise AssociationError(
            f"No row used has the category {unused[0]!r} of {name!r}.", "Leave it out of levels."
        )
    if kind in ("ordered", "unordered") and len(given) < 3:
        raise AssociationError(
            f"{name!r} is declared {kind}, but has two categories.", "Declare it binary."
        )
    return labels.map(given).to_numpy(float), tuple(given)


def _label(value: object) -> str:
    if isinstance(value, (bool, np.bool_)):
        return str(int(value))
    if isinstance(value, (int, float, np.number)):
        return f"{value:g}"
    return str(value)


def _as_numbers(rows: Rows, name: str) -> Array:
    column = rows.table[name]
    values = pd.to_numeric(column, errors="coerce").to_numpy(float)
    is_text = np.isnan(values)
    if is_text.any():
        row = int(np.argmax(is_text))
        raise AssociationError(
            f"The column {name!r} holds {column.iloc[row]!r} for dyad "
            f"{rows.ids['dyad'].iloc[row]!r}, where a number is needed.",
            "Correct it, or list it under missing_values.",
        )
    return values


def _zero_one(values: Array, name: str) -> Array:
    other = values[~np.isin(values, (0, 1))]
    if len(other):
        raise AssociationError(
            f"The column {name!r} must be 1 (seen) or 0 (censored); found {other[0]:g}.",
            "Correct it, or list it under missing_values.",
        )
    return values


def _numbers(ids: pd.Series) -> Index:
    return pd.factorize(ids)[0].astype(np.int64)


def require_columns(table: pd.DataFrame, names: list[str]) -> None:
    """Raise unless all columns are there."""
    lacking = [name for name in names if name not in table.columns]
    if lacking:
        raise TableError(
            f"The table lacks {', '.join(map(repr, lacking))}.",
            f"Columns are {', '.join(map(str, table.columns))}.",
        )
