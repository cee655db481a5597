"""Whose reliability a figure is: of the occasion that was recorded, or of the dyad as a trait."""

from attunement.errors import AssociationError

OCCASION, TRAIT = "occasion", "trait"
SAYS = {
    OCCASION: "what the dyad was like on the occasion that was recorded",
    TRAIT: "what the dyad is like on every occasion",
}


def asked(reliability_of: str) -> str:
    """Return whose reliability is meant; it is asked for, since one may be half of the other.

    Raises
    ------
    AssociationError
        When it is not said, or is neither ``occasion`` nor ``trait``.
    """
    if reliability_of in SAYS:
        return reliability_of
    found = f"found {reliability_of!r}" if reliability_of else "it was not said"
    raise AssociationError(
        f"reliability_of must be 'occasion' or 'trait'; {found}.",
        f"'occasion' is {SAYS[OCCASION]} (split_half_interleaved in reliability.csv), 'trait' is "
        f"{SAYS[TRAIT]} (stability there): an outcome of the same day depends on the first, one of "
        "another day or month on the second.",
    )


def within(value: float, name: str, low: float, high: float) -> None:
    """Refuse a value outside of its range."""
    if not low <= value <= high:
        raise AssociationError(f"{name} must lie between {low:g} and {high:g}; found {value}.")
