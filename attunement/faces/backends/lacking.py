"""Which channels a table of another program cannot give, and which action units they need."""

from collections.abc import Iterable
from itertools import combinations

import numpy as np

from attunement import schema
from attunement.channels import CHANNELS, MEASURES, Source


def lacking_sentences(there: Iterable[str]) -> tuple[str, ...]:
    """Return a sentence on what stays missing, to follow the name of the file; none if nothing.

    Parameters
    ----------
    there : iterable of str
        Columns of ``schema.ACTION_UNITS`` and ``schema.POSE`` that hold values.

    Returns
    -------
    tuple of str
        Names every channel that cannot be computed and what it needs.

    Notes
    -----
    Which measures a channel needs is found by computing it (`attunement.channels` declares it as a
    formula): the fewest further ones with which it is there.
    """
    columns = set(there)
    measures = {
        name for name, sources in MEASURES.items() if any(columns & set(s.columns) for s in sources)
    }
    have = _channels(measures)
    if columns & set(schema.POSE):
        have.add("head_movement")
    missing = []
    for channel in CHANNELS:
        name = channel.name
        if channel.of_measures is not None and name not in have:
            missing.append(f"{name} (needs {_needed(name, measures)})")
    if "head_movement" not in have:
        missing.append("head_movement (needs the angles of the head)")
    takes = {channel.name: channel.takes for channel in CHANNELS}
    if len(have & set(takes["arousal"])) < 2:
        missing.append(f"arousal (needs two of {', '.join(takes['arousal'])})")
    if not missing:
        return ()
    without = [name for name in takes["valence"] if name not in have]
    then = f" Without {' and '.join(without)} no valence, congruence or states." if without else ""
    verb = "stays" if len(missing) == 1 else "stay"
    named = " and ".join([*([", ".join(missing[:-1])] if missing[1:] else []), missing[-1]])
    return (f"for want of columns {named} {verb} missing.{then}",)


def _channels(measures: set[str]) -> set[str]:
    """Return the channels of the face that can be computed of some measures."""
    probe = {name: np.full(1, 1.0 if name in measures else np.nan) for name in MEASURES}
    return {
        channel.name
        for channel in CHANNELS
        if channel.of_measures is not None and np.isfinite(channel.of_measures(probe)).all()
    }


def _needed(channel: str, measures: set[str]) -> str:
    """Return the action units that a channel needs besides what is there: AU04 and AU23 or AU24."""
    further = [name for name in MEASURES if name not in measures and _units(name)]
    for n in range(1, len(further) + 1):
        ways = [
            way for way in combinations(further, n) if channel in _channels(measures | set(way))
        ]
        if ways and n == 1:
            return _any_of([unit for (name,) in ways for unit in _units(name)])
        if ways:
            return " and ".join(_any_of(_units(name)) for name in ways[0])
    return "further action units"


def _units(measure: str) -> list[str]:
    sources: tuple[Source, ...] = MEASURES[measure]
    return [unit for source in sources for unit in source.columns if unit in schema.ACTION_UNITS]


def _any_of(units: list[str]) -> str:
    return units[0] if len(units) == 1 else f"{', '.join(units[:-1])} or {units[-1]}"
