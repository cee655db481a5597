"""Reasons that say how much there was and how much is needed."""


def lacking(token: str, found: float, needed: float, unit: str = "") -> str:
    """Return a reason with what was found and what is needed, as ``few_events(3 of 5)``.

    A table's cell may hold several reasons, separated by semicolons: numbers and unit have none.
    `attunement.reasons` says them in words.
    """
    return f"{token}({found:g} of {needed:g}{' ' if unit else ''}{unit})"
