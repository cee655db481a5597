"""Reasons that say how much there was and how much is needed."""

import re

_NUMBERS = re.compile(r"\([^)]*\)")


def lacking(token: str, found: float, needed: float, unit: str = "") -> str:
    """Return a reason with what was found and what is needed, as ``few_events(3 of 5)``.

    A table's cell may hold several reasons, separated by semicolons: numbers and unit have none.
    """
    return f"{token}({found:g} of {needed:g}{' ' if unit else ''}{unit})"


def without_numbers(reasons: str) -> str:
    """Return the reasons of a cell without what stands in brackets, to count equal ones."""
    return _NUMBERS.sub("", reasons)
