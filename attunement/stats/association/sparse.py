"""What few cases leave undecided, in words: separation, single cases, sparse cells."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from attunement.cards import count, listed
from attunement.stats.association.design import Design
from attunement.stats.association.rendering import number
from attunement.stats.association.separation import Separation, find_separation

Array = NDArray[np.floating]

FEW = 5
_MOST_NAMED = 6


def separation_words(design: Design, found: Separation) -> str:
    """Return which predictor tells which categories apart, without a full stop."""
    alone = [
        words
        for term in dict.fromkeys(design.terms)
        if (words := _of_term(design, term)) is not None
    ]
    if alone:
        return "; ".join(alone)
    names = [
        term
        for term in dict.fromkeys(design.terms)
        if any(
            direction
            for direction, owner in zip(found.directions, _owners(design), strict=True)
            if owner == term
        )
    ]
    together = f"{', '.join(names[:-1])} and {names[-1]} together" if names[1:] else names[0]
    return f"{together} tell {_of_what(design)} apart, though none does so alone"


def separated_terms(design: Design) -> tuple[str, ...]:
    """Return the terms that separate the outcome, each by itself; all terms if only together."""
    terms = tuple(dict.fromkeys(design.terms))
    alone = tuple(t for t in terms if find_separation(_only(design, t)) is not None)
    return alone or terms


def sparse_warnings(design: Design, *, told: Sequence[str] = ()) -> tuple[str, ...]:
    """Return what is rare: categories of the outcome, groups, and cells of the two.

    Empty cells of the terms in `told` are left out; the separation that they make is said.
    """
    warnings = [*_rare_categories(design)]
    for term in dict.fromkeys(design.terms):
        groups = _groups(design, term)
        if groups is None:
            continue
        codes, labels = groups
        sizes = np.bincount(codes, minlength=len(labels))
        single = [label for label, size in zip(labels, sizes, strict=True) if size == 1]
        if single:
            warnings.append(
                f"{listed(single)} of {term} is a single {design.unit}: what is said of it is said "
                f"of one {design.unit}."
                if len(single) == 1
                else f"{listed(single)} of {term} are one {design.unit} each: what is said of them "
                f"is said of one {design.unit}."
            )
        cells = _cells(design, codes, labels)
        rare = [f"{name}: {n}" for name, n in cells if n < FEW and (n or term not in told)]
        if rare:
            warnings.append(
                f"Cells of {design.outcome} by {term} with fewer than {FEW} {design.unit}s: "
                f"{listed(rare, at_most=_MOST_NAMED)}. Estimates that rest on them are unsure."
            )
    return tuple(warnings)


def rare_levels(design: Design) -> dict[str, int]:
    """Return the categories of the outcome with fewer than `FEW` cases, and how many they have."""
    counts = (
        np.bincount(design.y.astype(int), minlength=len(design.levels)) if design.levels else ()
    )
    return {level: int(n) for level, n in zip(design.levels, counts, strict=True) if int(n) < FEW}


def _rare_categories(design: Design) -> list[str]:
    rare = rare_levels(design)
    said = []
    for level, n in rare.items():
        if n == 1:
            said.append(
                f"The category {level} of {design.outcome} has a single {design.unit}, on which "
                "all that is said of this category rests."
            )
    few = [f"{level}: {n}" for level, n in rare.items() if n > 1]
    if few:
        said.append(
            f"Categories of {design.outcome} with fewer than {FEW} {design.unit}s: {listed(few)}."
        )
    return said


def _of_term(design: Design, term: str) -> str | None:
    """Return how one term separates by itself; None where it does not."""
    sub = _only(design, term)
    if find_separation(sub) is None:
        return None
    groups = _groups(design, term)
    if groups is not None:
        return listed(_absent(design, term, *groups), at_most=_MOST_NAMED, between="; ")
    if sub.x.shape[1] > 1:
        return f"{term} tells {_of_what(design)} apart"
    return _of_numbers(design, term, sub.x[:, 0])


def _of_numbers(design: Design, term: str, x: Array) -> str:
    if design.kind == "time":
        at_events = x[design.event == 1]
        first = x[np.argmin(np.where(design.event == 1, design.y, np.inf))]
        extreme = "higher" if first >= at_events.mean() else "lower"
        return (
            f"whenever an event was seen, no {design.unit} still watched had a {extreme} {term} "
            f"than the one with the event"
        )
    if design.kind == "count":
        values = np.unique(x[design.y > 0])
        return f"counts of {design.outcome} above 0 occur at {term} {number(values[0])} only"
    spans = []
    for code, level in enumerate(design.levels):
        low, high = x[design.y == code].min(), x[design.y == code].max()
        span = number(low) if low == high else f"{number(low)} to {number(high)}"
        spans.append(f"{level} at {span}")
    return f"{term} tells {_of_what(design)} apart ({listed(spans, at_most=_MOST_NAMED)})"


def _of_what(design: Design) -> str:
    if design.kind == "time":
        return f"the order of {design.outcome}"
    if design.kind == "count":
        return f"{design.outcome} of 0 and above 0"
    return f"categories of {design.outcome}"


def _only(design: Design, term: str) -> Design:
    return design.without(np.array([owner != term for owner in design.terms]))


def _owners(design: Design) -> Sequence[str]:
    """Return the term of each coefficient that the fit reports."""
    if design.kind in ("ordered", "time"):
        return design.terms
    one = ("intercept", *design.terms)
    return one * (len(design.levels) - 1) if design.kind == "unordered" else one


def _groups(design: Design, term: str) -> tuple[NDArray[np.int64], tuple[str, ...]] | None:
    """Return the number of each row's group and the groups' names, where a term has groups."""
    x = design.x[:, [owner == term for owner in design.terms]]
    labels = design.categories.get(term)
    if labels is not None:
        return np.where(x.any(1), x.argmax(1) + 1, 0).astype(np.int64), labels
    values = np.unique(x)
    if x.shape[1] == 1 and len(values) == 2:
        return np.searchsorted(values, x[:, 0]).astype(np.int64), tuple(f"{v:g}" for v in values)
    return None


def _cells(
    design: Design, codes: NDArray[np.int64], labels: Sequence[str]
) -> list[tuple[str, int]]:
    """Return the number of rows in every cell of group and outcome.

    Counts have two cells a group, zero and above, of which only the second decides; times have one,
    the events.
    """
    if design.kind == "continuous":
        return []
    outcomes: tuple[str, ...]
    if design.kind == "count":
        outcomes, of_row = ("above 0",), np.where(design.y > 0, 0, -1)
    elif design.kind == "time":
        outcomes, of_row = ("event",), np.where(design.event == 1, 0, -1)
    else:
        outcomes, of_row = design.levels, design.y.astype(int)
    cells = []
    for code, label in enumerate(labels):
        inside = codes == code
        for outcome_code, outcome in enumerate(outcomes):
            n = int((inside & (of_row == outcome_code)).sum())
            cells.append((f"{label} and {outcome}", n))
    return cells


def _absent(
    design: Design, term: str, codes: NDArray[np.int64], labels: Sequence[str]
) -> list[str]:
    """Return a clause for each group in which some category of the outcome never occurs."""
    clauses = []
    for code, label in enumerate(labels):
        inside = codes == code
        n = int(inside.sum())
        whose = f"none of the {count(n, design.unit)} with {term} {label}"
        if n == 1:
            whose = f"the one {design.unit} with {term} {label} does not have"
        if design.kind == "time":
            lacks = [] if design.event[inside].any() else ["an event"]
        elif design.kind == "count":
            lacks = [] if (design.y[inside] > 0).any() else [f"{design.outcome} above 0"]
        else:
            here = set(design.y[inside].astype(int))
            absent = [level for k, level in enumerate(design.levels) if k not in here]
            lacks = [f"{design.outcome} {' or '.join(absent)}"] if absent else []
        if lacks:
            clauses.append(f"{whose}{' has' if n > 1 else ''} {lacks[0]}")
    return clauses
