"""Terms of a model, read from names without evaluating anything, and their columns of numbers."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement.errors import AssociationError
from attunement.scoring.columns import score_types
from attunement.stats.association.rendering import TIMES

Array = NDArray[np.floating]

_FACTOR = re.compile(r"(?:I\(\s*)?(?P<name>[^\W\d]\w*)(?:\s*(?:\^|\*\*)\s*2(?P<square>))?\s*(\))?")
# Whole numbers with this few values may stand for categories.
_FEW_VALUES = range(3, 8)
COLUMN_KINDS = ("continuous", "categorical")


@dataclass(frozen=True)
class Term:
    """A product of columns, each to the first or second power.

    Attributes
    ----------
    factors : tuple of (str, int)
        Column names and powers.
    """

    factors: tuple[tuple[str, int], ...]

    @property
    def name(self) -> str:
        """The term as it is written in results."""
        return ":".join(f"{name}^2" if power == 2 else name for name, power in self.factors)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it is made of."""
        return tuple(name for name, _ in self.factors)

    @property
    def plain(self) -> bool:
        """Whether the term is one column as it is."""
        return len(self.factors) == 1 and self.factors[0][1] == 1


def parse_terms(wanted: str | Sequence[str], columns: Sequence[str]) -> tuple[Term, ...]:
    """Read terms such as ``"mirroring"``, ``"a:b"``, ``"a*b"``, ``"a^2"`` or ``"a + I(b^2)"``.

    A text that is the name of a column is that column, whatever characters it has. ``a*b`` stands
    for ``a + b + a:b``. Nothing is evaluated.

    Raises
    ------
    AssociationError
        For a text that is not such a term, or that names no column.
    """
    texts = [wanted] if isinstance(wanted, str) else list(wanted)
    terms: list[Term] = []
    for text in texts:
        if text in columns:
            terms.append(Term(((text, 1),)))
            continue
        for part in str(text).split("+"):
            terms += _parse(part.strip(), text, columns)
    unique = list(dict.fromkeys(terms))
    return tuple(unique)


def _parse(part: str, text: str, columns: Sequence[str]) -> list[Term]:
    if part in columns:
        return [Term(((part, 1),))]
    # "**" is a power, a single "*" a crossing.
    crossed = re.split(r"(?<!\*)\*(?!\*)", part)
    if len(crossed) > 1:
        if len(crossed) > 2:
            raise AssociationError(
                f"The term {text!r} crosses more than two columns.", "Write a:b terms one by one."
            )
        first, second = (_product(side, text, columns) for side in crossed)
        return [first, second, Term((*first.factors, *second.factors))]
    return [_product(part, text, columns)]


def _product(part: str, text: str, columns: Sequence[str]) -> Term:
    factors = []
    for piece in part.split(":"):
        piece = piece.strip()
        if piece in columns:
            factors.append((piece, 1))
            continue
        match = _FACTOR.fullmatch(piece)
        if match is None or piece.startswith("I(") != piece.endswith(")"):
            raise AssociationError(
                f"{text!r} is neither a column nor a term such as 'a', 'a:b', 'a*b' or 'a^2'.",
                f"Columns are {', '.join(map(str, columns))}.",
            )
        name = match["name"]
        if name not in columns:
            raise AssociationError(
                f"There is no column {name!r} (in the term {text!r}).",
                f"Columns are {', '.join(map(str, columns))}.",
            )
        factors.append((name, 2 if match["square"] is not None else 1))
    return Term(tuple(factors))


def shown_term(name: str) -> str:
    """Return a term's name as readers are shown it: ``age²``, ``age × mirroring``."""
    return name.replace(":", f" {TIMES} ").replace("^2", "²")


@dataclass(frozen=True)
class Columns:
    """Columns of numbers of some terms.

    Attributes
    ----------
    x : ndarray, shape (n, k)
    names : tuple of str
        One a column; a category is written ``column[category]``.
    terms : tuple of str
        The term that each column belongs to.
    centres : dict of str to float
        What was subtracted from columns within squares and products.
    labels : dict of str to str
        Every name as a reader is shown it: ``group: b vs a``, ``age²``, ``age × mirroring``.
    categories : dict of str to tuple of str
        Of each column of categories, the one that others are compared with first.
    """

    x: Array
    names: tuple[str, ...]
    terms: tuple[str, ...]
    centres: dict[str, float] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    categories: dict[str, tuple[str, ...]] = field(default_factory=dict)


def is_categorical(column: pd.Series, name: str, kinds: Mapping[str, str]) -> bool:
    """Tell whether a predictor stands for categories; never guessed from numbers.

    Raises
    ------
    AssociationError
        For whole numbers with few values whose kind is not declared.
    """
    declared = kinds.get(name)
    if declared is not None:
        if declared not in COLUMN_KINDS:
            raise AssociationError(
                f"kinds[{name!r}] is {declared!r}; a predictor is one of {COLUMN_KINDS}."
            )
        return declared == "categorical"
    if pd.api.types.is_bool_dtype(column):
        return False
    if not pd.api.types.is_numeric_dtype(column):
        return True
    known = column.dropna().unique()
    whole = bool(np.all(np.asarray(known, dtype=float) % 1 == 0))
    if whole and len(known) in _FEW_VALUES and name not in score_types():
        values = ", ".join(f"{value:g}" for value in sorted(known))
        raise AssociationError(
            f"The column {name!r} has only the values {values}: categories or a quantity?",
            f"Say kinds={{{name!r}: 'categorical'}} or kinds={{{name!r}: 'continuous'}}.",
        )
    return False


def build_columns(
    table: pd.DataFrame, terms: Sequence[Term], *, kinds: Mapping[str, str]
) -> Columns:
    """Return the columns of numbers of `terms`; rows with missing values must be gone.

    Numbers within a square or product are centred at their mean, so that the other coefficients
    stay slopes at the mean. Categories are compared with the first in sorted order.
    """
    blocks: list[Array] = []
    names: list[str] = []
    owners: list[str] = []
    centres: dict[str, float] = {}
    labels: dict[str, str] = {}
    categories: dict[str, tuple[str, ...]] = {}
    for term in terms:
        block, written = np.ones((len(table), 1)), [("", "")]
        for column, power in term.factors:
            values, levels, centre = _factor(table[column], column, kinds, centred=not term.plain)
            if centre is not None:
                centres[column] = centre
            if levels:
                categories[column] = levels
            if power == 2 and len(levels) > 2:
                raise AssociationError(f"The categories of {column!r} cannot be squared.")
            block = np.hstack([block[:, [i]] * values**power for i in range(block.shape[1])])
            written = [
                (f"{name}:{more}" if name else more, f"{label} {TIMES} {said}" if label else said)
                for name, label in written
                for more, said in _written(column, power, levels)
            ]
        blocks.append(block)
        names += [name for name, _ in written]
        labels |= dict(written)
        owners += [term.name] * len(written)
    values = np.hstack(blocks) if blocks else np.empty((len(table), 0))
    return Columns(values, tuple(names), tuple(owners), centres, labels, categories)


def _written(column: str, power: int, levels: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return name and label of each column of numbers of one factor."""
    name, label = (f"{column}^2", f"{column}²") if power == 2 else (column, column)
    if not levels:
        return [(name, label)]
    first, *others = levels
    return [(f"{name}[{level}]", f"{label}: {level} vs {first}") for level in others]


def _factor(
    column: pd.Series, name: str, kinds: Mapping[str, str], *, centred: bool
) -> tuple[Array, tuple[str, ...], float | None]:
    """Return columns of numbers, the categories that they stand for, and what was subtracted."""
    if is_categorical(column, name, kinds):
        levels = sorted(column.unique())
        if len(levels) < 2:
            raise AssociationError(f"The column {name!r} is constant ({levels[0]!r}).")
        dummies = np.column_stack([(column == level).to_numpy(float) for level in levels[1:]])
        return dummies, tuple(map(_level, levels)), None
    values = column.to_numpy(float)[:, None]
    if not centred:
        return values, (), None
    centre = float(values.mean())
    return values - centre, (), centre


def _level(value: object) -> str:
    """Return a category as it is written; a whole number without decimals, as it was entered."""
    return f"{value:.15g}" if isinstance(value, (float, np.floating)) else str(value)


def with_squares(
    terms: Sequence[Term], table: pd.DataFrame, kinds: Mapping[str, str]
) -> list[Term]:
    """Return the squares that products of two numbers need beside them and that are not there.

    Without both squares a curved effect of one of two correlated predictors passes for an
    interaction. Columns with two values have no square of their own.
    """
    have = set(terms)
    added: list[Term] = []
    for term in terms:
        if len(term.factors) < 2:
            continue
        numeric = [
            name
            for name, power in term.factors
            if power == 1
            and not is_categorical(table[name], name, kinds)
            and table[name].nunique() > 2
        ]
        if len(numeric) < 2:
            continue
        for name in numeric:
            square = Term(((name, 2),))
            if square not in have:
                have.add(square)
                added.append(square)
    return added
